"""BLAS with one thread, while any call needs that: the threads are ours, with images for work.

How many threads BLAS has is one number for the whole process. So calls at the same time share one
limit: the first sets it, and the last puts back what was there, whichever threads those are.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["one_blas_thread"]


class _Limit:
    """A limit that any number of calls hold.

    Attributes:
        holders: How many calls hold it.
    """

    def __init__(self) -> None:
        self.holders = 0
        self._lock = threading.Lock()
        self._before: Any = None  # what puts back the numbers of threads, while there are holders

    def hold(self) -> None:
        """Sets the limit, if no other call has."""
        with self._lock:
            if not self.holders:
                with _any_thread_may_set():
                    self._before = _libraries().limit(limits=1, user_api="blas")
            self.holders += 1

    def release(self) -> None:
        """Puts back what was there, if no other call holds the limit."""
        with self._lock:
            self.holders -= 1
            if not self.holders:
                self._restore()

    def end(self) -> None:
        """Puts back what was there, whoever holds the limit."""
        if self.holders:
            self._restore()

    def _restore(self) -> None:
        with _any_thread_may_set():
            self._before.restore_original_limits()


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that multiply matrices: looking for them takes some time."""
    return ThreadpoolController()


@contextmanager
def _any_thread_may_set() -> Iterator[None]:
    """Lets the calling thread set numbers of threads, and any other after it.

    Since 3.8, threadpoolctl heeds the first thread that sets the number of an OpenBLAS, and ignores
    all others without a word. A call from a second thread would then have no limit, and take many
    times as long; or the number that the first thread had limited would never come back.
    """
    _forget_who_sets()
    try:
        yield
    finally:
        _forget_who_sets()


def _forget_who_sets() -> None:
    for library in _libraries().lib_controllers:
        forget = getattr(library, "clear_controlling_thread", None)
        if forget is not None:
            forget(force=True)


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS to one thread until the last of those calls ends that run at the same time."""
    held = _limit
    held.hold()
    try:
        yield
    finally:
        held.release()


def _forked() -> None:
    """Ends the limit in a forked process, where the threads that hold it are not."""
    global _limit
    before, _limit = _limit, _Limit()
    before.end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
