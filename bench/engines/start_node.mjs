// A start of an interpreter as a user has it, under Node, in a process of its
// own: reads the module, compiles, instantiates it, and loads libraries. Prints
// milliseconds since the process began and bytes of linear memory.
//
// Usage: node start_node.mjs Ruby|CPython PROGRAM [host:]MODULE HOST::GUEST [--memory]
//   host:     the module gets HOST preopened, else no directory
//   --memory  count the runtime's memory as well, which must be exported for that
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";
import { RUNTIME, withRuntimeMemory } from "./export.mjs";
import { variant } from "./node.mjs";
import { startRuby } from "./ruby.mjs";

const [language, programPath, modulePath, mapping, memoryOption] = process.argv.slice(2);
const program = readFileSync(programPath, "utf8");
const { bytes, preopens } = variant(`=${modulePath}`, mapping);
const countsMemory = memoryOption === "--memory";
const module = await WebAssembly.compile(countsMemory ? withRuntimeMemory(bytes) : bytes);
const compiled = performance.now();

async function ruby() {
  const { vm, exports } = await startRuby(module, preopens);
  return { output: vm.eval(program).toString(), exports };
}

// A reactor, which asks its host for more than WASI offers; -1 says that there is
// no more. What it prints goes to stderr: it fails if that is not as it should be.
async function python() {
  const args = ["python.wasm", "-c", program];
  const options = { args, env: { HOME: "/" }, preopens, returnOnExit: true, stdout: 2 };
  const wasi = new WASI({ version: "preview1", ...options });
  const imports = { ...wasi.getImportObject(), host: { call: () => -1 } };
  const instance = await WebAssembly.instantiate(module, imports);
  wasi.initialize(instance);
  const status = instance.exports.run();
  if (status) throw new Error(`Python ended with ${status}`);
  return { output: String(status), exports: instance.exports };
}

const { output, exports } = await (language === "Ruby" ? ruby() : python());
const total_ms = performance.now();
const memory = exports.memory.buffer.byteLength + (exports[RUNTIME]?.buffer.byteLength ?? 0);
console.log(JSON.stringify({ total_ms, start_ms: total_ms - compiled, memory, output }));
