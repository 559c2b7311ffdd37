//! `poll_oneoff`, whose subscriptions have another layout.
//!
//! | word | `wasi_unstable`, 56 bytes | preview 1, 48 bytes |
//! |---|---|---|
//! | 0, 1 | user data, type | user data, type |
//! | 2 | a clock's identifier, or the descriptor | a clock's number, or the descriptor |
//! | 3 | a clock's number | timeout |
//! | 4, 5, 6 | timeout, precision, flags | precision, flags, none |
//!
//! So a clock loses word 2, and any other subscription word 3. For example, three
//! subscriptions at 1000 become three of 48 bytes at 1000, and their lost words at 1144,
//! 1152 and 1160. That is the length of the original array.

use crate::module::calls::FAULT;
use crate::module::edit::code::Code;
use crate::module::preview0::memory::{copy, end_of, load64, memory_len, product, store64};
use wasm_encoder::{Function, Instruction, ValType};

use Instruction as I;

/// Length of a subscription in both versions, and of an event.
const SUBSCRIPTION_LEN: i32 = 56;
const CONVERTED_LEN: i32 = 48;
const SPARE_LEN: i32 = SUBSCRIPTION_LEN - CONVERTED_LEN;
const EVENT_LEN: i64 = 32;

/// Converts the subscriptions where they are, and back after the call.
///
/// A converted array starts with all subscriptions, 48 bytes each. Behind them are the 8
/// bytes that each has lost. So no byte of the program is overwritten, and the array can
/// be restored.
pub(crate) fn adapter(call: u32) -> Function {
    let [subscriptions, events, count, event_count] = [0, 1, 2, 3];
    let mut code = Code::new(&[(4, ValType::I32), (7, ValType::I64)]);
    let poll = Poll {
        subscriptions,
        count,
        at: 4,
        record: 5,
        source: 6,
        errno: 7,
        words: [8, 9, 10, 11, 12, 13, 14],
    };
    code.all(end_of(
        subscriptions,
        &product(count, SUBSCRIPTION_LEN.into()),
    ));
    code.all(memory_len());
    code.all([I::I64GtU]);
    code.when([I::I32Const(FAULT), I::Return]);
    poll.convert(&mut code);
    code.all([subscriptions, events, count, event_count].map(I::LocalGet));
    code.all([I::Call(call), I::LocalTee(poll.errno), I::I32Eqz]);
    // A program may have its events written over its subscriptions. They must stay.
    code.when_all(|code| {
        for (start, len) in [
            (events, product(count, EVENT_LEN).to_vec()),
            (event_count, vec![I::I64Const(4)]),
        ] {
            let array = product(count, SUBSCRIPTION_LEN.into());
            code.all(overlap((subscriptions, &array), (start, &len)));
            code.when([I::I32Const(0), I::Return]);
        }
    });
    poll.restore(&mut code);
    code.all([I::LocalGet(poll.errno)]);
    code.finish()
}

/// The locals of a poll.
struct Poll {
    subscriptions: u32,
    count: u32,
    /// Number of the subscription at hand.
    at: u32,
    /// Its address in the converted array.
    record: u32,
    /// Its address in the program's own array.
    source: u32,
    errno: u32,
    words: [u32; 7],
}

impl Poll {
    /// From the first to the last. Each moves the lost bytes of those before it up.
    fn convert(&self, code: &mut Code) {
        let more = [I::LocalGet(self.at), I::LocalGet(self.count), I::I32LtU];
        code.repeat_while(more, |code| {
            self.find_places(code);
            self.load(code, self.source, 0..7);
            self.move_lost(code, [CONVERTED_LEN, 0]);
            let [userdata, tag, second, third, rest @ ..] = self.words;
            let choice = |clock, other| [I::LocalGet(clock), I::LocalGet(other)];
            self.store_words(code, &[(0, userdata), (8, tag)]);
            self.store_words(code, &[(24, rest[0]), (32, rest[1]), (40, rest[2])]);
            code.all([I::LocalGet(self.record)]);
            code.all(choice(third, second));
            code.all(self.is_clock());
            code.all([I::Select, store64(16)]);
            // The lost bytes are the last of the subscription.
            code.all([I::LocalGet(self.source)]);
            code.all(choice(second, third));
            code.all(self.is_clock());
            code.all([I::Select, store64(48)]);
            code.all([I::LocalGet(self.at), I::I32Const(1), I::I32Add]);
            code.all([I::LocalSet(self.at)]);
        });
    }

    /// From the last to the first. Each moves the lost bytes of those before it down.
    fn restore(&self, code: &mut Code) {
        let more = [I::LocalGet(self.at)];
        code.repeat_while(more, |code| {
            code.all([I::LocalGet(self.at), I::I32Const(1), I::I32Sub]);
            code.all([I::LocalSet(self.at)]);
            self.find_places(code);
            self.load(code, self.record, 0..6);
            let last = self.words[6];
            code.all([I::LocalGet(self.source), load64(48), I::LocalSet(last)]);
            self.move_lost(code, [0, CONVERTED_LEN]);
            code.all([I::LocalGet(self.source), I::LocalSet(self.record)]);
            let [userdata, tag, second, rest @ ..] = self.words;
            self.store_words(code, &[(0, userdata), (8, tag)]);
            self.store_words(code, &[(32, rest[0]), (40, rest[1]), (48, rest[2])]);
            for (offset, clock, other) in [(16, last, second), (24, second, last)] {
                code.all([I::LocalGet(self.record)]);
                code.all([I::LocalGet(clock), I::LocalGet(other)]);
                code.all(self.is_clock());
                code.all([I::Select, store64(offset)]);
            }
        });
    }

    /// Sets both addresses. The lost bytes of the subscriptions before this one lie
    /// between them.
    fn find_places(&self, code: &mut Code) {
        for (address, len) in [
            (self.record, CONVERTED_LEN),
            (self.source, SUBSCRIPTION_LEN),
        ] {
            code.all([I::LocalGet(self.subscriptions)]);
            code.all(self.scaled(len));
            code.all([I::I32Add, I::LocalSet(address)]);
        }
    }

    /// The number of the subscription, times `len`.
    fn scaled(&self, len: i32) -> [I<'static>; 3] {
        [I::LocalGet(self.at), I::I32Const(len), I::I32Mul]
    }

    fn load(&self, code: &mut Code, address: u32, words: std::ops::Range<u64>) {
        for (word, local) in words.zip(self.words) {
            code.all([I::LocalGet(address), load64(8 * word), I::LocalSet(local)]);
        }
    }

    /// Moves the lost bytes of the subscriptions before this one to `to` behind its
    /// converted place, from `from` behind it.
    fn move_lost(&self, code: &mut Code, [to, from]: [i32; 2]) {
        for offset in [to, from] {
            code.all([I::LocalGet(self.record), I::I32Const(offset), I::I32Add]);
        }
        code.all(self.scaled(SPARE_LEN));
        code.all([copy()]);
    }

    fn store_words(&self, code: &mut Code, words: &[(u64, u32)]) {
        for &(offset, word) in words {
            code.all([I::LocalGet(self.record), I::LocalGet(word), store64(offset)]);
        }
    }

    /// Whether the loaded subscription is one of a clock: its tag is a byte.
    fn is_clock(&self) -> [I<'static>; 5] {
        let tag = self.words[1];
        [
            I::LocalGet(tag),
            I::I32WrapI64,
            I::I32Const(0xff),
            I::I32And,
            I::I32Eqz,
        ]
    }
}

/// Whether two ranges, each a local and a length, have a byte in common.
fn overlap<'i>(one: (u32, &[I<'i>]), other: (u32, &[I<'i>])) -> Vec<I<'i>> {
    let mut instructions = Vec::new();
    for ((start, _), (end, len)) in [(one, other), (other, one)] {
        instructions.extend([I::LocalGet(start), I::I64ExtendI32U]);
        instructions.extend(end_of(end, len));
        instructions.push(I::I64LtU);
    }
    instructions.push(I::I32And);
    instructions
}
