"""Runs guests under wasmtime and prints measurements as one line of JSON: for each
subject and operation its `values`, one a round, and a `sum` of its answers.

Usage: run_wasmtime.py read ROUNDS HOST::GUEST SUBJECT=[host:]MODULE...
       run_wasmtime.py calls ROUNDS HOST::GUEST SUBJECT=[host:]MODULE...
       run_wasmtime.py count ROUNDS HOST::GUEST SUBJECT=MODULE...
       run_wasmtime.py writing ROUNDS HOST::GUEST SUBJECT=[host:]MODULE...
       run_wasmtime.py growth COUNT HOST::GUEST SUBJECT=MODULE...
       run_wasmtime.py decode ROUNDS FRAMES SUBJECT=MODULE

read    reads every file in a fresh instance: milliseconds, bytes of linear memory
calls   repeats single calls in one instance: nanoseconds a call
count   counts WebAssembly instructions, which no load of the machine changes
writing  repeats single changes in one instance: nanoseconds a call
growth  creates COUNT files, then writes COUNT pages: bytes of linear memory for each
decode  decodes frames of zstd: nanoseconds for all

`host:` preopens HOST at GUEST. Subjects take turns, and the order alternates.
"""
import ctypes
import functools
import json
import struct
import sys
import time

import wasmtime

CALLS = ("stat", "open_close", "readdir", "pread")
CALLS_IN_A_ROUND = 10_000
# In this order, a round leaves the names that it found.
CHANGES = ("write", "append", "create", "rename", "unlink")
CHANGES_IN_A_ROUND = 10_000
FUEL = 1 << 62
MASK = (1 << 64) - 1

# Enough rounds, and seconds of them, where a round takes long.
ENOUGH_ROUNDS = 3
ENOUGH_S = 12


class Subject:
    def __init__(self, text, mapping, counts=False, writes=False):
        self.name, path = text.split("=", 1)
        self.mapping = mapping.split("::") if path.startswith("host:") else None
        self.writes = writes
        config = wasmtime.Config()
        config.consume_fuel = self.counts = counts
        self.engine = wasmtime.Engine(config)
        self.linker = wasmtime.Linker(self.engine)
        self.linker.define_wasi()
        self.module = wasmtime.Module.from_file(self.engine, path.removeprefix("host:"))
        self.result = {}

    def start(self):
        """Makes a fresh instance, which `call` uses."""
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        if self.mapping:
            wasi.preopen_dir(*self.mapping, self.writes)
        self.store = wasmtime.Store(self.engine)
        self.store.set_wasi(wasi)
        if self.counts:
            self.store.set_fuel(FUEL)
        self.exports = self.linker.instantiate(self.store, self.module).exports(self.store)
        self.call("_initialize")

    def call(self, name, *args):
        value = self.exports[name](self.store, *args)
        return None if value is None else value & MASK

    def add(self, operation, value, answer):
        series = self.result.setdefault(operation, {"values": [], "sum": answer})
        assert series["sum"] == answer, f"{self.name}: {operation} answers {answer}"
        if value is not None:
            series["values"].append(value)

    def content(self):
        return " ".join(str(self.call(name)) for name in ("files", "bytes", "digest"))

    def memory(self):
        """Bytes of all memories that the module exports. One may have two names."""
        memories = [one for one in self.exports.values() if isinstance(one, wasmtime.Memory)]
        address = lambda one: ctypes.addressof(one.data_ptr(self.store).contents)
        return sum({address(one): one.data_len(self.store) for one in memories}.values())


def interleave(rounds, subjects, run):
    """Runs every subject in every round. Round -1 warms up."""
    start = time.monotonic()
    for number in range(-1, rounds):
        if number >= ENOUGH_ROUNDS and time.monotonic() - start > ENOUGH_S:
            break
        for subject in reversed(subjects) if number % 2 else subjects:
            run(subject, number >= 0)


def read(subject, counts):
    subject.start()
    memory = subject.memory()
    start = time.perf_counter()
    subject.call("read_every_file")
    elapsed = (time.perf_counter() - start) * 1000
    subject.add("read", elapsed if counts else None, subject.content())
    subject.result["memory"] = {"values": [memory, subject.memory()], "sum": ""}


def calls(subject, counts):
    for name in CALLS:
        start = time.perf_counter_ns()
        answer = subject.call(name, CALLS_IN_A_ROUND)
        elapsed = time.perf_counter_ns() - start
        made = subject.call("entries") if name == "readdir" else CALLS_IN_A_ROUND
        subject.add(name, elapsed / made if counts else None, str(answer))


def writing(subject, counts):
    for name in CHANGES:
        start = time.perf_counter_ns()
        answer = subject.call(name, CHANGES_IN_A_ROUND)
        elapsed = time.perf_counter_ns() - start
        subject.add(name, elapsed / CHANGES_IN_A_ROUND if counts else None, str(answer))


def growth(subject, count):
    subject.start()
    subject.call("prepare")
    for name, call in (("file", "create"), ("page", "touch_pages")):
        before = subject.memory()
        answer = subject.call(call, count)
        subject.add(name, (subject.memory() - before) / count, str(answer))


def spent(subject, name, *args):
    before = subject.store.get_fuel()
    answer = subject.call(name, *args)
    return before - subject.store.get_fuel(), answer


def count(subject):
    subject.start()
    instructions, _ = spent(subject, "read_every_file")
    subject.add("read", instructions, subject.content())
    subject.start()
    subject.call("prepare")
    for name in CALLS:
        # The first run may decompress blocks.
        subject.call(name, CALLS_IN_A_ROUND)
        instructions, answer = spent(subject, name, CALLS_IN_A_ROUND)
        made = subject.call("entries") if name == "readdir" else CALLS_IN_A_ROUND
        subject.add(name, instructions / made, str(answer))


class Frames:
    """Frames of zstd in the memory of the decoder, see `src/frames.rs`."""

    def __init__(self, path, subject):
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        module = wasmtime.Module.from_file(engine, subject.split("=", 1)[1])
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        # Most frames share one prefix, which is placed once.
        place_prefix = functools.lru_cache(maxsize=2)(self.place)
        jobs, self.contents, at = [], [], 0
        with open(path, "rb") as file:
            frames = file.read()
        while at < len(frames):
            parts, lengths = [], struct.unpack_from("<3I", frames, at)
            at += 12
            for length in lengths:
                parts.append(frames[at : at + length])
                at += length
            frame, prefix, content = parts
            output = self.place(bytes(len(content)))
            jobs += [self.place(frame), len(frame), place_prefix(prefix), len(prefix)]
            jobs += [output, len(content)]
            self.contents.append((output, content))
        self.table = self.place(struct.pack(f"<{len(jobs)}I", *jobs))

    def place(self, data):
        address = self.exports["allocate"](self.store, len(data) + 1) & 0xFFFFFFFF
        self.exports["memory"].write(self.store, data, address)
        return address

    def decode(self):
        start = time.perf_counter_ns()
        decoded = self.exports["decode"](self.store, self.table, len(self.contents))
        elapsed = time.perf_counter_ns() - start
        assert decoded == len(self.contents), "the decoder rejects a frame"
        for output, content in self.contents:
            found = self.exports["memory"].read(self.store, output, output + len(content))
            assert found == content, "the decoder returns wrong bytes"
        return elapsed


def main(mode, rounds, source, *texts):
    if mode == "decode":
        frames = Frames(source, texts[0])
        values = [frames.decode() for _ in range(int(rounds) + 1)][1:]
        return {texts[0].split("=", 1)[0]: {"decode": {"values": values, "sum": ""}}}
    writes = mode == "writing"
    subjects = [Subject(text, source, mode == "count", writes) for text in texts]
    if mode == "count":
        for subject in subjects:
            count(subject)
    elif mode == "growth":
        for subject in subjects:
            growth(subject, int(rounds))
    elif mode in ("calls", "writing"):
        for subject in subjects:
            subject.start()
            subject.call("prepare")
        interleave(int(rounds), subjects, writing if writes else calls)
    else:
        interleave(int(rounds), subjects, read)
    return {subject.name: subject.result for subject in subjects}


print(json.dumps(main(*sys.argv[1:])))
