//! Report as one page for a browser, which needs nothing from the network.
//!
//! The page is `page.html` with the facts as JSON in a script element of a type
//! that browsers do not run; its own script draws them. Names come from the
//! image, so they may say anything: `<` is escaped within the JSON, where it
//! cannot end the element, and the script sets text and never markup.
//! Paths are put together by the script as well, so that the page grows with the
//! tree and not with its depth.

use super::ballast::Ballast;
use super::report::{Duplicates, Report, Sized, files};
use anyhow::Result;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::{InodeNumber, Kind};

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
    /// Position of the directory that it is in, and its name. The first is the
    /// root.
    directories: Vec<(usize, Cow<'f, str>)>,
    /// Position of its directory, its name, stored bytes, raw bytes.
    files: Vec<(usize, Cow<'f, str>, u64, u64)>,
    duplicates: Vec<Group>,
    ballast: &'f [Ballast],
}

/// Files with the same bytes.
#[derive(Serialize)]
struct Group {
    len: u64,
    saved: u64,
    /// Their positions.
    files: Vec<usize>,
}

/// What the head of the page says.
#[derive(Serialize)]
struct Summary<'f> {
    form: String,
    digest: &'f str,
    tool_version: Option<&'f str>,
    file: &'f super::report::File,
    tree: &'f super::report::Tree,
    saved: u64,
}

pub(super) fn page(
    title: &str,
    image: &ImageReader<'_>,
    accounting: &Accounting,
    facts: &Report<'_>,
) -> Result<String> {
    let directories = directories(image)?;
    let files = files(image, accounting)?;
    let rows = files.iter().map(|file| {
        let parent = image.index().inode(file.number)?.parent;
        let directory = directories.binary_search(&parent).unwrap_or_default();
        let name = name(image, file.number)?;
        Ok((directory, name, file.share.stored_len(), file.len))
    });
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
        files: rows.collect::<Result<_>>()?,
        directories: directories
            .iter()
            .map(|&number| {
                let parent = image.index().inode(number)?.parent;
                let parent = directories.binary_search(&parent).unwrap_or_default();
                Ok((parent, name(image, number)?))
            })
            .collect::<Result<_>>()?,
        duplicates: groups(&facts.deduplication.groups, &files),
        ballast: &facts.ballast,
    };
    let json = serde_json::to_string(&data)?.replace('<', "\\u003c");
    Ok(PAGE.replacen(PLACE, &json, 1))
}

/// All directories, ascending. Parents precede their children.
fn directories(image: &ImageReader<'_>) -> Result<Vec<InodeNumber>> {
    let mut directories = Vec::new();
    for number in (0..image.index().inode_count()).map(InodeNumber) {
        if image.index().inode(number)?.kind() == Kind::Directory {
            directories.push(number);
        }
    }
    Ok(directories)
}

fn name<'i>(image: &ImageReader<'i>, number: InodeNumber) -> Result<Cow<'i, str>> {
    Ok(String::from_utf8_lossy(image.index().name(number)?))
}

fn groups(groups: &[Duplicates<'_>], files: &[Sized]) -> Vec<Group> {
    let numbers = files.iter().map(|file| file.number);
    let positions: HashMap<_, _> = numbers.zip(0_usize..).collect();
    let groups = groups.iter().take(MAX_GROUPS).map(|group| {
        let places = group.paths.iter();
        let files = places.filter_map(|place| positions.get(&place.number).copied());
        Group {
            len: group.len,
            saved: group.saved,
            files: files.collect(),
        }
    });
    groups.collect()
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
