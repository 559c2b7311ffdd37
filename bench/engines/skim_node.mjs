// Reads every file under Node, and does nothing with the bytes. For each line of
// input does so once, in a fresh instance, and prints the nanoseconds that took.
//
// Usage: node --expose-gc skim_node.mjs BYTES MODULE
//   BYTES  so many there are to be
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { reader } from "./node.mjs";

const [bytes, path] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(path));

for await (const _ of createInterface({ input: process.stdin })) {
  // The memory of dead instances is not the next one's cost.
  gc();
  const exports = reader(module, {});
  const start = process.hrtime.bigint();
  exports.skim_every_file();
  const elapsed = process.hrtime.bigint() - start;
  if (exports.bytes() !== BigInt(bytes)) throw new Error("bytes are missing");
  console.log(String(elapsed));
}
