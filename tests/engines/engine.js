// Runs a packed module in a page, with @bjorn3/browser_wasi_shim and no directory. `run`
// returns the output and the exit status.
import { ConsoleStdout, File, OpenFile, WASI } from "./shim/index.js";
import { RubyVM } from "./ruby/index.js";

class Output extends ConsoleStdout {
  text = "";
  constructor() {
    const decoder = new TextDecoder();
    super((bytes) => { this.text += decoder.decode(bytes, { stream: true }); });
  }
}

function host(args, env) {
  const outputs = [new Output(), new Output()];
  const wasi = new WASI(args, env, [new OpenFile(new File([])), ...outputs]);
  return { wasi, outputs };
}

async function command(module, args, env) {
  const { wasi, outputs } = host(["guest.wasm", ...args], env);
  const imports = {
    wasi_snapshot_preview1: wasi.wasiImport,
    env: { answer: () => 42 },
    host: { call: () => -1 },
  };
  const instance = await WebAssembly.instantiate(module, imports);
  if (instance.exports._start) return { status: wasi.start(instance), outputs };
  wasi.initialize(instance);
  return { status: instance.exports.run(), outputs };
}

// With the program in place of arguments.
async function ruby(module, program) {
  const { wasi, outputs } = host([], []);
  const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
  const { vm } = await RubyVM.instantiateModule({ module, wasip1: wasi, args });
  vm.eval(program);
  vm.eval("$stdout.flush");
  return { status: 0, outputs };
}

async function ran(program, args, env) {
  const module = await WebAssembly.compileStreaming(fetch("guest.wasm"));
  return program === null ? command(module, args, env) : ruby(module, program);
}

globalThis.run = async (...words) => {
  try {
    const { status, outputs } = await ran(...words);
    return { status, stdout: outputs[0].text, stderr: outputs[1].text };
  } catch (error) {
    return { status: 1, stdout: "", stderr: String(error) };
  }
};
