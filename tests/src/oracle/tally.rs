//! Many programs on many trees, and what they came to.

use super::host::Reference;
use super::program::{Program, Sides};
use super::tree::OracleTrees;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempPath;

/// What a whole run of an oracle came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Operations on which both sides agree.
    pub operations: usize,
    /// The rules that accepted a difference.
    pub used: BTreeSet<&'static str>,
}

/// A packed guest.
#[derive(Debug)]
pub struct Packing {
    /// How it was packed, for a message.
    pub way: String,
    /// The packed module.
    pub module: TempPath,
}

impl Tally {
    /// Runs each program on the directories of `trees`, and in each packing of them.
    ///
    /// # Panics
    ///
    /// At the first mismatch.
    pub fn compare(
        &mut self,
        host: &mut dyn Reference,
        (guest, trees): (&Path, &OracleTrees),
        packings: &[Packing],
        programs: impl Iterator<Item = Program>,
    ) {
        let sides = |packed| Sides {
            guest,
            packed,
            trees,
        };
        for program in programs {
            let expected = program.on_host(host, sides(guest));
            for Packing { way, module } in packings {
                let sides = sides(module);
                let found = program.packed(host, sides);
                match program.compare(&expected, &found, &mut self.used) {
                    Ok(count) => self.operations += count,
                    Err(mismatch) => {
                        let what = format!("trees of seed {}, {way}", trees.seed);
                        program.fail(host, sides, &mismatch, &what);
                    }
                }
            }
        }
    }

    /// Calls `run_trees` with one seed after the other, from the variable `ORACLE_SEED` or
    /// 1000 on, until there are as many operations as the variable `name` or `default` says.
    ///
    /// # Panics
    ///
    /// If a variable is no number.
    pub fn of_many(name: &str, default: usize, run_trees: impl Fn(u64, &mut Self)) -> Self {
        let wanted = number(name, default);
        let mut seed = number("ORACLE_SEED", 1000) as u64;
        let mut tally = Self::default();
        while tally.operations < wanted {
            run_trees(seed, &mut tally);
            seed += 1;
        }
        println!("{} operations, 0 mismatches", tally.operations);
        tally
    }
}

fn number(name: &str, default: usize) -> usize {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}
