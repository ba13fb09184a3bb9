"""Two functions of the standard normal, by tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .functions import normal_quantile, portable_exp
from .positions import LAST_POSITION, cell_depth, cell_first, cell_last

if TYPE_CHECKING:
    from .hypotheses import Floats


def normal_density(z: float) -> float:
    """Return the density; the constant is 1 / sqrt(2 pi)."""
    return float.fromhex("0x1.9884533d43651p-2") * portable_exp(-0.5 * (z * z))


@cache
def cdf_table() -> Floats:
    """Return the distribution function from -8 to 8 in steps of 1/64, by Simpson's rule."""
    step = 2.0**-6
    values, value, before = [0.0], 0.0, normal_density(-8.0)
    for i in range(1, 1025):
        z = i * step - 8.0
        here = normal_density(z)
        value += ((before + here) + 4.0 * normal_density(z - 0.5 * step)) * (step / 6.0)
        values.append(value)
        before = here
    return values


def normal_cdf(z: float) -> float:
    """Return the distribution function, straight between the table's entries."""
    place = min(max((z + 8.0) * 64.0, 0.0), 1024.0 - 2.0**-10)
    i = int(place)
    here, following = cdf_table()[i : i + 2]
    return here + (place - i) * (following - here)


@cache
def mean_square(cell: int) -> float:
    """Return the mean of z^2 over a dyadic cell; of a deep one, the square at its middle.

    The integral of z^2 times the density is that of the density, and -z times it at the ends.
    """
    depth, first, last = cell_depth(cell), cell_first(cell), cell_last(cell)
    if cell >= 256:
        z = normal_quantile(first | (LAST_POSITION >> depth) >> 1)
        return z * z

    def end(position: int) -> float:
        z = normal_quantile(position)
        return z * normal_density(z)

    left = 0.0 if first == 0 else end(first)
    right = 0.0 if last == LAST_POSITION else end(last)
    return 1.0 + (left - right) * 2.0**depth
