"""Runs a WASI preview 1 command under wazero, which is in no registry that tests
install from. `buf` has it inside, and runs modules with it that check protocol
buffers. It calls the guest, which is none of those, with one argument,
`--protocol`, and complains of what it printed, quoted: that is what it printed.

Usage: run_wazero.py BUF MODULE
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

buf, module = (Path(arg).resolve() for arg in sys.argv[1:])
with tempfile.TemporaryDirectory() as directory:
    words = f"version: v2\nlint:\n  use: [STANDARD]\nplugins:\n  - plugin: {module}\n"
    Path(directory, "buf.yaml").write_text(words)
    Path(directory, "empty.proto").write_text('syntax = "proto3";\n')
    ran = subprocess.run([buf, "lint"], cwd=directory, capture_output=True, text=True)

printed = re.search(r'invalid protocol: (".*")$', ran.stderr, re.MULTILINE)
if not printed:
    sys.exit(ran.stderr)
print(json.loads(printed[1]))
