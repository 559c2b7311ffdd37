//! A function body without the code behind questions whose answer is known.
//!
//! A question is a call without parameters. Its answer decides the branch that follows, so
//! one of the two ways is never taken. For example, `call $links`, `i32.eqz`, `br_if 2`
//! becomes `br 2` if the answer is 0, and the instructions behind it, up to the end of the
//! block, are removed.
//!
//! Instructions are copied or left out, and never change, with two exceptions: the `if` of a
//! question becomes a `block`, and `br_if` becomes `br`. Each block stays, so all labels keep
//! their numbers.

use crate::module::error::ModuleError;
use wasmparser::{FunctionBody, Operator};

/// `i32.const`, `br`, `block`, `unreachable`.
const CONST: u8 = 0x41;
const BR: u8 = 0x0c;
const BLOCK: u8 = 0x02;
const UNREACHABLE: u8 = 0x00;

/// The body, a part of `wasm`, with each question answered. `answer` knows the functions
/// that are questions.
pub(super) fn folded(
    wasm: &[u8],
    body: &FunctionBody<'_>,
    answer: &dyn Fn(u32) -> Option<bool>,
) -> Result<Vec<u8>, ModuleError> {
    let mut operators = body.get_operators_reader()?;
    let bytes = |range: std::ops::Range<usize>| wasm.get(range).unwrap_or_default();
    let locals = body.range().start..operators.original_position();
    let mut fold = Fold {
        code: bytes(locals).to_vec(),
        frames: vec![Frame::new(Kind::Block)],
        is_live: true,
        skipped: 0,
        known: None,
    };
    while !operators.eof() {
        let start = operators.original_position();
        let operator = operators.read()?;
        let encoded = bytes(start..operators.original_position());
        fold.take(&operator, encoded, answer)?;
    }
    Ok(fold.code)
}

/// A block of which at least the start can be reached.
struct Frame {
    kind: Kind,
    /// Whether a branch leads to its label.
    is_target: bool,
    /// Whether the first arm of an `if` reaches its end. Without a second arm, whether the
    /// condition may skip the first.
    skips: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The body of a function counts as a block.
    Block,
    Loop,
    If,
    /// An `if` whose condition is known.
    Known(bool),
}

impl Frame {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            is_target: false,
            skips: matches!(kind, Kind::If | Kind::Known(false)),
        }
    }
}

/// The state behind an instruction.
struct Fold {
    code: Vec<u8>,
    frames: Vec<Frame>,
    /// Whether the next instruction can be reached.
    is_live: bool,
    /// Open blocks that cannot be reached at all.
    skipped: u32,
    /// The number that a question has left on the stack, which is not encoded yet.
    known: Option<bool>,
}

impl Fold {
    fn take(
        &mut self,
        operator: &Operator<'_>,
        encoded: &[u8],
        answer: &dyn Fn(u32) -> Option<bool>,
    ) -> Result<(), ModuleError> {
        if !self.is_live {
            self.skip(operator, encoded);
            return Ok(());
        }
        if let Some(known) = self.known.take() {
            match *operator {
                Operator::I32Eqz => {
                    self.known = Some(!known);
                    return Ok(());
                }
                Operator::BrIf { relative_depth } => {
                    self.branch_if(known, relative_depth, encoded);
                    return Ok(());
                }
                Operator::If { .. } => {
                    self.open_known(known, encoded);
                    return Ok(());
                }
                _ => self.code.extend([CONST, known.into()]),
            }
        }
        if let Operator::Call { function_index } = *operator {
            self.known = answer(function_index);
            if self.known.is_some() {
                return Ok(());
            }
        }
        self.copy(operator, encoded)
    }

    /// An instruction that cannot be reached. Only the end of its block or the second arm of
    /// an `if` may be reachable again.
    fn skip(&mut self, operator: &Operator<'_>, encoded: &[u8]) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.skipped += 1;
            }
            Operator::End if self.skipped > 0 => self.skipped -= 1,
            Operator::End => self.close(encoded),
            Operator::Else if self.skipped == 0 => self.second_arm(encoded),
            _ => {}
        }
    }

    fn copy(&mut self, operator: &Operator<'_>, encoded: &[u8]) -> Result<(), ModuleError> {
        match operator {
            Operator::End => {
                self.close(encoded);
                return Ok(());
            }
            Operator::Else => {
                self.second_arm(encoded);
                return Ok(());
            }
            Operator::Block { .. } => self.frames.push(Frame::new(Kind::Block)),
            Operator::Loop { .. } => self.frames.push(Frame::new(Kind::Loop)),
            Operator::If { .. } => self.frames.push(Frame::new(Kind::If)),
            Operator::Br { relative_depth } => {
                self.target(*relative_depth);
                self.is_live = false;
            }
            Operator::BrIf { relative_depth } => self.target(*relative_depth),
            Operator::BrTable { targets } => {
                self.target(targets.default());
                for target in targets.targets() {
                    self.target(target?);
                }
                self.is_live = false;
            }
            Operator::Return | Operator::Unreachable | Operator::ReturnCall { .. } => {
                self.is_live = false;
            }
            other => check_simple(other)?,
        }
        self.code.extend(encoded);
        Ok(())
    }

    fn target(&mut self, depth: u32) {
        let at = self.frames.len().checked_sub(depth as usize + 1);
        if let Some(frame) = at.and_then(|at| self.frames.get_mut(at)) {
            frame.is_target = true;
        }
    }

    /// `br_if` with a known condition. The label follows the opcode.
    fn branch_if(&mut self, known: bool, depth: u32, encoded: &[u8]) {
        if known {
            self.target(depth);
            self.is_live = false;
            self.code.push(BR);
            self.code.extend(encoded.iter().skip(1));
        }
    }

    /// `if` with a known condition. The type follows the opcode.
    fn open_known(&mut self, known: bool, encoded: &[u8]) {
        self.code.push(BLOCK);
        self.code.extend(encoded.iter().skip(1));
        self.frames.push(Frame::new(Kind::Known(known)));
        self.is_live = known;
    }

    fn second_arm(&mut self, encoded: &[u8]) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        frame.skips = self.is_live;
        match frame.kind {
            Kind::Known(first) => self.is_live = !first,
            Kind::Block | Kind::Loop | Kind::If => {
                self.is_live = true;
                self.code.extend(encoded);
            }
        }
    }

    fn close(&mut self, encoded: &[u8]) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.code.extend(encoded);
        let is_target = frame.is_target && frame.kind != Kind::Loop;
        self.is_live = self.is_live || frame.skips || is_target;
        if !self.is_live && !self.frames.is_empty() {
            // Validators take the end of a block for reachable.
            self.code.push(UNREACHABLE);
        }
    }
}

/// Rejects instructions with labels that this file does not know.
fn check_simple(operator: &Operator<'_>) -> Result<(), ModuleError> {
    let is_unknown = matches!(
        operator,
        Operator::TryTable { .. }
            | Operator::Try { .. }
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
    );
    match is_unknown {
        false => Ok(()),
        true => Err(ModuleError::Runtime(
            "it has an exception, a tail call or a branch on a reference".into(),
        )),
    }
}
