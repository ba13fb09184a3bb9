"""Targets against the standard normal, of a given KL divergence, D∞ or information.

D∞, the largest log2 dQ/dP, is what the steps of a search depend on: N(μ, σ²) with σ < 1 has it at
μ / (1 - σ²).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.optimize import brentq

from ..distributions import Normal
from ..isokl import isokl_normal

if TYPE_CHECKING:
    import numpy as np

    from .._elements import Floats

__all__ = ["STANDARD", "d_infinity", "informative", "of_d_infinity", "of_kl"]

STANDARD = Normal(0.0, 1.0)


def of_kl(kl_bits: float, count: int, rng: np.random.Generator) -> Normal:
    """Returns normals of one KL divergence, their means spread evenly, up to 2 from the middle.

    No mean is nearer than a tenth to where σ would reach 1, and D∞ no end.
    """
    farthest = min(2.0, 0.9 * _edge(kl_bits))
    return isokl_normal(rng.uniform(-farthest, farthest, count), kl_bits)


def of_d_infinity(kl_bits: float, d_bits: float) -> Normal:
    """Returns the normal of that KL divergence and that D∞, in bits, with a mean from 0 on.

    D∞ grows with the mean, from where the mean is 0 and σ smallest: `ValueError` below that.
    """

    def excess(mean: float) -> float:
        return d_infinity(isokl_normal(mean, kl_bits)) - d_bits

    mean = brentq(excess, 0.0, _edge(kl_bits) * (1.0 - 1e-9))
    return isokl_normal(mean, kl_bits)


def d_infinity(target: Normal) -> float:
    """Returns D∞ of a single normal with σ < 1 from the standard normal, in bits."""
    mean, scale = float(target.loc), float(target.scale)
    return mean * mean / (2 * math.log(2) * (1 - scale) * (1 + scale)) - math.log2(scale)


def informative(bits: float, shape: tuple[int, ...], rng: np.random.Generator) -> Normal:
    """Returns normals whose samples carry so many bits: their marginal is the standard normal."""
    scale = 2.0**-bits
    means: Floats = rng.normal(0.0, math.sqrt((1 - scale) * (1 + scale)), shape)
    return Normal(means, scale)


def _edge(kl_bits: float) -> float:
    """The mean that alone makes the whole of the divergence, with σ = 1."""
    return math.sqrt(2 * math.log(2) * kl_bits)
