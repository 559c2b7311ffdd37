//! Converts a module from `wasi_unstable` to preview 1, and back.
//!
//! A converted module imports preview 1, and has an [adapter](super::adapters) behind its
//! own functions for each import that differs. For example, a module with 100 functions
//! imports `fd_seek` as function 7. Function 100 becomes the adapter, which calls function
//! 7, and all other references to function 7 become references to function 100.
//!
//! A custom section records the number of functions. Converting back uses it to remove the
//! adapters, and then repeats the conversion to prove that the result is the original. If a
//! tool has removed the section, the module stays one of preview 1.

use crate::module::abi::{NAME_PREFIX, PREVIEW0_SECTION};
use crate::module::calls::{self, PREVIEW0, PREVIEW1};
use crate::module::edit::imports;
use crate::module::edit::items::Items;
use crate::module::edit::names;
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::Redirect;
use crate::module::edit::rope::Rope;
use crate::module::error::ModuleError;
use crate::module::parse::leb::leb;
use crate::module::parse::section::{Section, id};
use crate::module::parse::shape::Shape;
use crate::module::preview0::adapters::adapter;
use std::borrow::Cow;
use wasm_encoder::{Encode, Function};
use wasmparser::{BinaryReader, Import, TypeRef};

/// The first import from `wasi_unstable`.
pub(crate) fn first_import<'s, 'a>(shape: &'s Shape<'a>) -> Option<&'s Import<'a>> {
    let mut imports = shape.imports.iter();
    imports.find(|import| import.module == PREVIEW0)
}

/// Whether the module is the result of a conversion.
pub(crate) fn is_converted(shape: &Shape<'_>) -> bool {
    record(shape).is_some()
}

/// The module with its imports from preview 1.
pub(crate) fn to_preview1(shape: &Shape<'_>) -> Result<Vec<u8>, ModuleError> {
    let adapters = adapters(shape, PREVIEW0);
    let before = shape.counts.functions;
    let redirects = (before..)
        .zip(&adapters)
        .map(|(to, from)| (from.import, to));
    let redirect = Redirect::into(redirects.collect(), None);
    let named: Vec<_> = (before..).zip(adapters.iter().map(Adapter::name)).collect();
    let mut named = &*named;
    let mut rebuild = Rebuild::new(shape, redirect, |name, bytes| match name {
        "name" => Some(names::with_functions(bytes, before, &mut named)),
        _ => Some(bytes.into()),
    })?;
    let own = before - shape.imported.functions;
    rebuild.imports(imports::renamed(shape, PREVIEW0, PREVIEW1)?);
    rebuild.items(id::FUNCTION, own, function_items(&adapters))?;
    rebuild.items(id::CODE, own, code_items(&adapters))?;
    redirect_references(&mut rebuild, shape)?;
    rebuild.custom(PREVIEW0_SECTION, leb(before));
    rebuild.finish()
}

/// The module before the conversion, or the module itself if it was not converted.
pub(crate) fn to_preview0(wasm: Vec<u8>) -> Result<Vec<u8>, ModuleError> {
    let shape = Shape::parse(&wasm)?;
    let Some(section) = record(&shape) else {
        return Ok(wasm);
    };
    let original = restored(&shape, section)?;
    if to_preview1(&Shape::parse(&original)?)? == wasm {
        return Ok(original);
    }
    let what = format!("its section `{PREVIEW0_SECTION}` does not fit its functions");
    Err(ModuleError::rewritten(what))
}

/// The module with imports from preview 1 instead of `wasi_unstable`. Any other module stays
/// as it is.
///
/// # Errors
///
/// The bytes are no core module.
pub fn as_preview1(wasm: &[u8]) -> Result<Cow<'_, [u8]>, ModuleError> {
    let shape = Shape::parse(wasm)?;
    Ok(match first_import(&shape) {
        Some(_) => to_preview1(&shape)?.into(),
        None => wasm.into(),
    })
}

fn restored(shape: &Shape<'_>, record: &Section<'_>) -> Result<Vec<u8>, ModuleError> {
    let adapters = adapters(shape, PREVIEW1);
    let before = functions_before(shape, record, &adapters)?;
    let redirects = (before..)
        .zip(&adapters)
        .map(|(from, to)| (from, to.import));
    let redirect = Redirect::back(redirects.collect(), None);
    let mut rebuild = Rebuild::new(shape, redirect, |name, bytes| match name {
        PREVIEW0_SECTION => None,
        "name" => Some(names::with_functions(bytes, before, &mut &[][..])),
        _ => Some(bytes.into()),
    })?;
    let own = before - shape.imported.functions;
    rebuild.imports(imports::renamed(shape, PREVIEW1, PREVIEW0)?);
    rebuild.items(id::FUNCTION, own, Items::default())?;
    rebuild.items(id::CODE, own, Items::default())?;
    redirect_references(&mut rebuild, shape)?;
    rebuild.finish()
}

fn redirect_references(
    rebuild: &mut Rebuild<'_, '_>,
    shape: &Shape<'_>,
) -> Result<(), ModuleError> {
    let globals = shape.counts.globals - shape.imported.globals;
    if globals > 0 {
        rebuild.items(id::GLOBAL, globals, Items::default())?;
    }
    rebuild.redirect_references()
}

/// The recorded number, which must leave all adapters and no more.
fn functions_before(
    shape: &Shape<'_>,
    record: &Section<'_>,
    adapters: &[Adapter<'_>],
) -> Result<u32, ModuleError> {
    let mut reader = BinaryReader::new(shape.bytes(record.range.clone()), record.range.start);
    reader.skip_string()?;
    let before = reader.read_var_u32()?;
    let (imported, now) = (shape.imported.functions, shape.counts.functions);
    if before >= imported && before.checked_add(adapters.len() as u32) == Some(now) {
        return Ok(before);
    }
    let count = adapters.len();
    let what = format!("it has {now} functions, expected {before} and {count} adapters");
    Err(ModuleError::rewritten(what))
}

fn record<'s, 'a>(shape: &'s Shape<'a>) -> Option<&'s Section<'a>> {
    let mut sections = shape.sections.iter();
    sections.find(|section| section.id == id::CUSTOM && section.name == PREVIEW0_SECTION)
}

/// An import and the function that stands for it.
struct Adapter<'a> {
    import: u32,
    call: &'a str,
    ty: u32,
    body: Function,
}

impl Adapter<'_> {
    fn name(&self) -> String {
        format!("{NAME_PREFIX}{PREVIEW0}.{}", self.call)
    }
}

/// The adapters for the imports from `module`, in the order of the imports.
fn adapters<'a>(shape: &Shape<'a>, module: &str) -> Vec<Adapter<'a>> {
    let imports = (0..).zip(shape.imported_functions());
    let adapters = imports.filter_map(|(number, import)| {
        let (TypeRef::Func(ty) | TypeRef::FuncExact(ty)) = import.ty else {
            return None;
        };
        let is_call = calls::call_type(import.name).as_ref() == shape.function_type(number);
        let body = (import.module == module && is_call).then(|| adapter(import.name, number));
        Some(Adapter {
            import: number,
            call: import.name,
            ty,
            body: body??,
        })
    });
    adapters.collect()
}

fn function_items(adapters: &[Adapter<'_>]) -> Items<'static> {
    let bytes: Vec<u8> = adapters
        .iter()
        .flat_map(|adapter| leb(adapter.ty))
        .collect();
    Items {
        count: adapters.len() as u32,
        bytes: bytes.into(),
    }
}

fn code_items(adapters: &[Adapter<'_>]) -> Items<'static> {
    let mut bytes = Vec::new();
    for adapter in adapters {
        adapter.body.encode(&mut bytes);
    }
    Items {
        count: adapters.len() as u32,
        bytes: Rope::from(bytes),
    }
}
