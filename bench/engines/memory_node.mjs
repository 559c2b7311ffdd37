// Bytes of linear memory of a packed module: as instantiated, after its start,
// and after every file has been read, under Node. One line of JSON.
//
// The runtime's memory is not exported. It is in a copy of the module, which
// is otherwise the same.
//
// Usage: node memory_node.mjs Reader|Ruby|Memory HOST::GUEST NAME=[host:]MODULE...
//   Ruby    the modules are Ruby, from the npm package in .tools
//   Memory  no file is read
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { WASI } from "node:wasi";
import { content, preopens, reader, stubs, variant } from "./node.mjs";
import { withMemoryExport } from "./export.mjs";

const RUNTIME = "wasi_vfs_bench:memory";
const READ_EVERY_FILE = `
  def sum(path)
    return [1, File.binread(path).bytesize] unless File.directory?(path)
    Dir.children(path).map { |name| sum("#{path}/#{name}") }.reduce([0, 0]) { |a, b| [a[0] + b[0], a[1] + b[1]] }
  end
  sum("/usr/local/lib").join(" ")
`;

const [kind, mapping, ...texts] = process.argv.slice(2);

function lengths({ memory, [RUNTIME]: runtime }) {
  return { application: memory.buffer.byteLength, runtime: runtime?.buffer.byteLength ?? 0 };
}

function measureReader(module, preopened) {
  const exports = reader(module, preopened);
  const started = lengths(exports);
  if (kind === "Reader") exports.read_every_file();
  return { started, after: lengths(exports), content: content(exports) };
}

async function measureRuby(module, preopened) {
  const require = createRequire(resolve(".tools/npm/index.js"));
  const { RubyVM } = require("@ruby/wasm-wasi");
  const wasip1 = new WASI({ version: "preview1", preopens: preopened, returnOnExit: true });
  const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
  const { vm, instance } = await RubyVM.instantiateModule({ module, wasip1, args });
  const started = lengths(instance.exports);
  const [files, bytes] = vm.eval(READ_EVERY_FILE).toString().split(" ").map(Number);
  return { started, after: lengths(instance.exports), content: { files, bytes, digest: "0" } };
}

const results = {};
for (const { name, preopen, bytes } of texts.map(variant)) {
  const module = new WebAssembly.Module(withMemoryExport(bytes, 1, RUNTIME));
  const measure = kind === "Ruby" ? measureRuby : measureReader;
  const instantiated = lengths(new WebAssembly.Instance(module, stubs(module)).exports);
  const measured = await measure(module, preopen ? preopens(mapping) : {});
  results[name] = { instantiated, ...measured };
}
console.log(JSON.stringify(results));
