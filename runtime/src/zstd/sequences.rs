//! The sequences section of a block (RFC 8878, 3.1.1.3.2): how literals and
//! matches take turns.

use super::bits::{REFILL_BITS, SequenceBits};
use super::copy::{SLACK, Sequence};
use super::error::Error;
use super::fse::{Distribution, State};
use super::input::Input;
use super::literals::Literals;
use super::memory::zeroed;
use super::output::Output;
use super::repeats::Repeats;
use alloc::boxed::Box;

/// The largest logarithm of the size of any of the tables.
const LOG_MAX: u32 = 9;

/// States of the largest table.
const STATE_COUNT: usize = 1 << LOG_MAX;

/// Sequences that are decoded before they are executed: a short loop of copies
/// has more of them under way, and waits less for matches far away. Three
/// kilobytes, to stay in the fastest cache beside the tables.
const BATCH_LEN: usize = 256;

/// The tables, and what else one block leaves to the next.
pub(super) struct Sequences {
    /// The states of the three tables.
    states: Box<[State; 3 * STATE_COUNT]>,
    /// Of the number of states of each; `None` before the first.
    logs: [Option<u32>; 3],
    repeats: Repeats,
    batch: Box<[Sequence; BATCH_LEN]>,
}

/// Positions of the tables.
const LITERAL_LEN: usize = 0;
const OFFSET: usize = 1;
const MATCH_LEN: usize = 2;

/// What decoding one sequence leaves to the next.
#[derive(Clone, Copy)]
struct Walk<'a> {
    bits: SequenceBits<'a>,
    /// What was left of them before the last states: after the last sequence,
    /// none follow.
    end: SequenceBits<'a>,
    literal_len: State,
    offset: State,
    match_len: State,
}

/// What the RFC says of a code.
struct Code {
    log_max: u32,
    /// The distribution to use without a description, and its logarithm.
    predefined: (&'static [i8], u32),
    symbol_count: usize,
    /// Base and extra bits of a symbol.
    meaning: fn(usize) -> (u32, u8),
}

const LITERAL_LENS: Code = Code {
    log_max: 9,
    predefined: (
        &[
            4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1,
            1, 1, 1, -1, -1, -1, -1,
        ],
        6,
    ),
    symbol_count: 36,
    meaning: |symbol| meaning(LITERAL_LEN_RANGES[symbol % LITERAL_LEN_RANGES.len()]),
};

const MATCH_LENS: Code = Code {
    log_max: 9,
    predefined: (
        &[
            1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
        ],
        6,
    ),
    symbol_count: 53,
    meaning: |symbol| meaning(MATCH_LEN_RANGES[symbol % MATCH_LEN_RANGES.len()]),
};

const OFFSETS: Code = Code {
    log_max: 8,
    predefined: (
        &[
            1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1,
            -1,
        ],
        5,
    ),
    symbol_count: OFFSET_CODE_MAX + 1,
    meaning: |symbol| (0, symbol as u8),
};

/// Code and extra bits of the largest offset; the RFC has one more, for offsets of
/// gigabytes.
const OFFSET_CODE_MAX: usize = 30;

/// Each range begins where the one before ends; the first ones have one value.
static LITERAL_LEN_RANGES: [u32; 36] = ranges(
    0,
    &[
        1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ],
);
static MATCH_LEN_RANGES: [u32; 53] = ranges(
    3,
    &[
        1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ],
);

/// Bits of a base. The last base is 65,539.
const BASE_BITS: u32 = 24;

/// Base and extra bits of a range.
fn meaning(range: u32) -> (u32, u8) {
    (range & ((1 << BASE_BITS) - 1), (range >> BASE_BITS) as u8)
}

/// Ranges from `base` on, the last ones with these extra bits. Each is its base, with the
/// number of extra bits above.
const fn ranges<const COUNT: usize>(mut base: u32, last: &[u8]) -> [u32; COUNT] {
    let mut ranges = [0; COUNT];
    let mut symbol = 0;
    while symbol < COUNT {
        let extra_bits = match symbol.checked_sub(COUNT - last.len()) {
            Some(index) => last[index],
            None => 0,
        };
        ranges[symbol] = base | (extra_bits as u32) << BASE_BITS;
        base += 1 << extra_bits;
        symbol += 1;
    }
    ranges
}

impl Sequences {
    /// Bytes of memory behind it.
    pub(super) const LEN: usize =
        3 * STATE_COUNT * size_of::<State>() + BATCH_LEN * size_of::<Sequence>();

    /// `None` if there is no memory.
    pub(super) fn new() -> Option<Self> {
        Some(Self {
            states: zeroed()?,
            logs: [None; 3],
            repeats: Repeats::FIRST,
            batch: zeroed()?,
        })
    }

    /// Forgets tables and offsets: another frame begins.
    pub(super) fn reset(&mut self) {
        self.logs = [None; 3];
        self.repeats = Repeats::FIRST;
    }

    /// Reads the section and appends to `output` what it makes of `literals`.
    pub(super) fn run(
        &mut self,
        mut input: Input<'_>,
        literals: &Literals,
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let count = read_count(&mut input)?;
        let mut literals = literals.with_slack();
        if count > 0 {
            self.read_tables(&mut input)?;
            self.execute(count, input.sequence_bits()?, &mut literals, output)?;
        } else {
            input.expect_end()?;
        }
        let len = literals.len().saturating_sub(SLACK);
        output.push(&literals[..len])
    }

    /// A byte names how each table is given, two bits each from the top.
    fn read_tables(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        let modes = input.byte()?;
        if modes & 3 != 0 {
            return Err(Error::Unsupported);
        }
        self.read_table(LITERAL_LEN, &LITERAL_LENS, modes >> 6, input)?;
        self.read_table(OFFSET, &OFFSETS, modes >> 4 & 3, input)?;
        self.read_table(MATCH_LEN, &MATCH_LENS, modes >> 2 & 3, input)
    }

    fn read_table(
        &mut self,
        table: usize,
        code: &Code,
        mode: u8,
        input: &mut Input<'_>,
    ) -> Result<(), Error> {
        let states = &mut self.states[table * STATE_COUNT..][..STATE_COUNT];
        let log = &mut self.logs[table];
        *log = match mode {
            3 => *log,
            _ => Some(code.read_table(mode, input, states)?),
        };
        Ok(())
    }

    fn execute(
        &mut self,
        count: usize,
        bits: SequenceBits<'_>,
        literals: &mut &[u8],
        output: &mut Output<'_>,
    ) -> Result<(), Error> {
        let mut walk = self.start(bits)?;
        for start in (0..count).step_by(BATCH_LEN) {
            let batch = &mut self.batch[..BATCH_LEN.min(count - start)];
            walk.decode(&self.states, &mut self.repeats, batch)?;
            output.push_sequences(literals, batch)?;
        }
        match walk.end.left() {
            0 => Ok(()),
            _ => Err(Error::BitStream),
        }
    }

    /// Reads the first states.
    fn start<'a>(&self, mut bits: SequenceBits<'a>) -> Result<Walk<'a>, Error> {
        let mut number = |table: usize| {
            let log = self.logs[table].ok_or(Error::Fse)?;
            Ok(bits.read(log.into()) as usize)
        };
        let literal_len = state::<LITERAL_LEN>(&self.states, number(LITERAL_LEN)?);
        let offset = state::<OFFSET>(&self.states, number(OFFSET)?);
        let match_len = state::<MATCH_LEN>(&self.states, number(MATCH_LEN)?);
        Ok(Walk {
            bits,
            end: bits,
            literal_len,
            offset,
            match_len,
        })
    }
}

impl Walk<'_> {
    /// Decodes as many sequences as `batch` has room for.
    #[inline(never)]
    fn decode(
        &mut self,
        states: &[State; 3 * STATE_COUNT],
        repeats: &mut Repeats,
        batch: &mut [Sequence],
    ) -> Result<(), Error> {
        // Copies, since what a reference points to is written in every round.
        let (mut walk, mut latest) = (*self, *repeats);
        for sequence in batch {
            *sequence = walk.next(states, &mut latest)?;
        }
        (*self, *repeats) = (walk, latest);
        Ok(())
    }

    /// Decodes one sequence. An error if the stream has ended well before it.
    #[inline(always)]
    fn next(
        &mut self,
        states: &[State; 3 * STATE_COUNT],
        repeats: &mut Repeats,
    ) -> Result<Sequence, Error> {
        let bits = &mut self.bits;
        bits.refill()?;
        let offset = bits.read_below_one(self.offset.extra_bits()) as u32;
        let mut match_len = self.match_len.base();
        let mut literal_len = self.literal_len.base();
        if self.match_len.either_has_extra(self.literal_len) {
            bits.refill()?;
            match_len += bits.read(self.match_len.extra_bits()) as u32;
            literal_len += bits.read(self.literal_len.extra_bits()) as u32;
            bits.refill()?;
        }
        self.end = *bits;
        self.literal_len = next::<LITERAL_LEN>(states, bits, self.literal_len);
        self.match_len = next::<MATCH_LEN>(states, bits, self.match_len);
        self.offset = next::<OFFSET>(states, bits, self.offset);
        Ok(Sequence {
            literal_len,
            match_len,
            offset: repeats.resolve(offset, literal_len == 0),
        })
    }
}

/// The state after `state`.
#[inline(always)]
fn next<const TABLE: usize>(
    states: &[State; 3 * STATE_COUNT],
    bits: &mut SequenceBits<'_>,
    state: State,
) -> State {
    let number = state.next(bits.read_below_others(state.next_bits()));
    self::state::<TABLE>(states, number)
}

#[inline(always)]
fn state<const TABLE: usize>(states: &[State; 3 * STATE_COUNT], number: usize) -> State {
    // Numbers are below the length of the table; the compiler doesn't know.
    states[TABLE * STATE_COUNT + number % STATE_COUNT]
}

/// What is read between two refills: an offset and three states, or a match and
/// a literal length.
const _: () =
    assert!(OFFSET_CODE_MAX as u32 + (9 + 9 + 8) <= REFILL_BITS && 16 + 16 <= REFILL_BITS);

/// The number of sequences, in one, two or three bytes.
fn read_count(input: &mut Input<'_>) -> Result<usize, Error> {
    Ok(match input.byte()? {
        short @ 0..128 => short.into(),
        high @ 128..255 => usize::from(high - 128) << 8 | usize::from(input.byte()?),
        255 => input.number(2)? as usize + 0x7f00,
    })
}

impl Code {
    /// Reads a table into `states` and gives the logarithm of its size.
    fn read_table(
        &self,
        mode: u8,
        input: &mut Input<'_>,
        states: &mut [State],
    ) -> Result<u32, Error> {
        let distribution = match mode {
            0 => Distribution::predefined(self.predefined.0, self.predefined.1),
            1 => {
                states[0] = self.constant(input.byte()?.into())?;
                return Ok(0);
            }
            _ => Distribution::read(input, self.symbol_count, self.log_max)?,
        };
        distribution.build(states, self.meaning)?;
        Ok(distribution.log)
    }

    /// The only state of a table that stands for one symbol.
    fn constant(&self, symbol: usize) -> Result<State, Error> {
        if symbol >= self.symbol_count {
            return Err(Error::Fse);
        }
        Ok(State::constant((self.meaning)(symbol)))
    }
}
