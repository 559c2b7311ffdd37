"""Runs a WASI preview 1 command under Wasmer: its SDK for Python, which compiles
with Cranelift. No directory is given to it but those that every sandbox has.

Usage: run_wasmer.py MODULE [ARGS...]
"""
import asyncio
import sys
import tempfile
from pathlib import Path

from wasmer_sdk import Wasmer, WasmerError


async def run(path, args, cache):
    async with Wasmer(cache_root=cache) as wasmer:
        package = await wasmer.packages.load(Path(path).read_bytes())
        async with await wasmer.sandboxes.create(packages=[package]) as sandbox:
            return await sandbox.command(package, args).run(check=False)


def main():
    with tempfile.TemporaryDirectory() as cache:
        try:
            output = asyncio.run(run(sys.argv[1], sys.argv[2:], cache))
        except WasmerError as error:
            sys.exit(str(error))
    sys.stdout.buffer.write(output.stdout.bytes)
    sys.stderr.buffer.write(output.stderr.bytes)
    sys.exit(output.exit_code)


main()
