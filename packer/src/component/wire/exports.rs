//! The exports through which a caller reaches a lifted function of a component.
//!
//! wit-component passes the lifted functions of an interface to a nested component, and
//! exports the instance of that. For example, a function is passed as `import-func-mk`, the
//! nested component exports it as `mk`, and the component exports the instance as
//! `root:component/api`. Its caller only knows `mk` of `root:component/api`.

use crate::component::parse::walk;
use crate::component::wire::items::{Function, Items, Passed};
use std::collections::HashMap;

/// The name of an import of a nested component, and the export that is the same function.
type Reexports<'a> = HashMap<&'a str, &'a str>;

/// The exports of a component.
pub(super) struct Exports<'s, 'a> {
    items: &'s Items<'a>,
    /// The first place that each function is passed to.
    passed: HashMap<u32, Passed<'a>>,
    /// The names of exported instances.
    interfaces: HashMap<u32, &'a str>,
    /// The parsed nested components, by number. Many functions are passed to each.
    nested: HashMap<u32, Reexports<'a>>,
}

impl<'s, 'a> Exports<'s, 'a> {
    pub(super) fn new(items: &'s Items<'a>) -> Self {
        let mut passed = HashMap::new();
        for place in &items.passed {
            passed.entry(place.function).or_insert(*place);
        }
        Self {
            items,
            passed,
            interfaces: items.exported_instances.iter().copied().collect(),
            nested: HashMap::new(),
        }
    }

    /// The caller of `function`, in words.
    pub(super) fn caller(&mut self, function: u32) -> String {
        let Some(Passed { instance, name, .. }) = self.passed.get(&function).copied() else {
            return format!("a caller of function {function}");
        };
        let Some(instance) = instance else {
            return format!("a caller of the export `{name}`");
        };
        let name = self.reexport(instance, name).unwrap_or(name);
        match self.interfaces.get(&instance) {
            Some(interface) => format!("a caller of the export `{name}` of `{interface}`"),
            None => format!("a caller of the export `{name}`"),
        }
    }

    /// The name under which `instance` exports its argument `name`.
    fn reexport(&mut self, instance: u32, name: &str) -> Option<&'a str> {
        let number = *self.items.instantiated.get(&instance)?;
        let wasm = self.items.components.get(number as usize).copied()??;
        let nested = self.nested.entry(number);
        let reexports = nested.or_insert_with(|| reexports(wasm).unwrap_or_default());
        reexports.get(name).copied()
    }
}

fn reexports(wasm: &[u8]) -> Option<Reexports<'_>> {
    let layout = walk::layout(wasm).ok()?;
    let items = Items::parse(wasm, &layout.components.first()?.sections).ok()?;
    let exported = items.passed.iter().filter(|place| place.instance.is_none());
    let pairs = exported.filter_map(|place| {
        let (function, _) = items.functions.get(place.function as usize)?;
        match *function {
            Function::Import(import) => Some((import, place.name)),
            _ => None,
        }
    });
    Some(pairs.collect())
}
