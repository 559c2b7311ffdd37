// Evaluates a Ruby program in a packed ruby.wasm under Node, as a page or a
// server would: with the package @ruby/wasm-wasi, and no directory unless told.
//
// Usage: node ruby.mjs TOOLS MODULE [--dir HOST::GUEST] [--memory] < PROGRAM
//   --memory   print the pages of the exported memory to stderr: after start,
//              and after the program
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { WASI } from "node:wasi";

const [tools, path, ...options] = process.argv.slice(2);
const require = createRequire(resolve(tools, "npm", "index.js"));
const { RubyVM } = require("@ruby/wasm-wasi");

function reportMemory(when, instance) {
  if (options.includes("--memory")) {
    writeSync(2, `memory ${when}: ${instance.exports.memory.buffer.byteLength / 65536} pages\n`);
  }
}

const preopens = {};
options.forEach((option, at) => {
  if (option === "--dir") {
    const [host, guest] = options[at + 1].split("::");
    preopens[guest] = host;
  }
});

const wasip1 = new WASI({ version: "preview1", preopens, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(path));
const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
const { vm, instance } = await RubyVM.instantiateModule({ module, wasip1, args });
reportMemory("at start", instance);
vm.eval(readFileSync(0, "utf8"));
vm.eval("$stdout.flush");
reportMemory("at end", instance);
