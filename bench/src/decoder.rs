//! The runtime's decoder in engines against zstd as a native program.

use crate::command::{Command, root};
use crate::goal::Goal;
use crate::report::Section;
use crate::statistics::median;
use crate::variant::WORK;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio};
use std::time::Instant;
use zstd::zstd_safe::{CCtx, CParameter, DCtx, compress_bound};

const WARMUP: usize = 3;
const ROUNDS: usize = 21;

const LEVEL: i32 = 19;

/// Of each corpus this much is measured.
const CORPUS_LEN: usize = 4 << 20;

/// Length of block and of prefix, which is what precedes the block.
const SHAPES: [(usize, usize); 3] = [(128 << 10, 0), (256 << 10, 0), (128 << 10, 256 << 10)];

/// What to compress. A corpus that a machine does not have is left out.
const CORPORA: [(&str, &str); 3] = [
    ("Ruby's library", "find .tools/ruby-lib/ -name '*.rb'"),
    ("Python's library", "find /usr/lib/python3.11 -name '*.py'"),
    (
        "ELF programs",
        "ls /usr/bin/python3.11 /usr/bin/bash /usr/bin/git",
    ),
];

const WASMTIME: &str = ".tools/venv/bin/python bench/engines/decoder_wasmtime.py";
const NODE: &str = ".tools/node bench/engines/decoder_node.mjs";

/// One frame and what it decodes to.
struct Frame {
    bytes: Vec<u8>,
    prefix: Vec<u8>,
    content: Vec<u8>,
}

/// Times of one corpus in nanoseconds, in rounds.
#[derive(Default)]
struct Times {
    native: Vec<f64>,
    wasmtime: Vec<f64>,
    node: Vec<f64>,
}

impl Times {
    /// How fast an engine is, to native: 1 is as fast.
    fn speed(&self, engine: &[f64]) -> f64 {
        let rounds = self.native.iter().zip(engine);
        median(
            &rounds
                .map(|(native, engine)| native / engine)
                .collect::<Vec<_>>(),
        )
    }
}

/// Ratios of speed for each corpus and shape.
pub(crate) fn run() -> Result<Section> {
    let module = format!("{WORK}/decoder.wasm");
    let build = Command::new("bench/decoder/build").with(&module);
    build.run()?;
    let mut section = Section::new(
        "Decoder speed against native zstd",
        format!(
            "The runtime's decoder as a module of its own, and libzstd through the crate `zstd`, \
             on the same frames of level {LEVEL}. A round decodes all frames once in each; the \
             ratios are medians over {ROUNDS} rounds of native time to the engine's."
        ),
    )
    .head(&["", "native MB/s", "wasmtime", "Node"]);
    let mut slowest = [f64::INFINITY; 2];
    for (name, list) in CORPORA {
        let Some(corpus) = read_corpus(list)? else {
            continue;
        };
        for shape in SHAPES {
            let frames = compress(&corpus, shape)?;
            let times = measure(&module, &frames)?;
            section.row(row(name, shape, &frames, &times));
            for (slowest, engine) in slowest.iter_mut().zip([&times.wasmtime, &times.node]) {
                *slowest = slowest.min(times.speed(engine));
            }
        }
    }
    section.command(&build);
    for (slowest, engine) in slowest.into_iter().zip(["wasmtime", "Node"]) {
        let what = format!("decoder, {engine}, the slowest row, to native zstd");
        section.goal(Goal::at_least(what, slowest, 0.75));
    }
    Ok(section)
}

fn read_corpus(list: &str) -> Result<Option<Vec<u8>>> {
    let sorted = format!("{{ {list}; }} 2>/dev/null | LC_ALL=C sort");
    let paths = String::from_utf8(Command::shell(sorted).run()?)?;
    let mut corpus = Vec::new();
    for path in paths.lines() {
        corpus.extend(fs::read(root().join(path)).context(path.to_owned())?);
        if corpus.len() >= CORPUS_LEN {
            corpus.truncate(CORPUS_LEN);
            return Ok(Some(corpus));
        }
    }
    Ok((!corpus.is_empty()).then_some(corpus))
}

fn compress(corpus: &[u8], (block_len, prefix_len): (usize, usize)) -> Result<Vec<Frame>> {
    let blocks = corpus.chunks(block_len).enumerate();
    let frame = |(number, content): (usize, &[u8])| {
        let start = number * block_len;
        let prefix = &corpus[start.saturating_sub(prefix_len)..start];
        Ok(Frame {
            bytes: compress_block(content, prefix)?,
            prefix: prefix.to_vec(),
            content: content.to_vec(),
        })
    };
    blocks.map(frame).collect()
}

fn compress_block(content: &[u8], prefix: &[u8]) -> Result<Vec<u8>> {
    let mut context = CCtx::create();
    let mut bytes = Vec::with_capacity(compress_bound(content.len()));
    let parameters = [
        CParameter::CompressionLevel(LEVEL),
        CParameter::ChecksumFlag(false),
    ];
    for parameter in parameters {
        context.set_parameter(parameter).map_err(zstd_error)?;
    }
    context.ref_prefix(prefix).map_err(zstd_error)?;
    context.compress2(&mut bytes, content).map_err(zstd_error)?;
    Ok(bytes)
}

fn zstd_error(code: usize) -> anyhow::Error {
    anyhow::anyhow!(zstd::zstd_safe::get_error_name(code))
}

fn measure(module: &str, frames: &[Frame]) -> Result<Times> {
    let path = format!("{WORK}/frames");
    write_frames(&root().join(&path), frames)?;
    let mut outputs: Vec<_> = frames.iter().map(|f| vec![0; f.content.len()]).collect();
    let arguments = format!("{module} {path}");
    let mut wasmtime = Engine::start(&format!("{WASMTIME} {arguments}"))?;
    let mut node = Engine::start(&format!("{NODE} {arguments}"))?;
    let mut times = Times::default();
    for round in 0..WARMUP + ROUNDS {
        let native = decode_natively(frames, &mut outputs)?;
        let (wasmtime, node) = (wasmtime.round()?, node.round()?);
        if round >= WARMUP {
            times.native.push(native);
            times.wasmtime.push(wasmtime);
            times.node.push(node);
        }
    }
    Ok(times)
}

fn write_frames(path: &Path, frames: &[Frame]) -> Result<()> {
    let mut file = Vec::new();
    for frame in frames {
        let parts = [&frame.bytes, &frame.prefix, &frame.content];
        for part in parts {
            file.extend(u32::try_from(part.len())?.to_le_bytes());
        }
        parts.into_iter().for_each(|part| file.extend(part));
    }
    Ok(fs::write(path, file)?)
}

fn decode_natively(frames: &[Frame], outputs: &mut [Vec<u8>]) -> Result<f64> {
    let mut context = DCtx::create();
    let start = Instant::now();
    for (frame, output) in frames.iter().zip(outputs.iter_mut()) {
        if !frame.prefix.is_empty() {
            context.ref_prefix(&frame.prefix).map_err(zstd_error)?;
        }
        let decoded = context.decompress(output.as_mut_slice(), &frame.bytes);
        decoded.map_err(zstd_error)?;
    }
    let elapsed = start.elapsed();
    let is_right = |(frame, output): (&Frame, &Vec<u8>)| frame.content == *output;
    ensure!(
        frames.iter().zip(outputs.iter()).all(is_right),
        "wrong content"
    );
    Ok(elapsed.as_nanos() as f64)
}

fn row(
    name: &str,
    (block, prefix): (usize, usize),
    frames: &[Frame],
    times: &Times,
) -> [String; 4] {
    let len: usize = frames.iter().map(|frame| frame.content.len()).sum();
    let ratio = |engine: &[f64]| format!("{:.2}", times.speed(engine));
    let mut title = format!("{name}, blocks of {} KiB", block >> 10);
    if prefix > 0 {
        title += &format!(" after a prefix of {} KiB", prefix >> 10);
    }
    [
        title,
        format!("{:.0}", len as f64 * 1e3 / median(&times.native)),
        ratio(&times.wasmtime),
        ratio(&times.node),
    ]
}

/// A program that decodes all frames each time that it is given a line.
struct Engine {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Engine {
    fn start(line: &str) -> Result<Self> {
        let mut words = line.split_whitespace();
        let mut process = Process::new(words.next().context("a program")?)
            .args(words)
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| line.to_owned())?;
        let input = process.stdin.take().context("stdin")?;
        let output = BufReader::new(process.stdout.take().context("stdout")?);
        Ok(Self {
            process,
            input,
            output,
        })
    }

    /// Nanoseconds that decoding all frames took.
    fn round(&mut self) -> Result<f64> {
        writeln!(self.input)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().context("an engine has failed")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
