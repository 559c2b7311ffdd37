// Times a guest that grows its memory page by page, under Node. One line of
// JSON.
//
// Variants are interleaved: each round runs each of them once, in a fresh
// instance. The first rounds warm up and are not counted.
//
// Usage: node --expose-gc grow_node.mjs WARMUP ROUNDS GROWS NAME=MODULE...
import { interleave, reader, report, variant } from "./node.mjs";

const [warmup, rounds, grows, ...texts] = process.argv.slice(2);
const variants = texts.map((text) => variant(text));
for (const one of variants) {
  one.module = new WebAssembly.Module(one.bytes);
  one.result = [];
}

function run({ module, result }, counts) {
  const exports = reader(module, {});
  exports.prepare();
  const start = performance.now();
  const grown = exports.grow(Number(grows));
  const elapsed = performance.now() - start;
  if (grown !== Number(grows)) throw new Error(`grown by ${grown}`);
  if (counts) result.push(elapsed);
}

interleave(Number(warmup), Number(rounds), variants, run);
report(variants);
