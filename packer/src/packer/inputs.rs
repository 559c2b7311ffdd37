//! The inputs of a pack: the image in the module, other images and mapped
//! directories, joined to one tree.

use super::contents_of;
use super::storage::Storage;
use super::{PackError, Packer};
use crate::Warning;
use crate::inspect::contents::{Contents, OpenError};
use crate::limits::size;
use crate::module::ModuleError;
use crate::path::{Exclude, Mapping};
use crate::tree::join::{self, Apart, Joined, Origin, Overlap, Part, Placed};
use crate::tree::source::{self, Findings, Taking};
use std::collections::HashMap;
use std::sync::Arc;
use wasi_vfs_format::Error;
use wasi_vfs_format::tree::Tree;

/// Everything there is to pack.
pub(super) struct Inputs {
    pub(super) tree: Tree,
    /// The origin of each mount of the tree.
    pub(super) origins: Vec<Origin>,
    /// The storage of the image in the module, else of the first added image.
    pub(super) storage: Option<Storage>,
    /// How many files and links a union hides.
    pub(super) merged_over: u64,
    /// Whether some of it was compressed.
    pub(super) is_compressed: bool,
    pub(super) warnings: Vec<Warning>,
}

/// An input that the caller mapped.
pub(super) struct Input {
    kind: InputKind,
    mapping: Mapping,
}

/// The kind of a mapped input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// A directory or a file of the host.
    Host,
    /// A tar archive.
    Archive,
}

/// A mapped input, read.
enum Mapped {
    Part(Part),
    File(Placed),
}

/// The parts of images.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) parts: Vec<Part>,
    /// Paths of mounts that are not among the parts.
    hidden: Vec<String>,
    storages: Vec<Storage>,
    /// The images without any file or link, counted from 1.
    empty: Vec<usize>,
}

impl Packer {
    /// All inputs. `taken` has the parts of the module.
    pub(super) fn inputs(
        &self,
        mut taken: Taken,
        mappings: &[Input],
        exclude: &Exclude,
    ) -> Result<Inputs, PackError> {
        for (position, image) in self.images.iter().enumerate() {
            self.take_image(position + 1, image, &mut taken)?;
        }
        let mut findings = Findings::new(exclude, &self.own_files);
        let mut files = Vec::new();
        for input in mappings {
            match self.read(input, exclude, &mut findings)? {
                Mapped::Part(part) => taken.parts.push(part),
                Mapped::File(file) => files.push(file),
            }
        }
        require_free(&files, &taken.parts)?;
        if taken.parts.is_empty() && files.is_empty() {
            return Err(PackError::Nothing);
        }
        let Joined {
            tree,
            origins,
            hidden,
            merged_over,
        } = join::join(taken.parts, files, self.overlap);
        let mut warnings = findings.warnings(exclude);
        if !taken.empty.is_empty() {
            warnings.push(Warning::EmptyImages(taken.empty));
        }
        let hidden = [taken.hidden, hidden].concat();
        if !hidden.is_empty() {
            warnings.push(Warning::Hidden(hidden));
        }
        Ok(Inputs {
            tree,
            origins,
            storage: taken.storages.first().copied(),
            merged_over,
            is_compressed: taken.storages.iter().any(|storage| storage.level.is_some()),
            warnings,
        })
    }

    /// The parts that an earlier pack put into the module.
    pub(super) fn earlier(&self) -> Result<Taken, PackError> {
        let mut taken = Taken::default();
        let Some(module) = &self.module else {
            return Ok(taken);
        };
        match contents_of(module) {
            Ok(contents) => {
                let parts = self.take(&contents, &mut taken, PackError::Earlier)?;
                taken.parts.extend(parts);
                Ok(taken)
            }
            Err(OpenError::NotPacked) => Ok(taken),
            Err(OpenError::Module(error)) => Err(error.into()),
            Err(OpenError::Neither { found }) => Err(ModuleError::NotWasm { found }.into()),
            Err(OpenError::Image(error)) => Err(PackError::Earlier(error)),
            Err(OpenError::Read(error)) => Err(ModuleError::Read(error).into()),
        }
    }

    fn take_image(
        &self,
        number: usize,
        image: &Arc<Vec<u8>>,
        taken: &mut Taken,
    ) -> Result<(), PackError> {
        let unreadable = |source| PackError::Image { number, source };
        let contents = contents_of(image).map_err(unreadable)?;
        let parts = self.take(&contents, taken, |error| unreadable(error.into()))?;
        if parts.iter().all(Part::is_empty) {
            taken.empty.push(number);
        }
        let parts = parts.into_iter();
        taken
            .parts
            .extend(parts.map(|part| part.with_origin(Origin::Image)));
        Ok(())
    }

    /// The mapped directories of an image, to be packed again.
    fn take(
        &self,
        contents: &Contents<'_>,
        taken: &mut Taken,
        damaged: impl Fn(Error) -> PackError,
    ) -> Result<Vec<Part>, PackError> {
        let image = contents.reader().map_err(&damaged)?;
        if !self.any_len {
            let len = image
                .file_len()
                .map_err(|corrupt| damaged(corrupt.into()))?;
            size::check(&image, len).map_err(PackError::TooLong)?;
        }
        let storage = Storage::of(&image).map_err(|corrupt| damaged(corrupt.into()))?;
        taken.storages.push(storage);
        let tree = image.to_tree().map_err(damaged)?;
        let Apart { parts, hidden } = join::take_apart(tree).ok_or(PackError::OutsideMounts)?;
        taken.hidden.extend(hidden);
        Ok(parts)
    }

    /// Reads a mapped directory, file or archive.
    fn read(
        &self,
        input: &Input,
        exclude: &Exclude,
        findings: &mut Findings,
    ) -> Result<Mapped, PackError> {
        let Mapping { host, guest } = &input.mapping;
        let mut directory = match input.kind {
            InputKind::Archive => source::read_archive(host, guest, exclude, findings)?,
            InputKind::Host if host.is_file() => {
                if guest.components().is_empty() {
                    return Err(PackError::FileAtDirectory {
                        host: host.clone(),
                        guest: guest.clone(),
                    });
                }
                let mut file = source::read_file(host)?;
                file.mtime_ns = self.mtime.of(file.mtime_ns);
                return Ok(Mapped::File(Placed {
                    host: host.clone(),
                    guest: guest.clone(),
                    file,
                }));
            }
            InputKind::Host => {
                let taking = Taking {
                    exclude,
                    gitignore: self.gitignore,
                    dereference: self.dereference,
                };
                source::read_directory(host, guest, taking, findings)?
            }
        };
        self.mtime.apply(&mut directory);
        Ok(Mapped::Part(Part::new(guest, directory)))
    }

    /// The inputs, of which no two have the same place unless they form a union.
    pub(super) fn mappings(&self) -> Result<Vec<Input>, PackError> {
        let mappings = self.mappings.iter();
        let mappings = mappings
            .map(|(kind, host, guest)| {
                let mapping = Mapping::new(host, guest)?;
                Ok(Input {
                    kind: *kind,
                    mapping,
                })
            })
            .collect::<Result<Vec<_>, PackError>>()?;
        if self.overlap == Overlap::Merge {
            return Ok(mappings);
        }
        let mut places = HashMap::new();
        for Input { mapping, .. } in &mappings {
            if let Some(first) = places.insert(mapping.guest.components(), mapping) {
                return Err(PackError::MappedTwice {
                    first: Box::new(first.clone()),
                    second: Box::new(mapping.clone()),
                });
            }
        }
        Ok(mappings)
    }
}

/// Refuses a file at or above the place of a directory, which a mount needs.
fn require_free(files: &[Placed], parts: &[Part]) -> Result<(), PackError> {
    for Placed { guest, host, .. } in files {
        let is_taken = |part: &Part| part.components().starts_with(guest.components());
        if parts.iter().any(is_taken) {
            return Err(PackError::FileAtDirectory {
                host: host.clone(),
                guest: guest.clone(),
            });
        }
    }
    Ok(())
}
