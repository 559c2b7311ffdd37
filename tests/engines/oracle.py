"""Runs modules under wasmtime, one after the other, for the differential oracle.

Reads one JSON object a line: `module`, `args`, `stdin` and `stdout` (paths of
files), `dirs` (a list of [host, guest, writable]), `env`, and `counted`: whether
to count instructions, which is slow. Answers each with a line: the exit status,
or the trap as text, and that count or 0. A module is compiled once.
"""
import functools
import json
import sys

import wasmtime

FUEL = 1 << 50


@functools.cache
def linker(counted):
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    config.consume_fuel = counted
    linker = wasmtime.Linker(wasmtime.Engine(config))
    linker.define_wasi()
    return linker


@functools.lru_cache(maxsize=8)
def compiled(path, counted):
    return wasmtime.Module.from_file(linker(counted).engine, path)


def call(exports, store):
    try:
        exports["_start"](store)
    except wasmtime.ExitTrap as exit:
        return exit.code
    except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
        return str(trap)
    return 0


def run(job):
    counted = job["counted"]
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["guest.wasm", *job["args"]]
    wasi.env = job["env"]
    wasi.stdin_file = job["stdin"]
    wasi.stdout_file = job["stdout"]
    wasi.inherit_stderr()
    for host, guest, writable in job["dirs"]:
        wasi.preopen_dir(host, guest, writable)
    store = wasmtime.Store(linker(counted).engine)
    store.set_wasi(wasi)
    if counted:
        store.set_fuel(FUEL)
    instance = linker(counted).instantiate(store, compiled(job["module"], counted))
    status = call(instance.exports(store), store)
    return [status, FUEL - store.get_fuel() if counted else 0]


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
