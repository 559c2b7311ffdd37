//! The core module of a stub.

use crate::component::opened::MARKER;
use crate::component::seal::flat::CoreType;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FunctionSection, ImportSection,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// The name of the exported allocator.
pub(super) const REALLOC: &str = "realloc";

/// The module of the imported functions that drop handles.
pub(super) const DROP: &str = "drop";

/// The core function of a lifted one.
pub(super) struct Function {
    pub(super) ty: CoreType,
    /// The parameters to drop, with the numbers of their resources.
    pub(super) drops: Vec<(u32, u32)>,
    /// Whether a program can call it.
    pub(super) is_reachable: bool,
}

/// The name of the function `number`.
pub(super) fn name(number: u32) -> String {
    number.to_string()
}

/// A module that exports these functions. A reachable one returns zeros or the address of
/// zeros, which is an empty list, or `none`.
pub(super) fn encode(functions: &[Function]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut imports = ImportSection::new();
    let drop_count = functions.iter().map(|function| function.drops.len());
    let drop_count = drop_count.sum::<usize>() as u32;
    for number in 0..drop_count {
        imports.import(DROP, &name(number), EntityType::Function(0));
    }
    let mut declared = FunctionSection::new();
    declared.function(1);
    let mut exports = ExportSection::new();
    exports.export(MARKER, ExportKind::Memory, 0);
    exports.export(REALLOC, ExportKind::Func, drop_count);
    let mut code = CodeSection::new();
    code.function(&trap());
    let mut dropped = 0;
    for (number, function) in (0..).zip(functions) {
        let CoreType { params, results } = function.ty.clone();
        types.ty().function(params, results);
        declared.function(number + 2);
        exports.export(&name(number), ExportKind::Func, drop_count + 1 + number);
        code.function(&body(function, dropped));
        dropped += function.drops.len() as u32;
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&declared)
        .section(&memory())
        .section(&exports)
        .section(&code);
    module.finish()
}

fn memory() -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

fn trap() -> wasm_encoder::Function {
    let mut body = wasm_encoder::Function::new([]);
    body.instructions().unreachable().end();
    body
}

/// The body of `function`, whose first drop is the imported function `first_drop`.
fn body(function: &Function, first_drop: u32) -> wasm_encoder::Function {
    if !function.is_reachable {
        return trap();
    }
    let mut body = wasm_encoder::Function::new([]);
    let mut code = body.instructions();
    for (drop, (param, _)) in (first_drop..).zip(&function.drops) {
        code.local_get(*param).call(drop);
    }
    for result in &function.ty.results {
        match result {
            ValType::I64 => code.i64_const(0),
            ValType::F32 => code.f32_const(0.0.into()),
            ValType::F64 => code.f64_const(0.0.into()),
            _ => code.i32_const(0),
        };
    }
    code.end();
    body
}
