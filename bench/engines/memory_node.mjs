// Bytes of linear memory of a packed module at each moment: as instantiated, as
// started, after the first call about a file, and after every file has been read,
// under Node. One line of JSON.
//
// The runtime's memory is not exported. It is in a copy of the module, which
// is otherwise the same.
//
// Usage: node --expose-gc memory_node.mjs Reader|Ruby HOST::GUEST NAME=[host:]MODULE...
//   Ruby  the modules are Ruby, from the npm package in .tools
import { content, reader, report, stubs, variant } from "./node.mjs";
import { RUNTIME, withRuntimeMemory } from "./export.mjs";
import { startRuby } from "./ruby.mjs";

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

function measureReader(module, preopens) {
  const exports = reader(module, preopens);
  const started = lengths(exports);
  exports.look_up();
  const first = lengths(exports);
  exports.read_every_file();
  return { moments: [started, first, lengths(exports)], content: content(exports) };
}

async function measureRuby(module, preopens) {
  const { vm, exports } = await startRuby(module, preopens);
  const started = lengths(exports);
  vm.eval(`File.stat("/usr/local/lib")`);
  const first = lengths(exports);
  const [files, bytes] = vm.eval(READ_EVERY_FILE).toString().split(" ").map(Number);
  const moments = [started, first, lengths(exports)];
  return { moments, content: { files, bytes, digest: "0" } };
}

const variants = texts.map((text) => variant(text, mapping));
for (const one of variants) {
  const module = new WebAssembly.Module(withRuntimeMemory(one.bytes));
  const instantiated = lengths(new WebAssembly.Instance(module, stubs(module)).exports);
  const measure = kind === "Ruby" ? measureRuby : measureReader;
  const { moments, content } = await measure(module, one.preopens);
  one.result = { moments: [instantiated, ...moments], content };
}
report(variants);
