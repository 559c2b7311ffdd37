// Starts Ruby, from the npm package in .tools.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { WASI } from "node:wasi";

export async function startRuby(module, preopens) {
  const require = createRequire(resolve(".tools/npm/index.js"));
  const { RubyVM } = require("@ruby/wasm-wasi");
  const wasip1 = new WASI({ version: "preview1", preopens, returnOnExit: true });
  const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
  const { vm, instance } = await RubyVM.instantiateModule({ module, wasip1, args });
  return { vm, exports: instance.exports };
}
