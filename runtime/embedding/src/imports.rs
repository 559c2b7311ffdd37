//! The functions that a merged runtime imports and that the merge supplies.
//!
//! Owns their names and signatures. The packer owns their bodies.

/// Passes the list of imports to the macro `$then`: variant of [`Import`], module, name,
/// and the declaration in Rust. `host_module` has the imports of the host's functions.
#[macro_export]
macro_rules! for_each_import {
    ($then:ident) => {
        $then! {
            ApplicationSize "application" "size" application_size() -> u32;
            ApplicationLoad8 "application" "load8" application_load8(address: u32) -> u32;
            ApplicationLoad32 "application" "load32" application_load32(address: u32) -> u32;
            ApplicationLoad64 "application" "load64" application_load64(address: u32) -> u64;
            ApplicationStore8 "application" "store8"
                application_store8(address: u32, value: u32) -> ();
            ApplicationStore32 "application" "store32"
                application_store32(address: u32, value: u32) -> ();
            ApplicationStore64 "application" "store64"
                application_store64(address: u32, value: u64) -> ();
            ApplicationRead "application" "read"
                application_read(into: *mut u8, address: u32, len: usize) -> ();
            ApplicationWrite "application" "write"
                application_write(address: u32, from: *const u8, len: usize) -> ();
            PayloadRead "payload" "read"
                payload_read(into: *mut u8, offset: u32, len: usize) -> ();
            PayloadWrite "payload" "write"
                payload_write(address: u32, offset: u32, len: u32) -> ();
        }
    };
}

macro_rules! declare_imports {
    ($($variant:ident $module:literal $name:literal
        $function:ident($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// An import of the runtime that is no function of the host.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Import {
            $(#[doc = concat!("`", $module, "` `", $name, "`")] $variant,)*
        }

        impl Import {
            /// The import with this module and name.
            pub fn find(module: &str, name: &str) -> Option<Self> {
                match (module, name) {
                    $(($module, $name) => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
for_each_import!(declare_imports);

/// Passes the name of the module from which the runtime imports the host's functions,
/// and `$rest`, to the macro `$then`.
#[macro_export]
macro_rules! host_module {
    ($then:ident $($rest:tt)*) => {
        $then! { "host" $($rest)* }
    };
}

macro_rules! declare_host_module {
    ($module:literal) => {
        /// The module from which the runtime imports the host's functions, each under its
        /// preview 1 name.
        pub const HOST_MODULE: &str = $module;
    };
}
host_module!(declare_host_module);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_by_module_and_name() {
        let found = Import::find("application", "read");
        assert_eq!(found, Some(Import::ApplicationRead));
        assert_eq!(Import::find("payload", "read"), Some(Import::PayloadRead));
        assert_eq!(Import::find("payload", "size"), None);
        assert_eq!(Import::find(HOST_MODULE, "read"), None);
    }
}
