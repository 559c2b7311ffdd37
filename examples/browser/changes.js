// The changes of an instance as an image: applies one, saves one and lists its files.
//
// The functions are those of docs/EMBEDDING.md, and the records those of docs/FORMAT.md.
// Each call may grow the memory, so each access makes a new view of it.

const REASONS = new Map([
  [-1, "memory ran out"],
  [-2, "they exceed the limit of this module"],
  [-3, "they are damaged, or another version of wasi-vfs wrote them"],
  [-4, "they change directories that this module keeps read-only"],
  [-6, "they exceed 2 GiB"],
]);

const PIECE_LEN = 65536;

function succeeded(result) {
  if (result < 0) throw new Error(REASONS.get(result) ?? `wasi-vfs: code ${result}`);
  return result;
}

function buffer(vfs, len) {
  const address = vfs.wasi_vfs_changes_buffer(len) >>> 0;
  if (address === 0) throw new Error(REASONS.get(-1));
  return address;
}

function bytes(vfs, address, len) {
  return new Uint8Array((vfs.wasi_vfs_memory ?? vfs.memory).buffer, address, len);
}

// Makes the changes of `image` in an instance that has not started. An error leaves all
// files as packed.
export function apply(vfs, image) {
  const address = buffer(vfs, image.length);
  bytes(vfs, address, image.length).set(image);
  succeeded(vfs.wasi_vfs_changes_apply());
}

// Returns the changes of the instance as an image.
export function save(vfs) {
  const image = new Uint8Array(succeeded(vfs.wasi_vfs_changes_save()));
  const address = buffer(vfs, PIECE_LEN);
  for (let offset = 0, len; offset < image.length; offset += len) {
    len = succeeded(vfs.wasi_vfs_changes_read(offset));
    image.set(bytes(vfs, address, len), offset);
  }
  vfs.wasi_vfs_changes_buffer(0);
  return image;
}

// --- Listing -------------------------------------------------------------------

// Of the superblock: a table is its offset and its number of records or bytes.
const INODES = 96;
const NAMES = 120;
const INODE_LEN = 28;
const [DIRECTORY, REMOVED] = [1, 4];

// Returns the paths of the changed files and of the removed names. Throws if the records
// exceed the image.
export function list(image) {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const number = (offset) => view.getUint32(offset, true);
  const text = (offset, len) => new TextDecoder().decode(new Uint8Array(image.buffer, image.byteOffset + offset, len));
  const [inodes, count, names] = [number(INODES), number(INODES + 4), number(NAMES)];
  const found = { changed: [], removed: [] };
  // A parent comes before its children.
  const paths = [""];
  for (let inode = 1; inode < count; inode++) {
    const at = inodes + inode * INODE_LEN;
    const path = `${paths[number(at + 20)]}/${text(names + number(at + 12), view.getUint8(at + 24))}`;
    const kind = view.getUint8(at + 27) & 15;
    if (kind === DIRECTORY) paths[inode] = path;
    else found[kind === REMOVED ? "removed" : "changed"].push(path);
  }
  return { changed: found.changed.sort(), removed: found.removed.sort() };
}
