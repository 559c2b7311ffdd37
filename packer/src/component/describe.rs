//! What a component is: its program, its imports and its memory.

use crate::component::error::ComponentError;
use crate::component::locate::{CoreModulePlace, part};
use crate::component::parse::walk;
use crate::component::program::Overview;
use std::sync::Arc;
use wasi_vfs_format::ReadAt;

/// A component whose program opens files by preview 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The core module with the program and its memory.
    pub program: CoreModulePlace,
    /// The imported WASI packages, each once, such as `wasi:cli@0.2.3`.
    pub wasi: Vec<String>,
    /// The names of all imports of the component.
    pub imports: Vec<String>,
    /// Whether the program imports preview 1 only, so it also runs without the adapter.
    pub is_preview1_only: bool,
}

/// Describes the component in `source`. Reads no code and no long data.
///
/// # Errors
///
/// The component is invalid, or cannot be packed because of its core modules.
pub fn describe(source: &Arc<dyn ReadAt>) -> Result<Description, ComponentError> {
    let overview = Overview::read(source, walk::layout(&**source)?)?;
    let number = overview.program()?;
    let outline = overview.outlines.get(number);
    Ok(Description {
        program: CoreModulePlace {
            number,
            range: overview.layout.place(number),
        },
        wasi: packages(overview.layout.imports()),
        imports: overview.layout.imports().to_vec(),
        is_preview1_only: outline.is_some_and(|outline| outline.needs_only_preview1()),
    })
}

/// The program of the component in `source`, as a source of its own.
///
/// # Errors
///
/// Those of [`describe`].
pub fn program(source: &Arc<dyn ReadAt>) -> Result<Arc<dyn ReadAt>, ComponentError> {
    Ok(part(source, describe(source)?.program.range))
}

/// The WASI packages of interfaces: `wasi:cli@0.2.3` of `wasi:cli/environment@0.2.3`.
fn packages(imports: &[String]) -> Vec<String> {
    let mut packages = Vec::new();
    for import in imports.iter().filter(|import| import.starts_with("wasi:")) {
        let Some((package, interface)) = import.split_once('/') else {
            continue;
        };
        let package = match interface.split_once('@') {
            Some((_, version)) => format!("{package}@{version}"),
            None => package.to_owned(),
        };
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    packages
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
