//! Builds a module from another one. Functions are redirected, and sections lose items at
//! their end or get more there.
//!
//! Merging, unmerging and the conversion of programs all use it. For example,
//! `items(id::DATA, 3, added)` keeps the first three data segments and appends `added`.
//! Sections that nobody names are copied. Padded counts and lengths keep their padding.
//!
//! Owns the order of sections. It does not know the purpose of an addition.

use crate::module::edit::items::Items;
use crate::module::edit::redirect::Redirect;
use crate::module::edit::references::{self, CodeEdits, splice};
use crate::module::edit::rope::{OutputSection, Rope, module_len, write_module};
use crate::module::error::ModuleError;
use crate::module::parse::section::id;
use crate::module::parse::shape::Shape;
use std::borrow::Cow;
use std::ops::Range;
use wasmparser::{Data, Element, FromReader, FunctionBody, Global, MemoryType, RecGroup, Table};

/// The order of sections in the specification.
const ORDER: [u8; 13] = [
    id::TYPE,
    id::IMPORT,
    id::FUNCTION,
    id::TABLE,
    id::MEMORY,
    id::TAG,
    id::GLOBAL,
    id::EXPORT,
    id::START,
    id::ELEMENT,
    id::DATA_COUNT,
    id::CODE,
    id::DATA,
];

/// A module under construction.
pub(crate) struct Rebuild<'s, 'a> {
    shape: &'s Shape<'a>,
    sections: Vec<OutputSection<'a>>,
    code: CodeEdits,
}

impl<'s, 'a> Rebuild<'s, 'a> {
    /// Starts with all sections of `shape`. `custom` keeps, changes or drops custom
    /// sections, and `redirect` applies to every section that gets `items`.
    pub(crate) fn new(
        shape: &'s Shape<'a>,
        redirect: Redirect,
        custom: impl FnMut(&str, &'a [u8]) -> Option<Rope<'a>>,
    ) -> Result<Self, ModuleError> {
        let code = CodeEdits::new(shape, redirect)?;
        Ok(Self::with_edits(shape, code, custom))
    }

    /// As [`new`](Self::new), with edits that were found earlier.
    pub(crate) fn with_edits(
        shape: &'s Shape<'a>,
        code: CodeEdits,
        custom: impl FnMut(&str, &'a [u8]) -> Option<Rope<'a>>,
    ) -> Self {
        Self {
            shape,
            sections: kept_sections(shape, custom),
            code,
        }
    }

    /// As [`new`](Self::new), without redirection.
    pub(crate) fn copy(
        shape: &'s Shape<'a>,
        custom: impl FnMut(&str, &'a [u8]) -> Option<Rope<'a>>,
    ) -> Result<Self, ModuleError> {
        Ok(Self::with_edits(shape, CodeEdits::default(), custom))
    }

    /// Replaces the section `id` by its first `keep` items and `added`. Omits a section
    /// without items.
    pub(crate) fn items(&mut self, id: u8, keep: u32, added: Items<'a>) -> Result<(), ModuleError> {
        let count = keep.checked_add(added.count);
        let count = count.ok_or_else(|| ModuleError::Runtime("too many items".into()))?;
        let kept = self.kept(id, keep)?;
        if count == 0 {
            self.remove(id);
            return Ok(());
        }
        let mut content = Rope::default();
        content.push_like(self.old_bytes(id), count);
        content.append(kept);
        content.append(added.bytes);
        // Unmerging omits an empty section, so an empty one must not keep its place here.
        if self.is_empty(id) {
            self.remove(id);
        }
        self.put(id, content);
        Ok(())
    }

    /// Whether there is a section `id` that has no items.
    fn is_empty(&self, id: u8) -> bool {
        // A zero may have several bytes.
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| byte & 0x7f == 0);
        self.shape.section(id).is_some() && is_zero(self.old_bytes(id))
    }

    /// The content of the section `id` before the changes. Empty if there is no section.
    fn old_bytes(&self, id: u8) -> &'a [u8] {
        let section = self.shape.section(id);
        section.map_or(&[], |section| self.shape.bytes(section.range.clone()))
    }

    /// Redirects sections that refer to functions and get no items: tables, exports and
    /// elements. The start function takes and returns nothing, so it is never a redirected
    /// call.
    pub(crate) fn redirect_references(&mut self) -> Result<(), ModuleError> {
        let (counts, imported) = (self.shape.counts, self.shape.imported);
        let exports = self.shape.exports.len() as u32;
        let tables = counts.tables - imported.tables;
        let kept = [
            (id::TABLE, tables),
            (id::EXPORT, exports),
            (id::ELEMENT, counts.elements),
        ];
        // A section without items stays as it is.
        for (id, count) in kept.into_iter().filter(|(_, count)| *count > 0) {
            self.items(id, count, Items::default())?;
        }
        Ok(())
    }

    /// Sets the data count section, or removes it.
    pub(crate) fn data_count(&mut self, count: Option<u32>) {
        match count {
            None => self.remove(id::DATA_COUNT),
            Some(count) => {
                let mut content = Rope::default();
                content.push_like(self.old_bytes(id::DATA_COUNT), count);
                self.put(id::DATA_COUNT, content);
            }
        }
    }

    /// Sets the start function of a module that has none.
    pub(crate) fn start(&mut self, function: u32) {
        let mut content = Rope::default();
        content.push_u32(function);
        self.put(id::START, content);
    }

    /// Removes the start function, if there is one.
    pub(crate) fn no_start(&mut self) {
        self.remove(id::START);
    }

    /// Replaces the import section, if the module has one.
    pub(crate) fn imports(&mut self, content: Option<Rope<'a>>) {
        if let Some(content) = content {
            self.put(id::IMPORT, content);
        }
    }

    /// Adds a custom section at the end.
    pub(crate) fn custom(&mut self, name: &str, data: impl Into<Cow<'a, [u8]>>) {
        let mut content = Rope::default();
        content.push_u32(name.len() as u32);
        content.push(name.as_bytes().to_vec());
        content.push(data);
        self.sections.push(OutputSection {
            id: id::CUSTOM,
            old_len: &[],
            content,
        });
    }

    /// Length of the module in bytes.
    pub(crate) fn module_len(&self) -> u64 {
        module_len(&self.sections)
    }

    /// The bytes of the module.
    pub(crate) fn finish(self) -> Result<Vec<u8>, ModuleError> {
        write_module(self.sections)
    }

    fn remove(&mut self, id: u8) {
        self.sections.retain(|section| section.id != id);
    }

    fn put(&mut self, id: u8, content: Rope<'a>) {
        if let Some(section) = self.sections.iter_mut().find(|section| section.id == id) {
            section.content = content;
            return;
        }
        // Directly behind its predecessor, so that custom sections at the end of the module
        // stay there.
        let place = ORDER.iter().position(|other| *other == id);
        let before = place.and_then(|place| ORDER.get(..place)).unwrap_or(&[]);
        let previous = self.sections.iter().rposition(|s| before.contains(&s.id));
        let at = previous.map_or(0, |previous| previous + 1);
        let section = OutputSection {
            id,
            old_len: &[],
            content,
        };
        self.sections.insert(at, section);
    }

    /// The first `keep` items of the section `id`, redirected.
    fn kept(&self, id: u8, keep: u32) -> Result<Rope<'a>, ModuleError> {
        let Some(range) = kept_range(self.shape, id, keep)? else {
            return Ok(Rope::default());
        };
        if id == id::CODE {
            return Ok(self.kept_code(range));
        }
        let found = references::in_section(self.shape, id)?;
        let edits = references::edits(self.shape, &found, &self.code.redirect);
        let mut rope = Rope::default();
        rope.push(splice(self.shape, range, &edits));
        Ok(rope)
    }

    /// Bodies without a redirected reference are copied as they are, in runs.
    fn kept_code(&self, range: Range<usize>) -> Rope<'a> {
        let mut rope = Rope::default();
        let mut from = range.start;
        for (number, edits) in &self.code.bodies {
            let Some(body) = self.shape.bodies.get(*number).map(FunctionBody::range) else {
                continue;
            };
            if body.end > range.end {
                break;
            }
            // A body starts with its length, where the previous body ends.
            let previous = number.checked_sub(1);
            let previous = previous.and_then(|previous| self.shape.bodies.get(previous));
            let framed_from = previous.map_or(range.start, |body| body.range().end);
            rope.push(self.shape.bytes(from..framed_from));
            let content = splice(self.shape, body.clone(), edits);
            let old_len = self.shape.bytes(framed_from..body.start);
            rope.push_like(old_len, u32::try_from(content.len()).unwrap_or(u32::MAX));
            rope.push(content);
            from = body.end;
        }
        rope.push(self.shape.bytes(from..range.end));
        rope
    }
}

fn kept_sections<'a>(
    shape: &Shape<'a>,
    mut custom: impl FnMut(&str, &'a [u8]) -> Option<Rope<'a>>,
) -> Vec<OutputSection<'a>> {
    let mut sections = Vec::with_capacity(shape.sections.len() + ORDER.len());
    for section in &shape.sections {
        let bytes = shape.bytes(section.range.clone());
        let content = match section.id {
            id::CUSTOM => custom(section.name, bytes),
            _ => Some(bytes.into()),
        };
        sections.extend(content.map(|content| OutputSection {
            id: section.id,
            old_len: section.encoded_len,
            content,
        }));
    }
    sections
}

/// Place of the first `keep` items of a section, if the module has the section.
fn kept_range(shape: &Shape<'_>, id: u8, keep: u32) -> Result<Option<Range<usize>>, ModuleError> {
    match id {
        id::TYPE => range_of::<RecGroup>(shape, id, keep),
        id::FUNCTION => range_of::<u32>(shape, id, keep),
        id::TABLE => range_of::<Table<'_>>(shape, id, keep),
        id::MEMORY => range_of::<MemoryType>(shape, id, keep),
        id::GLOBAL => range_of::<Global<'_>>(shape, id, keep),
        id::EXPORT => range_of::<wasmparser::Export<'_>>(shape, id, keep),
        id::ELEMENT => range_of::<Element<'_>>(shape, id, keep),
        id::CODE => range_of::<FunctionBody<'_>>(shape, id, keep),
        id::DATA => range_of::<Data<'_>>(shape, id, keep),
        _ => Ok(None),
    }
}

fn range_of<'a, T: FromReader<'a>>(
    shape: &Shape<'a>,
    id: u8,
    keep: u32,
) -> Result<Option<Range<usize>>, ModuleError> {
    let Some(items) = shape.items::<T>(id)? else {
        return Ok(None);
    };
    let (start, end, count) = (items.original_position(), items.range().end, items.count());
    if keep >= count {
        return Ok(Some(start..end));
    }
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let cut = items.into_iter_with_offsets().nth(keep).transpose()?;
    Ok(Some(start..cut.map_or(end, |(offset, _)| offset)))
}
