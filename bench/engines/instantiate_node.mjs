// Times `new WebAssembly.Instance` of compiled modules, under Node, which has
// no copy-on-write memory: what lies in active data segments is copied. One
// line of JSON.
//
// Usage: node --expose-gc instantiate_node.mjs WARMUP ROUNDS NAME=MODULE...
import { interleave, report, stubs, variant } from "./node.mjs";

const [warmup, rounds, ...texts] = process.argv.slice(2);
const variants = texts.map((text) => variant(text));
for (const one of variants) {
  one.module = new WebAssembly.Module(one.bytes);
  one.imports = stubs(one.module);
  one.result = [];
}

function instantiate({ module, imports, result }, counts) {
  const start = performance.now();
  const instance = new WebAssembly.Instance(module, imports);
  const elapsed = performance.now() - start;
  if (counts) result.push(elapsed);
  if (!instance.exports.memory) throw new Error("no memory");
}

interleave(Number(warmup), Number(rounds), variants, instantiate);
report(variants);
