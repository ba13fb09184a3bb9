"""What the sender of a polar block knows of its elements' bits, level by level.

A target is asked for *signed tails* at edges between positions of its proposal: its CDF where that
is at most 1/2, minus its survival function elsewhere, so that neither tail loses digits. Masses of
cells are differences of tails.

Before the fine levels the sender knows the masses of all cells of 2^-L, as far as they matter: of
each element those of a `Window`, with less than 2^-42 on either side of it. A bit that is drawn
leaves every second cell. Once all L bits are, one cell of 2^-L is left, which each further level
halves.

Masses of halves lose their digits as cells shrink. What is lost is known, and differences follow
from those before instead, where that is better. With s = 1 after an upper half and -1 after a lower
one, and the logarithm of the ratio of densities a parabola across the cell,

    d' = d / 2 + s c        c' = c / 4

to within about d^3. Where a ratio may have kinks, c is 0, and d' good to within about d^2.

Floats are IEEE doubles, with +, -, *, / and comparisons, in the order written here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from .families import standardise
from .functions import LOG_2, log_one_plus, portable_log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .families import Distribution

MOST_LEVELS = 60
NEGLIGIBLE = 2.0**-42  # of an element's mass, what lies beyond its window on a side
BY_ROWS = 6  # levels that are looked at without asking where mass is
ROUNDING = 2.0**-52
MARGIN = 4.0
EXACT = 2.0**-30  # what may be lost of any difference
SMALL = 2.0**-11  # of a smooth ratio: its cube is nothing
BLURRED = 2.0**-6  # differences that must not be taken from a CDF of few digits

Tail = Callable[[int, int], tuple[float, float]]
"""tail(element, edge) returns where the edge lies, and the target's signed tail there.

Edge e > 0 lies before position e; as a place of the proposal it is that position's sample.
"""


class Place(NamedTuple):
    """An edge as a place of the proposal, and the target's signed tail there."""

    x: float
    tail: float


FIRST_PLACE = Place(-math.inf, 0.0)
LAST_PLACE = Place(math.inf, -math.ulp(0.0))  # an upper tail, even where it vanishes


def family_tails(targets: Sequence[Distribution], proposals: Sequence[Distribution]) -> Tail:
    """Return the tails of the families' members, in any pairing."""

    def tail(element: int, edge: int) -> tuple[float, float]:
        proposal, target = proposals[element], targets[element]
        x = proposal.sample(proposal.quantile(edge))
        return x, target.tail(standardise(x, target))

    return tail


def mass_between(low: float, high: float) -> float:
    """Return the mass between two edges, from the signed tails there."""
    mass = (high - low) + (1.0 if low >= 0.0 > high else 0.0)
    return mass if mass > 0.0 else 0.0


def information(d: float) -> float:
    """Return what a bit of difference d carries: 1 - h((1 + d) / 2), in bits."""
    a = abs(d)
    if a >= 1.0:
        return 1.0
    if a < 0.125:  # the series of logarithms, to 11 digits
        square = a * a
        more = 1.0 / 30 + square * (1.0 / 56 + square * (1.0 / 90))
        return square * (0.5 + square * (1.0 / 12 + square * more)) / LOG_2
    return 0.5 * ((1.0 + a) * log_one_plus(a) + (1.0 - a) * portable_log(1.0 - a)) / LOG_2


def edge_of(cell: int, level: int) -> int:
    """Return the edge at which a cell of 2^-level begins."""
    return cell << 64 - level


# --- Windows of cells ---------------------------------------------------------------------------


@dataclass
class Window:
    """An element's cells of 2^-level that matter: the tails at their edges, in order."""

    tail: Tail
    element: int
    level: int
    first: int  # the number of the first cell
    tails: list[float]

    @staticmethod
    def whole(tail: Tail, element: int, level: int) -> Window:
        """Return all cells of a level."""
        edges = [edge_of(cell, level) for cell in range(1, 1 << level)]
        inner = [tail(element, edge)[1] for edge in edges]
        return Window(tail, element, level, 0, [FIRST_PLACE.tail, *inner, LAST_PLACE.tail])

    def trim(self) -> None:
        """Leave out cells at the ends beyond which there is next to nothing."""
        begin, end, tails = 0, len(self.tails) - 1, self.tails
        while begin + 1 < end and 0.0 <= tails[begin + 1] <= NEGLIGIBLE:
            begin += 1
        while begin + 1 < end and 0.0 > tails[end - 1] >= -NEGLIGIBLE:
            end -= 1
        self.tails = tails[begin : end + 1]
        self.first += begin

    def refine(self) -> None:
        """Halve all cells."""
        self.trim()
        self.level += 1
        finer: list[float] = []
        for c, low in enumerate(self.tails[:-1]):
            middle = edge_of(2 * (self.first + c) + 1, self.level)
            finer += [low, self.tail(self.element, middle)[1]]
        self.tails = [*finer, self.tails[-1]]
        self.first *= 2

    def masses(self) -> list[float]:
        """Return the cells' masses."""
        return [mass_between(a, b) for a, b in pairwise(self.tails)]


def information_of_last(windows: Sequence[Window]) -> float:
    """Return the mean information of the last level's bit, given the coarser ones."""
    total = 0.0
    for window in windows:
        masses = window.masses()
        for low, high in zip(masses[::2], masses[1::2], strict=True):
            both = low + high
            if both > 0.0:
                total += both * information((low - high) / both)
    return total / len(windows)


# --- Levels -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Levels:
    """How positions are cut into levels. The sender chooses, and the receiver is told."""

    fine: int = 5  # L, 1 to 60: the level drawn first
    mirrored: bool = False  # cells of the lower half are numbered from the middle; L at most 8

    def of(self, step: int) -> int:
        """Return the level of a step, in the order of drawing."""
        return self.fine - step if step < self.fine else step + 1

    def mirror(self, cell: int) -> int:
        """Return the cell of a label, and the label of a cell."""
        half = 1 << self.fine - 1
        return half - 1 - cell if self.mirrored and cell < half else cell

    @staticmethod
    def suiting(tail: Tail, elements: int) -> Levels:
        """Return what suits some targets: so fine that bits behind the first L carry little.

        Of 64 elements, in small and in large blocks of 256. Any other choice is as exact.
        """
        little = 0.025 if elements < 65_536 else 0.05  # bits that a level may leave behind
        few = 0.2  # bits of all: halves of mirrored cells are alike then
        next_to_none = 0.005  # and more levels cost more than they save
        most_cells = 256  # for each element, on average: memory
        some = min(elements, 64 if 1024 <= elements < 65_536 else 256)
        windows = [Window.whole(tail, i * elements // some, 1) for i in range(some)]
        total = information_of_last(windows)
        calm = 0  # levels behind the first three that carry little, one after the other
        for level in range(1, MOST_LEVELS):
            if 2 * sum(len(window.tails) - 1 for window in windows) > most_cells * some:
                return Levels(level - calm)
            for window in windows:
                window.refine()
            more = information_of_last(windows)
            total += more
            calm = calm + 1 if level >= 3 and more <= little else 0
            if calm == 2:  # One level may carry nothing by symmetry alone.
                if total >= few:
                    return Levels(level - 1)
                small = elements < 65_536 or total < next_to_none
                return Levels(2 if small else 4, mirrored=True)
        return Levels(MOST_LEVELS - 1)


class TooManyCellsError(Exception):
    """Levels are so fine that the cells of some targets would not fit into memory."""


# --- Knowledge ----------------------------------------------------------------------------------


@dataclass
class Cells:
    """The cells of an element that agree with the bits drawn so far.

    Their labels are `first`, first + 2^step, first + 2 2^step, ...
    """

    first: int
    masses: list[float]

    @staticmethod
    def of(window: Window, levels: Levels) -> Cells:
        """Return the masses of what matters, in the order of labels.

        Raises:
            ValueError: The masses do not add up to 1.
        """
        if not levels.mirrored:
            window.trim()
        masses = window.masses()
        if levels.mirrored:
            masses = [masses[levels.mirror(label)] for label in range(len(masses))]
        if not abs(math.fsum(masses) - 1.0) < 2.0**-20:
            raise ValueError(f"the masses of element {window.element} do not add up to 1")
        return Cells(window.first, masses)

    def difference(self, step: int) -> float:
        """Return P(0) - P(1) of the next bit."""
        sums = [0.0, 0.0]
        start = self.first >> step
        for c, mass in enumerate(self.masses):
            sums[(start + c) & 1] += mass
        both = sums[0] + sums[1]
        if not both > 0.0:
            raise ValueError("the target has no mass where it was drawn")
        return (sums[0] - sums[1]) / both

    def take(self, step: int, bit: int) -> None:
        """Leave the cells of a bit that was drawn."""
        skipped = (self.first >> step & 1) ^ bit
        self.masses = self.masses[skipped::2]
        self.first += skipped << step


@dataclass
class Halves:
    """The cell that is left of an element, between two edges."""

    low: Place
    high: Place
    middle: Place
    d: float = 0.0
    bend: float = 0.0  # c, of the next level
    last: int = 0  # the last bit
    measured: bool = True  # whether halves are still measured


class Knowledge:
    """What the sender knows.

    Args:
        tail: The targets' signed tails.
        elements: Their numbers. What is said of them is in this order.
        levels: How positions are cut.
        precise_above: Whether upper tails are as precise as lower ones. If not they are 1 minus a
            CDF.
        smooth: Whether ratios of densities have no jumps and no kinks.

    Raises:
        ValueError: An element's masses do not add up to 1.
    """

    def __init__(
        self,
        tail: Tail,
        elements: Sequence[int],
        levels: Levels,
        *,
        precise_above: bool = True,
        smooth: bool = False,
    ) -> None:
        self.tail, self.elements, self.levels = tail, elements, levels
        self.precise_above, self.smooth = precise_above, smooth
        self.step = 0
        self.labels = [0] * len(elements)  # once levels.fine bits are drawn, cells
        self.cells: list[Cells] = []
        self.halves: list[Halves] = []
        for element in elements:
            by_rows = levels.fine if levels.mirrored else min(levels.fine, BY_ROWS)
            window = Window.whole(tail, element, by_rows)
            while window.level < levels.fine:
                window.refine()
            self.cells.append(Cells.of(window, levels))
        count = sum(len(cells.masses) for cells in self.cells)
        if levels.fine > BY_ROWS and not levels.mirrored and count > 512 * len(elements) + 65_536:
            raise TooManyCellsError

    def differences(self) -> list[float]:
        """Return P(0) - P(1) of the next bit of each element.

        Raises:
            ValueError: One has no masses, or masses that are too imprecise to draw from.
        """
        if self.step < self.levels.fine:
            return [cells.difference(self.step) for cells in self.cells]
        return [halves.d for halves in self.halves]

    def difference(self, i: int) -> float:
        """Return P(0) - P(1) of an element's next bit, behind the first L levels."""
        return self.halves[i].d

    def most_behind(self, i: int) -> float:
        """Return what differences of an element's bits add up to at most, from the next one on.

        That is known once halves are no longer measured: d follows, and d / 2 + c, ... with c / 4.
        """
        halves = self.halves[i]
        return 1.0 if halves.measured else 2.0 * abs(halves.d) + 3.0 * abs(halves.bend)

    def take(self, bits: Sequence[int], places: Sequence[int] | None = None) -> None:
        """Learn which bits were drawn: of all elements, or of those at some places alone."""
        places = range(len(self.elements)) if places is None else places
        fine = self.step < self.levels.fine
        for i in places:
            bit = bits[i]
            if fine:
                self.cells[i].take(self.step, bit)
                self.labels[i] |= bit << self.step
                continue
            halves = self.halves[i]
            if halves.measured and bit:
                halves.low = halves.middle
            elif halves.measured:
                halves.high = halves.middle
            halves.d = 0.5 * halves.d + (halves.bend if bit else -halves.bend)
            halves.bend *= 0.25
            halves.last = bit
            self.labels[i] = 2 * self.labels[i] + bit
        self.step += 1
        if self.step == self.levels.fine:
            self._begin_halving()
        if self.levels.fine <= self.step < MOST_LEVELS:
            for i in places:
                self._measure(i)

    def _begin_halving(self) -> None:
        level = self.levels.fine
        last = (1 << level) - 1
        self.labels = [self.levels.mirror(label) for label in self.labels]
        for element, cell in zip(self.elements, self.labels, strict=True):
            low, high = FIRST_PLACE, LAST_PLACE
            if cell > 0:
                low = Place(*self.tail(element, edge_of(cell, level)))
            if cell < last:
                high = Place(*self.tail(element, edge_of(cell + 1, level)))
            self.halves.append(Halves(low, high, low))

    def _measure(self, i: int) -> None:
        """Measure the halves of a cell, where they still have digits."""
        cell, element = self.halves[i], self.elements[i]
        if not cell.measured:
            return
        edge = edge_of(2 * self.labels[i] + 1, self.levels.of(self.step))
        cell.middle = Place(*self.tail(element, edge))
        low, mid, high = cell.low, cell.middle, cell.high
        below, above = mass_between(low.tail, mid.tail), mass_between(mid.tail, high.tail)
        both = below + above
        measured = (below - above) / both if both > 0.0 else math.nan
        # What rounding may have done to the difference, of tails and of places
        largest = max(self._size(low.tail), self._size(mid.tail), self._size(high.tail))
        of_tails = ROUNDING * largest / both if both > 0.0 else math.inf
        of_places, width = 0.0, high.x - low.x
        if width < math.inf:
            far = max(abs(low.x), abs(high.x))
            of_places = ROUNDING * far / width if width != 0.0 else math.inf
        # A difference may be small by symmetry alone: what it would be, had the last one no such
        # luck.
        first = self.step == self.levels.fine
        scale = 1.0 if first else max(measured, -measured, abs(cell.d))
        following = scale * scale * scale if self.smooth else scale * scale
        noise = MARGIN * (of_tails + of_places)
        # Where a density jumps nothing follows from the difference before: what was measured shows
        # it, and so does a half without mass, however coarse places are.
        inside = low.x < mid.x < high.x
        ends = (below == 0.0 or above == 0.0) and inside and MARGIN * of_tails < 1.0
        jumps = noise < abs(measured - cell.d) or ends
        sure = both > 0.0 and (noise < following or noise < EXACT or jumps)
        too_blurred = not scale < BLURRED and high.tail < 0.0 and of_tails > of_places
        if not sure and not self.precise_above and too_blurred:
            raise ValueError(
                f"the CDF of element {element} says too little so far up: give a survival function"
            )
        if sure:
            if self.smooth and not first:
                half = cell.d - (4.0 if cell.last else -4.0) * cell.bend  # of the one before
                cell.bend = 0.25 * (measured - half if cell.last else half - measured)
            cell.d = measured
        cell.measured = sure and not (self.smooth and scale < SMALL)

    def _size(self, tail: float) -> float:
        return 1.0 if tail < 0.0 and not self.precise_above else abs(tail)
