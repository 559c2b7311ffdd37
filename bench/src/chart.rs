//! Bar charts as SVG: a group of bars for each row of a table. The bars of a group share
//! a scale, and shorter bars are better.

use crate::number::with_unit;
use crate::table::Row;
use std::fmt::Write;

const WIDTH: u32 = 760;
const LINE: u32 = 22;
const BARS_X: u32 = 240;
const BARS_WIDTH: f64 = 400.0;

/// Follows the colours of the page that shows the chart.
const STYLE: &str = "text { font: 13px system-ui, sans-serif; fill: #1f2328 } \
                     .title { font-weight: 600 } .ours { fill: #2f6fdb } .other { fill: #9aa4b2 } \
                     @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } \
                     .ours { fill: #6ea0f5 } .other { fill: #6e7681 } }";

/// Renders rows, with one unit, for the subjects.
pub(crate) fn bars(title: &str, rows: &[&Row<'_>], subjects: &[&str], unit: &str) -> String {
    let (mut body, mut y) = (String::new(), 2 * LINE);
    line(&mut body, 0, LINE, "title", title);
    for row in rows {
        line(&mut body, 0, y, "title", row.case);
        y += LINE;
        y = group(&mut body, y, row, subjects, unit) + LINE / 2;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" \
         aria-label=\"{}\">\n<style>{STYLE}</style>\n{body}</svg>\n",
        escaped(title)
    )
}

/// The bars of one row. Returns where the next line goes.
fn group(body: &mut String, mut y: u32, row: &Row<'_>, subjects: &[&str], unit: &str) -> u32 {
    let value = |subject: &&str| {
        let mut records = row.of(subject);
        records
            .find(|record| record.unit == unit)
            .map(|record| record.value)
    };
    let longest = subjects
        .iter()
        .filter_map(value)
        .fold(f64::MIN_POSITIVE, f64::max);
    for subject in subjects {
        let Some(value) = value(subject) else {
            continue;
        };
        let width = (BARS_WIDTH * value / longest).max(1.0);
        let class = if is_ours(subject) { "ours" } else { "other" };
        line(body, 12, y, "", subject);
        let top = y - 12;
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{BARS_X}\" y=\"{top}\" width=\"{width:.1}\" height=\"15\"/>"
        );
        line(
            body,
            BARS_X + width as u32 + 8,
            y,
            "",
            &with_unit(value, unit),
        );
        y += LINE;
    }
    y
}

fn is_ours(subject: &str) -> bool {
    ["wasi-vfs", "stored", "compressed"].contains(&subject)
}

fn line(body: &mut String, x: u32, y: u32, class: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(
        body,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
    );
}

/// Markdown's backticks have no meaning in a chart.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tables;
    use crate::table::tests::record;

    #[test]
    fn longest_bar_of_a_group_has_the_whole_width() {
        let records = [
            record("a <tree>", "wasi-vfs", 2e6, "bytes"),
            record("a <tree>", "`zip`", 4e6, "bytes"),
        ];
        let tables = tables(&records);
        let chart = bars("Size", &[&tables[0].rows[0]], &tables[0].subjects, "bytes");
        assert!(
            chart.contains("class=\"ours\" x=\"240\" y=\"54\" width=\"200.0\""),
            "{chart}"
        );
        assert!(
            chart.contains("class=\"other\" x=\"240\" y=\"76\" width=\"400.0\""),
            "{chart}"
        );
        assert!(chart.contains(">a &lt;tree&gt;<"), "{chart}");
        assert!(
            chart.contains(">zip<") && chart.contains(">4.00 MB<"),
            "{chart}"
        );
    }
}
