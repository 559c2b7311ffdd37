"""Runs a component with the command world under wasmtime, without any directory.

Usage: run_component.py COMPONENT ARGS...
"""
import sys

import wasmtime
from wasmtime import component

config = wasmtime.Config()
# It runs once: compiling it fast matters more than running it fast.
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)
program = component.Component.from_file(engine, sys.argv[1])

wasi = wasmtime.WasiConfig()
wasi.argv = ["guest.wasm", *sys.argv[2:]]
wasi.inherit_stdout()
wasi.inherit_stderr()
store = wasmtime.Store(engine)
store.set_wasi(wasi)
linker = component.Linker(engine)
linker.add_wasip2()
instance = linker.instantiate(store, program)

exports = program.type.exports(engine)
command = next(name for name in exports if name.startswith("wasi:cli/run@"))
interface = instance.get_export_index(store, command)
run = instance.get_func(store, instance.get_export_index(store, "run", interface))
sys.exit(run(store).tag != "ok")
