//! A report: sections of a sentence, a table and the commands behind it.

use crate::command::Command;
use crate::goal::Goal;
use std::fmt;

/// One table and how it came about.
#[derive(Debug)]
pub(crate) struct Section {
    title: &'static str,
    about: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    commands: Vec<String>,
    goals: Vec<Goal>,
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
            goals: Vec::new(),
        }
    }

    /// Names the columns; the first one names the rows.
    pub(crate) fn head(mut self, columns: &[&str]) -> Self {
        self.head = columns.iter().map(|&column| column.into()).collect();
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

    /// Adds a goal, which the last table of the report shows.
    pub(crate) fn goal(&mut self, goal: Goal) {
        self.goals.push(goal);
    }

    /// The goals that its figures decide.
    pub(crate) fn goals(&self) -> &[Goal] {
        &self.goals
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
