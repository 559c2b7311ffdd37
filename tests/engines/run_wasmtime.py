"""Runs a WASI preview 1 module under wasmtime. The reference engine of the tests.

Directories of --dir are preopened read-only, as a packed tree is. A command is started;
a reactor is initialised and its export `run` called.

Usage: run_wasmtime.py [--dir HOST::GUEST] [--writable HOST::GUEST] [--env K=V]
                       [--growth PAGES] MODULE [ARGS...]
    --growth: no memory may grow by more, nor beyond what the largest may
"""
import argparse
import sys

import wasmtime

options = argparse.ArgumentParser()
options.add_argument("--dir", action="append", default=[])
options.add_argument("--writable", action="append", default=[])
options.add_argument("--env", action="append", default=[])
options.add_argument("--growth", type=int)
options.add_argument("module")
options.add_argument("args", nargs=argparse.REMAINDER)
options = options.parse_args()

config = wasmtime.Config()
# Each module runs once: compiling it fast matters more than running it fast.
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)

wasi = wasmtime.WasiConfig()
wasi.argv = ["guest.wasm", *options.args]
wasi.env = [entry.split("=", 1) for entry in options.env]
for is_writable, entries in [(False, options.dir), (True, options.writable)]:
    for entry in entries:
        host, guest = entry.split("::")
        wasi.preopen_dir(host, guest, is_writable)
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()

store = wasmtime.Store(engine)
store.set_wasi(wasi)
linker = wasmtime.Linker(engine)
linker.define_wasi()
module = wasmtime.Module.from_file(engine, options.module)
if options.growth is not None:
    memories = [e.type for e in module.exports if isinstance(e.type, wasmtime.MemoryType)]
    pages = max(memory.limits.min for memory in memories) + options.growth
    store.set_limits(memory_size=pages << 16)
instance = linker.instantiate(store, module)
exports = instance.exports(store)
try:
    if "_start" in exports:
        exports["_start"](store)
    else:
        exports["_initialize"](store)
        sys.exit(exports["run"](store))
except wasmtime.ExitTrap as exit:
    sys.exit(exit.code)
except wasmtime.Trap as trap:
    print(trap, file=sys.stderr)
    sys.exit(134)
