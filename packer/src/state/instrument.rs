//! The prepared module, from which a host copies the state.
//!
//! It is the packed module with more exports: each memory and table, and a function for each
//! mutable global that returns the bits of its value. More functions return the digest of the
//! packed module, and whether the program changed a table or dropped a segment. For example, a
//! module with one memory and the mutable global 0 gets the exports
//! `wasi_vfs_state_memory_0` and `wasi_vfs_state_global_0`.
//!
//! All values are numbers of 64 bits, because JavaScript cannot tell a float from an integer.

use crate::module::{
    CodeEdits, Edit, EditBytes, Items, Rebuild, Shape, id, items_of, leb, survives_moved_code,
};
use crate::state::error::StateError;
use crate::state::names::{self, FLAGS, PREFIX};
use crate::state::program::Program;
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction as I, TypeSection, ValType,
};
use wasmparser::{FunctionBody, Global, Operator, RecGroup};

/// The instrumented module.
pub(super) fn instrumented(
    program: &Program<'_>,
    digest: impl IntoIterator<Item = u64>,
) -> Result<Vec<u8>, StateError> {
    let shape = &program.shape;
    let mut exports = shape.exports.iter();
    if let Some(export) = exports.find(|export| export.name.starts_with(PREFIX)) {
        let name = export.name.into();
        return Err(StateError::Taken { name });
    }
    let mut added = Added::new(shape);
    for flag in FLAGS {
        added.flag(flag);
    }
    for (number, ty) in program.mutable_globals() {
        added.getter(&names::global(number), global_bits(number, ty));
    }
    for (number, part) in digest.into_iter().enumerate() {
        let bits = vec![I::I64Const(part.cast_signed())];
        added.getter(&names::digest(number), bits);
    }
    for memory in 0..shape.counts.memories {
        let name = names::memory(memory);
        added.exports.export(&name, ExportKind::Memory, memory);
    }
    for table in 0..shape.counts.tables {
        let name = names::table(table);
        added.exports.export(&name, ExportKind::Table, table);
    }
    added.into_module(shape)
}

/// Instructions that leave the bits of a global.
fn global_bits(number: u32, ty: wasmparser::ValType) -> Vec<I<'static>> {
    let mut bits = vec![I::GlobalGet(number)];
    match ty {
        wasmparser::ValType::I32 => bits.push(I::I64ExtendI32U),
        wasmparser::ValType::F32 => bits.extend([I::I32ReinterpretF32, I::I64ExtendI32U]),
        wasmparser::ValType::F64 => bits.push(I::I64ReinterpretF64),
        _ => {}
    }
    bits
}

/// Items behind those of the packed module.
struct Added {
    first_type: u32,
    first_function: u32,
    first_global: u32,
    functions: FunctionSection,
    bodies: CodeSection,
    globals: GlobalSection,
    exports: ExportSection,
}

impl Added {
    fn new(shape: &Shape<'_>) -> Self {
        Self {
            first_type: shape.counts.types,
            first_function: shape.counts.functions,
            first_global: shape.counts.globals,
            functions: FunctionSection::new(),
            bodies: CodeSection::new(),
            globals: GlobalSection::new(),
            exports: ExportSection::new(),
        }
    }

    /// Adds a global that a function sets to 1, and an exported function that returns it.
    fn flag(&mut self, name: &str) {
        let global = self.first_global + self.globals.len();
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        self.globals.global(ty, &ConstExpr::i32_const(0));
        self.function(1, vec![I::I32Const(1), I::GlobalSet(global)]);
        self.getter(name, vec![I::GlobalGet(global), I::I64ExtendI32U]);
    }

    fn getter(&mut self, name: &str, instructions: Vec<I<'static>>) {
        let number = self.function(0, instructions);
        self.exports.export(name, ExportKind::Func, number);
    }

    /// Adds a function with the first or the second of the added types.
    fn function(&mut self, ty: u32, instructions: Vec<I<'static>>) -> u32 {
        let number = self.first_function + self.functions.len();
        self.functions.function(self.first_type + ty);
        let mut body = Function::new([]);
        for instruction in instructions {
            body.instruction(&instruction);
        }
        body.instruction(&I::End);
        self.bodies.function(&body);
        number
    }

    fn into_module(self, shape: &Shape<'_>) -> Result<Vec<u8>, StateError> {
        let edits = CodeEdits {
            bodies: edited_bodies(shape, self.first_function)?,
            ..CodeEdits::default()
        };
        let mut rebuild = Rebuild::with_edits(shape, edits, |name, bytes| {
            survives_moved_code(name).then(|| bytes.into())
        });
        let groups = shape.items::<RecGroup>(id::TYPE)?;
        let groups = groups.map_or(0, |groups| groups.count());
        rebuild.items(id::TYPE, groups, types()?)?;
        let functions = shape.counts.functions - shape.imported.functions;
        rebuild.items(id::FUNCTION, functions, items_of(&self.functions)?)?;
        let globals = shape.items::<Global<'_>>(id::GLOBAL)?;
        let globals = globals.map_or(0, |globals| globals.count());
        rebuild.items(id::GLOBAL, globals, items_of(&self.globals)?)?;
        let exports = shape.exports.len() as u32;
        rebuild.items(id::EXPORT, exports, items_of(&self.exports)?)?;
        rebuild.items(id::CODE, functions, items_of(&self.bodies)?)?;
        Ok(rebuild.finish()?)
    }
}

/// The types `() -> i64` and `() -> ()`.
fn types() -> Result<Items<'static>, StateError> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I64]);
    types.ty().function([], []);
    Ok(items_of(&types)?)
}

/// A call in front of each instruction that changes a table or drops a segment. The function
/// that notes the first flag has the number `first`, and its getter follows.
fn edited_bodies(shape: &Shape<'_>, first: u32) -> Result<Vec<(usize, Vec<Edit>)>, StateError> {
    let mut bodies = Vec::new();
    for (number, body) in shape.bodies.iter().enumerate() {
        let edits = edits_in(body, first)?;
        if !edits.is_empty() {
            bodies.push((number, edits));
        }
    }
    Ok(bodies)
}

fn edits_in(body: &FunctionBody<'_>, first: u32) -> Result<Vec<Edit>, wasmparser::Error> {
    let mut edits = Vec::new();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let start = operators.original_position();
        if let Some(flag) = noted(&operators.read()?) {
            let mut bytes = EditBytes::new();
            // `call`
            bytes.push(0x10);
            bytes.extend(leb(first + 2 * flag));
            edits.push(Edit {
                range: start..start,
                bytes,
            });
        }
    }
    Ok(edits)
}

/// The flag that an instruction sets.
fn noted(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::TableSet { .. }
        | Operator::TableGrow { .. }
        | Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableInit { .. } => Some(0),
        Operator::DataDrop { .. } | Operator::ElemDrop { .. } => Some(1),
        _ => None,
    }
}
