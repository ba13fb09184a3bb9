"""The range coder: decisions of given probabilities and raw bits, as bytes.

A range coder [1] keeps an interval of numbers and narrows it by each decision; what is written is
the shortest number of the last interval. The interval is [low, low + range) / 2^bits. As soon as
range falls below 2^32, both are given 32 more bits.

Integers alone, as large as they come: here the interval is exact where the core keeps 64 bits of it
and hands on carries. docs/range_coder.md derives what the rounding costs.

References:
    [1] G. N. N. Martin, "Range encoding: an algorithm for removing redundancy from a digitised
        message", 1979.
"""

from __future__ import annotations

from dataclasses import dataclass

CERTAINTY = 2**24  # of probabilities
RAW_BITS = 16  # at a time
MOST_BEHIND = 64  # bytes behind the last one that a stream may go on, unless its number is low


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
        self.begins: list[tuple[int, int]] = []  # low and bits, each time that there are more

    def decide(self, probability: int, yes: bool) -> None:
        """Write a decision; the probability, of `CERTAINTY`, is that of yes."""
        part = self.interval.range * probability // CERTAINTY
        if yes:
            self.narrow(0, part)
        else:
            self.narrow(part, self.interval.range - part)

    def raw(self, width: int, value: int) -> None:
        """Write the number of one of 2^width equal parts, at most `RAW_BITS` at a time."""
        part = self.interval.range >> width
        self.narrow(part * value, part)

    def narrow(self, skipped: int, kept: int) -> None:
        """Narrow the interval, and note where it begins if it gets more bits."""
        bits = self.interval.bits
        self.interval.narrow(skipped, kept)
        if self.interval.bits > bits:
            self.begins.append((self.interval.low, self.interval.bits))

    def finish(self) -> bytes:
        """Return the bytes: those after the last that is not zero are left out.

        ValueError for what a decoder refuses, as it goes on too far behind them.
        """
        number, bits = self.interval.shortest(), self.interval.bits
        data = number.to_bytes(bits // 8, "big").rstrip(b"\0")
        for low, known in reversed(self.begins):
            if known // 8 < len(data) + MOST_BEHIND + 4:
                break
            if number != low << (bits - known):
                raise ValueError("goes on too far behind its last byte")
        return data


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
        yes = self.offset() < part
        if yes:
            self.narrow(0, part)
        else:
            self.narrow(part, self.interval.range - part)
        return yes

    def raw(self, width: int) -> int:
        """Read the number of a part."""
        part = self.interval.range >> width
        value = self.offset() // part
        if value >= 2**width:
            raise ValueError("bits that no encoder writes")
        self.narrow(part * value, part)
        return value

    def narrow(self, skipped: int, kept: int) -> None:
        """Narrow the interval; ValueError where it goes on too far behind the bytes."""
        size = self.interval.bits // 8
        self.interval.narrow(skipped, kept)
        is_behind = self.interval.bits // 8 > size >= len(self.data) + MOST_BEHIND
        if is_behind and self.offset() != 0:
            raise ValueError("more decisions than its bytes can hold")

    def finish(self) -> None:
        """Refuse other bytes than an encoder writes for what was read."""
        number, bits = self.interval.shortest(), self.interval.bits
        if self.data != number.to_bytes(bits // 8, "big").rstrip(b"\0"):
            raise ValueError("more data than indices, or less")
