"""The adaptive index code in plain Python: the rest of the executable specification.

Continues `astar_rec.reference`, whose other codes make words of single indices. This one makes one
number of them all. An index is a leading one and D bits of path: D + 1 decisions, "does it end at
this level?", with the probabilities of a model that learns, and then the path, bits that are 0 or 1
alike. A range coder [1] keeps an interval of numbers and narrows it by each of these; what is
written is the shortest number of the last interval.

>>> data = pack([1, 3, 1, 6, 2], start=start_of(1.5))
>>> data.hex(), unpack(data, 5, start=start_of(1.5))
('3c67', [1, 3, 1, 6, 2])

Integers alone, as large as they come: here the interval is exact where the core keeps 64 bits of it
and hands on carries. docs/range_coder.md derives what the rounding costs.

References:
    [1] G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a digitised
        message", 1979.
    [2] R. E. Krichevsky, V. K. Trofimov, "The performance of universal encoding", IEEE Trans.
        Information Theory 27, 1981: the estimator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .reference import cell_depth

if TYPE_CHECKING:
    from collections.abc import Sequence

CERTAINTY = 2**24  # of probabilities
ONE = 2**16  # of the numbers behind the start
RAW_BITS = 16  # at a time


# --- The range coder ---------------------------------------------------------------------------
#
# The interval is [low, low + range) / 2^bits. As soon as range falls below 2^32, both are given 32
# more bits.


@dataclass
class Interval:
    """What is left of the numbers from 0 to 1."""

    low: int = 0
    range: int = 2**64 - 1
    bits: int = 64

    def narrow(self, skipped: int, kept: int) -> None:
        """Keep so much of the range, after a part that is skipped."""
        self.low += skipped
        self.range = kept
        if kept < 2**32:
            self.low <<= 32
            self.range <<= 32
            self.bits += 32

    def shortest(self) -> int:
        """Return the first of those numbers in the interval that have the most zero bytes."""
        for zeros in range(64, -1, -8):
            number = -(-self.low >> zeros) << zeros
            if number < self.low + self.range:
                break
        return number


class Encoder:
    """Writes decisions and raw bits."""

    def __init__(self) -> None:
        self.interval = Interval()

    def decide(self, probability: int, yes: bool) -> None:
        """Write a decision; the probability, of `CERTAINTY`, is that of yes."""
        part = self.interval.range * probability // CERTAINTY
        if yes:
            self.interval.narrow(0, part)
        else:
            self.interval.narrow(part, self.interval.range - part)

    def raw(self, width: int, value: int) -> None:
        """Write the number of one of 2^width equal parts, at most `RAW_BITS` at a time."""
        part = self.interval.range >> width
        self.interval.narrow(part * value, part)

    def finish(self) -> bytes:
        """Return the bytes: those after the last that is not zero are left out."""
        number, bits = self.interval.shortest(), self.interval.bits
        return number.to_bytes(bits // 8, "big").rstrip(b"\0")


class Decoder:
    """Reads what an `Encoder` wrote."""

    def __init__(self, data: bytes) -> None:
        self.interval = Interval()
        self.data = data

    def offset(self) -> int:
        """Return how far above low the number lies that the bytes write, as far as it is read."""
        size = self.interval.bits // 8
        return int.from_bytes(self.data[:size].ljust(size, b"\0"), "big") - self.interval.low

    def decide(self, probability: int) -> bool:
        """Read a decision."""
        part = self.interval.range * probability // CERTAINTY
        if self.offset() < part:
            self.interval.narrow(0, part)
            return True
        self.interval.narrow(part, self.interval.range - part)
        return False

    def raw(self, width: int) -> int:
        """Read the number of a part."""
        part = self.interval.range >> width
        value = self.offset() // part
        if value >= 2**width:
            raise ValueError("bits that no encoder writes")
        self.interval.narrow(part * value, part)
        return value

    def finish(self) -> None:
        """Refuse other bytes than an encoder writes for what was read."""
        number, bits = self.interval.shortest(), self.interval.bits
        if self.data != number.to_bytes(bits // 8, "big").rstrip(b"\0"):
            raise ValueError("more data than indices, or less")


# --- The model of depths -----------------------------------------------------------------------


def start_of(bits: float) -> int:
    """Return the start that stands for so many bits of information an element.

    Eighths of a bit, 1 to 255; a start of 0 says that the information is not known.
    """
    return max(1, round(min(255.0, 8 * bits)))


def toward_zero(a: int, b: int) -> int:
    """Return a / b without its fraction."""
    return a // b if a >= 0 else -(-a // b)


def depth_prior(block: int, start: int, level: int) -> tuple[int, int]:
    """Return the probability that an index ends at a level, and as how many indices that counts.

    plateau / (1 + 2^(steepness * (shift + expected bits - level))), where 2^x is straight between
    integers; the constants are scripts/fit_depth_start.py's. Without a start it is one half.

    >>> [round(depth_prior(1, start_of(2), level)[0] / CERTAINTY, 2) for level in range(5)]
    [0.29, 0.43, 0.57, 0.67, 0.73]
    """
    if not start:
        return CERTAINTY // 2, 1
    octave = cell_depth(block)
    log2_block = (octave - 1) * 256 + (block << 8 >> octave)  # straight between powers of two

    def fitted(a: int, b: int, c: int, d: int) -> int:
        varying = toward_zero((c * 256 + d * log2_block) * 8, start + 4)
        return a * 256 + b * log2_block + varying

    plateau = min(max(fitted(201, -47, 11, 19), ONE // 5), ONE - ONE // 50)
    shift = fitted(-156, 46, -408, 18) + ONE // 8 * start * block
    power = fitted(245, -44, 70, -13) * (shift - ONE * level) >> 16
    octave = min(max(power >> 16, -12), 12)
    odds = (ONE + power % ONE << 12) >> (12 - octave)
    return plateau * CERTAINTY // (ONE + odds), 32


@dataclass
class Frequency:
    """How many indices came to a level, and how many of them ended there."""

    reached: int = 0
    ended: int = 0

    def probability(self, prior: int, weight: int) -> int:
        """Return that of ending: with prior 1/2 and weight 1, Krichevsky and Trofimov's [2]."""
        ended = self.ended * CERTAINTY + weight * prior
        return min(max(ended // (self.reached + weight), 1), CERTAINTY - 1)

    def count(self, ended: bool) -> None:
        """Take another one into account."""
        self.reached += 1
        self.ended += ended
        if self.reached == 2**20:
            self.reached //= 2
            self.ended //= 2


CONTEXT_WEIGHT = 16


@dataclass
class Model:
    """The probabilities of depths."""

    block: int = 1
    start: int = 0
    shared: dict[int, Frequency] = field(default_factory=dict)  # by level
    own: dict[tuple[int, int], Frequency] = field(default_factory=dict)  # by context and level

    def probability(self, context: int | None, level: int) -> int:
        """Return the probability that an index ends at a level which it has come to."""
        of_all = self.shared.setdefault(level, Frequency())
        probability = of_all.probability(*depth_prior(self.block, self.start, level))
        if context is None:
            return probability
        of_context = self.own.setdefault((context, level), Frequency())
        return of_context.probability(probability, CONTEXT_WEIGHT)

    def count(self, context: int | None, level: int, ended: bool) -> None:
        """Learn whether it did."""
        self.shared[level].count(ended)
        if context is not None:
            self.own[context, level].count(ended)


# --- The code ----------------------------------------------------------------------------------


def chunks_of(depth: int) -> list[int]:
    """Return in how many bits at a time a path is written: 64-bit words, the first cut short.

    >>> chunks_of(70)
    [6, 16, 16, 16, 16]
    """
    words = [depth % 64] + [64] * (depth // 64)
    return [size for word in words for size in [RAW_BITS] * (word // 16) + [word % 16] if size]


def pack(
    indices: Sequence[int],
    block: int = 1,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> bytes:
    """Return the bytes of indices, integers from 1 to 2^(64 block) - 1.

    Args:
        indices: Of whole blocks: with several words, their number as one integer.
        block: Elements of an index, and its 64-bit words.
        start: See `start_of`.
        contexts: A number for every index, which the receiver also has; or none.
    """
    encoder, model = Encoder(), Model(block, start)
    for i, index in enumerate(indices):
        context = None if contexts is None else contexts[i]
        depth = cell_depth(index)
        for level in range(depth + 1):
            encoder.decide(model.probability(context, level), level == depth)
            model.count(context, level, level == depth)
        left = depth
        for size in chunks_of(depth):
            left -= size
            encoder.raw(size, (index >> left) % 2**size)
    return encoder.finish()


def unpack(
    data: bytes,
    count: int,
    block: int = 1,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> list[int]:
    """Return what was packed; ValueError for bytes that `pack` did not write."""
    decoder, model, indices = Decoder(data), Model(block, start), []
    for i in range(count):
        context = None if contexts is None else contexts[i]
        depth = 0
        while True:
            if depth == 64 * block:
                raise ValueError("an index too large for its words")
            ended = decoder.decide(model.probability(context, depth))
            model.count(context, depth, ended)
            if ended:
                break
            depth += 1
        index = 1
        for size in chunks_of(depth):
            index = index << size | decoder.raw(size)
        indices.append(index)
    decoder.finish()
    return indices
