//! The open descriptors and streams of the program.

use crate::Program;
use crate::codes::ErrorCode;
use std::rc::Rc;
use wasip3::filesystem::preopens::get_directories;
use wasip3::filesystem::types::Descriptor;
use wasip3::wit_bindgen::rt::async_support::{FutureReader, StreamReader};

const DESCRIPTORS: usize = 12;
const STREAMS: usize = 6;

/// The two mappings.
pub const PREOPENS: [&str; 2] = ["/data", "/other"];

/// What is open.
pub struct Slots {
    preopens: Vec<Rc<Descriptor>>,
    descriptors: [Option<(usize, Rc<Descriptor>)>; DESCRIPTORS],
    streams: [Option<Stream>; STREAMS],
}

/// A stream of a file with its future, and the offset at which it began.
pub struct Stream {
    pub tree: usize,
    pub offset: u64,
    pub reader: StreamReader<u8>,
    pub result: FutureReader<Result<(), ErrorCode>>,
    pub was_read: bool,
    pub is_at_end: bool,
}

/// A descriptor to pass, and the mapping that it belongs to.
pub struct Target {
    pub name: String,
    pub is_preopen: bool,
    pub tree: usize,
    pub descriptor: Rc<Descriptor>,
}

impl Stream {
    pub fn open(target: &Target, offset: u64) -> Self {
        let (reader, result) = target.descriptor.read_via_stream(offset);
        Self {
            tree: target.tree,
            offset,
            reader,
            result,
            was_read: false,
            is_at_end: false,
        }
    }
}

impl Slots {
    pub fn new() -> Self {
        Self {
            preopens: preopens(),
            descriptors: Default::default(),
            streams: Default::default(),
        }
    }
}

fn preopens() -> Vec<Rc<Descriptor>> {
    let mut found = get_directories();
    let found = PREOPENS.map(|name| {
        let at = found.iter().position(|(_, path)| path == name);
        Rc::new(found.swap_remove(at.expect("both are mapped")).0)
    });
    found.into()
}

impl Program {
    pub fn preopen(&mut self) -> Target {
        let tree = self.random.below(PREOPENS.len() as u32) as usize;
        Target {
            name: format!("preopen{tree}"),
            is_preopen: true,
            tree,
            descriptor: self.slots.preopens[tree].clone(),
        }
    }

    /// An open descriptor. All slots may be empty.
    pub fn any(&mut self) -> Target {
        let open = (0..DESCRIPTORS).filter(|&at| self.slots.descriptors[at].is_some());
        let open: Vec<_> = open.collect();
        if open.is_empty() || self.random.chance(15) {
            return self.preopen();
        }
        let at = self.random.pick(&open);
        let (tree, descriptor) = self.slots.descriptors[at].clone().expect("it is open");
        Target {
            name: format!("slot{at}"),
            is_preopen: false,
            tree,
            descriptor,
        }
    }

    /// A descriptor that is mostly a directory.
    pub fn base(&mut self) -> Target {
        if self.random.chance(60) {
            self.preopen()
        } else {
            self.any()
        }
    }

    /// A number for the next descriptor.
    pub fn descriptor_slot(&mut self) -> usize {
        self.random.below(DESCRIPTORS as u32) as usize
    }

    pub fn keep(&mut self, slot: usize, tree: usize, descriptor: Descriptor) {
        self.slots.descriptors[slot] = Some((tree, Rc::new(descriptor)));
    }

    pub fn keep_stream(&mut self, slot: usize, stream: Stream) {
        self.slots.streams[slot] = Some(stream);
    }

    pub fn stream_slot(&mut self) -> usize {
        self.random.below(STREAMS as u32) as usize
    }

    /// Takes a stream out of its slot.
    pub fn open_slot(&mut self) -> Option<(usize, Stream)> {
        self.take_stream_if(|_| true)
    }

    /// Takes an unread stream of a file in this mapping. A host traps at a stream whose end
    /// the program has seen.
    pub fn take_stream(&mut self, tree: usize) -> Option<Stream> {
        let taken = self.take_stream_if(|stream| stream.tree == tree && !stream.was_read);
        taken.map(|(_, stream)| stream)
    }

    fn take_stream_if(&mut self, fits: impl Fn(&Stream) -> bool) -> Option<(usize, Stream)> {
        let fitting = (0..STREAMS).filter(|&at| self.slots.streams[at].as_ref().is_some_and(&fits));
        let fitting: Vec<_> = fitting.collect();
        if fitting.is_empty() {
            return None;
        }
        let at = self.random.pick(&fitting);
        Some((at, self.slots.streams[at].take()?))
    }
}

/// Descriptors are dropped before and after their streams, and streams before and after
/// their futures.
pub fn drop_any(program: &mut Program) {
    program.line.word("drop");
    let at = program.random.below((DESCRIPTORS + STREAMS) as u32) as usize;
    let future_first = program.random.chance(50);
    program.line.say("slot", at);
    let was_open = match at.checked_sub(DESCRIPTORS) {
        Some(at) => program.slots.streams[at]
            .take()
            .is_some_and(|stream| drop_stream(stream, future_first)),
        None => program.slots.descriptors[at].take().is_some(),
    };
    program.line.outcome(Ok(()));
    program.line.say("open", was_open);
}

fn drop_stream(stream: Stream, future_first: bool) -> bool {
    if future_first {
        drop(stream.result);
        drop(stream.reader);
    } else {
        drop(stream.reader);
        drop(stream.result);
    }
    true
}

/// The new descriptors replace the old ones.
pub async fn open_preopens(program: &mut Program) {
    program.line.word("get-directories");
    let new = preopens();
    program.line.outcome(Ok(()));
    let old = std::mem::replace(&mut program.slots.preopens, new);
    for (old, new) in old.iter().zip(&program.slots.preopens) {
        let same = program.lowering.is_same_object(old, new).await;
        program.line.say("same", same);
    }
}
