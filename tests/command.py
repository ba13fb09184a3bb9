"""Running the command line: in this process, and as a program on a terminal. Needs Click."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from astar_rec.cli.commands import astar_rec

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, modes and terminals")
# Ctrl-C ends it also where the tests run in the background of a shell, which has that ignored.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from astar_rec.cli import main
main()
"""
COMMAND = [sys.executable, "-c", PROGRAM]


def run(*arguments):
    """Runs a command in this process."""
    return CliRunner().invoke(astar_rec, [str(argument) for argument in arguments])


def succeed(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def fail(*arguments, status=1):
    """Runs a command that must end with that status and one line; returns the line."""
    result = run(*arguments)
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == status, result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1, result.output
    return result.output


def names():
    """The names in the working folder."""
    return sorted(path.name for path in Path().iterdir())


def start_on_a_terminal(*arguments):
    """Starts a command whose standard error is a terminal; returns it, and the terminal's end."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    return process, ours


def read_until(terminal, text=None):
    """Returns what comes from a terminal until a text, or all of it."""
    seen = b""
    while text is None or text not in seen:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            assert text is None, seen
            break
        seen += piece
    return seen
