// What the programs for Node beside this file share: variants, imports, results.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

// `NAME=[host:]MODULE`. `host:` asks for the directory preopened, of `HOST::GUEST`.
export function variant(text, mapping) {
  const at = text.indexOf("=");
  const isHost = text.startsWith("host:", at + 1);
  const bytes = readFileSync(text.slice(at + 1).replace(/^host:/, ""));
  return { name: text.slice(0, at), preopens: isHost ? preopens(mapping) : {}, bytes };
}

export function preopens(mapping) {
  const [host, guest] = mapping.split("::");
  return { [guest]: host };
}

// Something to instantiate a module with that is never going to run.
export function stubs(module) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") throw new Error(`${from}.${name} is a ${kind}`);
    (imports[from] ??= {})[name] = () => 0;
  }
  return imports;
}

// The C program, ready to be called.
export function reader(module, preopens) {
  const wasi = new WASI({ version: "preview1", preopens });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject());
  wasi.initialize(instance);
  return instance.exports;
}

// What it has read.
export function content(exports) {
  return {
    files: Number(exports.files()),
    bytes: Number(exports.bytes()),
    digest: BigInt.asUintN(64, exports.digest()).toString(),
  };
}

// Where rounds take long, so many milliseconds of them, and so many rounds, are enough.
const ENOUGH_MS = 12_000;
const ENOUGH_ROUNDS = 3;

// Runs each of them in each round. What runs first in one is last in the next.
export function interleave(warmup, rounds, variants, run) {
  const start = performance.now();
  for (let number = -warmup; number < rounds; number++) {
    if (number >= ENOUGH_ROUNDS && performance.now() - start > ENOUGH_MS) break;
    const turns = number % 2 ? variants.toReversed() : variants;
    for (const one of turns) {
      run(one, number >= 0);
      // The memory of dead instances is not the next one's cost.
      gc();
    }
  }
}

export function report(variants) {
  console.log(JSON.stringify(Object.fromEntries(variants.map(({ name, result }) => [name, result]))));
}
