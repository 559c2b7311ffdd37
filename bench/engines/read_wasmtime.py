"""Times the call that reads every file, under wasmtime. One line of JSON.

Variants are interleaved: each round runs each of them once, in a fresh
instance. The first rounds warm up and are not counted.

Usage: read_wasmtime.py WARMUP ROUNDS HOST::GUEST NAME=[host:]MODULE...
    host:  the module gets HOST preopened, else no directory
"""
import sys
import time

from guest import Variant, content, interleave, report

warmup, rounds = map(int, sys.argv[1:3])
variants = [Variant(text, sys.argv[3]) for text in sys.argv[4:]]
for variant in variants:
    variant.result = {"ms": []}


def run(variant, counts):
    export = variant.instance()
    read = export("read_every_file")
    start = time.perf_counter()
    read()
    elapsed = time.perf_counter() - start
    if counts:
        variant.result["ms"].append(elapsed * 1000)
    variant.result["content"] = content(export)


interleave(warmup, rounds, variants, run)
report(variants)
