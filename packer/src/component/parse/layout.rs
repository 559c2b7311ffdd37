//! The layout of a component: its sections, and its core modules.

use std::ops::Range;

/// One section of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The identifier, as the specification numbers it. A core module has 1, a nested
    /// component 4.
    pub(crate) id: u8,
    /// The offset of the identifier, which the length and the content follow.
    pub(crate) start: u64,
    /// The place of the content in the file.
    pub(crate) content: Range<u64>,
}

/// The root component or a nested one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Component {
    /// The nested sections that contain it, the innermost first. Empty for the root.
    pub(crate) enclosing: Vec<Section>,
    /// All sections, in the order of the file. A nested component is one section.
    pub(crate) sections: Vec<Section>,
    /// The names of the imports, in order, such as `wasi:cli/environment@0.2.3`.
    pub(crate) imports: Vec<String>,
}

/// A core module within a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreModule {
    /// The number of its component in [`Layout::components`].
    pub(crate) component: usize,
    /// The section whose content it is.
    pub(crate) section: Section,
}

/// A parsed component with everything nested in it.
///
/// For example, a component with a core module and a nested component with another one has
/// two `components` and two `modules`. The second module has `component` 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The root first, then nested components in the order of the file.
    pub(crate) components: Vec<Component>,
    /// The core modules of all components, in the order of the file.
    pub(crate) modules: Vec<CoreModule>,
}

impl Layout {
    /// The sections that contain the bytes of the module `number`, the innermost first.
    pub(crate) fn enclosing(&self, number: usize) -> Vec<Section> {
        let Some(module) = self.modules.get(number) else {
            return Vec::new();
        };
        let component = self.components.get(module.component);
        let outer = component.map_or(&[][..], |component| &component.enclosing);
        [std::slice::from_ref(&module.section), outer].concat()
    }

    /// The place of the core module `number` in the file.
    pub(crate) fn place(&self, number: usize) -> Range<u64> {
        let module = self.modules.get(number);
        module.map_or(0..0, |module| module.section.content.clone())
    }

    /// The imports of the root component.
    pub(crate) fn imports(&self) -> &[String] {
        let root = self.components.first();
        root.map_or(&[], |root| &root.imports)
    }
}
