"""Counts the WebAssembly instructions of calls of a guest, under wasmtime. The
first round, which may decompress something, is not counted. One line of JSON.

Usage: instructions_wasmtime.py CALLS NAME=MODULE...
"""
import sys

from guest import CALLS, MASK, Variant, report

count = int(sys.argv[1])


def instructions(variant, export, name):
    call = export(name)
    call(count)
    before = variant.store.get_fuel()
    value = call(count)
    spent = before - variant.store.get_fuel()
    made = export("entries")() if name == "readdir" else count
    return {"each": [spent / made], "sum": str(value & MASK)}


variants = [Variant(text, counts=True) for text in sys.argv[2:]]
for variant in variants:
    export = variant.instance()
    export("prepare")()
    variant.result = {name: instructions(variant, export, name) for name in CALLS}
report(variants)
