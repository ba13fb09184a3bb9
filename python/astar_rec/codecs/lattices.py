"""Lattices of dithered quantisation, and the probabilities of their points' numbers, in arrays.

The reference's `dithered` is the specification, bit for bit, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._philox import node_bits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .._elements import Floats, Indices

    Integers = npt.NDArray[np.int64]

__all__ = ["CERTAINTY", "FAMILIES", "MOST", "PROBABILITY_BITS", "REACH", "Lattices"]

PROBABILITY_BITS = 32
CERTAINTY = 1 << PROBABILITY_BITS
REACH = 1 << 18
MOST = 1 << 62
# What each number has in any case: two parts, and one that rounding may take.
_GRANTED = 3

_LEAST_HALF = 2.0**-30
_LEAST_VARIANCE = 2.0**-8
_VARIANCES = {"normal": 1.0, "laplace": 2.0, "logistic": 3.289868133696453, "uniform": 1.0 / 3.0}


def _normal(arrival: Indices, place: Indices, other: Indices) -> Floats:
    a, b, c = (_core.quantile("normal", each) for each in (arrival, place, other))
    return np.asarray(np.sqrt(a * a + b * b + c * c))


def _laplace(arrival: Indices, place: Indices, other: Indices) -> Floats:
    del other
    return _core.exponential(arrival) + _core.exponential(place)


def _logistic(arrival: Indices, place: Indices, other: Indices) -> Floats:
    del other
    upper = arrival >> np.uint64(63) == 1
    from_end = np.where(upper, ~arrival, arrival)
    tail = (np.uint64(2) * from_end + np.uint64(1)).astype(np.float64) * 2.0**-65
    height = ((place >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    product = height * (tail * (1.0 - tail))
    beyond = product / (0.5 + np.sqrt(0.25 - product))
    return np.maximum(_core.log((1.0 - beyond) / beyond), _LEAST_HALF)


def _uniform(arrival: Indices, place: Indices, other: Indices) -> Floats:
    del place, other
    return np.ones(arrival.shape)


_HALF_WIDTHS: dict[str, Callable[[Indices, Indices, Indices], Floats]] = {
    "normal": _normal,
    "laplace": _laplace,
    "logistic": _logistic,
    "uniform": _uniform,
}
# In messages, noise is the place in this list.
FAMILIES = tuple(_HALF_WIDTHS)


@dataclass(frozen=True)
class Lattices:
    """What both sides know of consecutive elements; all arrays flat and of one length.

    Attributes:
        origin: The proposals' middles.
        width: The distances of points.
        shift: Where points are between their numbers, from -1/2 to 1/2.
        family: The proposals' family.
        scale: The scales of the means' laws.
        atom: Their masses in the middle.
    """

    origin: Floats
    width: Floats
    shift: Floats
    family: str
    scale: Floats
    atom: Floats

    @classmethod
    def drawn(
        cls,
        seed: int,
        first: int,
        noise: str,
        scale: Floats,
        family: str,
        middle: Floats,
        unit: Floats,
    ) -> Lattices:
        """Draws the lattices of elements.

        Args:
            seed: The seed.
            first: The first element's number.
            noise: The noise's family, by its name in the core.
            scale: Its scales; of uniform noise, half the widths.
            family: The proposals' family.
            middle: The proposals' middles.
            unit: Their scales.
        """
        element = np.arange(first, first + scale.size, dtype=np.uint64)
        (place, arrival), other = node_bits(seed, element, 1), node_bits(seed, element, 2)
        half = _HALF_WIDTHS[noise](arrival, *other)
        shift = (place >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5
        ratio = scale / unit
        narrow = (ratio < 1.0) & (noise == family == "laplace")
        part = _VARIANCES[noise] * (ratio * ratio) / _VARIANCES[family]
        other_scale = unit * np.sqrt(np.maximum(1.0 - part, _LEAST_VARIANCE))
        return cls(
            middle,
            2.0 * (scale * half),
            shift,
            family,
            np.where(narrow, unit, other_scale),
            np.where(narrow, ratio * ratio, 0.0),
        )

    def numbers(self, mean: Floats) -> Floats:
        """Returns the numbers of the points in whose cells means lie, as floats of any size."""
        return np.asarray(np.floor((mean - self.origin) / self.width - self.shift + 0.5))

    def points(self, number: Integers) -> Floats:
        """Returns points: the samples."""
        return np.asarray(self.origin + self.width * (number + self.shift))

    def below(self, which: npt.NDArray[np.intp] | slice, number: Integers) -> Integers:
        """Returns the probabilities of all numbers below some, in parts of `CERTAINTY`.

        Args:
            which: Elements.
            number: Numbers, of shape (elements, n), from -REACH to REACH + 1.
        """
        shift, width, scale, atom = (
            each[which][:, None] for each in (self.shift, self.width, self.scale, self.atom)
        )
        x = width * (number + shift - 0.5)
        z = (x / scale).reshape(-1)
        low = -np.ones(z.size) if self.family == "uniform" else np.zeros(z.size)
        tail = _core.tails(self.family, (low, np.ones(z.size)), z).reshape(x.shape)
        mass = (1.0 - atom) * np.where(tail >= 0.0, tail, 1.0 + tail)
        mass += np.where(x > 0.0, atom, 0.0)
        rest = float(CERTAINTY - _GRANTED * (2 * REACH + 1))
        made = _GRANTED * (number + REACH) + np.floor(rest * mass).astype(np.int64)
        made[number <= -REACH] = 0
        made[number > REACH] = CERTAINTY
        return np.asarray(made, np.int64)
