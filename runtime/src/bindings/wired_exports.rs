//! The exported functions of a wired runtime: thin shells around the
//! [`Server`](crate::component::Server).

use super::state;

mod preview2 {
    use super::state;
    use crate::preview2::{Preview2, for_each_function};

    macro_rules! export_functions {
        ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
            ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {$(
            #[unsafe(export_name = $name)]
            extern "C" fn $function($($parameter: $type,)* lowering: u32) -> $result {
                Preview2::$function(state::server(), $($parameter,)* lowering)
            }
        )*};
    }
    for_each_function!(export_functions);

    #[cfg(feature = "writable")]
    mod output {
        use super::state;
        use crate::preview2::{OutputStreams, for_each_output_function};

        macro_rules! export_functions {
            ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
                ($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {$(
                #[unsafe(export_name = $name)]
                extern "C" fn $function($($parameter: $type,)* lowering: u32) -> $result {
                    OutputStreams::$function(state::server(), $($parameter,)* lowering)
                }
            )*};
        }
        for_each_output_function!(export_functions);
    }
}

mod preview3 {
    use super::state;
    use crate::preview3::{Preview3, for_each_preview3_function};

    macro_rules! export_functions {
        ($($function:ident $interface:ident $name:literal [$($handle:literal),*]
            ($($parameter:ident: $type:ty),*) -> $result:ty
            {$($offset:literal: $len:literal),*};)*) => {$(
            #[unsafe(export_name = concat!("0.3 ", $name))]
            extern "C" fn $function($($parameter: $type,)* lowering: u32) -> $result {
                Preview3::$function(state::server(), $($parameter,)* lowering)
            }
        )*};
    }
    for_each_preview3_function!(export_functions);
}
