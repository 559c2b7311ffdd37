"""Counts the WebAssembly instructions of a call by a component, and prints them as one
line of JSON: for each subject the `values` of the operation, and a `sum` of its answers.

Usage: run_component.py count GUEST OPERATION COUNT SUBJECT=COMPONENT...

The component is the program in bench/component. Its instructions for COUNT calls, less
those for none, are divided by COUNT.
"""
import json
import sys
import tempfile

import wasmtime
from wasmtime import component

FUEL = 1 << 62


class Subject:
    def __init__(self, text):
        self.name, path = text.split("=", 1)
        config = wasmtime.Config()
        config.consume_fuel = True
        self.engine = wasmtime.Engine(config)
        self.linker = component.Linker(self.engine)
        self.linker.add_wasip2()
        self.component = component.Component.from_file(self.engine, path)

    def run(self, *arguments):
        """Runs the program in a fresh instance. Returns instructions and output."""
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["files", *arguments]
        wasi.inherit_stderr()
        output = tempfile.NamedTemporaryFile()
        wasi.stdout_file = output.name
        store = wasmtime.Store(self.engine)
        store.set_wasi(wasi)
        store.set_fuel(FUEL)
        instance = self.linker.instantiate(store, self.component)
        names = self.component.type.exports(self.engine)
        (interface,) = [name for name in names if name.startswith("wasi:cli/run@")]
        interface = instance.get_export_index(store, interface)
        run = instance.get_export_index(store, "run", interface)
        instance.get_func(store, run)(store)
        return FUEL - store.get_fuel(), output.read().decode().strip()


def count(subject, guest, operation, calls):
    without, _ = subject.run(operation, "0", guest)
    instructions, answer = subject.run(operation, calls, guest)
    value = (instructions - without) / int(calls)
    return {operation: {"values": [value], "sum": answer}}


def main():
    mode, guest, operation, calls, *subjects = sys.argv[1:]
    assert mode == "count", __doc__
    subjects = [Subject(text) for text in subjects]
    print(json.dumps({one.name: count(one, guest, operation, calls) for one in subjects}))


main()
