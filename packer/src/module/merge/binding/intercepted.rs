//! An import of the application that becomes an entry of the runtime.
//!
//! For example, the entry of `[method]descriptor.stat` returns what the import returns,
//! unless parameter 0 is a handle of the runtime. Then it calls the runtime's function.
//!
//! The runtime's functions have the shape of synchronous lowerings, so the entry of an
//! asynchronous one converts. For example, `open-at` passes the address of a record, and
//! the handle is the first field. The entry loads the fields, calls the runtime, and returns
//! that the call is complete.

use crate::module::merge::binding::handed::Handed;
use crate::module::merge::binding::owner::{is_foreign, place};
use crate::module::merge::glue::pass;
use std::sync::Arc;
use wasi_vfs_embedding::preview3::{Field, RETURNED};
use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::FuncType;

use Instruction as I;

/// An import of the application that becomes an entry of the runtime.
pub(crate) struct Intercepted<'a> {
    /// Number of the imported function.
    pub(crate) import: u32,
    /// Its name in WASI.
    pub(crate) name: &'a str,
    /// The runtime's export.
    pub(crate) export: &'a str,
    pub(crate) answer: Answer,
    /// Parameters that are handles. If none is the runtime's, the import answers. Empty if
    /// the runtime answers every call.
    pub(crate) handles: &'static [usize],
    pub(crate) convention: Convention,
    /// The streams that a call of the import gives to the host.
    pub(crate) handed: Arc<[Handed]>,
    /// The last argument of the runtime's function, behind those of the import.
    pub(crate) lowering: Option<i32>,
}

/// Who answers a call that the import does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The export of the runtime.
    Runtime,
    /// The entry, with `none` at the address in the last parameter.
    None,
}

/// How the import passes its arguments and its result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Convention {
    /// The import answers, and gets streams of the host in place of the runtime's.
    Host,
    /// The import runs first, and the runtime's function gets its result, if any. It is a
    /// function of the program, and the caller is the host.
    Task,
    /// As the runtime does.
    Sync,
    /// The last parameter is the address of the result, and the import returns a status.
    Async {
        /// The fields of the record at the address in parameter 0. Empty if the parameters
        /// are those of the runtime's function.
        record: &'static [Field],
        /// Length in bytes of the value that the runtime's function returns, or 0.
        returned_len: u32,
    },
}

impl Convention {
    fn record(self) -> &'static [Field] {
        match self {
            Self::Host | Self::Task | Self::Sync => &[],
            Self::Async { record, .. } => record,
        }
    }
}

impl Intercepted<'_> {
    /// The name of the entry.
    pub(crate) fn entry_name(&self) -> String {
        match self.lowering {
            None => self.name.into(),
            Some(lowering) => format!("{lowering} {}", self.name),
        }
    }

    /// Lets the import answer calls without a handle of the runtime. It also answers those
    /// with a misaligned record: the engine traps on them.
    pub(crate) fn pass_foreign(&self, body: &mut Function, ty: &FuncType, hand_over: u32) {
        if self.handles.is_empty() {
            return;
        }
        let record = self.convention.record();
        for (at, handle) in self.handles.iter().enumerate() {
            push(body, record, *handle);
            is_foreign(body);
            if at > 0 {
                body.instruction(&I::I32And);
            }
        }
        if let Some(alignment) = record.iter().map(|field| field.len).max() {
            body.instruction(&I::LocalGet(0));
            body.instruction(&I::I32Const(alignment.cast_signed() - 1));
            body.instruction(&I::I32And);
            body.instruction(&I::I32Or);
        }
        body.instruction(&I::If(BlockType::Empty));
        self.call_host(body, ty, hand_over);
        body.instruction(&I::Return);
        body.instruction(&I::End);
    }

    /// Calls the import. `hand_over` replaces a stream of the runtime by one of the host.
    fn call_host(&self, body: &mut Function, ty: &FuncType, hand_over: u32) {
        for handed in &*self.handed {
            handed.replace(body, ty, self.lowering.unwrap_or_default(), hand_over);
        }
        pass(body, ty);
        body.instruction(&I::Call(self.import));
    }

    /// Stores `none` as the result, and ends the body.
    pub(crate) fn answer_none(&self, body: &mut Function, ty: &FuncType) {
        let ret = ty.params().len().saturating_sub(1) as u32;
        body.instruction(&I::LocalGet(ret));
        body.instruction(&I::I32Const(0));
        body.instruction(&I::I32Store8(place(0)));
        body.instruction(&I::End);
    }

    /// Calls `function` of the runtime with all arguments, and ends the body.
    pub(crate) fn call(&self, body: &mut Function, ty: &FuncType, function: u32) {
        match self.convention {
            Convention::Host => self.call_host(body, ty, function),
            Convention::Task => {
                pass(body, ty);
                body.instruction(&I::Call(self.import));
                self.call_runtime(body, function);
            }
            Convention::Sync => {
                pass(body, ty);
                self.call_runtime(body, function);
            }
            Convention::Async {
                record,
                returned_len,
            } => {
                let ret = ty.params().len().saturating_sub(1);
                if returned_len > 0 {
                    push(body, &[], ret);
                }
                for argument in 0..if record.is_empty() { ret } else { record.len() } {
                    push(body, record, argument);
                }
                if returned_len == 0 {
                    push(body, &[], ret);
                }
                self.call_runtime(body, function);
                store(body, returned_len);
                body.instruction(&I::I32Const(RETURNED));
            }
        }
        body.instruction(&I::End);
    }

    fn call_runtime(&self, body: &mut Function, function: u32) {
        if let Some(lowering) = self.lowering {
            body.instruction(&I::I32Const(lowering));
        }
        body.instruction(&I::Call(function));
    }
}

/// Pushes argument `at`: the field of the record, or the parameter if there is none.
fn push(body: &mut Function, record: &[Field], at: usize) {
    let Some(field) = record.get(at) else {
        body.instruction(&I::LocalGet(at as u32));
        return;
    };
    let place = place(field.offset);
    body.instruction(&I::LocalGet(0));
    body.instruction(&match field.len {
        1 => I::I32Load8U(place),
        8 => I::I64Load(place),
        _ => I::I32Load(place),
    });
}

/// Stores the value of this length that is above its address.
fn store(body: &mut Function, len: u32) {
    match len {
        0 => {}
        1 => {
            body.instruction(&I::I32Store8(place(0)));
        }
        _ => {
            body.instruction(&I::I32Store(place(0)));
        }
    }
}
