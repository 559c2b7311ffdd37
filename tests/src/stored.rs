//! Where in the bytes of a packed module the parts of its image lie: found
//! through the anchor, by hand, so that a test can damage each byte of them.

use std::ops::Range;
use wasi_vfs_embedding::{ANCHOR_LEN, ANCHOR_MAGIC, Anchor, FORM_LINKED};
use wasmparser::{DataKind, Operator, Parser, Payload};
use zerocopy::FromBytes;

/// Offsets in the module, of each byte that is stored. What lies between the
/// segments of an initial memory is zero and stored nowhere.
#[derive(Debug, Default)]
pub struct Stored {
    /// Of the anchor.
    pub anchor: Vec<usize>,
    /// Of the index, as it is or compressed.
    pub index: Vec<usize>,
    /// Of the payload.
    pub payload: Vec<usize>,
}

/// A data segment: its memory and address if it is active, and where its bytes
/// are in the module.
struct Segment {
    place: Option<(u32, u64)>,
    bytes: Range<usize>,
}

impl Stored {
    /// Finds them in a packed module.
    ///
    /// # Panics
    ///
    /// If the module is not packed.
    pub fn find(module: &[u8]) -> Self {
        Self::find_if_packed(module).expect("a packed module")
    }

    /// Finds them in the runtime of a wired component. Offsets are those in the component.
    ///
    /// # Panics
    ///
    /// If the component has no packed core module.
    pub fn find_in_component(component: &[u8]) -> Self {
        let mut modules = Parser::new(0).parse_all(component).filter_map(|payload| {
            match payload.expect("a valid component") {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => Some(unchecked_range),
                _ => None,
            }
        });
        let found = modules.find_map(|range| {
            let stored = Self::find_if_packed(&component[range.clone()])?;
            Some(stored.moved_by(range.start))
        });
        found.expect("a packed core module")
    }

    fn moved_by(mut self, start: usize) -> Self {
        for offsets in [&mut self.anchor, &mut self.index, &mut self.payload] {
            offsets.iter_mut().for_each(|offset| *offset += start);
        }
        self
    }

    fn find_if_packed(module: &[u8]) -> Option<Self> {
        let segments = segments(module);
        let (memory, anchor) = find_anchor(module, &segments)?;
        let within = |address: u32, len: u32| {
            let start = u64::from(anchor.region_address.get()) + u64::from(address);
            let range = start..start + u64::from(len);
            let offset = |at| Some(offset(&segments, memory, at)?.0);
            range.filter_map(offset).collect::<Vec<_>>()
        };
        let payload_len = anchor.payload_len.get();
        Some(Self {
            anchor: within(anchor.address.get(), ANCHOR_LEN as u32),
            index: within(anchor.index_address.get(), anchor.index_stored_len.get()),
            payload: match anchor.form.get() {
                FORM_LINKED => within(anchor.payload_address.get(), payload_len),
                _ => {
                    let number = anchor.payload_address.get() as usize;
                    segments[number].bytes.clone().collect()
                }
            },
        })
    }

    /// All of them.
    pub fn all(&self) -> Vec<usize> {
        [&self.anchor[..], &self.index, &self.payload].concat()
    }
}

fn segments(module: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload.expect("a valid module") else {
            continue;
        };
        for data in section {
            let data = data.expect("a valid segment");
            let place = match data.kind {
                DataKind::Passive => None,
                DataKind::Active {
                    memory_index,
                    offset_expr,
                } => match offset_expr.get_operators_reader().read() {
                    Ok(Operator::I32Const { value }) => {
                        Some((memory_index, u64::from(value.cast_unsigned())))
                    }
                    _ => panic!("a segment at no constant place"),
                },
            };
            let end = data.range.end;
            segments.push(Segment {
                place,
                bytes: end - data.data.len()..end,
            });
        }
    }
    segments
}

/// Where the byte at this address is in the module, and its segment.
fn offset(segments: &[Segment], memory: u32, address: u64) -> Option<(usize, &Segment)> {
    // The last one that covers it is the one that counts.
    segments.iter().rev().find_map(|segment| {
        let (_, start) = segment.place.filter(|(found, _)| *found == memory)?;
        let at = usize::try_from(address.checked_sub(start)?).ok()?;
        (at < segment.bytes.len()).then_some((segment.bytes.start + at, segment))
    })
}

fn find_anchor(module: &[u8], segments: &[Segment]) -> Option<(u32, Anchor)> {
    for segment in segments {
        let Some((memory, start)) = segment.place else {
            continue;
        };
        let bytes = &module[segment.bytes.clone()];
        for at in 0..bytes.len() {
            if !bytes[at..].starts_with(&ANCHOR_MAGIC) {
                continue;
            }
            let address = start + at as u64;
            let anchor: Vec<u8> = (address..address + ANCHOR_LEN as u64)
                .map(|at| offset(segments, memory, at).map_or(0, |(offset, _)| module[offset]))
                .collect();
            let anchor = Anchor::read_from_bytes(&anchor).expect("as long as one");
            let region = u64::from(anchor.region_address.get());
            if region + u64::from(anchor.address.get()) == address {
                return Some((memory, anchor));
            }
        }
    }
    None
}
