//! What a run of a command costs: time and memory.

use crate::command::Command;
use crate::statistics::median_of;
use anyhow::Result;
use serde::Deserialize;

/// Runs what follows it and prints a [`Cost`].
const RUSAGE: &str = ".tools/venv/bin/python bench/engines/rusage.py";

/// What one run cost.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Cost {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) peak_kib: u64,
}

impl Cost {
    /// The command that measures a command.
    pub(crate) fn measured(command: &Command) -> Command {
        Command::new(RUSAGE).with_command(command)
    }

    /// Runs a command.
    pub(crate) fn of(command: &Command) -> Result<Self> {
        Self::measured(command).json()
    }

    /// Of each part the median.
    pub(crate) fn median(costs: &[Self]) -> Self {
        Self {
            wall_s: median_of(costs, |cost| cost.wall_s),
            cpu_s: median_of(costs, |cost| cost.cpu_s),
            peak_kib: median_of(costs, |cost| cost.peak_kib as f64) as u64,
        }
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak_kib as f64 / 1024.0
    }
}
