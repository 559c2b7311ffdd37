//! The preview 1 calls that the runtime takes over, and their types.
//!
//! Does not own the list, which packer and runtime share.

use wasi_vfs_embedding::{CALLS, ValueType};
use wasmparser::{FuncType, ValType};

/// The module that preview 1 functions are imported from.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";

/// `NOSYS`: what a call that the application cannot make answers.
pub(super) const NOSYS: i32 = 52;

/// The type that preview 1 gives the call `name`, if the runtime serves it.
pub(super) fn call_type(name: &str) -> Option<FuncType> {
    let at = CALLS.binary_search_by_key(&name, |call| call.name).ok()?;
    let params = CALLS.get(at)?.params.iter().map(|ty| match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
    });
    Some(FuncType::new(params, [ValType::I32]))
}

/// The calls of preview 1 that take no descriptor, so that the runtime leaves them alone.
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

/// Names of all the calls that the runtime serves.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|call| call.name)
}

/// A function type as people write it: `(i32, i64) -> i32`.
pub(super) fn describe(ty: &FuncType) -> String {
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
    fn the_list_is_sorted_so_that_lookup_finds_all_of_it() {
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
