//! What single calls cost beside wasi-vfs today: in a small tree, and in a large
//! directory.

use crate::calling::{Called, LOOKUPS, NAMES, Rounds, call, count};
use crate::engine::Engine;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::today;
use crate::trees::{FLAT, RUBY, Tree};
use crate::variant::Variant;
use anyhow::Result;

const STORED: Goal = Goal::at_most("a call in Ruby's library, stored, to wasi-vfs today", 1.0);
const COMPRESSED: Goal = Goal::at_most(
    "a call in Ruby's library, `--compress`, to wasi-vfs today",
    1.0,
);
const LARGE_DIRECTORY: Goal = Goal::at_least(
    "a call in a directory of 10,000 files, times as fast as wasi-vfs today",
    20.0,
);

pub(crate) const ROUNDS: Rounds = Rounds {
    warmup: 2,
    counted: 15,
    calls: 10_000,
};

pub(crate) const COUNTED_CALLS: usize = 1_000;

/// In a large directory wasi-vfs today takes half a millisecond and more for a call.
const ROUNDS_FLAT: Rounds = Rounds {
    warmup: 1,
    counted: 7,
    calls: 200,
};

/// The variants, in the order of the rows.
const TODAY: usize = 0;
const STORED_AT: usize = 1;
const COMPRESSED_AT: usize = 2;
/// Where there is but one program.
const HOST: usize = 3;

/// Both.
pub(crate) fn run() -> Result<Vec<Section>> {
    Ok(vec![small()?, large_directory()?])
}

fn small() -> Result<Section> {
    let about = format!(
        "By the C program, in Ruby's library, on files from all over it; `readdir` is for one \
         entry, with opening and closing its directory; `seek` and `pread` (4 KiB) in the longest \
         file, which is warm. Nanoseconds a call: medians of {} interleaved rounds of {} calls, in \
         brackets the median ratio to wasi-vfs today in the same round. All answers were the same. \
         wasi-vfs today has no `pread`; the program seeks and reads. The last rows count \
         instructions of WebAssembly instead, the C library's and the program's included, in which \
         there is no noise.",
        ROUNDS.counted, ROUNDS.calls
    );
    let mut section = section("Single calls", about);
    let variants = variants(&RUBY, &Program::FORMS)?;
    for engine in Engine::ALL {
        let called = measure(&mut section, engine, &RUBY, ROUNDS, &variants)?;
        for (number, name) in NAMES.into_iter().enumerate() {
            let case = format!("`{name}` in {}", engine.title());
            let to_today = |at: usize| called.ratio(number, at, TODAY);
            section.case(STORED, &case, to_today(STORED_AT));
            section.case(COMPRESSED, case, to_today(COMPRESSED_AT));
        }
    }
    let inside = &variants[..variants.len() - 1];
    let counted = count(COUNTED_CALLS, inside)?;
    counted.expect_same()?;
    add_rows(&mut section, "instructions", inside, &counted);
    Ok(section)
}

fn large_directory() -> Result<Section> {
    let about = format!(
        "The same in one directory of 10,000 files. Medians of {} rounds of {} calls: wasi-vfs \
         today looks names up in a list. wasmtime lists a preopened directory in a time that grows \
         with its square, half a minute for this one, so that it is not among the rows.",
        ROUNDS_FLAT.counted, ROUNDS_FLAT.calls
    );
    let mut section = section("Single calls in a large directory", about);
    let _files = Synthetic::of(&FLAT)?;
    let variants = variants(&FLAT, &Program::FORMS[..1])?;
    for engine in Engine::ALL {
        let variants = match engine {
            Engine::Wasmtime => &variants[..HOST],
            Engine::Node => &variants,
        };
        let called = measure(&mut section, engine, &FLAT, ROUNDS_FLAT, variants)?;
        for (number, name) in NAMES.into_iter().enumerate().take(LOOKUPS) {
            for (at, storage) in [STORED_AT, COMPRESSED_AT].into_iter().zip(Storage::RUN) {
                let case = format!("`{name}` {} in {}", storage.title(), engine.title());
                section.case(LARGE_DIRECTORY, case, called.ratio(number, TODAY, at));
            }
        }
    }
    Ok(section)
}

/// A section whose columns are the calls.
pub(crate) fn section(title: &'static str, about: String) -> Section {
    Section::new(title, about).head([""].iter().chain(&NAMES))
}

/// Today, each program stored and compressed, and the directory.
fn variants(tree: &Tree, programs: &[Program]) -> Result<Vec<Variant>> {
    let mut all = vec![today::variant(tree)?];
    for program in programs {
        for packed in Packed::both(*program, tree) {
            all.push(packed.variant()?);
        }
    }
    all.push(Variant::host(Program::Reader));
    Ok(all)
}

fn measure(
    section: &mut Section,
    engine: Engine,
    tree: &Tree,
    rounds: Rounds,
    variants: &[Variant],
) -> Result<Called> {
    step(format_args!("calls in {}, {}", tree.title, engine.title()));
    let called = call(engine, tree, rounds, variants)?;
    called.expect_same()?;
    add_rows(section, engine.title(), variants, &called);
    Ok(called)
}

fn add_rows(section: &mut Section, how: &str, variants: &[Variant], called: &Called) {
    for (at, variant) in variants.iter().enumerate() {
        section.row(called.row(format!("{how}, {}", variant.title), at, TODAY));
    }
    section.command(&called.command);
}
