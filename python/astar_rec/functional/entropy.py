"""The functional information of pairs that have finitely many log ratios.

With r = dQ/dP and w(h) = P(r ≥ h), which falls from 1 to 0 while its integral over h > 0 is 1, it
is the entropy of the density w: the integral of -w(h) log₂ w(h). Between two neighbouring values of
r the density is constant, so the integral is a sum.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats

__all__ = ["bits_of_cells", "bits_of_lattice"]

# Exponents of a row of the lattice: far from where doubles end.
_ROW = 30.0


def bits_of_cells(element: npt.NDArray[np.int64], q: Floats, p: Floats, elements: int) -> Floats:
    """Returns the functional information of elements, each given by masses of cells.

    Args:
        element: Which element a cell is of, from 0; flat.
        q: The target's mass in it, of that shape.
        p: The proposal's, positive.
        elements: How many elements there are.

    Returns:
        Bits, float64 of shape (elements,). Merging cells makes them fewer, never more.
    """
    counts = np.bincount(element, minlength=elements)
    order = np.lexsort((-q / p, element))
    rank = np.arange(element.size) - np.repeat(np.cumsum(counts) - counts, counts)
    # A row for each element: ratios from the highest down, then zeros.
    rows = np.zeros((2, elements, int(counts.max(initial=0)) + 1))
    rows[:, element[order], rank] = q[order] / p[order], p[order]
    ratio, below = rows
    width = np.cumsum(below, axis=1)[:, :-1]
    logs = np.log2(width, out=np.zeros(width.shape), where=width > 0.0)
    return np.asarray(((ratio[:, :-1] - ratio[:, 1:]) * width * -logs).sum(axis=1))


def bits_of_lattice(first: int, step: float, q: Floats) -> float:
    """Returns the functional information of a pair whose log ratios are multiples of a step.

    Args:
        first: The least log ratio is ``first * step`` nats.
        step: The distance of one to the next, in nats; positive.
        q: The target's mass at each, from the least; float64 of shape (N,).

    Returns:
        Bits.
    """
    length = max(1, min(q.size, int(_ROW / step)))
    rows = -(-q.size // length)
    masses = np.zeros((rows, length))
    masses.reshape(-1)[: q.size] = q
    within = np.arange(length) * step
    # w(h) h at h = exp(t): what lies above t, less by what it is farther up.
    sums = np.cumsum((masses * np.exp(-within))[:, ::-1], axis=1)[:, ::-1]
    above = np.zeros(rows + 1)
    for row in range(rows - 1, -1, -1):
        above[row] = sums[row, 0] + math.exp(-length * step) * above[row + 1]
    carried = np.exp(-length * step) * above[1:, None]
    part = (np.exp(within) * (sums + carried)).reshape(-1)[: q.size]
    t = (first + np.arange(q.size)) * step
    surprise = t - np.log(part, out=t.copy(), where=part > 0.0)
    weight = np.full(q.size, -math.expm1(-step))
    weight[0] = 1.0  # down to a ratio of 0
    return float((weight * part * np.maximum(surprise, 0.0)).sum() / math.log(2))
