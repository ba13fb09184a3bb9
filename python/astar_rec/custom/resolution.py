"""How finely functions of probabilities tell positions apart, and what is too fine for them.

Positions have 64 bits. A probability is a float64, of 53 bits: near 0 it is finer than positions
are, and near 1 it is a multiple of 2^-53, which 2,048 positions share. Two functions, of the
probability below a point and of that above it, are fine in both tails; in the middle, no function
of a float64 is.

A target of which much falls on a single value of such a function cannot be sampled exactly.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .._elements import unravel
from ..distributions.convert import is_of_class
from ..distributions.distribution import probabilities
from ..errors import DivergenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Floats, Indices, Shape
    from .callables import Elements

__all__ = ["mirrored", "require_resolved", "resolved_bits", "upper_quantile_of"]

# A float64 in [1/2, 1) is a multiple of 2^-53.
_FLOAT_BITS = 53
_POSITION_BITS = 64
# A value may stand for a share of 2^-8 of a target at most.
_VALUES_BITS = 8

_HALF = np.uint64(2**63)


def mirrored(position: Indices) -> tuple[Indices, Indices]:
    """Returns which positions are in the upper half, by number, and these counted from the end."""
    upper = np.flatnonzero(position >= _HALF)
    return upper.astype(np.uint64), ~position[upper]


def resolved_bits(position: Indices, precise_above: bool) -> Floats:
    """Returns how many bits of positions functions of their probabilities tell apart; at most 64.

    Args:
        position: The positions; flat.
        precise_above: Whether the upper half has a function of its own, of 1 - u.
    """
    nearest = np.minimum(position, ~position) if precise_above else position
    _, exponent = np.frexp(probabilities(nearest))
    bits: Floats = np.minimum(_FLOAT_BITS - exponent, _POSITION_BITS).astype(np.float64)
    return bits


def require_resolved(ratio: Floats, bits: Floats, element: Elements, shape: Shape) -> None:
    """Refuses samples where a target is too dense for what the proposal's function tells apart.

    Args:
        ratio: The targets' log density ratios at the samples, in nats.
        bits: What `resolved_bits` says there.
        element: The elements' numbers.
        shape: The shape of the batch.

    Raises:
        DivergenceError: The first element of which a value stands for more than 2^-8.
    """
    limit = bits - _VALUES_BITS
    above = (ratio > limit * math.log(2)) & (bits < _POSITION_BITS)
    if above.any():
        first = int(np.argmax(above))
        reason = (
            "the target is finer than the proposal's quantile function, which gets float64 "
            "probabilities, can say there: give it isf, or use a built-in proposal"
        )
        where, found = unravel(int(element[first]), shape), float(ratio[first]) / math.log(2)
        raise DivergenceError(where, found, float(limit[first]), reason)


def upper_quantile_of(quantile: object) -> Callable[..., Any] | None:
    """Returns what goes with a method of a distribution of ``scipy.stats``, its quantiles of 1 - u.

    None for any other callable, and where SciPy itself subtracts from 1.
    """
    owner, name = getattr(quantile, "__self__", None), getattr(quantile, "__name__", "")
    if name == "ppf" and is_of_class(owner, "scipy.stats._distn_infrastructure", "rv_frozen"):
        frozen: Any = owner
        general = sys.modules["scipy.stats"].rv_continuous
        own: Callable[..., Any] = frozen.isf
        return None if getattr(type(frozen.dist), "_isf", None) is general._isf else own
    newer = ("scipy.stats._distribution_infrastructure", "UnivariateDistribution")
    if name == "icdf" and is_of_class(owner, *newer):
        distribution: Any = owner
        complement: Callable[..., Any] = distribution.iccdf
        return complement
    return None
