// Does with the page of examples/browser what a person would, and prints what is
// seen as JSON. Pictures of it go to a directory, for a person to look at.
//
// Usage: node example_browser.mjs DIRECTORY PICTURES FOREIGN
//   FOREIGN  a command with other writable directories, which writes to one of them
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WASI } from "node:wasi";
import { save } from "../../examples/browser/changes.js";
import { serve } from "../../examples/browser/serve.mjs";
import { Chromium } from "./chromium.mjs";

const [directory, pictures, foreign] = process.argv.slice(2);
const CTRL = 2;
const LOADED = "document.querySelector('#run')?.disabled === false";
const READY = "document.querySelector('#status').dataset.state === 'ready'";
const SETTLED = "!/saving$/i.test(document.querySelector('#files-state').textContent)";
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

const click = (id) => page(`document.querySelector('#${id}').click()`);

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

// --- Files ---------------------------------------------------------------------

// The page after its load, with a Ruby that has the stored files or rejected them.
async function reload(tab = browser, at = url) {
  await tab.open(at);
  await tab.until(READY);
  return filesIn(tab);
}

// What the page tells of the files.
async function filesIn(tab = browser) {
  await tab.until(SETTLED);
  return tab.evaluate(`(() => {
    const [state, notice, text, forget] =
      ["files-state", "notice", "notice-text", "forget"].map((id) => document.getElementById(id));
    const paths = [...document.querySelectorAll("#paths li")].map((item) => item.textContent);
    return { state: state.textContent, notice: notice.hidden ? null : text.textContent, paths, forget: !forget.disabled };
  })()`);
}

async function runWithFiles(program) {
  const { output, status } = await run(program);
  return { output, status, ...(await filesIn()) };
}

const example = (name) => page(`import("./examples.js").then(({ examples }) => examples[${JSON.stringify(name)}])`);

// Stores an image, as another tab does it that has no channel to this one.
const put = (image) => page(`import("./store.js").then((store) => store.save(new Uint8Array([${image}]), 0, true))`);
const stored = () => page(`import("./store.js").then((store) => store.load()).then(({ image }) => image?.length ?? null)`);

async function kept() {
  const visit = await example("Files that stay");
  seen.visits = [await runWithFiles(visit), await runWithFiles(visit)];
  seen.reloaded = await reload();
  seen.visits.push(await runWithFiles(visit));
  await click("show");
  await picture("files");
  await browser.size(1280, 800, { dark: true });
  await picture("files-dark");
  await browser.size(1280, 800);
  seen.removed = await runWithFiles("File.delete('/home/visits.pstore')\n");
  await click("forget");
  await browser.until(SETTLED);
  seen.forgotten = { ...(await filesIn()), stored: await stored() };
  seen.after_forget = [await reload(), await runWithFiles(visit)];
}

async function utilities() {
  await click("forget");
  seen.utilities = await runWithFiles(`
    require "fileutils"
    require "tempfile"
    require "tmpdir"
    $other = Tempfile.new("stays open")
    $other.write("x")
    Dir.mktmpdir { |directory| File.write("#{directory}/a", "b") }
    puts Dir.tmpdir, Dir.children("/tmp").size, Dir.pwd
    FileUtils.mkdir_p("a/b")
    FileUtils.cp("/usr/local/lib/ruby/3.4.0/tmpdir.rb", "a/b")
    FileUtils.mv("a", "moved")
    $unclosed = File.open("unclosed", "w")
    $unclosed.write("buffered")
    begin
      File.write("/usr/local/lib/no", "")
    rescue SystemCallError => error
      puts error.class
    end
  `);
  seen.next = await runWithFiles("p File.read('unclosed'), Dir.children('/tmp'), load('moved/b/tmpdir.rb')\n");
  seen.exit_keeps = await runWithFiles("File.write('last', '')\nexit! 4\n");
  await write("File.write('lost', '')\nputs 'begun'\nloop {}\n");
  await click("run");
  await browser.until("document.querySelector('#output').textContent.includes('begun')");
  seen.forget_while_running = (await filesIn()).forget;
  await click("stop");
  seen.stop_loses = await filesIn();
}

// An image of a module with other writable directories.
async function foreignImage() {
  const wasi = new WASI({ version: "preview1", args: ["notes", "one"], returnOnExit: true, stdout: 2 });
  const module = await WebAssembly.compile(readFileSync(foreign));
  const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
  wasi.start(instance);
  return save(instance.exports);
}

async function unusable() {
  await put([...Buffer.from("no image")]);
  seen.damaged = await reload();
  await picture("damaged");
  seen.run_beside_damaged = await runWithFiles("File.write('new', 'text')\nputs 1\n");
  seen.damaged_stays = await stored();
  seen.next_beside_damaged = await runWithFiles("puts File.read('new')\n");
  await click("replace");
  seen.replaced = [await filesIn(), await reload()];

  await put([...(await foreignImage())]);
  seen.foreign = await reload();
  await click("forget");
  await browser.until(SETTLED);
  seen.after_foreign = await reload();
}

// The browser remembers how much room an origin has, so this is a new one.
async function quota() {
  const other = await serve(directory);
  const { origin } = new URL(other.url);
  await browser.call("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
  await reload(browser, other.url);
  const program = "require 'securerandom'\nFile.binwrite('large', SecureRandom.random_bytes(5_000_000))\n";
  seen.full = await runWithFiles(program);
  await picture("full");
  seen.next_of_full = await run("puts File.size('large')\n");
  await browser.call("Storage.overrideQuotaForOrigin", { origin });
  await click("replace");
  seen.not_full = [await filesIn(), await reload(browser, other.url)];
  other.close();
}

async function noStorage() {
  const source = "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no access', 'SecurityError'); } })";
  const { identifier } = await browser.call("Page.addScriptToEvaluateOnNewDocument", { source });
  seen.no_storage = [await reload(), await runWithFiles("File.write('short', '')\n")];
  await browser.call("Page.removeScriptToEvaluateOnNewDocument", { identifier });
}

async function tabs() {
  await reload();
  await click("forget");
  await browser.until(SETTLED);
  const other = await browser.tab();
  await reload(other);
  // The other tab hears of the save.
  await run("File.write('one', '')\n");
  await other.until("document.querySelector('#files-state').textContent === '1 file changed, saved'");
  seen.other_tab = await filesIn(other);
  await other.closeTab(browser);
  // This tab hears of no save, as while its program runs.
  await put([...Buffer.from("of another tab")]);
  seen.overtaken = await runWithFiles("File.write('two', '')\n");
  await picture("overtaken");
  seen.overtaken_stays = await stored();
  await click("replace");
  seen.replaced_other = [await filesIn(), await reload()];
  await put([...Buffer.from("of another tab")]);
  await run("File.write('three', '')\n");
  await click("reload");
  await browser.until("document.querySelector('#notice-text').textContent.startsWith('Ruby started without')");
  seen.loaded_other = await filesIn();
  await click("forget");
  await browser.until(SETTLED);
}

async function phone() {
  seen.phone = [];
  for (const [width, dark] of [[390, false], [320, true]]) {
    await browser.size(width, 844, { scale: 2, mobile: true, dark });
    const { status } = await run("require 'set'\nputs Set[1, 2].inspect\nFile.write('notes.txt', '')\n");
    const over = await page("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    const height = await page("Math.min(...[...document.querySelectorAll('.actions button')].map((button) => button.getBoundingClientRect().height))");
    seen.phone.push({ status, over, height });
    await picture(`phone-${width}`);
    await page("document.querySelector('#forget').scrollIntoView({ block: 'end' })");
    await picture(`phone-${width}-files`);
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
  for (const step of [
    loading, programs, kept, utilities, unusable, quota, noStorage, tabs, endless, flood, names, phone, failures,
  ]) await step();
  console.log(JSON.stringify(seen, null, 2));
} finally {
  await browser.close();
  server.close();
}
