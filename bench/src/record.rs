//! The results: one record a measurement, in `bench/results.json`.

use crate::command::{Command, root};
use crate::engine::Run;
use crate::number::{is_time, median};
use crate::packed::Subject;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;

const PATH: &str = "bench/results.json";

/// One measurement.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Record {
    pub(crate) question: String,
    pub(crate) case: String,
    pub(crate) subject: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// How many rounds `value` is the median of.
    pub(crate) rounds: usize,
    pub(crate) command: String,
    /// Day of the measurement, and the commit if the command has changed since.
    pub(crate) measured: String,
    /// Load average when the question began, if that is known.
    pub(crate) load: Option<f64>,
}

impl Record {
    /// Whether both measure the same.
    fn is_same(&self, other: &Self) -> bool {
        let key =
            |one: &Self| [&one.question, &one.case, &one.subject, &one.unit].map(String::clone);
        key(self) == key(other)
    }
}

/// All measurements.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Results {
    /// Cores and engines of the latest run.
    pub(crate) machine: String,
    pub(crate) records: Vec<Record>,
}

impl Results {
    /// Reads the file. Without one there are no results.
    pub(crate) fn read() -> Result<Self> {
        let path = root().join(PATH);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read(path).context(PATH)?;
        serde_json::from_slice(&text).context(PATH)
    }

    /// Replaces the records of a question, or only those that the notebook has, and writes
    /// the file.
    pub(crate) fn replace(&mut self, notebook: Notebook) -> Result<()> {
        self.machine = machine()?;
        if !notebook.exact {
            self.records.retain(|one| one.question != notebook.question);
        }
        for record in notebook.records {
            match self.records.iter_mut().find(|one| one.is_same(&record)) {
                Some(one) => *one = record,
                None => self.records.push(record),
            }
        }
        fs::write(root().join(PATH), self.to_json()?).context(PATH)
    }

    /// One record a line, so that a diff shows which ones changed.
    fn to_json(&self) -> Result<String> {
        let records = self.records.iter().map(serde_json::to_string);
        let records = records.collect::<Result<Vec<_>, _>>()?.join(",\n");
        let machine = serde_json::to_string(&self.machine)?;
        Ok(format!(
            "{{\"machine\": {machine},\n\"records\": [\n{records}\n]}}\n"
        ))
    }
}

fn machine() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let wasmtime = Command::new(".tools/venv/bin/python -m pip list | grep '^wasmtime '").line()?;
    let wasmtime = wasmtime.split_whitespace().collect::<Vec<_>>().join(" ");
    let node = Command::new(".tools/node --version").line()?;
    Ok(format!("{cores} cores, {wasmtime} and Node {node}"))
}

/// Collects the records of one question.
#[derive(Debug)]
pub(crate) struct Notebook {
    question: &'static str,
    measured: String,
    load: f64,
    /// Whether only values that no load of the machine changes are wanted.
    exact: bool,
    pub(crate) records: Vec<Record>,
}

impl Notebook {
    pub(crate) fn new(question: &'static str, exact: bool) -> Result<Self> {
        let load = Command::new("cut -d ' ' -f 1 /proc/loadavg").line()?;
        Ok(Self {
            question,
            measured: Command::new("date -u +%F").line()?,
            load: load.parse().context("/proc/loadavg")?,
            exact,
            records: Vec::new(),
        })
    }

    /// How many rounds to run: one is enough if no time is wanted.
    pub(crate) fn rounds(&self, rounds: usize) -> usize {
        if self.exact { 1 } else { rounds }
    }

    /// Adds a number that was measured once and is exact.
    pub(crate) fn add(
        &mut self,
        case: &str,
        subject: &str,
        (value, unit): (f64, &str),
        command: &Command,
    ) {
        self.add_median(case, subject, (&[value], unit), command);
    }

    /// Adds the median of some values.
    pub(crate) fn add_median(
        &mut self,
        case: &str,
        subject: &str,
        (values, unit): (&[f64], &str),
        command: &Command,
    ) {
        if self.exact && is_time(unit) {
            return;
        }
        let value = rounded(median(values));
        eprintln!("{}: {case}, {subject}: {value} {unit}", self.question);
        self.records.push(Record {
            question: self.question.into(),
            case: case.into(),
            subject: subject.into(),
            value,
            unit: unit.into(),
            rounds: values.len(),
            command: command.to_string(),
            measured: self.measured.clone(),
            load: Some(self.load),
        });
    }

    /// Adds the median of an operation, a record for each subject.
    pub(crate) fn add_run(
        &mut self,
        case: &str,
        (run, operation): (&Run, &str),
        unit: &str,
        subjects: &[Subject],
    ) -> Result<()> {
        for Subject { name, .. } in subjects {
            let values = &run.series(name, operation)?.values;
            self.add_median(case, name, (values, unit), &run.command);
        }
        Ok(())
    }
}

/// Whole numbers stay, since bytes are exact. Others keep five digits.
fn rounded(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_exact_and_times_have_five_digits() {
        assert_eq!(rounded(13_867_358.0), 13_867_358.0);
        assert_eq!(rounded(12.345_678), 12.346);
    }
}
