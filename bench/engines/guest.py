"""What the programs for wasmtime beside this file share: the C program in its
variants, `NAME=[host:]MODULE`, where `host:` asks for the directory preopened."""
import functools
import json
import time

import wasmtime

MASK = (1 << 64) - 1

# What `guests/calls.c` exports.
CALLS = ("stat", "open_close", "readdir", "seek", "pread")

# Instructions that a store may execute where they are counted.
FUEL = 1 << 62


class Variant:
    def __init__(self, text, mapping="", counts=False):
        self.name, path = text.split("=", 1)
        self.mapping = mapping.split("::") if path.startswith("host:") else None
        self.counts = counts
        config = wasmtime.Config()
        config.consume_fuel = counts
        self.engine = wasmtime.Engine(config)
        self.linker = wasmtime.Linker(self.engine)
        self.linker.define_wasi()
        self.module = wasmtime.Module.from_file(self.engine, path.removeprefix("host:"))

    def instance(self):
        """A fresh one: a function that gives its exports by name."""
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        if self.mapping:
            wasi.preopen_dir(*self.mapping, False)
        self.store = store = wasmtime.Store(self.engine)
        store.set_wasi(wasi)
        if self.counts:
            store.set_fuel(FUEL)
        exports = self.linker.instantiate(store, self.module).exports(store)
        exports["_initialize"](store)
        return lambda name: functools.partial(exports[name], store)


def content(export):
    """What has been read."""
    digest = str(export("digest")() & MASK)
    return {"files": export("files")(), "bytes": export("bytes")(), "digest": digest}


# Where rounds take long, so many seconds of them, and so many rounds, are enough.
ENOUGH_S = 12
ENOUGH_ROUNDS = 3


def interleave(warmup, rounds, variants, run):
    """Runs each of them in each round. What runs first in one is last in the next."""
    start = time.monotonic()
    for number in range(-warmup, rounds):
        if number >= ENOUGH_ROUNDS and time.monotonic() - start > ENOUGH_S:
            break
        for variant in reversed(variants) if number % 2 else variants:
            run(variant, number >= 0)


def report(variants):
    print(json.dumps({variant.name: variant.result for variant in variants}))
