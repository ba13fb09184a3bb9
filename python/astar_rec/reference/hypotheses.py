"""Hypotheses about how much information an element carries.

Under each a target is N(m, s^2) against the proposal N(0, 1), with m from N(0, 1 - s^2), so that
the samples of all elements together follow the proposal: -log2(s) bits of information.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .functions import LOG_2, portable_exp

if TYPE_CHECKING:
    from collections.abc import Iterable

BITS = (0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.5, 11.0)
SCALE = tuple(portable_exp(-bits * LOG_2) for bits in BITS)  # s
SPREAD = tuple(math.sqrt(1.0 - s * s) for s in SCALE)  # of m

Floats = list[float]  # of the hypotheses of a range, in order


def total(values: Iterable[float]) -> float:
    """Return the sum, from the left, each addition rounded by itself."""
    result = 0.0
    for value in values:
        result += value
    return result
