"""All bits of a polar block's positions behind its last level, in one draw.

What is left of a position is shared: a *rest* of random bits that both sides have. Bit by bit, the
sender takes what is shared, unless that is the less likely of the two: then it flips the bit with
probability |d|, which leaves P(0) = (1 + d) / 2. One shared number w in (0, 1) decides for all bits
together: with R the probability that one of those so far is flipped, the first of them flips at
which R exceeds w. Behind a flip the same begins anew, with another w. So most elements need one
look at w, and the receiver, who sees w, too, has little to hear.

Where |d| falls by half with each bit, R lies anywhere between 0 and 2 |d|, and a flip has the
probability |d|. A cell of 2^-l that is the m-th from the nearer end has |d| of about 1 / m, times a
number that is much the same for all elements where proposals have tails like a normal's. So w m is
what tells how likely a flip is, by that number, its `scale`, which the message says.

docs/polar.md derives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .polar_knowledge import MOST_LEVELS
from .polar_transform import Context, clamp, half_octave
from .range_coder import CERTAINTY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .polar_knowledge import Knowledge
    from .polar_transform import PolarRandom, Side

TOGETHER = 64  # places of which those where no flip is expected are said at once
SCALE_BITS = 6
LEAST_SCALE = -8  # the binary logarithm
NEAR = 8  # half-octaves of w m over the scale from which on none is expected
FIRST_BIN = -32  # half-octaves; all below are one
BINS = NEAR - FIRST_BIN
SEEN = 16  # observations that the start of a context is worth
DEPTHS = 16  # that have contexts of their own
SAMPLED = 65_536  # places that stand for all in the sender's choice of a scale
FEW = 4096  # elements of which none may need a flip


class Rest:
    """What both sides have of a block's positions behind its levels.

    Args:
        random: The block's random numbers.
        elements: The element at each place.
        labels: At each place the cell, of 2^-level.
        level: How many levels there are.
    """

    def __init__(
        self, random: PolarRandom, elements: Sequence[int], labels: Sequence[int], level: int
    ) -> None:
        self.random, self.level = random, level
        self.positions = [
            label << 64 - level | random.remainder(element) >> level
            for element, label in zip(elements, labels, strict=True)
        ]

    def shared(self, place: int, level: int) -> int:
        """Return the bit of a level, of the positions so far."""
        return self.positions[place] >> 64 - level & 1

    def flip(self, place: int, level: int) -> None:
        """Flip the bit of a level."""
        self.positions[place] ^= 1 << 64 - level

    def from_end(self, place: int, level: int) -> int:
        """Return the number of a position's cell of 2^-level, counted from 1 at the nearer end."""
        cell = self.positions[place] >> 64 - level
        return min(cell, (1 << level) - 1 - cell) + 1


def flips(knowledge: Knowledge, rest: Rest) -> list[list[int]]:
    """Return for each place the levels whose bits the sender flips."""
    found: list[list[int]] = [[] for _ in rest.positions]
    flipped = [0.0] * len(found)  # R
    w = [rest.random.rest_w(place, 0) for place in range(len(found))]
    bits = [0] * len(found)
    active: Sequence[int] = range(len(found))
    for level in range(rest.level + 1, MOST_LEVELS + 1):
        active = [
            i for i in active if w[i] < flipped[i] + (1.0 - flipped[i]) * knowledge.most_behind(i)
        ]
        for i in active:
            d, bits[i] = knowledge.difference(i), rest.shared(i, level)
            if d > 0.0 if bits[i] else d < 0.0:
                flipped[i] += (1.0 - flipped[i]) * abs(d)
                if w[i] < flipped[i]:
                    bits[i] ^= 1
                    found[i].append(level)
                    flipped[i], w[i] = 0.0, rest.random.rest_w(i, len(found[i]))
        knowledge.take(bits, active)
    return found


@dataclass
class Model:
    """How likely flips are, as far as both sides know."""

    scale: int  # the binary logarithm
    near: list[Context] = field(default_factory=lambda: [start_of(b) for b in range(BINS)])
    far: Context = field(default_factory=lambda: Context(CERTAINTY >> 16, SEEN))
    far_one: Context = field(default_factory=lambda: Context(CERTAINTY >> 6, SEEN))
    deeper: list[Context] = field(
        default_factory=lambda: [Context(CERTAINTY // 2, SEEN) for _ in range(DEPTHS)]
    )

    def bin_of(self, w: float, from_end: int) -> int:
        """Return half-octaves of w m over the scale, from `FIRST_BIN` up."""
        size = half_octave(w) + half_octave(float(from_end)) - 2 * self.scale
        return max(size - FIRST_BIN, 0)


def start_of(number: int) -> Context:
    """Return how likely a flip is at first: about 1 / (1 + x^2), with x = 2 w m over the scale."""
    octaves = (number + FIRST_BIN) // 2 + 1
    square = 2.0 ** (2 * octaves)
    return Context(int(CERTAINTY / (1.0 + square)), SEEN)


def scale_of(knowledge: Knowledge, rest: Rest) -> int:
    """Return what the sender says of the scale: the mean of |d| m. Any other decodes, too."""
    total, places = 0.0, min(len(rest.positions), SAMPLED)
    for i in range(places):
        total += abs(knowledge.difference(i)) * float(rest.from_end(i, rest.level))
    mean = total / places
    octave = half_octave(mean) >> 1 if mean > 0.0 else LEAST_SCALE
    return clamp(octave - LEAST_SCALE, 0, (1 << SCALE_BITS) - 1)


def draw(side: Side, rest: Rest, knowledge: Knowledge | None = None) -> list[int]:
    """Return the positions at each place. The receiver has no knowledge."""
    if rest.level == MOST_LEVELS:
        return rest.positions
    n = len(rest.positions)
    said = scale_of(knowledge, rest) if knowledge else 0
    found = flips(knowledge, rest) if knowledge else [[] for _ in range(n)]
    none = CERTAINTY // 8 * (7 if n < FEW else 1)
    if side.decide(not any(found), none):
        return rest.positions
    model = Model(side.say_raw(said, SCALE_BITS) + LEAST_SCALE)
    for begin in range(0, n, TOGETHER):
        places = range(begin, min(begin + TOGETHER, n))
        bins = [
            model.bin_of(rest.random.rest_w(i, 0), rest.from_end(i, rest.level)) for i in places
        ]
        some = any(found[i] for i, b in zip(places, bins, strict=True) if b >= BINS)
        some = side.say(some, model.far)
        for i, b in zip(places, bins, strict=True):
            if b < BINS:
                follow(side, rest, model, i, found[i], model.near[b])
            elif some:
                follow(side, rest, model, i, found[i], model.far_one)
    return rest.positions


def follow(
    side: Side, rest: Rest, model: Model, place: int, levels: Sequence[int], context: Context
) -> None:
    """Agree on the levels that are flipped at a place."""
    level, done = rest.level, 0
    while level < MOST_LEVELS and side.say(done < len(levels), context):
        first, level = level, level + 1
        truth = levels[done] if levels else 0
        while level < MOST_LEVELS and side.say(
            level < truth, model.deeper[min(level - first, DEPTHS) - 1]
        ):
            level += 1
        rest.flip(place, level)
        done += 1
        w = rest.random.rest_w(place, done)
        number = model.bin_of(w, rest.from_end(place, level))
        context = model.near[min(number, BINS - 1)]
