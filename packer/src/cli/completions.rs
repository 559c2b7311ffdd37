//! `wasi-vfs completions`: completion scripts for shells.
//!
//! The scripts run this command at each completion, and [`complete`] answers. Only the
//! script for Nushell is static.

use super::complete;
use super::exit_codes::exit_codes;
use anyhow::{Result, bail};
use clap::{Args, Command, ValueEnum};
use clap_complete::env::Shells;
use clap_complete_nushell::Nushell;
use std::io::{self, Write};
use std::process::ExitCode;

const EXAMPLES: &str = concat!(
    "\
Examples:
  echo 'source <(wasi-vfs completions bash)' >> ~/.bashrc
  wasi-vfs completions zsh > ~/.zfunc/_wasi-vfs
  wasi-vfs completions fish > ~/.config/fish/completions/wasi-vfs.fish
  wasi-vfs completions elvish >> ~/.config/elvish/rc.elv
  wasi-vfs completions powershell >> $PROFILE
  wasi-vfs completions nushell > wasi-vfs.nu",
    exit_codes!()
);

/// Print a completion script for a shell.
///
/// The script completes commands, options, host files, and paths in a packed file:
/// `wasi-vfs cat packed.wasm /usr/<TAB>`. The script runs `wasi-vfs` from PATH, so it
/// stays correct after an update. The script for Nushell completes commands and options
/// only. Tests complete words in Bash, Elvish, fish and zsh.
///
/// For zsh, put the directory of the script into `fpath` before `compinit` runs.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// Shell that will run the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Nushell,
    Powershell,
    Zsh,
}

const NAME: &str = "wasi-vfs";

/// Makes bash quote file names, which the generated function does not. The first word is a
/// command, and bash would add a slash to it if a directory has the same name.
const QUOTE_IN_BASH: &str = r#"
_wasi_vfs_complete() {
    _clap_complete_wasi_vfs "$@"
    (( COMP_CWORD > 1 )) && compopt -o filenames 2> /dev/null
    return 0
}
complete -o nospace -o bashdefault -F _wasi_vfs_complete wasi-vfs
"#;

/// Makes the first completion work if zsh loads the script as a function.
const COMPLETE_IN_ZSH: &str = r#"
if [[ ${funcstack[1]} == _wasi-vfs ]]; then
    _clap_dynamic_completer_wasi_vfs "$@"
fi
"#;

impl Completions {
    pub(super) fn execute(self, mut whole: Command) -> Result<ExitCode> {
        let mut script = Vec::new();
        match self.shell {
            Shell::Bash => write_dynamic("bash", QUOTE_IN_BASH, &mut script)?,
            Shell::Elvish => write_dynamic("elvish", "", &mut script)?,
            Shell::Fish => write_dynamic("fish", "", &mut script)?,
            Shell::Powershell => write_dynamic("powershell", "", &mut script)?,
            Shell::Zsh => write_dynamic("zsh", COMPLETE_IN_ZSH, &mut script)?,
            Shell::Nushell => {
                clap_complete::generate(Nushell, &mut whole, NAME, &mut script);
            }
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(&script)?;
        stdout.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a script that runs this command, and then `more`.
fn write_dynamic(shell: &str, more: &str, script: &mut Vec<u8>) -> Result<()> {
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(shell) else {
        bail!("no completion script for `{shell}`");
    };
    completer.write_registration(complete::VARIABLE, NAME, NAME, NAME, script)?;
    script.extend_from_slice(more.as_bytes());
    Ok(())
}
