//! Placing the arguments of a call in the memory of the program.
//!
//! An allocator of the program owns the memory: one with one parameter, such as `malloc`, gets
//! the length, and one with four, such as `cabi_realloc`, gets `(0, 0, alignment, length)`. For
//! example, the text `"hi"` becomes two bytes at the address 4096 that `malloc(2)` returned,
//! and the function gets 4096 and 2.

use super::script::Argument;
use super::world::Closure;
use wasmi::{Func, Instance, Memory, Store, Val, ValType};

/// Exports that allocate, if the script names none.
const ALLOCATORS: [&str; 2] = ["cabi_realloc", "malloc"];

/// Alignment of addresses.
const WORD_LEN: usize = 4;

/// The memory and the allocator of a program.
pub(super) struct Placer<'s> {
    pub(super) store: &'s mut Store<Closure>,
    pub(super) instance: Instance,
    /// The allocator that the script names.
    pub(super) allocator: Option<&'s str>,
}

impl Placer<'_> {
    /// The values of the parameters of a function.
    pub(super) fn values(
        &mut self,
        arguments: &[Argument],
        types: &[ValType],
    ) -> Result<Vec<Val>, String> {
        let mut values = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Number(number) => {
                    values.push(typed(*number, types.get(values.len()))?);
                }
                Argument::Text(text) => {
                    let address = self.place(text.as_bytes(), 1)?;
                    values.extend([address, length(text.len())?].map(int));
                }
                Argument::CText(text) => values.push(int(self.c_text(text)?)),
                Argument::List(texts) => {
                    let address = self.list(texts)?;
                    values.extend([address, length(texts.len())?].map(int));
                }
                Argument::CList(texts) => values.push(int(self.c_list(texts)?)),
            }
        }
        let given: Vec<_> = values.iter().map(Val::ty).collect();
        match given == types {
            true => Ok(values),
            false => Err(format!(
                "takes ({}), and the line has ({}); a text or a list is an address and a \
                 length, and with `c` in front an address",
                words(types),
                words(&given)
            )),
        }
    }

    fn c_text(&mut self, text: &str) -> Result<u32, String> {
        self.place(&[text.as_bytes(), b"\0"].concat(), 1)
    }

    fn list(&mut self, texts: &[String]) -> Result<u32, String> {
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend(self.place(text.as_bytes(), 1)?.to_le_bytes());
            bytes.extend(length(text.len())?.to_le_bytes());
        }
        self.place(&bytes, WORD_LEN)
    }

    fn c_list(&mut self, texts: &[String]) -> Result<u32, String> {
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend(self.c_text(text)?.to_le_bytes());
        }
        bytes.extend([0; WORD_LEN]);
        self.place(&bytes, WORD_LEN)
    }

    /// Allocates room for `bytes` and writes them. Returns the address.
    fn place(&mut self, bytes: &[u8], alignment: usize) -> Result<u32, String> {
        let (name, allocator) = self.allocator()?;
        // Some allocators return a null address for no bytes.
        let len = int(length(bytes.len().max(1))?);
        let arguments = match allocator.ty(&*self.store).params().len() {
            1 => vec![len],
            4 => vec![Val::I32(0), Val::I32(0), Val::I32(alignment as i32), len],
            _ => return Err(format!("needs memory, and {}", not_allocator(&name))),
        };
        let mut results = [Val::I32(0)];
        let called = allocator.call(&mut *self.store, &arguments, &mut results);
        called.map_err(|error| format!("needs memory, and `{name}` failed: {error}"))?;
        let [result] = results;
        let address = result.i32().unwrap_or_default().cast_unsigned();
        let memory = self.memory()?;
        let written = memory.write(&mut *self.store, address as usize, bytes);
        match (address, written) {
            (0, _) => Err(format!("needs memory, and `{name}` has none left")),
            (_, Err(_)) => Err(format!(
                "needs memory, and `{name}` returned {address:#x}, which is outside of it"
            )),
            _ => Ok(address),
        }
    }

    fn allocator(&self) -> Result<(String, Func), String> {
        let names = match &self.allocator {
            Some(name) => vec![*name],
            None => ALLOCATORS.to_vec(),
        };
        let mut found = names.into_iter().filter_map(|name| {
            let function = self.instance.get_func(&*self.store, name)?;
            Some((name.to_owned(), function))
        });
        let Some((name, function)) = found.next() else {
            return Err(match &self.allocator {
                Some(name) => format!("needs memory, and the module exports no `{name}`"),
                None => "needs memory for a text; name the export that allocates it, with a line \
                         such as `allocator malloc`"
                    .into(),
            });
        };
        match function.ty(&*self.store).results() {
            [ValType::I32] if only_ints(&function.ty(&*self.store)) => Ok((name, function)),
            _ => Err(format!("needs memory, and {}", not_allocator(&name))),
        }
    }

    /// The memory of the program.
    pub(super) fn memory(&self) -> Result<Memory, String> {
        let memory = self.instance.get_memory(&*self.store, "memory");
        memory.ok_or_else(|| "needs the export `memory`, which the module lacks".into())
    }
}

fn only_ints(ty: &wasmi::FuncType) -> bool {
    ty.params().iter().all(|ty| *ty == ValType::I32)
}

fn not_allocator(name: &str) -> String {
    format!("`{name}` does not allocate: expected one or four parameters and a result of i32")
}

fn int(number: u32) -> Val {
    Val::I32(number.cast_signed())
}

fn length(len: usize) -> Result<u32, String> {
    u32::try_from(len).map_err(|_| "has a text of more than 4 GiB".into())
}

/// An integer as a parameter of this type.
fn typed(number: i64, ty: Option<&ValType>) -> Result<Val, String> {
    match ty {
        Some(ValType::I64) => Ok(Val::I64(number)),
        Some(ValType::F32 | ValType::F64) => {
            Err("takes a float, and a script has integers and texts only".into())
        }
        _ => {
            let int = i32::try_from(number).ok();
            let int = int.or_else(|| u32::try_from(number).ok().map(u32::cast_signed));
            int.map(Val::I32)
                .ok_or_else(|| format!("takes an i32, and {number} is outside of its range"))
        }
    }
}

fn words(types: &[ValType]) -> String {
    let words: Vec<_> = types
        .iter()
        .map(|ty| format!("{ty:?}").to_lowercase())
        .collect();
    words.join(", ")
}
