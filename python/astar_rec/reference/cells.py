"""Positions cut into cells in proportion to masses, and samples of histograms and categories."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["categorical_sample", "cell_widths", "histogram_sample", "shares"]


def shares(masses: Sequence[float]) -> list[float]:
    """Return masses over their sum, which is taken from the first to the last."""
    *_, total = accumulate(masses)
    return [mass / total for mass in masses]


def cell_widths(masses: Sequence[float]) -> list[int]:
    """Return how many of the 2^64 positions each cell has."""
    widths = [math.floor(math.ldexp(share, 64)) for share in shares(masses)]
    largest = masses.index(max(masses))
    widths[largest] += 2**64 - sum(widths)
    return widths


def _find(masses: Sequence[float], position: int) -> tuple[int, int, int]:
    """Return the cell of a position, how many of its positions come before, and how many it has."""
    for cell, width in enumerate(cell_widths(masses)):
        if position < width:
            return cell, position, width
        position -= width
    raise ValueError("positions are below 2^64")


def histogram_sample(edges: Sequence[float], masses: Sequence[float], position: int) -> float:
    """Return the sample of a histogram at a position."""
    cell, before, width = _find(masses, position)
    low, high = edges[cell], edges[cell + 1]
    place = (float(before) + 0.5) / float(width)
    return min(low + (high - low) * place, high)


def categorical_sample(masses: Sequence[float], position: int) -> float:
    """Return the category at a position."""
    return float(_find(masses, position)[0])
