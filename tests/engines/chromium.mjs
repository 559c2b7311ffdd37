// Headless Chromium, driven by its DevTools protocol over a pipe: no port is opened
// and nothing is installed for it. One browser, and one page unless you add a tab.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
];

// Writes to a pipe, and reads the text between zeros.
class Pipe {
  #waiting = new Map();
  #id = 0;
  #rest = "";

  constructor(input, output, listeners) {
    this.input = input;
    this.listeners = listeners;
    output.setEncoding("utf8").on("data", (text) => this.#read(text));
    output.on("close", () => this.#closed());
  }

  #read(text) {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop();
    for (const message of messages) this.#heard(JSON.parse(message));
  }

  #heard({ id, result, error, method, params }) {
    if (method) return this.listeners.get(method)?.(params);
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  #closed() {
    for (const { reject } of this.#waiting.values()) reject(new Error("chromium ended"));
  }

  call(method, params, sessionId) {
    const id = ++this.#id;
    this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}

export class Chromium {
  // Starts a browser with a profile of its own and an empty page.
  static async start() {
    const browser = new Chromium();
    browser.profile = mkdtempSync(join(tmpdir(), "chromium-"));
    const args = [...FLAGS, `--user-data-dir=${browser.profile}`, "about:blank"];
    browser.process = spawn("chromium", args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    browser.process.on("error", (error) => {
      throw new Error(`chromium does not start (tools/install chromium): ${error.message}`);
    });
    browser.listeners = new Map();
    browser.pipe = new Pipe(browser.process.stdio[3], browser.process.stdio[4], browser.listeners);
    await browser.#attach();
    return browser;
  }

  // A second page of the same browser, in front of this one.
  async tab() {
    const tab = new Chromium();
    tab.pipe = this.pipe;
    tab.listeners = this.listeners;
    await tab.#attach();
    return tab;
  }

  // Ends this page, and brings `next` to the front. A browser slows hidden pages down.
  async closeTab(next) {
    await this.pipe.call("Target.closeTarget", { targetId: this.targetId });
    await next.call("Page.bringToFront");
  }

  async #attach() {
    const { targetId } = await this.pipe.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.pipe.call("Target.attachToTarget", { targetId, flatten: true });
    this.session = sessionId;
    this.targetId = targetId;
    for (const domain of ["Page", "Runtime", "Network"]) await this.call(`${domain}.enable`);
  }

  // Any method of the protocol.
  call(method, params = {}) {
    return this.pipe.call(method, params, this.session);
  }

  on(event, listener) {
    this.listeners.set(event, listener);
  }

  async open(url) {
    const loaded = new Promise((resolve) => this.on("Page.loadEventFired", resolve));
    await this.call("Page.navigate", { url });
    await loaded;
  }

  // The value of an expression in the page, awaited.
  async evaluate(expression) {
    const words = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", words);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Waits until an expression in the page is true. The number of looks is limited, and
  // large enough for a busy machine.
  async until(expression) {
    return this.evaluate(`new Promise((resolve, reject) => {
      let left = 60_000;
      const look = () => {
        if (${expression}) resolve(true);
        else if (left-- === 0) reject(new Error("this does not come: " + ${JSON.stringify(expression)}));
        else setTimeout(look, 10);
      };
      look();
    })`);
  }

  // A key as a person presses it; modifiers: 1 Alt, 2 Ctrl, 4 Meta, 8 Shift.
  async press(key, modifiers = 0) {
    for (const type of ["keyDown", "keyUp"]) {
      await this.call("Input.dispatchKeyEvent", { type, key, code: key, modifiers });
    }
  }

  async size(width, height, { scale = 1, dark = false, mobile = false } = {}) {
    await this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.call("Emulation.setEmulatedMedia", { features });
  }

  // The page as a PNG.
  async screenshot() {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    await this.pipe.call("Browser.close").catch(() => this.process.kill());
    await ended;
    try {
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // A helper of the browser may write for a moment longer. What is left lies in the
      // system's directory for such things.
    }
  }
}
