//! `--dir` and `--mapdir`: two spellings of one list, whose order counts
//! across both.

use super::complete::host_directory;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use wasi_vfs::Mapping;

/// The mappings in the order in which they stand on the command line.
#[derive(Clone, Debug)]
pub(super) struct Mappings(pub(super) Vec<Mapping>);

const DIR: &str = "dir";
const MAPDIR: &str = "mapdir";

/// `--dir`, which `run` has as well.
pub(super) fn dir_arg(help: &'static str) -> Arg {
    Arg::new(DIR)
        .long(DIR)
        .value_name("HOST::GUEST")
        .action(ArgAction::Append)
        .value_parser(Mapping::parse_host_first)
        .add(host_directory())
        .help(help)
}

fn mapdir_arg() -> Arg {
    Arg::new(MAPDIR)
        .long(MAPDIR)
        .value_name("GUEST::HOST")
        .action(ArgAction::Append)
        .value_parser(Mapping::parse_guest_first)
        .help("Same as --dir with the guest path first; repeatable")
}

fn positions_and_values<'a>(
    matches: &'a ArgMatches,
    id: &str,
) -> impl Iterator<Item = (usize, &'a Mapping)> {
    let positions = matches.indices_of(id).into_iter().flatten();
    let values = matches.get_many::<Mapping>(id).into_iter().flatten();
    positions.zip(values)
}

impl FromArgMatches for Mappings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut all: Vec<(usize, &Mapping)> = positions_and_values(matches, DIR)
            .chain(positions_and_values(matches, MAPDIR))
            .collect();
        all.sort_by_key(|(position, _)| *position);
        Ok(Self(
            all.into_iter().map(|(_, value)| value.clone()).collect(),
        ))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Mappings {
    fn augment_args(command: Command) -> Command {
        let help = "Pack the host directory HOST at the guest path GUEST; repeatable";
        command.arg(dir_arg(help)).arg(mapdir_arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_counts_across_both_spellings() {
        let command = Mappings::augment_args(Command::new("test"));
        let arguments = "test --mapdir /1::h --dir h::/2 --mapdir /3::h --dir h::/4";
        let matches = command.get_matches_from(arguments.split(' '));
        let mappings = Mappings::from_arg_matches(&matches).unwrap();
        let guests = mappings.0.iter().map(|mapping| mapping.guest.spelling());
        assert_eq!(guests.collect::<Vec<_>>(), ["/1", "/2", "/3", "/4"]);
    }
}
