// Runs a WASI preview 1 command under Node, as a host that grows the program's memory
// and keeps data of its own in the new pages.
//
// It grows the memory at each call of random_get, and with --early before the start.
// At the end it prints how many of its bytes somebody else has overwritten.
//
// Usage: node grow_memory.mjs [--early] MODULE
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const MARK = 0xaa;
const COUNTS = [1, 3, 0, 2, 40, 1];
const args = process.argv.slice(2);
const isEarly = args[0] === "--early" && Boolean(args.shift());

const wasi = new WASI({ version: "preview1", args: ["guest.wasm"], returnOnExit: true });
const imports = wasi.getImportObject();
const preview1 = imports.wasi_snapshot_preview1;
const random = preview1.random_get;
const pages = [];
let growths = 0;
let memory;

const bytesOf = (page) => new Uint8Array(memory.buffer, page * 65536, 65536);

function grow() {
  const count = COUNTS[growths++ % COUNTS.length];
  const first = memory.grow(count);
  for (let page = first; page < first + count; page++) {
    bytesOf(page).fill(MARK);
    pages.push(page);
  }
}

preview1.random_get = (...args) => {
  grow();
  return random(...args);
};

const module = await WebAssembly.compile(readFileSync(args[0]));
const instance = await WebAssembly.instantiate(module, imports);
memory = instance.exports.memory;
if (isEarly) grow();
process.exitCode = wasi.start(instance);

const isChanged = (byte) => byte !== MARK;
const changed = pages.reduce((sum, page) => sum + bytesOf(page).filter(isChanged).length, 0);
console.log(`${growths} growths, ${changed} bytes overwritten`);
