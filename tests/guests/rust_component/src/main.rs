//! A random program of WASI 0.2 calls, for the differential oracle.
//!
//!   oracle SEED COUNT all|INDEX,INDEX,... [writes]
//!
//! The program runs COUNT operations, or only the listed ones. It prints a line for each:
//! `INDEX function arguments => E<errno> results`. Standard input lists existing paths, one
//! a line. Each operation draws from its own generator, seeded by SEED and its index, so
//! leaving one out changes no other.
//!
//! The same tree must print the same lines, packed or preopened. Error codes and types have
//! the numbers of preview 1, so one set of rules explains the differences of both versions.
//! Standard error receives the spliced bytes. With `writes`, the program changes the
//! directories, and its last lines list the files that it leaves behind.

mod changes;
mod codes;
mod draw;
mod left;
mod line;
mod nodes;
mod paths;
mod reads;
mod slots;
mod waits;
mod writes;

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
    /// Whether the program changes the directories.
    writes: bool,
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

/// The operations that change directories, with their shares.
const WRITES: [(u32, Operation); 10] = [
    (20, writes::open_write),
    (14, writes::write),
    (18, writes::write_stream),
    (8, writes::splice),
    (8, writes::resize),
    (6, writes::set_times),
    (14, writes::change_name),
    (10, writes::move_name),
    (8, writes::read_stream),
    (2, writes::flush),
];

/// The operations of [`OPERATIONS`] that change nothing, also on directories that can change.
/// A host reads ahead, so no stream stays open while its file changes.
fn only_reads(operation: Operation) -> bool {
    let changes: [Operation; 6] = [
        nodes::open_any,
        changes::change,
        changes::two_paths,
        reads::open_stream,
        reads::read_stream,
        reads::splice,
    ];
    !changes
        .iter()
        .any(|&one| std::ptr::fn_addr_eq(one, operation))
}

impl Program {
    fn operations(&mut self) -> Vec<(u32, Operation)> {
        if !self.writes {
            return OPERATIONS.to_vec();
        }
        if self.random.chance(50) {
            return WRITES.to_vec();
        }
        let reads = OPERATIONS.into_iter();
        reads
            .filter(|(_, operation)| only_reads(*operation))
            .collect()
    }

    fn run(&mut self, index: usize, seed: u64) {
        self.random = Random::of(seed, index);
        self.line = Line::new(index);
        if self.writes {
            self.line.without_times();
        }
        let operations = self.operations();
        let total = operations.iter().map(|(share, _)| share).sum();
        let mut drawn = self.random.below(total);
        for (share, operation) in operations {
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
        writes: args.get(3).is_some_and(|word| word == "writes"),
    };
    let mut output = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    for index in only.unwrap_or_else(|| (0..count).collect()) {
        program.run(index as usize, seed);
        writeln!(output, "{}", program.line.text()).expect("standard output is open");
    }
    if program.writes {
        for line in program.left(count as usize) {
            writeln!(output, "{line}").expect("standard output is open");
        }
    }
    output.flush().expect("standard output is open");
}
