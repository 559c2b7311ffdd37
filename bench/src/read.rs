//! Reading every file: each tree, and each form with one of them.

use crate::content::Content;
use crate::engine::Engine;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::reading::{Rounds, Times, read};
use crate::report::Section;
use crate::statistics::{Estimate, median, short};
use crate::today;
use crate::trees::{RUBY, Tree};
use crate::variant::Variant;
use anyhow::Result;

const STORED: Goal = Goal::at_most("reading every file, stored, to wasi-vfs today", 1.0)
    .limited_by(
        "the checksum of each block, verified when it is first read, where wasi-vfs today checks \
         nothing; and its files are in memory since instantiation, which takes many times longer \
         for that and is not timed here",
    );
const COMPRESSED: Goal = Goal::at_most("reading every file, `--compress`, to wasi-vfs today", 2.5)
    .limited_by(
        "zstd, which is most of the time (see the decoder), and blocks that a walk comes back to \
         when they have left the cache",
    );

const ROUNDS: Rounds = Rounds {
    warmup: 1,
    counted: 15,
};

/// The variants of every tree, in the order of the columns.
const TODAY: usize = 0;
const STORED_AT: usize = 2;
const COMPRESSED_AT: usize = 3;
const COLUMNS: usize = 4;

/// Each tree in each engine; then the forms.
pub(crate) fn run(contents: &[(Tree, Content)]) -> Result<Vec<Section>> {
    let (mut trees, mut forms) = (trees_section(), forms_section());
    for (tree, content) in contents {
        let variants = variants(tree)?;
        for engine in Engine::ALL {
            step(format_args!("reading {} in {}", tree.title, engine.title()));
            let times = read(engine, tree, content, ROUNDS, &variants)?;
            add_row(&mut trees, tree, engine, &times);
            if *tree == RUBY {
                add_forms(&mut forms, engine, &variants, &times);
            }
        }
    }
    Ok(vec![trees, forms])
}

fn trees_section() -> Section {
    Section::new(
        "Reading every file",
        format!(
            "By the C program, in a fresh instance each time, so that every block is cold; the \
             host's files are in its cache. Medians of {} interleaved instances in ms, of 3 and more \
             where they take longer than 12 s; in brackets the median ratio to wasi-vfs today in \
             the same round. Packed ones are merged. What was read was right each time.",
            ROUNDS.counted
        ),
    )
    .head(&[
        "",
        "wasi-vfs today",
        "directory preopened",
        "stored",
        "`--compress`",
    ])
}

fn forms_section() -> Section {
    Section::new(
        "Reading every file, by form",
        "The same for Ruby's library in every form that packing has, and from the same runs.",
    )
    .head(&["", "engine", "ms", "to wasi-vfs today"])
}

fn variants(tree: &Tree) -> Result<Vec<Variant>> {
    let mut all = vec![today::variant(tree)?, Variant::host(Program::Reader)];
    let [goals, others @ ..] = Program::FORMS;
    let more = if *tree == RUBY { &others[..] } else { &[] };
    for program in [goals].iter().chain(more) {
        for packed in Packed::both(*program, tree) {
            all.push(packed.variant()?);
        }
    }
    Ok(all)
}

fn add_row(section: &mut Section, tree: &Tree, engine: Engine, times: &Times) {
    let case = format!("{}, {}", tree.title, engine.title());
    let to_today = |at: usize| Estimate::ratio(&times.ms[at], &times.ms[TODAY]);
    let cell = |at: usize| format!("{} ({:.2})", ms(times, at), to_today(at).value);
    section.row([case.clone()].into_iter().chain((0..COLUMNS).map(cell)));
    section.command(&times.command);
    section.case(STORED, &case, to_today(STORED_AT));
    section.case(COMPRESSED, case, to_today(COMPRESSED_AT));
}

fn add_forms(section: &mut Section, engine: Engine, variants: &[Variant], times: &Times) {
    for (at, variant) in variants.iter().enumerate() {
        let to_today = Estimate::ratio(&times.ms[at], &times.ms[TODAY]).value;
        section.row([
            variant.title.clone(),
            engine.title().to_owned(),
            ms(times, at),
            format!("{to_today:.2}"),
        ]);
    }
}

fn ms(times: &Times, at: usize) -> String {
    short(median(&times.ms[at]))
}
