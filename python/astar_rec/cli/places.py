"""Where commands read from and write to: files, pipes, and ``-`` for the standard streams."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from .._bytes import scratch_copy
from .._files import Stream, destination, whole_file
from .failures import Failure, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["INPUT", "OUTPUT", "Input", "Output", "say"]


@dataclass(frozen=True)
class Input:
    """What is read.

    Attributes:
        path: The file or folder; None for standard input.
    """

    path: Path | None

    def __str__(self) -> str:
        return "standard input" if self.path is None else str(self.path)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Opens it as a file that can be sought in: a pipe is copied to a scratch file first."""
        with ExitStack() as exits:
            if self.path is not None:
                file: BinaryIO = exits.enter_context(self.path.open("rb"))
            elif sys.stdin is not None:
                file = sys.stdin.buffer
            else:
                raise Failure("standard input is closed; expected a file on it")
            yield exits.enter_context(_seekable(file))

    def read(self) -> bytes:
        """Returns all that is in it."""
        with self.opened() as file:
            return file.read()


@dataclass(frozen=True)
class Output:
    """What is written.

    Attributes:
        path: The file or folder; None for standard output.
    """

    path: Path | None

    def __str__(self) -> str:
        return "standard output" if self.path is None else str(self.path)

    def check(self, *inputs: Input | None) -> None:
        """Refuses what cannot be written, or would replace an input: before all work.

        Inputs that are standard input twice are refused, too.
        """
        if self.path is not None:
            destination(self.path)
        elif sys.stdout is None:
            raise Failure("standard output is closed; expected a file or a pipe")
        elif sys.stdout.isatty():
            raise Failure("standard output is a terminal; expected a file or a pipe")
        self.check_not_input(*inputs)

    def check_not_input(self, *inputs: Input | None) -> None:
        """Refuses what would replace an input."""
        if sum(each is not None and each.path is None for each in inputs) > 1:
            raise WrongUsage("'-' is given for two inputs; expected it once")
        output = self.path
        for each in inputs:
            if output is None or each is None or each.path is None or not output.is_file():
                continue
            if output.samefile(each.path):
                raise Failure(f"{output}: the output would replace the input; expected another")

    @contextmanager
    def whole(self) -> Iterator[BinaryIO]:
        """Opens it for writing: a file gets its name when all of it is written."""
        if self.path is not None:
            with whole_file(self.path) as file:
                yield file
            return
        stream = sys.stdout.buffer
        yield cast("BinaryIO", Stream(stream))
        stream.flush()

    def say(self, text: str) -> None:
        """Says something about what was written: not on standard output, if that holds it."""
        say(text, err=self._is_standard())

    def _is_standard(self) -> bool:
        if self.path is None:
            return True
        try:
            return os.path.samestat(self.path.stat(), os.fstat(sys.stdout.fileno()))
        except (OSError, AttributeError, ValueError):  # none of the system's, or closed
            return False


def say(text: str, *, err: bool = False) -> None:
    """Prints a line; what the stream's encoding lacks is escaped: names may be any bytes."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)


class _Place(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of Click
    """Files by name, and a standard stream as ``-``."""

    name = "path"

    def __init__(self, place: type[Input] | type[Output]) -> None:
        self._place = place

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the place that a name means."""
        del param, ctx
        if isinstance(value, self._place):
            return value
        return self._place(None if value == "-" else Path(value))


INPUT = _Place(Input)
OUTPUT = _Place(Output)


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    if file.seekable():
        yield file
        return
    with scratch_copy(file) as scratch:
        scratch.seek(0)
        yield scratch
