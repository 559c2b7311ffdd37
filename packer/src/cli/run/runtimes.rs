//! The runtimes that serve the files of a program.
//!
//! Two runtimes stand one behind the other. The first serves the packed files. Its host is
//! the second, which serves the host directories of `--dir`. The host of the second are
//! the standard streams. For example, `path_open` on a packed directory ends in the first
//! runtime, `path_open` on a host directory in the second, and `fd_write` to standard
//! output goes through both. `path_rename` from one to the other is `XDEV`.
//!
//! Between calls the runtimes are idle: they keep their descriptors, and have neither
//! memory nor host.

use super::directories::HostDirectories;
use super::trace::Notes;
use super::traced_image::TracedImage;
use super::writable_image::WritableImage;
use wasi_vfs::interpreter::GuestMemory;
use wasi_vfs_runtime::overlay::SaveError;
use wasi_vfs_runtime::{Errno, Filesystem, Preview1, Server};

/// A runtime between two calls.
type Idle<F> = Server<(), (), F>;

/// The packed files of a program.
#[allow(clippy::large_enum_variant, reason = "a program has one value")]
pub(super) enum PackedFiles {
    ReadOnly(TracedImage),
    Writable(WritableImage),
}

/// The first runtime between two calls.
#[allow(clippy::large_enum_variant, reason = "a program has one value")]
enum IdleImage {
    ReadOnly(Idle<TracedImage>),
    Writable(Idle<WritableImage>),
}

/// Both runtimes between two calls.
pub(super) struct Runtimes {
    /// `None` if the program was not packed, or serves its files itself.
    image: Option<IdleImage>,
    /// `None` during a call.
    directories: Option<Idle<HostDirectories>>,
}

impl IdleImage {
    fn new(files: PackedFiles) -> Self {
        match files {
            PackedFiles::ReadOnly(image) => Self::ReadOnly(Server::new(image, (), ())),
            PackedFiles::Writable(image) => Self::Writable(Server::new(image, (), ())),
        }
    }

    /// An image of the changes, `None` without writable directories.
    fn save(&mut self) -> Option<Result<Vec<u8>, SaveError>> {
        match self {
            Self::ReadOnly(_) => None,
            Self::Writable(image) => Some(save(image.filesystem_mut())),
        }
    }

    fn take_notes(&self) -> Option<Notes> {
        match self {
            Self::ReadOnly(image) => image.filesystem().take_notes(),
            Self::Writable(image) => image.filesystem().lower().take_notes(),
        }
    }

    /// Makes one call with this host. Returns its error code.
    fn serve(
        self,
        memory: GuestMemory<'_, '_>,
        host: &mut dyn Preview1,
        call: impl FnOnce(&mut dyn Preview1) -> i32,
    ) -> (Self, i32) {
        match self {
            Self::ReadOnly(image) => {
                let (image, code) = serve(image, memory, host, call);
                (Self::ReadOnly(image), code)
            }
            Self::Writable(image) => {
                let (image, code) = serve(image, memory, host, call);
                (Self::Writable(image), code)
            }
        }
    }
}

/// All bytes of a save.
fn save(files: &mut WritableImage) -> Result<Vec<u8>, SaveError> {
    let save = files.save()?;
    // At most 2 GiB.
    let mut bytes = vec![0; save.image_len() as usize];
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        done += save.read(files, done as u64, rest)?;
    }
    Ok(bytes)
}

fn serve<F: Filesystem>(
    idle: Idle<F>,
    memory: GuestMemory<'_, '_>,
    host: &mut dyn Preview1,
    call: impl FnOnce(&mut dyn Preview1) -> i32,
) -> (Idle<F>, i32) {
    let mut runtime = idle.with(memory, host);
    let code = call(&mut runtime);
    (runtime.with((), ()), code)
}

impl Runtimes {
    pub(super) fn new(files: Option<PackedFiles>, directories: HostDirectories) -> Self {
        Self {
            image: files.map(IdleImage::new),
            directories: Some(Server::new(directories, (), ())),
        }
    }

    /// Whether the first runtime serves packed files.
    pub(super) fn serve_image(&self) -> bool {
        self.image.is_some()
    }

    pub(super) fn take_notes(&self) -> Option<Notes> {
        self.image.as_ref()?.take_notes()
    }

    /// An image of the changes of the program, `None` if it had no writable directories.
    pub(super) fn save(&mut self) -> Option<Result<Vec<u8>, SaveError>> {
        self.image.as_mut()?.save()
    }

    /// Makes one call with this host. Returns its error code.
    pub(super) fn serve(
        &mut self,
        memory: GuestMemory<'_, '_>,
        host: impl Preview1,
        call: impl FnOnce(&mut dyn Preview1) -> i32,
    ) -> i32 {
        let Some(directories) = self.directories.take() else {
            // Calls do not nest, so the runtime is idle before each.
            return Errno::IO.0.into();
        };
        let mut directories = directories.with(memory, host);
        let code = match self.image.take() {
            None => call(&mut directories),
            Some(image) => {
                let (image, code) = image.serve(memory, &mut directories, call);
                self.image = Some(image);
                code
            }
        };
        directories.filesystem_mut().end_call();
        self.directories = Some(directories.with((), ()));
        code
    }
}
