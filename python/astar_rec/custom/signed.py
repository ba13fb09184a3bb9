"""Signed tails from functions of the user's: see `astar_rec.distributions.tails`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._elements import Floats, unravel
from ..distributions.tails import LEAST
from ..errors import ParameterError

if TYPE_CHECKING:
    from .._elements import Shape
    from .callables import ElementFunction, Elements

__all__ = ["signed_tails"]

# A CDF and a survival function that add up to anything but 1 are of two distributions. Functions in
# single precision pass.
_TOLERANCE = 2.0**-20


def signed_tails(
    cdf: ElementFunction,
    sf: ElementFunction | None,
    x: Floats,
    element: Elements,
    shape: Shape,
) -> Floats:
    """Returns signed tails at points of elements, from checked functions.

    Args:
        cdf: The CDF, called for all points.
        sf: The survival function, called for points above the median; 1 - CDF where there is none.
        x: The points; flat.
        element: The elements' numbers.
        shape: The shape of the batch.

    Raises:
        ParameterError: Results that are no probabilities; that of ``sf`` is not 1 - that of
            ``cdf``, to within 2^-20.
    """
    tails = cdf(element, shape, x)
    upper = np.flatnonzero(tails > 0.5)
    if not upper.size:
        return tails
    above = 1.0 - tails[upper]
    if sf is not None:
        expected = above
        above = sf(element[upper], shape, x[upper])
        good = np.abs(above - expected) <= _TOLERANCE
        if not good.all():
            first = int(np.argmin(good))
            where = unravel(int(element[upper[first]]), shape)
            name = f"result of sf({float(x[upper[first]])!r})"
            value = f"1 - cdf, which is {float(expected[first])!r}"
            raise ParameterError(name, float(above[first]), value, where)
    tails[upper] = -np.maximum(above, LEAST)
    return tails
