// Decodes frames under Node. For each line of input decodes them all once and
// prints the nanoseconds that took. Fails where the content is not right.
//
// Usage: node decoder_node.mjs MODULE FRAMES
//   FRAMES: for each frame three lengths of four bytes, and the bytes of frame,
//           prefix and content
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [module, framesPath] = process.argv.slice(2);
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(module)));
const { memory, allocate, decode } = instance.exports;

// Most frames have the same prefix, which is in memory once.
let last = { data: Buffer.alloc(0) };
function placePrefix(data) {
  if (!last.address || last.data.compare(data) !== 0) last = { data, address: place(data) };
  return last.address;
}

function place(data) {
  const address = allocate(data.length + 1) >>> 0;
  new Uint8Array(memory.buffer).set(data, address);
  return address;
}

const frames = readFileSync(framesPath);
const jobs = [];
const contents = [];
for (let at = 0; at < frames.length; ) {
  const lengths = [0, 4, 8].map((field) => frames.readUInt32LE(at + field));
  at += 12;
  const [frame, prefix, content] = lengths.map((length) => frames.subarray(at, (at += length)));
  const output = place(new Uint8Array(content.length));
  jobs.push(place(frame), frame.length, placePrefix(prefix), prefix.length, output, content.length);
  contents.push([output, content]);
}
const table = place(new Uint8Array(new Uint32Array(jobs).buffer));

for await (const _ of createInterface({ input: process.stdin })) {
  const start = process.hrtime.bigint();
  const decoded = decode(table, contents.length);
  const elapsed = process.hrtime.bigint() - start;
  if (decoded !== contents.length) throw new Error("a frame was refused");
  for (const [output, content] of contents)
    if (content.compare(Buffer.from(memory.buffer, output, content.length)) !== 0)
      throw new Error("wrong content");
  console.log(String(elapsed));
}
