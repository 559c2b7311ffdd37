//! What a component is: its kind, its WASI versions, and its program.

use crate::component::error::ComponentError;
use crate::component::locate::{CoreModulePlace, part};
use crate::component::opened::opened_place;
use crate::component::parse::walk;
use crate::component::program::Overview;
use crate::module::Outline;
use std::collections::HashSet;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// How the program of a component uses WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The program imports preview 1, and an adapter implements it.
    Adapted,
    /// The program imports the interfaces of the component.
    Native,
}

/// A packed component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// How the packed core module uses WASI.
    pub kind: Kind,
    /// Whether the component was packed for hosts without `wasi:filesystem`.
    pub no_host_files: bool,
    /// The imported WASI packages, each once, such as `wasi:cli@0.2.3`.
    pub wasi: Vec<String>,
}

/// Describes the component in `source`, whose core module at `place` is packed. Reads no
/// code and no long data.
///
/// # Errors
///
/// The component is invalid.
pub fn describe(
    source: &Arc<dyn ReadAt>,
    place: &CoreModulePlace,
) -> Result<Description, ComponentError> {
    let overview = Overview::read(source, walk::layout(&**source)?)?;
    let outline = overview.outlines.get(place.number);
    Ok(Description {
        kind: match outline.is_some_and(Outline::opens_files) {
            true => Kind::Adapted,
            false => Kind::Native,
        },
        no_host_files: opened_place(&**source).is_some(),
        wasi: packages(overview.layout.imports()),
    })
}

/// The program of the component in `source`, if it also runs outside the component.
///
/// # Errors
///
/// The component is invalid or not made by the adapter, or its program imports more than
/// preview 1.
pub fn program(source: &Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>, ComponentError> {
    let overview = Overview::read(source, walk::layout(&**source)?)?;
    let number = overview.program()?;
    let outline = overview.outlines.get(number);
    match outline.and_then(Outline::other_import) {
        None => Ok(part(source, overview.layout.place(number))),
        Some(import) => Err(ComponentError::MoreImports {
            import: import.to_owned(),
        }),
    }
}

/// The package of an imported interface, such as `wasi:cli@0.2.3` of `wasi:cli/environment@0.2.3`.
pub fn package_of(import: &str) -> Option<String> {
    let (package, interface) = import.split_once('/')?;
    Some(match interface.split_once('@') {
        Some((_, version)) => format!("{package}@{version}"),
        None => package.to_owned(),
    })
}

fn packages(imports: &[String]) -> Vec<String> {
    // A set, because a hostile component may have many imports.
    let mut seen = HashSet::new();
    let wasi = imports.iter().filter(|import| import.starts_with("wasi:"));
    let packages = wasi.filter_map(|import| package_of(import));
    packages
        .filter(|package| seen.insert(package.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::packages;

    #[test]
    fn packages_are_listed_once() {
        let imports = [
            "wasi:cli/environment@0.2.3",
            "wasi:cli/stdout@0.2.3",
            "wasi:cli/stdout@0.2.4",
            "wasi:io/error",
            "local:thing/api@1.0.0",
            "wasi:odd",
        ];
        let found = packages(&imports.map(str::to_owned));
        assert_eq!(found, ["wasi:cli@0.2.3", "wasi:cli@0.2.4", "wasi:io"]);
    }
}
