"""Whether packed modules do what the modules did, under wasmtime, until they call
the host. Takes and prints what behaviour.mjs does.
"""
import sys

import wasmtime

ARGUMENTS = {"a": [], "b": [77, -3], "c": [0.0, 0.0], "d": [-3]}

config = wasmtime.Config()
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)


class HostCalled(Exception):
    pass


def call_host(*_):
    raise HostCalled


def load(path):
    try:
        return wasmtime.Module.from_file(engine, path)
    except wasmtime.WasmtimeError:
        return None


def run(module):
    """What a program does, step by step."""
    store = wasmtime.Store(engine)
    stubs = [wasmtime.Func(store, i.type, call_host) for i in module.imports]
    seen = []
    try:
        exports = wasmtime.Instance(store, module, stubs).exports(store)
        for name in "abcdb":
            try:
                seen.append(f"{name}: {exports[name](store, *ARGUMENTS[name])}")
            except wasmtime.Trap as trap:
                if is_end(trap):
                    return seen
                seen.append(f"{name}: {trap.trap_code}")
        seen.append(f"global {exports['global'].value(store)}")
        for name in ["memory", "second"]:
            if name in exports:
                memory = exports[name]
                seen.append(bytes(memory.read(store, 0, memory.data_len(store))))
    except HostCalled:
        pass
    except wasmtime.Trap as trap:
        if not is_end(trap):
            seen.append(f"{trap.trap_code}")
    return seen


def is_end(trap):
    """Frames of another size reach the end of the stack elsewhere."""
    return trap.trap_code == wasmtime.TrapCode.STACK_OVERFLOW


def is_like(old, now, kind):
    if isinstance(old, bytes) and isinstance(now, bytes) and kind == "single":
        # The runtime lies above the program's pages.
        return now.startswith(old)
    return old == now


def compare(path, packed_path, kind):
    module = load(path)
    if module is None:
        return "refused"
    before = run(module)
    after = run(wasmtime.Module.from_file(engine, packed_path))
    for step, old in enumerate(before):
        # What lies out of a program's bounds is within a memory that is not its own.
        if kind == "single" and isinstance(old, str) and "MEMORY_OUT_OF_BOUNDS" in old:
            return f"same {step}"
        if step >= len(after):
            return f"differs: step {step} is missing"
        if not is_like(old, after[step], kind):
            return f"differs: step {step}: {old} became {after[step]}"[:200]
    return f"same {len(before)}"


for line in sys.stdin:
    print(compare(*line.split()))
