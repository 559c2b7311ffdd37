// Runs a WASI preview 1 module under Node (V8, its own WASI).
//
// A command is started; a reactor is initialised and its export `run` called.
// Two imports are not WASI's. By `env.answer` the tests see that an application's
// other imports survive packing; `host.call` is how a published CPython asks its
// host for more than WASI offers, and -1 says that there is no more.
//
// Usage: node node.mjs [--dir HOST::GUEST] [--env K=V] [--memory] MODULE [ARGS...]
//   --memory   print the pages of the exported memory to stderr at the end
import { readFileSync, writeSync } from "node:fs";
import { WASI } from "node:wasi";

const args = process.argv.slice(2);
const preopens = {};
const env = {};
let reportMemory = false;
while (args[0]?.startsWith("--")) {
  const option = args.shift();
  if (option === "--memory") {
    reportMemory = true;
  } else if (option === "--dir") {
    const [host, guest] = args.shift().split("::");
    preopens[guest] = host;
  } else if (option === "--env") {
    const entry = args.shift();
    const at = entry.indexOf("=");
    env[entry.slice(0, at)] = entry.slice(at + 1);
  } else {
    throw new Error(`unknown option ${option}`);
  }
}

const [path, ...guestArgs] = args;
const wasi = new WASI({
  version: "preview1",
  args: ["guest.wasm", ...guestArgs],
  env,
  preopens,
  returnOnExit: true,
});
const imports = {
  ...wasi.getImportObject(),
  env: { answer: () => 42 },
  host: { call: () => -1 },
};
const module = await WebAssembly.compile(readFileSync(path));
const instance = await WebAssembly.instantiate(module, imports);

let status;
if (instance.exports._start) {
  status = wasi.start(instance);
} else {
  wasi.initialize(instance);
  status = instance.exports.run();
}
if (reportMemory) {
  writeSync(2, `memory: ${instance.exports.memory.buffer.byteLength / 65536} pages\n`);
}
process.exitCode = status ?? 0;
