//! Cold reads against their limits: zstd as a native program on the very same
//! blocks, and a copy of what they decompress to.

use crate::command::{Command, root};
use crate::contestant::Contestant;
use crate::engine::Engine;
use crate::frames::Frames;
use crate::goal::Goal;
use crate::packed::Packed;
use crate::program::Program;
use crate::progress::step;
use crate::report::Section;
use crate::statistics::{Estimate, median, short};
use crate::storage::Storage;
use crate::synthetic::Synthetic;
use crate::trees::{ONE_FILE, REAL, Tree};
use crate::variant::WORK;
use anyhow::Result;
use std::fs;

const WHAT_LIMITS: &str = "the loop over sequences: engines spill registers and copy 8 bytes where \
                           native code copies 16 or 32";
const DECODER: Goal = Goal::at_least("decompressing, to native zstd on the same blocks", 0.75)
    .limited_by(WHAT_LIMITS);
const COLD: Goal = Goal::at_least(
    "a cold sequential read of a file, to native zstd on the same blocks",
    0.75,
)
.limited_by(
    "besides the decoder, checksums of what is stored, the copy to the program, and blocks whose \
     parts the file does not use one after the other",
);

const WARMUP: usize = 2;
const ROUNDS: usize = 21;

/// Of each tree at most so much is decompressed.
const SAMPLE_LEN: usize = 12 << 20;

/// Nanoseconds in every round: natively, copied, then in each contestant.
type Times = Vec<Vec<f64>>;
const NATIVE: usize = 0;
const COPY: usize = 1;
const FIRST_ENGINE: usize = 2;

/// The decoder on each tree, and a read through everything of one file.
pub(crate) fn run() -> Result<Vec<Section>> {
    let module = format!("{WORK}/decoder.wasm");
    let build = Command::new("bench/decoder/build").with(&module);
    step("building the decoder");
    build.run()?;
    let mut decoder = decoder_section();
    decoder.command(&build);
    decoder.command(&Command::new("target/release/wasi-vfs-bench decoder"));
    for tree in &REAL {
        add_tree(&mut decoder, &module, tree)?;
    }
    Ok(vec![decoder, cold()?])
}

fn decoder_section() -> Section {
    Section::new(
        "Decompression against native zstd",
        format!(
            "Compressed blocks of the packed trees, at most {} MiB from all over each: by \
             the runtime's decoder as a module of its own, by libzstd through the crate `zstd`, and \
             a copy of what comes out, natively. A round does all once in each; ratios are medians \
             over {ROUNDS} rounds of native time to the engine's, 1 being as fast. All gave the \
             same bytes.",
            SAMPLE_LEN >> 20
        ),
    )
    .head(&["", "MiB", "copy MB/s", "native MB/s", "wasmtime", "Node"])
}

fn add_tree(section: &mut Section, module: &str, tree: &Tree) -> Result<()> {
    step(format_args!("decoding {}", tree.title));
    let image = Packed::new(Program::Reader, tree, Storage::Default).contents()?;
    let frames = Frames::of(&image, SAMPLE_LEN)?;
    if frames.is_empty() {
        return Ok(());
    }
    let path = tree.file("frames");
    fs::write(root().join(&path), frames.to_bytes()?)?;
    let command = |engine: Engine| engine.program("decoder").with(&format!("{module} {path}"));
    let times = measure(&frames, Engine::ALL.map(command))?;
    fs::remove_file(root().join(&path))?;
    section.row(row(tree.title, &frames, &times));
    for (at, engine) in (FIRST_ENGINE..).zip(Engine::ALL) {
        let case = format!("{}, {}", tree.title, engine.title());
        section.case(DECODER, case, speed(&times, at));
    }
    Ok(())
}

fn cold() -> Result<Section> {
    let mut section = Section::new(
        "A cold sequential read",
        "One file with all of Python's sources, packed with `--compress`, read from its start to \
         its end in 64 KiB by the C program, which does nothing with the bytes, in a fresh instance \
         each time. The columns are those of the table before.",
    )
    .head(&["", "MiB", "copy MB/s", "native MB/s", "wasmtime", "Node"]);
    step("a cold sequential read");
    let file = Synthetic::of(&ONE_FILE)?;
    let packed = Packed::new(Program::Reader, &ONE_FILE, Storage::Default);
    packed.command().run()?;
    section.command(&packed.command());
    let expected = ONE_FILE.content()?.bytes;
    drop(file);
    let frames = Frames::of(&packed.contents()?, usize::MAX)?;
    let command = |engine: Engine| {
        engine
            .program("skim")
            .with(&format!("{expected} {}", packed.path()))
    };
    let commands = Engine::ALL.map(command);
    commands.iter().for_each(|command| section.command(command));
    let times = measure(&frames, commands)?;
    section.row(row(ONE_FILE.title, &frames, &times));
    for (at, engine) in (FIRST_ENGINE..).zip(Engine::ALL) {
        section.case(COLD, engine.title(), speed(&times, at));
    }
    Ok(section)
}

fn measure(frames: &Frames, commands: [Command; Engine::ALL.len()]) -> Result<Times> {
    let mut outputs = frames.room();
    let mut contestants = commands
        .iter()
        .map(Contestant::start)
        .collect::<Result<Vec<_>>>()?;
    let mut times = vec![Vec::new(); FIRST_ENGINE + contestants.len()];
    for round in 0..WARMUP + ROUNDS {
        let mut turns = vec![frames.decode(&mut outputs)?, frames.copy(&mut outputs)];
        for contestant in &mut contestants {
            turns.push(contestant.turn()?);
        }
        if round >= WARMUP {
            let pairs = times.iter_mut().zip(turns);
            pairs.for_each(|(times, turn)| times.push(turn));
        }
    }
    Ok(times)
}

/// How fast a contestant is, to libzstd: 1 is as fast.
fn speed(times: &Times, at: usize) -> Estimate {
    Estimate::ratio(&times[NATIVE], &times[at])
}

fn row(title: &str, frames: &Frames, times: &Times) -> Vec<String> {
    let len = frames.len() as f64;
    let rate = |at: usize| format!("{:.0}", len * 1e3 / median(&times[at]));
    let mut row = vec![
        title.to_owned(),
        short(len / f64::from(1 << 20)),
        rate(COPY),
        rate(NATIVE),
    ];
    row.extend((FIRST_ENGINE..times.len()).map(|at| format!("{:.2}", speed(times, at).value)));
    row
}
