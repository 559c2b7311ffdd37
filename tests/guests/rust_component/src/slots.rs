//! The open descriptors and streams of the program.

use crate::Program;
use std::rc::Rc;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::Descriptor;
use wasip2::io::streams::InputStream;

const DESCRIPTORS: usize = 12;
const STREAMS: usize = 6;

/// The two mappings.
const PREOPENS: [&str; 2] = ["/data", "/other"];

/// What is open.
pub struct Slots {
    preopens: Vec<Rc<Descriptor>>,
    descriptors: [Option<Rc<Descriptor>>; DESCRIPTORS],
    streams: [Option<Stream>; STREAMS],
}

/// A stream, and the offset at which it began.
#[derive(Clone)]
pub struct Stream {
    pub offset: u64,
    pub stream: Rc<InputStream>,
}

/// A descriptor to pass.
pub struct Target {
    pub name: String,
    pub is_preopen: bool,
    pub descriptor: Rc<Descriptor>,
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
        let at = self.random.below(PREOPENS.len() as u32) as usize;
        Target {
            name: format!("preopen{at}"),
            is_preopen: true,
            descriptor: self.slots.preopens[at].clone(),
        }
    }

    /// A mapping, opened again.
    pub fn fresh_preopen(&self, at: usize) -> Rc<Descriptor> {
        preopens().swap_remove(at)
    }

    /// An open descriptor. All slots may be empty.
    pub fn any(&mut self) -> Target {
        let open = (0..DESCRIPTORS).filter(|&at| self.slots.descriptors[at].is_some());
        let open: Vec<_> = open.collect();
        if open.is_empty() || self.random.chance(15) {
            return self.preopen();
        }
        let at = self.random.pick(&open);
        Target {
            name: format!("slot{at}"),
            is_preopen: false,
            descriptor: self.slots.descriptors[at].clone().expect("it is open"),
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

    pub fn keep(&mut self, slot: usize, descriptor: Descriptor) {
        self.slots.descriptors[slot] = Some(Rc::new(descriptor));
    }

    pub fn keep_stream(&mut self, slot: usize, offset: u64, stream: InputStream) {
        let stream = Rc::new(stream);
        self.slots.streams[slot] = Some(Stream { offset, stream });
    }

    pub fn stream_slot(&mut self) -> usize {
        self.random.below(STREAMS as u32) as usize
    }

    pub fn drop_stream(&mut self, slot: usize) {
        self.slots.streams[slot] = None;
    }

    /// A stream, with its number.
    pub fn stream(&mut self) -> Option<(usize, Stream)> {
        let open = (0..STREAMS).filter(|&at| self.slots.streams[at].is_some());
        let open: Vec<_> = open.collect();
        if open.is_empty() {
            return None;
        }
        let at = self.random.pick(&open);
        Some((at, self.slots.streams[at].clone()?))
    }
}

/// Descriptors are dropped before and after their streams.
pub fn drop_any(program: &mut Program) {
    program.line.word("drop");
    let at = program.random.below((DESCRIPTORS + STREAMS) as u32) as usize;
    program.line.say("slot", at);
    let was_open = match at.checked_sub(DESCRIPTORS) {
        Some(at) => program.slots.streams[at].take().is_some(),
        None => program.slots.descriptors[at].take().is_some(),
    };
    program.line.outcome(Ok(()));
    program.line.say("open", was_open);
}

/// The new descriptors replace the old ones.
pub fn open_preopens(program: &mut Program) {
    program.line.word("get-directories");
    let new = preopens();
    program.line.outcome(Ok(()));
    let old = std::mem::replace(&mut program.slots.preopens, new);
    for (old, new) in old.iter().zip(&program.slots.preopens) {
        program.line.say("same", old.is_same_object(new));
    }
}
