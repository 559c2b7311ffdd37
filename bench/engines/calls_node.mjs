// Times calls of a guest, under Node. One line of JSON.
//
// Variants are interleaved: each round makes each of the calls in each of them.
// The first rounds warm up and are not counted.
//
// Usage: node calls_node.mjs WARMUP ROUNDS CALLS HOST::GUEST NAME=[host:]MODULE...
//   host:  the module gets HOST preopened, else no directory
import { preopens, reader, variant } from "./node.mjs";

const CALLS = ["stat", "open_close", "readdir", "seek", "pread"];

const [warmup, rounds, count, mapping, ...texts] = process.argv.slice(2);
const variants = texts.map(variant);
for (const one of variants) {
  const module = new WebAssembly.Module(one.bytes);
  one.exports = reader(module, one.preopen ? preopens(mapping) : {});
  one.exports.prepare();
  one.results = Object.fromEntries(CALLS.map((call) => [call, { ns: [] }]));
}

function run({ exports, results }) {
  for (const call of CALLS) {
    const start = process.hrtime.bigint();
    const sum = exports[call](BigInt(count));
    const elapsed = Number(process.hrtime.bigint() - start);
    const made = call === "readdir" ? exports.entries() : count;
    results[call].ns.push(elapsed / Number(made));
    results[call].sum = BigInt.asUintN(64, sum).toString();
  }
}

for (let round = 0; round < Number(warmup) + Number(rounds); round++) variants.forEach(run);
for (const { results } of variants)
  for (const result of Object.values(results)) result.ns = result.ns.slice(Number(warmup));
console.log(JSON.stringify(Object.fromEntries(variants.map(({ name, results }) => [name, results]))));
