//! The program to run: its module, and the packed files if they are served natively.

use anyhow::{Context, Error, Result, anyhow, bail};
use std::sync::Arc;
use wasi_vfs::module::{ModuleError, Writable};
use wasi_vfs::{ComponentError, Contents, Form, ImageReader, ReadAt, component, module};
use wasi_vfs_format::{Index, Payload};

/// A module, and the files that it was packed with.
pub(super) struct Program {
    pub(super) wasm: Vec<u8>,
    /// `None` if the module serves its files itself, or has none.
    pub(super) image: Option<Image>,
}

/// The image of a program.
pub(super) struct Image {
    /// Lives as long as the process, and so as long as the program.
    contents: &'static Contents<'static>,
}

impl Image {
    /// The index, `None` if it is damaged.
    pub(super) fn index(&self) -> Option<Index<'static>> {
        let image = ImageReader::new_unverified(&self.contents.index, &self.contents.payload);
        Some(*image.ok()?.index())
    }

    /// The stored blocks.
    pub(super) fn payload(&self) -> Arc<dyn ReadAt> {
        match &self.contents.payload {
            Payload::Source(source) => source.clone(),
            Payload::Bytes(bytes) => Arc::new(bytes.to_vec()),
        }
    }

    /// The directories that the program may change.
    pub(super) fn writable(&self) -> Option<&Writable> {
        self.contents.writable.as_ref()
    }

    /// The image for tools.
    pub(super) fn reader(&self) -> Result<ImageReader<'static>> {
        Ok(self.contents.reader()?)
    }
}

impl Program {
    /// Opens the module in `source` to run it. A linked module, and one that another tool
    /// changed after packing, runs with the runtime inside it. Of a component, only the
    /// program runs, without its adapter.
    pub(super) fn open(source: &Arc<dyn ReadAt>) -> Result<Self> {
        let source = &module_in(source)?;
        let contents = Contents::read(source).ok();
        let merged = contents.filter(|contents| contents.form != Some(Form::Linked));
        match merged.map(|contents| Self::taken_apart(source, contents)) {
            Some(Ok(program)) => Ok(program),
            Some(Err(_)) | None => Self::whole(source),
        }
    }

    /// Opens the module in `source` to trace it: only a native runtime can take note.
    pub(super) fn open_to_trace(source: &Arc<dyn ReadAt>) -> Result<Self> {
        let source = &module_in(source)?;
        let program = Self::taken_apart(source, Contents::read(source)?)?;
        if let Some(image) = &program.image {
            image.reader()?;
        }
        Ok(program)
    }

    fn taken_apart(source: &Arc<dyn ReadAt>, contents: Contents<'static>) -> Result<Self> {
        let wasm = contents.application(source)?;
        let contents = Box::leak(Box::new(contents));
        let image = Some(Image { contents });
        Ok(Self { wasm, image })
    }

    fn whole(source: &Arc<dyn ReadAt>) -> Result<Self> {
        let wasm = Payload::Source(source.clone()).bytes();
        let wasm = wasm.context("cannot read the file")?;
        // The host has only the calls of preview 1.
        let wasm = module::as_preview1(&wasm)?.into_owned();
        Ok(Self { wasm, image: None })
    }
}

/// First bytes of a file that show its kind. Text may start with comments and spaces.
const HEAD_LEN: u64 = 4096;

/// The module in `source`, or the program in the component. The interpreter implements
/// preview 1, and this is all that the program of an adapted component imports.
fn module_in(source: &Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>> {
    if !component::is_component(&**source) {
        check_preamble(source)?;
        return Ok(source.clone());
    }
    component::program(source).map_err(|error| match error {
        ComponentError::NoFileImports => {
            anyhow!("it has no preview 1 program that opens files; {ELSEWHERE}")
        }
        ComponentError::Native { interface, .. } => {
            anyhow!("it uses `{interface}` without the preview 1 adapter; {ELSEWHERE}")
        }
        error => Error::new(error).context(ELSEWHERE),
    })
}

/// What to do with a component that does not run here.
const ELSEWHERE: &str = "only preview 1 programs run here; \
    run the component with an engine for components, such as `wasmtime run`";

/// The engine would accept WebAssembly text as well.
fn check_preamble(source: &Arc<dyn ReadAt>) -> Result<()> {
    let mut head = vec![0; source.len().min(HEAD_LEN) as usize];
    let read = source.read_exact_at(&mut head, 0);
    read.context("cannot read the file")?;
    match module::check_preamble(&head) {
        Err(ModuleError::Image) => bail!(
            "it is an image, expected a module; \
             embed it with `wasi-vfs pack APP.wasm --from IMAGE -o OUT.wasm`"
        ),
        checked => Ok(checked?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(bytes: &[u8]) -> String {
        let source: Arc<dyn ReadAt> = Arc::new(bytes.to_vec());
        format!("{:#}", check_preamble(&source).unwrap_err())
    }

    #[test]
    fn other_files_are_named() {
        for (bytes, words) in [
            ("", "an empty file"),
            ("(module)", "WebAssembly text"),
            ("int main;", "the bytes `69 6e 74 20`"),
        ] {
            assert!(error_of(bytes.as_bytes()).contains(words), "{bytes}");
        }
    }

    #[test]
    fn an_image_is_embedded_first() {
        let image = wasi_vfs_format::superblock::MAGIC;
        assert!(error_of(&image).contains("--from IMAGE"));
    }

    #[test]
    fn a_component_without_a_preview_1_program_needs_another_engine() {
        let more = r#"(component (core module
            (import "wasi_snapshot_preview1" "path_open" (func))
            (import "env" "draw" (func))))"#;
        for (text, words) in [("(component)", "no preview 1 program"), (more, "`env`")] {
            let source: Arc<dyn ReadAt> = Arc::new(wat::parse_str(text).unwrap());
            let error = format!("{:#}", module_in(&source).unwrap_err());
            assert!(error.contains("wasmtime run"), "{error}");
            assert!(error.contains(words), "{error}");
        }
    }
}
