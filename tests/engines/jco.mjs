// Runs a component with the command world in Node, translated by jco.
//
// Usage: node jco.mjs NODE_MODULES [--multi-memory] [--no-files] [--dir HOST::GUEST]... COMPONENT ARGS...
// NODE_MODULES has jco-transpile, and preview2-shim, which implements WASI. With --no-files,
// the host has no wasi:filesystem: a component that imports it is not loaded.
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const packages = args.shift();
const multiMemory = args[0] === "--multi-memory" && Boolean(args.shift());
const noFiles = args[0] === "--no-files" && Boolean(args.shift());
const dirs = [];
while (args[0] === "--dir") dirs.push(args.splice(0, 2)[1].split("::"));
const [component] = args;

const directory = mkdtempSync(join(tmpdir(), "jco-"));
process.on("exit", () => rmSync(directory, { recursive: true }));

const load = (path) => import(pathToFileURL(join(packages, "@bytecodealliance", path)));
const { transpile } = await load("jco-transpile/dist/index.js");
const { files } = await transpile(component, {
  name: "program",
  multiMemory,
  map: noFiles ? { "wasi:filesystem/*": "./no-files.js#*" } : {},
});
for (const [name, bytes] of Object.entries(files)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), bytes);
}
writeFileSync(join(directory, "package.json"), '{"type": "module"}');
symlinkSync(packages, join(directory, "node_modules"));

// The program finds the same instances of these by its own path.
const { _setArgs } = await load("preview2-shim/dist/nodejs/cli.js");
const { _setPreopens } = await load("preview2-shim/dist/nodejs/filesystem.js");
_setArgs(["guest.wasm", ...args.slice(1)]);
_setPreopens(Object.fromEntries(dirs.map(([host, guest]) => [guest, host])));
const { run } = await import(pathToFileURL(join(directory, "program.js")));
// A promise if the export is async, as in WASI 0.3.
await run.run();
