"""Runs modules and components under wasmtime, one after the other, for the oracles.

Reads one JSON object a line: `module`, `args`, `stdin`, `stdout` and `stderr` (paths
of files), `dirs` (a list of [host, guest, writable]), `env`, and `counted`: whether
to count instructions, which is slow. Answers each with a line: the exit status,
or the trap as text, and that count or 0. A module is compiled once.
"""
import functools
import json
import sys

import wasmtime
import wasmtime.component

FUEL = 1 << 50
RUN = "wasi:cli/run@"


@functools.cache
def engine(counted):
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    config.consume_fuel = counted
    return wasmtime.Engine(config)


@functools.cache
def linker(counted):
    linker = wasmtime.Linker(engine(counted))
    linker.define_wasi()
    return linker


@functools.cache
def component_linker():
    linker = wasmtime.component.Linker(engine(False))
    linker.add_wasip2()
    return linker


def is_component(path):
    """Whether the layer in the header of the file is that of components."""
    with open(path, "rb") as file:
        return file.read(8)[6:] == b"\1\0"


@functools.lru_cache(maxsize=8)
def compiled(path, counted):
    if is_component(path):
        return wasmtime.component.Component.from_file(engine(counted), path)
    return wasmtime.Module.from_file(engine(counted), path)


def started(module, store, counted):
    """The function that runs the program."""
    if isinstance(module, wasmtime.Module):
        instance = linker(counted).instantiate(store, module)
        return instance.exports(store)["_start"]
    instance = component_linker().instantiate(store, module)
    exports = module.type.exports(engine(counted))
    interface = next(name for name in exports if name.startswith(RUN))
    interface = instance.get_export_index(store, interface)
    return instance.get_func(store, instance.get_export_index(store, "run", interface))


def call(function, store):
    try:
        function(store)
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
    wasi.stderr_file = job["stderr"]
    for host, guest, writable in job["dirs"]:
        wasi.preopen_dir(host, guest, writable)
    store = wasmtime.Store(engine(counted))
    store.set_wasi(wasi)
    if counted:
        store.set_fuel(FUEL)
    function = started(compiled(job["module"], counted), store, counted)
    status = call(function, store)
    return [status, FUEL - store.get_fuel() if counted else 0]


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
