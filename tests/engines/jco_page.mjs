// Writes a page that runs a component with the command world in a browser, translated by
// jco. The page shows the output and the exit in #out.
//
// Usage: node jco_page.mjs NODE_MODULES DIRECTORY [--no-files] COMPONENT ARGS...
// NODE_MODULES has jco-transpile, and the shims that implement WASI 0.2 and 0.3. With
// --no-files, the page lacks their modules for wasi:filesystem.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(2);
const [packages, directory] = args.splice(0, 2);
const noFiles = args[0] === "--no-files" && Boolean(args.shift());
const [component, ...rest] = args;
const scope = join(packages, "@bytecodealliance");
const transpiler = join(scope, "jco-transpile/dist/index.js");
const { transpile } = await import(pathToFileURL(transpiler));
const { files } = await transpile(component, { name: "program", multiMemory: true });
for (const [name, bytes] of Object.entries(files)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), bytes);
}

const isKept = (path) => !noFiles || !basename(path).includes("filesystem");
const imports = {};
for (const shim of ["preview2-shim", "preview3-shim"]) {
  const source = join(scope, shim, "dist/browser");
  cpSync(source, join(directory, shim), { recursive: true, filter: isKept });
  for (const name of readdirSync(source).filter((name) => name.endsWith(".js") && isKept(name))) {
    const module = name.slice(0, -".js".length);
    imports[`@bytecodealliance/${shim}/${module}`] = `./${shim}/${name}`;
  }
}

// run() returns a promise if the export is async, as in WASI 0.3.
const script = `
  import { _setArgs, _setStdout } from "@bytecodealliance/preview2-shim/cli";
  const decoder = new TextDecoder();
  let written = "";
  _setArgs(${JSON.stringify(["guest.wasm", ...rest])});
  _setStdout({ write: (bytes) => { written += decoder.decode(bytes, { stream: true }); } });
  const show = (text) => { document.querySelector("#out").textContent = text; };
  try {
    const { run } = await import("./program.js");
    await run.run();
    show(written + "exit 0\\n");
  } catch (error) {
    show(written + error + "\\n");
  }`;
writeFileSync(join(directory, "index.html"), `<!doctype html>
<meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<pre id="out"></pre>
<script type="module">${script}</script>
`);
