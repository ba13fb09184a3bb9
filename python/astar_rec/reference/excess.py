"""The excess of a target: how much of its mass lies above a multiple of the proposal's density.

    W(h) = integral of (q - h p) where q exceeds h p = Q(r >= log h) - h P(r >= log h)

It falls from 1 at h = 0 to 0 at the largest density ratio. Greedy Poisson rejection sampling asks
for nothing else of a pair: see `stretch`. Greedy rejection coding asks for the same over intervals.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .functions import normal_upper_tail, portable_exp, portable_log

OVER_ROOT_TAU = float.fromhex("0x1.9884533d43651p-2")  # 1 / sqrt(2 pi)

# Below this width the proposal's mass comes from its density: of the tails' difference too few
# digits would be left for a large h.
NARROW = 0.25
TERMS = 9
# And only so near 0: half the width times the distance, and the distance.
NARROW_OUT = 1.5
FAR_OUT = 40.0


def normal_mass(low: float, high: float) -> float:
    """Return the standard normal's mass between low and high, which may be infinite."""
    if low >= 0.0:
        return normal_upper_tail(low) - normal_upper_tail(high)
    if high <= 0.0:
        return normal_upper_tail(-high) - normal_upper_tail(-low)
    return 1.0 - normal_upper_tail(-low) - normal_upper_tail(high)


def narrow_normal_mass(middle: float, half: float) -> float:
    """Return the standard normal's mass within `half` of `middle`, relatively accurate.

    By Taylor's series around the middle, of Hermite's polynomials:

        2 half density(middle) (1 + He_2(middle) half^2 / 3! + He_4(middle) half^4 / 5! + ...)
    """
    square = half * half
    power, series = 1.0, 1.0
    before, hermite = 1.0, middle  # He_0, He_1
    for k in range(2, 2 * TERMS, 2):
        even = middle * hermite - (k - 1) * before
        before, hermite = even, middle * even - k * hermite
        power = power * square / (k * (k + 1))
        series += even * power
    density = OVER_ROOT_TAU * portable_exp(-0.5 * (middle * middle))
    return 2.0 * half * density * series


class Crossing(NamedTuple):
    """Where a ratio of normals exceeds a height, in y = (z - m) / s.

    Without roots it is nowhere if a > 0, and otherwise everywhere.

    Attributes:
        a: 1 - s^2.
        has_roots: Whether the ratio crosses the height.
        near: From here on the ratio exceeds it.
        end: To here if a > 0; if a < 0 also left of here.
    """

    a: float
    has_roots: bool
    near: float
    end: float


def crossing(mean: float, scale: float, height: float) -> Crossing:
    """Return where the ratio exceeds a height above 0, of a mean that is not negative.

    With y = (z - m) / s, the ratio's logarithm exceeds log h where

        a y^2 - 2 b y - 2 d <= 0,    a = 1 - s^2, b = m s, d = m^2 / 2 - log s - log h.

    That is between the roots for s < 1, beyond one for s = 1, and outside of them for s > 1. Roots
    are taken in y, and z = m + s y from these: an error of a root then hardly matters, as q = h p
    there, and both masses are of the same set.
    """
    a = (1.0 - scale) * (1.0 + scale)
    b = mean * scale
    d = 0.5 * (mean * mean) - portable_log(scale) - portable_log(height)
    discriminant = b * b + 2.0 * (a * d)
    if not discriminant > 0.0:
        return Crossing(a, False, 0.0, 0.0)
    far = b + math.sqrt(discriminant)
    return Crossing(a, True, -2.0 * d / far, far / a if a != 0.0 else 0.0)


def normal_excess(mean: float, scale: float, height: float) -> float:
    """Return W(h) for a normal target and a standard normal proposal.

    By symmetry m may be taken for positive.

    Args:
        mean: The target's location m, in the proposal's units.
        scale: Its scale s, likewise.
        height: h > 0.
    """
    mean = abs(mean)
    a, has_roots, near, end = crossing(mean, scale, height)
    if not has_roots:
        return 0.0 if a > 0.0 else max(1.0 - height, 0.0)
    if a > 0.0:
        half = 0.5 * (scale * (end - near))
        low = mean + scale * near
        if half < 0.5 * NARROW:
            proposal = narrow_normal_mass(low + half, half)
        else:
            proposal = normal_mass(low, mean + scale * end)
        return normal_mass(near, end) - height * proposal
    target = normal_mass(near, math.inf)
    proposal = normal_mass(mean + scale * near, math.inf)
    if a < 0.0:
        target += normal_mass(-math.inf, end)
        proposal += normal_mass(-math.inf, mean + scale * end)
    return target - height * proposal


def short_normal_mass(low: float, high: float, half: float) -> float:
    """Return the standard normal's mass from low to high, relatively accurate, also of little.

    Half their distance is given, as it may be known better than from these.
    """
    middle = low + half
    # Further out the tails differ by enough digits, or there is nothing.
    if half < 0.5 * NARROW and half * abs(middle) < NARROW_OUT and abs(middle) < FAR_OUT:
        return narrow_normal_mass(middle, half)
    return normal_mass(low, high)


def normal_excess_between(
    mean: float, scale: float, height: float, low: float, high: float
) -> float:
    """Return the part of W(h) that lies from low to high, for h >= 0: see `normal_excess`.

    Over that interval alone: the integral of (q - h p) where q exceeds h p.
    """
    if mean < 0.0:
        mean, low, high = -mean, -high, -low
    first, last = (low - mean) / scale, (high - mean) / scale

    def within(near: float, end: float) -> float:
        """Of what lies between two values of y, too."""
        begin = near if near > first else first
        finish = end if end < last else last
        if not begin < finish:
            return 0.0
        z_begin = mean + scale * near if near > first else low
        z_finish = mean + scale * end if end < last else high
        if near > first or end < last:
            half = 0.5 * (finish - begin)
            z_half = scale * half
        else:
            z_half = 0.5 * (high - low)
            half = z_half / scale
        proposal = short_normal_mass(z_begin, z_finish, z_half)
        return short_normal_mass(begin, finish, half) - height * proposal

    if not height > 0.0:
        return max(within(-math.inf, math.inf), 0.0)
    a, has_roots, near, end = crossing(mean, scale, height)
    if not has_roots:
        return 0.0 if a > 0.0 else max(within(-math.inf, math.inf), 0.0)
    if a > 0.0:
        return max(within(near, end), 0.0)
    part = within(near, math.inf)
    if a < 0.0:
        part += within(-math.inf, end)
    return max(part, 0.0)
