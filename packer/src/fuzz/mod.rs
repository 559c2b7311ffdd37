//! What must hold for any module and any text: the bodies of the fuzz targets
//! in `fuzz/`. Each panics where it does not hold.

mod modules;
mod texts;

pub use modules::modules;
pub use texts::texts;

#[cfg(test)]
mod tests {
    use super::{modules, texts};
    use wasi_vfs_format::fuzz::smoke;

    #[test]
    fn any_modules() {
        smoke("modules", 40, 2000, modules);
    }

    #[test]
    fn any_texts() {
        smoke("texts", 4000, 200, texts);
    }
}
