// Does with the page of examples/browser what a person would, and prints what is
// seen as JSON. Pictures of it go to a directory, for a person to look at.
//
// Usage: node example_browser.mjs DIRECTORY PICTURES
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../examples/browser/serve.mjs";
import { Chromium } from "./chromium.mjs";

const [directory, pictures] = process.argv.slice(2);
const CTRL = 2;
const LOADED = "document.querySelector('#run')?.disabled === false";
const IDLE = "document.querySelector('#status').dataset.state !== 'running' && document.querySelector('#stop').disabled";

const server = await serve(directory);
const { url } = server;
const browser = await Chromium.start();
const page = (expression) => browser.evaluate(expression);
const text = (selector) => page(`document.querySelector(${JSON.stringify(selector)}).textContent`);
const picture = async (name) => writeFileSync(join(pictures, `${name}.png`), await browser.screenshot());
const seen = {};

async function write(program) {
  await page(`(() => {
    const field = document.querySelector("#program");
    field.value = ${JSON.stringify(program)};
    field.focus();
  })()`);
}

async function result() {
  return { output: await text("#output"), status: await text("#status") };
}

async function run(program) {
  await write(program);
  await page("document.querySelector('#run').click()");
  await browser.until(IDLE);
  return result();
}

async function loading() {
  const requests = [];
  browser.on("Network.requestWillBeSent", ({ request }) => requests.push(request.url));
  await browser.open(url);
  await browser.until(LOADED);
  seen.bytes = await text("#bytes");
  seen.first = await run(await page("document.querySelector('#program').value"));
  seen.elsewhere = requests.filter((request) => !request.startsWith(url) && !request.startsWith("data:"));
  await picture("desktop");
}

async function programs() {
  seen.exception = await run("require 'json'\ndef parse(text) = JSON.parse(text)\nparse('{')\n");
  await picture("exception");
  seen.exit = await run("warn 'no'\nexit 3\n");
  seen.exit_at_once = await run("print 'a'\nexit! 4\n");
  seen.syntax = await run("def\n");
  seen.unicode = await run("puts 'grüße 日本'.reverse, gets.inspect, Dir.exist?('/').inspect\n");
  seen.deep = await run("def deep = deep\ndeep\n");
}

async function endless() {
  await write("puts 'begun'\nloop {}\n");
  await browser.press("Enter", CTRL);
  await browser.until("document.querySelector('#output').textContent.includes('begun')");
  seen.while_running = await text("#status");
  await browser.press("Escape");
  seen.stopped = await result();
  seen.after_stop = await run("puts 6 * 7\n");
}

async function flood() {
  await write("loop { puts 'x' * 1000 }\n");
  await browser.press("Enter", CTRL);
  await browser.until("document.querySelector('#output').textContent.includes('is cut here')");
  await page("document.querySelector('#stop').click()");
  seen.flood = { len: (await text("#output")).length, status: await text("#status") };
}

// The names of all controls, as a screen reader reads them.
async function names() {
  const { nodes } = await browser.call("Accessibility.getFullAXTree");
  const roles = ["button", "textbox", "combobox", "log", "status", "heading"];
  const used = nodes.filter((node) => roles.includes(node.role?.value));
  seen.names = used.map((node) => `${node.role.value}: ${node.name?.value ?? ""}`);
}

async function phone() {
  seen.phone = [];
  for (const [width, dark] of [[390, false], [320, true]]) {
    await browser.size(width, 844, { scale: 2, mobile: true, dark });
    const { status } = await run("require 'set'\nputs Set[1, 2].inspect\n");
    const over = await page("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    const height = await page("document.querySelector('#run').getBoundingClientRect().height");
    seen.phone.push({ status, over, height });
    await picture(`phone-${width}`);
  }
  await browser.size(1280, 800);
}

async function answeredWith(response, then) {
  browser.on("Fetch.requestPaused", ({ requestId }) => browser.call(...response(requestId)));
  await browser.call("Fetch.enable", { patterns: [{ urlPattern: "*ruby.wasm" }] });
  await browser.open(url);
  await browser.until("!document.querySelector('#failure').hidden");
  await then();
  await browser.call("Fetch.disable");
}

async function failures() {
  const broken = (requestId) => ["Fetch.failRequest", { requestId, errorReason: "ConnectionReset" }];
  await answeredWith(broken, async () => { seen.unreachable = await text("#reason"); });
  await page("document.querySelector('#retry').click()");
  await browser.until(LOADED);
  seen.after_retry = await run("puts 'here'\n");

  const missing = (requestId) => ["Fetch.fulfillRequest", { requestId, responseCode: 404 }];
  await answeredWith(missing, async () => { seen.missing = await text("#reason"); });

  const body = Buffer.from([0, 97, 115, 109, 1, 0, 0, 0, 255]).toString("base64");
  const refused = (requestId) => ["Fetch.fulfillRequest", { requestId, responseCode: 200, body }];
  await answeredWith(refused, async () => {
    seen.refused = await text("#reason");
    await picture("refused");
  });
}

try {
  mkdirSync(pictures, { recursive: true });
  await browser.size(1280, 800);
  for (const step of [loading, programs, endless, flood, names, phone, failures]) await step();
  console.log(JSON.stringify(seen, null, 2));
} finally {
  await browser.close();
  server.close();
}
