"""Times calls of a guest, under wasmtime. One line of JSON.

Variants are interleaved: each round makes each of the calls in each of them.
The first rounds warm up and are not counted.

Usage: calls_wasmtime.py WARMUP ROUNDS CALLS HOST::GUEST NAME=[host:]MODULE...
    host:  the module gets HOST preopened, else no directory
"""
import sys
import time

from guest import CALLS, MASK, Variant, interleave, report

warmup, rounds, count = map(int, sys.argv[1:4])
variants = [Variant(text, sys.argv[4]) for text in sys.argv[5:]]
for variant in variants:
    variant.export = variant.instance()
    variant.export("prepare")()
    variant.result = {call: {"each": []} for call in CALLS}


def run(variant, counts):
    for name in CALLS:
        call = variant.export(name)
        start = time.perf_counter_ns()
        value = call(count)
        elapsed = time.perf_counter_ns() - start
        made = variant.export("entries")() if name == "readdir" else count
        result = variant.result[name]
        if counts:
            result["each"].append(elapsed / made)
        result["sum"] = str(value & MASK)


interleave(warmup, rounds, variants, run)
report(variants)
