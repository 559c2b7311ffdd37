// Writes a page that runs a component with the command world in a browser, translated by
// jco. The page shows the output and the exit in #out.
//
// Usage: node jco_page.mjs NODE_MODULES DIRECTORY COMPONENT ARGS...
// NODE_MODULES has jco-transpile and preview2-shim. The page has all of that shim except
// its wasi:filesystem.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, directory, component, ...args] = process.argv.slice(2);
const scope = join(packages, "@bytecodealliance");
const transpiler = join(scope, "jco-transpile/dist/index.js");
const { transpile } = await import(pathToFileURL(transpiler));
const { files } = await transpile(component, { name: "program", multiMemory: true });
for (const [name, bytes] of Object.entries(files)) {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), bytes);
}

const shim = join(scope, "preview2-shim/dist/browser");
const modules = readdirSync(shim).filter((name) => name.endsWith(".js") && !name.includes("filesystem"));
mkdirSync(join(directory, "shim"));
for (const name of modules) copyFileSync(join(shim, name), join(directory, "shim", name));
const imports = Object.fromEntries(modules.map((name) => {
  const module = name.slice(0, -".js".length);
  return [`@bytecodealliance/preview2-shim/${module}`, `./shim/${name}`];
}));

const script = `
  import { _setArgs, _setStdout } from "./shim/cli.js";
  const decoder = new TextDecoder();
  let written = "";
  _setArgs(${JSON.stringify(["guest.wasm", ...args])});
  _setStdout({ write: (bytes) => { written += decoder.decode(bytes, { stream: true }); } });
  const show = (text) => { document.querySelector("#out").textContent = text; };
  try {
    const { run } = await import("./program.js");
    run.run();
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
