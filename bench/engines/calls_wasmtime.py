"""Times calls of a guest, under wasmtime. One line of JSON.

Variants are interleaved: each round makes each of the calls in each of them.
The first rounds warm up and are not counted.

Usage: calls_wasmtime.py WARMUP ROUNDS CALLS HOST::GUEST NAME=[host:]MODULE...
    host:  the module gets HOST preopened, else no directory
"""
import json
import sys
import time

import wasmtime

MASK = (1 << 64) - 1
CALLS = ("stat", "open_close", "readdir", "seek", "pread")

warmup, rounds, count = map(int, sys.argv[1:4])
host, guest = sys.argv[4].split("::")

engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()


class Variant:
    def __init__(self, text):
        self.name, path = text.split("=", 1)
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        if path.startswith("host:"):
            wasi.preopen_dir(host, guest, False)
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        module = wasmtime.Module.from_file(engine, path.removeprefix("host:"))
        self.exports = linker.instantiate(self.store, module).exports(self.store)
        self.exports["_initialize"](self.store)
        self.exports["prepare"](self.store)
        self.results = {call: {"ns": []} for call in CALLS}

    def run(self):
        for call in CALLS:
            start = time.perf_counter_ns()
            value = self.exports[call](self.store, count)
            elapsed = time.perf_counter_ns() - start
            made = self.exports["entries"](self.store) if call == "readdir" else count
            self.results[call]["ns"].append(elapsed / made)
            self.results[call]["sum"] = str(value & MASK)


variants = [Variant(text) for text in sys.argv[5:]]
for _ in range(warmup + rounds):
    for variant in variants:
        variant.run()
for variant in variants:
    for result in variant.results.values():
        result["ns"] = result["ns"][warmup:]
print(json.dumps({variant.name: variant.results for variant in variants}))
