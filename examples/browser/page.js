// The page: loads the module with its progress, keeps a runner ready, gives it the
// program and shows what comes back. Each run has a Ruby of its own, with the files of the
// last one.
import { examples } from "./examples.js";
import * as files from "./files.js";

const MODULE = "ruby.wasm";

const element = (id) => document.getElementById(id);
const [program, example, run, stop] = ["program", "example", "run", "stop"].map(element);
const [output, status, progress, bytes] = ["output", "status", "progress", "bytes"].map(element);

let module;
let runner;
let running = false;

// --- Loading -----------------------------------------------------------------

const megabytes = (len) => `${(len / 1e6).toFixed(1)} MB`;

// The length of the module as it is: a server may send it compressed, and then its
// Content-Length says nothing of that.
function wholeLen(response) {
  if (response.headers.get("content-encoding")) return Number(document.body.dataset.moduleLen) || 0;
  return Number(response.headers.get("content-length")) || 0;
}

function showBytes(len, whole) {
  if (whole) {
    progress.max = whole;
    progress.value = Math.min(len, whole);
  }
  bytes.textContent = whole ? `${megabytes(len)} of ${megabytes(whole)}` : megabytes(len);
}

// The response, counted while it is compiled.
function counted(response) {
  const whole = wholeLen(response);
  let len = 0;
  const count = new TransformStream({
    transform(chunk, controller) {
      len += chunk.byteLength;
      showBytes(len, whole);
      controller.enqueue(chunk);
    },
  });
  const body = response.body.pipeThrough(count);
  return new Response(body, { headers: { "content-type": "application/wasm" } });
}

async function fetchModule() {
  const response = await fetch(MODULE);
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${MODULE}`);
  return WebAssembly.compileStreaming(counted(response));
}

function failed(error) {
  const refused = error instanceof WebAssembly.CompileError;
  element("reason").textContent = refused
    ? `This browser does not take the module, which a newer one may do. It says: ${error.message}`
    : `The module could not be loaded: ${error.message}`;
  element("loading").hidden = true;
  element("failure").hidden = false;
  say("failed", "Not loaded");
}

async function load() {
  element("loading").hidden = false;
  element("failure").hidden = true;
  progress.removeAttribute("value");
  say("loading", "Loading");
  try {
    [module] = await Promise.all([fetchModule(), files.load(startAgain)]);
    element("loading").hidden = true;
    run.disabled = false;
    say("loading", "Starting Ruby");
    prepare();
  } catch (error) {
    failed(error);
  }
}

// --- Running -----------------------------------------------------------------

function say(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

function show(text, kind) {
  const atEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
  const last = output.lastChild;
  if (last?.className === kind) {
    last.append(text);
  } else {
    const span = document.createElement("span");
    span.className = kind;
    span.append(text);
    output.append(span);
  }
  if (atEnd) output.scrollTop = output.scrollHeight;
}

// A new Ruby, in place of the one that ran or was stopped. It may be given its
// program before it is ready.
function prepare() {
  runner?.terminate();
  const made = new Worker("runner.js", { type: "module" });
  runner = made;
  // A message of an earlier one may still be on its way.
  made.onmessage = ({ data }) => { if (made === runner) heard(data); };
  made.onerror = (event) => { if (made === runner) trapped(event.message || "runner.js could not be loaded"); };
  made.postMessage({ module, image: files.give() });
}

function startAgain() {
  if (module && !running) prepare();
}

function heard(message) {
  if (message.ready) ready(message);
  if (message.text) show(message.text, message.error ? "error" : "text");
  if (message.cut) show("\nThe output is cut here; the program goes on.\n", "note");
  if ("code" in message) ended(message);
  if (message.trap) trapped(message.trap);
}

function ready({ rejection }) {
  files.started(rejection);
  if (status.dataset.state === "loading") say("ready", "Ready");
}

function start() {
  if (run.disabled || running) return;
  running = true;
  files.running(true);
  run.disabled = true;
  stop.disabled = false;
  output.replaceChildren();
  say("running", "Running");
  // Below the program, on a phone.
  status.closest(".panel").scrollIntoView({ block: "nearest", behavior: "smooth" });
  runner.postMessage({ program: program.value });
}

function over(state, text) {
  running = false;
  files.running(false);
  stop.disabled = true;
  run.disabled = false;
  say(state, text);
  prepare();
}

function ended({ code, seconds, image }) {
  files.ended(image);
  over(code === 0 ? "done" : "failed", `Ended with exit code ${code} after ${seconds.toFixed(2)} s`);
}

function trapped(reason) {
  show(`${reason}\n`, "error");
  if (running) return over("failed", "Ended by an error");
  // Ruby did not start: another would not either.
  run.disabled = true;
  say("failed", "Ruby did not start");
}

function halt() {
  if (running) over("failed", "Stopped");
}

// --- The page ----------------------------------------------------------------

for (const name of Object.keys(examples)) example.append(new Option(name));
program.value = examples[example.value];
example.onchange = () => { program.value = examples[example.value]; };
run.onclick = start;
stop.onclick = halt;
element("retry").onclick = load;
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    start();
  }
  if (event.key === "Escape") halt();
});
load();
