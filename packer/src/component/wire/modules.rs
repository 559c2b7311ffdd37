//! The core modules around the runtime: stub, shim and fixup.
//!
//! The **stub** is the application that the runtime is merged into. It imports everything
//! that the component passes to the runtime, and exports lowering `k` as `k`. The merge
//! replaces the exports by the entries of the runtime.
//!
//! The **shim** exports one function for each lowering, which calls entry `k` of its table.
//! It has no imports, so it is the first instance. The **fixup** writes the entries of the
//! runtime into that table.

use crate::component::wire::names::{
    HOST_PREFIX, LOWERED_PREFIX, MEMORY, PROGRAM, REALLOC_PREFIX, RUNTIME, SHIM, TABLE, numbered,
};
use crate::module::{Entry, HostFunction};
use wasm_encoder as e;
use wasmparser::{FuncType, ValType};

/// The imports of a stub.
pub(super) struct Stub<'a> {
    pub(super) lowered: &'a [Entry],
    pub(super) realloc_count: usize,
    /// The functions of the host that the component does not lower for the program.
    pub(super) host: &'a [&'static HostFunction],
}

impl Stub<'_> {
    /// The binary module.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut types = Types::default();
        let mut imports = e::ImportSection::new();
        let memory = e::MemoryType {
            minimum: 0,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        imports.import(PROGRAM, MEMORY, memory);
        for (name, ty) in self.functions() {
            imports.import(PROGRAM, &name, e::EntityType::Function(types.intern(ty)));
        }
        let mut exports = e::ExportSection::new();
        for (number, _) in (0..).zip(self.lowered) {
            exports.export(&number.to_string(), e::ExportKind::Func, number);
        }
        let mut module = e::Module::new();
        module
            .section(&types.section)
            .section(&imports)
            .section(&exports);
        module.finish()
    }

    /// The imported functions: lowerings, then allocators, then those of the host.
    fn functions(&self) -> Vec<(String, FuncType)> {
        let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
        let lowered = self.lowered.iter().enumerate();
        let lowered = lowered.map(|(k, entry)| (numbered(LOWERED_PREFIX, k), entry.core_type()));
        let reallocs =
            (0..self.realloc_count).map(|j| (numbered(REALLOC_PREFIX, j), realloc.clone()));
        let host = self.host.iter().enumerate();
        let host = host.map(|(i, function)| (numbered(HOST_PREFIX, i), function.core_type()));
        lowered.chain(reallocs).chain(host).collect()
    }
}

/// The shim of these lowerings.
pub(super) fn shim(lowered: &[Entry]) -> Vec<u8> {
    let mut types = Types::default();
    let mut functions = e::FunctionSection::new();
    let mut exports = e::ExportSection::new();
    let mut code = e::CodeSection::new();
    for (number, entry) in (0_u32..).zip(lowered) {
        let signature = entry.core_type();
        let parameters = signature.params().len() as u32;
        let ty = types.intern(signature);
        functions.function(ty);
        exports.export(&number.to_string(), e::ExportKind::Func, number);
        let mut body = e::Function::new([]);
        for parameter in 0..parameters {
            body.instruction(&e::Instruction::LocalGet(parameter));
        }
        body.instruction(&e::Instruction::I32Const(number.cast_signed()));
        body.instruction(&e::Instruction::CallIndirect {
            type_index: ty,
            table_index: 0,
        });
        body.instruction(&e::Instruction::End);
        code.function(&body);
    }
    let mut tables = e::TableSection::new();
    tables.table(table_type(lowered.len()));
    exports.export(TABLE, e::ExportKind::Table, 0);
    let mut module = e::Module::new();
    module
        .section(&types.section)
        .section(&functions)
        .section(&tables)
        .section(&exports)
        .section(&code);
    module.finish()
}

/// The fixup of these lowerings.
pub(super) fn fixup(lowered: &[Entry]) -> Vec<u8> {
    let mut types = Types::default();
    let mut imports = e::ImportSection::new();
    imports.import(SHIM, TABLE, table_type(lowered.len()));
    for (number, entry) in lowered.iter().enumerate() {
        let ty = e::EntityType::Function(types.intern(entry.core_type()));
        imports.import(RUNTIME, &number.to_string(), ty);
    }
    let mut elements = e::ElementSection::new();
    let functions: Vec<u32> = (0..).zip(lowered).map(|(number, _)| number).collect();
    let functions = e::Elements::Functions(functions.into());
    elements.active(None, &e::ConstExpr::i32_const(0), functions);
    let mut module = e::Module::new();
    module
        .section(&types.section)
        .section(&imports)
        .section(&elements);
    module.finish()
}

fn table_type(len: usize) -> e::TableType {
    e::TableType {
        element_type: e::RefType::FUNCREF,
        table64: false,
        minimum: len as u64,
        maximum: Some(len as u64),
        shared: false,
    }
}

/// A type section in which each type occurs once.
#[derive(Default)]
struct Types {
    known: Vec<FuncType>,
    section: e::TypeSection,
}

impl Types {
    fn intern(&mut self, ty: FuncType) -> u32 {
        if let Some(at) = self.known.iter().position(|known| *known == ty) {
            return at as u32;
        }
        self.section
            .ty()
            .function(encoded(ty.params()), encoded(ty.results()));
        self.known.push(ty);
        self.known.len() as u32 - 1
    }
}

/// Core functions of the canonical ABI have numbers only.
fn encoded(types: &[ValType]) -> Vec<e::ValType> {
    let encoded = types.iter().map(|ty| match ty {
        ValType::I64 => e::ValType::I64,
        ValType::F32 => e::ValType::F32,
        ValType::F64 => e::ValType::F64,
        _ => e::ValType::I32,
    });
    encoded.collect()
}
