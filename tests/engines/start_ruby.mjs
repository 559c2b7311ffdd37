// Starts a packed ruby.wasm under Node with its published package, evaluates a program, and
// copies the state.
//
// Usage: node start_ruby.mjs TOOLS MODULE STATE < PROGRAM
//
// `state.mjs` beside the module exports `stateOf`, as docs/EMBEDDING.md shows it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { WASI } from "node:wasi";

const [tools, path, state] = process.argv.slice(2);
const require = createRequire(resolve(tools, "npm", "index.js"));
const { RubyVM } = require("@ruby/wasm-wasi");
const { stateOf } = await import(pathToFileURL(resolve(dirname(path), "state.mjs")));

const wasip1 = new WASI({ version: "preview1", returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(path));
const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
const { vm, instance } = await RubyVM.instantiateModule({ module, wasip1, args });
vm.eval(readFileSync(0, "utf8"));
writeFileSync(state, stateOf(instance.exports));
