// How long the page of examples/browser takes from the call for it to the first
// output of a program, and how many bytes come, with one module or another in it.
// Headless Chromium with an empty cache each time; rounds are interleaved, and of
// each variant the fastest and the median are told. CPU time is that of all of
// Chromium's processes from its start, which a busy machine changes least.
//
// Usage: node page_load.mjs ROUNDS PAGE NAME=MODULE...      (bench/page-load calls it)
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Chromium } from "../../tests/engines/chromium.mjs";

const [rounds, page, ...variants] = process.argv.slice(2);
const TYPES = { html: "text/html", css: "text/css", js: "text/javascript", wasm: "application/wasm" };
// Of a good mobile connection; bytes a second, milliseconds.
const SLOW = { offline: false, downloadThroughput: 20e6 / 8, uploadThroughput: 5e6 / 8, latency: 40 };
const FAST = { offline: false, downloadThroughput: -1, uploadThroughput: -1, latency: 0 };

// As it is, and with gzip at level 9.
const both = (bytes) => ({ plain: bytes, gzip: gzipSync(bytes, { level: 9 }) });

function site(module) {
  const files = new Map();
  for (const entry of readdirSync(page, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name !== "ruby.wasm") files.set(path.slice(page.length), both(readFileSync(path)));
  }
  files.set("/", files.get("/index.html"));
  files.set("/ruby.wasm", both(readFileSync(module)));
  return files;
}

let serving = { files: new Map(), encoding: "plain" };
const server = createServer(({ url }, response) => {
  const body = serving.files.get(url)?.[serving.encoding];
  if (!body) return response.writeHead(404).end();
  const type = TYPES[url === "/" ? "html" : url.split(".").pop()] ?? "text/plain";
  const headers = { "content-type": type, "content-length": body.length };
  if (serving.encoding === "gzip") headers["content-encoding"] = "gzip";
  response.writeHead(200, headers).end(body);
});

// Runs the program that the page begins with as soon as that can be done.
const WATCH = `addEventListener("DOMContentLoaded", () => {
  const run = document.querySelector("#run"), output = document.querySelector("#output");
  const enabled = new MutationObserver(() => {
    enabled.disconnect();
    globalThis.compiled = performance.now();
    run.click();
  });
  enabled.observe(run, { attributes: true });
  const printed = new MutationObserver(() => {
    if (output.textContent) globalThis.first ??= performance.now();
  });
  printed.observe(output, { childList: true, subtree: true });
});`;

async function load(network) {
  const browser = await Chromium.start();
  let bytes = 0;
  browser.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await browser.call("Network.emulateNetworkConditions", network);
  await browser.call("Page.addScriptToEvaluateOnNewDocument", { source: WATCH });
  await browser.open(`http://127.0.0.1:${server.address().port}/`);
  await browser.until("globalThis.first");
  const [compiled, first] = await browser.evaluate("[compiled, first]");
  const { processInfo } = await browser.pipe.call("SystemInfo.getProcessInfo");
  const cpu = processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0) * 1000;
  const output = await browser.evaluate("document.querySelector('#output').textContent");
  if (!output.includes("apple")) throw new Error(`not the program's output: ${output}`);
  await browser.close();
  return { bytes, compiled, first, cpu };
}

const seconds = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1]].map((ms) => (ms / 1000).toFixed(2)).join(" / ");
};

await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const rows = [];
for (const variant of variants) {
  const [, name, module] = variant.match(/(.*)=(.*)/);
  const files = site(module);
  for (const encoding of ["plain", "gzip"]) rows.push({ name, files, encoding, fast: [], slow: [] });
}
for (let round = 0; round < Number(rounds); round++) {
  for (const row of rows) {
    serving = row;
    row.fast.push(await load(FAST));
    row.slow.push(await load(SLOW));
  }
}
console.log("| module | sent | bytes | CPU | loopback: compiled, first output | 20 Mbit/s: compiled, first output |");
console.log("|---|---|---|---|---|---|");
for (const { name, encoding, fast, slow } of rows) {
  const times = [fast, slow].map((runs) =>
    `${seconds(runs.map((run) => run.compiled))}, ${seconds(runs.map((run) => run.first))}`);
  const cpu = seconds([...fast, ...slow].map((run) => run.cpu));
  console.log(`| ${name} | ${encoding} | ${fast[0].bytes} | ${cpu} | ${times.join(" | ")} |`);
}
console.log(`\nSeconds, fastest / median of ${rounds}.`);
server.close();
