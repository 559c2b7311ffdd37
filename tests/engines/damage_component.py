"""Runs a component with the command world under wasmtime, once for each damaged byte.

Usage: damage_component.py COMPONENT FUEL

A line of the standard input is an offset and the bits to flip there. The answer is a
line of JSON with the status or the reason of a trap, the output, and the fuel.
"""
import json
import os
import sys
import tempfile

import wasmtime
from wasmtime import component

config = wasmtime.Config()
# Each component runs once: compiling it fast matters more than running it fast.
config.cranelift_opt_level = "none"
config.consume_fuel = True
engine = wasmtime.Engine(config)
linker = component.Linker(engine)
linker.add_wasip2()


def call(store, wasm):
    program = component.Component(engine, wasm)
    instance = linker.instantiate(store, program)
    exports = program.type.exports(engine)
    command = next(name for name in exports if name.startswith("wasi:cli/run@"))
    interface = instance.get_export_index(store, command)
    run = instance.get_func(store, instance.get_export_index(store, "run", interface))
    return 0 if run(store).tag == "ok" else 1


def outcome(wasm, fuel, output):
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["guest.wasm"]
    wasi.stdout_file = output
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    store.set_fuel(fuel)
    try:
        answer = {"status": call(store, wasm)}
    except wasmtime.ExitTrap as error:
        answer = {"status": error.code}
    except wasmtime.WasmtimeError as error:
        answer = {"trap": str(error)}
    except wasmtime.Trap as error:
        answer = {"trap": str(error)}
    answer["fuel"] = fuel - store.get_fuel()
    store.close()
    with open(output, encoding="utf-8", errors="replace") as file:
        answer["stdout"] = file.read()
    return answer


with open(sys.argv[1], "rb") as file:
    wasm = bytearray(file.read())
fuel = int(sys.argv[2])
with tempfile.TemporaryDirectory() as directory:
    for line in sys.stdin:
        at, bits = map(int, line.split())
        wasm[at] ^= bits
        answer = outcome(bytes(wasm), fuel, os.path.join(directory, "stdout"))
        wasm[at] ^= bits
        print(json.dumps(answer), flush=True)
