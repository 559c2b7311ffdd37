//! Handles of values that a program gives to its host.
//!
//! Programs with bindings of early `wit-bindgen`, such as Ruby, import functions of the module
//! `canonical_abi`: `resource_new_KIND` wraps a value of the program in a handle, and
//! `resource_drop_KIND` ends a handle. After the last handle of a value has ended, the host calls
//! the export `canonical_abi_drop_KIND`, here after all other calls. For example, evaluating Ruby code returns a handle of the
//! resulting object, and Ruby keeps the object until then.
//!
//! No handle outlives the start, because the hosts of later instances do not know it.

/// The module of the imports.
pub(super) const MODULE: &str = "canonical_abi";

/// An operation on handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    New,
    Get,
    Clone,
    Drop,
}

impl Operation {
    /// The operation of an import, and its kind of handles.
    pub(super) fn of_import(name: &str) -> Option<(Self, &str)> {
        let (operation, kind) = name.strip_prefix("resource_")?.split_once('_')?;
        let operation = match operation {
            "new" => Self::New,
            "get" => Self::Get,
            "clone" => Self::Clone,
            "drop" => Self::Drop,
            _ => return None,
        };
        Some((operation, kind))
    }
}

/// The export that the host calls when the last handle of a value ends.
pub(super) fn destructor(kind: &str) -> String {
    format!("canonical_abi_drop_{kind}")
}

/// A value of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) kind: String,
    pub(super) bits: i32,
}

/// All handles.
#[derive(Debug, Default)]
pub(super) struct Handles {
    values: Vec<Value>,
    /// The position of the value of each handle. `None` after its end.
    slots: Vec<Option<usize>>,
}

impl Handles {
    /// Runs an operation. `None` if the handle does not exist.
    pub(super) fn run(&mut self, operation: Operation, kind: &str, argument: i32) -> Option<i32> {
        match operation {
            Operation::New => {
                self.values.push(Value {
                    kind: kind.into(),
                    bits: argument,
                });
                self.add(self.values.len() - 1)
            }
            Operation::Get => {
                let value = self.value_of(argument)?;
                Some(self.values.get(value)?.bits)
            }
            Operation::Clone => self.add(self.value_of(argument)?),
            Operation::Drop => {
                self.slots
                    .get_mut(usize::try_from(argument).ok()?)?
                    .take()?;
                Some(0)
            }
        }
    }

    /// Ends all handles. Returns the values of which handles existed, for their destructors.
    pub(super) fn take_values(&mut self) -> Vec<Value> {
        self.slots.clear();
        std::mem::take(&mut self.values)
    }

    fn value_of(&self, handle: i32) -> Option<usize> {
        *self.slots.get(usize::try_from(handle).ok()?)?
    }

    fn add(&mut self, value: usize) -> Option<i32> {
        let handle = i32::try_from(self.slots.len()).ok()?;
        self.slots.push(Some(value));
        Some(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_lead_to_their_values_until_they_end() {
        let mut handles = Handles::default();
        let first = handles.run(Operation::New, "a", 7).unwrap();
        let second = handles.run(Operation::Clone, "a", first).unwrap();
        assert_eq!(handles.run(Operation::Drop, "a", first), Some(0));
        assert_eq!(handles.run(Operation::Get, "a", first), None);
        assert_eq!(handles.run(Operation::Get, "a", second), Some(7));
        for unknown in [-1, 2, i32::MAX] {
            assert_eq!(handles.run(Operation::Get, "a", unknown), None);
        }
        let [value] = &handles.take_values()[..] else {
            panic!("one value");
        };
        assert_eq!((value.kind.as_str(), value.bits), ("a", 7));
        assert_eq!(handles.run(Operation::Get, "a", second), None);
    }

    #[test]
    fn imports_name_operation_and_kind() {
        let found = Operation::of_import("resource_new_rb-abi-value");
        assert_eq!(found, Some((Operation::New, "rb-abi-value")));
        assert_eq!(Operation::of_import("resource_move_x"), None);
        assert_eq!(Operation::of_import("draw"), None);
    }
}
