//! A report: sections of a sentence, a table and the commands behind it.

use crate::command::Command;
use crate::goal::{Case, Goal};
use crate::statistics::Estimate;
use std::fmt;

/// One table and how it came about.
#[derive(Debug)]
pub(crate) struct Section {
    title: &'static str,
    about: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    commands: Vec<String>,
    cases: Vec<Case>,
}

impl Section {
    /// A section with neither table nor commands yet.
    pub(crate) fn new(title: &'static str, about: impl Into<String>) -> Self {
        Self {
            title,
            about: about.into(),
            head: Vec::new(),
            rows: Vec::new(),
            commands: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// Names the columns; the first one names the rows.
    pub(crate) fn head<'a>(mut self, columns: impl IntoIterator<Item = &'a &'a str>) -> Self {
        self.head = columns.into_iter().map(|&column| column.into()).collect();
        self
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Adds a command.
    pub(crate) fn command(&mut self, command: &Command) {
        self.commands.push(command.to_string());
    }

    /// Adds a figure that a goal is set for.
    pub(crate) fn case(&mut self, goal: Goal, of: impl Into<String>, figure: impl Into<Estimate>) {
        self.cases.push(Case::new(goal, of, figure));
    }

    /// The figures that goals are set for.
    pub(crate) fn cases(&self) -> &[Case] {
        &self.cases
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.title, self.about)?;
        if !self.rows.is_empty() {
            let rule = vec!["---".to_owned(); self.head.len()];
            for row in [&self.head, &rule].into_iter().chain(&self.rows) {
                writeln!(f, "| {} |", row.join(" | "))?;
            }
            writeln!(f)?;
        }
        if !self.commands.is_empty() {
            writeln!(f, "```sh\n{}\n```\n", self.commands.join("\n"))?;
        }
        Ok(())
    }
}
