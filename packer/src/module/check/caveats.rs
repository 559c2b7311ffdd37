//! Properties of a program that may surprise its user after packing.
//!
//! Owns the checks that lead to a warning. [`crate::module::check::subject`] has those
//! that lead to an error.

use crate::module::calls;
use crate::module::calls::PREVIEW1;
use crate::module::edit::custom;
use crate::module::form::Form;
use crate::module::parse::shape::Shape;
use crate::module::preview0::convert::is_converted;
use crate::{DroppedSection, Warning};
use wasmparser::TypeRef;

/// An export of each module that Asyncify has instrumented.
const ASYNCIFIED: &str = "asyncify_start_unwind";

/// The warnings about a program that is packed in this form.
pub(crate) fn of(program: &Shape<'_>, form: Form) -> Vec<Warning> {
    let mut warnings = Vec::new();
    // Asyncify instruments a linked runtime with the rest of the program.
    if form != Form::Linked && program.exported_function(ASYNCIFIED).is_some() {
        warnings.push(Warning::Asyncified);
    }
    if is_converted(program) {
        warnings.push(Warning::Preview0);
    }
    let unknown = unknown_calls(program);
    if !unknown.is_empty() {
        warnings.push(Warning::UnknownCalls(unknown));
    }
    warnings
}

/// Imports from the module of preview 1 that preview 1 does not define.
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

/// The warnings about dropped custom sections.
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
