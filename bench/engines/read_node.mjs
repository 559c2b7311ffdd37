// Times the call that reads every file, under Node. One line of JSON.
//
// Variants are interleaved: each round runs each of them once, in a fresh
// instance. The first rounds warm up and are not counted.
//
// Usage: node --expose-gc read_node.mjs WARMUP ROUNDS HOST::GUEST NAME=[host:]MODULE...
//   host:  the module gets HOST preopened, else no directory
import { content, preopens, reader, variant } from "./node.mjs";

const [warmup, rounds, mapping, ...texts] = process.argv.slice(2);
const variants = texts.map(variant);
for (const one of variants) one.module = new WebAssembly.Module(one.bytes);

function run(one) {
  const exports = reader(one.module, one.preopen ? preopens(mapping) : {});
  const start = performance.now();
  exports.read_every_file();
  one.ms.push(performance.now() - start);
  one.content = content(exports);
}

for (let round = 0; round < Number(warmup) + Number(rounds); round++) {
  for (const one of variants) {
    run(one);
    // The memory of dead instances is not the next one's cost.
    gc();
  }
}
const results = variants.map(({ name, ms, content }) => [name, { ms: ms.slice(Number(warmup)), content }]);
console.log(JSON.stringify(Object.fromEntries(results)));
