"""Runs a WASI preview 1 module under pywasm, an interpreter in Python that knows
the specification's release 2 and nothing later. A command is started; a reactor
is initialised and its export `run` called.

Usage: run_pywasm.py MODULE [ARGS...]
"""
import sys

import pywasm

path, *args = sys.argv[1:]
runtime = pywasm.core.Runtime()
wasi = pywasm.wasi.Preview1(["guest.wasm", *args], {}, {})
wasi.bind(runtime)
instance = runtime.instance_from_file(path)
exports = {export.name for export in instance.exps}
if "_start" in exports:
    sys.exit(wasi.main(runtime, instance))
runtime.invocate(instance, "_initialize", [])
sys.exit(runtime.invocate(instance, "run", [])[0])
