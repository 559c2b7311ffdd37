"""Times a guest that grows its memory page by page, under wasmtime. One line of
JSON.

Variants are interleaved: each round runs each of them once, in a fresh
instance. The first rounds warm up and are not counted.

Usage: grow_wasmtime.py WARMUP ROUNDS GROWS NAME=MODULE...
"""
import json
import sys
import time

import wasmtime

warmup, rounds, count = map(int, sys.argv[1:4])
engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()
variants = {}
for text in sys.argv[4:]:
    name, path = text.split("=", 1)
    variants[name] = (wasmtime.Module.from_file(engine, path), [])

for _ in range(warmup + rounds):
    for module, ms in variants.values():
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        exports = linker.instantiate(store, module).exports(store)
        exports["_initialize"](store)
        exports["prepare"](store)
        start = time.perf_counter()
        grown = exports["grow"](store, count)
        ms.append((time.perf_counter() - start) * 1000)
        assert grown == count, grown
print(json.dumps({name: ms[warmup:] for name, (_, ms) in variants.items()}))
