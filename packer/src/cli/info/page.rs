//! The report as a page for a browser. The page loads nothing from the network.
//!
//! `page.html` gets the report as JSON in a script element that browsers do not run, and
//! its own script draws the report. Names in an image are untrusted: `<` is escaped in the
//! JSON, so that no name ends the element, and the script sets text, not markup. The script
//! also builds the paths, so the page does not grow with the depth of the tree.

use super::ballast::Ballast;
use super::report::{Duplicates, Report, SizedFile, files};
use crate::cli::lazy_path::LazyPath;
use anyhow::Result;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use wasi_vfs::ImageReader;
use wasi_vfs::accounting::Accounting;
use wasi_vfs_format::{InodeNumber, Kind};

const PAGE: &str = include_str!("page.html");

/// The placeholder for the JSON.
const PLACEHOLDER: &str = "/*REPORT*/";

/// The number of groups of duplicates on the page. Further groups save little.
const MAX_GROUPS: usize = 200;

#[derive(Serialize)]
struct Data<'f> {
    title: &'f str,
    report: Summary<'f>,
    /// The position of the parent and the name. The first directory is the root.
    directories: Vec<(usize, Cow<'f, str>)>,
    /// The position of the directory, the name, stored bytes, raw bytes.
    files: Vec<(usize, Cow<'f, str>, u64, u64)>,
    duplicates: Vec<Group>,
    ballast: &'f [Ballast],
}

/// Equal files.
#[derive(Serialize)]
struct Group {
    len: u64,
    saved: u64,
    /// The positions of the files.
    files: Vec<usize>,
}

/// The head of the page.
#[derive(Serialize)]
struct Summary<'f> {
    form: String,
    digest: &'f str,
    tool_version: Option<&'f str>,
    file: &'f super::report::FileSizes,
    tree: &'f super::report::TreeSizes,
    saved: u64,
    writable: Option<Writable<'f>>,
}

/// The directories that the program may change.
#[derive(Serialize)]
struct Writable<'f> {
    directories: &'f [LazyPath<'f>],
    limit: String,
}

pub(super) fn page(
    title: &str,
    image: &ImageReader<'_>,
    accounting: &Accounting,
    report: &Report<'_>,
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
        report: Summary {
            form: report.form_in_words(),
            digest: &report.digest,
            tool_version: report.tool_version.as_deref(),
            file: &report.file,
            tree: &report.tree,
            saved: report.deduplication.saved,
            writable: report.writable.as_ref().map(|writable| Writable {
                directories: &writable.directories,
                limit: writable.limit_in_words(),
            }),
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
        duplicates: groups(&report.deduplication.groups, &files),
        ballast: &report.ballast,
    };
    let json = serde_json::to_string(&data)?.replace('<', "\\u003c");
    Ok(PAGE.replacen(PLACEHOLDER, &json, 1))
}

/// All directories in ascending order. Parents precede their children.
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

fn groups(groups: &[Duplicates<'_>], files: &[SizedFile]) -> Vec<Group> {
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
    fn page_has_one_placeholder_and_loads_nothing() {
        assert_eq!(PAGE.matches(PLACEHOLDER).count(), 1);
        for loading in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!PAGE.contains(loading), "{loading}");
        }
    }
}
