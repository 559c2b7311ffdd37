//! The options of `pack` about writable directories.

use super::size::parse_len;
use clap::{Args, ValueHint};
use wasi_vfs::{GuestPath, Packer, WRITABLE_LIMITS};

#[derive(Debug, Args)]
pub(super) struct WritableOptions {
    /// Let the program change the directory GUEST, in memory; repeatable
    ///
    /// The program may change everything at and below GUEST, and the changes end with the
    /// instance. All other packed directories stay read-only. A missing directory is
    /// created, and becomes a preopened directory unless a packed directory holds it.
    ///
    /// Packing again keeps the writable directories. With this option, only the named ones
    /// are writable.
    #[arg(long, value_name = "GUEST", value_parser = parse_guest, value_hint = ValueHint::Other)]
    writable: Vec<GuestPath>,

    /// Memory for changes, 64K to 4G [default: as before, else 256M]
    ///
    /// All changes together may take SIZE bytes. If they would take more, a call fails with
    /// "no space left on device", and the earlier changes stay. An unused limit costs no
    /// memory.
    #[arg(long, value_name = "SIZE", value_parser = parse_limit)]
    writable_limit: Option<u64>,

    /// Make the writable directories of a packed module read-only
    #[arg(long, conflicts_with_all = ["writable", "writable_limit"])]
    no_writable: bool,
}

impl WritableOptions {
    /// Adds these options to `packer`.
    pub(super) fn add_to(&self, mut packer: Packer) -> Packer {
        if self.no_writable {
            packer = packer.no_writable();
        }
        if let Some(len) = self.writable_limit {
            packer = packer.writable_limit(len);
        }
        let guests = self.writable.iter().map(GuestPath::spelling);
        guests.fold(packer, Packer::writable)
    }
}

/// Rejects a mapping, which `--dir` takes.
fn parse_guest(text: &str) -> Result<GuestPath, String> {
    match text.split_once("::") {
        Some((_, guest)) if guest.starts_with('/') => Err(format!(
            "expected only a guest path, such as {guest}; pack a host directory with --dir"
        )),
        _ => GuestPath::parse(text).map_err(|error| error.to_string()),
    }
}

/// Checks a limit before the files are read.
fn parse_limit(text: &str) -> Result<u64, String> {
    let len = parse_len(text)?;
    if len < *WRITABLE_LIMITS.start() {
        return Err("expected at least 64K; for read-only directories, omit --writable".to_owned());
    }
    if len > *WRITABLE_LIMITS.end() {
        return Err("expected at most 4G, because the memory of a module ends there".to_owned());
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_rejected() {
        assert!(parse_guest("/tmp").is_ok());
        let error = parse_guest("./lib::/usr/lib").unwrap_err();
        assert!(error.contains("only a guest path, such as /usr/lib"));
    }

    #[test]
    fn limits_fit_a_memory() {
        assert_eq!(parse_limit("64K"), Ok(64 << 10));
        assert_eq!(parse_limit("64M"), Ok(64 << 20));
        assert_eq!(parse_limit("4GiB"), Ok(1 << 32));
        assert!(parse_limit("65535").unwrap_err().contains("at least 64K"));
        assert!(
            parse_limit("4294967297")
                .unwrap_err()
                .contains("at most 4G")
        );
        assert!(parse_limit("many").unwrap_err().contains("a size"));
    }
}
