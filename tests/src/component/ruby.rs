//! A component of the published Ruby, a preview 1 reactor of npm.
//!
//! Its npm package drives the reactor by functions with the names of an early component
//! model. The reactor becomes a command in two steps: a `_start` behind its functions
//! evaluates [`PROGRAM`], and an adapter stands in for the JavaScript. A handle of a Ruby
//! object is the address of the object there, and each call of JavaScript traps.

use super::temporary;
use crate::workspace::tool;
use std::collections::HashMap;
use std::fs;
use tempfile::TempPath;
use wasi_preview1_component_adapter_provider as adapter;
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, MemArg,
    Module, TypeSection,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};
use wit_component::ComponentEncoder;

/// The evaluated program. Ruby expects a zero behind each string.
const PROGRAM: &str = "load '/app/main.rb'; $stdout.flush\0";
/// Without a program among them, Ruby would read one from the standard input.
const ARGUMENTS: [&str; 3] = ["ruby.wasm\0", "-EUTF-8\0", "-e_=0\0"];
const INIT: &str = "ruby-init: func(args: list<string>) -> ()";
const INIT_LOADPATH: &str = "ruby-init-loadpath: func() -> ()";
const EVAL: &str = "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>";
/// The modules whose imports the npm package answers in JavaScript: calls and handles.
const JAVASCRIPT: [&str; 2] = ["rb-js-abi-host", HANDLES];
const HANDLES: &str = "canonical_abi";

/// A component with the command world that evaluates `/app/main.rb`.
///
/// # Panics
///
/// `tools/install ruby` has not run.
pub fn ruby() -> TempPath {
    let path = tool(
        "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm",
        "ruby",
    );
    let reactor = Reactor::parse(fs::read(path).expect("it was installed"));
    let mut encoder = ComponentEncoder::default()
        .module(&reactor.with_start())
        .expect("a core module");
    for name in JAVASCRIPT {
        let stand_in = reactor.stand_in(name);
        encoder = encoder.adapter(name, &stand_in).expect("an adapter");
    }
    let component = encoder
        .adapter(
            adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        )
        .and_then(|mut encoder| encoder.encode())
        .expect("the adapters fit Ruby");
    let path = temporary(".component.wasm");
    fs::write(&path, component).expect("our file");
    path
}

/// The reactor, with the parts that its `_start` and the adapter refer to.
struct Reactor {
    bytes: Vec<u8>,
    types: Vec<wasmparser::FuncType>,
    /// Module, name and type of each imported function.
    imports: Vec<(String, String, u32)>,
    function_count: u32,
    exports: HashMap<String, u32>,
}

impl Reactor {
    fn parse(bytes: Vec<u8>) -> Self {
        let mut reactor = Self {
            bytes: Vec::new(),
            types: Vec::new(),
            imports: Vec::new(),
            function_count: 0,
            exports: HashMap::new(),
        };
        for payload in Parser::new(0).parse_all(&bytes) {
            reactor.read(&payload.expect("a valid module"));
        }
        Self { bytes, ..reactor }
    }

    fn read(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::TypeSection(types) => {
                let types = types.clone().into_iter_err_on_gc_types();
                self.types = types.collect::<Result<_, _>>().expect("function types");
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import.expect("an import");
                    if let TypeRef::Func(ty) = import.ty {
                        let names = (import.module.to_owned(), import.name.to_owned(), ty);
                        self.imports.push(names);
                    }
                }
                self.function_count = u32::try_from(self.imports.len()).expect("a few");
            }
            Payload::FunctionSection(functions) => self.function_count += functions.count(),
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export.expect("an export");
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name.to_owned(), export.index);
                    }
                }
            }
            _ => {}
        }
    }

    /// A module that exports a function for each import of `module`.
    fn stand_in(&self, module: &str) -> Vec<u8> {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
        let imports = self.imports.iter().filter(|(from, ..)| from == module);
        for (number, (_, name, ty)) in (0..).zip(imports) {
            let ty = RoundtripReencoder
                .func_type(self.types[*ty as usize].clone())
                .expect("plain types");
            types.ty().func_type(&ty);
            functions.function(number);
            exports.export(name, ExportKind::Func, number);
            code.function(&if module == HANDLES {
                first_parameter(&ty)
            } else {
                trap()
            });
        }
        let mut stand_in = Module::new();
        stand_in.section(&types).section(&functions);
        stand_in.section(&exports).section(&code);
        stand_in.finish()
    }

    /// The reactor as a command: all its functions, and `_start` behind them.
    fn with_start(&self) -> Vec<u8> {
        let mut module = Module::new();
        WithStart(self)
            .parse_core_module(&mut module, Parser::new(0), &self.bytes)
            .expect("a valid module");
        module.finish()
    }

    fn start_type(&self) -> u32 {
        let plain = |ty: &wasmparser::FuncType| ty.params().is_empty() && ty.results().is_empty();
        let found = self.types.iter().position(plain);
        found.and_then(|at| u32::try_from(at).ok()).expect("one")
    }

    /// Initialises the interpreter, evaluates the program, and traps if that fails.
    fn start(&self) -> Function {
        let locals = u32::try_from(ARGUMENTS.len()).expect("a few") + 2;
        let mut function = Function::new([(locals, wasm_encoder::ValType::I32)]);
        let mut code = function.instructions();
        let list = locals - 2;
        self.allocate(&mut code, 8 * list, 4, list);
        for (number, argument) in (0..).zip(ARGUMENTS) {
            self.string(&mut code, argument, number);
            code.local_get(list).local_get(number);
            code.i32_store(at(8 * u64::from(number)));
            code.local_get(list).i32_const(len(argument));
            code.i32_store(at(8 * u64::from(number) + 4));
        }
        code.local_get(list).i32_const(list as i32);
        code.call(self.exports[INIT]);
        code.call(self.exports[INIT_LOADPATH]);
        self.string(&mut code, PROGRAM, list + 1);
        code.local_get(list + 1).i32_const(len(PROGRAM));
        code.call(self.exports[EVAL]).i32_load(at(4));
        code.if_(wasm_encoder::BlockType::Empty)
            .unreachable()
            .end()
            .end();
        function
    }

    /// Sets `local` to `len` bytes of new memory.
    fn allocate(&self, code: &mut InstructionSink<'_>, len: u32, align: i32, local: u32) {
        code.i32_const(0).i32_const(0).i32_const(align);
        code.i32_const(len.cast_signed());
        code.call(self.exports["cabi_realloc"]).local_set(local);
    }

    /// Sets `local` to the address of a copy of `text`.
    fn string(&self, code: &mut InstructionSink<'_>, text: &str, local: u32) {
        self.allocate(code, len(text).cast_unsigned(), 1, local);
        for (offset, byte) in (0..).zip(text.bytes()) {
            code.local_get(local).i32_const(byte.into());
            code.i32_store8(MemArg {
                align: 0,
                ..at(offset)
            });
        }
    }
}

fn trap() -> Function {
    let mut function = Function::new([]);
    function.instructions().unreachable().end();
    function
}

/// A function that returns its first parameter, if it returns anything.
fn first_parameter(ty: &wasm_encoder::FuncType) -> Function {
    let mut function = Function::new([]);
    if !ty.results().is_empty() {
        function.instructions().local_get(0);
    }
    function.instructions().end();
    function
}

fn len(text: &str) -> i32 {
    text.len().try_into().expect("short")
}

fn at(offset: u64) -> MemArg {
    MemArg {
        offset,
        align: 2,
        memory_index: 0,
    }
}

struct WithStart<'a>(&'a Reactor);

impl Reencode for WithStart<'_> {
    type Error = std::convert::Infallible;

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        reencode::utils::parse_function_section(self, functions, section)?;
        functions.function(self.0.start_type());
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        reencode::utils::parse_export_section(self, exports, section)?;
        exports.export("_start", ExportKind::Func, self.0.function_count);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        reencode::utils::parse_code_section(self, code, section)?;
        code.function(&self.0.start());
        Ok(())
    }
}
