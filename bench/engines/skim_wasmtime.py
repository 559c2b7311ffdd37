"""Reads every file under wasmtime, and does nothing with the bytes. For each line
of input does so once, in a fresh instance, and prints the nanoseconds that took.

Usage: skim_wasmtime.py BYTES MODULE
    BYTES  so many there are to be
"""
import sys
import time

from guest import Variant

variant = Variant(f"skim={sys.argv[2]}")

for _ in sys.stdin:
    export = variant.instance()
    skim = export("skim_every_file")
    start = time.perf_counter_ns()
    skim()
    elapsed = time.perf_counter_ns() - start
    assert export("bytes")() == int(sys.argv[1]), "bytes are missing"
    print(elapsed, flush=True)
