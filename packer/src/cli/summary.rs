//! The result of a pack and its summary.

use super::text;
use std::time::Duration;
use wasi_vfs::{Form, MemoryKind, Packed, PackedImage, Warning};
use wasi_vfs_format::manifest::{LeftOut, Statistics};

/// A packed module or an image.
pub(super) struct Done {
    pub(super) bytes: Vec<u8>,
    statistics: Statistics,
    left_out: Option<LeftOut>,
    hidden_count: u64,
    /// The bytes of a state. `None` without a start.
    state_len: Option<u64>,
    pub(super) warnings: Vec<Warning>,
    /// `None` for an image.
    form: Option<Form>,
}

impl From<Packed> for Done {
    fn from(packed: Packed) -> Self {
        Self {
            bytes: packed.module,
            statistics: packed.statistics,
            left_out: packed.left_out,
            hidden_count: packed.hidden_count,
            state_len: packed.state_len,
            warnings: packed.warnings,
            form: Some(packed.form),
        }
    }
}

impl From<PackedImage> for Done {
    fn from(packed: PackedImage) -> Self {
        Self {
            bytes: packed.bytes,
            statistics: packed.statistics,
            left_out: packed.left_out,
            hidden_count: packed.hidden_count,
            state_len: None,
            warnings: packed.warnings,
            form: None,
        }
    }
}

/// `1918 files, 14.5 MB stored in 3.7 MB (25.6 %), ...`
pub(super) fn summary(packed: &Done, elapsed: Duration) -> String {
    let statistics = &packed.statistics;
    let saved = statistics.file_len.saturating_sub(statistics.raw_len);
    let left_out = packed.left_out.map_or(String::new(), |left_out| {
        let files = text::count(left_out.file_count.into(), "file");
        format!("{files} ({}) left out, ", text::len(left_out.file_len))
    });
    let hidden = match packed.hidden_count {
        0 => String::new(),
        count => format!("{} hidden by later inputs, ", text::count(count, "file")),
    };
    let state = packed.state_len.map_or(String::new(), |len| {
        format!("{} of state added, ", text::len(len))
    });
    format!(
        "{}, {} stored in {} ({}), {} saved by deduplication, {left_out}{hidden}{state}{}, {:.1} s",
        text::count(statistics.file_count.into(), "file"),
        text::len(statistics.file_len),
        text::len(statistics.stored_len),
        share(statistics.stored_len, statistics.file_len),
        text::len(saved),
        packed.form.map_or("an image by itself", form_name),
        elapsed.as_secs_f64(),
    )
}

pub(super) fn details(packed: &Done) -> String {
    let statistics = &packed.statistics;
    let rows = [
        ("files", u64::from(statistics.file_count)),
        ("  same as another", statistics.duplicate_file_count.into()),
        ("directories", statistics.directory_count.into()),
        ("symbolic links", statistics.symlink_count.into()),
        ("chunks", statistics.chunk_reference_count),
        ("  different", statistics.chunk_count.into()),
        ("blocks", statistics.block_count.into()),
        ("  uncompressed", statistics.stored_block_count.into()),
        ("bytes of files", statistics.file_len),
        ("  deduplicated", statistics.raw_len),
        ("  stored", statistics.stored_len),
        ("bytes written", packed.bytes.len() as u64),
    ];
    rows.map(|(name, value)| format!("{name:<20}{value:>14}\n"))
        .concat()
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "nothing to store".to_owned(),
        _ => text::percentage(part, whole),
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Linked => "linked",
        Form::Merged(MemoryKind::Separate) => "merged, separate memory",
        Form::Merged(MemoryKind::Single) => "merged, single memory",
        Form::Wired(MemoryKind::Separate) => "wired, separate memory",
        Form::Wired(MemoryKind::Single) => "wired, single memory",
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_of_nothing_are_not_numbers() {
        assert_eq!(share(1, 4), "25.0 %");
        assert_eq!(share(0, 0), "nothing to store");
    }
}
