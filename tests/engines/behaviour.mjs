// Compares modules with their packed form under V8, until they call the host.
//
// Reads pairs from stdin, a line `MODULE PACKED KIND` each, with KIND separate or
// single. Prints a line for each pair: `same STEPS`, `refused` if the engine rejects the
// unpacked module, or `differs: ...`.
import { readFileSync } from "node:fs";

class HostCalled extends Error {}

const ARGUMENTS = { a: [], b: [77, -3n], c: [0, 0], d: [-3n] };

function load(path) {
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch {
    return null;
  }
}

// What a program does, step by step.
function run(module) {
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => { throw new HostCalled(); };
  }
  const seen = [];
  try {
    const { exports } = new WebAssembly.Instance(module, imports);
    for (const name of ["a", "b", "c", "d", "b"]) {
      if (!call(name, exports[name], seen)) return seen;
    }
    seen.push(`global ${exports.global.value}`);
    for (const name of ["memory", "second"]) {
      if (exports[name]) seen.push(Buffer.from(exports[name].buffer));
    }
  } catch (error) {
    if (!isEnd(error)) seen.push(error.message);
  }
  return seen;
}

function call(name, exported, seen) {
  try {
    seen.push(`${name}: ${exported(...ARGUMENTS[name])}`);
  } catch (error) {
    if (isEnd(error)) return false;
    seen.push(`${name}: ${error.message}`);
  }
  return true;
}

// The host was met, or the stack is at its end, which frames of another size reach
// elsewhere.
function isEnd(error) { return error instanceof HostCalled || error instanceof RangeError; }

function isLike(old, now, kind) {
  if (typeof old === "string" || typeof now === "string") return old === now;
  // The runtime lies above the program's pages.
  return old.equals(kind === "single" ? now.subarray(0, old.length) : now);
}

function compare(path, packedPath, kind) {
  const module = load(path);
  if (!module) return "refused";
  const before = run(module);
  const after = run(new WebAssembly.Module(readFileSync(packedPath)));
  for (const [step, old] of before.entries()) {
    // What lies out of a program's bounds is within a memory that is not its own.
    if (kind === "single" && typeof old === "string" && old.includes("out of bounds")) return `same ${step}`;
    if (step >= after.length) return `differs: step ${step} is missing`;
    if (!isLike(old, after[step], kind)) return `differs: step ${step}: ${old} became ${after[step]}`.slice(0, 200);
  }
  return `same ${before.length}`;
}

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  console.log(compare(...line.split(" ")));
}
