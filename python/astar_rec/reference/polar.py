"""Polar channel simulation in plain Python: the executable specification of one block.

Exact samples of n targets at once, for little more than their KL, from nothing but the targets'
masses of cells of the proposal's CDF. Unlike the searches of `astar_rec.reference` it needs no
density ratio and no bound; it codes whole blocks, and no element alone.

>>> shape = Shape(elements=64, fine=5, depth=20)
>>> def masses(element: int, level: int, first: int, count: int) -> list[float]:
...     tilt = 40.0 if element % 3 else 1 / 40.0  # positions near 0, or near 1
...     return [tilted_mass(tilt, level, first + k) for k in range(count)]
>>> message, positions = encode_block(shape, 7, 0, masses)
>>> len(message), decode_block(shape, 7, 0, message) == positions
(32, True)

In three parts, as in cpp/src/polar/, which equals this bit for bit in messages and
positions: the random numbers that both sides share (`PolarRandom`), how likely the receiver's guess
of a bit is wrong (`Node`, `FlipModel`), and a level's walk through the nodes of the polar transform
(`Level`), with the sender's side (`Drawing`) and the receiver's (`Reading`).

Floats are IEEE doubles, with +, -, *, / and comparisons, in the order written here. The receiver
uses them only for a node's class. docs/polar.md derives all of it.

References:
    [1] E. Arikan, "Channel polarization", IEEE Trans. IT 55, 2009.
    [2] S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via error-correcting
        codes", NeurIPS 2024.
    [3] U. Wachsmann, R. Fischer, J. Huber, "Multilevel codes: theoretical concepts and practical
        design rules", IEEE Trans. IT 45, 1999: levels, set partitioning.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from .functions import LOG_2, log_one_plus, portable_log
from .random_bits import Address, NodeBits, NodeRandom
from .range_coder import CERTAINTY, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POLAR_KEY = 0x706F6C6172  # "polar"
RAW_BITS = 16  # at a time
MAX_COUNT = 1023  # observations of a context
AS_EXPECTED = CERTAINTY // 8 * 7
COARSE_BELOW = 4096  # elements
COARSE_BITS = 5
COARSE_FIRST = 16
SAMPLED = 65_536  # elements that stand for all in a sender's prediction
CLASSES = 96
BINS = 48
CURVATURES = 3


# --- Random numbers that both sides share -------------------------------------------------------


class PolarRandom:
    """The random numbers of a block, by address. `step` counts levels in the order of drawing."""

    def __init__(self, seed: int, block: int) -> None:
        self.random = NodeRandom(seed ^ POLAR_KEY, block)

    def at(self, lane: int, node: int) -> NodeBits:
        """Return the 128 bits at an address."""
        return self.random(Address(node, lane))

    def word(self, lane: int, number: int) -> int:
        """Return one of a lane's words of 64 bits."""
        return self.at(lane, number // 2)[number % 2]

    def guess(self, step: int, index: int) -> int:
        """Return what the receiver takes a bit of the transform for."""
        return self.word(step, index // 64) >> index % 64 & 1

    def exchanged(self, step: int, element: int) -> int:
        """Return whether an element's 0 and 1 change places."""
        return self.word(64 + step, element // 64) >> element % 64 & 1

    def screen(self, step: int, index: int) -> int:
        """Return the first 16 bits of w."""
        return self.word(128 + step, index // 4) >> 16 * (index % 4) & 0xFFFF

    def w(self, step: int, index: int) -> float:
        """Return w = |2 v - 1|: how surely a guess holds. The middle of one of 2^53 parts."""
        bits = self.screen(step, index) << 48 | self.word(192 + step, index) >> 16
        return (float(bits >> 11) + 0.5) * 2.0**-53

    def permutation(self, n: int) -> list[int]:
        """Return the element at each place: a permutation, by exchanges from the last down."""
        element = list(range(n))
        for i in range(n - 1, 0, -1):
            other = self.at(256, i).place * (i + 1) >> 64
            element[i], element[other] = element[other], element[i]
        return element

    def remainder(self, element: int) -> int:
        """Return the bits of a position behind those that are coded."""
        return self.at(257, element).place


# --- How likely a guess is wrong ----------------------------------------------------------------


def half_octave(x: float) -> int:
    """Return twice the binary exponent of x > 0, plus the first bit behind its leading one."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", x))
    return int(bits >> 51) - 2046


def clamp(x: int, low: int, high: int) -> int:
    """Return the number of [low, high] that is nearest to x."""
    return min(max(x, low), high)


class Node(NamedTuple):
    """What both sides predict of a node of the transform."""

    f: float  # its information, for each of its bits
    g: float  # 1 - f, precise where f is near 1

    @staticmethod
    def from_byte(byte: int) -> Node:
        """Return a level's root: f / g is said in quarter-octaves from 2^-40 up."""
        ratio = math.ldexp((2 * (byte % 4) + 9) * 0.125, byte // 4 - 40)
        return Node(ratio / (1.0 + ratio), 1.0 / (1.0 + ratio))

    @staticmethod
    def to_byte(f: float, g: float) -> int:
        """Return the byte that says f / g."""
        if not f * 2.0**40 > g:
            return 0
        if not f < g * 2.0**24:
            return 255
        (bits,) = struct.unpack("<Q", struct.pack("<d", f / g))
        return clamp(int(bits >> 50) - 4 * (1023 - 40), 0, 255)

    def halves(self, curvature: int) -> tuple[Node, Node]:
        """Return what follows for the two halves. Together they have the node's information."""
        k = 0.125 * curvature
        ff, gg = self.f * self.f, self.g * self.g
        less, more = ff * (1.0 + k * gg), gg * (1.0 + k * ff)
        return Node(less, 2.0 * self.g - more), Node(2.0 * self.f - less, more)

    @property
    def number(self) -> int:
        """Return the class, in half-octaves of f / g."""
        return clamp(half_octave(self.f / self.g) + CLASSES // 2, 0, CLASSES - 1)

    @property
    def empty(self) -> bool:
        """Return whether bits of the node hardly ever flip, so that it is not split."""
        return self.f < 2.0**-20

    @property
    def full(self) -> bool:
        """Return whether nearly all bits of the node are the sender's, so that it is not split."""
        return self.g < 2.0**-15

    @property
    def screen(self) -> int:
        """Return below which w, of 2^16, an empty node's bits are looked at."""
        return 1024 if self.f >= 2.0**-26 else 32 if self.f >= 2.0**-36 else 1


def bin_of(w: float) -> int:
    """Return the bin of w: half-octaves of w below 1/2, of 1 - w above."""
    if w < 0.5:
        return max(half_octave(w) + 33, 0)
    return min(29 - half_octave(1.0 - w), BINS - 1)


@dataclass
class Context:
    """A chance of a flip that is learnt."""

    probability: int  # of `CERTAINTY`
    count: int

    def learn(self, flip: bool) -> None:
        """Move towards what happened, the less the more was seen."""
        rate = 2**17 // (2 * self.count + 3)
        if flip:
            self.probability += (CERTAINTY - self.probability) * rate >> 16
        else:
            self.probability -= self.probability * rate >> 16
        self.probability = clamp(self.probability, 16, CERTAINTY - 16)
        self.count = min(self.count + 1, MAX_COUNT)


@cache
def start_table() -> tuple[int, ...]:
    """Return what contexts start from, by curvature, class and bin."""
    path = resources.files("astar_rec") / "data" / "polar_flip_table.inc"
    lines = path.read_text(encoding="ascii").splitlines()
    numbers = " ".join(line for line in lines if not line.startswith("//"))
    return tuple(int(number) for number in numbers.split(",") if number.strip())


class FlipModel:
    """All contexts of a block. Levels share them."""

    def __init__(self) -> None:
        self.contexts: dict[int, Context] = {}
        self.stray = Context(CERTAINTY // 1024, 64)  # of a flip where none was looked for

    def at(self, curvature: int, number: int, w: float) -> Context:
        """Return a context."""
        i = (curvature * CLASSES + number) * BINS + bin_of(w)
        if i not in self.contexts:
            start = start_table()[i]
            mantissa = start & 255
            self.contexts[i] = Context((8 + mantissa % 8) << mantissa // 8, 1 << (start >> 8))
        return self.contexts[i]


# --- One level ----------------------------------------------------------------------------------


class Side(ABC):
    """Where flips come from."""

    @abstractmethod
    def flips(self, difference: float, guess: int, w: Callable[[], float], /) -> bool:
        """Return whether a bit of the sender's flips; the receiver says no."""

    @abstractmethod
    def say(self, flip: bool, context: Context, /) -> bool:
        """Write a flip, or read it."""

    @abstractmethod
    def say_raw(self, value: int, bits: int, /) -> int:
        """Write a number, or read it."""


class Drawing(Side):
    """The sender's side: flips follow from differences, and are written."""

    def __init__(self, out: Encoder) -> None:
        self.out = out

    def flips(self, difference: float, guess: int, w: Callable[[], float]) -> bool:
        """The bit is the guess unless w < |d|; then d's sign decides."""
        return (difference < 0.0) != bool(guess) and w() < abs(difference)

    def say(self, flip: bool, context: Context) -> bool:
        """Write a flip."""
        self.out.decide(context.probability, flip)
        context.learn(flip)
        return flip

    def say_raw(self, value: int, bits: int) -> int:
        """Write a number."""
        self.out.raw(bits, value)
        return value


class Reading(Side):
    """The receiver's side: flips are read."""

    def __init__(self, source: Decoder) -> None:
        self.source = source

    def flips(self, _difference: float, _guess: int, _w: Callable[[], float]) -> bool:
        """Return no: the receiver does not know."""
        return False

    def say(self, _flip: bool, context: Context) -> bool:
        """Read a flip."""
        flip = self.source.decide(context.probability)
        context.learn(flip)
        return flip

    def say_raw(self, _value: int, bits: int) -> int:
        """Read a number."""
        return self.source.raw(bits)


def multiply(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """Return the differences of a node's first half: those of exclusive ors."""
    return [x * y for x, y in zip(a, b, strict=True)]


def add(a: Sequence[float], b: Sequence[float], u: Sequence[int]) -> list[float]:
    """Return the differences of a node's second half, given the bits of the first.

    Two witnesses of one bit: an addition of velocities.
    """
    signed = [-x if bit else x for x, bit in zip(a, u, strict=True)]
    return [(y + x) / (1.0 + x * y) for x, y in zip(signed, b, strict=True)]


class Level:
    """A level: the transform's nodes in the order of their indices."""

    def __init__(
        self, side: Side, random: PolarRandom, step: int, model: FlipModel, curvature: int
    ) -> None:
        self.side, self.random, self.step = side, random, step
        self.model, self.curvature = model, curvature
        self.index = 0

    def draw(self, d: list[float] | None, n: int, node: Node) -> list[int]:
        """Return the bits of n elements, a power of two; d is None on the receiver's side."""
        if n > 1 and node.full:
            return self.draw_full(d, n)
        if n > 1 and node.empty:
            return self.draw_empty(d, n, node)
        if n == 1:
            return [self.draw_leaf(d, node)]
        half = n // 2
        first, second = node.halves(self.curvature)
        u = self.draw(None if d is None else multiply(d[:half], d[half:]), half, first)
        given = None if d is None else add(d[:half], d[half:], u)
        x = self.draw(given, half, second)
        return [a ^ b for a, b in zip(u, x, strict=True)] + x

    def flip(self, d: list[float] | None, k: int, index: int) -> bool:
        """Return whether the sender's k-th bit flips."""
        if d is None:
            return False
        guess = self.random.guess(self.step, index)
        return self.side.flips(d[k], guess, lambda: self.random.w(self.step, index))

    def draw_leaf(self, d: list[float] | None, node: Node) -> int:
        """Return the bit of a leaf."""
        index = self.index
        self.index += 1
        context = self.model.at(self.curvature, node.number, self.random.w(self.step, index))
        flip = self.side.say(self.flip(d, 0, index), context)
        return self.random.guess(self.step, index) ^ flip

    def draw_full(self, d: list[float] | None, n: int) -> list[int]:
        """Return bits of which each is said as it is."""
        first, self.index = self.index, self.index + n
        x: list[int] = []
        for begin in range(0, n, RAW_BITS):
            size = min(n - begin, RAW_BITS)
            flips = 0
            for k in range(size):
                flips |= self.flip(d, begin + k, first + begin + k) << k
            flips = self.side.say_raw(flips, size)
            places = range(first + begin, first + begin + size)
            x += [self.random.guess(self.step, i) ^ (flips >> k & 1) for k, i in enumerate(places)]
        return x

    def draw_empty(self, d: list[float] | None, n: int, node: Node) -> list[int]:
        """Return bits that hardly ever flip: each is said where w is small, places elsewhere."""
        first, self.index = self.index, self.index + n
        x: list[int] = []
        strays: list[int] = []
        for k in range(n):
            flip = self.flip(d, k, first + k)
            if self.random.screen(self.step, first + k) < node.screen:
                w = self.random.w(self.step, first + k)
                flip = self.side.say(flip, self.model.at(self.curvature, node.number, w))
            elif flip:
                strays.append(k)
            x.append(self.random.guess(self.step, first + k) ^ flip)
        width = n.bit_length() - 1
        read: list[int] = []
        while self.side.say(len(read) < len(strays), self.model.stray):
            place = strays[len(read)] if d is not None else 0
            said = 0
            for done in range(0, width, RAW_BITS):
                bits = min(width - done, RAW_BITS)
                said |= self.side.say_raw(place >> done & ((1 << bits) - 1), bits) << done
            looked_at = self.random.screen(self.step, first + said) < node.screen
            if (read and said <= read[-1]) or looked_at:
                raise ValueError("a flip where no sender writes one")
            read.append(said)
            if d is None:
                x[said] ^= 1
        return x


# --- A block ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """What both sides agree on for a block."""

    elements: int  # a power of two, at most 2^24
    fine: int = 6  # L: the level drawn first
    depth: int = 26  # levels that are coded; bits behind them are the shared ones
    mirrored: bool = False  # cells of the lower half are numbered from the middle

    def mirror(self, cell: int) -> int:
        """Return the label of a cell, and the cell of a label."""
        half = 1 << self.fine - 1
        return half - 1 - cell if self.mirrored and cell < half else cell


class LevelHeader(NamedTuple):
    """What is said of a level before its bits."""

    byte: int = 0  # of `Node.from_byte`
    curvature: int = 1  # eighths

    def next(self) -> LevelHeader:
        """Return what is expected of the level after: about half of the information."""
        return LevelHeader(max(self.byte - 5, 0), 1)


def coarse_header(octave: int) -> LevelHeader:
    """Return the header of a level in a small block."""
    return LevelHeader(4 * (octave + COARSE_FIRST) + 2, 1)


def information(d: float) -> float:
    """Return what a bit of difference d carries: 1 - h((1 + d) / 2), in bits."""
    a = abs(d)
    if a >= 1.0:
        return 1.0
    if a < 2.0**-12:
        return a * a * (0.5 / LOG_2)
    return 0.5 * ((1.0 + a) * log_one_plus(a) + (1.0 - a) * portable_log(1.0 - a)) / LOG_2


def header_of(d: Sequence[float]) -> LevelHeader:
    """Return the header that a sender writes for a level of differences d. Any other decodes."""
    d = d[:SAMPLED]
    whole = rest = pairs = 0.0
    for x in d:
        i = information(x)
        whole += i
        rest += 1.0 - i
    f, g, half = whole / len(d), rest / len(d), len(d) // 2
    if half == 0:
        return LevelHeader(Node.to_byte(f, g), 1)
    for k in range(half):
        pairs += information(d[k] * d[k + half])
    excess, unit = pairs / half - f * f, f * f * (g * g)
    curvature = 0 if not excess >= 0.0625 * unit else 1 if not excess >= 0.1875 * unit else 2
    return LevelHeader(Node.to_byte(f, g), curvature)


def serves(expected: LevelHeader, truth: LevelHeader, elements: int) -> bool:
    """Return whether what is expected serves as well as the truth."""
    octaves = 0.25 * abs(expected.byte - truth.byte)
    f = Node.from_byte(max(expected.byte, truth.byte)).f
    return octaves <= 0.5 or elements * f * octaves * octaves <= 10.0


def difference(zero: float, one: float) -> float:
    """Return the difference of the probabilities of two masses."""
    both = zero + one
    if not (both > 0.0 and both < 2.0**1000):
        raise ValueError("masses that are no probabilities")
    return (zero - one) / both


def positions_of(shape: Shape, random: PolarRandom, cells: Sequence[int]) -> list[int]:
    """Return positions, in the elements' order, from cells of 2^-depth in the block's."""
    positions = [0] * shape.elements
    for j, element in enumerate(random.permutation(shape.elements)):
        behind = random.remainder(element) >> shape.depth
        positions[element] = cells[j] << 64 - shape.depth | behind
    return positions


def encode_block(
    shape: Shape,
    seed: int,
    block: int,
    masses: Callable[[int, int, int, int], Sequence[float]],
) -> tuple[bytes, list[int]]:
    """Return a block's message, and the positions that the receiver will have.

    masses(element, level, first, count) returns the target's masses of `count` cells of 2^-level,
    from cell number `first` on. They need not add up to 1.
    """
    n = shape.elements
    random = PolarRandom(seed, block)
    element = random.permutation(n)
    remaining: list[list[float]] = []
    for e in element:
        cells = masses(e, shape.fine, 0, 1 << shape.fine)
        remaining.append([cells[shape.mirror(label)] for label in range(len(cells))])
    label = [0] * n
    model, out, expected = FlipModel(), Encoder(), LevelHeader()
    for step in range(shape.depth):
        d: list[float] = []
        for j in range(n):
            if step < shape.fine:
                zero = one = 0.0
                for c in range(0, len(remaining[j]), 2):
                    zero += remaining[j][c]
                    one += remaining[j][c + 1]
            else:
                zero, one = masses(element[j], step + 1, 2 * label[j], 2)
            d.append(difference(zero, one))
        header = header_of(d)
        expects = step > shape.fine and serves(expected, header, n)
        if step > shape.fine:
            out.decide(AS_EXPECTED, expects)
        if expects:
            header = expected
        elif n < COARSE_BELOW:
            octave = clamp(header.byte // 4 - COARSE_FIRST, 0, 2**COARSE_BITS - 1)
            out.raw(COARSE_BITS, octave)
            header = coarse_header(octave)
        else:
            out.raw(8, header.byte)
            out.raw(2, header.curvature)
        expected = header.next()
        exchanged = [random.exchanged(step, j) for j in range(n)]
        d = [-x if bit else x for x, bit in zip(d, exchanged, strict=True)]
        level = Level(Drawing(out), random, step, model, header.curvature)
        x = level.draw(d, n, Node.from_byte(header.byte))
        for j in range(n):
            bit = x[j] ^ exchanged[j]
            if step < shape.fine:
                remaining[j] = list(remaining[j][bit::2])
                label[j] |= bit << step
            else:
                label[j] = 2 * label[j] + bit
        if step + 1 == shape.fine:
            label = [shape.mirror(cell) for cell in label]
    return out.finish(), positions_of(shape, random, label)


def decode_block(shape: Shape, seed: int, block: int, message: bytes) -> list[int]:
    """Return the positions of a block. A ValueError says that no sender wrote the message."""
    n = shape.elements
    random = PolarRandom(seed, block)
    label = [0] * n
    model, source, expected = FlipModel(), Decoder(message), LevelHeader()
    for step in range(shape.depth):
        header = expected
        if not (step > shape.fine and source.decide(AS_EXPECTED)):
            if n < COARSE_BELOW:
                header = coarse_header(source.raw(COARSE_BITS))
            else:
                header = LevelHeader(source.raw(8), source.raw(2))
            if header.curvature >= CURVATURES:
                raise ValueError("a level of no known kind")
        expected = header.next()
        level = Level(Reading(source), random, step, model, header.curvature)
        x = level.draw(None, n, Node.from_byte(header.byte))
        for j in range(n):
            bit = x[j] ^ random.exchanged(step, j)
            label[j] = label[j] | bit << step if step < shape.fine else 2 * label[j] + bit
        if step + 1 == shape.fine:
            label = [shape.mirror(cell) for cell in label]
    source.finish()
    return positions_of(shape, random, label)


# --- Targets for tests: masses with +, -, *, / alone ---------------------------------------------


def tilted_mass(tilt: float, level: int, cell: int) -> float:
    """Return the mass of a cell of 2^-level under the CDF c u / (1 + (c - 1) u), c = tilt > 0.

    Its density ratio to the proposal is c / (1 + (c - 1) u)^2: c at 0, and 1 / c at 1.
    """
    width = math.ldexp(1.0, -level)
    low, high = cell * width, (cell + 1) * width
    more = tilt - 1.0
    return tilt * width / ((1.0 + more * low) * (1.0 + more * high))
