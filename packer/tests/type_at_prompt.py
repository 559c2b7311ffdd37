"""Types lines at the prompt of an interactive shell, as a person at a terminal does.

Usage: type_at_prompt.py SHELL [ARGUMENT...] < LINES

Each line is typed when the shell shows its prompt, so no line depends on time. A tab in
a line asks the shell to complete. Prints all that the terminal showed.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

PROMPT = b"READY>"


def main(shell):
    lines = sys.stdin.buffer.read().splitlines()
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PS1"] = PROMPT.decode()
        os.execvp(shell[0], shell)
    # A shell without a size does not show long lines.
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
    shown = b""
    for count, line in enumerate(lines, 1):
        while shown.count(PROMPT) < count and (more := read(terminal)):
            shown += more
        os.write(terminal, line + b"\r")
    while more := read(terminal):
        shown += more
    os.waitpid(child, 0)
    sys.stdout.buffer.write(shown)


def read(terminal):
    """Empty when the shell has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


main(sys.argv[1:])
