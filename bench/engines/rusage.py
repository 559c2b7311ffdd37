"""Runs a command and prints its time and memory as one line of JSON.

The output of the command goes to stderr. Usage: rusage.py COMMAND [ARGS...]
"""
import json
import os
import sys
import time

start = time.perf_counter()
child = os.posix_spawnp(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)]
)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - start
if status:
    sys.exit(f"{sys.argv[1:]} ended with {os.waitstatus_to_exitcode(status)}")
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps({"CPU s": cpu, "wall s": wall, "MiB": usage.ru_maxrss / 1024}))
