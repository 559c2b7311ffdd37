//! The functions by which a host saves and restores the changes of a program.
//!
//! The host calls them between calls of the program, so they never nest. For example, a
//! host calls `save`, which returns 70,000. It asks for a buffer of 65,536 bytes, calls
//! `read(0)` and `read(65536)`, and copies the bytes out of the buffer after each.

use super::state::{self, Global, TheServer, Way};
use crate::overlay::{ApplyError, Save, SaveError};
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use wasi_vfs_embedding::ChangesCode;
use wasi_vfs_format::InodeNumber;

/// What a host has asked for.
struct Transfer {
    buffer: Vec<u8>,
    save: Option<Save<InodeNumber>>,
}

static TRANSFER: Global<Transfer> = Global(UnsafeCell::new(Transfer {
    buffer: Vec::new(),
    save: None,
}));

/// The one transfer.
fn transfer() -> &'static mut Transfer {
    // SAFETY: one thread. The exported functions below are the only callers, each asks
    // once, and the host calls none of them while another one runs.
    unsafe { &mut *TRANSFER.0.get() }
}

/// The server with the files.
fn server() -> Result<&'static mut TheServer, ChangesCode> {
    match state::way() {
        Way::Image(server) => Ok(server),
        Way::NoMemory => Err(ChangesCode::NoMemory),
        Way::Host => Err(ChangesCode::Nothing),
        #[cfg(feature = "linked")]
        Way::Nested => {
            super::linked::REENTRY.nested_call_ends();
            Err(ChangesCode::Nothing)
        }
    }
}

fn buffer(len: usize) -> *mut u8 {
    let transfer = transfer();
    transfer.buffer = Vec::new();
    if len == 0 || transfer.buffer.try_reserve_exact(len).is_err() {
        return core::ptr::null_mut();
    }
    transfer.buffer.resize(len, 0);
    transfer.buffer.as_mut_ptr()
}

fn save() -> Result<i32, ChangesCode> {
    let transfer = transfer();
    transfer.save = None;
    let save = server()?.filesystem_mut().save()?;
    let len = i32::try_from(save.image_len()).map_err(|_| ChangesCode::Limit)?;
    transfer.save = Some(save);
    Ok(len)
}

fn read(offset: u32) -> Result<i32, ChangesCode> {
    let transfer = transfer();
    if transfer.buffer.is_empty() {
        // The host did not notice that there is no buffer, and would read without an end.
        return Err(ChangesCode::NoMemory);
    }
    let save = transfer.save.as_ref().ok_or(ChangesCode::Nothing)?;
    let overlay = server()?.filesystem_mut();
    let len = save.read(overlay, offset.into(), &mut transfer.buffer)?;
    if u64::from(offset) + len as u64 >= save.image_len() {
        // The host has all bytes. Another read begins with another save.
        transfer.save = None;
    }
    i32::try_from(len).map_err(|_| ChangesCode::Limit)
}

fn apply() -> Result<i32, ChangesCode> {
    let image = core::mem::take(&mut transfer().buffer);
    server()?.filesystem_mut().apply(&image)?;
    Ok(0)
}

fn code(result: Result<i32, ChangesCode>) -> i32 {
    result.unwrap_or_else(|code| code as i32)
}

impl From<SaveError> for ChangesCode {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::NoMemory => Self::NoMemory,
            SaveError::Limit => Self::Limit,
            SaveError::Io => Self::Io,
            SaveError::Changed => Self::Changed,
        }
    }
}

impl From<ApplyError> for ChangesCode {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::NoMemory => Self::NoMemory,
            ApplyError::NoSpace => Self::NoSpace,
            ApplyError::Damaged => Self::Damaged,
            ApplyError::ReadOnly => Self::ReadOnly,
            ApplyError::Changed => Self::Changed,
            ApplyError::Io => Self::Io,
        }
    }
}

#[unsafe(export_name = wasi_vfs_embedding::changes_buffer_fn!())]
extern "C" fn wasi_vfs_changes_buffer(len: usize) -> *mut u8 {
    buffer(len)
}

#[unsafe(export_name = wasi_vfs_embedding::changes_save_fn!())]
extern "C" fn wasi_vfs_changes_save() -> i32 {
    code(save())
}

#[unsafe(export_name = wasi_vfs_embedding::changes_read_fn!())]
extern "C" fn wasi_vfs_changes_read(offset: u32) -> i32 {
    code(read(offset))
}

#[unsafe(export_name = wasi_vfs_embedding::changes_apply_fn!())]
extern "C" fn wasi_vfs_changes_apply() -> i32 {
    code(apply())
}

/// Only an object file can request exports of a static library.
#[cfg(feature = "linked")]
mod requests {
    macro_rules! request_export {
        ($name:expr) => {
            core::arch::global_asm!(concat!(".export_name ", $name, ", ", $name));
        };
    }
    request_export!(wasi_vfs_embedding::changes_buffer_fn!());
    request_export!(wasi_vfs_embedding::changes_save_fn!());
    request_export!(wasi_vfs_embedding::changes_read_fn!());
    request_export!(wasi_vfs_embedding::changes_apply_fn!());
}
