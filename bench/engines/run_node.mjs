// Runs guests under Node and prints measurements as one line of JSON: for each subject
// and operation its `values`, one a round, and a `sum` of its answers.
//
// Usage: node --expose-gc run_node.mjs read ROUNDS HOST::GUEST SUBJECT=[host:]MODULE...
//        node --expose-gc run_node.mjs calls ROUNDS HOST::GUEST SUBJECT=[host:]MODULE...
//        node --expose-gc run_node.mjs writing ROUNDS HOST::GUEST SUBJECT=[host:|shim:]MODULE...
//        node --expose-gc run_node.mjs instantiate ROUNDS SUBJECT=MODULE...
//        node --expose-gc run_node.mjs decode ROUNDS FRAMES SUBJECT=MODULE
//        node --expose-gc run_node.mjs start ruby|cpython SCRIPT HOST::GUEST SUBJECT=[host:]MODULE
//
// read, calls, writing, decode  as in run_wasmtime.py
// instantiate  makes an instance of a compiled module: milliseconds
// start        starts an interpreter and runs SCRIPT: milliseconds since this process
//              began, and bytes of linear memory
//
// `host:` preopens HOST at GUEST, and `shim:` gives the files of HOST to the file system in
// memory of @bjorn3/browser_wasi_shim. Subjects take turns, and the order alternates.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { WASI } from "node:wasi";

const CALLS = ["stat", "open_close", "readdir", "pread"];
const CALLS_IN_A_ROUND = 10_000;

// In this order, a round leaves the names that it found.
const CHANGES = ["write", "append", "create", "rename", "unlink"];
const CHANGES_IN_A_ROUND = 10_000;

// Enough rounds, and milliseconds of them, where a round takes long.
const ENOUGH_ROUNDS = 3;
const ENOUGH_MS = 12_000;

class Subject {
  result = {};

  constructor(text, mapping) {
    const [, name, host, path] = text.match(/^([^=]*)=(host:|shim:)?(.*)$/);
    const [from, guest] = mapping?.split("::") ?? [];
    this.name = name;
    this.preopens = host === "host:" ? { [guest]: from } : {};
    this.shim = host === "shim:" ? [from, guest] : undefined;
    this.bytes = readFileSync(path);
  }

  compile() {
    this.module = new WebAssembly.Module(this.bytes);
    return this;
  }

  start() {
    const wasi = this.shim ? inMemory(...this.shim) : new WASI({ version: "preview1", preopens: this.preopens });
    const imports = this.shim ? { wasi_snapshot_preview1: wasi.wasiImport } : wasi.getImportObject();
    const instance = new WebAssembly.Instance(this.module, imports);
    wasi.initialize(instance);
    this.exports = instance.exports;
    return this;
  }

  add(operation, value, answer = "") {
    const series = (this.result[operation] ??= { values: [], sum: answer });
    if (series.sum !== answer) throw new Error(`${this.name}: ${operation} answers ${answer}`);
    if (value !== undefined) series.values.push(value);
  }
}

let shim;

// A file system in memory with the files of a directory.
function inMemory(directory, guest) {
  const files = readdirSync(directory).map((name) => [name, new shim.File(readFileSync(join(directory, name)))]);
  const outputs = [0, 1, 2].map(() => shim.ConsoleStdout.lineBuffered((line) => console.error(line)));
  const fds = [...outputs, new shim.PreopenDirectory(guest, new Map(files))];
  return new shim.WASI([], [], fds, { debug: false });
}

const text = (value) => BigInt.asUintN(64, value).toString();

// Runs every subject in every round. Round -1 warms up.
function interleave(rounds, subjects, run) {
  const start = performance.now();
  for (let number = -1; number < rounds; number++) {
    if (number >= ENOUGH_ROUNDS && performance.now() - start > ENOUGH_MS) break;
    for (const subject of number % 2 ? subjects.toReversed() : subjects) {
      run(subject, number >= 0);
      // The next subject must not pay for the memory of dead instances.
      gc();
    }
  }
}

function read(subject, counts) {
  const { exports } = subject.start();
  const start = performance.now();
  exports.read_every_file();
  const elapsed = performance.now() - start;
  const content = [exports.files(), exports.bytes(), exports.digest()].map(text).join(" ");
  subject.add("read", counts ? elapsed : undefined, content);
}

function calls(subject, counts) {
  const { exports } = subject;
  for (const call of CALLS) {
    const start = process.hrtime.bigint();
    const sum = exports[call](BigInt(CALLS_IN_A_ROUND));
    const elapsed = Number(process.hrtime.bigint() - start);
    const made = call === "readdir" ? Number(exports.entries()) : CALLS_IN_A_ROUND;
    subject.add(call, counts ? elapsed / made : undefined, text(sum));
  }
}

function writing(subject, counts) {
  for (const call of CHANGES) {
    const start = process.hrtime.bigint();
    const sum = subject.exports[call](BigInt(CHANGES_IN_A_ROUND));
    const elapsed = Number(process.hrtime.bigint() - start);
    subject.add(call, counts ? elapsed / CHANGES_IN_A_ROUND : undefined, text(sum));
  }
}

// Imports for a module that never runs.
function stubs(module) {
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") throw new Error(`${from}.${name} is a ${kind}`);
    (imports[from] ??= {})[name] = () => 0;
  }
  return imports;
}

function instantiate(subject, counts) {
  const { module } = subject;
  const start = performance.now();
  const instance = new WebAssembly.Instance(module, subject.imports);
  const elapsed = performance.now() - start;
  if (!instance.exports.memory) throw new Error(`${subject.name} exports no memory`);
  if (counts) subject.add("instantiate", elapsed);
}

// Decodes frames of zstd, see `src/frames.rs`.
function decode(rounds, path, subject) {
  const { memory, allocate, decode } = new WebAssembly.Instance(subject.compile().module).exports;
  const place = (data) => {
    const address = allocate(data.length + 1) >>> 0;
    new Uint8Array(memory.buffer).set(data, address);
    return address;
  };
  // Most frames share one prefix, which is placed once.
  let last = { data: Buffer.alloc(0) };
  const placePrefix = (data) => {
    if (!last.address || last.data.compare(data) !== 0) last = { data, address: place(data) };
    return last.address;
  };
  const frames = readFileSync(path);
  const jobs = [];
  const contents = [];
  for (let at = 0; at < frames.length; ) {
    const lengths = [0, 4, 8].map((field) => frames.readUInt32LE(at + field));
    at += 12;
    const [frame, prefix, content] = lengths.map((length) => frames.subarray(at, (at += length)));
    const output = place(new Uint8Array(content.length));
    jobs.push(place(frame), frame.length, placePrefix(prefix), prefix.length, output, content.length);
    contents.push([output, content]);
  }
  const table = place(new Uint8Array(new Uint32Array(jobs).buffer));
  for (let round = -1; round < rounds; round++) {
    const start = process.hrtime.bigint();
    const decoded = decode(table, contents.length);
    const elapsed = Number(process.hrtime.bigint() - start);
    if (decoded !== contents.length) throw new Error("the decoder rejects a frame");
    for (const [output, content] of contents)
      if (content.compare(Buffer.from(memory.buffer, output, content.length)) !== 0)
        throw new Error("the decoder returns wrong bytes");
    if (round >= 0) subject.add("decode", elapsed);
  }
}

async function ruby(module, preopens, script) {
  const require = createRequire(resolve(".tools/npm/index.js"));
  const { RubyVM } = require("@ruby/wasm-wasi");
  const wasip1 = new WASI({ version: "preview1", preopens, returnOnExit: true });
  const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
  const { vm, instance } = await RubyVM.instantiateModule({ module, wasip1, args });
  return { answer: vm.eval(script).toString(), exports: instance.exports };
}

// A reactor that asks its host for more than WASI offers: -1 says that there is no more.
async function cpython(module, preopens, script) {
  const args = ["python.wasm", "-c", script];
  const options = { args, env: { HOME: "/" }, preopens, returnOnExit: true, stdout: 2 };
  const wasi = new WASI({ version: "preview1", ...options });
  const imports = { ...wasi.getImportObject(), host: { call: () => -1 } };
  const instance = await WebAssembly.instantiate(module, imports);
  wasi.initialize(instance);
  const status = instance.exports.run();
  if (status) throw new Error(`Python ended with ${status}`);
  return { answer: String(status), exports: instance.exports };
}

async function start(language, script, subject) {
  const module = await WebAssembly.compile(subject.bytes);
  const run = language === "ruby" ? ruby : cpython;
  const { answer, exports } = await run(module, subject.preopens, readFileSync(script, "utf8"));
  subject.add("start", performance.now(), answer);
  // A memory may have two names.
  const memories = [...new Set(Object.values(exports))].filter((one) => one instanceof WebAssembly.Memory);
  subject.add("memory", memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0));
}

const [mode, ...words] = process.argv.slice(2);
const before = { read: 2, calls: 2, writing: 2, instantiate: 1, decode: 2, start: 3 }[mode];
const mapping = mode === "start" ? words[2] : words[1];
const subjects = words.slice(before).map((text) => new Subject(text, mapping));
const rounds = Number(words[0]);
if (mode === "read") interleave(rounds, subjects.map((one) => one.compile()), read);
if (mode === "instantiate") {
  for (const one of subjects) one.imports = stubs(one.compile().module);
  interleave(rounds, subjects, instantiate);
}
if (mode === "calls") {
  for (const one of subjects) one.compile().start().exports.prepare();
  interleave(rounds, subjects, calls);
}
if (mode === "writing") {
  const dist = resolve(".tools/npm-shim/node_modules/@bjorn3/browser_wasi_shim/dist/index.js");
  shim = await import(pathToFileURL(dist));
  for (const one of subjects) one.compile().start().exports.prepare();
  interleave(rounds, subjects, writing);
}
if (mode === "decode") decode(rounds, words[1], subjects[0]);
if (mode === "start") await start(words[0], words[1], subjects[0]);
console.log(JSON.stringify(Object.fromEntries(subjects.map(({ name, result }) => [name, result]))));
