// Runs a WASI preview 1 module in a page in headless Chromium.
//
// Usage: node run_chromium.mjs [--ruby] TOOLS [--env K=V] MODULE [ARGS...]
//   --ruby   the module is a packed ruby.wasm, and the program comes from stdin
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { serve } from "../../examples/browser/serve.mjs";
import { Chromium } from "./chromium.mjs";

const words = process.argv.slice(2);
const isRuby = words[0] === "--ruby";
if (isRuby) words.shift();
const tools = words.shift();
const env = [];
while (words[0] === "--env") env.push(words.splice(0, 2)[1]);
const [module, ...args] = words;
const program = isRuby ? readFileSync(0, "utf8") : null;

function site() {
  const here = import.meta.dirname;
  const directory = mkdtempSync(join(tmpdir(), "engine-"));
  const link = (name, path) => symlinkSync(resolve(path), join(directory, name));
  link("index.html", join(here, "engine.html"));
  link("engine.js", join(here, "engine.js"));
  link("shim", join(tools, "npm-shim/node_modules/@bjorn3/browser_wasi_shim/dist"));
  link("ruby", join(tools, "npm/node_modules/@ruby/wasm-wasi/dist/esm"));
  link("guest.wasm", module);
  return directory;
}

const directory = site();
const server = await serve(directory);
const browser = await Chromium.start();
try {
  await browser.open(server.url);
  await browser.until("globalThis.run");
  const ran = await browser.evaluate(`run(...${JSON.stringify([program, args, env])})`);
  writeSync(1, ran.stdout);
  writeSync(2, ran.stderr);
  process.exitCode = ran.status;
} finally {
  await browser.close();
  server.close();
  rmSync(directory, { recursive: true });
}
