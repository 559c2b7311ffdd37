//! The imports that a merge binds to the runtime.

use crate::module::calls;
use crate::module::calls::PREVIEW1;
use crate::module::parse::shape::Shape;
use wasmparser::Import;

/// The intercepted imports, in order. References to number `n` of them become references to
/// the function `functions of the application + n`. Unmerging relies on this.
pub(crate) fn intercepted<'s, 'a>(
    application: &'s Shape<'a>,
) -> impl Iterator<Item = (u32, &'s Import<'a>)> {
    (0..)
        .zip(application.imported_functions())
        .filter(|(_, import)| import.module == PREVIEW1 && calls::call_type(import.name).is_some())
}
