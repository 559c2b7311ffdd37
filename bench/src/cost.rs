//! Time and memory of commands, by `engines/rusage.py`.

use crate::command::Command;
use crate::record::Notebook;
use anyhow::Result;
use std::collections::BTreeMap;

/// Runs commands in turns, and records CPU time, wall time and peak memory of each.
pub(crate) fn measure(
    notebook: &mut Notebook,
    case: &str,
    rounds: usize,
    contestants: &[(&str, Command)],
) -> Result<()> {
    let timed = |command: &Command| {
        Command::new(format!(
            ".tools/venv/bin/python bench/engines/rusage.py {command}"
        ))
    };
    let mut costs: Vec<BTreeMap<String, Vec<f64>>> = vec![BTreeMap::new(); contestants.len()];
    for _ in 0..notebook.rounds(rounds) {
        for ((_, command), costs) in contestants.iter().zip(&mut costs) {
            let cost: BTreeMap<String, f64> = timed(command).json()?;
            for (unit, value) in cost {
                costs.entry(unit).or_default().push(value);
            }
        }
    }
    for ((subject, command), costs) in contestants.iter().zip(&costs) {
        for (unit, values) in costs {
            notebook.add_median(case, subject, (values, unit), &timed(command));
        }
    }
    Ok(())
}
