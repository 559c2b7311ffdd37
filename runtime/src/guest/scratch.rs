//! A piece of the program's memory that the host writes its answers to.

/// Bytes that [`Memory::with_scratch`](super::Memory::with_scratch) lends: an `fdstat` of
/// preview 1, the largest record that the runtime asks of the host.
pub(crate) const SCRATCH_LEN: usize = 24;

/// Fills the scratch bytes before the host writes. No `prestat` begins with this byte, no
/// `fdstat` has it as `filetype`, and no path is as long as four of them say.
pub(crate) const UNWRITTEN: u8 = 0xa5;

/// The bytes of the program that `with_scratch` has to put back.
#[derive(Default)]
pub struct Lent(Option<[u8; SCRATCH_LEN]>);

impl Lent {
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
