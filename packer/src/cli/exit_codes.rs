//! The paragraph of the help on exit codes.

/// Ends the help of every command without exit codes of its own.
macro_rules! exit_codes {
    () => {
        "\n\nExit codes: 0 success, 1 failure, 2 wrong usage."
    };
}
pub(super) use exit_codes;
