//! Tables of records: a row for each case, a column for each subject.
//!
//! Consecutive cases share a table as long as a case brings no new subject. For example
//! cases with the subjects (a, b), (a) and (c, d) make a table of two rows and one of one.

use crate::number::{is_speed, with_unit};
use crate::record::Record;

/// A table.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    pub(crate) subjects: Vec<&'a str>,
    pub(crate) rows: Vec<Row<'a>>,
}

/// All records of one case.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) case: &'a str,
    records: Vec<&'a Record>,
}

/// The tables of some records, in their order.
pub(crate) fn tables<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    for row in rows(records) {
        let subjects = row.subjects();
        let fits = |table: &&mut Table<'a>| subjects.iter().all(|one| table.subjects.contains(one));
        match tables.last_mut().filter(fits) {
            Some(table) => table.rows.push(row),
            None => tables.push(Table {
                subjects,
                rows: vec![row],
            }),
        }
    }
    tables
}

fn rows<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for record in records {
        match rows.iter_mut().find(|row| row.case == record.case) {
            Some(row) => row.records.push(record),
            None => rows.push(Row {
                case: &record.case,
                records: vec![record],
            }),
        }
    }
    rows
}

impl<'a> Row<'a> {
    /// The records of a subject, one for each unit.
    pub(crate) fn of(&self, subject: &str) -> impl Iterator<Item = &'a Record> {
        let records = self.records.iter().copied();
        records.filter(move |record| record.subject == subject)
    }

    /// A cell of Markdown: all values of a subject, the best ones in bold.
    pub(crate) fn cell(&self, subject: &str, marks_best: bool) -> String {
        let value = |record: &Record| {
            let text = with_unit(record.value, &record.unit);
            if marks_best && self.is_best(record, &text) {
                format!("**{text}**")
            } else {
                text
            }
        };
        self.of(subject).map(value).collect::<Vec<_>>().join(", ")
    }

    fn subjects(&self) -> Vec<&'a str> {
        let mut subjects: Vec<&str> = Vec::new();
        for record in &self.records {
            if !subjects.contains(&&*record.subject) {
                subjects.push(&record.subject);
            }
        }
        subjects
    }

    /// Equal texts are equally good, even if hidden digits differ.
    fn is_best(&self, record: &Record, text: &str) -> bool {
        let rivals = self
            .records
            .iter()
            .filter(|other| other.unit == record.unit);
        let is_better = |a: f64, b: f64| if is_speed(&record.unit) { a > b } else { a < b };
        let is_beaten = |other: &&Record| {
            is_better(other.value, record.value) && with_unit(other.value, &other.unit) != text
        };
        rivals.clone().count() > 1 && !rivals.copied().any(|other| is_beaten(&other))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn record(case: &str, subject: &str, value: f64, unit: &str) -> Record {
        Record {
            question: "size".into(),
            case: case.into(),
            subject: subject.into(),
            value,
            unit: unit.into(),
            rounds: 1,
            command: "true".into(),
            measured: "2026-11-29".into(),
            load: None,
        }
    }

    #[test]
    fn case_with_a_new_subject_starts_a_table() {
        let records = [
            record("one", "a", 1.0, "ms"),
            record("one", "b", 2.0, "ms"),
            record("two", "b", 3.0, "ms"),
            record("three", "c", 4.0, "ms"),
        ];
        let tables = tables(&records);
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].subjects, ["a", "b"]);
        assert_eq!(tables[0].rows.len(), 2);
        assert_eq!(tables[1].subjects, ["c"]);
    }

    #[test]
    fn best_value_of_each_unit_is_bold() {
        let records = [
            record("one", "a", 1.0, "ms"),
            record("one", "a", 9.0, "KiB"),
            record("one", "b", 2.0, "ms"),
            record("one", "b", 8.0, "KiB"),
        ];
        let row = &tables(&records)[0].rows[0];
        assert_eq!(row.cell("a", true), "**1.00 ms**, 9.00 KiB");
        assert_eq!(row.cell("b", true), "2.00 ms, **8.00 KiB**");
        assert_eq!(row.cell("c", true), "");
    }

    #[test]
    fn faster_is_better_where_the_unit_is_a_speed() {
        let records = [
            record("one", "a", 600.0, "MB/s"),
            record("one", "b", 400.0, "MB/s"),
        ];
        let row = &tables(&records)[0].rows[0];
        assert_eq!(row.cell("a", true), "**600 MB/s**");
        assert_eq!(row.cell("a", false), "600 MB/s");
    }

    #[test]
    fn values_with_equal_text_are_equally_good() {
        let records = [
            record("one", "a", 1.0, "ms"),
            record("one", "b", 1.001, "ms"),
        ];
        let row = &tables(&records)[0].rows[0];
        assert_eq!(row.cell("b", true), "**1.00 ms**");
    }

    #[test]
    fn single_value_is_not_the_best() {
        let records = [record("one", "a", 1.0, "ms")];
        assert_eq!(tables(&records)[0].rows[0].cell("a", true), "1.00 ms");
    }
}
