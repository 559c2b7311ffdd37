// The worker that runs one program: it starts Ruby, waits for the program, runs it
// and says how it ended. The page ends it at any time by ending the worker.
//
// Takes { module }, a WebAssembly.Module, then { program }, a text. Says { ready },
// { text, error, cut } for what the program writes, { code, seconds } at its end,
// and { trap } if Ruby itself could not go on.
import { ConsoleStdout, File, OpenFile, WASI, WASIProcExit, wasi } from "./vendor/browser_wasi_shim/index.js";
import { RubyVM } from "./vendor/ruby-wasm-wasi/index.js";

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

let vm;
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

async function start(module) {
  const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
  ({ vm } = await RubyVM.instantiateModule({ module, wasip1: host(), args }));
  postMessage({ ready: true });
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
  postMessage({ code, seconds: (performance.now() - before) / 1000 });
}

// A stack that is too deep is the browser's error, not Ruby's.
function trapped(error) {
  const deep = error instanceof RangeError;
  postMessage({ trap: deep ? "The program calls itself too deeply for this browser." : String(error) });
}

onmessage = async ({ data }) => {
  try {
    starting ??= start(data.module);
    await starting;
    if ("program" in data) run(data.program);
  } catch (error) {
    trapped(error);
  }
};
