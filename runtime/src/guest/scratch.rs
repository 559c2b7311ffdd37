//! A piece of the program's memory that the host writes its answers to.

/// Bytes that [`Memory::with_scratch`](super::Memory::with_scratch) lends: an `fdstat` of
/// preview 1, the largest record that the runtime asks of the host.
pub(crate) const SCRATCH_LEN: usize = 24;

/// Fills the scratch bytes before the host writes. No `prestat` begins with this byte, no
/// `fdstat` has it as `filetype`, and no path is as long as four of them say.
pub(crate) const UNWRITTEN: u8 = 0xa5;

/// The place that the server lends. It is far from 0, which hosts may take for a null
/// pointer, and within the first page, which every memory that can be passed to a call has.
pub(crate) const FOR_SERVER: u32 = 1024;

/// The place that the clock of a layer lends. It is behind the other one, so that a throw of
/// the host leaves each to its own next loan.
#[cfg(any(test, all(target_family = "wasm", feature = "writable")))]
pub(crate) const FOR_CLOCK: u32 = FOR_SERVER + SCRATCH_LEN as u32;

/// The bytes of the program at `ADDRESS` that
/// [`Memory::with_scratch`](super::Memory::with_scratch) has to put back.
#[derive(Default)]
pub struct Lent<const ADDRESS: u32>(Option<[u8; SCRATCH_LEN]>);

impl<const ADDRESS: u32> Lent<ADDRESS> {
    /// Notes the program's `bytes` until [`end`](Self::end). Returns the bytes to put
    /// back: an earlier loan that the host ended by a throw is still noted. If the program
    /// wrote there since, its new bytes count.
    pub(super) fn begin(&mut self, bytes: [u8; SCRATCH_LEN]) -> [u8; SCRATCH_LEN] {
        let saved = self.0.take().filter(|_| bytes == [UNWRITTEN; SCRATCH_LEN]);
        *self.0.insert(saved.unwrap_or(bytes))
    }

    /// The bytes are back.
    pub(super) fn end(&mut self) {
        self.0 = None;
    }
}
