"""Reports on packed files: by the standard library, by imports, and by HTTP."""
import importlib
import os
import sys

import wit_world
from componentize_py_types import Err, Ok
from wit_world.exports import IncomingHandler
from wit_world.imports.preopens import get_directories
from wit_world.imports.streams import StreamError_Closed
from wit_world.imports.wasi_filesystem_types import DescriptorFlags, OpenFlags, PathFlags
from wit_world.imports.wasi_http_types import (
    Fields,
    OutgoingBody,
    OutgoingResponse,
    ResponseOutparam,
)


class WitWorld(wit_world.WitWorld):
    def report(self, directory: str) -> str:
        """Lists the files of a directory with their lengths, and imports a module there."""
        lines = []
        for place, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    lines.append(f"{path} {len(file.read())}")
        sys.path.append(directory)
        import packed_module

        return "; ".join([*sorted(lines), packed_module.NAME])

    def change(self, directory: str) -> str:
        """Writes, reads, renames, lists and removes files, until the limit is reached."""
        path = os.path.join(directory, "new.txt")
        with open(path, "w") as file:
            file.write("one\n" * 10_000)
        with open(path, "a") as file:
            file.write("two\n")
        os.makedirs(os.path.join(directory, "made/deep"))
        moved = os.path.join(directory, "made/moved.txt")
        os.rename(path, moved)
        with open(moved) as file:
            lines = [len(file.read()), os.path.exists(path)]
        for name in os.listdir(directory):
            if os.path.isfile(os.path.join(directory, name)):
                os.remove(os.path.join(directory, name))
        lines.append(sorted(os.listdir(directory)))
        with open(os.path.join(directory, "long"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError as error:
                lines.append(error.strerror)
        return "; ".join(map(str, lines))

    def origins(self, modules: list[str]) -> list[str]:
        """Names the file of each module, which is in no other directory than this one."""
        sys.path.append("/packed")
        return [origin(module) for module in modules]


def origin(module: str) -> str:
    try:
        return importlib.import_module(module).__file__
    except ImportError as error:
        return f"{module}: {error.msg}"


def open_file(path: str):
    """Opens a file of the preopened directory /data by the calls of WASI 0.2."""
    [root] = [directory for directory, name in get_directories() if name == "/data"]
    return root.open_at(PathFlags.SYMLINK_FOLLOW, path, OpenFlags(0), DescriptorFlags.READ)


def copy(source, body):
    """Copies a stream by blocking-read until it ends."""
    while True:
        try:
            body.blocking_write_and_flush(source.blocking_read(4096))
        except Err as error:
            assert isinstance(error.value, StreamError_Closed), error
            return


def splice(source, body):
    """Lets the host copy a stream until it ends."""
    while True:
        try:
            body.blocking_splice(source, 1 << 16)
        except Err as error:
            assert isinstance(error.value, StreamError_Closed), error
            return


WAYS = {"read": copy, "splice": splice}


class IncomingHandler(IncomingHandler):
    """Serves /read/PATH and /splice/PATH from the packed files."""

    def handle(self, request, response_out):
        _, way, path = request.path_with_query().split("/", 2)
        response = OutgoingResponse(Fields())
        try:
            file = open_file(path)
        except Err as error:
            response.set_status_code(404)
            body = response.body()
            ResponseOutparam.set(response_out, Ok(response))
            with body.write() as stream:
                stream.blocking_write_and_flush(error.value.name.encode())
        else:
            body = response.body()
            ResponseOutparam.set(response_out, Ok(response))
            with file, body.write() as stream, file.read_via_stream(0) as source:
                WAYS[way](source, stream)
        OutgoingBody.finish(body, None)
