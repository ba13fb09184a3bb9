"""Progress of work in stages, as a share of the time that all of them take."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..codecs import Progress

__all__ = ["Stages"]


class Stages:
    """Tells a caller how much of some elements' work is done: first one stage, then another.

    How long the first takes is seen while it goes on; of the second there is a guess until it
    begins. What is told never falls, and reaches the total when both stages are done.

    Args:
        progress: Called as ``progress(done, total)`` with numbers of elements.
        total: How many elements there are.
        second: A guess of the seconds that the second stage takes.
    """

    def __init__(self, progress: Progress, total: int, second: float) -> None:
        self._progress, self._total, self._second = progress, total, second
        self._told = 0
        self._began = self._changed = monotonic()

    def first(self, done: int, total: int) -> None:
        """Hears how far the first stage is."""
        self._changed = now = monotonic()
        gone = now - self._began
        self._tell(gone, gone * total / max(1, done) + self._second)

    def second(self, done: int, total: int) -> None:
        """Hears how far the second stage is."""
        now = monotonic()
        rest = (now - self._changed) * (total - done) / max(1, done)
        self._tell(now - self._began, now - self._began + rest)

    def end(self) -> None:
        """All is done."""
        self._told = self._total
        self._progress(self._total, self._total)

    def _tell(self, gone: float, all_of_it: float) -> None:
        share = gone / all_of_it if all_of_it > 0 else 0.0
        done = min(self._total - 1, int(share * self._total))
        if done > self._told:
            self._told = done
            self._progress(done, self._total)
