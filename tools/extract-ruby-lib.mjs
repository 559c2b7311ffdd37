// Copies Ruby's library out of ruby+stdlib.wasm to TOOLS/ruby-lib.
//
// The npm package ships the library only inside a module, so Ruby itself does
// the copying. That module keeps no times: every file gets the same one, so
// that the tree is the same on every machine.
//
// Usage: node extract-ruby-lib.mjs TOOLS
import { lutimesSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { WASI } from "node:wasi";

const tools = resolve(process.argv[2]);
const require = createRequire(join(tools, "npm", "index.js"));
const { RubyVM } = require("@ruby/wasm-wasi");
const packed = join(tools, "npm/node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm");
const RUBY_3_4_0 = new Date("2024-12-25T00:00:00Z");

const COPY = `
  def copy(from, to)
    if File.directory?(from)
      Dir.mkdir(to) unless Dir.exist?(to)
      Dir.children(from).sort.each { |name| copy("#{from}/#{name}", "#{to}/#{name}") }
    else
      File.binwrite(to, File.binread(from))
    end
  end
  copy("/usr/local/lib", "/out")
`;

function setTimes(path, isDirectory) {
  if (isDirectory) {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      setTimes(join(path, entry.name), entry.isDirectory());
    }
  }
  lutimesSync(path, RUBY_3_4_0, RUBY_3_4_0);
}

const partial = join(tools, "ruby-lib.tmp");
const finished = join(tools, "ruby-lib");
for (const old of [partial, finished]) rmSync(old, { recursive: true, force: true });
mkdirSync(partial);

const wasip1 = new WASI({ version: "preview1", preopens: { "/out": partial }, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(packed));
const { vm } = await RubyVM.instantiateModule({ module, wasip1, args: ["ruby.wasm", "-EUTF-8", "-e_=0"] });
vm.eval(COPY);
setTimes(partial, true);
renameSync(partial, finished);
