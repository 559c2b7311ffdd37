// Times `new WebAssembly.Instance` of compiled modules, under Node, which has
// no copy-on-write memory: what lies in active data segments is copied. One
// line of JSON.
//
// Usage: node --expose-gc instantiate_node.mjs WARMUP ROUNDS NAME=MODULE...
import { stubs, variant } from "./node.mjs";

const [warmup, rounds, ...texts] = process.argv.slice(2);
const variants = texts.map(variant);
for (const one of variants) {
  one.module = new WebAssembly.Module(one.bytes);
  one.imports = stubs(one.module);
}

function instantiate({ module, imports, ms }) {
  const start = performance.now();
  const instance = new WebAssembly.Instance(module, imports);
  ms.push(performance.now() - start);
  if (!instance.exports.memory) throw new Error("no memory");
}

for (let round = 0; round < Number(warmup) + Number(rounds); round++) {
  for (const one of variants) {
    instantiate(one);
    gc();
  }
}
const results = variants.map(({ name, ms }) => [name, ms.slice(Number(warmup))]);
console.log(JSON.stringify(Object.fromEntries(results)));
