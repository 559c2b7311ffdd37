// One image of changes in the browser's storage, for all tabs of this page.
//
// IndexedDB is the simplest storage that fits: it keeps bytes across reloads, also where a
// page has no secure context, and a transaction replaces the image as a whole or not at
// all. A transaction also compares the generation, a number that grows with each save. So
// a tab notices that another one has saved since it loaded the image.

const DATABASE = "ruby-in-one-file";
const STORE = "changes";
const KEY = "image";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Calls `act` with the store and its record, and returns its result after the commit.
async function transact(mode, act) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      let result;
      const transaction = database.transaction(STORE, mode);
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error);
      const store = transaction.objectStore(STORE);
      const read = store.get(KEY);
      read.onsuccess = () => { result = act(read.result ?? { generation: 0 }, store); };
    });
  } finally {
    database.close();
  }
}

// Returns the record: a generation, and an image unless there is none.
export const load = () => transact("readonly", (record) => record);

// Stores the image, or none, and returns the new generation. Without `force`, returns
// `null` if the stored generation is not `generation`, and stores nothing.
export function save(image, generation, force) {
  return transact("readwrite", (record, store) => {
    if (!force && record.generation !== generation) return null;
    const next = record.generation + 1;
    store.put({ generation: next, image }, KEY);
    return next;
  });
}
