"""A progress bar on the standard error, for those who look at it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["progress"]

_LENGTH = 1000


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Yields a callback for ``progress=``; None where the standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=_LENGTH, label=label, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.update((_LENGTH * done // total if total else _LENGTH) - bar.pos)

        yield report
