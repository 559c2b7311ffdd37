//! A random program of WASI 0.3 calls, for the differential oracle.
//!
//!   oracle SEED COUNT all|INDEX,INDEX,...
//!
//! The program prints the lines of `tests/guests/rust_component`, which makes them with
//! WASI 0.2. It shares that program's random numbers, paths, lines and codes. Each operation
//! draws its lowering of the async functions, and lines of changes name it: `lowering=0` is
//! the sync one. The standard library reads paths through WASI 0.2 in the same component,
//! and the operation `std` reports the bytes.
//!
//! A stream of a file is read in parts, whose lengths the host chooses, until the wanted
//! length is reached. A future is read only behind the end of its stream, because a host
//! resolves it there.

mod changes;
#[path = "../../rust_component/src/codes.rs"]
mod codes;
#[path = "../../rust_component/src/draw.rs"]
mod draw;
#[path = "../../rust_component/src/line.rs"]
mod line;
mod listings;
mod lowered;
mod nodes;
#[path = "../../rust_component/src/paths.rs"]
mod paths;
mod reads;
mod slots;
mod standard;

/// The types of WASI that the shared files use.
mod types {
    pub use wasip3::filesystem::types::{DescriptorStat, DescriptorType, ErrorCode};
}

use draw::Random;
use line::Line;
use lowered::Lowering;
use slots::Slots;
use std::io::{BufWriter, Read, Write};

/// The state of the program.
pub struct Program {
    random: Random,
    line: Line,
    lowering: Lowering,
    slots: Slots,
    paths: Vec<String>,
    /// Metadata hashes, in the order in which they were first seen.
    nodes: Vec<(u64, u64)>,
}

#[derive(Clone, Copy)]
enum Operation {
    Open,
    OpenAny,
    Stat,
    StatAt,
    ReadlinkAt,
    MetadataHashAt,
    SameObject,
    Describe,
    List,
    Read,
    OpenStream,
    ReadStream,
    FinishStream,
    Change,
    TwoPaths,
    DropAny,
    OpenPreopens,
    Standard,
}

/// The operations, with their shares.
const OPERATIONS: [(u32, Operation); 18] = [
    (18, Operation::Open),
    (8, Operation::OpenAny),
    (5, Operation::Stat),
    (10, Operation::StatAt),
    (4, Operation::ReadlinkAt),
    (6, Operation::MetadataHashAt),
    (4, Operation::SameObject),
    (5, Operation::Describe),
    (5, Operation::List),
    (8, Operation::Read),
    (8, Operation::OpenStream),
    (16, Operation::ReadStream),
    (4, Operation::FinishStream),
    (12, Operation::Change),
    (4, Operation::TwoPaths),
    (3, Operation::DropAny),
    (1, Operation::OpenPreopens),
    (5, Operation::Standard),
];

impl Operation {
    async fn run(self, program: &mut Program) {
        match self {
            Self::Open => nodes::open(program).await,
            Self::OpenAny => nodes::open_any(program).await,
            Self::Stat => nodes::stat(program).await,
            Self::StatAt => nodes::stat_at(program).await,
            Self::ReadlinkAt => nodes::readlink_at(program).await,
            Self::MetadataHashAt => nodes::metadata_hash_at(program).await,
            Self::SameObject => nodes::same_object(program).await,
            Self::Describe => nodes::describe(program).await,
            Self::List => listings::list(program).await,
            Self::Read => reads::read(program).await,
            Self::OpenStream => reads::open_stream(program),
            Self::ReadStream => reads::read_stream(program).await,
            Self::FinishStream => reads::finish_stream(program).await,
            Self::Change => changes::change(program).await,
            Self::TwoPaths => changes::two_paths(program).await,
            Self::DropAny => slots::drop_any(program),
            Self::OpenPreopens => slots::open_preopens(program).await,
            Self::Standard => standard::read(program),
        }
    }
}

impl Program {
    async fn run(&mut self, index: usize, seed: u64) {
        self.random = Random::of(seed, index);
        self.line = Line::new(index);
        let total = OPERATIONS.iter().map(|(share, _)| share).sum();
        let mut drawn = self.random.below(total);
        self.lowering = match self.random.chance(50) {
            true => Lowering::Sync,
            false => Lowering::Async,
        };
        for (share, operation) in OPERATIONS {
            if drawn < share {
                return operation.run(self).await;
            }
            drawn -= share;
        }
    }
}

struct Command;

wasip3::cli::command::export!(Command);

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let args: Vec<_> = std::env::args().skip(1).collect();
        let number = |at: usize| args[at].parse().expect("a number");
        let (seed, count): (u64, u64) = (number(0), number(1));
        let only: Option<Vec<u64>> = (args[2] != "all").then(|| {
            let indices = args[2].split(',').filter(|index| !index.is_empty());
            indices
                .map(|index| index.parse().expect("a number"))
                .collect()
        });
        let mut program = Program {
            random: Random::of(seed, 0),
            line: Line::new(0),
            lowering: Lowering::Sync,
            slots: Slots::new(),
            paths: read_paths(),
            nodes: Vec::new(),
        };
        let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        for index in only.unwrap_or_else(|| (0..count).collect()) {
            program.run(index as usize, seed).await;
            writeln!(output, "{}", program.line.text()).expect("standard output is open");
        }
        output.flush().expect("standard output is open");
        Ok(())
    }
}

fn read_paths() -> Vec<String> {
    let mut input = String::new();
    let read = std::io::stdin().read_to_string(&mut input);
    read.expect("a list of paths");
    input.lines().map(str::to_owned).collect()
}
