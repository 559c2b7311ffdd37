//! How fast does the runtime decompress? Its decoder as a module of its own, beside
//! libzstd, a native program, on the same blocks.

use crate::command::{Command, root};
use crate::engine::{Engine, Run};
use crate::frames::Frames;
use crate::packed::{Packer, Program, Storage, Subject};
use crate::record::Notebook;
use crate::tree::Tree;
use anyhow::Result;
use std::fs;
use wasi_vfs::Contents;

const ROUNDS: usize = 7;

/// Content of the sample of one tree.
const SAMPLE_LEN: usize = 12 << 20;

/// Measures all of it.
pub(crate) fn measure(packer: &Packer, notebook: &mut Notebook) -> Result<()> {
    let decoder = Subject::new("decoder", packer.file("decoder.wasm"));
    Command::new(format!("bench/decoder/build {}", decoder.module)).run()?;
    for tree in Tree::real() {
        let packed = packer.subject(Program::Merged, &tree, Storage::Compressed)?;
        let module = fs::read(root().join(packed.module))?;
        let frames = Frames::of(&Contents::find(&module)?, SAMPLE_LEN)?;
        if frames.len() > 0 {
            decode(packer, notebook, &tree, (&frames, &decoder))?;
        }
    }
    Ok(())
}

/// Decodes natively and in both engines, in turns. Engines are compared with the native
/// program of the same round, so that a slow moment of the machine slows both.
fn decode(
    packer: &Packer,
    notebook: &mut Notebook,
    tree: &Tree,
    (frames, decoder): (&Frames, &Subject),
) -> Result<()> {
    let path = packer.file(&format!("{}-frames", tree.name));
    fs::write(root().join(&path), frames.to_bytes()?)?;
    let case = format!("decompressing {}", tree.title);
    let subject = std::slice::from_ref(decoder);
    let commands =
        Engine::ALL.map(|engine| engine.command("decode", &format!("1 {path}"), subject));
    let mut speeds = [const { Vec::new() }; Engine::ALL.len()];
    let mut rates = Vec::new();
    for _ in 0..notebook.rounds(ROUNDS) {
        let native = frames.decode()?;
        rates.push(frames.len() as f64 * 1e3 / native);
        for (command, speeds) in commands.iter().zip(&mut speeds) {
            let run = Run::of(command.clone())?;
            speeds.push(native / run.series(&decoder.name, "decode")?.values[0]);
        }
    }
    let native = Command::new("target/release/wasi-vfs-bench decoder");
    notebook.add_median(&case, "native", (&rates, "MB/s"), &native);
    for ((engine, command), speeds) in Engine::ALL.iter().zip(&commands).zip(&speeds) {
        let median = (&speeds[..], "of native");
        notebook.add_median(&case, engine.title(), median, command);
    }
    Ok(fs::remove_file(root().join(path))?)
}
