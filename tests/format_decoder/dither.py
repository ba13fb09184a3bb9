"""Messages of dithered quantisation: bytes to samples, as docs/dithered.md has it."""

from __future__ import annotations

import math
import re
import struct
from functools import cache
from typing import TYPE_CHECKING

from .basics import (
    TABLES,
    RangeDecoder,
    evaluate,
    minus_log,
    random_words,
    require,
    segment,
    standard,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["read_dithered"]

FAMILIES = ["Normal", "Laplace", "Logistic", "Uniform"]
NOISES = 7  # of shifted layers, 4, 5, 6
VARIANCES = [1.0, 2.0, 3.289868133696453, 1.0 / 3.0]
R = 2**18
ALL = 2**32
TAILS = TABLES.parents[2] / "python" / "astar_rec" / "data" / "normal_tail_table.inc"


def log(x: float) -> float:
    m, e = math.frexp(x)
    above_one = 2.0 * m - 1.0
    s, u = segment(int(above_one * 2.0**52) << 12)
    ln2 = float.fromhex("0x1.62e42fefa39efp-1")
    return (e - 1) * ln2 + above_one * evaluate(table("log_table.inc")[32 + s], u)


def exp(x: float) -> float:
    if not x >= -700.0:
        return 0.0
    scaled = x * float.fromhex("0x1.71547652b82fep0")
    n = int(scaled + (-0.5 if scaled < 0.0 else 0.5))
    high, low = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")
    r = (x - n * high) - n * low
    series = 1.0
    for k in range(13, 0, -1):
        series = 1.0 + series * (r / k)
    half = int(n / 2)
    return series * 2.0**half * 2.0 ** (n - half)


@cache
def tail_table() -> list[list[float]]:
    lines = re.findall(r"\{(.*)\}", TAILS.read_text(encoding="ascii"))
    return [[float.fromhex(number) for number in line.split(",")] for line in lines]


def normal_tail(z: float) -> float:
    if z < 9.0:
        row = tail_table()[int(z * 32)]
        h = z - (int(z * 32) + 0.5) * (1.0 / 32)
        series = row[10]
        for c in row[9::-1]:
            series = series * h + c
        return series
    if not z < 38.0:
        return 0.0
    fraction = z
    for k in range(16, 0, -1):
        fraction = z + k / fraction
    whole = int(z * 16.0) * 0.0625
    rest = (z - whole) * (z + whole)
    both = float.fromhex("0x1.9884533d43651p-2") * exp(-0.5 * (whole * whole))
    return both * exp(-0.5 * rest) / fraction


def below(family: int, z: float) -> float:
    """Return the mass of the standard member below z."""
    size = abs(z)
    if family == 0:
        upper = normal_tail(size)
    elif family == 1:
        upper = 0.5 * exp(-size)
    elif family == 2:
        upper = exp(-size) / (1.0 + exp(-size))
    else:
        upper = 0.5 * (1.0 - min(size, 1.0))
    return 1.0 - max(upper, 2.0**-1074) if z > 0.0 else upper


def half_width(noise: int, arrival: int, other: int) -> float:
    if noise == 0:
        z = standard("Normal", arrival)
        return math.sqrt(z * z + 2.0 * minus_log(other | 1))
    if noise == 1:
        return minus_log(arrival | 1) + minus_log(other | 1)
    if noise == 2:
        e = 2**64 - 1 - arrival if arrival >= 2**63 else arrival
        t = float(2 * e + 1) * 2.0**-65
        v = (float(other >> 12) + 0.5) * 2.0**-52
        product = v * (t * (1.0 - t))
        s = product / (0.5 + math.sqrt(0.25 - product))
        return max(log((1.0 - s) / s), 2.0**-30)
    return 1.0


def opposite(noise: int, half: float) -> float:
    if noise == 2:
        r = exp(-0.5 * half)
        return 2.0 * log((1.0 + r) / (1.0 - r))
    part = exp(-0.5 * (half * half)) if noise == 0 else exp(-half)
    left = max(0.0, -log(max(1.0 - part, 2.0**-53)))
    return math.sqrt(2.0 * left) if noise == 0 else left


class Element:
    """What a receiver knows of an element before its number."""

    def __init__(self, kinds: bytes, scales: tuple[float, float], seed: int, element: int) -> None:
        noise, self.family = kinds[0] % 4, kinds[1]
        scale, unit = scales
        place, arrival = random_words(seed, 1, element, 0)
        other, _ = random_words(seed, 2, element, 0)
        half = half_width(noise, arrival, other)
        self.width, self.middle = 2.0 * (scale * half), 0.0
        if kinds[0] >= 4:
            end = opposite(noise, half)
            self.width, self.middle = scale * (half + end), scale * (0.5 * (half - end))
            if place % 2 == 0:
                self.middle = -self.middle
        self.shift = float(place >> 11) * 2.0**-53 - 0.5
        ratio = scale / unit
        self.atom, own = 0.0, unit
        if noise == 1 and self.family == 1 and ratio < 1.0:
            self.atom = ratio * ratio
        else:
            part = VARIANCES[noise] * (ratio * ratio) / VARIANCES[self.family]
            own = unit * math.sqrt(max(1.0 - part, 2.0**-8))
        self.step = self.width * (1.0 / own)

    def parts_below(self, number: int) -> int:
        if number <= -R:
            return 0
        if number > R:
            return ALL
        z = (number + self.shift - 0.5) * self.step
        mass = (1.0 - self.atom) * below(self.family, z) + (self.atom if z > 0.0 else 0.0)
        return 3 * (number + R) + math.floor((ALL - 3 * (2 * R + 1)) * mass)

    def number(self, coder: RangeDecoder) -> int:
        low, high = -R, R + 1
        while high - low > 1:
            middle = (low + high) // 2
            if coder.range * self.parts_below(middle) >> 32 <= coder.ahead:
                low = middle
            else:
                high = middle
        begin, end = (coder.range * self.parts_below(each) >> 32 for each in (low, high))
        coder.narrow(begin, end - begin)
        if abs(low) < R:
            return low
        size = 0
        for _ in range(4):
            size = size << 16 | coder.raw(16)
        require(R <= size <= 2**62, "a number that no encoder writes")
        return size if low > 0 else -size


def read_scales(message: bytes, size: int) -> tuple[list[tuple[float, float]], int]:
    """Return the scales of all elements, and where they end."""
    period, at, shift = 0, 2, 0
    while True:
        require(at < len(message), "bytes are missing")
        byte = message[at]
        period |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
    require(byte > 0 or shift == 7, "a number with idle zeros")
    require(1 <= period <= size and len(message) >= at + 16 * period, "no scales")
    pairs = [struct.unpack_from("<2d", message, at + 16 * k) for k in range(period)]
    require(all(2.0**-400 <= each <= 2.0**400 for pair in pairs for each in pair), "no scales")
    scales = [(pairs[k % period][0], pairs[k % period][1]) for k in range(size)]
    least = next(n for n in range(1, size + 1) if scales[n:] == scales[: size - n])
    require(least == period, "scales that repeat earlier")
    return scales, at + 16 * period


def read_dithered(message: bytes, seed: int, first: int, middles: Sequence[float]) -> list[float]:
    """Return the samples of a block, around the proposals' middles."""
    require(len(message) >= 2 and message[0] < NOISES and message[1] < 4, "no families")
    scales, end = read_scales(message, len(middles))
    coder = RangeDecoder(message[end:])
    require(coder.ahead < coder.range, "no encoder writes this")
    samples = []
    for k, middle in enumerate(middles):
        element = Element(message[:2], scales[k], seed, first + k)
        number = element.number(coder)
        samples.append(middle + (element.width * (number + element.shift) + element.middle))
    coder.end()
    return samples
