//! The preview 1 calls that the runtime serves, and their types.
//!
//! Does not own the list, which packer and runtime share.

use wasi_vfs_embedding::{CALLS, ValueType};
use wasmparser::{FuncType, ValType};

/// Module name of preview 1 imports.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Module name of imports of the WASI before preview 1.
pub(super) const PREVIEW0: &str = "wasi_unstable";

/// `FAULT`: the error of an address that is not in memory.
pub(super) const FAULT: i32 = 21;

/// `NOSYS`: the error of a host call that the application does not import.
pub(super) const NOSYS: i32 = 52;

/// The preview 1 type of the call `name`, if the runtime serves that call.
pub(super) fn call_type(name: &str) -> Option<FuncType> {
    let at = CALLS.binary_search_by_key(&name, |call| call.name).ok()?;
    let params = CALLS.get(at)?.params.iter().copied().map(value_type);
    Some(FuncType::new(params, [ValType::I32]))
}

/// The core type of a parameter.
pub(super) fn value_type(ty: ValueType) -> ValType {
    match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    }
}

/// The other calls of preview 1. They take no descriptor, so they stay the host's.
const OTHERS: [&str; 10] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
];

/// Whether preview 1 has the call `name`.
pub(super) fn is_defined(name: &str) -> bool {
    call_type(name).is_some() || OTHERS.contains(&name)
}

/// Names of all calls that the runtime serves.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|call| call.name)
}

/// A function type in words, such as `(i32, i64) -> (i32)`.
pub(crate) fn describe(ty: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let names: Vec<String> = types.iter().map(ValType::to_string).collect();
        names.join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_finds_every_listed_call() {
        for call in CALLS {
            let ty = call_type(call.name).expect("listed");
            assert_eq!(ty.params().len(), call.params.len(), "{}", call.name);
        }
        assert!(call_type("clock_time_get").is_none());
        assert!(call_type("path_").is_none());
    }

    #[test]
    fn types_read_like_signatures() {
        let ty = call_type("fd_seek").expect("listed");
        assert_eq!(describe(&ty), "(i32, i64, i32, i32) -> (i32)");
    }
}
