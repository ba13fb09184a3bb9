"""Logarithm, exponential, normal quantile: the same bits on every machine.

Logarithm and quantile are polynomials by segments. An odd integer v of 64 bits lies in the octave
that its leading zeros number. Octave 0, the larger half of all v, is measured from the other end,
by 2^64 - v, as the functions vanish there. An octave has 32 segments, by the five bits that
follow the leading one; what remains is the local variable u, from -1/2 to 1/2.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import NamedTuple

from .positions import MASK_64, leading_zeros, tail_of

LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")

Row = tuple[float, ...]


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return a table of coefficients; scripts/generate_tables.py makes them.

    "log_table" has 32 rows for log(1 - x) / x, x in [0, 1/2), then 32 for log(1 + x) / x, x in
    [0, 1). "normal_quantile_table" has 32 rows for each of the 64 octaves of tail probabilities.
    """
    from astar_rec import _core

    return tuple(tuple(row) for row in getattr(_core, name)().tolist())


class Segment(NamedTuple):
    """Where a number falls."""

    octave: int
    number: int  # of the segment, 0 to 31
    place: float  # in the octave, from 0 to 1
    u: float  # in the segment, from -1/2 to 1/2


def segment_at(octave: int, bits: int) -> Segment:
    """Return the segment of the place bits / 2^64 in an octave."""
    centred = (bits & (2**59 - 1)) - 2**58
    place = math.ldexp(float(bits >> 1), -63)
    return Segment(octave, bits >> 59, place, math.ldexp(float(centred), -59))


def segment_of(odd: int) -> Segment:
    """Return the segment of an odd integer of 64 bits."""
    octave = leading_zeros(odd)
    from_end = 2**64 - odd if octave == 0 else odd << octave
    return segment_at(octave, (from_end << 1) & MASK_64)  # the leading bit dropped


def polynomial(c: Row, u: float) -> float:
    """Return c[0] + c[1] u + ... + c[7] u^7. The order of operations is part of the format."""
    u2 = u * u
    low = c[1] * u + (c[2] + c[3] * u) * u2
    high = (c[4] + c[5] * u) + (c[6] + c[7] * u) * u2
    return c[0] + (low + high * (u2 * u2))


def log_slope(m: float) -> float:
    """Return log(m) / (m - 1) for m in [1, 2)."""
    at = segment_at(1, int(math.ldexp(m - 1.0, 64)))
    return polynomial(table("log_table")[32 + at.number], at.u)


def portable_log(x: float) -> float:
    """Return the logarithm of a finite x > 0."""
    exponent = math.frexp(x)[1] - 1
    m = math.ldexp(x, -exponent)  # in [1, 2)
    return exponent * LOG_2 + (m - 1.0) * log_slope(m)


def log_one_plus(d: float) -> float:
    """Return log(1 + d) for d in [0, 1], relatively accurate down to 0."""
    m = 1.0 + d
    return d * log_slope(m if m < 2.0 else math.nextafter(2.0, 0.0))


def negative_log_fraction(odd: int) -> float:
    """Return -log(odd / 2^64) for odd integers of 64 bits, relatively accurate at both ends."""
    at = segment_of(odd)
    if at.octave == 0:  # odd / 2^64 = 1 - place / 2
        return -(at.place * 0.5 * polynomial(table("log_table")[at.number], at.u))
    # odd / 2^64 = (1 + place) / 2^(octave + 1)
    log_place = at.place * polynomial(table("log_table")[32 + at.number], at.u)
    return (at.octave + 1) * LOG_2 - log_place


def portable_exp(x: float) -> float:
    """Return the exponential of x <= 700; 0 below -700 and for NaN."""
    if not x >= -700.0:
        return 0.0
    log_2_high = float.fromhex("0x1.62e42fefa38p-1")  # few enough bits for exact multiples
    log_2_low = float.fromhex("0x1.ef35793c7673p-45")
    scaled = x * float.fromhex("0x1.71547652b82fep0")  # x / log 2
    n = int(scaled + (-0.5 if scaled < 0.0 else 0.5))
    r = (x - n * log_2_high) - n * log_2_low
    series = 1.0
    for k in range(13, 0, -1):
        series = 1.0 + series * (r / k)
    return math.ldexp(series, n)


def normal_quantile(position: int) -> float:
    """Return the standard normal's quantile at a position."""
    odd, sign = tail_of(position)
    at = segment_of(odd)
    magnitude = polynomial(table("normal_quantile_table")[32 * at.octave + at.number], at.u)
    if at.octave == 0:  # the table's function is quantile / distance from the median
        magnitude *= at.place * 0.25
    return sign * magnitude


@cache
def tail_table() -> tuple[Row, ...]:
    """Return Taylor series of the normal's upper tail, of degree 10, for 32 segments a unit to 9.

    scripts/generate_tables.py makes them.
    """
    path = resources.files("astar_rec") / "data" / "normal_tail_table.inc"
    lines = path.read_text(encoding="ascii").splitlines()
    rows = [line.strip("{},").split(",") for line in lines if line.startswith("{")]
    return tuple(tuple(map(float.fromhex, row)) for row in rows)


def normal_upper_tail(z: float) -> float:
    """Return P(Z > z) of the standard normal for z >= 0, relatively accurate; 0 from 38 on.

    Beyond the table it is the density times the continued fraction 1 / (z + 1 / (z + 2 / ...)).
    """
    if z < 9.0:
        segment = int(z * 32)
        row = tail_table()[segment]
        h = z - (segment + 0.5) * (1.0 / 32)
        series = row[-1]
        for coefficient in row[-2::-1]:
            series = series * h + coefficient
        return series
    if not z < 38.0:
        return 0.0
    over_root_tau = float.fromhex("0x1.9884533d43651p-2")  # 1 / sqrt(2 pi)
    fraction = z
    for k in range(16, 0, -1):
        fraction = z + k / fraction
    # z^2 / 2 in two parts, so that the exponential's argument is as good as z.
    whole = int(z * 16.0) * 0.0625
    rest = (z - whole) * (z + whole)
    return (
        over_root_tau * portable_exp(-0.5 * (whole * whole)) * portable_exp(-0.5 * rest) / fraction
    )
