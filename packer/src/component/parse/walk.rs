//! Walks over the sections of a component in a file.
//!
//! The walk gives the parser one window of the file at a time and skips core modules, so a
//! payload of 200 MB stays in the file. For example, a core module of 1 MB at offset 40 is
//! one section, and the walk continues at its end. Nested components are entered.
//!
//! The walk is total: it checks that each section ends within its component, and bounds the
//! number of sections and the depth.

use crate::component::error::ComponentError;
use crate::component::parse::layout::{Component, CoreModule, Layout, Section};
use wasi_vfs_format::ReadAt;
use wasmparser::{Chunk, Parser, Payload};

/// Bytes to read at once. Sections are short, except for core modules.
const WINDOW_LEN: u64 = 16 << 10;

/// Engines have no such limit. Composed components have some thousand sections.
const MAX_SECTIONS: usize = 100_000;

/// Engines allow as many in each component.
const MAX_MODULES: usize = 1000;

/// Engines allow 1000 nested components. Tools nest a few levels.
const MAX_DEPTH: usize = 100;

/// Parses the component in `source`.
pub(crate) fn layout<S: ReadAt + ?Sized>(source: &S) -> Result<Layout, ComponentError> {
    let mut walk = Walk {
        window: Window::new(source),
        open: vec![Open {
            parser: Parser::new(0),
            component: 0,
        }],
        layout: Layout::default(),
        section_count: 0,
    };
    walk.layout.components.push(Component::default());
    while let Some(open) = walk.open.pop() {
        walk.step(open)?;
    }
    Ok(walk.layout)
}

/// A component whose end is not reached.
struct Open {
    parser: Parser,
    /// Its number in the layout.
    component: usize,
}

/// What follows a parsed payload.
enum Next {
    Continue(u64),
    Enter(Parser, Section),
    Close,
}

struct Walk<'s, S: ?Sized> {
    window: Window<'s, S>,
    open: Vec<Open>,
    layout: Layout,
    section_count: usize,
}

impl<S: ReadAt + ?Sized> Walk<'_, S> {
    /// Parses one payload of the innermost component.
    fn step(&mut self, mut open: Open) -> Result<(), ComponentError> {
        let number = open.component;
        match self.payload(&mut open)? {
            Next::Close => return Ok(()),
            Next::Continue(end) => {
                self.window.at = end;
                self.open.push(open);
            }
            Next::Enter(parser, section) => {
                let component = self.layout.components.len();
                let enclosing = self.enclosing(number, section);
                check("nested components", enclosing.len(), MAX_DEPTH)?;
                self.layout.components.push(Component {
                    enclosing,
                    ..Component::default()
                });
                self.open.push(open);
                self.open.push(Open { parser, component });
            }
        }
        Ok(())
    }

    fn payload(&mut self, open: &mut Open) -> Result<Next, ComponentError> {
        loop {
            let is_end = self.window.reaches_end();
            match open.parser.parse(self.window.bytes(), is_end)? {
                Chunk::NeedMoreData(hint) => self.window.extend(hint)?,
                Chunk::Parsed { consumed, payload } => {
                    let start = self.window.at;
                    let end = start.saturating_add(consumed as u64);
                    self.section_count += 1;
                    check("sections", self.section_count, MAX_SECTIONS)?;
                    let file_len = self.window.source.len();
                    let place = (start, end, file_len);
                    let next = note(&mut self.layout, open.component, &payload, place)?;
                    if let Next::Enter(..) = next {
                        self.window.at = end;
                    }
                    return Ok(next);
                }
            }
        }
    }

    fn enclosing(&self, number: usize, section: Section) -> Vec<Section> {
        let component = self.layout.components.get(number);
        let outer = component.map_or(&[][..], |component| &component.enclosing);
        [&[section], outer].concat()
    }
}

/// Notes a payload of the component `number`, which the parser consumed from `start` to
/// `end`.
fn note(
    layout: &mut Layout,
    number: usize,
    payload: &Payload<'_>,
    (start, end, file_len): (u64, u64, u64),
) -> Result<Next, ComponentError> {
    let section = payload.as_section().map(|(id, range)| Section {
        id,
        start,
        content: range.start as u64..range.end as u64,
    });
    if let (Some(section), Some(component)) = (&section, layout.components.get_mut(number)) {
        if section.content.end > file_len {
            return Err(cut_off(section));
        }
        component.sections.push(section.clone());
    }
    match (payload, section) {
        (Payload::End(_), _) => Ok(Next::Close),
        (Payload::ModuleSection { .. }, Some(section)) => {
            let end = section.content.end;
            check("core modules", layout.modules.len() + 1, MAX_MODULES)?;
            layout.modules.push(CoreModule {
                component: number,
                section,
            });
            Ok(Next::Continue(end))
        }
        (Payload::ComponentSection { parser, .. }, Some(section)) => {
            Ok(Next::Enter(parser.clone(), section))
        }
        (Payload::ComponentImportSection(imports), _) => {
            if let Some(component) = layout.components.get_mut(number) {
                for import in imports.clone() {
                    component.imports.push(import?.name.name.to_owned());
                }
            }
            Ok(Next::Continue(end))
        }
        _ => Ok(Next::Continue(end)),
    }
}

fn cut_off(section: &Section) -> ComponentError {
    let (start, end) = (section.start, section.content.end);
    let what = format!("the section at offset {start:#x} ends at {end:#x}, behind the file");
    ComponentError::Malformed(what)
}

fn check(what: &'static str, found: usize, limit: usize) -> Result<(), ComponentError> {
    match found <= limit {
        true => Ok(()),
        false => Err(ComponentError::TooMany { what, found, limit }),
    }
}

/// Bytes of the file from `at` on.
struct Window<'s, S: ?Sized> {
    source: &'s S,
    at: u64,
    bytes: Vec<u8>,
    start: u64,
}

impl<'s, S: ReadAt + ?Sized> Window<'s, S> {
    fn new(source: &'s S) -> Self {
        Self {
            source,
            at: 0,
            bytes: Vec::new(),
            start: 0,
        }
    }

    /// The bytes that are read, which may be none.
    fn bytes(&self) -> &[u8] {
        let skipped = self.at.checked_sub(self.start);
        let skipped = skipped.and_then(|skipped| usize::try_from(skipped).ok());
        let bytes = skipped.and_then(|skipped| self.bytes.get(skipped..));
        bytes.unwrap_or_default()
    }

    /// Whether the file has no bytes behind the window.
    fn reaches_end(&self) -> bool {
        self.at.saturating_add(self.bytes().len() as u64) >= self.source.len()
    }

    /// Reads at least `more` further bytes, or the rest of the file.
    fn extend(&mut self, more: u64) -> Result<(), ComponentError> {
        let wanted = self.bytes().len() as u64 + more.max(WINDOW_LEN);
        let rest = self.source.len().saturating_sub(self.at);
        let len = usize::try_from(wanted.min(rest));
        let len = len.map_err(|_| ComponentError::Read(std::io::ErrorKind::OutOfMemory.into()))?;
        let mut bytes = vec![0; len];
        let read = self.source.read_exact_at(&mut bytes, self.at);
        read.map_err(ComponentError::Read)?;
        (self.bytes, self.start) = (bytes, self.at);
        Ok(())
    }
}
