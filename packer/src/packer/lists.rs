//! The listed paths of a caller: those to keep, and those to store first.

use super::error::PackError;
use crate::tree::selection::{Selection, ranks};
use crate::warning::Warning;
use wasi_vfs_format::tree::Tree;
use wasi_vfs_format::writer::Options;

/// Lists of guest paths and patterns.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// The paths of [`Packer::order_by`](super::Packer::order_by).
    pub(super) order: Vec<String>,
    /// The paths of [`Packer::only`](super::Packer::only). `None` keeps all files.
    pub(super) only: Option<Vec<String>>,
}

impl Lists {
    /// Whether no list chooses anything.
    pub(super) fn are_empty(&self) -> bool {
        self.order.is_empty() && self.only.is_none()
    }

    /// Drops unselected files from `tree`, and adds the order to `options`.
    pub(super) fn select(
        &self,
        tree: &mut Tree,
        options: &mut Options,
    ) -> Result<Option<Warning>, PackError> {
        let mut missing = self.keep_only(tree, options)?;
        let order = Selection::new(tree, &self.order)?;
        missing.extend(order.missing);
        options.ranks = ranks(order.paths);
        Ok((!missing.is_empty()).then_some(Warning::Missing(missing)))
    }

    /// Drops unselected files. Returns the listed paths that select nothing.
    fn keep_only(&self, tree: &mut Tree, options: &mut Options) -> Result<Vec<String>, PackError> {
        let Some(only) = &self.only else {
            return Ok(Vec::new());
        };
        let selection = Selection::new(tree, only)?;
        if selection.missing.len() == only.len() && !only.is_empty() {
            return Err(PackError::NothingKept {
                count: only.len(),
                example: only.first().cloned().unwrap_or_default(),
            });
        }
        options.left_out = Some(selection.apply(tree));
        Ok(selection.missing)
    }
}
