//! The core functions of a component that a runtime intercepts.
//!
//! A lowering is `canon lower` of a served function, `canon resource.drop` of a served
//! resource, or a built-in for the streams of packed files. It is recognised by the import
//! or the payload type that it refers to: names in core modules are free. For example, a
//! component lowers `read` of `wasi:io/streams@0.2.0` twice, with two allocators. Those are
//! two lowerings, and both allocators are kept.

use crate::component::error::ComponentError;
use crate::component::wire::interface::{
    check, is_files_of_0_3, is_release, opens_files, served_by,
};
use crate::component::wire::items::{CoreFunction, Items};
use crate::component::wire::memory::{Identity, Memories};
use crate::component::wire::payloads::{Payload, Payloads};
use crate::component::wire::pumps::{self, Given};
use crate::component::wire::resources::Resources;
use crate::component::wire_error::WireError;
use crate::module::{ERROR_CODE, Entry, FUNCTIONS, Function, Handed, Place, Version, describe};
use wasi_vfs_embedding::preview2::CLOCK;
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, CanonicalOption, CompositeInnerType};

/// The most lowerings of a component. One of Python has 50, and every version of WASI 0.2
/// with several allocators has some hundred.
const MAX_LOWERINGS: usize = 1000;

/// The runtime's function for a core function that only gives streams to the host.
const HAND_OVER: &str = "[hand-over]u8";

/// An intercepted core function.
#[derive(Clone, Debug)]
pub(super) struct Lowered<'a> {
    /// Its number in the component.
    pub(super) core_function: u32,
    pub(super) entry: Entry,
    /// The imported instance that has the function. `None` for a built-in.
    pub(super) instance: Option<u32>,
    /// Name of the import.
    pub(super) interface: &'a str,
    /// The core memory and the core function that its options name.
    pub(super) memory: Option<u32>,
    pub(super) realloc: Option<u32>,
}

/// Whether a component opens files, by any version of WASI. A component that only asks for
/// the type of a descriptor, as many do for standard output, opens none.
pub(super) fn uses_files(items: &Items<'_>) -> bool {
    opens_files(lowered_imports(items))
}

/// The lowered functions of imports: the name of the interface, and that of the function.
fn lowered_imports<'a>(items: &Items<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let functions = items.core_functions.iter();
    functions.filter_map(|(function, _)| match function {
        CoreFunction::Lower { function, .. } => {
            let (_, interface, name) = items.imported(*function)?;
            Some((interface, name))
        }
        _ => None,
    })
}

/// The lowerings of a component, in the order of its core functions. Those of output streams
/// are among them if the component `keeps_changes`.
pub(super) fn find<'a>(
    items: &Items<'a>,
    types: TypesRef<'a>,
    resources: &Resources<'a>,
    keeps_changes: bool,
) -> Result<Vec<Lowered<'a>>, ComponentError> {
    for (interface, _) in lowered_imports(items) {
        check(interface)?;
    }
    let mut payloads = uses_files_of_0_3(items).then(|| Payloads::find(items, types));
    if let Some(payloads) = &payloads {
        payloads.check_count()?;
    }
    let mut given = Given::new(types);
    let has_pumps = payloads
        .as_mut()
        .is_some_and(|payloads| has_pumps(items, payloads, &mut given));
    let mut lowerings = Vec::new();
    for (number, (function, _)) in (0..).zip(&items.core_functions) {
        let lowered = match function {
            CoreFunction::Lower { function, options } => {
                lowered(items, number, (*function, options), keeps_changes)?
            }
            CoreFunction::Drop { resource } => dropped(resources, number, *resource),
            CoreFunction::Builtin(builtin) => match &mut payloads {
                Some(payloads) => built_in(payloads, number, builtin, has_pumps)?,
                None => None,
            },
            CoreFunction::Export(_) => None,
        };
        let lowered = match &mut payloads {
            Some(payloads) if has_pumps => {
                let handed = &given.by(payloads, function).handed;
                with_streams(lowered, types, handed, number, function)
            }
            _ => lowered,
        };
        if let Some(lowered) = lowered {
            check_type(&lowered, types)?;
            lowerings.push(lowered);
            check_count(lowerings.len())?;
        }
    }
    if has_pumps {
        add_tasks(items, types, &mut lowerings)?;
    }
    Ok(lowerings)
}

/// Whether streams of packed files may go to the host: a function takes them, tasks wait
/// for them, and a built-in names their type.
pub(super) fn has_pumps<'a>(
    items: &Items<'a>,
    payloads: &mut Payloads<'a>,
    given: &mut Given<'a>,
) -> bool {
    let mut imports = lowered_imports(items);
    let reads = imports.any(|(interface, name)| {
        is_files_of_0_3(interface) && name == "[method]descriptor.read-via-stream"
    });
    reads
        && stream_type(items, payloads).is_some()
        && !pumps::tasks(items, payloads.types()).is_empty()
        && !pumps::have_stacks(items)
        && items.core_functions.iter().any(|(function, _)| {
            let streams = given.by(payloads, function);
            !streams.handed.is_empty()
        })
}

/// A type of streams of bytes that a built-in names, and the section of the built-in.
pub(super) fn stream_type<'a>(
    items: &Items<'a>,
    payloads: &mut Payloads<'a>,
) -> Option<(u32, usize)> {
    let mut functions = items.core_functions.iter();
    functions.find_map(|(function, section)| {
        let CoreFunction::Builtin(builtin) = function else {
            return None;
        };
        let ty = stream_of(builtin)?;
        let is_bytes = payloads.of_type(ty) == Some(Payload::Bytes);
        is_bytes.then_some((ty, *section))
    })
}

/// Adds the streams that a core function gives to the host. A function that is not
/// intercepted for another reason becomes a lowering.
fn with_streams<'a>(
    lowered: Option<Lowered<'a>>,
    types: TypesRef<'a>,
    handed: &[Handed],
    number: u32,
    function: &CoreFunction<'a>,
) -> Option<Lowered<'a>> {
    if handed.is_empty() {
        return lowered;
    }
    let is_record = handed
        .iter()
        .any(|one| matches!(one.place, Place::Record(_)));
    let mut lowered = match lowered {
        Some(lowered) => lowered,
        None => wrapped(types, number, HAND_OVER)?,
    };
    lowered.entry.handed = handed.into();
    let options = match function {
        CoreFunction::Lower { options, .. }
        | CoreFunction::Builtin(CanonicalFunction::TaskReturn { options, .. }) => &**options,
        _ => &[],
    };
    if is_record {
        lowered.memory = options.iter().find_map(|option| match option {
            CanonicalOption::Memory(memory) => Some(*memory),
            _ => None,
        });
    }
    Some(lowered)
}

/// A lowering with the core type that it has.
fn wrapped<'a>(types: TypesRef<'a>, number: u32, name: &str) -> Option<Lowered<'a>> {
    let mut functions = FUNCTIONS.iter();
    let function = functions.find(|function| function.is_pump && function.name == name)?;
    let mut lowered = Lowered::new(number, function, None, "the canonical ABI");
    lowered.entry.ty = core_type(types, number).cloned();
    Some(lowered)
}

/// Adds the core functions of tasks, each once.
fn add_tasks<'a>(
    items: &Items<'a>,
    types: TypesRef<'a>,
    lowerings: &mut Vec<Lowered<'a>>,
) -> Result<(), WireError> {
    for task in pumps::tasks(items, types) {
        let mut known = lowerings.iter();
        if !known.any(|known| known.core_function == task.core_function) {
            lowerings.extend(wrapped(types, task.core_function, task.name));
            check_count(lowerings.len())?;
        }
    }
    Ok(())
}

/// The imported instance with the clock of the program: that of the first clock that it
/// lowers before the section `end`.
pub(super) fn clock(items: &Items<'_>, end: usize) -> Option<u32> {
    const CLOCKS: [(&str, Version); 2] = [
        ("wasi:clocks/wall-clock", Version::Preview2),
        ("wasi:clocks/system-clock", Version::Preview3),
    ];
    let functions = items.core_functions.iter();
    let mut functions = functions.take_while(|(_, section)| *section < end);
    functions.find_map(|(function, _)| {
        let CoreFunction::Lower { function, .. } = function else {
            return None;
        };
        let (instance, interface, name) = items.imported(*function)?;
        let mut clocks = CLOCKS.into_iter();
        let is_clock = clocks.any(|(clock, version)| is_release(interface, clock, version));
        (is_clock && name == CLOCK).then_some(instance)
    })
}

/// The stream type that a built-in names.
fn stream_of(builtin: &CanonicalFunction) -> Option<u32> {
    use CanonicalFunction as C;
    match builtin {
        C::StreamNew { ty }
        | C::StreamRead { ty, .. }
        | C::StreamWrite { ty, .. }
        | C::StreamCancelRead { ty, .. }
        | C::StreamCancelWrite { ty, .. }
        | C::StreamDropReadable { ty }
        | C::StreamDropWritable { ty } => Some(*ty),
        _ => None,
    }
}

/// Whether a component calls functions of files of WASI 0.3. Only those return streams and
/// futures.
pub(super) fn uses_files_of_0_3(items: &Items<'_>) -> bool {
    let mut imports = lowered_imports(items);
    imports.any(|(interface, _)| is_files_of_0_3(interface))
}

fn lowered<'a>(
    items: &Items<'a>,
    number: u32,
    (function, options): (u32, &[CanonicalOption]),
    keeps_changes: bool,
) -> Result<Option<Lowered<'a>>, WireError> {
    let Some((instance, interface, name)) = items.imported(function) else {
        return Ok(None);
    };
    let Some(function) = served_function(interface, name, keeps_changes) else {
        return Ok(None);
    };
    let mut lowered = Lowered::new(number, function, Some(instance), interface);
    lowered.entry.is_async =
        function.version == Version::Preview3 && options.contains(&CanonicalOption::Async);
    for option in options {
        lowered.note(option)?;
    }
    Ok(Some(lowered))
}

fn built_in<'a>(
    payloads: &mut Payloads<'a>,
    number: u32,
    builtin: &CanonicalFunction,
    has_pumps: bool,
) -> Result<Option<Lowered<'a>>, WireError> {
    let Some((function, options)) = payloads.served(builtin) else {
        return Ok(None);
    };
    if function.is_pump && !has_pumps {
        return Ok(None);
    }
    let mut lowered = Lowered::new(number, function, None, "the canonical ABI");
    if let CanonicalFunction::WaitableSetWait { memory, .. }
    | CanonicalFunction::WaitableSetPoll { memory, .. } = builtin
    {
        lowered.memory = Some(*memory);
    }
    for option in options {
        lowered.note(option)?;
    }
    Ok(Some(lowered))
}

/// The intercepted function `name` of the import `interface`.
pub(super) fn served_function(
    interface: &str,
    name: &str,
    keeps_changes: bool,
) -> Option<&'static Function> {
    if returns_error_code(interface, name) {
        return Some(&ERROR_CODE);
    }
    served_by(keeps_changes, interface).find(|function| function.name == name)
}

/// Whether a function of another interface returns its error code for an error of a
/// stream. For packed files there is none.
fn returns_error_code(interface: &str, name: &str) -> bool {
    match name {
        "http-error-code" => is_release(interface, "wasi:http/types", Version::Preview2),
        "network-error-code" => is_release(interface, "wasi:sockets/network", Version::Preview2),
        _ => false,
    }
}

fn dropped<'a>(resources: &Resources<'a>, number: u32, resource: u32) -> Option<Lowered<'a>> {
    let resource = resources.of_type(resource)?;
    let instance = Some(resource.instance);
    Some(Lowered::new(
        number,
        resource.drop,
        instance,
        resource.interface,
    ))
}

impl<'a> Lowered<'a> {
    /// A lowering without options.
    fn new(
        core_function: u32,
        function: &'static Function,
        instance: Option<u32>,
        interface: &'a str,
    ) -> Self {
        Self {
            core_function,
            entry: Entry::new(function, false),
            instance,
            interface,
            memory: None,
            realloc: None,
        }
    }

    /// The name of the function.
    fn name(&self) -> &'static str {
        self.entry.function.name
    }

    fn note(&mut self, option: &CanonicalOption) -> Result<(), WireError> {
        let (found, expected) = match option {
            CanonicalOption::Memory(memory) => {
                self.memory = Some(*memory);
                return Ok(());
            }
            CanonicalOption::Realloc(function) => {
                self.realloc = Some(*function);
                return Ok(());
            }
            CanonicalOption::UTF8
            | CanonicalOption::PostReturn(_)
            | CanonicalOption::Callback(_) => return Ok(()),
            CanonicalOption::UTF16 => ("the string encoding utf16", "utf8"),
            CanonicalOption::CompactUTF16 => ("the string encoding latin1+utf16", "utf8"),
            CanonicalOption::Async if self.entry.function.version == Version::Preview3 => {
                return Ok(());
            }
            CanonicalOption::Async => ("the option `async`", "a synchronous call"),
            CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
                ("the option `gc`", "linear memory")
            }
        };
        Err(WireError::LoweringOption {
            function: self.name().into(),
            found,
            expected,
        })
    }
}

fn check_type(lowered: &Lowered<'_>, types: TypesRef<'_>) -> Result<(), WireError> {
    let found = core_type(types, lowered.core_function);
    let expected = lowered.entry.core_type();
    if found == Some(&expected) {
        return Ok(());
    }
    Err(WireError::Signature {
        function: lowered.name().into(),
        interface: lowered.interface.into(),
        found: found.map_or_else(|| "of no function".into(), describe),
        expected: describe(&expected),
    })
}

fn core_type<'a>(types: TypesRef<'a>, number: u32) -> Option<&'a wasmparser::FuncType> {
    let ty = types.get(types.core_function_at(number));
    ty.and_then(|ty| match &ty.composite_type.inner {
        CompositeInnerType::Func(ty) => Some(ty),
        _ => None,
    })
}

fn check_count(found: usize) -> Result<(), WireError> {
    let limit = MAX_LOWERINGS;
    match found <= limit {
        true => Ok(()),
        false => Err(WireError::TooManyLowerings { limit }),
    }
}

/// The core memory of all lowerings.
pub(super) fn memory(
    items: &Items<'_>,
    types: TypesRef<'_>,
    lowerings: &[Lowered<'_>],
) -> Result<u32, ComponentError> {
    let mut memories = Memories::new(items);
    let mut first: Option<(&Lowered<'_>, u32, Option<Identity<'_>>)> = None;
    for lowered in lowerings {
        let Some(memory) = lowered.memory else {
            continue;
        };
        if first.is_some_and(|(_, number, _)| number == memory) {
            continue;
        }
        let export = items.core_memories.get(memory as usize);
        let export = export.and_then(|(export, _)| *export);
        let found = export.map(|export| memories.identity(export)).transpose()?;
        match first {
            None => first = Some((lowered, memory, found)),
            Some((_, _, known)) if known == found => {}
            Some((other, ..)) => {
                return Err(WireError::SeveralMemories {
                    first: other.name().into(),
                    second: lowered.name().into(),
                }
                .into());
            }
        }
    }
    // Results of the functions that open files are in memory.
    let (_, memory, _) = first.ok_or(WireError::NoFiles)?;
    check_memory(types, memory)?;
    Ok(memory)
}

fn check_memory(types: TypesRef<'_>, memory: u32) -> Result<(), WireError> {
    let ty = types.memory_at(memory);
    let found = match ty {
        _ if ty.shared => "shared",
        _ if ty.memory64 => "one with 64-bit addresses",
        _ if ty.page_size_log2.is_some_and(|log2| log2 != 16) => "one with custom pages",
        _ => return Ok(()),
    };
    Err(WireError::Memory { found })
}
