// The worker that runs one program: it starts Ruby, waits for the program, runs it
// and says how it ended. The page ends it at any time by ending the worker.
//
// Takes { module, image }, a WebAssembly.Module and the changes of an earlier run, if there
// are any. Then takes { program }, a text. Says { ready, rejection }, with the reason if it
// could not use the image, { text, error, cut } for the output of the program,
// { code, seconds, image } at its end, and { trap } if Ruby itself could not go on.
import { ConsoleStdout, File, OpenFile, WASI, WASIProcExit, wasi } from "./vendor/browser_wasi_shim/index.js";
import { RubyVM } from "./vendor/ruby-wasm-wasi/index.js";
import { apply, save } from "./changes.js";

// Characters. A page that holds more of one text becomes slow.
const OUTPUT_LIMIT = 200_000;

// Evaluates the program under a name of its own; its value is the exit code. What
// the backtrace says of this text is left out.
const RUN = `
  $stdout.sync = $stderr.sync = true
  $0 = "main.rb"
  begin
    TOPLEVEL_BINDING.eval(["PROGRAM"].pack("H*").force_encoding("UTF-8"), "main.rb", 1)
    0
  rescue SystemExit => exit
    exit.status
  rescue SyntaxError => error
    $stderr.puts(error.detailed_message(highlight: false))
    1
  rescue Exception => error
    places = error.backtrace.to_a.grep_v(/\\A(eval|main\\.rb:in )/)
    error.set_backtrace(places)
    $stderr.write(error.full_message(highlight: false, order: :top))
    1
  end
`;

// Relative paths are in the user's directory. This Ruby was built without locks, which
// PStore takes: no other program can see these files.
const BEFORE = `
  Dir.chdir("/home")
  class File
    def flock(*) = 0
  end
`;

// Ruby stays until the page ends it, so do the work of its end here: write buffers, and
// remove the temporary files. The program may have redefined all of this.
const AFTER = `
  begin
    ObjectSpace.each_object(File) { |file| file.flush rescue nil }
    require "fileutils"
    FileUtils.rm_rf(Dir.children("/tmp").map { |name| "/tmp/#{name}" })
  rescue Exception
    nil
  end
`;

let vm;
let instance;
let written = 0;
let starting;
let exited = false;

class Output extends ConsoleStdout {
  constructor(error) {
    const decoder = new TextDecoder();
    super((bytes) => say(decoder.decode(bytes, { stream: true }), error));
  }

  // No terminal, to which Ruby would write colours.
  fd_fdstat_get() {
    return { ret: 0, fdstat: new wasi.Fdstat(wasi.FILETYPE_UNKNOWN, 0) };
  }
}

function say(text, error) {
  const left = OUTPUT_LIMIT - written;
  if (left <= 0 || text === "" || exited) return;
  written += text.length;
  postMessage({ text: text.slice(0, left), error, cut: text.length >= left });
}

// An empty standard input, two outputs, and no directory.
function host() {
  const wasip1 = new WASI([], [], [new OpenFile(new File([])), new Output(false), new Output(true)]);
  const { proc_exit } = wasip1.wasiImport;
  wasip1.wasiImport.proc_exit = (code) => {
    // What its package has Ruby report after that is about a crash, and this is none.
    exited = true;
    proc_exit(code);
  };
  return wasip1;
}

async function start({ module, image }) {
  const wasip1 = host();
  const imports = { wasi_snapshot_preview1: wasip1.wasiImport };
  vm = new RubyVM();
  vm.addToImports(imports);
  instance = await WebAssembly.instantiate(module, imports);
  await vm.setInstance(instance);
  // Before Ruby makes its first call.
  const rejection = image && rejected(image);
  wasip1.initialize(instance);
  vm.initialize(["ruby.wasm", "-EUTF-8", "-e_=0"]);
  vm.eval(BEFORE);
  postMessage({ ready: true, rejection });
}

// Applies the image, or returns the reason why it cannot.
function rejected(image) {
  try {
    apply(instance.exports, image);
  } catch (error) {
    return error.message;
  }
}

function hex(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// `exit!` ends Ruby itself.
function exitCode(program) {
  try {
    return Number(vm.eval(RUN.replace("PROGRAM", hex(program))).toString());
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    throw error;
  }
}

function run(program) {
  const before = performance.now();
  const code = exitCode(program);
  const seconds = (performance.now() - before) / 1000;
  if (!exited) vm.eval(AFTER);
  const image = save(instance.exports);
  postMessage({ code, seconds, image }, [image.buffer]);
}

// A stack that is too deep is the browser's error, not Ruby's.
function trapped(error) {
  const deep = error instanceof RangeError;
  postMessage({ trap: deep ? "The program calls itself too deeply for this browser." : String(error) });
}

onmessage = async ({ data }) => {
  try {
    starting ??= start(data);
    await starting;
    if ("program" in data) run(data.program);
  } catch (error) {
    trapped(error);
  }
};
