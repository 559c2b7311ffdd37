//! The functions that a wired runtime serves and calls, of every version of WASI.
//!
//! The ABI has a list for each version, and this file joins them. For example, both versions
//! have `get-directories`: the runtime exports that of 0.3 as `0.3 get-directories`. A
//! component lowers a function of 0.3 synchronously or with the option `async`, and an
//! [`Entry`] is a function together with that option.

use crate::module::calls;
use crate::module::merge::binding::handed::Handed;
use std::sync::Arc;
use wasi_vfs_embedding::ValueType;
use wasi_vfs_embedding::preview2::{self, Absent};
use wasi_vfs_embedding::preview3::{self, Field, MAX_ASYNC_PARAMS};
use wasmparser::FuncType;

/// A version of WASI for components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    /// 0.2.x.
    Preview2,
    /// 0.3.x.
    Preview3,
}

/// A function that the runtime serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    pub(crate) version: Version,
    /// The interface that has it, without the version. `None` for a built-in of the
    /// canonical ABI.
    pub(crate) interface: Option<&'static str>,
    /// Its name in WASI, or the name of the built-in and of its payload type.
    pub(crate) name: &'static str,
    /// The runtime's export.
    pub(crate) export: &'static str,
    /// The parameters that are handles. If none is one of the runtime's, the host answers.
    pub(crate) handles: &'static [usize],
    /// Core types of the parameters of the synchronous lowering.
    pub(crate) params: &'static [ValueType],
    /// Length in bytes of the value that the synchronous lowering returns as an `i32`, or 0.
    pub(crate) returned_len: u32,
    /// Where an asynchronous call finds the parameters, if it passes a record.
    pub(crate) record: &'static [Field],
    /// Whether it moves the bytes of packed files to the host.
    pub(crate) is_pump: bool,
}

/// A function such as `http-error-code`, which returns the code of another interface for an
/// error of a stream. The errors of packed files have none.
pub(crate) static ERROR_CODE: Function = Function {
    version: Version::Preview2,
    interface: None,
    name: "error-code",
    export: "error-code",
    handles: &[0],
    params: &[ValueType::I32, ValueType::I32],
    returned_len: 0,
    record: &[],
    is_pump: false,
};

const PREVIEW2_COUNT: usize = preview2::FUNCTIONS.len();
const FUNCTION_COUNT: usize = PREVIEW2_COUNT + preview3::FUNCTIONS.len();

/// The functions of all versions.
pub(crate) static FUNCTIONS: [Function; FUNCTION_COUNT] = {
    let mut all = [ERROR_CODE; FUNCTION_COUNT];
    let mut at = 0;
    while at < FUNCTION_COUNT {
        all[at] = match at < PREVIEW2_COUNT {
            true => of_preview2(&preview2::FUNCTIONS[at]),
            false => of_preview3(&preview3::FUNCTIONS[at - PREVIEW2_COUNT]),
        };
        at += 1;
    }
    all
};

/// The functions that only a runtime with a layer for changes serves, in place of those of
/// [`FUNCTIONS`] with the same name.
pub(crate) static OUTPUT_FUNCTIONS: [Function; OUTPUT_COUNT] = {
    let mut all = [ERROR_CODE; OUTPUT_COUNT];
    let mut at = 0;
    while at < preview2::OUTPUT_FUNCTIONS.len() {
        all[at] = of_preview2(&preview2::OUTPUT_FUNCTIONS[at]);
        at += 1;
    }
    let mut number = 0;
    while number < PREVIEW2_COUNT {
        let function = of_preview2(&preview2::FUNCTIONS[number]);
        if is_splice(function.name) {
            all[at] = Function {
                handles: preview2::SPLICE_HANDLES,
                ..function
            };
            at += 1;
        }
        number += 1;
    }
    assert!(at == OUTPUT_COUNT);
    all
};

/// `splice` and `blocking-splice` write to streams, too.
const OUTPUT_COUNT: usize = preview2::OUTPUT_FUNCTIONS.len() + 2;

/// Whether the function with this name copies one stream to another.
const fn is_splice(name: &str) -> bool {
    matches!(name.as_bytes(), [.., b's', b'p', b'l', b'i', b'c', b'e'])
}

const fn of_preview2(function: &preview2::Function) -> Function {
    Function {
        version: Version::Preview2,
        interface: Some(function.interface.name()),
        name: function.name,
        export: function.name,
        handles: function.handles,
        params: function.params,
        returned_len: if function.returns { 4 } else { 0 },
        record: &[],
        is_pump: false,
    }
}

const fn of_preview3(function: &preview3::Function) -> Function {
    Function {
        version: Version::Preview3,
        interface: function.interface.name(),
        name: function.name,
        export: function.export,
        handles: function.handles,
        params: function.params,
        returned_len: function.returned_len(),
        record: function.record,
        is_pump: matches!(function.interface, preview3::Interface::Pump),
    }
}

/// A function as a component lowers it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) function: &'static Function,
    /// Whether the lowering has the option `async`. Built-ins have one core type with and
    /// without it, so they count as synchronous.
    pub(crate) is_async: bool,
    /// The core type, if it is not that of the function.
    pub(crate) ty: Option<FuncType>,
    /// The streams that a call gives to the host.
    pub(crate) handed: Arc<[Handed]>,
}

impl Entry {
    /// An entry for a function with its own type.
    pub(crate) fn new(function: &'static Function, is_async: bool) -> Self {
        Self {
            function,
            is_async,
            ty: None,
            handed: [].into(),
        }
    }

    /// The core type of the lowering.
    pub(crate) fn core_type(&self) -> FuncType {
        if let Some(ty) = &self.ty {
            return ty.clone();
        }
        let (function, is_async) = (self.function, self.is_async);
        let returns = is_async || function.returned_len > 0;
        let params = match is_async {
            false => function.params.to_vec(),
            true => async_params(function),
        };
        core_type(&params, returns.then_some(ValueType::I32))
    }
}

/// The core parameters of an asynchronous lowering. The last one is the address of the
/// result.
fn async_params(function: &Function) -> Vec<ValueType> {
    let params = match function.returned_len {
        0 => function
            .params
            .split_last()
            .map_or(&[][..], |(_, rest)| rest),
        _ => function.params,
    };
    let mut params = match params.len() > MAX_ASYNC_PARAMS {
        true => vec![ValueType::I32],
        false => params.to_vec(),
    };
    params.push(ValueType::I32);
    params
}

/// A function of the host that the runtime calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostFunction {
    pub(crate) version: Version,
    /// The runtime's import.
    pub(crate) import: &'static str,
    /// Its name in WASI, or the name of the built-in and of its payload type.
    pub(crate) name: &'static str,
    pub(crate) absent: Absent,
    /// Core types of the parameters. The last one is the number of the lowering.
    pub(crate) params: &'static [ValueType],
    pub(crate) result: Option<ValueType>,
}

const PREVIEW2_HOST_COUNT: usize = preview2::HOST_FUNCTIONS.len();

/// The number of functions of the host that a runtime may call.
pub(crate) const HOST_COUNT: usize = PREVIEW2_HOST_COUNT + preview3::HOST_FUNCTIONS.len();

/// The functions of the host of all versions.
pub(crate) static HOST_FUNCTIONS: [HostFunction; HOST_COUNT] = {
    let mut all = [host_of_preview2(&preview2::HOST_FUNCTIONS[0]); HOST_COUNT];
    let mut at = 0;
    while at < HOST_COUNT {
        all[at] = match at < PREVIEW2_HOST_COUNT {
            true => host_of_preview2(&preview2::HOST_FUNCTIONS[at]),
            false => host_of_preview3(&preview3::HOST_FUNCTIONS[at - PREVIEW2_HOST_COUNT]),
        };
        at += 1;
    }
    all
};

const fn host_of_preview2(function: &preview2::HostFunction) -> HostFunction {
    HostFunction {
        version: Version::Preview2,
        import: function.name,
        name: function.name,
        absent: function.absent,
        params: function.params,
        result: match function.returns {
            true => Some(ValueType::I32),
            false => None,
        },
    }
}

const fn host_of_preview3(function: &preview3::HostFunction) -> HostFunction {
    HostFunction {
        version: Version::Preview3,
        import: function.import,
        name: function.name,
        absent: function.absent,
        params: function.params,
        result: function.result,
    }
}

impl HostFunction {
    /// The type of the runtime's import.
    pub(crate) fn import_type(&self) -> FuncType {
        core_type(self.params, self.result)
    }

    /// The core type of the function, which has no number of a lowering.
    pub(crate) fn core_type(&self) -> FuncType {
        let count = self.params.len().saturating_sub(1);
        core_type(self.params.get(..count).unwrap_or_default(), self.result)
    }
}

fn core_type(params: &[ValueType], result: Option<ValueType>) -> FuncType {
    let params = params.iter().map(|ty| calls::value_type(*ty));
    FuncType::new(params, result.map(calls::value_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_export_of_the_runtime_occurs_once() {
        for (at, function) in FUNCTIONS.iter().enumerate() {
            let mut earlier = FUNCTIONS[..at].iter();
            assert!(earlier.all(|other| other.export != function.export));
        }
        for (at, function) in HOST_FUNCTIONS.iter().enumerate() {
            let mut earlier = HOST_FUNCTIONS[..at].iter();
            assert!(earlier.all(|other| other.import != function.import));
        }
    }

    #[test]
    fn the_layer_serves_both_streams_of_a_splice() {
        let of_layer = OUTPUT_FUNCTIONS.iter();
        let splices = of_layer.filter(|function| is_splice(function.name));
        let handles: Vec<_> = splices.map(|function| function.handles).collect();
        assert_eq!(handles, [&[0, 1], &[0, 1]]);
    }

    #[test]
    fn asynchronous_lowerings_pass_four_parameters_or_a_record() {
        let ty = |name: &str| {
            let mut functions = FUNCTIONS.iter();
            let function = functions.find(|function| function.export == name);
            let function = function.expect("a function");
            let is_async = true;
            calls::describe(&Entry::new(function, is_async).core_type())
        };
        let expected = [
            ("0.3 get-directories", "(i32) -> (i32)"),
            (
                "0.3 [method]descriptor.stat-at",
                "(i32, i32, i32, i32, i32) -> (i32)",
            ),
            (
                "0.3 [method]descriptor.advise",
                "(i32, i64, i64, i32, i32) -> (i32)",
            ),
            ("0.3 [method]descriptor.open-at", "(i32, i32) -> (i32)"),
            (
                "0.3 [method]descriptor.is-same-object",
                "(i32, i32, i32) -> (i32)",
            ),
            (
                "0.3 [method]descriptor.write-via-stream",
                "(i32, i32, i64, i32) -> (i32)",
            ),
        ];
        for (name, expected) in expected {
            assert_eq!(ty(name), expected, "{name}");
        }
    }
}
