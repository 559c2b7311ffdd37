// Runs a WASI preview 1 module under an implementation of WASI from npm, in Node.
//
// A command is started; a reactor is initialised and its export `run` called. The
// host gets no directory, argument or variable.
//
// Usage: node js_hosts.mjs TOOLS PACKAGE MODULE
import { readFileSync, writeSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { resolve } from "node:path";

const [tools, name, path] = process.argv.slice(2);
const directory = name === "@bjorn3/browser_wasi_shim" ? "npm-shim" : "npm-hosts";
const require = createRequire(resolve(tools, directory, "index.js"));

const print = (output) => writeSync(1, output);
const complain = (output) => writeSync(2, output);

// The exit status, from hosts with the methods of Node's own WASI.
async function run(module, wasi, imports) {
  const instance = await WebAssembly.instantiate(module, imports);
  if (instance.exports._start) return wasi.start(instance);
  wasi.initialize(instance);
  return instance.exports.run();
}

const preview1 = (wasi) => ({ wasi_snapshot_preview1: wasi.wasiImport });

// For a package that expects a bundler, which imports a module of WebAssembly as a value.
function importModulesAsValues() {
  const load = (url, context, next) => {
    if (!url.endsWith(".wasm")) return next(url, context);
    const source = `import { readFileSync } from "node:fs";
      export default new WebAssembly.Module(readFileSync(new URL(${JSON.stringify(url)})));`;
    return { format: "module", source, shortCircuit: true };
  };
  registerHooks({ load });
}

const HOSTS = {
  async "@bjorn3/browser_wasi_shim"(module) {
    const { ConsoleStdout, File, OpenFile, WASI } = require(name);
    const stdio = [new OpenFile(new File([])), new ConsoleStdout(print), new ConsoleStdout(complain)];
    const wasi = new WASI(["guest.wasm"], [], stdio, { debug: false });
    return run(module, wasi, preview1(wasi));
  },

  async uwasi(module) {
    const { WASI, useAll } = require(name);
    const wasi = new WASI({ args: ["guest.wasm"], features: [useAll({ stdout: print, stderr: complain })] });
    return run(module, wasi, preview1(wasi));
  },

  async "@runno/wasi"(module) {
    const { WASI } = require(name);
    const wasi = new WASI({ args: ["guest.wasm"], env: {}, stdout: print, stderr: complain, fs: {} });
    const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
    if (instance.exports._start) return wasi.start({ module, instance }).exitCode;
    wasi.initialize({ module, instance });
    return instance.exports.run();
  },

  async "@cloudflare/workers-wasi"(module) {
    importModulesAsValues();
    const { WASI } = require(name);
    const stream = (write) => new WritableStream({ write });
    const wasi = new WASI({ args: ["guest.wasm"], returnOnExit: true, stdout: stream(print), stderr: stream(complain) });
    return run(module, wasi, preview1(wasi));
  },

  async "wasi-js"(module) {
    const { default: WASI } = require(name);
    const bindings = require(`${name}/dist/bindings/node`).default;
    const wasi = new WASI({ args: ["guest.wasm"], env: {}, bindings, sendStdout: print, sendStderr: complain });
    const instance = await WebAssembly.instantiate(module, wasi.getImports(module));
    wasi.start(instance);
    if (instance.exports._start) return 0;
    instance.exports._initialize();
    return instance.exports.run();
  },

  async "@wasmer/wasi"(module) {
    const { init, WASI } = require(name);
    await init();
    const wasi = new WASI({ args: ["guest.wasm"], env: {} });
    await wasi.instantiate(module, {});
    const status = wasi.start();
    print(wasi.getStdoutBuffer());
    complain(wasi.getStderrBuffer());
    return status;
  },

  async "@tybys/wasm-util"(module) {
    const { WASI } = require(name);
    const lines = (write) => (text) => write(`${text}\n`);
    const wasi = new WASI({ args: ["guest.wasm"], returnOnExit: true, print: lines(print), printErr: lines(complain) });
    return run(module, wasi, preview1(wasi));
  },
};

const module = await WebAssembly.compile(readFileSync(path));
try {
  process.exitCode = (await HOSTS[name](module)) ?? 0;
} catch (error) {
  // Node would print the source line, which in a minified package is the whole file.
  complain(`${error.message}\n`);
  process.exitCode = 134;
}
