//! The options `--dir`, `--mapdir` and `--tar`, one list of inputs in the order of the
//! command line.

use super::complete::host_directory;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use std::path::Path;
use wasi_vfs::{Mapping, Packer};

/// The inputs in the order of the command line.
#[derive(Clone, Debug)]
pub(super) struct Mappings(Vec<(Kind, Mapping)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Host,
    Archive,
}

impl Mappings {
    pub(super) fn hosts(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|(_, mapping)| mapping.host.as_path())
    }

    /// Adds the inputs to `packer`.
    pub(super) fn add_to(&self, packer: Packer) -> Packer {
        self.0.iter().fold(packer, |packer, (kind, mapping)| {
            let Mapping { host, guest } = mapping;
            match kind {
                Kind::Host => packer.map_dir(host, guest.spelling()),
                Kind::Archive => packer.map_tar(host, guest.spelling()),
            }
        })
    }
}

const DIR: &str = "dir";
const MAPDIR: &str = "mapdir";
const TAR: &str = "tar";

/// The option `--dir` of `pack`, `image` and `run`.
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

fn tar_arg() -> Arg {
    Arg::new(TAR)
        .long(TAR)
        .value_name("FILE::GUEST")
        .action(ArgAction::Append)
        .value_parser(Mapping::parse_host_first)
        .help("Pack the content of the tar archive FILE at GUEST; repeatable")
        .long_help(
            "Pack the content of the tar archive FILE at GUEST; repeatable\n\n\
             The archive is plain or compressed with gzip or zstd.",
        )
}

fn positions_and_inputs(
    matches: &ArgMatches,
    id: &str,
    kind: Kind,
) -> impl Iterator<Item = (usize, (Kind, Mapping))> {
    let positions = matches.indices_of(id).into_iter().flatten();
    let values = matches.get_many::<Mapping>(id).into_iter().flatten();
    let inputs = values.map(move |mapping| (kind, mapping.clone()));
    positions.zip(inputs)
}

impl FromArgMatches for Mappings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let ids = [
            (DIR, Kind::Host),
            (MAPDIR, Kind::Host),
            (TAR, Kind::Archive),
        ];
        let all = ids.into_iter();
        let mut all: Vec<_> = all
            .flat_map(|(id, kind)| positions_and_inputs(matches, id, kind))
            .collect();
        all.sort_by_key(|(position, _)| *position);
        Ok(Self(all.into_iter().map(|(_, input)| input).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Mappings {
    fn augment_args(command: Command) -> Command {
        let help = "Pack the host directory or file HOST at the guest path GUEST; repeatable";
        let command = command.arg(dir_arg(help)).arg(mapdir_arg());
        command.arg(tar_arg())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_that_of_the_command_line() {
        let command = Mappings::augment_args(Command::new("test"));
        let arguments = "test --mapdir /1::h --dir h::/2 --tar h::/3 --mapdir /4::h --dir h::/5";
        let matches = command.get_matches_from(arguments.split(' '));
        let mappings = Mappings::from_arg_matches(&matches).unwrap();
        let guests = mappings
            .0
            .iter()
            .map(|(_, mapping)| mapping.guest.spelling());
        assert_eq!(guests.collect::<Vec<_>>(), ["/1", "/2", "/3", "/4", "/5"]);
        let archives = mappings.0.iter().map(|(kind, _)| *kind == Kind::Archive);
        assert_eq!(
            archives.collect::<Vec<_>>(),
            [false, false, true, false, false]
        );
    }
}
