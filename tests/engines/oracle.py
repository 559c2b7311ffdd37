"""Runs modules under wasmtime, one after the other, for the differential oracle.

Reads one JSON object a line: `module`, `args`, `stdin` and `stdout` (paths of
files), `dirs` (a list of [host, guest, writable]). Answers each with a line:
the exit status, or the trap as text. A module is compiled once.
"""
import functools
import json
import sys

import wasmtime

config = wasmtime.Config()
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)
linker = wasmtime.Linker(engine)
linker.define_wasi()


@functools.lru_cache(maxsize=4)
def compiled(path):
    return wasmtime.Module.from_file(engine, path)


def run(job):
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["guest.wasm", *job["args"]]
    wasi.stdin_file = job["stdin"]
    wasi.stdout_file = job["stdout"]
    wasi.inherit_stderr()
    for host, guest, writable in job["dirs"]:
        wasi.preopen_dir(host, guest, writable)
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, compiled(job["module"]))
    try:
        instance.exports(store)["_start"](store)
    except wasmtime.ExitTrap as exit:
        return exit.code
    except wasmtime.Trap as trap:
        return str(trap)
    return 0


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
