//! A packed module whose state can be kept.
//!
//! Owns the rejections that need no state.

use crate::component::is_component;
use crate::module::{Form, Located, Shape, id, locate, started, validate};
use crate::state::error::StateError;
use wasi_vfs_format::threads::with_threads;
use wasmparser::{Global, MemoryType, TypeRef, ValType};

/// The function of a reactor that runs its constructors.
pub(super) const INITIALIZE: &str = "_initialize";

/// A checked module.
pub(super) struct Program<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) located: Located,
    /// All globals that the module defines. Their numbers follow the imported ones.
    pub(super) globals: Vec<Global<'a>>,
}

impl<'a> Program<'a> {
    pub(super) fn parse(packed: &'a [u8]) -> Result<Self, StateError> {
        if is_component(packed) {
            return Err(StateError::Component);
        }
        let shape = Shape::parse(packed)?;
        with_threads(|| validate(packed))?;
        if started::find(&shape).is_some() {
            return Err(StateError::Second);
        }
        let located = locate(&shape)?.ok_or(StateError::NotPacked)?;
        if matches!(located.form, Form::Wired(_)) {
            return Err(StateError::Component);
        }
        if shape.exported_function("_start").is_some() {
            return Err(StateError::Command);
        }
        check_imports(&shape)?;
        check_memories(&shape)?;
        let globals = shape.items::<Global<'_>>(id::GLOBAL)?.into_iter().flatten();
        let program = Self {
            globals: globals.collect::<Result<_, _>>()?,
            located,
            shape,
        };
        program.check_globals()?;
        Ok(program)
    }

    /// The mutable globals, each with its number and type.
    pub(super) fn mutable_globals(&self) -> impl Iterator<Item = (u32, ValType)> {
        let numbered = (self.shape.imported.globals..).zip(&self.globals);
        let mutable = numbered.filter(|(_, global)| global.ty.mutable);
        mutable.map(|(number, global)| (number, global.ty.content_type))
    }

    /// The number of functions of the program itself. Those of a merged runtime follow.
    pub(super) fn own_function_count(&self) -> u32 {
        match self.located.form {
            Form::Linked => self.shape.counts.functions,
            _ => self.located.anchor.application.function_count.get(),
        }
    }

    fn check_globals(&self) -> Result<(), StateError> {
        use ValType::{F32, F64, I32, I64};
        let mut globals = self.mutable_globals();
        let other = globals.find(|(_, ty)| !matches!(ty, I32 | I64 | F32 | F64));
        other.map_or(Ok(()), |(number, ty)| {
            Err(StateError::GlobalType {
                number,
                ty: ty.to_string(),
            })
        })
    }
}

/// Rejects imports that hold a part of the state.
fn check_imports(shape: &Shape<'_>) -> Result<(), StateError> {
    for import in &shape.imports {
        let kind = match import.ty {
            TypeRef::Memory(_) => "memory",
            TypeRef::Table(_) => "table",
            TypeRef::Global(ty) if ty.mutable => "global",
            _ => continue,
        };
        return Err(StateError::Imported {
            kind,
            module: import.module.into(),
            name: import.name.into(),
        });
    }
    Ok(())
}

fn check_memories(shape: &Shape<'_>) -> Result<(), StateError> {
    let is_plain = |memory: &MemoryType| {
        !memory.memory64 && !memory.shared && matches!(memory.page_size_log2, None | Some(16))
    };
    let mut memories = (0..).zip(&shape.memories);
    match memories.find(|(_, memory)| !is_plain(memory)) {
        Some((number, _)) => Err(StateError::MemoryType { number }),
        None => Ok(()),
    }
}
