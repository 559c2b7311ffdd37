"""Decodes frames under wasmtime. For each line of input decodes them all once
and prints the nanoseconds that took. Fails where the content is not right.

Usage: decoder_wasmtime.py MODULE FRAMES
    FRAMES: for each frame three lengths of four bytes, and the bytes of frame,
            prefix and content
"""
import functools
import struct
import sys
import time

import wasmtime

engine = wasmtime.Engine()
store = wasmtime.Store(engine)
module = wasmtime.Module.from_file(engine, sys.argv[1])
exports = wasmtime.Instance(store, module, []).exports(store)
memory, allocate, decode = exports["memory"], exports["allocate"], exports["decode"]


@functools.lru_cache(maxsize=2)
def place_prefix(data):
    """Most frames have the same one, which is in memory once."""
    return place(data)


def place(data):
    address = allocate(store, len(data) + 1) & 0xFFFFFFFF
    memory.write(store, data, address)
    return address


jobs, contents, at = [], [], 0
with open(sys.argv[2], "rb") as file:
    frames = file.read()
while at < len(frames):
    parts = []
    lengths = struct.unpack_from("<3I", frames, at)
    at += 12
    for length in lengths:
        parts.append(frames[at : at + length])
        at += length
    frame, prefix, content = parts
    output = place(bytes(len(content)))
    jobs += [place(frame), len(frame), place_prefix(prefix), len(prefix), output, len(content)]
    contents.append((output, content))
table = place(struct.pack(f"<{len(jobs)}I", *jobs))

for _ in sys.stdin:
    start = time.perf_counter_ns()
    decoded = decode(store, table, len(contents))
    elapsed = time.perf_counter_ns() - start
    assert decoded == len(contents), "a frame was refused"
    for output, content in contents:
        assert memory.read(store, output, output + len(content)) == content, "wrong content"
    print(elapsed, flush=True)
