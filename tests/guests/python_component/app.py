"""Lists the files of a directory with their lengths, and imports a module from there."""
import os
import sys

import wit_world


class WitWorld(wit_world.WitWorld):
    def report(self, directory: str) -> str:
        lines = []
        for place, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    lines.append(f"{path} {len(file.read())}")
        sys.path.append(directory)
        import packed_module

        return "; ".join([*sorted(lines), packed_module.NAME])
