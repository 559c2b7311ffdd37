//! The exported functions of a wired runtime: thin shells around the
//! [`Server`](crate::component::Server).

use super::state;
use crate::preview2::{Preview2, for_each_function};

macro_rules! export_functions {
    ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
        ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {$(
        #[unsafe(export_name = $name)]
        extern "C" fn $function($($parameter: $type,)* lowering: u32) -> $result {
            state::server().$function($($parameter,)* lowering)
        }
    )*};
}
for_each_function!(export_functions);
