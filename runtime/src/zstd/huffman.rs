//! Huffman codes of literals: the tree and the table made of it (RFC 8878,
//! 4.2.1).

use super::bits::BackwardBits;
use super::error::Error;
use super::fse::{Distribution, State};
use super::input::Input;

/// Bits of the longest code.
pub(super) const CODE_BITS_MAX: u32 = 11;

/// One entry for each value of the next [`CODE_BITS_MAX`] bits: the symbol above the
/// length of its code.
pub(super) type Table = [u16; 1 << CODE_BITS_MAX];

/// Weights there can be: a symbol of weight 0 has no code, one of weight *w* a
/// code of *w* - 1 bits fewer than the longest.
const WEIGHT_COUNT: usize = CODE_BITS_MAX as usize + 1;

/// The last symbol's weight is not written.
const WRITTEN_COUNT_MAX: usize = 255;

/// The largest logarithm of the size of a table of weights.
const WEIGHT_LOG_MAX: u32 = 6;

/// Header values from here on announce weights of four bits each.
const DIRECT: u8 = 128;

/// The weights of all symbols.
struct Weights {
    weights: [u8; WRITTEN_COUNT_MAX + 1],
    count: usize,
}

/// Reads a tree and makes it into `table`.
pub(super) fn read_table(input: &mut Input<'_>, table: &mut Table) -> Result<(), Error> {
    let mut weights = Weights::read(input)?;
    let code_bits = weights.add_last()?;
    weights.fill(table, code_bits)
}

impl Weights {
    fn read(input: &mut Input<'_>) -> Result<Self, Error> {
        let mut weights = Self {
            weights: [0; WRITTEN_COUNT_MAX + 1],
            count: 0,
        };
        match input.byte()? {
            len @ 0..DIRECT => weights.read_compressed(input.take(len.into())?)?,
            header => weights.read_direct(input, usize::from(header - DIRECT) + 1)?,
        }
        Ok(weights)
    }

    fn read_direct(&mut self, input: &mut Input<'_>, count: usize) -> Result<(), Error> {
        let bytes = input.take(count.div_ceil(2))?.rest();
        for (pair, byte) in self.weights.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&[byte >> 4, byte & 15]);
        }
        self.count = count;
        // The other half of the last byte is no weight.
        self.weights[count] = 0;
        Ok(())
    }

    /// Two states take turns, until one of them cannot go on (4.2.1.2).
    fn read_compressed(&mut self, mut input: Input<'_>) -> Result<(), Error> {
        let distribution = Distribution::read(&mut input, WEIGHT_COUNT, WEIGHT_LOG_MAX)?;
        let mut states = [State::default(); 1 << WEIGHT_LOG_MAX];
        distribution.build(&mut states, |symbol| (symbol as u32, 0))?;
        let mut bits = input.backward_bits()?;
        let state = |number: usize| states[number % states.len()];
        let mut current = state(bits.read(distribution.log.into()) as usize);
        let mut other = state(bits.read(distribution.log.into()) as usize);
        loop {
            bits.refill()?;
            self.push(current)?;
            current = state(current.next(bits.read(current.next_bits())));
            if bits.left() < 0 {
                return self.push(other);
            }
            core::mem::swap(&mut current, &mut other);
        }
    }

    fn push(&mut self, state: State) -> Result<(), Error> {
        if self.count == WRITTEN_COUNT_MAX {
            return Err(Error::Huffman);
        }
        self.weights[self.count] = state.base() as u8;
        self.count += 1;
        Ok(())
    }

    /// Adds the last symbol, whose weight makes the tree complete, and gives the
    /// length of the longest code.
    fn add_last(&mut self) -> Result<u32, Error> {
        let mut sum = 0_u32;
        for &weight in &self.weights[..self.count] {
            if usize::from(weight) >= WEIGHT_COUNT {
                return Err(Error::Huffman);
            }
            sum += 1 << weight >> 1;
        }
        let code_bits = sum.checked_ilog2().ok_or(Error::Huffman)? + 1;
        let rest = (1 << code_bits) - sum;
        if code_bits > CODE_BITS_MAX || !rest.is_power_of_two() {
            return Err(Error::Huffman);
        }
        self.weights[self.count] = rest.ilog2() as u8 + 1;
        self.count += 1;
        Ok(code_bits)
    }

    /// The longest codes come first, and among equals the lower symbols.
    fn fill(&self, table: &mut Table, code_bits: u32) -> Result<(), Error> {
        let unused_bits = CODE_BITS_MAX - code_bits;
        let weights = &self.weights[..self.count];
        let mut starts = starts(weights, unused_bits);
        for (symbol, &weight) in weights.iter().enumerate() {
            let Some(code_len) = (code_bits + 1).checked_sub(weight.into()) else {
                return Err(Error::Huffman);
            };
            let start = &mut starts[usize::from(weight) % WEIGHT_COUNT];
            let end = *start + (1 << weight >> 1 << unused_bits);
            let entries = table.get_mut(*start..end).ok_or(Error::Huffman)?;
            entries.fill((symbol as u16) << 8 | code_len as u16);
            *start = end;
        }
        Ok(())
    }
}

/// Where in the table the codes of each weight start.
fn starts(weights: &[u8], unused_bits: u32) -> [usize; WEIGHT_COUNT] {
    let mut counts = [0; WEIGHT_COUNT];
    for &weight in weights {
        counts[usize::from(weight) % WEIGHT_COUNT] += 1;
    }
    let mut start = 0;
    let mut weight = 0;
    counts.map(|count: usize| {
        let this = start;
        start += count * (1 << weight >> 1 << unused_bits);
        weight += 1;
        this
    })
}

/// Symbols between two refills.
const SYMBOLS: usize = 5;

const _: () = assert!(SYMBOLS as u32 * CODE_BITS_MAX <= super::bits::REFILL_BITS);

/// Decodes one stream that fills `output`.
pub(super) fn decode_one(
    table: &Table,
    mut stream: BackwardBits<'_>,
    output: &mut [u8],
) -> Result<(), Error> {
    for run in output.chunks_mut(SYMBOLS) {
        stream.refill()?;
        for symbol in run {
            *symbol = next(table, &mut stream);
        }
    }
    stream.expect_end()
}

/// Decodes four streams. Each of the first three gives a quarter of `output`,
/// rounded up (RFC 8878, 3.1.1.3.1.6).
pub(super) fn decode_four(
    table: &Table,
    streams: [BackwardBits<'_>; 4],
    output: &mut [u8],
) -> Result<(), Error> {
    let quarter = output.len().div_ceil(4);
    if 3 * quarter > output.len() {
        return Err(Error::Literals);
    }
    let (a, rest) = output.split_at_mut(quarter);
    let (b, rest) = rest.split_at_mut(quarter);
    let (c, d) = rest.split_at_mut(quarter);
    let runs = d.len() / SYMBOLS;
    let (a, a_rest) = a.split_at_mut(runs * SYMBOLS);
    let (b, b_rest) = b.split_at_mut(runs * SYMBOLS);
    let (c, c_rest) = c.split_at_mut(runs * SYMBOLS);
    let (d, d_rest) = d.split_at_mut(runs * SYMBOLS);
    let [s, t, u, v] = decode_runs(table, streams, [a, b, c, d])?;
    decode_one(table, s, a_rest)?;
    decode_one(table, t, b_rest)?;
    decode_one(table, u, c_rest)?;
    decode_one(table, v, d_rest)
}

/// Four streams at once: none of them waits for another, and a processor does
/// several steps of different ones at a time.
fn decode_runs<'a>(
    table: &Table,
    [mut s, mut t, mut u, mut v]: [BackwardBits<'a>; 4],
    [a, b, c, d]: [&mut [u8]; 4],
) -> Result<[BackwardBits<'a>; 4], Error> {
    let a = a.as_chunks_mut::<SYMBOLS>().0;
    let b = b.as_chunks_mut::<SYMBOLS>().0;
    let c = c.as_chunks_mut::<SYMBOLS>().0;
    let d = d.as_chunks_mut::<SYMBOLS>().0;
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        s.refill()?;
        t.refill()?;
        u.refill()?;
        v.refill()?;
        for i in 0..SYMBOLS {
            a[i] = next(table, &mut s);
            b[i] = next(table, &mut t);
            c[i] = next(table, &mut u);
            d[i] = next(table, &mut v);
        }
    }
    Ok([s, t, u, v])
}

#[inline(always)]
fn next(table: &Table, stream: &mut BackwardBits<'_>) -> u8 {
    let entry = table[stream.peek::<CODE_BITS_MAX>()];
    stream.skip(entry);
    (entry >> 8) as u8
}
