//! The anchor, the memory of the image, and the one [`Server`].

use super::form::{self, GuestMemory, MemoryUse, StoredBlocks};
#[cfg(not(feature = "wired"))]
use super::host::HostFunctions;
use super::own_memory::own_memory_len;
#[cfg(feature = "wired")]
use super::wired_host::HostFunctions;
#[cfg(feature = "writable")]
use super::{
    clock::HostClock,
    layer::{LayerError, Writable},
};
use crate::blocks::Blocks;
#[cfg(feature = "wired")]
use crate::component::Server;
use crate::image::ImageFs;
#[cfg(feature = "writable")]
use crate::overlay::Overlay;
use crate::parts;
#[cfg(not(feature = "wired"))]
use crate::preview1::Server;
use crate::zstd::Decoder;
use alloc::alloc::{Layout, alloc_zeroed, dealloc};
#[cfg(feature = "wired")]
use core::cell::OnceCell;
use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};
use wasi_vfs_embedding::{ANCHOR_LEN, Anchor, version_bytes};
use wasi_vfs_format::Index;
use wasi_vfs_format::limits::MAX_INDEX_LEN;

/// Alignment of an image in memory: what the records and the fastest copies
/// could want.
const IMAGE_ALIGNMENT: usize = 16;

/// A cell for a program of one thread, which a module without shared memory is.
#[repr(transparent)]
pub(super) struct Global<T>(pub(super) UnsafeCell<T>);

// SAFETY: there is one thread, see above; `pack` refuses shared memories.
unsafe impl<T> Sync for Global<T> {}

static ANCHOR: Global<Aligned> = Global(UnsafeCell::new(Aligned(UNPACKED)));

const UNPACKED: Anchor = {
    let anchor = Anchor::empty(form::FORM, version_bytes(env!("CARGO_PKG_VERSION")));
    match cfg!(feature = "writable") {
        true => anchor.keeping_changes(),
        false => anchor,
    }
};

/// The anchor where it can be read by words, which takes a quarter of the instructions.
#[repr(C, align(4))]
struct Aligned(Anchor);

type AnchorWords = [u32; ANCHOR_LEN / size_of::<u32>()];

/// Memory given to `pack` for an image.
static ALLOCATION: Global<Option<Allocation>> = Global(UnsafeCell::new(None));

/// Where calls go. Decided at the first of them.
#[cfg(not(feature = "wired"))]
static STATE: Global<State> = Global(UnsafeCell::new(State::Unstarted));

type TheImage = ImageFs<'static, StoredBlocks, MemoryUse>;
#[cfg(not(feature = "writable"))]
type TheFiles = TheImage;
#[cfg(feature = "writable")]
type TheFiles = Overlay<TheImage, HostClock>;
pub(super) type TheServer = Server<GuestMemory, HostFunctions, TheFiles>;

#[cfg(not(feature = "wired"))]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one, and it is static memory either way"
)]
enum State {
    Unstarted,
    /// No image: a linked module that was not packed.
    PassThrough,
    Serving(TheServer),
}

/// The address of the anchor.
pub(super) fn anchor_address() -> *const Anchor {
    ANCHOR.0.get().cast()
}

/// The anchor as `pack` has left it.
fn anchor() -> Anchor {
    // SAFETY: the address is that of an aligned static as long as the words, and any bytes
    // are an anchor. The read is volatile, because `pack` writes there from outside and the
    // compiler must not assume the initial value.
    unsafe {
        let words = ANCHOR.0.get().cast::<AnchorWords>().read_volatile();
        core::mem::transmute::<AnchorWords, Anchor>(words)
    }
}

/// Memory that is ours until it is dropped.
struct Allocation {
    address: NonNull<u8>,
    layout: Layout,
}

impl Allocation {
    /// `len` zeros, if there is so much memory.
    fn zeroed(len: usize) -> Option<Self> {
        let layout = Layout::from_size_align(len.max(1), IMAGE_ALIGNMENT).ok()?;
        // SAFETY: the layout is not empty.
        let address = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        Some(Self { address, layout })
    }

    fn bytes(&self) -> *mut [u8] {
        ptr::slice_from_raw_parts_mut(self.address.as_ptr(), self.layout.size())
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc_zeroed` with this layout.
        unsafe { dealloc(self.address.as_ptr(), self.layout) }
    }
}

/// The allocation that `pack` has asked for.
fn allocation() -> &'static mut Option<Allocation> {
    // SAFETY: one thread, and those who ask call neither each other nor back
    // here, so this is the only reference.
    unsafe { &mut *ALLOCATION.0.get() }
}

/// Allocates zeroed memory for an image of `len` bytes. Returns null if memory runs out.
pub(super) fn allocate(len: usize) -> *mut u8 {
    #[cfg(feature = "linked")]
    if let Some(address) = reuse(len) {
        return address;
    }
    let new = Allocation::zeroed(len);
    let address = new.as_ref().map(|new| new.address.as_ptr());
    // A merged runtime is new whenever `pack` calls it, so there is no older allocation.
    #[cfg(feature = "merged")]
    core::mem::forget(core::mem::replace(allocation(), new));
    #[cfg(feature = "linked")]
    {
        *allocation() = new;
    }
    address.unwrap_or(ptr::null_mut())
}

/// Forgets the image of an earlier call. A linked runtime stays in its module when that is
/// packed again, and the module may be a snapshot of an instance that already ran. Returns
/// the earlier memory if it has the right length, and frees it otherwise, so that the next
/// allocation may take its place.
#[cfg(feature = "linked")]
fn reuse(len: usize) -> Option<*mut u8> {
    // SAFETY: one thread, and no call is under way, so there is no reference.
    unsafe { *STATE.0.get() = State::Unstarted };
    let old = allocation().as_ref()?;
    // SAFETY: the memory is ours and that long.
    unsafe { old.address.write_bytes(0, old.layout.size()) };
    if old.layout.size() == len.max(1) {
        return Some(old.address.as_ptr());
    }
    *allocation() = None;
    None
}

/// Whether there is no image, or one whose index can be read as far as can be
/// told without decompressing it: that is left to the first call, so that no
/// snapshot holds it twice.
pub(super) fn can_mount() -> bool {
    let anchor = anchor();
    anchor.index_len.get() == 0
        || match stored_index(&anchor) {
            Some(stored) if is_compressed(&anchor) => !stored.is_empty(),
            Some(stored) => {
                // SAFETY: see there.
                let can_parse = parse(unsafe { &*stored }).is_some();
                #[cfg(all(feature = "merged", not(feature = "writable")))]
                if let Some(index) = allocation().take() {
                    // SAFETY: nobody frees it any more.
                    unsafe { super::merged::ALLOCATOR.share_last_page(index.bytes()) };
                    core::mem::forget(index);
                }
                can_parse
            }
            None => false,
        }
}

/// There is no memory for the index. There may be some at the next call.
struct NoMemory;

/// The index that the anchor names, if it is one and the payload is as long as
/// it needs.
fn index(anchor: &Anchor) -> Result<Option<Index<'static>>, NoMemory> {
    let Some(stored) = stored_index(anchor).filter(|_| anchor.has_possible_index()) else {
        return Ok(None);
    };
    // SAFETY: see there. What was decompressed is not read again.
    let bytes = match is_compressed(anchor) {
        true => decompress(anchor, unsafe { &*stored })?.map(|index| keep(index, stored)),
        false => Some(unsafe { &*stored }),
    };
    let index = bytes.and_then(parse);
    let is_whole =
        |index: &Index<'_>| index.superblock().payload_len.get() <= anchor.payload_len.get();
    Ok(index.filter(is_whole))
}

/// The index at the start of `bytes`. The only caller, so that no error takes code.
#[inline(never)]
fn parse(bytes: &[u8]) -> Option<Index<'_>> {
    Index::parse(bytes).ok()
}

fn is_compressed(anchor: &Anchor) -> bool {
    anchor.index_stored_len.get() < anchor.index_len.get()
}

/// What lies where the anchor says that the index is. `pack` put it there, into
/// memory from `allocate` if the module is linked, and nothing writes to it.
/// It may be read until [`keep`] has put the index into its place.
fn stored_index(anchor: &Anchor) -> Option<*const [u8]> {
    let (address, len) = (anchor.index_address.get(), anchor.index_stored_len.get());
    let end = u64::from(address) + u64::from(len);
    let is_outside = end > own_memory_len() || u64::from(len) > MAX_INDEX_LEN;
    if address == 0 || is_outside || is_unsupported(anchor) {
        return None;
    }
    Some(ptr::slice_from_raw_parts(
        address as *const u8,
        len as usize,
    ))
}

/// Whether the image may depend on a field of the anchor that this runtime cannot read.
fn is_unsupported(anchor: &Anchor) -> bool {
    match cfg!(feature = "writable") {
        true => anchor.unsupported(),
        false => anchor.unsupported_without_layer(),
    }
    .is_some()
}

/// The index out of its frame, if it is one. Frees the decoder, which has only the memory
/// for this frame: programs that only list need no other.
fn decompress(anchor: &Anchor, frame: &[u8]) -> Result<Option<Allocation>, NoMemory> {
    if !parts::compressed_index() {
        return Ok(None);
    }
    let index = Allocation::zeroed(anchor.index_len.get() as usize).ok_or(NoMemory)?;
    let mut decoder = Decoder::for_frame(frame).ok_or(NoMemory)?;
    // SAFETY: it is initialised and nobody else's.
    let bytes = unsafe { &mut *index.bytes() };
    let decoded = decoder.decode(frame, &[], bytes);
    Ok(decoded.is_ok().then_some(index))
}

/// Keeps the index and never frees it. Frees the memory of its frame, if the frame has an
/// allocation of its own. The anchor then names the index itself, so that it is
/// found in a snapshot of the running program, too.
fn keep(index: Allocation, frame: *const [u8]) -> &'static [u8] {
    let bytes = index.bytes();
    let allocation = allocation();
    if allocation
        .as_ref()
        .is_some_and(|old| ptr::eq(old.bytes(), frame))
    {
        *allocation = Some(index);
        let anchor = ANCHOR.0.get().cast::<Anchor>();
        // SAFETY: these are fields of a static, to which there is no reference.
        unsafe {
            (&raw mut (*anchor).index_address).write_volatile((bytes.addr() as u32).into());
            (&raw mut (*anchor).index_stored_len).write_volatile((bytes.len() as u32).into());
        }
    } else {
        core::mem::forget(index);
    }
    // SAFETY: a merged runtime never frees it, and it is new.
    #[cfg(all(feature = "merged", not(feature = "writable")))]
    unsafe {
        super::merged::ALLOCATOR.share_last_page(bytes);
    }
    // SAFETY: it is initialised. Only `reuse` of a linked runtime frees or writes it, and
    // forgets its readers first.
    unsafe { &*bytes }
}

/// Where a call goes.
#[cfg(not(feature = "wired"))]
pub(super) enum Way {
    Host,
    /// To the host, from within the application's allocator.
    #[cfg(feature = "linked")]
    Nested,
    Image(&'static mut TheServer),
    /// Nowhere, since nobody knows yet.
    NoMemory,
}

#[cfg(not(feature = "wired"))]
pub(super) fn way() -> Way {
    #[cfg(feature = "linked")]
    if super::linked::REENTRY.call_begins() {
        return Way::Nested;
    }
    // One thread, and a call ends before the next begins: the host must not call back, and
    // an application's `malloc` that calls has left above.
    let state = STATE.0.get();
    // SAFETY: see above, and no reference is held while `start` runs.
    unsafe {
        if let State::Unstarted = *state {
            state.write(start());
        }
    }
    // SAFETY: see above.
    match unsafe { &mut *state } {
        State::Serving(server) => Way::Image(server),
        State::PassThrough => Way::Host,
        State::Unstarted => Way::NoMemory,
    }
}

/// The state from now on; still unstarted if there is no memory to find it out.
#[cfg(not(feature = "wired"))]
fn start() -> State {
    let anchor = anchor();
    if anchor.index_len.get() == 0 {
        return State::PassThrough;
    }
    match files(&anchor) {
        Ok(files) => State::Serving(Server::new(files, GuestMemory, HostFunctions)),
        Err(NoMemory) => State::Unstarted,
    }
}

/// Empties the cache, and clears the pages that nothing uses. The packer calls it on the
/// memory of a started program, so that the state of that program has no decompressed
/// blocks.
#[cfg(all(feature = "merged", not(feature = "wired")))]
pub(super) fn rest() {
    // SAFETY: one thread, and no call is under way, so there is no other reference.
    if let State::Serving(server) = unsafe { &mut *STATE.0.get() } {
        let files = server.filesystem_mut();
        #[cfg(feature = "writable")]
        let files = files.lower_mut();
        files.empty_cache();
    }
    super::pages::PAGES.clear();
}

/// The image.
#[cfg(not(any(feature = "wired", feature = "writable")))]
#[inline(always)]
fn files(anchor: &Anchor) -> Result<TheFiles, NoMemory> {
    Ok(ImageFs::new(index(anchor)?, blocks(anchor)))
}

/// The image with the layer above it. A damaged record of the layer counts as a damaged
/// image.
#[cfg(feature = "writable")]
fn files(anchor: &Anchor) -> Result<TheFiles, NoMemory> {
    // First, since what the index takes is never freed.
    let writable = match Writable::read(anchor) {
        Ok(writable) => Some(writable),
        Err(LayerError::Damaged) => None,
        Err(LayerError::NoMemory) => return Err(NoMemory),
    };
    let index = index(anchor)?;
    let writable = writable.filter(|writable| index.is_some_and(|index| writable.fits(&index)));
    let index = index.filter(|_| writable.is_some());
    let Writable { roots, limit_len } = writable.unwrap_or_default();
    let image = ImageFs::new(index, blocks(anchor));
    let mut files = Overlay::new(image, HostClock::new(index), limit_len);
    files.set_roots(roots);
    Ok(files)
}

/// The blocks of the anchor's image.
fn blocks(anchor: &Anchor) -> Blocks<StoredBlocks, MemoryUse> {
    let payload = StoredBlocks::new(anchor.payload_address.get(), anchor.payload_len.get());
    Blocks::new(payload, MemoryUse)
}

/// The server of a wired runtime, made at the first call.
#[cfg(feature = "wired")]
static SERVER: Global<OnceCell<TheServer>> = Global(UnsafeCell::new(OnceCell::new()));

/// The server of a wired runtime. While memory for the index is missing, each call tries
/// again to read the index, and the image answers that memory ran out.
#[cfg(feature = "wired")]
pub(super) fn server() -> &'static TheServer {
    // SAFETY: one thread, and nothing makes another reference than this shared one. The
    // allocator of the program may call back here, but not while the server is made.
    let server = unsafe { &*SERVER.0.get() };
    let server = server.get_or_init(|| Server::new(without_index(), GuestMemory, HostFunctions));
    server.with_files(|files| provide_index(&mut files.fs));
    server
}

/// The files before the index is in memory.
#[cfg(all(feature = "wired", not(feature = "writable")))]
fn without_index() -> TheFiles {
    ImageFs::without_index(blocks(&anchor()))
}

/// Reads the index if it is not in memory yet.
#[cfg(all(feature = "wired", not(feature = "writable")))]
fn provide_index(files: &mut TheFiles) {
    if files.needs_index() {
        match index(&anchor()) {
            Ok(index) => files.set_index(index),
            // The next call tries again.
            Err(NoMemory) => {}
        }
    }
}

/// The files before the index is in memory.
#[cfg(all(feature = "wired", feature = "writable"))]
fn without_index() -> TheFiles {
    let image = ImageFs::without_index(blocks(&anchor()));
    Overlay::new(image, HostClock::new(None), 0)
}

/// Reads the index and the record of the layer if they are not in memory yet. The program
/// can only have opened the root until then, which nothing can remove. So the new layer
/// need not know of that handle.
#[cfg(all(feature = "wired", feature = "writable"))]
fn provide_index(provided: &mut TheFiles) {
    if provided.lower().needs_index()
        && let Ok(files) = files(&anchor())
    {
        *provided = files;
    }
}
