"""What compare.py measures: rows of two calls, one that encodes and one that decodes.

A measurement is a named generator of rows; `compare_peers.py` and `compare_codecs.py` end with a
list of theirs. A row is made ready, checked (what comes back is what was sent) and only then timed.

Calls are timed in turn, all of them once and then all of them again, so that a machine that slows
down slows down all. What is reported is the least of a call's times. It is time of the processor,
not of the clock on the wall: the same on a machine with nothing else to do, and not much wrong on
one that is shared. Rows that compare numbers of threads are timed by the wall, and all are on a
system whose processor's clock is too coarse (Windows).
"""

from __future__ import annotations

import functools
import gc
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 1
SIDES = ("encode", "decode")
# A shorter call is repeated until its time is this long, in seconds: clocks have a grain.
LEAST_TIME = 0.01
COARSE = time.get_clock_info("process_time").resolution > 0.01 * LEAST_TIME


@dataclass(frozen=True)
class Work:
    """Elements to be coded: normals whose marginal is the proposal."""

    bits: float
    q: rec.Normal
    p: rec.Normal

    @property
    def elements(self) -> int:
        """How many there are."""
        return self.q.loc.size


def targets(information: float, elements: int, seed: int) -> rec.Normal:
    """Return normals with so many bits of information on average, whose marginal is standard."""
    scale = 2.0**-information
    means = np.random.default_rng(seed).normal(size=elements) * np.sqrt(1 - scale * scale)
    return rec.Normal(means, scale)


@functools.cache
def work(bits: float, elements: int) -> Work:
    """Return so many elements of so much information."""
    return Work(bits, targets(bits, elements, SEED), rec.Normal(0.0, 1.0))


@dataclass(frozen=True)
class Plan:
    """What the command line asks for."""

    bits: tuple[float, ...]
    elements: int
    threads: int
    largest: int

    def works(self, share: int = 1) -> Iterator[Work]:
        """Yield the work for each number of bits: one of so many parts of it, for slow calls."""
        for bits in self.bits:
            yield work(bits, self.part(share))

    def part(self, share: int) -> int:
        """Return one of so many parts of the elements: some, and a multiple of 8."""
        return max(8, self.elements // share // 8 * 8)


@dataclass
class Side:
    """A call, and the times that it took."""

    call: Callable[[], object]
    loops: int = 0
    processor: list[float] = field(default_factory=list)  # nanoseconds an element, as is
    wall: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Call for the first time, and find how often a timing repeats the call."""
        self.loops = 1
        while (seconds := self._seconds()[1]) < LEAST_TIME:
            self.loops = max(
                2 * self.loops, int(1.2 * self.loops * LEAST_TIME / max(seconds, 1e-9))
            )

    def time(self, elements: int) -> None:
        """Add a timing."""
        processor, wall = self._seconds()
        self.processor.append(1e9 * processor / self.loops / elements)
        self.wall.append(1e9 * wall / self.loops / elements)

    def _seconds(self) -> tuple[float, float]:
        processor, wall = time.process_time(), time.perf_counter()
        for _ in range(self.loops):
            self.call()
        return time.process_time() - processor, time.perf_counter() - wall


@dataclass
class Row:
    """A way to send the elements of a work.

    Attributes:
        name: Of the way; with `bits` it tells rows apart.
        what: How it was set up.
        verified: What was found to be the same on both sides.
        bits: Information of an element.
        elements: How many a call is about.
        sent: Bits of an element that are sent, if they are counted.
        setting: What depends on the bits: a step, a depth.
        wall: Whether it is timed by the wall.
        steps: Steps of the search, an element, if there is one.
    """

    name: str
    what: str
    verified: str
    bits: float
    elements: int
    sent: float | None
    encode: Side
    decode: Side
    setting: str = ""
    wall: bool = False
    steps: float | None = None

    @property
    def clock(self) -> str:
        """Which of a side's times count."""
        return "wall" if self.wall or COARSE else "processor"

    def ns(self, side: str) -> float:
        """Return the least time of a side, in nanoseconds an element."""
        return min(self._times(side))

    def spread(self, side: str) -> float:
        """Return by how much the middle one of the times is longer, as a share."""
        return statistics.median(self._times(side)) / self.ns(side) - 1

    def as_json(self) -> dict[str, Any]:
        """Return all that is known of it."""
        of_sides = {
            side: {
                "ns": self.ns(side),
                "spread": self.spread(side),
                "processor": getattr(self, side).processor,
                "wall": getattr(self, side).wall,
            }
            for side in SIDES
        }
        names = ("name", "bits", "elements", "sent", "steps", "what", "setting", "verified")
        return {**{name: getattr(self, name) for name in (*names, "clock")}, **of_sides}

    def _times(self, side: str) -> list[float]:
        return getattr(getattr(self, side), self.clock)


def checked(same: bool, name: str, verified: str) -> str:
    """Return what was verified, or end the program: a time would mean nothing."""
    if not same:
        sys.exit(f"{name}: what comes back is not what was sent ({verified})")
    return verified


class Measurement(NamedTuple):
    """A generator of rows, and what it is called."""

    name: str
    rows: Callable[[Plan], Iterator[Row]]


def measure(rows: list[Row], repeats: int) -> None:
    """Time all rows, in turn."""
    sides = [(getattr(row, side), row.elements) for row in rows for side in SIDES]
    for side, _ in sides:
        side.warm_up()
    gc.collect()
    gc.disable()
    try:
        for repeat in range(repeats):
            print(f"\rround {repeat + 1} of {repeats}", end="", file=sys.stderr, flush=True)
            for side, elements in sides:
                side.time(elements)
    finally:
        gc.enable()
        print(file=sys.stderr)
