//! Running a program on both sides, comparing, and making one that fails short.

use super::host::{Preopen, Reference};
use super::line::Line;
use super::tree::OracleTrees;
use super::{changing, difference};
use std::collections::BTreeSet;
use std::path::Path;

/// A program: a seed and which of its operations run.
#[derive(Clone, Debug)]
pub struct Program {
    /// What its operations are drawn from.
    pub seed: u64,
    /// How many there are.
    pub count: usize,
    /// Those that run, if not all.
    pub only: Option<Vec<usize>>,
    /// Whether the program changes the directories.
    pub writes: bool,
}

/// The two sides.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The unpacked guest.
    pub guest: &'a Path,
    /// The packed one.
    pub packed: &'a Path,
    /// What the unpacked one finds preopened and the packed one inside.
    pub trees: &'a OracleTrees,
}

/// The first operation that the two sides do not agree on.
#[derive(Debug)]
pub struct Mismatch {
    /// Its index.
    pub index: usize,
    /// What each printed.
    pub report: String,
}

impl Program {
    /// All operations of a seed.
    pub fn new(seed: u64, count: usize) -> Self {
        Self {
            seed,
            count,
            only: None,
            writes: false,
        }
    }

    /// With calls that change the directories.
    pub fn writing(self) -> Self {
        let writes = true;
        Self { writes, ..self }
    }

    /// With these operations only.
    pub fn only(&self, indices: Vec<usize>) -> Self {
        let only = Some(indices);
        Self {
            only,
            ..self.clone()
        }
    }

    /// Stops the test with the operations that are enough for a mismatch, and with what
    /// both sides print for them. `what` names the trees and the way of packing.
    ///
    /// # Panics
    ///
    /// Always.
    pub fn fail(
        &self,
        host: &mut dyn Reference,
        sides: Sides<'_>,
        mismatch: &Mismatch,
        what: &str,
    ) -> ! {
        let only = self.shrink(host, sides, mismatch);
        let short = self.only(only.clone());
        panic!(
            "{what}, program {}\n{}\noperations that are enough: {only:?}\n\
             wasmtime:\n{}packed:\n{}",
            self.seed,
            mismatch.report,
            without_left(&short.on_host(host, sides)),
            without_left(&short.packed(host, sides)),
        );
    }

    /// The arguments that the guest takes.
    pub fn args(&self) -> Vec<String> {
        let only = self.only.as_ref().map_or("all".to_owned(), |indices| {
            let indices: Vec<_> = indices.iter().map(usize::to_string).collect();
            indices.join(",")
        });
        [self.seed.to_string(), self.count.to_string(), only]
            .into_iter()
            .chain(self.writes.then(|| "writes".to_owned()))
            .collect()
    }

    /// What the unpacked guest prints on the directories. A program that writes gets
    /// directories of its own.
    pub fn on_host(&self, host: &mut dyn Reference, sides: Sides<'_>) -> String {
        let own = self.writes.then(|| OracleTrees::new(sides.trees.seed));
        let trees = own.as_ref().unwrap_or(sides.trees);
        self.on_trees(host, sides.guest, trees)
            .unwrap_or_else(|failure| panic!("the oracle itself fails: {failure}"))
    }

    /// What a module prints on these directories, or its failure.
    ///
    /// # Errors
    ///
    /// How the module failed.
    pub fn on_trees(
        &self,
        host: &mut dyn Reference,
        module: &Path,
        trees: &OracleTrees,
    ) -> Result<String, String> {
        let preopens = [("/data", &trees.data), ("/other", &trees.other)];
        let preopens = preopens.map(|(guest, tree)| Preopen {
            host: tree.path(),
            guest,
            writable: self.writes,
        });
        host.run(module, &preopens, &self.args(), &trees.paths)
    }

    /// What the packed guest prints, which may be how it failed.
    pub fn packed(&self, host: &mut dyn Reference, sides: Sides<'_>) -> String {
        host.run(sides.packed, &[], &self.args(), &sides.trees.paths)
            .unwrap_or_else(|failure| failure)
    }

    fn mismatch(&self, host: &mut dyn Reference, sides: Sides<'_>) -> Option<Mismatch> {
        let expected = self.on_host(host, sides);
        let found = self.packed(host, sides);
        self.compare(&expected, &found, &mut BTreeSet::new()).err()
    }

    /// The shortest program found that still fails: operations are left out,
    /// first many at a time, then one by one.
    pub fn shrink(
        &self,
        host: &mut dyn Reference,
        sides: Sides<'_>,
        first: &Mismatch,
    ) -> Vec<usize> {
        let mut kept: Vec<usize> = (0..=first.index.min(self.count - 1)).collect();
        let mut chunk = kept.len().div_ceil(2);
        loop {
            let mut at = 0;
            while at < kept.len() {
                let end = (at + chunk).min(kept.len());
                let fewer = [&kept[..at], &kept[end..]].concat();
                if self.only(fewer.clone()).mismatch(host, sides).is_some() {
                    kept = fewer;
                } else {
                    at = end;
                }
            }
            if chunk == 1 {
                return kept;
            }
            chunk = chunk.div_ceil(2);
        }
    }

    /// Compares two outputs line by line, and returns the number of operations. `used` gets
    /// the names of the accepted differences.
    ///
    /// # Errors
    ///
    /// The first operation with another result.
    pub fn compare(
        &self,
        expected: &str,
        found: &str,
        used: &mut BTreeSet<&'static str>,
    ) -> Result<usize, Mismatch> {
        let mut count = 0;
        let mut lines = (expected.lines(), found.lines());
        loop {
            let (host, ours) = match (lines.0.next(), lines.1.next()) {
                (None, None) => return Ok(count),
                (Some(host), Some(ours)) if host == ours || ours.contains(" => ") => (host, ours),
                (host, ours) => return Err(mismatch(count, host, ours)),
            };
            if host != ours {
                let (host_line, our_line) = (Line::parse(host), Line::parse(ours));
                match self.explain(&host_line, &our_line) {
                    Some(names) => used.extend(names),
                    None => return Err(mismatch(host_line.index(), Some(host), Some(ours))),
                }
            }
            count += usize::from(!is_left(host));
        }
    }

    fn explain(&self, host: &Line<'_>, ours: &Line<'_>) -> Option<Vec<&'static str>> {
        match self.writes {
            true => changing::explain(host, ours),
            false => difference::explain(host, ours),
        }
    }
}

/// The lines of operations, since a program leaves hundreds of objects.
fn without_left(output: &str) -> String {
    let lines = output.lines().filter(|line| !is_left(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Whether a line is no operation, but an object that the program left.
fn is_left(line: &str) -> bool {
    line.contains(" left path=")
}

fn mismatch(index: usize, host: Option<&str>, ours: Option<&str>) -> Mismatch {
    let host = host.unwrap_or("nothing more");
    let ours = ours.unwrap_or("nothing more");
    Mismatch {
        index,
        report: format!("wasmtime {host}\npacked   {ours}"),
    }
}
