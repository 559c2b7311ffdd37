//! The component around a packed core module.

use crate::cli::opened::Opened;
use anyhow::Result;
use serde::Serialize;
use wasi_vfs::component::{Kind, describe};

/// A packed component. The fields are those of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Component {
    /// `adapter` or `native`.
    pub(super) kind: &'static str,
    /// How the component was packed.
    pub(super) mechanism: &'static str,
    pub(super) no_host_files: bool,
    pub(super) wasi: Vec<String>,
    pub(super) core_module: CoreModule,
}

/// The core module with the image. It has the memory of the program, too.
#[derive(Debug, Serialize)]
pub(super) struct CoreModule {
    pub(super) number: usize,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl Component {
    /// `None` if the file is not a component.
    pub(super) fn of(opened: &Opened<'_>) -> Result<Option<Self>> {
        let Some(place) = &opened.contents.core_module else {
            return Ok(None);
        };
        let description = describe(opened.source, place)?;
        let (kind, mechanism) = match description.kind {
            Kind::Adapted => ("adapter", "in place"),
            _ => ("native", "wired"),
        };
        let range = &place.range;
        Ok(Some(Self {
            kind,
            mechanism,
            no_host_files: description.no_host_files,
            wasi: description.wasi,
            core_module: CoreModule {
                number: place.number,
                offset: range.start,
                len: range.end.saturating_sub(range.start),
            },
        }))
    }

    /// The kind, the mechanism and the place in words.
    pub(super) fn in_words(&self) -> String {
        let Self {
            kind,
            mechanism,
            no_host_files,
            core_module,
            ..
        } = self;
        let files = match no_host_files {
            true => ", without host files",
            false => "",
        };
        let kind = match *kind {
            "adapter" => "made with the preview 1 adapter",
            other => other,
        };
        let CoreModule { number, offset, .. } = core_module;
        format!("{kind}, packed {mechanism}{files}: core module {number} at offset {offset:#x}")
    }
}
