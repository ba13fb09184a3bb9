"""Polar channel simulation in plain Python: the executable specification of one block.

Exact samples of n targets at once, for little more than their KL, from nothing but the targets'
CDFs at edges of cells of their proposals'. Unlike the searches of `astar_rec.reference` it needs no
density ratio and no bound; it codes whole blocks, and no element alone.

>>> def tail(element: int, edge: int) -> tuple[float, float]:  # positions near 0, or near 1
...     return tilted_tail(40.0 if element % 3 else 1 / 40.0, edge)
>>> message, positions = encode_block(60, 7, 0, tail)
>>> len(message), decode_block(60, 7, 0, message) == positions
(36, True)

In four files, as in cpp/src/polar/, which equals them bit for bit in messages and positions:

====================  ===========================================================================
`polar_transform`     one level: many bits at once through the polar transform
`polar_knowledge`     what the sender knows of the next level's bits
`polar_rest`          all bits behind the last level in one draw
`polar`               blocks: what is said of levels, and positions
====================  ===========================================================================

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
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from .polar_knowledge import (
    BY_ROWS,
    MOST_LEVELS,
    Knowledge,
    Levels,
    TooManyCellsError,
    information,
)
from .polar_rest import Rest, draw
from .polar_transform import (
    CURVATURES,
    MOST_ODDS,
    SILENT,
    Drawing,
    FlipModel,
    Kind,
    Kinds,
    Level,
    Node,
    PolarRandom,
    Reading,
    Side,
    clamp,
)
from .range_coder import CERTAINTY, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .polar_knowledge import Tail

FEW_LEVELS = 8  # at most so many may be mirrored, and are said in FEW_BITS
FEW_BITS = 4
FINE_BITS = 6
NOT_MIRRORED = CERTAINTY // 8 * 7
COARSER = 4  # levels fewer, where there are too many cells
MOST_EXPECTED = 16 * (40 + 12)
LEAST = 11.0  # twice the bits that a difference of odds takes
MOST_DIGITS = 11  # of a difference, behind its first
SAMPLED = 65_536  # elements that stand for all in a sender's prediction
LITTLE = 2.0**-13  # differences of a level, on average, with which what is left is one draw
END = CERTAINTY // 8  # how likely it is that a level behind the fine ones is not there
LEAST_KIND = 1024  # elements: contexts are joined until they have so many
CURVED = 8  # the information of a kind, as a logarithm, from which on a level's curvature is said


# --- What is said of a level --------------------------------------------------------------------


class LevelHeader(NamedTuple):
    """What is said of a level before its bits."""

    odds: list[int]  # of each kind: `Node.from_odds`
    curvature: int = 1  # eighths


class Expectation:
    """What both sides expect of the next level, from those before.

    Odds are said by their difference from those expected, in units that get finer as they matter:
    an error costs about half the level's information, in bits, times its square in octaves.
    """

    def __init__(self, levels: Levels, elements: int) -> None:
        self.levels = levels
        self.log_elements = elements.bit_length() - 1
        self.odds = 16 * 26 if levels.mirrored else 16 * 34 - 4
        self.first = 0

    def information(self, odds: int) -> int:
        """Return what is uncertain, of all bits: the binary logarithm, about."""
        return self.log_elements - abs(odds // 16 - 40)

    def met(self) -> int:
        """Return how likely it is, of 2^24, that odds are those expected."""
        is_little = self.information(self.odds) < 0
        return CERTAINTY // 256 * 255 if is_little else CERTAINTY // 8 * 5

    def serves(self, odds: int) -> bool:
        """Return whether an error costs less than saying so. Flips not looked for are dear."""
        octaves = 0.0625 * (self.odds - odds)
        expected, truth = Node.from_odds(self.odds), Node.from_odds(odds)
        f, g = max(expected.f, truth.f), max(expected.g, truth.g)
        bits = math.ldexp(min(f * octaves * octaves, 2.0 * g), self.log_elements)
        return bits <= LEAST and expected.screen >= truth.screen

    def log_unit(self, odds: int) -> int:
        """Return the binary logarithm of the unit in which odds are said."""
        return clamp(5 - self.information(odds) // 2, 0, 5)

    def shift(self, by: int) -> None:
        """Move odds by what those of the kind before are above the expected ones."""
        self.odds = clamp(self.odds + by, 0, MOST_ODDS)

    def follow(self, step: int, odds: int) -> None:
        """Go on behind the level of a step.

        Smooth targets' bits are better known in wider cells. Where ratios of densities are nearly
        straight, mirrored cells have halves whose differences are those of the cells, squared.
        Behind the fine levels remain elements in tails, about half as many with each level.
        """
        if step == 0:
            self.first = odds
        mirrored = self.levels.mirrored
        if step + 1 > self.levels.fine:
            self.odds = max(odds - 20, 0)
        elif step + 1 == self.levels.fine:
            self.odds = max(odds - 52, 0) if mirrored else self.first
        elif mirrored:
            self.odds = (odds + 640) // 2
        else:
            self.odds = min(odds + 24 + max(odds - 592, 0), MOST_EXPECTED)


class Measured:
    """What a sender measures of a kind's differences d. Whatever else it says decodes, too."""

    def __init__(self, d: Sequence[float]) -> None:
        self.d = d[:SAMPLED]
        whole = rest = 0.0
        for x in self.d:
            i = information(x)
            whole += i
            rest += 1.0 - i
        self.f, self.g = whole / len(self.d), rest / len(self.d)

    def odds(self) -> int:
        """Return the kind's odds."""
        return Node.to_odds(self.f, self.g)

    def curvature(self) -> int:
        """Return k of the information f^2 (1 + k g^2) of pairs, rounded to eighths."""
        half = len(self.d) // 2
        if half == 0:
            return 1
        pairs = 0.0
        for k in range(half):
            pairs += information(self.d[k] * self.d[k + half])
        excess, unit = pairs / half - self.f * self.f, self.f * self.f * (self.g * self.g)
        return 0 if not excess >= 0.0625 * unit else 1 if not excess >= 0.1875 * unit else 2


# Both sides agree in the same steps: a sender writes what is true, and a receiver, who has nothing
# of that, reads it.


def agree_on_size(side: Side, size: int) -> int:
    """Agree on a number of at least 1: the number of its digits behind the first, and those."""
    length, digits = size.bit_length() - 1, 0
    while digits < MOST_DIGITS and side.say_raw(int(digits < length), 1):
        digits += 1
    first = 1 << digits
    return first if digits == 0 else first | side.say_raw(size & (first - 1), digits)


def agree_on_odds(side: Side, expectation: Expectation, truth: int) -> int:
    """Agree on a kind's odds.

    In units that suit those expected; then, if units are finer at the odds so said, by the number
    of such a finer part.
    """
    expected = expectation.odds
    if side.decide(expectation.serves(truth), expectation.met()):
        return expected
    log_unit = expectation.log_unit(expected)
    unit = 1 << log_unit
    units = max((abs(truth - expected) + unit // 2) // unit, 1)
    below = side.say_raw(int(truth < expected), 1)
    said = agree_on_size(side, units) * unit
    middle = clamp(expected - said if below else expected + said, 0, MOST_ODDS)
    finer = expectation.log_unit(middle)
    if finer >= log_unit:
        return middle
    begin = middle - unit // 2
    part = clamp((truth - begin) >> finer, 0, (1 << log_unit - finer) - 1)
    part = side.say_raw(part, log_unit - finer)
    return clamp(begin + (part << finer) + (1 << finer) // 2, 0, MOST_ODDS)


def agree_on_header(
    side: Side, expectations: Sequence[Expectation], truth: Sequence[Measured] | None = None
) -> LevelHeader:
    """Agree on what is said of a level: each kind's odds, the loudest one's curvature."""
    said: list[int] = []
    information: list[int] = []
    deviation = 0
    for kind, expectation in enumerate(expectations):
        expected = expectation.odds
        expectation.shift(deviation)
        odds = agree_on_odds(side, expectation, truth[kind].odds() if truth else 0)
        deviation = odds - expected
        said.append(odds)
        information.append(expectation.information(odds))
    loudest = information.index(max(information))
    if information[loudest] < CURVED:
        return LevelHeader(said, 1)
    curvature = side.say_raw(truth[loudest].curvature() if truth else 0, 2)
    if curvature >= CURVATURES:
        raise ValueError("a level of no known kind")
    return LevelHeader(said, curvature)


def agree_on_levels(side: Side, levels: Levels | None = None) -> Levels:
    """Agree on how positions are cut."""
    truth = levels or Levels(0)
    few = side.say_raw(min(truth.fine, FEW_LEVELS + 1), FEW_BITS)
    if few <= FEW_LEVELS:
        return Levels(few, not side.decide(not truth.mirrored, NOT_MIRRORED))
    fine = side.say_raw(truth.fine, FINE_BITS)
    if few > FEW_LEVELS + 1 or not FEW_LEVELS < fine <= MOST_LEVELS:
        raise ValueError("no such first level")
    return Levels(fine)


# --- A block ------------------------------------------------------------------------------------


def kinds_of(contexts: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the kind of each element, and how many elements each kind has.

    Contexts are joined in order until they have `LEAST_KIND` elements, and what is left then has
    no fewer.
    """
    kind_of: dict[int, int] = {}
    sizes = [0]
    left = len(contexts)
    for context, size in sorted(Counter(contexts).items()):
        if sizes[-1] >= LEAST_KIND and left >= LEAST_KIND:
            sizes.append(0)
        kind_of[context] = len(sizes) - 1
        sizes[-1] += size
        left -= size
    return [kind_of[context] for context in contexts], sizes


class Shared:
    """What both sides have: elements' places in the transform, and random numbers.

    n elements have the first n of its places, by a permutation, those of one kind side by side.
    What fills them up to a power of two carries nothing.
    """

    def __init__(
        self, elements: int, seed: int, first: int, contexts: Sequence[int] | None = None
    ) -> None:
        self.random = PolarRandom(seed, first)
        kind, self.sizes = kinds_of(contexts if contexts is not None else [0] * elements)
        self.element = self.random.permutation(elements)  # at each place
        self.element.sort(key=lambda element: kind[element])  # which keeps the order of each kind
        self.places = 1 << (elements - 1).bit_length()

    def root(self, header: LevelHeader) -> Kinds:
        """Return the root of a level. Like kinds that meet are one."""
        kinds: list[Kind] = []
        last = None
        for odds, size in zip(header.odds, self.sizes, strict=True):
            before = kinds.pop().size if odds == last else 0
            kinds.append(Kind(Node.from_odds(odds), before + size))
            last = odds
        fill = self.places - len(self.element)
        return Kinds((*kinds, Kind(SILENT, fill)) if fill else tuple(kinds))

    def measured(self, d: Sequence[float]) -> list[Measured]:
        """Return what is measured of each kind's differences."""
        ends = list(accumulate(self.sizes))
        return [Measured(d[end - size : end]) for end, size in zip(ends, self.sizes, strict=True)]

    def exchanged(self, step: int) -> list[int]:
        """Return whether 0 and 1 are exchanged, at the elements' places."""
        return [self.random.exchanged(step, place) for place in range(len(self.element))]

    def in_order(self, at_places: Sequence[int]) -> list[int]:
        """Return what there is at places, in the order of elements."""
        in_order = [0] * len(self.element)
        for element, x in zip(self.element, at_places, strict=True):
            in_order[element] = x
        return in_order


def encode_block(
    elements: int,
    seed: int,
    first: int,
    tail: Tail,
    levels: Levels | None = None,
    *,
    precise_above: bool = True,
    smooth: bool = False,
    contexts: Sequence[int] | None = None,
) -> tuple[bytes, list[int]]:
    """Return a block's message, and the positions that the receiver will have.

    Args:
        elements: How many elements the block has, 1 to 2^24.
        seed: Shared with the receiver; 64 bits.
        first: The number of the block's first element in its array; below 2^48.
        tail: tail(element, edge), elements numbered within the block: where an edge lies on the
            proposal's own scale, and the target's signed tail there; see `polar_knowledge.Tail`.
        levels: How positions are cut; by default `Levels.suiting` says.
        precise_above: Whether upper tails are as precise as lower ones. If not they are 1 minus a
            CDF.
        smooth: Whether ratios of densities have no jumps and no kinks.
        contexts: Of each element a number of which the receiver knows, too: elements that have the
            same one carry like information.

    Raises:
        ValueError: Tails that are no distribution's, or too imprecise.
    """
    levels = levels or Levels.suiting(tail, elements)
    shared = Shared(elements, seed, first, contexts)
    try:
        knowledge = Knowledge(
            tail, shared.element, levels, precise_above=precise_above, smooth=smooth
        )
    except TooManyCellsError:
        fewer = Levels(max(levels.fine - COARSER, BY_ROWS))
        return encode_block(
            elements,
            seed,
            first,
            tail,
            fewer,
            precise_above=precise_above,
            smooth=smooth,
            contexts=contexts,
        )
    model, out = FlipModel(), Encoder()
    side = Drawing(out)
    agree_on_levels(side, levels)
    expectations = [Expectation(levels, size) for size in shared.sizes]
    for step in range(MOST_LEVELS):
        d = knowledge.differences()
        if step >= levels.fine and side.decide(mean_size(d) <= LITTLE, END):
            break
        exchanged = shared.exchanged(step)
        header = agree_on_header(side, expectations, shared.measured(d))
        follow(expectations, step, header)
        level = Level(side, shared.random, step, model, header.curvature)
        at_places = [-x if bit else x for x, bit in zip(d, exchanged, strict=True)]
        at_places += [0.0] * (shared.places - elements)
        x = level.draw(at_places, shared.places, shared.root(header))
        knowledge.take([x[place] ^ bit for place, bit in enumerate(exchanged)])
    rest = Rest(shared.random, shared.element, knowledge.labels, knowledge.step)
    positions = shared.in_order(draw(side, rest, knowledge))
    return out.finish(), positions


def follow(expectations: Sequence[Expectation], step: int, header: LevelHeader) -> None:
    """Go on behind the level of a step."""
    for expectation, odds in zip(expectations, header.odds, strict=True):
        expectation.follow(step, odds)


def mean_size(d: Sequence[float]) -> float:
    """Return the mean of |d|, added up in four parts."""
    sums = [0.0] * 4
    for i, value in enumerate(d):
        sums[i % 4] += abs(value)
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) / len(d)


def decode_block(
    elements: int, seed: int, first: int, message: bytes, contexts: Sequence[int] | None = None
) -> list[int]:
    """Return the positions of a block. A ValueError says that no sender wrote the message."""
    model, source = FlipModel(), Decoder(message)
    side = Reading(source)
    levels = agree_on_levels(side)
    # No levels: all is as both sides share it. So is what a message of no bytes stands for.
    most = 0 if levels.fine == 0 else MOST_LEVELS
    shared = Shared(elements, seed, first, contexts)
    expectations = [Expectation(levels, size) for size in shared.sizes]
    labels = [0] * elements  # at places
    drawn = 0
    while drawn < most:
        step = drawn
        if step >= levels.fine and side.decide(True, END):
            break
        header = agree_on_header(side, expectations)
        follow(expectations, step, header)
        level = Level(side, shared.random, step, model, header.curvature)
        x = level.draw(None, shared.places, shared.root(header))
        for place, exchanged in enumerate(shared.exchanged(step)):
            bit = x[place] ^ exchanged
            if step < levels.fine:
                labels[place] |= bit << step
            else:
                labels[place] = 2 * labels[place] + bit
        drawn += 1
        if drawn == levels.fine:
            labels = [levels.mirror(label) for label in labels]
    rest = Rest(shared.random, shared.element, labels, drawn)
    at_places = draw(side, rest) if drawn else rest.positions
    source.finish()
    return shared.in_order(at_places)


# --- Targets for tests: tails with +, -, *, / alone ----------------------------------------------


def tilted_tail(tilt: float, edge: int) -> tuple[float, float]:
    """Return an edge u in (0, 1), and the signed tail there of the CDF c u / (1 + (c - 1) u).

    Its density ratio to the proposal is c / (1 + (c - 1) u)^2: c, the tilt, at 0, and 1 / c at 1.
    """
    u, from_end = math.ldexp(float(edge), -64), math.ldexp(float(2**64 - edge), -64)
    of_all = 1.0 + (tilt - 1.0) * u
    below, above = tilt * u / of_all, from_end / of_all
    return u, below if below <= 0.5 else -above
