//! The functions of the host that the runtime calls.
//!
//! Most are lowerings of the program itself. Wiring adds the others: for example, a program
//! lowers `get-directories` of WASI 0.3 asynchronously, and the runtime needs a synchronous
//! lowering with the same memory and allocator.

use crate::component::wire::items::Items;
use crate::component::wire::lowerings::Lowered;
use crate::module::{Function, HOST_COUNT, HOST_FUNCTIONS, HostFunction, Version};
use wasi_vfs_embedding::preview2::{Absent, CLOCK};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;

/// The built-in that drops a stream of bytes.
const DROP_BYTES: &str = "[stream-drop-readable]u8";

/// The callback of the program, which only its own lowering calls.
const CALLBACK: &str = "[callback]";

/// A function of the host that wiring lowers.
#[derive(Clone, Copy, Debug)]
pub(super) struct HostLowering {
    pub(super) function: &'static HostFunction,
    pub(super) origin: Origin,
}

/// Where a function of the host comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// An export of an imported instance, with the allocator of its lowering.
    Export { instance: u32, realloc: Option<u32> },
    /// A built-in. If it names a stream type, that is the component type with this number.
    Builtin { ty: u32 },
}

impl HostLowering {
    /// Whether wiring inserts an alias of the function.
    pub(super) fn is_alias(&self) -> bool {
        matches!(self.origin, Origin::Export { .. })
    }
}

/// The function that answers for one lowering.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// The lowering of the program with this number.
    Own(usize),
    /// The function with this number that wiring lowers.
    Added(usize),
}

/// The answers for one lowering, one for each of [`HOST_FUNCTIONS`].
pub(super) type Answers = [Option<Answer>; HOST_COUNT];

/// Finds the functions of the host for lowerings.
pub(super) struct Search<'s, 'a> {
    items: &'s Items<'a>,
    types: TypesRef<'a>,
    lowered: &'s [Lowered<'a>],
    /// The functions that wiring lowers.
    pub(super) added: Vec<HostLowering>,
    /// The number of a type of streams of bytes, which exists where wiring adds built-ins.
    stream_type: Option<u32>,
    /// The instance with the clock, if the runtime asks for the time.
    clock: Option<u32>,
}

impl<'s, 'a> Search<'s, 'a> {
    pub(super) fn new(
        items: &'s Items<'a>,
        types: TypesRef<'a>,
        lowered: &'s [Lowered<'a>],
        (stream_type, clock): (Option<u32>, Option<u32>),
    ) -> Self {
        Self {
            items,
            types,
            lowered,
            added: Vec::new(),
            stream_type,
            clock,
        }
    }

    /// The answers for each lowering.
    pub(super) fn answers(&mut self) -> Vec<Answers> {
        let lowered = self.lowered.iter().enumerate();
        let answers = lowered.map(|(number, one)| {
            let mut answers = [None; HOST_COUNT];
            for (answer, function) in answers.iter_mut().zip(&HOST_FUNCTIONS) {
                *answer = self.answer(number, one, function);
            }
            answers
        });
        answers.collect()
    }

    /// The function that answers for lowering `number`.
    fn answer(
        &mut self,
        number: usize,
        lowered: &Lowered<'a>,
        function: &'static HostFunction,
    ) -> Option<Answer> {
        let served = lowered.entry.function;
        if function.name == CLOCK {
            let (instance, realloc) = (self.clock?, None);
            let origin = Origin::Export { instance, realloc };
            return Some(Answer::Added(self.add(HostLowering { function, origin })));
        }
        if served.version != function.version {
            return None;
        }
        if served.name == function.name && !lowered.entry.is_async {
            return Some(Answer::Own(number));
        }
        if function.absent == Absent::Never {
            let needs = served.is_pump || !lowered.entry.handed.is_empty();
            return (needs && function.name != CALLBACK)
                .then(|| self.built_in(function))
                .flatten();
        }
        if !needs(served, function) {
            return None;
        }
        let origin = match function.name {
            DROP_BYTES => match self.own(DROP_BYTES) {
                Some(own) => return Some(Answer::Own(own)),
                None => return self.built_in(function),
            },
            name => self.export(lowered, name)?,
        };
        Some(Answer::Added(self.add(HostLowering { function, origin })))
    }

    /// A built-in that wiring adds.
    fn built_in(&mut self, function: &'static HostFunction) -> Option<Answer> {
        let ty = self.stream_type?;
        let origin = Origin::Builtin { ty };
        Some(Answer::Added(self.add(HostLowering { function, origin })))
    }

    /// The lowering of the program with this name.
    fn own(&self, name: &str) -> Option<usize> {
        let mut lowered = self.lowered.iter();
        lowered.position(|lowered| lowered.entry.function.name == name)
    }

    /// The function `name` of the instance of a lowering. Its allocator is that of the
    /// lowering if the function allocates.
    fn export(&self, lowered: &Lowered<'_>, name: &str) -> Option<Origin> {
        let instance = lowered.instance?;
        let allocates = lowered.entry.function.name == name;
        exports(self.types, instance, name).then_some(Origin::Export {
            instance,
            realloc: lowered.realloc.filter(|_| allocates),
        })
    }

    /// The number of a function that wiring lowers. Equal ones are one.
    fn add(&mut self, host: HostLowering) -> usize {
        let mut added = self.added.iter();
        let known = added.position(|other| {
            other.function.import == host.function.import
                && is_equal(self.items, other.origin, host.origin)
        });
        known.unwrap_or_else(|| {
            self.added.push(host);
            self.added.len() - 1
        })
    }
}

fn is_equal(items: &Items<'_>, one: Origin, other: Origin) -> bool {
    match (one, other) {
        (Origin::Builtin { ty: one }, Origin::Builtin { ty: other }) => one == other,
        (
            Origin::Export { instance, realloc },
            Origin::Export {
                instance: other,
                realloc: by,
            },
        ) => {
            instance == other
                && match (realloc, by) {
                    (Some(realloc), Some(by)) => items.is_same(realloc, by),
                    (realloc, by) => realloc == by,
                }
        }
        _ => false,
    }
}

/// Whether the runtime calls the function `host` to answer `function`.
fn needs(function: &Function, host: &HostFunction) -> bool {
    let splices = function.name.ends_with("splice");
    match (host.version, host.name) {
        (Version::Preview2, "[method]pollable.ready") => function.name == "poll",
        (Version::Preview2, name) => splices && name.starts_with("[method]output-stream."),
        // These get a stream, and close it if the descriptor is the runtime's.
        (Version::Preview3, DROP_BYTES) => {
            let name = function.name.strip_prefix("[method]descriptor.");
            matches!(name, Some("write-via-stream" | "append-via-stream"))
        }
        (Version::Preview3, name) => function.name == name,
    }
}

fn exports(types: TypesRef<'_>, instance: u32, name: &str) -> bool {
    let instance = types.get(types.component_instance_at(instance));
    let export = instance.and_then(|instance| instance.exports.get(name));
    export.is_some_and(|export| matches!(export.ty, ComponentEntityType::Func(_)))
}
