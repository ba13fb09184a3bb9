"""Wall-clock times."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["fastest"]

T = TypeVar("T")


def fastest(function: Callable[[], T], times: int = 3) -> tuple[T, int]:
    """Returns what a function returns, and the shortest of some calls in nanoseconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter_ns()
        result = function()
        taken.append(time.perf_counter_ns() - begin)
    return result, min(taken)
