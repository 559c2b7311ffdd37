//! The exports that `run` calls: `_start` of a program, or those of `--invoke`.

use anyhow::{Result, bail};
use wasmi::{ExternType, FuncType, Module};

const START: &str = "_start";

/// Initialises a reactor, before any other export.
const INITIALIZE: &str = "_initialize";

/// The names of the exports to call, in order.
pub(super) fn entries(module: &Module, invoked: &[String]) -> Result<Vec<String>> {
    let mut names = invoked.to_vec();
    if names.is_empty() {
        names.push(START.to_owned());
    } else if is_function(module, INITIALIZE) && !names.iter().any(|name| name == INITIALIZE) {
        names.insert(0, INITIALIZE.to_owned());
    }
    for name in &names {
        check(module, name, invoked.is_empty())?;
    }
    Ok(names)
}

fn is_function(module: &Module, name: &str) -> bool {
    matches!(module.get_export(name), Some(ExternType::Func(_)))
}

fn check(module: &Module, name: &str, is_default: bool) -> Result<()> {
    match module.get_export(name) {
        Some(ExternType::Func(ty)) if is_callable(&ty) => Ok(()),
        Some(_) => {
            bail!("its export `{name}` is not a function without parameters and results")
        }
        None if is_default => bail!(
            "it has no `{START}`, so it is a library (a reactor); \
             name the functions to call with `--invoke EXPORT`{}",
            candidates(module)
        ),
        None => bail!("it has no export `{name}`{}", candidates(module)),
    }
}

fn is_callable(ty: &FuncType) -> bool {
    ty.params().is_empty() && ty.results().is_empty()
}

/// A hint with the exports that `--invoke` accepts.
fn candidates(module: &Module) -> String {
    const COUNT_MAX: usize = 5;
    let functions = module.exports().filter(|export| match export.ty() {
        ExternType::Func(ty) if export.name() != INITIALIZE => is_callable(ty),
        _ => false,
    });
    let names = functions.map(|export| {
        let name = crate::cli::text::escape(export.name().as_bytes());
        format!("`{name}`")
    });
    let mut names: Vec<_> = names.take(COUNT_MAX + 1).collect();
    if names.len() > COUNT_MAX {
        names[COUNT_MAX] = "...".to_owned();
    }
    match names.is_empty() {
        true => String::new(),
        false => format!("; it exports {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries_of(wat: &str, invoked: &[&str]) -> Result<Vec<String>> {
        let engine = wasmi::Engine::default();
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        let invoked: Vec<_> = invoked.iter().map(|&name| name.to_owned()).collect();
        entries(&module, &invoked)
    }

    const REACTOR: &str = r#"(module
        (func (export "a")) (func (export "_initialize")) (func (export "b"))
        (func (export "c") (param i32)))"#;

    #[test]
    fn a_program_starts_at_start() {
        let names = entries_of(r#"(module (func (export "_start")))"#, &[]);
        assert_eq!(names.unwrap(), ["_start"]);
    }

    #[test]
    fn a_reactor_is_initialised_once_and_first() {
        let names = entries_of(REACTOR, &["b", "a", "b"]).unwrap();
        assert_eq!(names, ["_initialize", "b", "a", "b"]);
        let names = entries_of(REACTOR, &["a", "_initialize"]).unwrap();
        assert_eq!(names, ["a", "_initialize"]);
    }

    #[test]
    fn exports_that_cannot_be_called_are_named() {
        for (invoked, words) in [
            (&["none"][..], "no export `none`; it exports `a`, `b`"),
            (&["a", "c"], "`c` is not a function without parameters"),
            (&[], "--invoke EXPORT`; it exports `a`"),
        ] {
            let error = entries_of(REACTOR, invoked).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
