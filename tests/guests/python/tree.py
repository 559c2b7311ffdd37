# Walks /data and prints what guests/c/tree.c prints, so that the two can be
# compared, with parts of the library.
import functools
import json
import os
import stat


def fnv(content):
    step = lambda hash, byte: (hash ^ byte) * 0x100000001B3 % 2**64
    return functools.reduce(step, content, 0xCBF29CE484222325)


def describe(path):
    found = os.lstat(path)
    time = "%d.%09d" % divmod(found.st_mtime_ns, 10**9)
    if stat.S_ISDIR(found.st_mode):
        return f"{path} directory {time}"
    if stat.S_ISLNK(found.st_mode):
        return f"{path} link {time} {os.readlink(path)}"
    with open(path, "rb") as file:
        content = file.read()
    return f"{path} file {time} {found.st_size} {fnv(content):x}"


paths = ["/data"]
for directory, directories, files in os.walk("/data"):
    paths += [os.path.join(directory, name) for name in directories + files]
print("\n".join(sorted(map(describe, paths))))
