//! Facts about a program that may surprise its user after packing.
//!
//! Owns the checks that lead to a warning. A check that leads to an error is in
//! [`crate::module::check::subject`].

use crate::module::calls;
use crate::module::calls::PREVIEW1;
use crate::module::edit::custom;
use crate::module::form::Form;
use crate::module::parse::shape::Shape;
use crate::{DroppedSection, Warning};
use wasmparser::TypeRef;

/// An export of each module that Asyncify has instrumented.
const ASYNCIFIED: &str = "asyncify_start_unwind";

/// The warnings about a program that is packed in this form.
pub(crate) fn of(program: &Shape<'_>, form: Form) -> Vec<Warning> {
    let mut warnings = Vec::new();
    // What is linked in was instrumented with the rest of the program.
    if form != Form::Linked && program.exported_function(ASYNCIFIED).is_some() {
        warnings.push(Warning::Asyncified);
    }
    let unknown = unknown_calls(program);
    if !unknown.is_empty() {
        warnings.push(Warning::UnknownCalls(unknown));
    }
    warnings
}

/// Calls of preview 1 by the module that they are imported from, and not by their name.
fn unknown_calls(program: &Shape<'_>) -> Vec<String> {
    let imports = program.imports.iter().filter(|import| {
        import.module == PREVIEW1
            && matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_))
            && !calls::is_defined(import.name)
    });
    let mut names: Vec<_> = imports.map(|import| import.name.to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The warnings about custom sections that packing has dropped.
pub(crate) fn of_dropped(sections: Vec<DroppedSection>) -> Vec<Warning> {
    let (signatures, others): (Vec<_>, Vec<_>) = sections
        .into_iter()
        .partition(|section| custom::is_signature(&section.name));
    let mut warnings = Vec::new();
    if !signatures.is_empty() {
        let names = signatures.into_iter().map(|section| section.name);
        warnings.push(Warning::Unsigned(names.collect()));
    }
    if !others.is_empty() {
        warnings.push(Warning::DroppedSections(others));
    }
    warnings
}
