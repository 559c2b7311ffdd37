"""Reads packed files through WASI 0.3, through the standard library, and by imports."""
import importlib

import wit_world
from componentize_py_types import Err
from wit_world.imports.preopens import get_directories
from wit_world.imports.wasi_filesystem_types import DescriptorFlags, OpenFlags, PathFlags

PART_LEN = 4096


class WitWorld(wit_world.WitWorld):
    async def report(self, path: str) -> str:
        """Reads a file of /data by both versions, and says how the two ended."""
        try:
            streamed = await read(path)
        except Err as error:
            return type(error.value).__name__
        with open(f"/data/{path}", "rb") as file:
            same = file.read() == streamed
        return f"{len(streamed)} {'same' if same else 'differs'}"

    async def names(self, path: str) -> list[str]:
        """Lists a directory of /data."""
        directory = await open_at(path, OpenFlags.DIRECTORY)
        entries, result = directory.read_directory()
        names = []
        with entries:
            while not entries.writer_dropped:
                names += [entry.name for entry in await entries.read(2)]
        await result.read()
        return sorted(names)

    async def origins(self, modules: list[str]) -> list[str]:
        """Names the file of each module, which is in no other directory than this one."""
        import sys

        sys.path.append("/packed")
        return [importlib.import_module(module).__file__ for module in modules]


async def open_at(path: str, flags: OpenFlags):
    [root] = [directory for directory, name in get_directories() if name == "/data"]
    return await root.open_at(PathFlags.SYMLINK_FOLLOW, path, flags, DescriptorFlags.READ)


async def read(path: str) -> bytes:
    file = await open_at(path, OpenFlags(0))
    stream, result = file.read_via_stream(0)
    parts = []
    with stream:
        while not stream.writer_dropped:
            parts.append(await stream.read(PART_LEN))
    await result.read()
    return b"".join(parts)
