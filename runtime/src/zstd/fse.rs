//! Finite state entropy: distributions and the tables made of them (RFC 8878,
//! 4.1).

use super::bits::ForwardBits;
use super::error::Error;
use super::input::Input;

/// Symbols of the largest alphabet, that of match lengths.
const SYMBOL_COUNT_MAX: usize = 53;

/// Above the number of every state. As a power of two it also cuts off what lies
/// above the base of the next state.
pub(super) const NUMBER_END: usize = 1 << 9;

/// The smallest logarithm of a table's size that a description can name.
const LOG_MIN: u32 = 5;

/// One state of a table: all of it in one register, since a loop that decodes
/// sequences needs three of them and more.
///
/// From the lowest bit on: bits of the next state (6), extra bits (6), which of
/// the bits of the next state's number are not read (9, and 2 that are zero),
/// that number with ones where they are (9), nothing (8), base of the value (24).
/// The first two are shifted by, and so need not be masked.
#[derive(Clone, Copy, Default)]
pub(super) struct State(u64);

impl State {
    /// A state that no other follows.
    pub(super) fn constant((base, extra_bits): (u32, u8)) -> Self {
        Self(u64::from(extra_bits) << 6 | u64::from(base) << 40)
    }

    /// The same symbol before those states whose numbers begin with `next`.
    fn before(self, next: u16, next_bits: u8) -> Self {
        let read = (1 << (next_bits & 15)) - 1;
        let next = usize::from(next) | read;
        let number = (!read % NUMBER_END) << 12 | (next % NUMBER_END) << 23;
        let symbol = self.0 & (63 << 6 | u64::MAX << 40);
        Self(symbol | u64::from(next_bits) | number as u64)
    }

    /// The least value that the symbol stands for.
    #[inline(always)]
    pub(super) fn base(self) -> u32 {
        (self.0 >> 40) as u32
    }

    /// How many bits are added to that, below others.
    #[inline(always)]
    pub(super) fn extra_bits(self) -> u64 {
        self.0 >> 6
    }

    /// Whether this or the other takes extra bits.
    #[inline(always)]
    pub(super) fn either_has_extra(self, other: Self) -> bool {
        (self.0 | other.0) >> 6 & 63 > 0
    }

    /// How many bits the number of the next state takes, below others.
    #[inline(always)]
    pub(super) fn next_bits(self) -> u64 {
        self.0
    }

    /// The number of the next state, given those bits below any others. They are
    /// the lowest of it: the base is a multiple of what they can be.
    #[inline(always)]
    pub(super) fn next(self, bits: u64) -> usize {
        let low = self.0 as u32;
        ((bits as u32 | low >> 12) & low >> 23) as usize
    }

    /// The symbol, where that has been put in place of the next state.
    fn symbol(self) -> usize {
        self.next(0)
    }
}

/// How many of a table's states stand for each symbol.
pub(super) struct Distribution {
    /// -1 is one state too, which then takes as many bits as the table has.
    counts: [i16; SYMBOL_COUNT_MAX],
    symbol_count: usize,
    /// The table has `1 << log` states.
    pub(super) log: u32,
}

impl Distribution {
    /// One of the RFC's own.
    pub(super) fn predefined(list: &[i8], log: u32) -> Self {
        let mut counts = [0; SYMBOL_COUNT_MAX];
        let symbol_count = list.len().min(SYMBOL_COUNT_MAX);
        for (count, listed) in counts.iter_mut().zip(list) {
            *count = i16::from(*listed);
        }
        Self {
            counts,
            symbol_count,
            log,
        }
    }

    /// Reads a description of up to `symbol_count_max` symbols (4.1.1).
    pub(super) fn read(
        input: &mut Input<'_>,
        symbol_count_max: usize,
        log_max: u32,
    ) -> Result<Self, Error> {
        let mut bits = ForwardBits::new(input.rest());
        let log = bits.read(4) + LOG_MIN;
        if log > log_max {
            return Err(Error::Fse);
        }
        let mut counts = [0; SYMBOL_COUNT_MAX];
        let places = counts.get_mut(..symbol_count_max).ok_or(Error::Fse)?;
        let symbol_count = read_counts(&mut bits, places, 1 << log)?;
        input.take(bits.byte_len())?;
        Ok(Self {
            counts,
            symbol_count,
            log,
        })
    }

    /// Fills the first `1 << log` of `states`; `meaning` gives base and extra
    /// bits of a symbol.
    pub(super) fn build(
        &self,
        states: &mut [State],
        meaning: impl Fn(usize) -> (u32, u8),
    ) -> Result<(), Error> {
        let states = states.get_mut(..1 << self.log).ok_or(Error::Fse)?;
        self.spread(states, meaning)?;
        let mut uses = self.counts.map(i16::unsigned_abs);
        for state in states {
            let uses = uses.get_mut(state.symbol()).ok_or(Error::Fse)?;
            let next_bits = self.log.wrapping_sub((*uses | 1).ilog2()) & 15;
            let next = (*uses << next_bits).wrapping_sub(1 << self.log);
            *state = state.before(next, next_bits as u8);
            *uses += 1;
        }
        Ok(())
    }

    /// Gives each state its meaning, and as base of the next state the number of
    /// its symbol: symbols of count -1 at the end, the others in steps through
    /// the rest.
    fn spread(
        &self,
        states: &mut [State],
        meaning: impl Fn(usize) -> (u32, u8),
    ) -> Result<(), Error> {
        let mask = states.len() - 1;
        let step = states.len() / 2 + states.len() / 8 + 3;
        let counts = || self.counts[..self.symbol_count].iter().enumerate();
        let state = |symbol| State::constant(meaning(symbol)).before(symbol as u16, 0);
        let mut end = states.len();
        for (symbol, _) in counts().filter(|(_, count)| **count == -1) {
            end = end.checked_sub(1).ok_or(Error::Fse)?;
            states[end] = state(symbol);
        }
        let mut position = 0;
        for (symbol, &count) in counts().filter(|(_, count)| **count > 0) {
            let state = state(symbol);
            for _ in 0..count {
                states[position] = state;
                // Each number up to `mask` comes up once in so many steps, and
                // the counts add up to the states: this ends.
                position = (position + step) & mask;
                while position >= end && position > 0 {
                    position = (position + step) & mask;
                }
            }
        }
        Ok(())
    }
}

/// Reads counts that add up to `total`, and gives how many there were.
fn read_counts(bits: &mut ForwardBits<'_>, counts: &mut [i16], total: u32) -> Result<usize, Error> {
    // One more than the states that are left.
    let mut remaining = total + 1;
    let mut symbol = 0;
    while remaining > 1 {
        let count = read_count(bits, remaining);
        *counts.get_mut(symbol).ok_or(Error::Fse)? = count;
        remaining -= u32::from(count.unsigned_abs());
        symbol += 1;
        if count == 0 {
            symbol += read_zeros(bits);
        }
    }
    Ok(symbol)
}

/// Reads a count below `remaining`. It has the bits that `remaining` needs, or
/// one fewer: then the numbers that are not needed are saved at the low end.
fn read_count(bits: &mut ForwardBits<'_>, remaining: u32) -> i16 {
    let width = remaining.ilog2();
    let middle = 1 << width;
    let saved = 2 * middle - 1 - remaining;
    let short = bits.peek(width);
    if short < saved {
        bits.skip(width);
        return short as i16 - 1;
    }
    let long = bits.read(width + 1);
    let value = if long < middle { long } else { long - saved };
    value as i16 - 1
}

/// Reads how many more counts are zero: two bits at a time, until not all ones.
fn read_zeros(bits: &mut ForwardBits<'_>) -> usize {
    let mut zeros = 0;
    loop {
        let more = bits.read(2) as usize;
        zeros += more;
        // No alphabet has more, and zeros without end cannot follow.
        if more < 3 || zeros > SYMBOL_COUNT_MAX {
            return zeros;
        }
    }
}
