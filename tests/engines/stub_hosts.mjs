// Hosts of a few lines, as pages write them to run one program. Most of their calls
// answer one number and write nothing. Runs WASI preview 1 commands under each host.
//
// Usage: node stub_hosts.mjs MODULE...   a line of JSON for each module and host
//        node stub_hosts.mjs --list      a line of JSON for each host
import { readFileSync } from "node:fs";

const SUCCESS = 0, BADF = 8, NOENT = 44, NOSYS = 52;
const CHARACTER_DEVICE = 2, REGULAR_FILE = 4;

// A program that asks its host more often than this would ask without end.
const CALLS_MAX = 10_000;
// Enough calls to see how a program looks for its files.
const CALLS_SHOWN = 30;

const answering = (errno) => () => () => errno;
const throwing = (name) => () => { throw new Error(`the host has no ${name}`); };

// Writes a record of `fd_fdstat_get` with this type and no rights for any number.
const statsAs = (type) => (view) => ({
  fd_prestat_get: () => BADF,
  fd_fdstat_get(_fd, address) {
    new Uint8Array(view().buffer, address, 24).fill(0);
    view().setUint8(address, type);
    return SUCCESS;
  },
});

// Knows standard input and output, and writes through an array of 32-bit numbers,
// which ignores the last two bits of an address.
const stdio = (view) => ({
  fd_fdstat_get(fd, address) {
    if (fd > 2) return BADF;
    new Int32Array(view().buffer).fill(0, address >> 2, (address >> 2) + 6);
    new Int32Array(view().buffer)[address >> 2] = CHARACTER_DEVICE;
    return SUCCESS;
  },
});

// One directory, which is empty.
const emptyRoot = (view) => ({
  ...stdio(view),
  fd_prestat_get(fd, address) {
    if (fd !== 3) return BADF;
    view().setUint32(address, 0, true);
    view().setUint32(address + 4, 1, true);
    return SUCCESS;
  },
  fd_prestat_dir_name(_fd, address) {
    view().setUint8(address, "/".charCodeAt());
    return SUCCESS;
  },
  path_open: () => NOENT,
  path_filestat_get: () => NOENT,
});

const ERRNOS = Array.from({ length: 76 }, (_, index) => index + 1);

// `calls` are the calls that a host has beside those that all hosts have, and `rest`
// makes the function for every other name. A host with `rests` runs once for each.
const HOSTS = {
  zero: { says: "Every call answers 0.", rest: answering(SUCCESS) },
  undefined: { says: "Every call is `() => {}`, whose answer counts as 0.", rest: () => () => {} },
  async: { says: "Every call is `async`, and its promise counts as 0.", rest: () => async () => NOSYS },
  errno: { says: "Every call answers the same errno: each from 1 to 76 in turn.", rests: ERRNOS.map(answering) },
  negative: { says: "Every call answers -1.", rest: answering(-1) },
  wide: { says: "Every call answers 65536, which is 0 in the 16 bits of an errno.", rest: answering(65536) },
  throws: { says: "Every call throws.", rest: throwing },
  dummy: {
    says: "`fd_prestat_get` answers 8 and `fd_fdstat_get` 0. All others throw.",
    calls: () => ({ fd_prestat_get: () => BADF, fd_fdstat_get: () => SUCCESS }),
    rest: throwing,
  },
  closes: {
    says: "`fd_close`, `fd_seek` and `fd_fdstat_get` answer 0, all others 52.",
    calls: () => ({ fd_close: () => SUCCESS, fd_seek: () => SUCCESS, fd_fdstat_get: () => SUCCESS }),
    rest: answering(NOSYS),
  },
  dummyPreopen: {
    says: "`fd_prestat_get` answers 0 for 3 and 8 for others. All others answer 0.",
    calls: () => ({ fd_prestat_get: (fd) => (fd === 3 ? SUCCESS : BADF) }),
    rest: answering(SUCCESS),
  },
  stdio: {
    says: "Only standard input and output are open. All others answer 8.",
    calls: stdio,
    rest: answering(BADF),
  },
  terminals: {
    says: "Every number is a character device. All others answer 52.",
    calls: statsAs(CHARACTER_DEVICE),
    rest: answering(NOSYS),
  },
  files: {
    says: "Every number is a regular file. All others answer 0.",
    calls: statsAs(REGULAR_FILE),
    rest: answering(SUCCESS),
  },
  unknowns: {
    says: "Every number is of type 0, unknown. All others answer 8.",
    calls: statsAs(0),
    rest: answering(BADF),
  },
  emptyRoot: {
    says: "One empty directory, `/`, is open. All others answer 52.",
    calls: emptyRoot,
    rest: answering(NOSYS),
  },
};

class Exit extends Error {
  constructor(status) {
    super(`exit ${status}`);
    this.status = status;
  }
}

// The output of a program by descriptor, and the first calls about files that its host
// received before any output.
class Log {
  output = { 1: [], 2: [] };
  calls = [];
  count = 0;

  called(name, [first]) {
    if (++this.count > CALLS_MAX) throw new Error(`the host is asked without end, last for ${name}`);
    const isListed = /^(fd|path)_(?!write)/.test(name) && this.output[1].length === 0;
    if (isListed && this.calls.length < CALLS_SHOWN) this.calls.push(`${name}(${first})`);
  }

  text(fd) { return Buffer.concat(this.output[fd]).toString(); }
}

// What all hosts have: output, the end, no arguments, no variables, time and chance.
function shared(view, log) {
  const setNone = (count, len) => {
    view().setUint32(count, 0, true);
    view().setUint32(len, 0, true);
    return SUCCESS;
  };
  return {
    fd_write(fd, vectors, vectorCount, written) {
      let len = 0;
      for (let at = vectors; at < vectors + 8 * vectorCount; at += 8) {
        const [address, bytes] = [view().getUint32(at, true), view().getUint32(at + 4, true)];
        log.output[fd].push(Buffer.from(new Uint8Array(view().buffer, address, bytes)));
        len += bytes;
      }
      view().setUint32(written, len, true);
      return SUCCESS;
    },
    proc_exit(status) { throw new Exit(status); },
    args_sizes_get: setNone,
    args_get: () => SUCCESS,
    environ_sizes_get: setNone,
    environ_get: () => SUCCESS,
    clock_time_get(_id, _precision, address) {
      view().setBigUint64(address, process.hrtime.bigint(), true);
      return SUCCESS;
    },
    random_get(address, len) {
      crypto.getRandomValues(new Uint8Array(view().buffer, address, len));
      return SUCCESS;
    },
  };
}

// `rest` makes each imported call that the host lacks.
function imports(host, view, log) {
  const calls = { ...shared(view, log), ...host.calls?.(view) };
  const get = (_, name) => {
    const call = calls[name] ?? host.rest(name);
    return (...args) => {
      log.called(name, args);
      return call(...args);
    };
  };
  return { wasi_snapshot_preview1: new Proxy({}, { get }) };
}

function run(module, host) {
  const log = new Log();
  let instance;
  const view = () => new DataView(instance.exports.memory.buffer);
  let status = 0, failure = "";
  try {
    instance = new WebAssembly.Instance(module, imports(host, view, log));
    instance.exports._start();
  } catch (error) {
    status = error.status ?? 134;
    if (!(error instanceof Exit)) failure = error.message;
  }
  return { status, stdout: log.text(1), stderr: log.text(2) + failure, calls: log.calls };
}

const write = (value) => console.log(JSON.stringify(value));

if (process.argv[2] === "--list") {
  for (const [host, { says }] of Object.entries(HOSTS)) write({ host, says });
} else {
  for (const path of process.argv.slice(2)) {
    const module = new WebAssembly.Module(readFileSync(path));
    for (const [host, { calls, rest, rests = [rest] }] of Object.entries(HOSTS)) {
      for (const rest of rests) write({ host, ...run(module, { calls, rest }) });
    }
  }
}
