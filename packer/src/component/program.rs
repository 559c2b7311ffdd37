//! The core module of a component that reads files.
//!
//! A component that the adapter from preview 1 made has one core module with a preview 1
//! program, the adapter, and small modules that connect them. Only the program opens files
//! by preview 1. For example, the modules of a Rust component are the program, the adapter,
//! and two others, and the program is number 0.

use crate::component::error::ComponentError;
use crate::component::parse::layout::Layout;
use crate::component::place::{in_module, offsets};
use crate::component::wire::interface::FILES;
use crate::component::wire::receivers::receivers;
use crate::module::Outline;
use std::sync::Arc;
use wasi_vfs_format::{Part, Payload, ReadAt};

/// A parsed component with the imports and exports of its core modules.
pub(crate) struct Overview {
    source: Arc<dyn ReadAt>,
    pub(crate) layout: Layout,
    /// One for each of [`Layout::modules`].
    pub(crate) outlines: Vec<Outline>,
}

impl Overview {
    /// Reads the component in `source`, whose layout is known.
    pub(crate) fn read(source: &Arc<dyn ReadAt>, layout: Layout) -> Result<Self, ComponentError> {
        let modules = layout.modules.iter().enumerate();
        let outlines = modules.map(|(number, module)| {
            let part: Arc<dyn ReadAt> =
                Arc::new(Part::new(source.clone(), module.section.content.clone()));
            Outline::read(&part).map_err(in_module(&layout, number))
        });
        let outlines = outlines.collect::<Result<_, _>>()?;
        Ok(Self {
            source: source.clone(),
            layout,
            outlines,
        })
    }

    /// The number of the core module to pack.
    pub(crate) fn program(&self) -> Result<usize, ComponentError> {
        let users = self.users(Outline::opens_files);
        self.reject_native()?;
        match users.as_slice() {
            [] => Err(ComponentError::NoFileImports),
            [program] => Ok(*program),
            _ => Err(ComponentError::SeveralPrograms {
                offsets: offsets(&self.layout, &users),
            }),
        }
    }

    /// Rejects a component with a core module that uses the files of a later WASI itself.
    /// Only a core module whose imports name files needs the bytes of the component.
    fn reject_native(&self) -> Result<(), ComponentError> {
        let native = |outline: &Outline| !outline.is_adapter() && file_interface(outline).is_some();
        let named = self.users(native);
        if named.is_empty() {
            return Ok(());
        }
        let wasm = Payload::Source(self.source.clone()).bytes();
        let receivers = receivers(&wasm.map_err(ComponentError::Read)?, &self.layout)?;
        let mut named = named.into_iter();
        match named.find(|number| receivers.contains(number)) {
            None => Ok(()),
            Some(number) => Err(self.native(number)),
        }
    }

    fn native(&self, number: usize) -> ComponentError {
        let outline = self.outlines.get(number);
        let interface = outline.and_then(file_interface).unwrap_or_default();
        ComponentError::Native {
            number,
            offset: self.layout.place(number).start,
            interface: interface.to_owned(),
        }
    }

    fn users(&self, is_user: impl Fn(&Outline) -> bool) -> Vec<usize> {
        let outlines = self.outlines.iter().enumerate();
        let users = outlines.filter(|(_, outline)| is_user(outline));
        users.map(|(number, _)| number).collect()
    }
}

/// The first interface with files that a core module imports.
fn file_interface(outline: &Outline) -> Option<&str> {
    let mut modules = outline.imports.iter().map(|(module, _)| module.as_str());
    modules.find(|module| module.starts_with(FILES))
}
