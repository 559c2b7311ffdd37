// Serves a directory on this machine alone, to try the page.
//
// Usage: node serve.mjs DIRECTORY [PORT]     (0, which is the default, takes a free one)
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

function fileFor(directory, url) {
  const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
  const file = join(directory, normalize(path.endsWith("/") ? `${path}index.html` : path));
  const found = statSync(file);
  if (!found.isFile()) throw new Error(`${file} is no file`);
  return { file, len: found.size };
}

function answer(directory, request, response) {
  try {
    const { file, len } = fileFor(directory, request.url);
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": len, "cache-control": "no-cache" });
    createReadStream(file).pipe(response);
  } catch {
    response.writeHead(404).end();
  }
}

// Its address, and how to end it.
export function serve(directory, port = 0) {
  const server = createServer((request, response) => answer(directory, request, response));
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${server.address().port}/`;
      resolve({ url, close: () => server.close() });
    });
  });
}

if (import.meta.main) {
  const [directory, port = "0"] = process.argv.slice(2);
  console.log((await serve(directory, Number(port))).url);
}
