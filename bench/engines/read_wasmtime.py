"""Times the call that reads every file, under wasmtime. One line of JSON.

Variants are interleaved: each round runs each of them once, in a fresh
instance. The first rounds warm up and are not counted.

Usage: read_wasmtime.py WARMUP ROUNDS HOST::GUEST NAME=[host:]MODULE...
    host:  the module gets HOST preopened, else no directory
"""
import json
import sys
import time

import wasmtime

MASK = (1 << 64) - 1

warmup, rounds = int(sys.argv[1]), int(sys.argv[2])
host, guest = sys.argv[3].split("::")

engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()


class Variant:
    def __init__(self, text):
        self.name, path = text.split("=", 1)
        self.preopen = path.startswith("host:")
        self.module = wasmtime.Module.from_file(engine, path.removeprefix("host:"))
        self.ms = []

    def run(self):
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        if self.preopen:
            wasi.preopen_dir(host, guest, False)
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        exports = linker.instantiate(store, self.module).exports(store)
        exports["_initialize"](store)
        start = time.perf_counter()
        exports["read_every_file"](store)
        self.ms.append((time.perf_counter() - start) * 1000)
        self.content = {name: exports[name](store) for name in ("files", "bytes")}
        self.content["digest"] = str(exports["digest"](store) & MASK)


variants = [Variant(text) for text in sys.argv[4:]]
for _ in range(warmup + rounds):
    for variant in variants:
        variant.run()
print(json.dumps({v.name: {"ms": v.ms[warmup:], "content": v.content} for v in variants}))
