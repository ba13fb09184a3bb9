"""Polar blocks: bytes to positions, as docs/polar.md has it, in integers and a few doubles."""

from __future__ import annotations

import math
import re
import struct
from functools import cache
from typing import TYPE_CHECKING

from .basics import TABLES, RangeDecoder, random_words, require

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_polar"]

KEY = 0x706F6C6172
START = TABLES.parents[2] / "python" / "astar_rec" / "data" / "polar_flip_table.inc"
LEVELS = 60
CERTAIN = 2**24
CLASSES, BINS = 96, 48
ELEMENTS_PER_BYTE = 8192
NEAR_BINS = 40  # half-octaves

Node = tuple[float, float]  # f and g
SILENT: Node = (0.0, 1.0)
Run = tuple[Node, int]  # so many bits of a kind
LEAST_KIND = 1024


@cache
def start_table() -> list[int]:
    """Return the contexts' start."""
    text = re.sub("//.*", "", START.read_text(encoding="ascii"))
    return [int(number) for number in re.findall("[0-9]+", text)]


def half_octave(x: float) -> int:
    """Return twice the exponent of x, and the bit behind its leading one."""
    if x == math.inf:
        return 2048
    return (struct.unpack("<Q", struct.pack("<d", x))[0] >> 51) - 2046


def w_of(bits: int) -> float:
    """Return a number of (0, 1) by its first 53 of 64 bits."""
    return min((float(bits >> 11) + 0.5) * 2.0**-53, 1.0 - 2.0**-53)


def class_of(node: Node) -> int:
    ratio = node[0] / node[1] if node[1] else math.inf
    return min(max(half_octave(ratio) + CLASSES // 2, 0), CLASSES - 1)


def bin_of(w: float) -> int:
    if w < 0.5:
        return max(half_octave(w) + 33, 0)
    return min(29 - half_octave(1.0 - w), BINS - 1)


def node_of(odds: int) -> Node:
    ratio = 2.0 ** (odds // 16 - 40) * ((2 * (odds % 16) + 33) * 0.03125)
    return ratio / (1.0 + ratio), 1.0 / (1.0 + ratio)


def halves(a: Node, b: Node, k: float) -> tuple[Node, Node]:
    """Return the first and the second half's node, of two nodes joined in pairs."""
    f, g = a[0] * b[0], a[1] * b[1]
    both_f, both_g = f * (1.0 + k * g), g * (1.0 + k * f)
    return (both_f, (a[1] + b[1]) - both_g), ((a[0] + b[0]) - both_f, both_g)


class Context:
    """The chance of a flip, of 2^24."""

    def __init__(self, chance: int, count: int) -> None:
        self.chance, self.count = chance, count

    def read(self, coder: RangeDecoder) -> bool:
        flip = coder.decision(self.chance)
        rate = 2**17 // (2 * self.count + 3)
        p = self.chance
        p = p + ((CERTAIN - p) * rate >> 16) if flip else p - (p * rate >> 16)
        self.chance = min(max(p, 16), CERTAIN - 16)
        self.count = min(self.count + 1, 1023)
        return flip


def kinds_of(contexts: list[int]) -> tuple[list[int], list[int]]:
    """Return elements' kinds, and kinds' sizes: contexts, joined until they are large enough."""
    sizes, kind_of, left = [0], {}, len(contexts)
    for context in sorted(set(contexts)):
        if sizes[-1] >= LEAST_KIND and left >= LEAST_KIND:
            sizes.append(0)
        kind_of[context] = len(sizes) - 1
        number = contexts.count(context)
        sizes[-1] += number
        left -= number
    return [kind_of[context] for context in contexts], sizes


class Block:
    """What a block's levels share."""

    def __init__(
        self, data: bytes, seed: int, first: int, elements: int, contexts: list[int] | None
    ) -> None:
        self.coder = RangeDecoder(data)
        self.key, self.first, self.elements = seed ^ KEY, first, elements
        self.places = 1 << (elements - 1).bit_length()
        self.contexts: dict[int, Context] = {}
        self.stray = Context(CERTAIN // 1024, 64)
        self.kind, self.sizes = kinds_of(contexts or [0] * elements)

    def word(self, lane: int, number: int) -> int:
        return random_words(self.key, number // 2, self.first, lane)[number % 2]

    def context(self, curvature: int, leaf_class: int, w: float) -> Context:
        number = (curvature * CLASSES + leaf_class) * BINS + bin_of(w)
        if number not in self.contexts:
            count, mantissa = divmod(start_table()[number], 256)
            self.contexts[number] = Context((8 + mantissa % 8) << mantissa // 8, 1 << count)
        return self.contexts[number]

    def raw(self, bits: int) -> int:
        """Return a number of any width: sixteen bits at a time, the lowest first."""
        value = 0
        for done in range(0, bits, 16):
            value |= self.coder.raw(min(16, bits - done)) << done
        return value

    def permutation(self) -> list[int]:
        to = list(range(self.elements))
        for i in range(self.elements - 1, 0, -1):
            other = random_words(self.key, i, self.first, 256)[0] * (i + 1) >> 64
            to[i], to[other] = to[other], to[i]
        return [e for kind in range(len(self.sizes)) for e in to if self.kind[e] == kind]

    def root(self, odds: list[int]) -> list[Run]:
        """Return the runs of a level's places."""
        runs: list[Run] = []
        for own, size in zip(odds, self.sizes, strict=True):
            node, before = node_of(own), 0
            if runs and runs[-1][0] == node:
                before = runs.pop()[1]
            runs.append((node, before + size))
        fill = self.places - self.elements
        return [*runs, (SILENT, fill)] if fill else runs


class Level:
    """One level: n bits through the transform, node by node."""

    def __init__(self, block: Block, step: int, curvature: int) -> None:
        self.block, self.step, self.curvature = block, step, curvature
        self.index = 0
        self.guess_word = cache(lambda number: block.word(step, number))
        self.screen_word: Callable[[int], int] = cache(
            lambda number: block.word(128 + step, number)
        )

    def guess(self, index: int) -> int:
        return self.guess_word(index // 64) >> index % 64 & 1

    def screen(self, index: int) -> int:
        return self.screen_word(index // 4) >> 16 * (index % 4) & 0xFFFF

    def w(self, index: int) -> float:
        return w_of(self.screen(index) << 48 | self.block.word(192 + self.step, index) >> 16)

    def flip(self, index: int, leaf_class: int) -> int:
        return self.block.context(self.curvature, leaf_class, self.w(index)).read(self.block.coder)

    def read(self, n: int, runs: list[Run]) -> list[int]:
        """Return the bits of a node of one kind or more."""
        kinds = [node for node, _ in runs]
        if all(f == 0.0 for f, _ in kinds):
            return self.guesses(n)
        if n == 1:
            self.index += 1
            return [self.guess(self.index - 1) ^ self.flip(self.index - 1, class_of(kinds[0]))]
        if len(kinds) == 1 and kinds[0][1] < 2.0**-15:
            x = self.guesses(n)
            for begin in range(0, n, 64):
                size = min(64, n - begin)
                said = self.block.raw(size)
                for k in range(size):
                    x[begin + k] ^= said >> k & 1
            return x
        if all(f < 2.0**-20 for f, _ in kinds):
            return self.empty(n, max(kinds, key=lambda node: node[0]))
        return self.split(n, runs)

    def guesses(self, n: int) -> list[int]:
        self.index += n
        return [self.guess(i) for i in range(self.index - n, self.index)]

    def empty(self, n: int, node: Node) -> list[int]:
        limit = 1024 if node[0] >= 2.0**-26 else 32 if node[0] >= 2.0**-36 else 1
        x, first = self.guesses(n), self.index - n
        for k in range(n):
            if self.screen(first + k) < limit:
                x[k] ^= self.flip(first + k, class_of(node))
        last = -1
        while self.block.stray.read(self.block.coder):
            k = self.block.raw(n.bit_length() - 1)
            require(last < k and self.screen(first + k) >= limit, "a flip where none is written")
            x[k] ^= 1
            last = k
        return x

    def split(self, n: int, runs: list[Run]) -> list[int]:
        size = n // 2
        starts, at = {}, 0  # where kinds begin, in the half
        for node, length in runs:
            for half in range(2):
                begin, end = max(at - half * size, 0), min(at + length - half * size, size)
                if begin < end:
                    starts[half, begin] = node
            at += length
        cuts = sorted({begin for _, begin in starts})
        x: list[int] = []
        for half in range(2):
            own: list[Run] = []
            a = b = SILENT
            for begin, end in zip(cuts, [*cuts[1:], size], strict=True):
                a, b = starts.get((0, begin), a), starts.get((1, begin), b)
                own.append((halves(a, b, 0.125 * self.curvature)[half], end - begin))
            x += self.read(size, own)
        return [x[i] ^ x[i + size] for i in range(size)] + x[size:]


def read_odds(coder: RangeDecoder, expected: int, log_elements: int) -> int:
    """Return a level's odds."""

    def information(odds: int) -> int:
        return log_elements - abs(odds // 16 - 40)

    def log_unit(odds: int) -> int:
        return min(max(5 - information(odds) // 2, 0), 5)

    def possible(odds: int) -> int:
        return min(max(odds, 0), 1023)

    if coder.decision(CERTAIN // 256 * 255 if information(expected) < 0 else CERTAIN // 8 * 5):
        return expected
    below, digits = coder.raw(1), 0
    while digits < 11 and coder.raw(1):
        digits += 1
    size = (2**digits + (coder.raw(digits) if digits else 0)) << log_unit(expected)
    odds = possible(expected - size if below else expected + size)
    finer = log_unit(odds)
    more = log_unit(expected) - finer
    if more > 0:
        begin = odds - 2 ** log_unit(expected) // 2
        odds = possible(begin + coder.raw(more) * 2**finer + 2**finer // 2)
    return odds


def read_cut(coder: RangeDecoder) -> tuple[int, bool]:
    """Return how many levels are fine, and whether cells are mirrored."""
    fine = coder.raw(4)
    if fine <= 8:
        return fine, not coder.decision(CERTAIN // 8 * 7)
    require(fine == 9, "no such first level")
    fine = coder.raw(6)
    require(8 < fine <= LEVELS, "no such first level")
    return fine, False


def read_rest(block: Block, at_places: list[int], level: int) -> None:
    """Flip bits behind the levels, where the sender's are not the shared ones."""
    coder, n = block.coder, len(at_places)
    if coder.decision(CERTAIN // 8 * (7 if n < 4096 else 1)):
        return
    scale = coder.raw(6) - 8
    near = [
        Context(int(CERTAIN / (1.0 + 4.0 ** ((b - 32) // 2 + 1))), 16) for b in range(NEAR_BINS)
    ]
    far, one = Context(CERTAIN >> 16, 16), Context(CERTAIN >> 6, 16)
    deeper = [Context(CERTAIN // 2, 16) for _ in range(16)]

    def w(place: int, flips: int) -> float:
        if flips:
            bits = random_words(block.key, place << 6 | flips, block.first, 260)[0]
        else:
            screen = block.word(258, place // 4) >> 16 * (place % 4) & 0xFFFF
            bits = screen << 48 | block.word(259, place) >> 16
        return w_of(bits)

    def bin_of_place(place: int, flips: int, depth: int) -> int:
        cell = at_places[place] >> 64 - depth
        from_end = min(cell, 2**depth - 1 - cell) + 1
        size = half_octave(w(place, flips)) + half_octave(float(from_end)) - 2 * scale
        return max(size + 32, 0)

    for begin in range(0, n, 64):
        bins = [bin_of_place(place, 0, level) for place in range(begin, min(begin + 64, n))]
        some = far.read(coder)
        for place, own in enumerate(bins, begin):
            if own >= NEAR_BINS and not some:
                continue
            context = near[own] if own < NEAR_BINS else one
            depth = level
            flips = 0
            while depth < LEVELS and context.read(coder):
                start = depth
                depth += 1
                while depth < LEVELS and deeper[min(depth - start, 16) - 1].read(coder):
                    depth += 1
                at_places[place] ^= 1 << 64 - depth
                flips += 1
                context = near[min(bin_of_place(place, flips, depth), NEAR_BINS - 1)]


def expected_after(step: int, fine: int, mirrored: bool, odds: int, first: int) -> int:
    """Return the odds that are expected behind a level."""
    if step + 1 < fine:
        return (odds + 640) // 2 if mirrored else min(odds + 24 + max(odds - 592, 0), 832)
    if step + 1 == fine:
        return max(odds - 52, 0) if mirrored else first
    return max(odds - 20, 0)


def read_polar(
    data: bytes, seed: int, first: int, elements: int, contexts: list[int] | None = None
) -> list[int]:
    """Return the positions of a block's elements.

    Args:
        data: Its message.
        seed: The header's.
        first: The number of the first element.
        elements: How many there are.
        contexts: Theirs, if there are any.
    """
    least = elements // ELEMENTS_PER_BYTE
    require(len(data) in (0, least) or len(data) > least, "a message that is too short")
    if len(data) == least:
        data = data.rstrip(b"\0")
    block = Block(data, seed, first, elements, contexts)
    coder = block.coder
    fine, mirrored = read_cut(coder)
    labels, step = [0] * elements, 0
    kinds = range(len(block.sizes))
    logs = [size.bit_length() - 1 for size in block.sizes]
    expected = [416 if mirrored else 540 for _ in kinds]
    first_odds: list[int] = []
    while step < (LEVELS if fine else 0):
        if step >= fine and coder.decision(CERTAIN // 8):
            break
        odds: list[int] = []
        for kind in kinds:
            more = odds[-1] - expected[kind - 1] if odds else 0
            odds.append(read_odds(coder, min(max(expected[kind] + more, 0), 1023), logs[kind]))
        information = [log - abs(own // 16 - 40) for log, own in zip(logs, odds, strict=True)]
        curvature = coder.raw(2) if max(information) >= 8 else 1
        require(curvature < 3, "a level of no known kind")
        first_odds = first_odds or odds
        expected = [
            expected_after(step, fine, mirrored, own, at_first)
            for own, at_first in zip(odds, first_odds, strict=True)
        ]
        x = Level(block, step, curvature).read(block.places, block.root(odds))
        for place in range(elements):
            bit = x[place] ^ block.word(64 + step, place // 64) >> place % 64 & 1
            if step < fine:
                labels[place] |= bit << step
            else:
                labels[place] = labels[place] << 1 | bit
        step += 1
        if step == fine and mirrored:
            half = 1 << (fine - 1)
            labels = [half - 1 - label if label < half else label for label in labels]
    element = block.permutation()
    at_places = [
        label << (64 - step) | random_words(block.key, element[place], first, 257)[0] >> step
        for place, label in enumerate(labels)
    ]
    if 0 < step < LEVELS:
        read_rest(block, at_places, step)
    coder.end()
    positions = [0] * elements
    for place, position in enumerate(at_places):
        positions[element[place]] = position
    return positions
