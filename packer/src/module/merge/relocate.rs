//! Function bodies of the runtime whose memory is a region of another memory.
//!
//! An address of the runtime counts from the start of its region. Each access adds the
//! start, which a local holds. The local is read from the global when a function starts, and
//! again after each call during which the region may move. For example, `i32.load` on the
//! address in local 0 becomes `local.get 0`, `local.get start`, `i32.add`, `i32.load`. A
//! constant address becomes the offset of the access.
//!
//! The sum does not overflow, because the region is in a memory of at most 4 GiB and the
//! runtime accesses only its own memory. Engines add the offset without overflow, too.
//!
//! Engines may support bulk memory only, so newer instructions are replaced.

use crate::module::merge::region::Region;
use crate::module::parse::shape::PAGE_SHIFT;
use wasm_encoder::{Function, Instruction, MemArg, ValType};

use Instruction as I;

/// An instruction of the runtime, with the numbers of the merged module.
pub(crate) struct Step<'a> {
    pub(crate) instruction: Instruction<'a>,
    /// Number of its operands and results. `None` for instructions whose arity depends on
    /// their context, such as control instructions.
    pub(crate) arity: Option<(u32, u32)>,
    /// Whether the region may move meanwhile.
    pub(crate) may_move: bool,
}

/// A function of the runtime.
pub(crate) struct Body<'a> {
    pub(crate) parameter_count: u32,
    pub(crate) locals: Vec<(u32, ValType)>,
    pub(crate) steps: Vec<Step<'a>>,
}

/// The access of an instruction with an address operand.
enum Access<'i> {
    /// The address is the last operand.
    Load(&'i mut MemArg),
    /// The address is the operand below the last, which has this type.
    Store(&'i mut MemArg, ValType),
}

/// Whether this file can relocate an instruction that names a memory.
pub(crate) fn is_known(instruction: &Instruction<'_>) -> bool {
    let whole = matches!(
        instruction,
        I::MemorySize(_) | I::MemoryGrow(_) | I::MemoryFill(_) | I::MemoryCopy { .. }
    );
    whole || access(&mut instruction.clone()).is_some()
}

/// Encodes a body with all accesses in `region`.
pub(crate) fn relocated(region: &Region, body: Body<'_>) -> Function {
    let mut relocation = Relocation::new(region, body);
    for at in 0..relocation.steps.len() {
        relocation.place(at);
    }
    relocation.encode()
}

/// A step and its changes.
struct Placed<'a> {
    step: Step<'a>,
    /// Whether to add the start to the last operand before it.
    add_start: bool,
    /// The local for its last operand, while the start is added to the address below.
    aside: Option<u32>,
}

struct Relocation<'r, 'a> {
    region: &'r Region,
    locals: Vec<(u32, ValType)>,
    /// Number of the next local.
    next_local: u32,
    /// The local with the start of the region.
    start: u32,
    uses_start: bool,
    steps: Vec<Placed<'a>>,
}

impl<'r, 'a> Relocation<'r, 'a> {
    fn new(region: &'r Region, body: Body<'a>) -> Self {
        let declared: u32 = body.locals.iter().map(|(count, _)| count).sum();
        let start = body.parameter_count + declared;
        let mut locals = body.locals;
        locals.push((1, ValType::I32));
        let placed = |step| Placed {
            step,
            add_start: false,
            aside: None,
        };
        Self {
            region,
            locals,
            next_local: start + 1,
            start,
            uses_start: false,
            steps: body.steps.into_iter().map(placed).collect(),
        }
    }

    /// Plans the changes for the access of step `at`.
    fn place(&mut self, at: usize) {
        let Some(placed) = self.steps.get_mut(at) else {
            return;
        };
        match access(&mut placed.step.instruction) {
            None => return,
            Some(Access::Load(_)) => self.add_start(at, at),
            Some(Access::Store(_, ty)) => match self.start_of_value(at) {
                Some(start) => self.add_start(start, at),
                None => self.put_aside(at, ty),
            },
        }
        self.uses_start = true;
    }

    /// The first step that computes the last operand of step `at`. Before it, the address
    /// is the last operand. `None` if there are control instructions in between, or a call
    /// during which the region may move.
    fn start_of_value(&self, at: usize) -> Option<usize> {
        // Number of values above the address, from the last step back. No step has more than
        // one result, so the number is 0 exactly where the value starts.
        let mut above = 1;
        for (position, placed) in self.steps.iter().enumerate().take(at).rev() {
            let step = &placed.step;
            let (takes, gives) = step.arity?;
            if gives > 1 || step.may_move || matches!(step.instruction, I::Unreachable) {
                return None;
            }
            above = above - gives + takes;
            if above == 0 {
                return Some(position);
            }
        }
        None
    }

    /// Adds the start to the last operand before step `at`, for the access of step
    /// `access_at`. A constant becomes the offset of the access, and the start its address.
    fn add_start(&mut self, at: usize, access_at: usize) {
        let previous = at.checked_sub(1).and_then(|at| self.steps.get(at));
        let constant = match previous.map(|placed| &placed.step.instruction) {
            Some(I::I32Const(value)) => Some(value.cast_unsigned()),
            _ => None,
        };
        if constant.is_some_and(|constant| self.add_offset(access_at, constant)) {
            if let Some(placed) = self.steps.get_mut(at - 1) {
                placed.step.instruction = I::LocalGet(self.start);
            }
        } else if let Some(placed) = self.steps.get_mut(at) {
            placed.add_start = true;
        }
    }

    /// Adds to the offset of an access, if the sum fits.
    fn add_offset(&mut self, at: usize, constant: u32) -> bool {
        let placed = self.steps.get_mut(at);
        let access = placed.and_then(|placed| access(&mut placed.step.instruction));
        let Some(Access::Load(memarg) | Access::Store(memarg, _)) = access else {
            return false;
        };
        let offset = memarg.offset + u64::from(constant);
        if offset > u32::MAX.into() {
            return false;
        }
        memarg.offset = offset;
        true
    }

    fn put_aside(&mut self, at: usize, ty: ValType) {
        if let Some(placed) = self.steps.get_mut(at) {
            placed.aside = Some(self.next_local);
            self.locals.push((1, ty));
            self.next_local += 1;
        }
    }

    fn encode(mut self) -> Function {
        let mut steps = self.steps.iter();
        self.uses_start |= steps.any(|placed| matches!(placed.step.instruction, I::MemorySize(_)));
        if !self.uses_start {
            // It is the last local, because no operand was put aside.
            self.locals.pop();
        }
        // Neighbours of one type form one group, as text tools write them.
        let types = self.locals.iter();
        let types = types.flat_map(|(count, ty)| std::iter::repeat_n(*ty, *count as usize));
        let mut function = Function::new_with_locals_types(types);
        self.take_start(&mut function);
        for placed in &self.steps {
            self.encode_step(&mut function, placed);
        }
        function
    }

    fn take_start(&self, function: &mut Function) {
        if self.uses_start {
            function.instruction(&I::GlobalGet(self.region.base()));
            function.instruction(&I::LocalSet(self.start));
        }
    }

    fn encode_step(&self, function: &mut Function, placed: &Placed<'_>) {
        let relative = [I::LocalGet(self.start), I::I32Add];
        if let Some(aside) = placed.aside {
            function.instruction(&I::LocalSet(aside));
            encode_all(function, &relative);
            function.instruction(&I::LocalGet(aside));
        } else if placed.add_start {
            encode_all(function, &relative);
        }
        match self.replacement(&placed.step.instruction) {
            Some(instructions) => encode_all(function, &instructions),
            None => {
                function.instruction(&placed.step.instruction);
            }
        }
        if placed.step.may_move {
            self.take_start(function);
        }
    }

    /// The instructions that replace one, if it is replaced.
    fn replacement(&self, instruction: &Instruction<'_>) -> Option<Vec<I<'static>>> {
        Some(match instruction {
            I::MemoryCopy { .. } => vec![I::Call(self.region.copy())],
            I::MemoryFill(_) => vec![I::Call(self.region.fill())],
            I::MemoryGrow(_) => vec![I::Call(self.region.extend())],
            I::MemorySize(_) => vec![
                I::MemorySize(0),
                I::LocalGet(self.start),
                I::I32Const(PAGE_SHIFT),
                I::I32ShrU,
                I::I32Sub,
            ],
            I::I32Extend8S => sign_extension32(24),
            I::I32Extend16S => sign_extension32(16),
            I::I64Extend8S => sign_extension64(56),
            I::I64Extend16S => sign_extension64(48),
            I::I64Extend32S => sign_extension64(32),
            _ => return None,
        })
    }
}

fn encode_all(function: &mut Function, instructions: &[Instruction<'_>]) {
    for instruction in instructions {
        function.instruction(instruction);
    }
}

/// Shifts to the highest bits and back.
fn sign_extension32(by: i32) -> Vec<I<'static>> {
    vec![I::I32Const(by), I::I32Shl, I::I32Const(by), I::I32ShrS]
}

fn sign_extension64(by: i64) -> Vec<I<'static>> {
    vec![I::I64Const(by), I::I64Shl, I::I64Const(by), I::I64ShrS]
}

fn access<'i>(instruction: &'i mut Instruction<'_>) -> Option<Access<'i>> {
    Some(match instruction {
        I::I32Load(memarg)
        | I::I64Load(memarg)
        | I::F32Load(memarg)
        | I::F64Load(memarg)
        | I::I32Load8S(memarg)
        | I::I32Load8U(memarg)
        | I::I32Load16S(memarg)
        | I::I32Load16U(memarg)
        | I::I64Load8S(memarg)
        | I::I64Load8U(memarg)
        | I::I64Load16S(memarg)
        | I::I64Load16U(memarg)
        | I::I64Load32S(memarg)
        | I::I64Load32U(memarg) => Access::Load(memarg),
        I::I32Store(memarg) | I::I32Store8(memarg) | I::I32Store16(memarg) => {
            Access::Store(memarg, ValType::I32)
        }
        I::I64Store(memarg)
        | I::I64Store8(memarg)
        | I::I64Store16(memarg)
        | I::I64Store32(memarg) => Access::Store(memarg, ValType::I64),
        I::F32Store(memarg) => Access::Store(memarg, ValType::F32),
        I::F64Store(memarg) => Access::Store(memarg, ValType::F64),
        _ => return None,
    })
}
