//! Facts as one page for a browser, which needs nothing from the network.
//!
//! The page is `page.html` with the facts as JSON in a script element of a type
//! that browsers do not run; its own script draws them. Names come from the
//! image, so they may say anything: `<` is escaped within the JSON, where it
//! cannot end the element, and the script sets text and never markup.

use super::facts::{Duplicates, Facts, files};
use crate::cli::opened::Opened;
use anyhow::Result;
use serde::Serialize;
use wasi_vfs::accounting::Accounting;

const PAGE: &str = include_str!("page.html");

/// Where the facts go.
const PLACE: &str = "/*FACTS*/";

/// Groups of duplicates on the page. What is further down saves next to
/// nothing.
const MAX_GROUPS: usize = 200;

#[derive(Serialize)]
struct Data<'f> {
    title: &'f str,
    facts: Summary<'f>,
    /// Path, stored bytes, raw bytes.
    files: Vec<(String, u64, u64)>,
    duplicates: &'f [Duplicates],
}

/// What the head of the page says.
#[derive(Serialize)]
struct Summary<'f> {
    form: String,
    digest: &'f str,
    tool_version: Option<&'f str>,
    file: &'f super::facts::File,
    tree: &'f super::facts::Tree,
    saved: u64,
}

pub(super) fn page(
    title: &str,
    opened: &Opened<'_>,
    accounting: &Accounting,
    facts: &Facts,
) -> Result<String> {
    let files = files(&opened.image, accounting)?;
    let rows = files.into_iter().map(|file| {
        let stored = file.share.stored_len();
        (file.path.to_string(), stored, file.len)
    });
    let groups = &facts.deduplication.groups;
    let data = Data {
        title,
        facts: Summary {
            form: facts.form_in_words(),
            digest: &facts.digest,
            tool_version: facts.tool_version.as_deref(),
            file: &facts.file,
            tree: &facts.tree,
            saved: facts.deduplication.saved,
        },
        files: rows.collect(),
        duplicates: groups.get(..MAX_GROUPS).unwrap_or(groups),
    };
    let json = serde_json::to_string(&data)?.replace('<', "\\u003c");
    Ok(PAGE.replacen(PLACE, &json, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_one_place_for_the_facts_and_loads_nothing() {
        assert_eq!(PAGE.matches(PLACE).count(), 1);
        for loading in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!PAGE.contains(loading), "{loading}");
        }
    }
}
