//! Wires a runtime into a component that opens files by WASI 0.2 or 0.3, and removes it
//! again.
//!
//! Core code passes handles as numbers, and the numbers from 0x4000_0000 on are the
//! runtime's. Wiring inserts three core modules between the program and the functions that
//! it imports:
//!
//! ```text
//!  program --> shim --(table)--> runtime --> canon lower of the host's function
//!                                   ^
//!                                   fixup writes the entries of the runtime into the table
//! ```
//!
//! The core modules of the program stay unchanged, and so do the imports and exports of the
//! component. For example, the program calls `[method]descriptor.stat` of handle 5. The
//! shim calls the entry of this lowering, the entry sees that the handle is the host's, and
//! calls the host's function. Handle 0x4000_0001 goes to the runtime.
//!
//! | file | content |
//! |---|---|
//! | `interface`, `items`, `resources` | what the component imports and defines |
//! | `lowerings`, `memory`, `start` | the intercepted functions, and what is rejected |
//! | `escape`, `streams`, `content`, `exports` | the functions that could get handles of the runtime |
//! | `payloads`, `host` | built-ins for streams of packed files, and functions that the runtime calls |
//! | `pumps`, `abi` | the functions that give such streams to the host |
//! | `plan`, `shift` | the insertions, and the numbers behind them |
//! | `modules`, `names` | the stub, the shim and the fixup |
//! | `renumber`, `insert`, `remove`, `nested` | the bytes of the wired component, and back |
//! | `single` | whether the program can share its memory with the runtime |
//! | `receivers` | the core modules that get functions of files |
//! | `original` | the component without its image, of each form |

mod abi;
pub(super) mod content;
mod escape;
mod exports;
mod host;
mod insert;
pub(super) mod interface;
mod items;
mod lowerings;
mod memory;
mod modules;
mod names;
mod nested;
pub(super) mod original;
mod payloads;
mod plan;
mod pumps;
pub(super) mod receivers;
mod remove;
mod renumber;
mod resources;
pub(super) mod sections;
mod shift;
mod single;
mod start;
mod streams;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod text;

use crate::component::error::ComponentError;
use crate::component::parse::layout::Layout;
use crate::component::parse::walk;
use crate::component::replace::check_len;
use crate::component::wire::escape::Escape;
use crate::component::wire::nested::with_content;
use crate::component::wire::original::{taken_apart, without_image};
use crate::component::wire::plan::Plan;
use crate::component::wire_error::WireError;
use crate::module::{self, Embedded, Form, MemoryKind, Parts};
use crate::warning::Warning;
use std::borrow::Cow;
use wasmparser::MemoryType;

/// A validated component that a runtime can be wired into.
pub(crate) struct Wiring<'a> {
    original: Cow<'a, [u8]>,
    layout: Layout,
    memory: MemoryKind,
    allow_escape: bool,
    planned: Planned,
}

/// The wiring with a runtime, which has a layer if the component `keeps_changes`.
struct Planned {
    keeps_changes: bool,
    /// The number of the component that opens files.
    number: usize,
    plan: Plan,
    escapes: Vec<Escape>,
    /// The functions that could get a stream of a packed file, in words.
    receivers: Vec<String>,
    /// The memory that the runtime shares, if it does.
    shared: Option<MemoryType>,
}

impl Planned {
    fn new(
        original: &[u8],
        layout: &Layout,
        memory: MemoryKind,
        keeps_changes: bool,
    ) -> Result<Self, ComponentError> {
        let (number, items) = nested::user(original, layout)?;
        let types = module::component_types(original, number)?;
        let types = types.ok_or(WireError::NoFiles)?;
        let plan = Plan::new(&items, types.as_ref(), keeps_changes)?;
        let shared = match memory {
            MemoryKind::Separate => None,
            MemoryKind::Single => Some(plan.memory),
        };
        let shared = shared.map(|memory| single::shared(&items, types.as_ref(), memory));
        Ok(Self {
            keeps_changes,
            number,
            escapes: escape::find(&items, types.as_ref(), keeps_changes),
            receivers: streams::receivers(&items, types.as_ref()),
            plan,
            shared: shared.transpose()?,
        })
    }
}

impl<'a> Wiring<'a> {
    /// Parses and validates the component, and removes the image that it may have.
    /// `memory` is the kind of memory that the user chose. `None` keeps the kind of a packed
    /// component and selects the default for any other. With `allow_escape`,
    /// functions that may receive a handle of the runtime are a warning.
    ///
    /// # Errors
    ///
    /// The component is invalid or unsupported. Each error suggests a remedy.
    pub(crate) fn new(
        wasm: &'a [u8],
        memory: Option<MemoryKind>,
        allow_escape: bool,
    ) -> Result<Self, ComponentError> {
        let (original, form) = taken_apart(wasm)?;
        let memory = memory.unwrap_or(match form {
            Some(Form::Wired(kind)) => kind,
            _ => MemoryKind::default(),
        });
        let layout = walk::layout(&*original)?;
        let planned = Planned::new(&original, &layout, memory, false)?;
        let wiring = Self {
            original,
            layout,
            memory,
            allow_escape,
            planned,
        };
        wiring.reject_escapes()?;
        Ok(wiring)
    }

    /// Plans for a runtime with a layer, or for one without.
    ///
    /// # Errors
    ///
    /// Those of [`Wiring::new`]: with a layer, handles of output streams could reach other
    /// functions, too.
    pub(crate) fn keeping_changes(mut self, keeps_changes: bool) -> Result<Self, ComponentError> {
        if self.planned.keeps_changes != keeps_changes {
            let (original, layout) = (&self.original, &self.layout);
            self.planned = Planned::new(original, layout, self.memory, keeps_changes)?;
            self.reject_escapes()?;
        }
        Ok(self)
    }

    fn reject_escapes(&self) -> Result<(), WireError> {
        match self.allow_escape {
            true => Ok(()),
            false => reject(&self.planned.escapes),
        }
    }

    /// The form of the packed component.
    pub(crate) fn form(&self) -> Form {
        Form::Wired(self.memory)
    }

    /// Wires `runtime` with the image into the component.
    ///
    /// # Errors
    ///
    /// The runtime cannot be merged with the image, or the component has an encoding that
    /// unwiring would not restore.
    pub(crate) fn embed(
        self,
        parts: Parts<'_>,
        runtime: &[u8],
        runtime_version: &str,
    ) -> Result<Embedded, ComponentError> {
        let wiring = self.keeping_changes(parts.writable.is_some())?;
        let (original, memory, planned) = (wiring.original, wiring.memory, wiring.planned);
        let Some(component) = wiring.layout.components.get(planned.number) else {
            return Err(WireError::NoFiles.into());
        };
        // Merging copies the payload, so this check comes first.
        check_len(parts.payload.len() as u64)?;
        let mut warnings = warnings(&planned.escapes, planned.receivers);
        let failing = match planned.keeps_changes {
            true => planned.plan.failing_writes(),
            false => Vec::new(),
        };
        if !failing.is_empty() {
            warnings.push(Warning::CannotWrite(failing));
        }
        let stub = insert::stub(&planned.plan);
        let bindings = &planned.plan.bindings;
        let runtime =
            module::merge_into_stub(&stub, bindings, parts, runtime, runtime_version, memory);
        let runtime = runtime.map_err(WireError::from)?;
        if let Some(shared) = planned.shared {
            single::check_room(shared, &runtime)?;
        }
        check_len(runtime.len() as u64)?;
        let content = insert::wired(&original, component, &planned.plan, &runtime)?;
        drop(runtime);
        let module = with_content(&original, component, content)?;
        validate(&module, &original, memory).map_err(WireError::Output)?;
        check_reversible(&module, &original)?;
        Ok(Embedded {
            module,
            form: Form::Wired(memory),
            warnings,
        })
    }
}

/// Validates the packed component. With a shared memory, it may use multi-memory only if the
/// `original` does.
fn validate(wasm: &[u8], original: &[u8], memory: MemoryKind) -> Result<(), wasmparser::Error> {
    if memory == MemoryKind::Separate {
        return module::validate(wasm);
    }
    match module::validate_with(wasm, false) {
        Err(_) if module::validate_with(original, false).is_err() => module::validate(wasm),
        checked => checked,
    }
}

/// Rejects a component in which a handle may escape.
fn reject(escapes: &[Escape]) -> Result<(), WireError> {
    match escapes.first() {
        None => Ok(()),
        Some(Escape { user, resource }) => Err(WireError::Escape {
            user: user.clone(),
            resource,
        }),
    }
}

fn warnings(escapes: &[Escape], receivers: Vec<String>) -> Vec<Warning> {
    let users = escapes.iter().map(|escape| escape.user.clone());
    let warnings = [
        (Warning::Escapes as fn(_) -> _, users.collect()),
        (Warning::Streams, receivers),
    ];
    let warnings = warnings.into_iter();
    let warnings = warnings.filter(|(_, users): &(_, Vec<String>)| !users.is_empty());
    warnings.map(|(warning, users)| warning(users)).collect()
}

/// Rejects a component that unwiring would not restore. The encoder writes numbers in the
/// fewest bytes, and not every tool does.
fn check_reversible(wired: &[u8], original: &[u8]) -> Result<(), ComponentError> {
    let restored = without_image(wired)?;
    if *restored == *original {
        return Ok(());
    }
    let mut pairs = restored.iter().zip(original);
    let at = pairs.position(|(one, other)| one != other);
    let at = at.unwrap_or(restored.len().min(original.len()));
    let what = format!("the byte at offset {at:#x} would differ");
    Err(WireError::Unusual { what }.into())
}
