// What the programs for Node beside this file share: variants, imports, results.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

// `NAME=[host:]MODULE`, compiled. `host:` asks for the directory preopened.
export function variant(text) {
  const at = text.indexOf("=");
  const path = text.slice(at + 1).replace(/^host:/, "");
  return {
    name: text.slice(0, at),
    preopen: text.startsWith("host:", at + 1),
    bytes: readFileSync(path),
    ms: [],
  };
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

// A reader of every file, ready to be called.
export function reader(module, preopens) {
  const wasi = new WASI({ version: "preview1", preopens });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject());
  wasi.initialize(instance);
  return instance.exports;
}

export function content(exports) {
  return {
    files: Number(exports.files()),
    bytes: Number(exports.bytes()),
    digest: BigInt.asUintN(64, exports.digest()).toString(),
  };
}

export function preopens(mapping) {
  const [host, guest] = mapping.split("::");
  return { [guest]: host };
}
