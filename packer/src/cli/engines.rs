//! The engines that `wasi-vfs check` names.
//!
//! `tests/src/engine_list.rs` has the evidence for each name, and a test compares the
//! lists.

use wasi_vfs::component::package_of;

/// Engines for one kind of file.
pub(super) struct Engines {
    /// Engines that accept two memories.
    multi_memory: &'static [&'static str],
    /// Engines that accept only one.
    one_memory: &'static [&'static str],
}

/// Engines that run modules.
pub(super) const MODULES: Engines = Engines {
    multi_memory: &[
        "wasmtime",
        "Wasmer",
        "wasmi",
        "WasmEdge",
        "Node 22 and later",
        "Deno 1.38 and later",
        "Chromium 120 and later",
        "Firefox 125 and later",
        "Safari of 2026 and later",
    ],
    one_memory: &["Node 20", "wazero", "WAMR", "pywasm"],
};

/// Engines that run components of WASI 0.2.
const COMPONENTS: Engines = Engines {
    multi_memory: &["wasmtime", "jco with --multi-memory"],
    one_memory: &["jco"],
};

/// Engines that run components of WASI 0.3. jco translates their async functions to
/// JavaScript Promise Integration (JSPI).
const COMPONENTS_0_3: Engines = Engines {
    multi_memory: &[
        "wasmtime 46 and later",
        "jco with --multi-memory on engines with JSPI",
    ],
    one_memory: &["jco on engines with JSPI"],
};

impl Engines {
    /// The engines for a component with these `imports`.
    pub(super) fn of_component(imports: &[String]) -> &'static Self {
        match imports.iter().any(|import| is_wasi_0_3(import)) {
            true => &COMPONENTS_0_3,
            false => &COMPONENTS,
        }
    }

    /// The engines that accept two memories.
    pub(super) fn with_multi_memory(&self) -> Vec<&'static str> {
        self.multi_memory.to_vec()
    }

    /// All engines. Those that accept two memories are first.
    pub(super) fn all(&self) -> Vec<&'static str> {
        [self.multi_memory, self.one_memory].concat()
    }
}

fn is_wasi_0_3(import: &str) -> bool {
    let package = package_of(import).unwrap_or_default();
    package.starts_with("wasi:") && package.contains("@0.3.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_import_of_wasi_0_3_decides() {
        let engines = |imports: &[&str]| {
            let imports: Vec<_> = imports.iter().map(|&import| import.to_owned()).collect();
            Engines::of_component(&imports).all()
        };
        let old = ["wasi:cli/run@0.2.0", "local:thing/api@0.3.0", "name"];
        assert_eq!(engines(&old), COMPONENTS.all());
        let mixed = ["wasi:cli/stdout@0.2.6", "wasi:filesystem/types@0.3.2"];
        assert_eq!(engines(&mixed), COMPONENTS_0_3.all());
    }
}
