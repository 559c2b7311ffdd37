//! `wasi-vfs check`: whether a module or component can be packed, and where the result runs.

use super::exit_codes::exit_codes;
use super::text::{count, escape};
use super::{input, text};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use wasi_vfs::component::{self, ComponentCheckup, is_component, package_of};
use wasi_vfs::module::{Checkup, Imports, check};
use wasi_vfs::{Form, MemoryKind};

const EXAMPLES: &str = concat!(
    "\
Examples:
  wasi-vfs check app.wasm
  wasi-vfs check --json app.wasm | jq -r '.imports[].module'",
    exit_codes!()
);

/// Check whether a module or component can be packed.
///
/// Prints the form of the packed module, its imports, the WebAssembly proposals that it
/// needs, and engines with these proposals. Packing changes no import, except that
/// `wasi_unstable` becomes `wasi_snapshot_preview1`. So an engine must also run the
/// unpacked module. The exit code is 1 if the module cannot be packed.
///
/// `check` runs no code. `pack` runs the constructors of a linked module to bake the files
/// into it, so packing a linked module can still fail.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Module or component to check; `-` is standard input
    #[arg(value_name = "APP.wasm")]
    module: PathBuf,

    /// Print a JSON object
    ///
    /// docs/JSON.md describes its fields.
    #[arg(long)]
    json: bool,
}

/// Engines that run modules with two memories.
///
/// `tests/src/engine_list.rs` has the evidence for each name, and a test compares the
/// two lists.
const MULTI_MEMORY: [&str; 9] = [
    "wasmtime",
    "Wasmer",
    "wasmi",
    "WasmEdge",
    "Node 22 and later",
    "Deno 1.38 and later",
    "Chromium 120 and later",
    "Firefox 125 and later",
    "Safari of 2026 and later",
];

/// Engines that run modules with one memory only.
const ONE_MEMORY: [&str; 4] = ["Node 20", "wazero", "WAMR", "pywasm"];

/// Engines that run components whose packed core module has two memories.
const COMPONENTS: [&str; 2] = ["wasmtime", "jco with --multi-memory"];

/// Engines that run components whose core modules have one memory only.
const COMPONENTS_ONE_MEMORY: [&str; 1] = ["jco"];

#[derive(Default, Serialize)]
struct Answer {
    packable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    packed: bool,
    component: bool,
    form: Option<&'static str>,
    memory: Option<&'static str>,
    imports: Vec<ImportedModule>,
    features: Vec<&'static str>,
    engines: Vec<&'static str>,
    /// The engines for `--memory single`, which include all of `engines`.
    engines_single: Vec<&'static str>,
}

#[derive(Serialize)]
struct ImportedModule {
    module: String,
    names: Vec<String>,
}

impl Check {
    pub(super) fn execute(self) -> Result<ExitCode> {
        let wasm = Arc::new(input::read(&self.module)?);
        let answer = match is_component(&*wasm) {
            true => Answer::of_component(component::check(&wasm)),
            false => Answer::of_module(check(&wasm)),
        };
        let mut out = io::stdout().lock();
        match self.json {
            true => writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?,
            false => answer.print(&self.module, &mut out)?,
        }
        out.flush()?;
        Ok(match answer.packable {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

impl Answer {
    fn of_module(checkup: Checkup) -> Self {
        let mut answer = Self::new(&checkup, [&MULTI_MEMORY, &ONE_MEMORY]);
        answer.reason = checkup.form.err().map(|error| error.to_string());
        answer.imports = checkup.imports.into_iter().map(imported).collect();
        answer
    }

    fn of_component(checkup: ComponentCheckup) -> Self {
        let mut answer = match checkup.program {
            Ok(program) => Self::new(&program, [&COMPONENTS, &COMPONENTS_ONE_MEMORY]),
            Err(error) => Self {
                reason: Some(format!("{:#}", anyhow::Error::new(error))),
                ..Self::default()
            },
        };
        answer.component = true;
        answer.packed = checkup.is_packed;
        answer.imports = interfaces(&checkup.imports);
        if answer.packable {
            answer.features.push("component model");
        }
        answer
    }

    /// The answer without imports. `engines` are those for two memories, and those for one
    /// memory only.
    fn new(checkup: &Checkup, engines: [&[&'static str]; 2]) -> Self {
        let form = checkup.form.as_ref().ok().copied();
        let has_two = matches!(
            form,
            Some(Form::Merged(MemoryKind::Separate) | Form::Wired(MemoryKind::Separate))
        );
        let [two, _] = engines;
        Self {
            packable: form.is_some(),
            packed: checkup.is_packed,
            form: form.map(|form| match form {
                Form::Linked => "linked",
                Form::Merged(_) => "merged",
                Form::Wired(_) => "wired",
            }),
            memory: form.and_then(memory),
            features: checkup.features.clone(),
            engines: match form {
                None => Vec::new(),
                Some(_) if has_two => two.to_vec(),
                Some(_) => engines.concat(),
            },
            engines_single: match checkup.can_be_single {
                true => engines.concat(),
                false => Vec::new(),
            },
            ..Self::default()
        }
    }

    fn print(&self, path: &Path, out: &mut dyn Write) -> io::Result<()> {
        let path = text::path(path);
        match &self.reason {
            Some(reason) => {
                let reason = escape(reason.as_bytes());
                writeln!(out, "{path}: cannot be packed: {reason}")?;
            }
            None => writeln!(out, "{path}: can be packed")?,
        }
        let form = match (self.form, self.memory) {
            (Some(form), Some(memory)) => format!("{form}, {memory} memory"),
            (form, _) => form.unwrap_or_default().to_owned(),
        };
        row(out, "form", &form)?;
        if self.packed {
            row(
                out,
                "packed",
                "yes; packing again keeps the other directories",
            )?;
        }
        for import in &self.imports {
            let words = import.in_words();
            let words: Vec<_> = words.iter().map(|word| escape(word.as_bytes())).collect();
            list(out, "imports", &words)?;
        }
        list(out, "needs", &self.features)?;
        list(out, "engines", &self.engines)?;
        if self.engines.len() < self.engines_single.len() {
            let added = self.engines_single.get(self.engines.len()..);
            let added = added.unwrap_or_default().join(", ");
            row(out, "", &format!("with --memory single also {added}"))?;
        }
        Ok(())
    }
}

/// A row of names, broken after 80 letters. A longer name stays in one line.
fn list(out: &mut dyn Write, name: &str, names: &[impl Display]) -> io::Result<()> {
    const WIDTH: usize = 80 - "  engines    ".len();
    let mut lines = vec![String::new()];
    for (position, name) in names.iter().enumerate() {
        let separator = if position + 1 < names.len() { "," } else { "" };
        let name = format!("{name}{separator}");
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = name,
            Some(line) if line.len() + name.len() < WIDTH => *line += &format!(" {name}"),
            _ => lines.push(name),
        }
    }
    for (position, line) in lines.iter().enumerate() {
        row(out, if position == 0 { name } else { "" }, line)?;
    }
    Ok(())
}

fn row(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    match value {
        "" => Ok(()),
        _ => writeln!(out, "  {name:<9}  {value}"),
    }
}

fn memory(form: Form) -> Option<&'static str> {
    match form {
        Form::Linked => None,
        Form::Merged(kind) | Form::Wired(kind) => Some(kind_name(kind)),
    }
}

fn kind_name(kind: MemoryKind) -> &'static str {
    match kind {
        MemoryKind::Separate => "separate",
        MemoryKind::Single => "single",
    }
}

/// The imports of a component, by package. Engines supply the packages of WASI.
fn interfaces(imports: &[String]) -> Vec<ImportedModule> {
    let mut packages: Vec<ImportedModule> = Vec::new();
    // A map, because a hostile component may have many imports.
    let mut positions = HashMap::new();
    for import in imports {
        let module = package_of(import).unwrap_or_else(|| import.clone());
        let position = *positions.entry(module.clone()).or_insert_with(|| {
            let names = Vec::new();
            packages.push(ImportedModule { module, names });
            packages.len() - 1
        });
        let interface = import.split_once('/').map(|(_, interface)| interface);
        let interface = interface.and_then(|interface| interface.split('@').next());
        if let Some(all) = packages.get_mut(position) {
            all.names.extend(interface.map(str::to_owned));
        }
    }
    packages
}

fn imported(Imports { module, names, .. }: Imports) -> ImportedModule {
    ImportedModule { module, names }
}

impl ImportedModule {
    /// The words of an imported module, between which a line may break. The names of preview
    /// 1 are well known, so they are only counted.
    fn in_words(&self) -> Vec<String> {
        const SHOWN_MAX: usize = 8;
        let Self { module, names } = self;
        let calls = count(names.len() as u64, "call");
        if module == "wasi_snapshot_preview1" {
            return vec![format!("{module}: {calls}")];
        }
        if module.starts_with("wasi:") {
            let interfaces = count(names.len() as u64, "interface");
            return vec![format!("{module}: {interfaces}")];
        }
        if module == "wasi_unstable" {
            let text = format!("{module}: {calls}, which become calls of wasi_snapshot_preview1");
            return vec![text];
        }
        let mut words: Vec<_> = names.iter().take(SHOWN_MAX).cloned().collect();
        match words.first_mut() {
            Some(first) => *first = format!("{module}, which the host must supply: {first}"),
            None => words.push(format!("{module}, which the host must supply")),
        }
        if let Some(more @ 1..) = names.len().checked_sub(SHOWN_MAX) {
            words.push(format!("and {more} more"));
        }
        words
    }
}
