// The files that programs leave: their image, its place in the browser's storage, and the
// part of the page that tells of both.
//
// A tab also holds the image in memory, so the next program has the files of the last one
// even if the storage fails. A tab never overwrites files that it has not loaded. If another
// tab has saved other files, or if the stored ones are unusable, the reader decides.
import { list } from "./changes.js";
import * as store from "./store.js";

const element = (id) => document.getElementById(id);
const [state, paths, show, forget] = ["files-state", "paths", "show", "forget"].map(element);
const [notice, replace, reload] = ["notice", "replace", "reload"].map(element);

// Tells the other tabs of each save.
const channel = new BroadcastChannel("ruby-in-one-file");

// The image for the next program, and the generation in the storage that it follows.
let image;
let generation = 0;
// The number of loads, and that number when the last Ruby got its image.
let loads = 0;
let givenLoads = 0;
// Whether the storage has the image: "saved", "saving", or why not: "failed", "overtaken" by
// another tab, or "unusable" for the stored one.
let standing = "saved";
let isRunning = false;
let restart = () => {};
// Saves follow each other, because each one needs the generation of the last.
let queue = Promise.resolve();

// --- What the page says --------------------------------------------------------

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function summary({ changed, removed }, end) {
  const parts = [];
  if (changed.length) parts.push(`${count(changed.length, "file")} changed`);
  if (removed.length) parts.push(`${count(removed.length, "name")} removed`);
  if (parts.length) return `${parts.join(", ")}, ${end}`;
  return standing === "saving" ? "Saving" : "No changed files";
}

function items(paths, kind) {
  return paths.map((path) => {
    const item = document.createElement("li");
    item.className = kind;
    item.append(path);
    return item;
  });
}

// A stored image may be damaged, which is known when Ruby starts.
function listed() {
  try {
    if (image) return list(image);
  } catch { /* It has no files to show. */ }
  return { changed: [], removed: [] };
}

const hasProblem = () => !notice.hidden;

function draw() {
  const found = listed();
  const isEmpty = found.changed.length + found.removed.length === 0;
  const end = hasProblem() ? "not saved" : standing;
  state.dataset.state = isEmpty ? "" : hasProblem() ? "failed" : "done";
  state.textContent = summary(found, end);
  paths.replaceChildren(...items(found.changed, "changed"), ...items(found.removed, "removed"));
  show.disabled = isEmpty;
  forget.disabled = isRunning || (isEmpty && !hasProblem());
  replace.disabled = reload.disabled = isRunning;
  if (isEmpty) expand(false);
}

function expand(isOpen) {
  paths.hidden = !isOpen;
  show.setAttribute("aria-expanded", String(isOpen));
  show.textContent = isOpen ? "Hide" : "Show";
}

// Says why the files are not saved, and offers an action.
function warn(kind, text, action) {
  standing = kind;
  element("notice-text").textContent = text;
  replace.textContent = action;
  reload.hidden = kind !== "overtaken";
  notice.hidden = false;
}

function settle(kind) {
  standing = kind;
  notice.hidden = true;
  draw();
}

function storageFailed(error) {
  const isFull = error.name === "QuotaExceededError";
  const why = isFull ? "The browser's storage for this page is full." : `The browser's storage failed: ${error.message.replace(/\.?$/, ".")}`;
  warn("failed", `${why} New files last until you close or reload this tab.`, "Try again");
}

function overtaken() {
  warn("overtaken", "Another tab saved its files first. The files of this tab are not saved.", "Replace the other files");
}

// --- Storage -------------------------------------------------------------------

async function save(force) {
  try {
    const next = await store.save(image, generation, force);
    if (next === null) {
      overtaken();
    } else {
      generation = next;
      // Unless a new Ruby has rejected the image meanwhile.
      if (standing === "saving") settle("saved");
      channel.postMessage(generation);
    }
  } catch (error) {
    storageFailed(error);
  }
  draw();
}

function enqueue(action) {
  queue = queue.then(action);
  return queue;
}

function beginSave(force) {
  settle("saving");
  return enqueue(() => save(force));
}

async function read() {
  try {
    ({ image, generation } = await store.load());
    loads++;
    settle("saved");
  } catch (error) {
    image = undefined;
    storageFailed(error);
  }
}

// --- For the page --------------------------------------------------------------

// Reads the stored image. `startAgain` replaces the Ruby that is ready by one with the
// current image.
export function load(startAgain) {
  restart = startAgain;
  return enqueue(read);
}

// Returns the image for a new Ruby.
export function give() {
  givenLoads = loads;
  return image;
}

// A new Ruby has the current image, or rejected it for a reason.
export function started(rejection) {
  if (rejection) {
    image = undefined;
    const text = `Ruby started without your saved files, because ${rejection}. They stay in the browser until you replace or forget them.`;
    warn("unusable", text, "Replace the saved files");
  }
  draw();
}

export function running(isNow) {
  isRunning = isNow;
  draw();
}

// A program ended and left these files.
export function ended(newImage) {
  const isSame = image?.length === newImage.length && image.every((byte, at) => byte === newImage[at]);
  image = newImage;
  // This tab has loaded other files since the program got its own.
  if (givenLoads !== loads) overtaken();
  if (standing === "unusable" || standing === "overtaken") draw();
  else if (standing !== "saved" || !isSame) beginSave(false);
}

// --- For the reader ------------------------------------------------------------

async function loadAgain() {
  await enqueue(read);
  restart();
}

show.onclick = () => expand(paths.hidden);
replace.onclick = () => beginSave(standing !== "failed");
reload.onclick = loadAgain;
forget.onclick = () => {
  image = undefined;
  beginSave(true);
  restart();
};
channel.onmessage = () => {
  if (!isRunning && standing === "saved") loadAgain();
};
