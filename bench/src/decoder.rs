//! How fast does the runtime decompress? Its decoder as a module of its own, beside
//! libzstd, a native program, on the same blocks.

use crate::command::{Command, root};
use crate::engine::Engine;
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

/// Decodes natively and in both engines, in turns.
fn decode(
    packer: &Packer,
    notebook: &mut Notebook,
    tree: &Tree,
    (frames, decoder): (&Frames, &Subject),
) -> Result<()> {
    let path = packer.file(&format!("{}-frames", tree.name));
    fs::write(root().join(&path), frames.to_bytes()?)?;
    let rate = |nanoseconds: f64| frames.len() as f64 * 1e3 / nanoseconds;
    let native = Command::new("target/release/wasi-vfs-bench decoder");
    let mut rates = std::array::from_fn::<_, 3, _>(|_| ("native", native.clone(), Vec::new()));
    for _ in 0..ROUNDS {
        rates[0].2.push(rate(frames.decode()?));
        for (engine, rates) in Engine::ALL.into_iter().zip(&mut rates[1..]) {
            let subject = std::slice::from_ref(decoder);
            let run = engine.run("decode", &format!("1 {path}"), subject)?;
            rates
                .2
                .push(rate(run.series("decoder", "decode")?.values[0]));
            (rates.0, rates.1) = (engine.title(), run.command);
        }
    }
    for (subject, command, values) in &rates {
        let case = format!("decompressing {}", tree.title);
        notebook.add_median(&case, subject, (values, "MB/s"), command);
    }
    Ok(fs::remove_file(root().join(path))?)
}
