"""The excess of a target: how much of its mass lies above a multiple of the proposal's density.

    W(h) = integral of (q - h p) where q exceeds h p = Q(r >= log h) - h P(r >= log h)

It falls from 1 at h = 0 to 0 at the largest density ratio. Greedy Poisson rejection sampling asks for
nothing else of a pair: see `stretch`.
"""

from __future__ import annotations

import math

from .functions import normal_upper_tail, portable_exp, portable_log

OVER_ROOT_TAU = float.fromhex("0x1.9884533d43651p-2")  # 1 / sqrt(2 pi)

# Below this width a mass comes from the density, of which the tails' difference would lose digits.
NARROW = 0.25

# Gauss-Legendre, eight nodes: their distances from the middle, in half widths, and their weights.
NODES = (
    0.1834346424956498049394761,
    0.5255324099163289858177390,
    0.7966664774136267395915539,
    0.9602898564975362316835609,
)
WEIGHTS = (
    0.3626837833783619829651504,
    0.3137066458778872873379622,
    0.2223810344533744705443560,
    0.1012285362903762591525314,
)


def normal_mass(low: float, high: float, width: float) -> float:
    """Return the standard normal's mass between low and high.

    Args:
        low: May be -inf.
        high: May be inf.
        width: high - low, where it is known better than the difference of the two.
    """
    if width < NARROW:
        half = 0.5 * width
        middle = low + half
        total = 0.0
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            left, right = middle - half * node, middle + half * node
            pair = portable_exp(-0.5 * (left * left)) + portable_exp(-0.5 * (right * right))
            total += weight * pair
        return total * half * OVER_ROOT_TAU
    if low >= 0.0:
        return normal_upper_tail(low) - normal_upper_tail(high)
    if high <= 0.0:
        return normal_upper_tail(-high) - normal_upper_tail(-low)
    return 1.0 - normal_upper_tail(-low) - normal_upper_tail(high)


def normal_excess(mean: float, scale: float, height: float) -> float:
    """Return W(h) for a normal target and a standard normal proposal.

    With y = (z - m) / s, the ratio's logarithm exceeds log h where

        a y^2 - 2 b y - 2 d <= 0,    a = 1 - s^2, b = m s, d = m^2 / 2 - log s - log h.

    That is between the roots for s < 1, beyond one for s = 1, and outside of them for s > 1. Roots
    are taken in y, and z = m + s y from these: an error of a root then hardly matters, as q = h p
    there, and both masses are of the same set. By symmetry m may be taken for positive.

    Args:
        mean: The target's location m, in the proposal's units.
        scale: Its scale s, likewise.
        height: h > 0.
    """
    mean = abs(mean)
    a = (1.0 - scale) * (1.0 + scale)
    b = mean * scale
    d = 0.5 * (mean * mean) - portable_log(scale) - portable_log(height)
    discriminant = b * b + 2.0 * (a * d)
    if not discriminant > 0.0:
        # Above the peak of a ratio that has one; else below a ratio that is h at least.
        return 0.0 if a > 0.0 else max(1.0 - height, 0.0)
    far = b + math.sqrt(discriminant)
    near = -2.0 * d / far  # from here on the ratio exceeds h
    if a > 0.0:
        end = far / a
        width = end - near
        mass = normal_mass(near, end, width)
        z = mean + scale * near
        return mass - height * normal_mass(z, mean + scale * end, scale * width)
    target = normal_mass(near, math.inf, math.inf)
    proposal = normal_mass(mean + scale * near, math.inf, math.inf)
    if a < 0.0:
        end = far / a  # and left of this
        target += normal_mass(-math.inf, end, math.inf)
        proposal += normal_mass(-math.inf, mean + scale * end, math.inf)
    return target - height * proposal
