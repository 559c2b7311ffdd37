//! Makes a merged program call its host, and leaves the program's instructions alone.
//!
//! Unmerging decodes every instruction to restore the numbers of the imports. A program
//! that only has to run keeps the numbers of the entries, and each entry becomes a
//! function that forwards to its import. For example, an application has 100 functions and
//! imports `fd_read` as function 7. The runtime's function 100 becomes
//! `local.get 0 .. local.get 3, call 7`, and everything from function 101 on is removed.
//!
//! In a single memory, the program also refers to the global with its pages and to the
//! function that grows them. Both stay, for a memory that has only the program's pages.

use crate::module::edit::code::Code;
use crate::module::edit::items::{Items, items_of};
use crate::module::edit::rebuild::Rebuild;
use crate::module::edit::redirect::MemoryOf;
use crate::module::error::ModuleError;
use crate::module::locate::placed::Located;
use crate::module::merge::binding::preview1::intercepted;
use crate::module::merge::glue::pass_all;
use crate::module::merge::region;
use crate::module::parse::leb::leb;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use crate::module::restore::counts::{self, Before};
use crate::module::restore::unmerge::shorten_memory;
use std::mem::take;
use wasi_vfs_embedding::Application;
use wasm_encoder::{
    ConstExpr, Encode, Function, GlobalSection, GlobalType, Instruction as I, TypeSection, ValType,
};
use wasmparser::{Import, TypeRef};

/// A program that runs as the application did before the merge, without custom sections.
///
/// # Errors
///
/// Those of [`unmerge`](crate::module::restore::unmerge::unmerge), except that of
/// undecodable instructions. An engine validates them.
pub(crate) fn forwarded(shape: &Shape<'_>, located: &Located) -> Result<Vec<u8>, ModuleError> {
    let application = &located.anchor.application;
    let before = Before::new(shape, located);
    counts::check(shape, located, before)?;
    let mut appended = Appended::default();
    appended.forward(shape)?;
    if let Some(memory) = counts::memory_of(shape, before)? {
        appended.grow(before, application, memory)?;
    }
    let mut rebuild = Rebuild::copy(shape, |_, _| None)?;
    for (id, keep) in before.kept(shape)? {
        rebuild.items(id, keep, appended.take(id))?;
    }
    before.cut_exports(&mut rebuild, shape)?;
    rebuild.data_count(before.has_data_count.then_some(before.data));
    if before.shares_memory {
        shorten_memory(&mut rebuild, shape, application)?;
    }
    rebuild.finish()
}

/// The items behind those of the application.
#[derive(Default)]
struct Appended {
    types: Items<'static>,
    globals: Items<'static>,
    /// The type of each function, and its body.
    functions: Vec<(u32, Function)>,
}

impl Appended {
    /// Appends a function for each entry, with the type of its import.
    fn forward(&mut self, shape: &Shape<'_>) -> Result<(), ModuleError> {
        for (number, import) in intercepted(shape) {
            let ty = shape.function_type(number).zip(type_of(import));
            let (signature, ty) = ty.ok_or_else(|| {
                ModuleError::rewritten(format!("import {number} has no function type"))
            })?;
            let mut body = Function::new([]);
            pass_all(&mut body, signature, &I::Call(number));
            self.functions.push((ty, body));
        }
        Ok(())
    }

    /// Appends the function and the global of a program that grows its `memory`.
    fn grow(
        &mut self,
        before: Before,
        application: &Application,
        memory: MemoryOf,
    ) -> Result<(), ModuleError> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        self.types = items_of(&types)?;
        self.functions.push((before.types, growing(memory)));
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        let mut globals = GlobalSection::new();
        // The program refers to one of them, by its number.
        for number in (before.globals..).take(region::GLOBALS as usize) {
            let pages = match number == memory.pages {
                true => application.memory_minimum.get().cast_signed(),
                false => 0,
            };
            globals.global(ty, &ConstExpr::i32_const(pages));
        }
        self.globals = items_of(&globals)?;
        Ok(())
    }

    /// The items of the section `id`.
    fn take(&mut self, id: u8) -> Items<'static> {
        let mut bytes = Vec::new();
        for (ty, body) in &self.functions {
            match id {
                id::FUNCTION => bytes.extend(leb(*ty)),
                id::CODE => body.encode(&mut bytes),
                _ => {}
            }
        }
        match id {
            id::TYPE => take(&mut self.types),
            id::GLOBAL => take(&mut self.globals),
            id::FUNCTION | id::CODE => Items {
                count: self.functions.len() as u32,
                bytes: bytes.into(),
            },
            _ => Items::default(),
        }
    }
}

fn type_of(import: &Import<'_>) -> Option<u32> {
    match import.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
        _ => None,
    }
}

/// Grows the memory as the program's own instruction would, and notes its pages.
fn growing(memory: MemoryOf) -> Function {
    let (delta, old) = (0, 1);
    let mut code = Code::new(&[(1, ValType::I32)]);
    code.all([I::LocalGet(delta), I::MemoryGrow(0), I::LocalTee(old)]);
    code.all([I::I32Const(-1), I::I32Ne]);
    code.when([I::MemorySize(0), I::GlobalSet(memory.pages)]);
    code.all([I::LocalGet(old)]);
    code.finish()
}
