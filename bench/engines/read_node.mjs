// Times the call that reads every file, under Node. One line of JSON.
//
// Variants are interleaved: each round runs each of them once, in a fresh
// instance. The first rounds warm up and are not counted.
//
// Usage: node --expose-gc read_node.mjs WARMUP ROUNDS HOST::GUEST NAME=[host:]MODULE...
//   host:  the module gets HOST preopened, else no directory
import { content, interleave, reader, report, variant } from "./node.mjs";

const [warmup, rounds, mapping, ...texts] = process.argv.slice(2);
const variants = texts.map((text) => variant(text, mapping));
for (const one of variants) {
  one.module = new WebAssembly.Module(one.bytes);
  one.result = { ms: [] };
}

function run({ module, preopens, result }, counts) {
  const exports = reader(module, preopens);
  const start = performance.now();
  exports.read_every_file();
  const elapsed = performance.now() - start;
  if (counts) result.ms.push(elapsed);
  result.content = content(exports);
}

interleave(Number(warmup), Number(rounds), variants, run);
report(variants);
