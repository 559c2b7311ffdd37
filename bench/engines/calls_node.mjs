// Times calls of a guest, under Node. One line of JSON.
//
// Variants are interleaved: each round makes each of the calls in each of them.
// The first rounds warm up and are not counted.
//
// Usage: node --expose-gc calls_node.mjs WARMUP ROUNDS CALLS HOST::GUEST NAME=[host:]MODULE...
//   host:  the module gets HOST preopened, else no directory
import { interleave, reader, report, variant } from "./node.mjs";

const CALLS = ["stat", "open_close", "readdir", "seek", "pread"];

const [warmup, rounds, count, mapping, ...texts] = process.argv.slice(2);
const variants = texts.map((text) => variant(text, mapping));
for (const one of variants) {
  one.exports = reader(new WebAssembly.Module(one.bytes), one.preopens);
  one.exports.prepare();
  one.result = Object.fromEntries(CALLS.map((call) => [call, { each: [] }]));
}

function run({ exports, result }, counts) {
  for (const call of CALLS) {
    const start = process.hrtime.bigint();
    const sum = exports[call](BigInt(count));
    const elapsed = Number(process.hrtime.bigint() - start);
    const made = call === "readdir" ? exports.entries() : count;
    if (counts) result[call].each.push(elapsed / Number(made));
    result[call].sum = BigInt.asUintN(64, sum).toString();
  }
}

interleave(Number(warmup), Number(rounds), variants, run);
report(variants);
