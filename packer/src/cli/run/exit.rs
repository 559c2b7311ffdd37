//! How a program ended, as an exit code.

use crate::cli::message::report;
use crate::cli::text;
use anyhow::{Context, Result, anyhow, bail};
use std::process::ExitCode;
use wasi_vfs::interpreter::PREVIEW1;
use wasmi::errors::{ErrorKind, LinkerError};

/// The exit code of shells for an aborted program, which other engines use for a trap.
pub(super) const TRAPPED: u8 = 134;

/// The largest exit code of a program. Shells use the codes above it themselves.
const MAX_CODE: u8 = 125;

/// The exit code of the program if it exited, or [`TRAPPED`] after a report.
pub(super) fn exit_code(error: &wasmi::Error) -> ExitCode {
    match error.i32_exit_status() {
        Some(code) => passed_on(code.cast_unsigned()),
        None => {
            let reason = text::escape(error.to_string().as_bytes());
            report(&anyhow!("the program trapped: {reason}"));
            ExitCode::from(TRAPPED)
        }
    }
}

/// Passes on the `code` of `proc_exit`, or reports that it is too large.
fn passed_on(code: u32) -> ExitCode {
    match u8::try_from(code) {
        Ok(code @ 0..=MAX_CODE) => ExitCode::from(code),
        _ => {
            report(&anyhow!(
                "the program exited with {code}; `run` passes on 0 to {MAX_CODE}"
            ));
            ExitCode::from(TRAPPED)
        }
    }
}

/// The reason for a missing instance: an import that `run` does not supply, or a start
/// function that did not return.
pub(super) fn not_instantiated(error: wasmi::Error) -> Result<ExitCode> {
    if let ErrorKind::Linker(LinkerError::MissingDefinition { name, .. }) = error.kind() {
        let from = text::escape(name.module().as_bytes());
        if from == PREVIEW1 {
            let name = text::escape(name.name().as_bytes());
            bail!(
                "it imports `{name}`, which is not a call of preview 1; \
                 use the engine that the program was made for"
            );
        }
        let name = text::escape(name.name().as_bytes());
        bail!(
            "it imports `{from}` `{name}`, and `run` supplies {} only; \
             use the engine that the program was made for",
            PREVIEW1
        );
    }
    if error.i32_exit_status().is_some() || error.as_trap_code().is_some() {
        return Ok(exit_code(&error));
    }
    Err(error).context("cannot instantiate the module")
}
