// Serves a directory, opens its page in headless Chromium and prints the text of an
// element once there is some.
//
// Usage: node open_page.mjs DIRECTORY SELECTOR
import { serve } from "../../examples/browser/serve.mjs";
import { Chromium } from "./chromium.mjs";

const [directory, selector] = process.argv.slice(2);
const server = await serve(directory);
const browser = await Chromium.start();
try {
  await browser.open(server.url);
  const text = `document.querySelector(${JSON.stringify(selector)}).textContent`;
  await browser.until(text);
  process.stdout.write(await browser.evaluate(text));
} finally {
  await browser.close();
  server.close();
}
