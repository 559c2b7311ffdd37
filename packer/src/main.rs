//! The command `wasi-vfs`.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a panic is how a test reports a failure"
    )
)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
