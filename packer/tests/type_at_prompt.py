"""Types lines at the prompt of an interactive shell, as a person at a terminal does.

Usage: type_at_prompt.py SHELL [ARGUMENT...] < LINES

Each line is typed when the shell shows its prompt, so no line depends on time. A tab in
a line asks the shell to complete. Prints all that the terminal showed.

A prompt may start with the number of its line: 1READY>, 2READY>. A shell that draws a
prompt several times needs the number.
"""

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios

PROMPT = b"READY>"
# In seconds. A shell that shows no prompt would run until somebody ends it.
LONGEST = 120


def main(shell):
    lines = sys.stdin.buffer.read().splitlines()
    signal.alarm(LONGEST)
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PS1"] = PROMPT.decode()
        os.execvp(shell[0], shell)
    # A shell without a size does not show long lines.
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
    shown = b""
    for count, line in enumerate(lines, 1):
        while lines_prompted(shown) < count and (more := read(terminal)):
            shown += more
        os.write(terminal, line + b"\r")
    while more := read(terminal):
        shown += more
    os.waitpid(child, 0)
    sys.stdout.buffer.write(shown)


def lines_prompted(shown):
    prompts = re.findall(rb"(\d*)" + PROMPT, shown)
    return max([len(prompts)] if b"" in prompts else map(int, prompts), default=0)


def read(terminal):
    """Empty when the shell has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


main(sys.argv[1:])
