"""What the adaptive and the tree code, positions and samples have in common: docs/format.md."""

from __future__ import annotations

import re
import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = 2**64 - 1
TABLES = Path(__file__).parents[2] / "cpp" / "src" / "math"


def require(condition: bool, message: str) -> None:
    """Refuse what is not as the page says."""
    if not condition:
        raise ValueError(message)


# --- The range coder ----------------------------------------------------------------------------


class RangeDecoder:
    """Decodes as the encoder encodes, and does again what the encoder did, to see if all is so.

    `ahead` is the 64 bits of data where *low* stands, minus *low*.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.low, self.range = 0, 2**64 - 1
        self.out = 0  # the number that the bytes put out so far make
        self.words = 0  # of 32 bits: how many have been put out
        self.ahead = self.word(0) << 32 | self.word(1)

    def word(self, number: int) -> int:
        return int.from_bytes(self.data[4 * number : 4 * number + 4].ljust(4, b"\0"), "big")

    def decision(self, probability: int) -> bool:
        part = self.range * probability >> 24
        answer = self.ahead < part
        self.narrow(0 if answer else part, part if answer else self.range - part)
        return answer

    def raw(self, count: int) -> int:
        unit = self.range >> count
        value = self.ahead // unit
        require(value < 2**count, "no encoder writes this")
        self.narrow(unit * value, unit)
        return value

    def narrow(self, begin: int, width: int) -> None:
        self.ahead -= begin
        self.low += begin
        self.range = width
        if width < 2**32:
            self.put(self.low >> 32, 32)
            self.words += 1
            is_near = 4 * self.words + 4 < len(self.data) + 64
            require(is_near or self.ahead == 0, "no encoder writes so little of so much")
            self.low = (self.low << 32) & MASK
            self.range <<= 32
            self.ahead = self.ahead << 32 | self.word(self.words + 1)

    def put(self, value: int, count: int) -> None:
        """Put out bits; where they overflow, 1 is added to those before."""
        self.out = (self.out << count) + value

    def end(self) -> None:
        for zeros in (64, 56, 48, 40, 32):
            value = -(-self.low >> zeros) << zeros
            if value < self.low + self.range:
                break
        self.put(value, 64)
        written = self.out.to_bytes(4 * self.words + 8, "big").rstrip(b"\0")
        require(self.data == written, "no encoder writes this")


# --- Random bits --------------------------------------------------------------------------------


def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 (Salmon et al. 2011)."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        x, y = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = y >> 32 ^ b ^ k0, y & 0xFFFFFFFF, x >> 32 ^ d ^ k1, x & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def random_words(key: int, node: int, element: int, lane: int) -> tuple[int, int]:
    """Return `place` and `arrival`."""
    half = 0xFFFFFFFF
    counter = (node & half, node >> 32, element & half, element >> 32 | lane << 16)
    w = philox(counter, (key & half, key >> 32))
    return w[0] | w[1] << 32, w[2] | w[3] << 32


# --- Positions ----------------------------------------------------------------------------------


def begin_with(path: int, depth: int, b: int) -> int:
    """Return the path's bits, followed by the first of b."""
    return path << (64 - depth) | b >> depth


def order(hints: Sequence[int]) -> list[int]:
    """Return which column each level halves."""
    halvings = [0] * len(hints)
    columns = []
    for _ in range(63 * len(hints)):
        free = [j for j, count in enumerate(halvings) if count < 63]
        chosen = max(free, key=lambda j: hints[j] - 16 * halvings[j])  # the first of several
        halvings[chosen] += 1
        columns.append(chosen)
    return columns


def child(key: int, node: int, element: int, side: int) -> tuple[int, int]:
    """Return the key and the node number of a node's child."""
    if node < 2**63:
        return key, 2 * node + side
    return random_words(key, node, element, 65535)[0], 2 + side


def place_word(key: int, node: int, element: int, column: int) -> int:
    """Return the word that places a node's sample along a column of its block."""
    return random_words(key, node, element, (column + 1) // 2)[column > 0 and column % 2 == 0]


# --- Sample -------------------------------------------------------------------------------------


@cache
def table(name: str) -> list[list[float]]:
    lines = re.findall(r"\{(.*)\}", (TABLES / name).read_text(encoding="ascii"))
    return [[float.fromhex(number) for number in line.split(",")] for line in lines]


def evaluate(c: Sequence[float], u: float) -> float:
    u2 = u * u
    low = c[1] * u + (c[2] + c[3] * u) * u2
    high = (c[4] + c[5] * u) + (c[6] + c[7] * u) * u2
    return c[0] + (low + high * (u2 * u2))


def segment(f: int) -> tuple[int, float]:
    """Return s and u."""
    return f >> 59, float((f % 2**59) - 2**58) * 2.0**-59


def octave_and_f(v: int) -> tuple[int, int]:
    o = 64 - v.bit_length()
    w = v << o if o else 2**64 - v
    return o, (w << 1) & MASK


def minus_log(v: int) -> float:
    """L(v)."""
    o, f = octave_and_f(v)
    s, u = segment(f)
    p = float(f >> 1) * 2.0**-63
    if o == 0:
        return 0.0 - (p * 0.5) * evaluate(table("log_table.inc")[s], u)
    ln2 = float.fromhex("0x1.62e42fefa39efp-1")
    return ((o + 1) * ln2) - p * evaluate(table("log_table.inc")[32 + s], u)


def log1p(d: float) -> float:
    m = min(1.0 + d, 2.0 - 2.0**-52)
    g = struct.unpack("<Q", struct.pack("<d", m))[0] % 2**52
    s, u = segment(g << 12)
    return d * evaluate(table("log_table.inc")[32 + s], u)


def magnitude(family: str, v: int) -> float:
    d = float(2**64 - v) * 2.0**-64
    if family == "Normal":
        o, f = octave_and_f(v)
        s, u = segment(f)
        value = evaluate(table("normal_quantile_table.inc")[32 * o + s], u)
        return value * (float(f >> 1) * 2.0**-63 * 0.25) if o == 0 else value
    if family == "Laplace":
        return minus_log(v)
    return log1p(d) + minus_log(v) if family == "Logistic" else d


def standard(family: str, x: int) -> float:
    """Return the standard value at a position."""
    is_upper = x >= 2**63
    e = 2**64 - 1 - x if is_upper else x
    z = magnitude(family, 2 * e + 1)
    return z if is_upper else -z
