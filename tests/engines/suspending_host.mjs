// Runs a command in Node under a host with asynchronous calls about files. Hosts have
// such calls if they read files that a user of a page picks. Directory /host has h.txt
// and g.txt.
//
// Usage: node suspending_host.mjs TOOLS asyncify|promise CALL,... MODULE [ARGS...]
//   asyncify   the program was transformed by `wasm-opt --asyncify`
//   promise    the engine suspends the program: JavaScript Promise Integration
//   CALL,...   the calls that are asynchronous
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [tools, kind, names, path, ...args] = process.argv.slice(2);
const require = createRequire(resolve(tools, "npm-shim", "index.js"));
const shim = require("@bjorn3/browser_wasi_shim");

const file = (text) => new shim.File(new TextEncoder().encode(text));
const output = (fd) => new shim.ConsoleStdout((bytes) => writeSync(fd, bytes));
const directory = new Map([["h.txt", file("host\n")], ["g.txt", file("guest\n")]]);
const wasi = new shim.WASI(["guest.wasm", ...args], [], [
  new shim.OpenFile(new shim.File([])), output(1), output(2),
  new shim.PreopenDirectory("/host", directory),
], { debug: false });

const isAsync = new Set(names.split(","));
const later = () => new Promise((resolve) => setImmediate(resolve));

// The calls of the host. `wrap` changes the asynchronous ones.
function imports(wrap) {
  const calls = Object.entries(wasi.wasiImport);
  const wrapped = calls.map(([name, call]) => [name, isAsync.has(name) ? wrap(call) : call]);
  return { wasi_snapshot_preview1: Object.fromEntries(wrapped) };
}

async function instantiate(wrap) {
  const module = await WebAssembly.compile(readFileSync(path));
  const instance = await WebAssembly.instantiate(module, imports(wrap));
  wasi.inst = instance;
  return instance.exports;
}

// A call unwinds the program's stack and returns. Once the answer exists, the program
// runs up to the same call again, which returns the answer.
async function asyncify() {
  const REWINDING = 2, STACK_LEN = 60_000;
  let pending, answer, stack, exports;
  exports = await instantiate((call) => (...words) => {
    if (exports.asyncify_get_state() === REWINDING) {
      exports.asyncify_stop_rewind();
      return answer;
    }
    pending = later().then(() => call(...words));
    new Uint32Array(exports.memory.buffer, stack, 2).set([stack + 8, stack + 8 + STACK_LEN]);
    exports.asyncify_start_unwind(stack);
    return 0;
  });
  stack = exports.memory.grow(1) * 65536;
  exports._start();
  while (pending) {
    exports.asyncify_stop_unwind();
    answer = await pending;
    pending = undefined;
    exports.asyncify_start_rewind(stack);
    exports._start();
  }
}

async function promise() {
  const exports = await instantiate((call) =>
    new WebAssembly.Suspending(async (...words) => {
      await later();
      return call(...words);
    }));
  await WebAssembly.promising(exports._start)();
}

await { asyncify, promise }[kind]();
