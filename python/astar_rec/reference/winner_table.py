"""How densely winners lie in a block: a table over norms and arrivals.

A sample x of k elements has the log ratio L = -k log s + |x|^2 / 2 - |x - m|^2 / (2 s^2), and if
it arrives at t, none that is yet unseen beats it with the probability g = exp(-t exp(-L)). If x
wins, m comes from N(spread^2 x, s^2 spread^2 I), so that |x - m|^2 / s^2 is

    (s |x| - spread e)^2 + spread^2 c^2,   e normal, c^2 chi-squared, k - 1 degrees of freedom.

A table over |x| and log t holds two expectations over e and c: E[exp(-L) g], "now", and E[g],
"later". L goes into bins first.
"""

from __future__ import annotations

import math
import struct
from functools import cache

from .functions import LOG_2, portable_exp
from .hypotheses import BITS, SCALE, SPREAD, Floats, total

ROWS = 16  # evenly for |x| from 0 to `furthest`
COLUMNS = 45  # for log t = -8, -7, ... 36
BINS = 121  # of L, from -14 in steps of 1/2
GAPS_BELOW, GAPS_ABOVE = 80, 10  # in bins of L to log t: g is 1 below and 0 above


def furthest(dimensions: int) -> float:
    """Return the |x| of the last row."""
    return math.sqrt(float(40 + 6 * dimensions))


@cache
def kernel() -> Floats:
    """Return g for log t from 80 bins below L to 10 above."""
    gaps = range(-GAPS_BELOW, GAPS_ABOVE + 1)
    return [portable_exp(-portable_exp(gap * 0.5)) for gap in gaps]


@cache
def parts(dimensions: int) -> list[tuple[float, float, float]]:
    """Return values of e and c^2, with probabilities."""
    values = []
    for i in range(-12, 13):
        e = 0.5 * i
        for j in range(16):
            c = 0.45 * (j + 0.5)
            weight = portable_exp(-0.5 * (e * e + c * c))
            for _ in range(2, dimensions):
                weight *= c
            values.append((e, c * c, weight))
    whole = total(weight for _, _, weight in values)
    return [(e, c2, weight / whole) for e, c2, weight in values]


def bins(dimensions: int, row: int, h: int) -> Floats:
    """Return the distribution of L; what lies between two bins goes to both in part."""
    norm = furthest(dimensions) * row / 15.0
    most = float(dimensions) * (BITS[h] * LOG_2) + 0.5 * (norm * norm)
    out = [0.0] * BINS
    for e, c2, probability in parts(dimensions):
        apart = SCALE[h] * norm - SPREAD[h] * e
        square = apart * apart + (SPREAD[h] * SPREAD[h]) * c2
        place = min((most - 0.5 * square + 14.0) * 2.0, 120.0 - 2.0**-10)
        if place >= 0.0:  # otherwise g is 0
            i = int(place)
            above = place - i
            out[i] += probability * (1.0 - above)
            out[i + 1] += probability * above
    return out


def kept(value: float) -> float:
    """Return it as a float32; what would not be a normal number there is 0."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return 0.0 if value < 1e-30 else rounded


@cache
def table_row(dimensions: int, row: int, h: int) -> list[tuple[float, float]]:
    """Return "now" and "later" of every column."""
    probability = bins(dimensions, row, h)
    density = [p * portable_exp(-(i * 0.5 - 14.0)) for i, p in enumerate(probability)]
    entries = []
    for column in range(COLUMNS):
        here = 12 + 2 * column  # the bin of log t
        reach = range(here - GAPS_ABOVE, BINS)
        g = [kernel()[max(here + GAPS_BELOW - i, 0)] for i in reach]
        now = total(density[i] * g[n] for n, i in enumerate(reach))
        later = total(probability[i] * g[n] for n, i in enumerate(reach))
        entries.append((kept(now), kept(later)))
    return entries


NOW, LATER = 0, 1
