//! A random program of WASI 0.2 calls, for the differential oracle.
//!
//!   oracle SEED COUNT all|INDEX,INDEX,...
//!
//! The program runs COUNT operations, or only the listed ones. It prints a line for each:
//! `INDEX function arguments => E<errno> results`. Standard input lists existing paths, one
//! a line. Each operation draws from its own generator, seeded by SEED and its index, so
//! leaving one out changes no other.
//!
//! The same tree must print the same lines, packed or preopened. Error codes and types have
//! the numbers of preview 1, so one set of rules explains the differences of both versions.
//! Standard error receives the spliced bytes.

mod changes;
mod codes;
mod draw;
mod line;
mod nodes;
mod paths;
mod reads;
mod slots;
mod waits;

/// The types of WASI that the shared files use.
mod types {
    pub use wasip2::filesystem::types::{DescriptorStat, DescriptorType, ErrorCode};
}

use draw::Random;
use line::Line;
use slots::Slots;
use std::io::{BufWriter, Read, Write};

/// The state of the program.
pub struct Program {
    random: Random,
    line: Line,
    slots: Slots,
    paths: Vec<String>,
    /// Metadata hashes, in the order in which they were first seen.
    nodes: Vec<(u64, u64)>,
}

type Operation = fn(&mut Program);

/// The operations, with their shares.
const OPERATIONS: [(u32, Operation); 18] = [
    (18, nodes::open),
    (8, nodes::open_any),
    (5, nodes::stat),
    (10, nodes::stat_at),
    (4, nodes::readlink_at),
    (6, nodes::metadata_hash_at),
    (4, nodes::same_object),
    (5, nodes::describe),
    (5, nodes::list),
    (8, reads::read),
    (8, reads::open_stream),
    (16, reads::read_stream),
    (4, reads::splice),
    (4, waits::poll),
    (10, changes::change),
    (4, changes::two_paths),
    (3, slots::drop_any),
    (1, slots::open_preopens),
];

impl Program {
    fn run(&mut self, index: usize, seed: u64) {
        self.random = Random::of(seed, index);
        self.line = Line::new(index);
        let total = OPERATIONS.iter().map(|(share, _)| share).sum();
        let mut drawn = self.random.below(total);
        for (share, operation) in OPERATIONS {
            if drawn < share {
                return operation(self);
            }
            drawn -= share;
        }
    }
}

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let number = |at: usize| args[at].parse().expect("a number");
    let (seed, count): (u64, u64) = (number(0), number(1));
    let only: Option<Vec<u64>> = (args[2] != "all").then(|| {
        let indices = args[2].split(',').filter(|index| !index.is_empty());
        indices
            .map(|index| index.parse().expect("a number"))
            .collect()
    });
    let mut input = String::new();
    std::io::stdin()
        .read_to_string(&mut input)
        .expect("a list of paths");
    let mut program = Program {
        random: Random::of(seed, 0),
        line: Line::new(0),
        slots: Slots::new(),
        paths: input.lines().map(str::to_owned).collect(),
        nodes: Vec::new(),
    };
    let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    for index in only.unwrap_or_else(|| (0..count).collect()) {
        program.run(index as usize, seed);
        writeln!(output, "{}", program.line.text()).expect("standard output is open");
    }
    output.flush().expect("standard output is open");
}
