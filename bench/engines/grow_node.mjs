// Times a guest that grows its memory page by page, under Node. One line of
// JSON.
//
// Variants are interleaved: each round runs each of them once, in a fresh
// instance. The first rounds warm up and are not counted.
//
// Usage: node --expose-gc grow_node.mjs WARMUP ROUNDS GROWS NAME=MODULE...
import { reader, variant } from "./node.mjs";

const [warmup, rounds, count, ...texts] = process.argv.slice(2);
const variants = texts.map(variant);
for (const one of variants) one.module = new WebAssembly.Module(one.bytes);

function run(one) {
  const exports = reader(one.module, {});
  exports.prepare();
  const start = performance.now();
  const grown = exports.grow(Number(count));
  one.ms.push(performance.now() - start);
  if (grown !== Number(count)) throw new Error(`grown by ${grown}`);
}

for (let round = 0; round < Number(warmup) + Number(rounds); round++) {
  for (const one of variants) {
    run(one);
    gc();
  }
}
const results = variants.map(({ name, ms }) => [name, ms.slice(Number(warmup))]);
console.log(JSON.stringify(Object.fromEntries(results)));
