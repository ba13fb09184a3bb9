"""Polar channel simulation in plain Python: the executable specification of one block.

Exact samples of n targets at once, for little more than their KL, from nothing but the targets'
CDFs at edges of cells of their proposals'. Unlike the searches of `astar_rec.reference` it needs no
density ratio and no bound; it codes whole blocks, and no element alone.

>>> def tail(element: int, edge: int) -> tuple[float, float]:  # positions near 0, or near 1
...     return tilted_tail(40.0 if element % 3 else 1 / 40.0, edge)
>>> message, positions = encode_block(60, 7, 0, tail)
>>> len(message), decode_block(60, 7, 0, message) == positions
(38, True)

In three files, as in cpp/src/polar/, which equals them bit for bit in messages and positions:

====================  ===========================================================================
`polar_transform`     one level: many bits at once through the polar transform
`polar_knowledge`     what the sender knows of the next level's bits
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
from typing import TYPE_CHECKING, NamedTuple

from .polar_knowledge import (
    BY_ROWS,
    MOST_LEVELS,
    Knowledge,
    Levels,
    TooManyCellsError,
    information,
)
from .polar_transform import (
    CURVATURES,
    SILENT,
    Drawing,
    FlipModel,
    Level,
    Node,
    Nodes,
    PolarRandom,
    Reading,
    clamp,
)
from .range_coder import CERTAINTY, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .polar_knowledge import Tail

FINE_BITS = 6
COARSER = 4  # levels fewer, where there are too many cells
AT_ITS_END = CERTAINTY // 32  # that no level follows
AS_EXPECTED = CERTAINTY // 8 * 7
COARSE_BELOW = 4096  # elements
COARSE_BITS = 5
COARSE_FIRST = 16
SAMPLED = 8_192  # elements that stand for all in a sender's prediction
LEFT_OVER = 2.0**-32  # of a block's differences, squared and summed: what is left may be uniform


# --- What is said of a level --------------------------------------------------------------------


class LevelHeader(NamedTuple):
    """What is said of a level before its bits."""

    byte: int = 0  # of `Node.from_byte`
    curvature: int = 1  # eighths

    def next(self) -> LevelHeader:
        """Return what is expected of the level after: about half of the elements in tails."""
        return LevelHeader(max(self.byte - 5, 0), 1)


def coarse_header(octave: int) -> LevelHeader:
    """Return the header of a level in a small block."""
    return LevelHeader(4 * (octave + COARSE_FIRST) + 2, 1)


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


def write_header(
    out: Encoder, header: LevelHeader, expected: LevelHeader | None, elements: int
) -> LevelHeader:
    """Write a level's header, and return what the receiver makes of it."""
    if expected is not None:
        expects = serves(expected, header, elements)
        out.decide(AS_EXPECTED, expects)
        if expects:
            return expected
    if elements < COARSE_BELOW:
        octave = clamp(header.byte // 4 - COARSE_FIRST, 0, 2**COARSE_BITS - 1)
        out.raw(COARSE_BITS, octave)
        return coarse_header(octave)
    out.raw(8, header.byte)
    out.raw(2, header.curvature)
    return header


def read_header(source: Decoder, expected: LevelHeader | None, elements: int) -> LevelHeader:
    """Read a level's header."""
    if expected is not None and source.decide(AS_EXPECTED):
        return expected
    if elements < COARSE_BELOW:
        return coarse_header(source.raw(COARSE_BITS))
    header = LevelHeader(source.raw(8), source.raw(2))
    if header.curvature >= CURVATURES:
        raise ValueError("a level of no known kind")
    return header


# --- A block ------------------------------------------------------------------------------------


class Shared:
    """What both sides have: elements' places in the transform, and random numbers.

    n elements have the first n of its places, by a permutation. What fills them up to a power of
    two carries nothing.
    """

    def __init__(self, elements: int, seed: int, first: int) -> None:
        self.random = PolarRandom(seed, first)
        self.element = self.random.permutation(elements)  # at each place
        self.places = 1 << (elements - 1).bit_length()

    def root(self, header: LevelHeader) -> Nodes:
        """Return the root of a level."""
        return Nodes(Node.from_byte(header.byte), SILENT, self.places - len(self.element))

    def exchanged(self, step: int) -> list[int]:
        """Return whether 0 and 1 are exchanged, at the elements' places."""
        return [self.random.exchanged(step, place) for place in range(len(self.element))]

    def position(self, element: int, cell: int, level: int) -> int:
        """Return a position in a cell of 2^-level. Bits behind it are random."""
        return cell << 64 - level | self.random.remainder(element) >> level


def encode_block(
    elements: int,
    seed: int,
    first: int,
    tail: Tail,
    levels: Levels | None = None,
    *,
    precise_above: bool = True,
    smooth: bool = False,
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

    Raises:
        ValueError: Tails that are no distribution's, or too imprecise.
    """
    levels = levels or Levels.suiting(tail, elements)
    shared = Shared(elements, seed, first)
    try:
        knowledge = Knowledge(
            tail, shared.element, levels, precise_above=precise_above, smooth=smooth
        )
    except TooManyCellsError:
        fewer = Levels(max(levels.fine - COARSER, BY_ROWS))
        return encode_block(
            elements, seed, first, tail, fewer, precise_above=precise_above, smooth=smooth
        )
    model, out, expected = FlipModel(), Encoder(), None
    out.raw(FINE_BITS, levels.fine)
    out.raw(1, int(levels.mirrored))
    for step in range(MOST_LEVELS):
        d = knowledge.differences()
        if step >= levels.fine:
            ends = sum_of_squares(d) <= LEFT_OVER and knowledge.even_inside(2.0 * LEFT_OVER)
            out.decide(AT_ITS_END, ends)
            if ends:
                break
        exchanged = shared.exchanged(step)
        header = write_header(out, header_of(d), expected if step > levels.fine else None, elements)
        expected = header.next()
        level = Level(Drawing(out), shared.random, step, model, header.curvature)
        at_places = [-x if bit else x for x, bit in zip(d, exchanged, strict=True)]
        at_places += [0.0] * (shared.places - elements)
        x = level.draw(at_places, shared.places, shared.root(header))
        knowledge.take([x[place] ^ bit for place, bit in enumerate(exchanged)])
    positions = [0] * elements
    for element, cell in zip(shared.element, knowledge.labels, strict=True):
        positions[element] = shared.position(element, cell, knowledge.step)
    return out.finish(), positions


def sum_of_squares(d: Sequence[float]) -> float:
    """Return the sum, added up in four parts."""
    sums = [0.0] * 4
    for i, value in enumerate(d):
        sums[i % 4] += value * value
    return (sums[0] + sums[1]) + (sums[2] + sums[3])


def decode_block(elements: int, seed: int, first: int, message: bytes) -> list[int]:
    """Return the positions of a block. A ValueError says that no sender wrote the message."""
    model, source, expected = FlipModel(), Decoder(message), None
    levels = Levels(source.raw(FINE_BITS), source.raw(1) == 1)
    if levels.fine > MOST_LEVELS:
        raise ValueError("no such first level")
    # No levels: all is as both sides share it. So is what a message of no bytes stands for.
    most = 0 if levels.fine == 0 else MOST_LEVELS
    shared = Shared(elements, seed, first)
    labels = [0] * elements  # at places
    drawn = 0
    while drawn < most:
        step = drawn
        if step >= levels.fine and source.decide(AT_ITS_END):
            break
        header = read_header(source, expected if step > levels.fine else None, elements)
        expected = header.next()
        level = Level(Reading(source), shared.random, step, model, header.curvature)
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
    source.finish()
    positions = [0] * elements
    for element, cell in zip(shared.element, labels, strict=True):
        positions[element] = shared.position(element, cell, drawn)
    return positions


# --- Targets for tests: tails with +, -, *, / alone ----------------------------------------------


def tilted_tail(tilt: float, edge: int) -> tuple[float, float]:
    """Return an edge u in (0, 1), and the signed tail there of the CDF c u / (1 + (c - 1) u).

    Its density ratio to the proposal is c / (1 + (c - 1) u)^2: c, the tilt, at 0, and 1 / c at 1.
    """
    u, from_end = math.ldexp(float(edge), -64), math.ldexp(float(2**64 - edge), -64)
    of_all = 1.0 + (tilt - 1.0) * u
    below, above = tilt * u / of_all, from_end / of_all
    return u, below if below <= 0.5 else -above
