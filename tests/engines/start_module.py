"""Calls exports of a reactor under wasmtime.

Usage: python start_module.py MODULE STATE CALL...
  STATE  file to write the state to, after the calls; `-` writes none

`state.py` beside the module has `state_of`, as docs/EMBEDDING.md shows it.
"""

import sys
from pathlib import Path

import wasmtime

path, state, *calls = sys.argv[1:]
engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()
wasi = wasmtime.WasiConfig()
wasi.inherit_stdout()
wasi.inherit_stderr()
store = wasmtime.Store(engine)
store.set_wasi(wasi)
instance = linker.instantiate(store, wasmtime.Module.from_file(engine, path))
exports = instance.exports(store)
for call in calls:
    exports[call](store)
if state != "-":
    sys.path.insert(0, str(Path(path).parent))
    from state import state_of

    Path(state).write_bytes(state_of(store, exports))
