"""The goals for speed, and what compare.py measured of them.

Each is a ratio or a time of the same run. One whose rows were left out is not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compare_codecs import (
    AD,
    AS,
    BLOCK_4,
    BLOCK_8,
    DAD,
    FILE,
    INDEX_CODE,
    ONE_ELEMENT,
    ONE_THREAD,
    POLAR_FILE,
    of_size,
    several_threads,
    sizes,
)
from compare_peers import YARDSTICK
from compare_rows import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compare_rows import Plan, Row

# Costs at different sizes that differ by no more are flat.
FLAT = 1.25


class Figures:
    """The times of rows, by name and bits."""

    def __init__(self, plan: Plan, rows: list[Row]) -> None:
        self.plan = plan
        self._rows = {(row.name, row.bits): row for row in rows}

    def ns(self, name: str, side: str, bits: float) -> float:
        """Return nanoseconds an element; KeyError if that was not measured."""
        return self._rows[name, bits].ns(side)

    def ratio(self, name: str, side: str, bits: float, other: str = YARDSTICK) -> float:
        """Return a time in that of another row."""
        return self.ns(name, side, bits) / self.ns(other, side, bits)

    def both(self, name: str, bits: float) -> float:
        """Return the time of both sides together."""
        return sum(self.ns(name, side, bits) for side in SIDES)

    def worst(self, name: str, side: str, other: str) -> float:
        """Return the largest ratio to another row, over the numbers of bits."""
        return max(self.ratio(name, side, bits, other) for bits in self.plan.bits)

    def unevenness(self, side: str) -> float:
        """Return the largest cost of an element in the smallest, over sizes of arrays."""
        found = [self.ns(of_size(elements), side, 3) for elements in sizes(self.plan.largest)]
        return max(found) / min(found) if len(found) > 1 else _missing()

    def gain(self, side: str) -> float:
        """Return how many times as fast several threads are as one."""
        if self.plan.threads == 1:
            return _missing()
        several = several_threads(self.plan.threads)
        return self.ns(ONE_THREAD, side, 3) / self.ns(several, side, 3)


def _missing() -> float:
    raise KeyError


@dataclass(frozen=True)
class Goal:
    """What is wanted.

    Attributes:
        text: In words.
        limit: The most, or (with `at_least`) the least.
        measured: Finds the value; KeyError if rows are missing.
        unit: Of both.
    """

    text: str
    limit: float
    measured: Callable[[Figures], float]
    unit: str = "x"
    at_least: bool = False

    def outcome(self, figures: Figures) -> dict[str, Any]:
        """Return what was measured, and whether it is reached; None if it was not measured."""
        try:
            value = self.measured(figures)
        except KeyError:
            value = None
        reached = None
        if value is not None:
            reached = value >= self.limit if self.at_least else value <= self.limit
        return {
            "goal": self.text,
            "limit": self.limit,
            "at_least": self.at_least,
            "unit": self.unit,
            "measured": value,
            "reached": reached,
        }


def goals(plan: Plan) -> Iterator[Goal]:
    """Yield all of them."""
    c, n = YARDSTICK, plan.threads
    yield Goal(f"{AD} decode, in {c}'s, 3 bits", 0.10, lambda f: f.ratio(AD, "decode", 3))
    yield Goal(f"{AD} encode, in {c}'s, 3 bits", 3.0, lambda f: f.ratio(AD, "encode", 3))
    yield Goal(f"{AD} encode, in {c}'s, 5 bits", 5.0, lambda f: f.ratio(AD, "encode", 5))
    yield Goal(
        f"compress + decompress, in {c}'s encode + decode, 3 bits",
        1.0,
        lambda f: f.both(FILE, 3) / f.both(c, 3),
    )
    yield Goal(
        f"{POLAR_FILE}, compress + decompress, in {c}'s encode + decode, 2 bits",
        5.0,
        lambda f: f.both(POLAR_FILE, 2) / f.both(c, 2),
    )
    yield Goal(
        f"{POLAR_FILE}, decompress, in {c}'s decode, 2 bits",
        1.5,
        lambda f: f.ratio(POLAR_FILE, "decode", 2),
    )
    yield Goal(f"{AS} encode, in {AD}'s, worst", 1.5, lambda f: f.worst(AS, "encode", AD))
    yield Goal(f"{DAD} encode, in {AD}'s, worst", 1.0, lambda f: f.worst(DAD, "encode", AD))
    for name, limit in ((BLOCK_4, 1500.0), (BLOCK_8, 6000.0)):
        yield Goal(
            f"{name} encode, an element at 1 bit",
            limit,
            lambda f, name=name: f.ns(name, "encode", 1),
            "ns",
        )
    for side, verb in zip(SIDES, ("pack", "unpack"), strict=True):
        yield Goal(
            f"{INDEX_CODE}, {verb} an index, 3 bits",
            25.0,
            lambda f, side=side: f.ns(INDEX_CODE, side, 3),
            "ns",
        )
    for side in SIDES:
        yield Goal(
            f"{n} threads {side}, times one's speed",
            0.9 * n,
            lambda f, side=side: f.gain(side),
            at_least=True,
        )
    for side in SIDES:
        yield Goal(
            f"cost of an element, {side}, largest in smallest over sizes",
            FLAT,
            lambda f, side=side: f.unevenness(side),
        )
    for side in SIDES:
        yield Goal(
            f"{ONE_ELEMENT}, {side}", 15000.0, lambda f, side=side: f.ns(ONE_ELEMENT, side, 3), "ns"
        )
