//! The imports that a merge binds to the runtime.

use crate::module::calls;
use crate::module::calls::PREVIEW1;
use crate::module::parse::shape::Shape;
use wasmparser::Import;

/// The application's imports that are intercepted, in order. Import number `n`
/// of them becomes the function `application functions + n`: unmerging counts
/// on that.
pub(crate) fn intercepted<'s, 'a>(
    application: &'s Shape<'a>,
) -> impl Iterator<Item = (u32, &'s Import<'a>)> {
    (0..)
        .zip(application.imported_functions())
        .filter(|(_, import)| import.module == PREVIEW1 && calls::call_type(import.name).is_some())
}
