"""One level of a polar block: bits of many elements drawn at once through the polar transform.

Three parts, as in cpp/src/polar/: the random numbers that both sides share (`PolarRandom`), how
likely the receiver's guess of a bit is wrong (`Node`, `Nodes`, `FlipModel`), and the walk through
the nodes of the transform (`Level`), with the sender's side (`Drawing`) and the receiver's
(`Reading`). `polar` makes blocks of levels.

References:
    [1] E. Arikan, "Channel polarization", IEEE Trans. IT 55, 2009.
    [2] S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via error-correcting
        codes", NeurIPS 2024.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from .random_bits import Address, NodeBits, NodeRandom
from .range_coder import CERTAINTY, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POLAR_KEY = 0x706F6C6172  # "polar"
RAW_BITS = 16  # at a time
MAX_COUNT = 1023  # observations of a context
CLASSES = 96
BINS = 48
MOST_ODDS = 1023  # of f / g, in sixteenths of octaves from 2^-40 up
CURVATURES = 3


# --- Random numbers that both sides share -------------------------------------------------------


def w_of(bits: int) -> float:
    """Return the middle of one of 2^53 parts of (0, 1), by its highest 53 bits; below 1."""
    return min((float(bits >> 11) + 0.5) * 2.0**-53, 1.0 - 2.0**-53)


class PolarRandom:
    """The random numbers of a block, by address. `step` counts levels in the order of drawing."""

    def __init__(self, seed: int, first: int) -> None:
        """Take the seed and the number of the block's first element."""
        self.random = NodeRandom(seed ^ POLAR_KEY, first)

    def at(self, lane: int, node: int) -> NodeBits:
        """Return the 128 bits at an address."""
        return self.random(Address(node, lane))

    def word(self, lane: int, number: int) -> int:
        """Return one of a lane's words of 64 bits."""
        return self.at(lane, number // 2)[number % 2]

    def guess(self, step: int, index: int) -> int:
        """Return what the receiver takes a bit of the transform for."""
        return self.word(step, index // 64) >> index % 64 & 1

    def exchanged(self, step: int, place: int) -> int:
        """Return whether the 0 and the 1 of the element at a place are exchanged."""
        return self.word(64 + step, place // 64) >> place % 64 & 1

    def screen(self, step: int, index: int) -> int:
        """Return the first 16 bits of w."""
        return self.word(128 + step, index // 4) >> 16 * (index % 4) & 0xFFFF

    def w(self, step: int, index: int) -> float:
        """Return w = |2 v - 1|: how surely a guess holds. The middle of one of 2^53 parts."""
        return w_of(self.screen(step, index) << 48 | self.word(192 + step, index) >> 16)

    def permutation(self, n: int) -> list[int]:
        """Return the element at each place: a permutation, by exchanges from the last down."""
        element = list(range(n))
        for i in range(n - 1, 0, -1):
            other = self.at(256, i).place * (i + 1) >> 64
            element[i], element[other] = element[other], element[i]
        return element

    def remainder(self, element: int) -> int:
        """Return what both sides take for the bits of a position behind its levels."""
        return self.at(257, element).place

    def rest_w(self, place: int, flips: int) -> float:
        """Return w of the bits behind the levels of the element at a place, after some flips."""
        if flips:
            bits = self.at(260, place << 6 | flips).place
        else:
            screen = self.word(258, place // 4) >> 16 * (place % 4) & 0xFFFF
            bits = screen << 48 | self.word(259, place) >> 16
        return w_of(bits)


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
    def from_odds(odds: int) -> Node:
        """Return a level's root: f / g is said in sixteenths of octaves from 2^-40 up."""
        ratio = math.ldexp((2 * (odds % 16) + 33) * 0.03125, odds // 16 - 40)
        return Node(ratio / (1.0 + ratio), 1.0 / (1.0 + ratio))

    @staticmethod
    def to_odds(f: float, g: float) -> int:
        """Return the number that says f / g."""
        if not f * 2.0**40 > g:
            return 0
        if not f < g * 2.0**24:
            return MOST_ODDS
        (bits,) = struct.unpack("<Q", struct.pack("<d", f / g))
        return clamp(int(bits >> 48) - 16 * (1023 - 40), 0, MOST_ODDS)

    @staticmethod
    def first_half(a: Node, b: Node, curvature: int) -> Node:
        """Return what follows for the first half, of two nodes whose bits are joined in pairs."""
        k, f, g = 0.125 * curvature, a.f * b.f, a.g * b.g
        return Node(f * (1.0 + k * g), a.g + b.g - g * (1.0 + k * f))

    @staticmethod
    def second_half(a: Node, b: Node, curvature: int) -> Node:
        """Return what follows for the second half. Both halves share the information of a and b."""
        k, f, g = 0.125 * curvature, a.f * b.f, a.g * b.g
        return Node(a.f + b.f - f * (1.0 + k * g), g * (1.0 + k * f))

    @property
    def number(self) -> int:
        """Return the class, in half-octaves of f / g. Where g vanishes it is the last."""
        if self.g == 0.0:
            return CLASSES - 1
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
    def silent(self) -> bool:
        """Return whether bits of the node carry nothing, and both sides know it."""
        return self.f == 0.0

    @property
    def screen(self) -> int:
        """Return below which w, of 2^16, an empty node's bits are looked at."""
        return 1024 if self.f >= 2.0**-26 else 32 if self.f >= 2.0**-36 else 1


SILENT = Node(0.0, 1.0)


class Kind(NamedTuple):
    """Bits of a node, side by side, that are alike."""

    node: Node
    size: int


class Kinds(NamedTuple):
    """A node whose bits are of several kinds.

    Elements of which both sides know that they carry unlike information stand one kind behind
    another; what fills up a block to a power of two carries nothing and stands at the end. Halves
    of such a node are such nodes, and never of more kinds.
    """

    all: tuple[Kind, ...]

    @property
    def full(self) -> bool:
        """Return whether the node is said as it is. One of several kinds is split."""
        return len(self.all) == 1 and self.all[0].node.full

    @property
    def empty(self) -> bool:
        """Return whether bits of all kinds hardly ever flip."""
        return all(kind.node.empty for kind in self.all)

    @property
    def silent(self) -> bool:
        """Return whether no bit carries anything."""
        return all(kind.node.silent for kind in self.all)

    @property
    def loudest(self) -> Node:
        """Return the kind that has most to say: the first of several."""
        return max((kind.node for kind in self.all), key=lambda node: node.f)

    def half(self, join: Callable[[Node, Node], Node]) -> Kinds:
        """Return a half, whose k-th bit joins the k-th bits of this node's two halves."""
        left = sum(kind.size for kind in self.all) // 2
        begins: list[list[Kind]] = [[], []]  # those of both halves, from the last up
        for kind in self.all:
            front = min(kind.size, left)
            left -= front
            for half, size in zip(begins, (front, kind.size - front), strict=True):
                if size:
                    half.insert(0, Kind(kind.node, size))
        joined: list[Kind] = []
        first, second = begins
        while first:
            a, b = first.pop(), second.pop()
            size = min(a.size, b.size)
            joined.append(Kind(join(a.node, b.node), size))
            for half, kind in ((first, a), (second, b)):
                if kind.size > size:
                    half.append(Kind(kind.node, kind.size - size))
        return Kinds(tuple(joined))

    def halves(self, curvature: int) -> tuple[Kinds, Kinds]:
        """Return both halves."""
        return (
            self.half(lambda a, b: Node.first_half(a, b, curvature)),
            self.half(lambda a, b: Node.second_half(a, b, curvature)),
        )


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

    def say(self, flip: bool, context: Context) -> bool:
        """Write a flip in a context, or read it."""
        flip = self.decide(flip, context.probability)
        context.learn(flip)
        return flip

    @abstractmethod
    def decide(self, yes: bool, probability: int, /) -> bool:
        """Write yes or no, of a probability that both sides know, or read it."""

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

    def decide(self, yes: bool, probability: int) -> bool:
        """Write yes or no."""
        self.out.decide(probability, yes)
        return yes

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

    def decide(self, _yes: bool, probability: int) -> bool:
        """Read yes or no."""
        return self.source.decide(probability)

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

    def draw(self, d: list[float] | None, n: int, kinds: Kinds) -> list[int]:
        """Return the bits of n places, a power of two; d is None on the receiver's side."""
        if kinds.silent:
            return self.draw_silent(n)
        if n == 1:
            return [self.draw_leaf(d, kinds.loudest)]
        if kinds.full:
            return self.draw_full(d, n)
        if kinds.empty:
            return self.draw_empty(d, n, kinds.loudest)
        half = n // 2
        first, second = kinds.halves(self.curvature)
        u = self.draw(None if d is None else multiply(d[:half], d[half:]), half, first)
        given = None if d is None else add(d[:half], d[half:], u)
        x = self.draw(given, half, second)
        return [a ^ b for a, b in zip(u, x, strict=True)] + x

    def draw_silent(self, n: int) -> list[int]:
        """Return guesses, which nothing contradicts."""
        first, self.index = self.index, self.index + n
        return [self.random.guess(self.step, first + k) for k in range(n)]

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
