//! Packs for hosts without a file system: answers `wasi:filesystem` inside the component.
//!
//! The packed component becomes the nested component of an outer one. The outer component
//! repeats its imports, except those of `wasi:filesystem`. A *stub* component takes the
//! place of each of these:
//!
//! ```text
//!  host --wasi:io, wasi:cli, ...--> outer component
//!                                     |-- stub (wasi:filesystem/types)
//!                                     |-- stub (wasi:filesystem/preopens)
//!                                     '-- packed component --> exports of the outer one
//! ```
//!
//! A stub defines the resources of its interface. `get-directories` returns an empty list,
//! so no descriptor exists, and no other function is ever called. For example, a component
//! imports `wasi:io/streams`, `wasi:filesystem/types` and `wasi:cli/stdout` as instances 0,
//! 1 and 2. Instance 1 of the outer component is the instance of a stub. So all numbers of
//! types and instances stay, and the sections with types and aliases are copied.
//!
//! The outer component repeats the name and the description of the packed one.
//! If a sealed component is packed again, the custom sections of the outer one stay, except
//! its signature.
//!
//! The packed component stays byte for byte, whether it was packed in place or wired. To
//! open a sealed component, take the nested component out.

mod behind;
mod core_module;
mod custom;
mod flat;
mod items;
mod numbers;
mod owned;
mod plain;
mod prelude;
mod stub;
#[cfg(test)]
mod tests;

use crate::component::error::ComponentError;
use crate::component::parse::walk;
use crate::component::replace::check_len;
use crate::component::seal_error::SealError;
use crate::component::wire::interface::FILES;
use crate::module;
use owned::Owned;
use prelude::Prelude;
use wasm_encoder::{ComponentSectionId, Encode};

/// The bytes of an outer component around the packed one.
pub(crate) struct Seal {
    before: Vec<u8>,
    behind: Vec<u8>,
    /// Custom sections, at the end.
    custom: Vec<u8>,
}

impl Seal {
    /// The seal for the component `wasm`, before or after packing. `None` if the component
    /// does not import `wasi:filesystem`.
    ///
    /// # Errors
    ///
    /// The component is invalid. Or a stub cannot answer one of its imports, or an outer
    /// component cannot repeat the others and the exports.
    pub(crate) fn new(wasm: &[u8]) -> Result<Option<Self>, ComponentError> {
        let layout = walk::layout(wasm)?;
        let types = module::component_types(wasm, 0)?;
        let (Some(root), Some(types)) = (layout.components.first(), types) else {
            return Ok(None);
        };
        if !root.imports.iter().any(|import| import.starts_with(FILES)) {
            return Ok(None);
        }
        let exports = behind::exports(wasm, root)?;
        let mut owned = Owned::find(&root.imports, types.as_ref());
        owned.reject_users(&root.imports, &exports)?;
        let prelude = Prelude::encode(wasm, root, types.as_ref())?;
        let seal = Self {
            behind: behind::encode(&prelude, &exports),
            before: prelude.bytes,
            custom: custom::described(wasm, root)?,
        };
        // Packing changes no import or export, so this holds for the packed component, too.
        module::validate(&seal.close(wasm.to_vec())?).map_err(|error| {
            let user = plain::user(&root.imports, types.as_ref());
            user.unwrap_or(SealError::Outer(error))
        })?;
        Ok(Some(seal))
    }

    /// The seal with the custom sections of `outer`, a sealed component. Other tools add
    /// and change them. The caller has removed those that packing invalidates.
    ///
    /// # Errors
    ///
    /// `outer` is no component.
    pub(crate) fn with_custom_sections_of(self, outer: &[u8]) -> Result<Self, ComponentError> {
        let custom = custom::whole(outer)?;
        Ok(Self { custom, ..self })
    }

    /// The sealed component with the packed `component` inside.
    ///
    /// # Errors
    ///
    /// The component is longer than engines allow.
    pub(crate) fn close(&self, component: Vec<u8>) -> Result<Vec<u8>, ComponentError> {
        check_len(component.len() as u64)?;
        let mut before = self.before.clone();
        before.push(ComponentSectionId::Component.into());
        component.len().encode(&mut before);
        // The payload may be large, so it is not copied.
        let mut sealed = component;
        sealed.reserve_exact(before.len() + self.behind.len() + self.custom.len());
        sealed.splice(..0, before);
        sealed.extend(&self.behind);
        sealed.extend(&self.custom);
        Ok(sealed)
    }
}
