//! `wasi-vfs run`: a quick look at a module under an interpreter.

use super::mappings::dir_arg;
use super::traced::{Directory, Notes};
use super::{code_after, hosted, input, output, report, text};
use anyhow::{Context, Result, anyhow, bail};
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasi_vfs::bounds::bounds;
use wasi_vfs::{Contents, Mapping, module};
use wasmi::errors::{ErrorKind, LinkerError};
use wasmi::{
    CompilationMode, Config, Engine, ExternType, Instance, Linker, Module, Store, StoreLimits,
};
use wasmi_wasi::{Dir, WasiCtx, WasiCtxBuilder, ambient_authority};

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// What a shell reports of a program that was aborted, and what other engines
/// give for a trap.
const TRAPPED: u8 = 134;

/// Recursive calls that a program may nest. The engine keeps them on the heap;
/// interpreters in the module nest a few for each call of their own.
const MAX_RECURSION_DEPTH: usize = 100_000;

/// Bytes of values on the stack that those calls may have.
const MAX_STACK_LEN: usize = 64 << 20;

const EXAMPLES: &str = "\
Examples:
  wasi-vfs run packed.wasm
  wasi-vfs run packed.wasm -- script.rb --flag
  wasi-vfs run packed.wasm --dir ./data::/data --env LANG=C -- script.rb
  wasi-vfs run --trace used.txt packed.wasm -- script.rb

Exit codes: that of the program from 0 to 125. 134 if it traps or exits with another
code, 1 if it cannot run, 2 wrong usage.";

/// Run a module, packed or not, under a small interpreter.
///
/// The program gets standard input and output and its packed directories. Options add
/// host directories and environment variables.
///
/// The interpreter is for trying things out: engines that compile are many times faster
/// and allow memories of more than 1 GiB.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    /// Module to run; `-` is standard input
    #[arg(value_name = "PACKED.wasm")]
    module: PathBuf,

    #[command(flatten)]
    dirs: Dirs,

    /// Set an environment variable, or pass on NAME; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = has_name)]
    env: Vec<String>,

    /// Write the paths of the packed files that the program uses to FILE
    ///
    /// Opened files come first, in order, then the files whose metadata it reads.
    /// `pack --only` and `pack --order-by` take this list.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,

    /// Arguments of the program
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<String>,
}

/// Host directories that the program may use, in order.
#[derive(Clone, Debug)]
struct Dirs(Vec<Mapping>);

impl FromArgMatches for Dirs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let dirs = matches.get_many::<Mapping>("dir");
        Ok(Self(dirs.into_iter().flatten().cloned().collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Dirs {
    fn augment_args(command: Command) -> Command {
        command.arg(dir_arg(
            "Let the program use the host directory HOST at GUEST; repeatable",
        ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Run {
    pub(super) fn execute(self) -> Result<ExitCode> {
        if let Some(trace) = &self.trace {
            output::check(trace)?;
        }
        let wasm = input::read(&self.module)?;
        let cannot = || format!("cannot run `{}`", self.module.display());
        let Some(trace) = &self.trace else {
            let run = self.context().and_then(|context| self.run(&wasm, context));
            return run.with_context(cannot);
        };
        let notes = Notes::default();
        let code = self.run_traced(&wasm, &notes).with_context(cannot)?;
        // Written however the program ended: what it read, it read.
        let written = output::write(trace, notes.to_text().as_bytes());
        match code_after(written, code) {
            // Scripts go by what the program says, if it says something.
            Err(error) if code != ExitCode::SUCCESS => {
                report(&error);
                Ok(code)
            }
            done => done,
        }
    }

    /// Runs the program with its files served by `notes`.
    fn run_traced(&self, wasm: &[u8], notes: &Notes) -> Result<ExitCode> {
        check_preamble(wasm)?;
        // For as long as the process lives, which is as long as the program.
        let contents: &'static Contents<'static> =
            Box::leak(Box::new(Contents::find(wasm)?.into_owned()));
        let image = contents.reader()?;
        let context = self.context()?;
        for mount in 0..image.index().mount_count() {
            let mount = image.index().mount(mount)?;
            let path = String::from_utf8_lossy(mount.path).into_owned();
            let directory = Directory::new(image.clone(), mount.inode, notes.clone());
            context.push_preopened_dir(Box::new(directory), path)?;
        }
        self.run(&module::unmounted(wasm)?, context)
    }

    fn run(&self, wasm: &[u8], context: WasiCtx) -> Result<ExitCode> {
        check_preamble(wasm)?;
        let engine = engine();
        let module = Module::new(&engine, module::as_preview1(wasm)?)
            .context("the built-in interpreter does not accept the module; use your own engine")?;
        let linker = linker(&engine)?;
        check_start(&module)?;
        let mut store = Store::new(&engine, State::new(context, wasm.len()));
        store.limiter(|state| &mut state.bounds);
        let instance = match linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => instance,
            Err(error) => return not_instantiated(error),
        };
        if self.trace.is_some() {
            forget_image(&mut store, &instance)?;
        }
        let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
        match start.call(&mut store, ()) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => exit_code(&error),
        }
    }

    fn context(&self) -> Result<WasiCtx> {
        let mut builder = WasiCtxBuilder::new();
        let context = &mut builder;
        context.inherit_stdio();
        context.arg(&program_name(&self.module))?;
        context.args(&self.arguments)?;
        for variable in &self.env {
            let (name, value) = environment_variable(variable)?;
            context.env(&name, &value)?;
        }
        let context = builder.build();
        for Mapping { host, guest } in &self.dirs.0 {
            let dir = Dir::open_ambient_dir(host, ambient_authority())
                .with_context(|| format!("cannot open directory `{}`", host.display()))?;
            context.push_preopened_dir(hosted::directory(dir), guest.spelling())?;
        }
        Ok(context)
    }
}

/// A linked program may be a snapshot of one that has run. Its runtime then knows where
/// its image is, and would serve files that are to be seen here, until it is told of
/// another one.
fn forget_image(store: &mut Store<State>, instance: &Instance) -> Result<()> {
    if let Ok(room) = instance.get_typed_func::<i32, i32>(&*store, module::ALLOC_FN) {
        room.call(store, 0)?;
    }
    Ok(())
}

/// What belongs to a running program.
struct State {
    context: WasiCtx,
    bounds: StoreLimits,
}

impl State {
    fn new(context: WasiCtx, module_len: usize) -> Self {
        Self {
            context,
            bounds: bounds(module_len),
        }
    }
}

fn engine() -> Engine {
    let mut config = Config::default();
    config
        // A function that never runs costs nothing, so big modules start fast.
        .compilation_mode(CompilationMode::Lazy)
        .ignore_custom_sections(true)
        .set_max_recursion_depth(MAX_RECURSION_DEPTH)
        .set_max_stack_height(MAX_STACK_LEN);
    Engine::new(&config)
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmi_wasi::add_to_linker(&mut linker, |state: &mut State| &mut state.context)
        .map_err(|error| anyhow!("cannot supply {PREVIEW1}: {error}"))?;
    Ok(linker)
}

/// The engine would take WebAssembly text as well, and explains components in
/// its own terms.
fn check_preamble(wasm: &[u8]) -> Result<()> {
    // The second half of a core module's version is its layer, 0.
    match (wasm.starts_with(b"\0asm"), wasm.get(6..8)) {
        (true, Some([0, 0])) => Ok(()),
        (true, Some([1, 0])) => {
            bail!("it is a component; run it with an engine for components, such as `wasmtime run`")
        }
        _ => bail!("it is not a WebAssembly module in the binary format"),
    }
}

fn check_start(module: &Module) -> Result<()> {
    match module.get_export("_start") {
        Some(ExternType::Func(ty)) if ty.params().is_empty() && ty.results().is_empty() => Ok(()),
        Some(_) => bail!("its export `_start` is not a function without parameters and results"),
        None => bail!(
            "it has no `_start`, so it is a library (a reactor) and no program; \
             load it with the engine and the code that it was made for"
        ),
    }
}

fn program_name(path: &Path) -> String {
    match path.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => path.display().to_string(),
    }
}

fn has_name(text: &str) -> Result<String, String> {
    match text.split('=').next() {
        None | Some("") => Err("it has no name; expected NAME=VALUE".to_owned()),
        Some(_) => Ok(text.to_owned()),
    }
}

fn environment_variable(text: &str) -> Result<(String, String)> {
    if let Some((name, value)) = text.split_once('=') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let value = std::env::var(text).with_context(|| {
        format!("cannot pass on environment variable `{text}`; expected NAME=VALUE")
    })?;
    Ok((text.to_owned(), value))
}

/// Why there is no instance: an import that nobody supplies, or a start
/// function that did not return.
fn not_instantiated(error: wasmi::Error) -> Result<ExitCode> {
    if let ErrorKind::Linker(LinkerError::MissingDefinition { name, .. }) = error.kind() {
        let from = text::escape(name.module().as_bytes());
        let name = text::escape(name.name().as_bytes());
        bail!(
            "it imports `{from}` `{name}`, and `run` supplies {PREVIEW1} only; \
             use the engine that the program was made for"
        );
    }
    if error.i32_exit_status().is_some() || error.as_trap_code().is_some() {
        return exit_code(&error);
    }
    Err(error).context("cannot instantiate the module")
}

/// The program's exit code if it ended by exiting.
fn exit_code(error: &wasmi::Error) -> Result<ExitCode> {
    match error.i32_exit_status() {
        // Hosts have eight bits for it.
        Some(status) => Ok(ExitCode::from(status.to_le_bytes()[0])),
        None => {
            let reason = text::escape(error.to_string().as_bytes());
            report(&anyhow!("the program trapped: {reason}"));
            Ok(ExitCode::from(TRAPPED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(wat: &str) -> Result<ExitCode> {
        let run = Run {
            module: "test.wasm".into(),
            dirs: Dirs(Vec::new()),
            env: Vec::new(),
            trace: None,
            arguments: Vec::new(),
        };
        run.run(&wat::parse_str(wat).unwrap(), run.context()?)
    }

    fn error(wat: &str) -> String {
        format!("{:#}", run(wat).unwrap_err())
    }

    #[test]
    fn a_program_that_returns_has_succeeded() {
        let code = run(r#"(module (func (export "_start")))"#).unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
    }

    #[test]
    fn the_exit_code_is_passed_on() {
        let code = run(r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const 7))))"#);
        assert_eq!(code.unwrap(), ExitCode::from(7));
    }

    #[test]
    fn a_trap_has_an_exit_code_of_its_own() {
        let code = run(r#"(module (func (export "_start") unreachable))"#);
        assert_eq!(code.unwrap(), ExitCode::from(TRAPPED));
    }

    #[test]
    fn recursion_without_end_is_a_trap_of_the_program() {
        let code = run(r#"(module (func $f (export "_start") (call $f) (call $f)))"#);
        assert_eq!(code.unwrap(), ExitCode::from(TRAPPED));
    }

    #[test]
    fn imports_that_are_not_preview_1_are_named() {
        let error = error(r#"(module (import "env" "draw" (func)) (func (export "_start")))"#);
        assert!(error.contains("`env` `draw`"), "{error}");
    }

    #[test]
    fn a_reactor_is_explained() {
        let error = error(r#"(module (func (export "_initialize")))"#);
        assert!(error.contains("reactor"), "{error}");
    }

    #[test]
    fn a_component_is_explained() {
        assert!(error("(component)").contains("component"));
    }

    #[test]
    fn text_is_not_taken_for_a_module() {
        for bytes in ["", "(module)", "\0asm"] {
            assert!(check_preamble(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }

    #[test]
    fn variables_need_a_name() {
        let pair = environment_variable("A=b=c").unwrap();
        assert_eq!(pair, ("A".to_owned(), "b=c".to_owned()));
        assert!(has_name("=c").is_err());
        assert!(has_name("").is_err());
        assert!(has_name("A=b").is_ok());
        assert!(environment_variable("WASI_VFS_NOT_SET_ANYWHERE").is_err());
    }
}
