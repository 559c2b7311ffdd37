// Exports the memory that a merged runtime has to itself.

// The name that it gets.
export const RUNTIME = "wasi_vfs_bench:memory";

const MEMORY_SECTION = 5;
const EXPORT_SECTION = 7;
const MEMORY_KIND = 2;

function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value);
  return bytes;
}

function readLeb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

function* sections(bytes) {
  for (let at = 8; at < bytes.length; ) {
    const start = at;
    const [len, content] = readLeb(bytes, at + 1);
    at = content + len;
    yield { id: bytes[start], start, content, end: at };
  }
}

// The module, with its second memory exported; as it is if it has none.
export function withRuntimeMemory(bytes) {
  const index = 1;
  const all = [...sections(bytes)];
  const memories = all.find(({ id }) => id === MEMORY_SECTION);
  if (!memories || readLeb(bytes, memories.content)[0] <= index) return bytes;
  const { start, content, end } = all.find(({ id }) => id === EXPORT_SECTION);
  const [count, entries] = readLeb(bytes, content);
  const text = Buffer.from(RUNTIME);
  const body = Buffer.concat([
    Buffer.from(leb(count + 1)),
    bytes.subarray(entries, end),
    Buffer.from([...leb(text.length), ...text, MEMORY_KIND, ...leb(index)]),
  ]);
  const head = Buffer.from([EXPORT_SECTION, ...leb(body.length)]);
  return Buffer.concat([bytes.subarray(0, start), head, body, bytes.subarray(end)]);
}
