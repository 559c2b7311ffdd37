//! The inputs of a pack, read into one tree.
//!
//! The caller names a module, images, and mappings of host paths. [`Inputs::read`] reads
//! the mappings in their order, adds the parts of the images, and combines everything.

use super::error::PackError;
use super::images::Images;
use super::storage::Storage;
use crate::path::{Exclude, Mapping};
use crate::tree::combine::{Combined, Overlap, combine};
use crate::tree::mounted::{MountedFile, MountedTree, Origin};
use crate::tree::source::{self, DirectoryOptions, Findings, Mtime};
use crate::warning::Warning;
use std::collections::HashMap;
use std::path::PathBuf;
use wasi_vfs_format::tree::Tree;

/// The choices of the caller about mapped inputs.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) mappings: Vec<(InputKind, PathBuf, PathBuf)>,
    pub(super) overlap: Overlap,
    pub(super) mtime: Mtime,
    pub(super) dereference: bool,
    pub(super) patterns: Vec<String>,
    pub(super) gitignore: bool,
    pub(super) own_files: Vec<PathBuf>,
}

/// The kind of a mapped input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// A directory or a file of the host.
    Host,
    /// A tar archive.
    Archive,
}

/// A mapped input with a valid guest path.
pub(super) struct Input {
    kind: InputKind,
    mapping: Mapping,
}

/// All inputs in one tree.
pub(super) struct InputTree {
    pub(super) tree: Tree,
    /// The origin of each mount of the tree.
    pub(super) origins: Vec<Origin>,
    /// The storage of the image in the module, else of the first added image.
    pub(super) storage: Option<Storage>,
    /// How many files and links a union hides.
    pub(super) hidden_count: u64,
    /// Whether any image is compressed.
    pub(super) is_compressed: bool,
    pub(super) warnings: Vec<Warning>,
}

/// A mapped input after reading.
enum Mapped {
    Tree(MountedTree),
    File(MountedFile),
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            mappings: Vec::new(),
            overlap: Overlap::Hide,
            mtime: Mtime::Source,
            dereference: false,
            patterns: Vec::new(),
            gitignore: false,
            own_files: Vec::new(),
        }
    }
}

impl Inputs {
    /// The mapped inputs. Rejects equal guest paths, except in a union.
    pub(super) fn mapped(&self) -> Result<Vec<Input>, PackError> {
        let inputs = self.mappings.iter().map(|(kind, host, guest)| {
            let mapping = Mapping::new(host, guest)?;
            let kind = *kind;
            Ok(Input { kind, mapping })
        });
        let inputs = inputs.collect::<Result<Vec<_>, PackError>>()?;
        if self.overlap == Overlap::Hide {
            require_different_guest_paths(&inputs)?;
        }
        Ok(inputs)
    }

    /// The patterns of excluded paths. Rejects patterns if nothing is mapped.
    pub(super) fn exclude(&self) -> Result<Exclude, PackError> {
        let exclude = Exclude::new(&self.patterns)?;
        match self.mappings.is_empty() && !self.patterns.is_empty() {
            true => Err(PackError::ExcludesNothing),
            false => Ok(exclude),
        }
    }

    /// Reads `inputs` and combines them with the parts of `images`.
    pub(super) fn read(
        &self,
        mut images: Images,
        inputs: &[Input],
        exclude: &Exclude,
    ) -> Result<InputTree, PackError> {
        let mut findings = Findings::new(exclude, &self.own_files);
        let mut files = Vec::new();
        for input in inputs {
            match self.read_one(input, exclude, &mut findings)? {
                Mapped::Tree(part) => images.parts.push(part),
                Mapped::File(file) => files.push(file),
            }
        }
        require_free(&files, &images.parts)?;
        let Combined {
            tree,
            origins,
            hidden,
            hidden_count,
        } = combine(images.parts, files, self.overlap);
        let mut warnings = findings.warnings(exclude);
        if !images.empty.is_empty() {
            warnings.push(Warning::EmptyImages(images.empty));
        }
        let hidden = [images.hidden, hidden].concat();
        if !hidden.is_empty() {
            warnings.push(Warning::Hidden(hidden));
        }
        let mut storages = images.storages.iter();
        Ok(InputTree {
            tree,
            origins,
            storage: storages.clone().next().copied(),
            hidden_count,
            is_compressed: storages.any(|storage| storage.level.is_some()),
            warnings,
        })
    }

    fn read_one(
        &self,
        input: &Input,
        exclude: &Exclude,
        findings: &mut Findings,
    ) -> Result<Mapped, PackError> {
        let Mapping { host, guest } = &input.mapping;
        let mut directory = match input.kind {
            InputKind::Archive => source::read_archive(host, guest, exclude, findings)?,
            InputKind::Host if host.is_file() => return self.read_file(&input.mapping),
            InputKind::Host => {
                let options = DirectoryOptions {
                    exclude,
                    gitignore: self.gitignore,
                    dereference: self.dereference,
                };
                source::read_directory(host, guest, options, findings)?
            }
        };
        self.mtime.apply(&mut directory);
        Ok(Mapped::Tree(MountedTree::new(guest, directory)))
    }

    fn read_file(&self, Mapping { host, guest }: &Mapping) -> Result<Mapped, PackError> {
        let (host, guest) = (host.clone(), guest.clone());
        if guest.components().is_empty() {
            return Err(PackError::FileAtDirectory { host, guest });
        }
        let mut file = source::read_file(&host)?;
        file.mtime_ns = self.mtime.of(file.mtime_ns);
        Ok(Mapped::File(MountedFile { host, guest, file }))
    }
}

fn require_different_guest_paths(inputs: &[Input]) -> Result<(), PackError> {
    let mut earlier = HashMap::new();
    for Input { mapping, .. } in inputs {
        if let Some(first) = earlier.insert(mapping.guest.components(), mapping) {
            return Err(PackError::MappedTwice {
                first: Box::new(first.clone()),
                second: Box::new(mapping.clone()),
            });
        }
    }
    Ok(())
}

/// Rejects a file at the path of a mounted directory or of a parent of one.
fn require_free(files: &[MountedFile], parts: &[MountedTree]) -> Result<(), PackError> {
    for MountedFile { guest, host, .. } in files {
        let is_taken = |part: &MountedTree| part.components().starts_with(guest.components());
        if parts.iter().any(is_taken) {
            return Err(PackError::FileAtDirectory {
                host: host.clone(),
                guest: guest.clone(),
            });
        }
    }
    Ok(())
}
