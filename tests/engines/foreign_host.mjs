// Runs a command in Node under a host that has descriptors from elsewhere.
//
// Usage: node foreign_host.mjs TOOLS opening|inheriting=NUMBER MODULE [ARGS...]
//   opening             `sock_open` and `env.host_open` return descriptors that no call of
//                       preview 1 opened
//   inheriting=NUMBER   this descriptor is open at the start and no directory, as a socket
//                       that a server inherits
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [tools, kind, path, ...args] = process.argv.slice(2);
const [, inherited] = kind.split("=");
const require = createRequire(resolve(tools, "npm-shim", "index.js"));
const { ConsoleStdout, File, OpenFile, WASI } = require("@bjorn3/browser_wasi_shim");

const file = (text) => new OpenFile(new File(new TextEncoder().encode(text)));
const output = (fd) => new ConsoleStdout((bytes) => writeSync(fd, bytes));
const fds = [file(""), output(1), output(2)];
if (inherited) fds[inherited] = file("inherited\n");
const wasi = new WASI(["guest.wasm", ...args], [], fds, { debug: false });

function open(number, text) {
  fds[number] = file(text);
  return number;
}

// As in wasmtime, a descriptor that is no preopen counts as closed here. The shim
// answers NOTSUP, at which wasi-libc ends the program.
function fd_prestat_get(fd, address) {
  const BADF = 8;
  return wasi.wasiImport.fd_prestat_get(fd, address) === 0 ? 0 : BADF;
}

const imports = {
  wasi_snapshot_preview1: {
    ...wasi.wasiImport,
    fd_prestat_get,
    sock_open(_family, _type, address) {
      new DataView(wasi.inst.exports.memory.buffer).setUint32(address, open(70, "socket\n"), true);
      return 0;
    },
  },
  env: { host_open: () => open(80, "custom\n") },
};
const module = await WebAssembly.compile(readFileSync(path));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports));
