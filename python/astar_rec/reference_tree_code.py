"""The tree code in plain Python: the rest of the executable specification.

Continues `astar_rec.reference_codes`, whose range coder it uses. An index of AD* names the node of
a tree that won. The receiver can draw the tree: every node's arrival and sample. Given these, most
nodes can hardly win. So a path is said in decisions, at every node "does it stop here?" and then
"does it go right?", each with the probability that a model gives it for what the tree looks like.

>>> from astar_rec.reference import ADStar, Normal, encode
>>> proposal = Normal(0.0, 1.0)
>>> targets = [Normal(mean, 0.25) for mean in (0.4, -1.2, 0.1, 0.9, -0.3)]
>>> sent = [encode(ADStar(), q, proposal, seed=7, element=i).index for i, q in enumerate(targets)]
>>> data = pack(sent, seed=7, start=16)
>>> data.hex(), unpack(data, 5, seed=7, start=16) == sent
('5f1e', True)

In three parts: *contests* say how likely a drawn node is to win, under each of 16 hypotheses about
the information (`LineContest` for one element, `BoxContest` for blocks); `DrawnTree` keeps the part
of the tree around a path; `Model` makes probabilities of the nodes' weights, and learns.
docs/tree_code.md derives the formulas.

What is coded is exact, whatever the probabilities are. But both sides must compute the same: floats
with +, -, *, / and square roots alone, in the order written here, and `portable_log` and
`portable_exp`. (`sum` is not used for floats: from Python 3.12 on it is more accurate than that.)

References:
    [1] M. Mahoney, "Adaptive weighing of context models for lossless data compression", 2005:
        mixing by logistic regression.
    [2] J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
        stochastic optimization", JMLR 12, 2011: the step sizes.
"""

from __future__ import annotations

import math
import struct
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

from .reference import (
    LAST_POSITION,
    LOG_2,
    Address,
    NodeRandom,
    cell_depth,
    cell_first,
    cell_last,
    next_arrival,
    normal_quantile,
    portable_exp,
    portable_log,
    position_within,
)
from .reference_blocks import BoxAddress, halving_order, place_bits
from .reference_codes import CERTAINTY, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Floats = list[float]  # of the hypotheses of a range, in order

# The ways on from a node: to end there, or to a child. The numbers of the children are their places
# in `DrawnTree.at`, too.
STOP, LEFT, RIGHT = 0, 1, 2


def total(values: Iterable[float]) -> float:
    """Return the sum, from the left, each addition rounded by itself."""
    result = 0.0
    for value in values:
        result += value
    return result


# --- Hypotheses --------------------------------------------------------------------------------
#
# Under each a target is N(m, s^2) against the proposal N(0, 1), with m from N(0, 1 - s^2), so that
# the samples of all elements together follow the proposal: -log2(s) bits of information.

BITS = (0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.5, 11.0)
SCALE = tuple(portable_exp(-bits * LOG_2) for bits in BITS)  # s
SPREAD = tuple(math.sqrt(1.0 - s * s) for s in SCALE)  # of m


# --- Two functions of the standard normal ------------------------------------------------------


def normal_density(z: float) -> float:
    """Return the density; the constant is 1 / sqrt(2 pi)."""
    return float.fromhex("0x1.9884533d43651p-2") * portable_exp(-0.5 * (z * z))


@cache
def cdf_table() -> Floats:
    """Return the distribution function from -8 to 8 in steps of 1/64, by Simpson's rule."""
    step = 2.0**-6
    values, value, before = [0.0], 0.0, normal_density(-8.0)
    for i in range(1, 1025):
        z = i * step - 8.0
        here = normal_density(z)
        value += ((before + here) + 4.0 * normal_density(z - 0.5 * step)) * (step / 6.0)
        values.append(value)
        before = here
    return values


def normal_cdf(z: float) -> float:
    """Return the distribution function, straight between the table's entries."""
    place = min(max((z + 8.0) * 64.0, 0.0), 1024.0 - 2.0**-10)
    i = int(place)
    here, following = cdf_table()[i : i + 2]
    return here + (place - i) * (following - here)


@cache
def mean_square(cell: int) -> float:
    """Return the mean of z^2 over a dyadic cell; of a deep one, the square at its middle.

    The integral of z^2 times the density is that of the density, and -z times it at the ends.
    """
    depth, first, last = cell_depth(cell), cell_first(cell), cell_last(cell)
    if cell >= 256:
        z = normal_quantile(first | (LAST_POSITION >> depth) >> 1)
        return z * z

    def end(position: int) -> float:
        z = normal_quantile(position)
        return z * normal_density(z)

    left = 0.0 if first == 0 else end(first)
    right = 0.0 if last == LAST_POSITION else end(last)
    return 1.0 + (left - right) * 2.0**depth


# --- Nodes -------------------------------------------------------------------------------------


@dataclass
class Node:
    """A node of the tree, as it is drawn, and how it stands in a contest."""

    address: BoxAddress
    depth: int
    arrival: float
    log_arrival: float
    cells: list[int]  # of each dimension
    z: list[float]  # the sample, as if the proposal were N(0, 1)

    # In a line contest: the means for which it is ahead, under each hypothesis.
    low: Floats = field(default_factory=list)
    high: Floats = field(default_factory=list)

    # In a box contest.
    square: float = 0.0  # the mean of |z|^2 over its box
    now: Floats = field(default_factory=list)
    later: Floats = field(default_factory=list)
    ahead: Floats = field(default_factory=list)  # the least argument of Phi


def draw(address: BoxAddress, depth: int, cells: list[int], after: float) -> Node:
    """Return the node at an address, which arrives after its parent."""
    bits = address.random(Address(address.node))
    arrival = next_arrival(after, math.ldexp(1.0, -depth), bits.arrival)
    places = [place_bits(address.random, address.node, j) for j in range(len(cells))]
    z = [
        normal_quantile(position_within(cell_first(cell), cell_last(cell), place))
        for cell, place in zip(cells, places, strict=True)
    ]
    return Node(address, depth, arrival, portable_log(arrival), cells, z)


class Contest(ABC):
    """How likely drawn nodes are to win, under each hypothesis of a range."""

    least_weight: float
    most_rivals: int

    def __init__(self, hypotheses: range, dimensions: int) -> None:
        self.hypotheses = hypotheses
        self.dimensions = dimensions

    def nodes_meet(self) -> bool:
        """Return whether nodes are compared with each other."""
        return True

    @abstractmethod
    def enter(self, node: Node, parent: Node | None) -> None:
        """Let a node into the contest, before it meets others."""

    @abstractmethod
    def meet(self, node: Node, rival: Node) -> None:
        """Take from the node what the rival wins."""

    @abstractmethod
    def weight(self, node: Node) -> Floats:
        """Return the weight of the node."""

    @abstractmethod
    def weight_below(self, node: Node) -> Floats:
        """Return the weight of what lies below it."""


# --- One element: intervals of means -----------------------------------------------------------


class LineContest(Contest):
    """For one element: a node's weight is the probability of the means for which it is ahead.

    Two samples x and y with log arrivals a and b tie at one mean of the target,

        m = (x + y) / 2 + s^2 ((a - b) / (x - y) - (x + y) / 2),

    and to the right of it the larger one is ahead. So that is an interval.
    """

    least_weight = 1e-5
    most_rivals = 32

    def enter(self, node: Node, parent: Node | None) -> None:
        """It is ahead everywhere."""
        del parent
        node.low = [-10.0 for _ in self.hypotheses]
        node.high = [10.0 for _ in self.hypotheses]

    def meet(self, node: Node, rival: Node) -> None:
        """Its interval ends where the rival gets ahead."""
        (x,), (y,) = node.z, rival.z
        if x == y:
            return
        middle = 0.5 * (x + y)
        slope = (node.log_arrival - rival.log_arrival) / (x - y) - middle
        for i, h in enumerate(self.hypotheses):
            mean = middle + (SCALE[h] * SCALE[h]) * slope
            if x > y:
                node.low[i] = max(node.low[i], mean)
            else:
                node.high[i] = min(node.high[i], mean)

    def weight(self, node: Node) -> Floats:
        """The probability of its interval."""
        weights = []
        for h, low, high in zip(self.hypotheses, node.low, node.high, strict=True):
            per_spread = 1.0 / SPREAD[h]
            part = normal_cdf(high * per_spread) - normal_cdf(low * per_spread)
            weights.append(part if low < high else 0.0)
        return weights

    def weight_below(self, node: Node) -> Floats:
        """Nothing: what is not drawn is left out of account."""
        del node
        return [0.0 for _ in self.hypotheses]


# --- Blocks: the density of winners ------------------------------------------------------------
#
# A sample x of k elements has the log ratio L = -k log s + |x|^2 / 2 - |x - m|^2 / (2 s^2), and if
# it arrives at t, none that is yet unseen beats it with the probability g = exp(-t exp(-L)). If x
# wins, m comes from N(spread^2 x, s^2 spread^2 I), so that |x - m|^2 / s^2 is
#
#     (s |x| - spread e)^2 + spread^2 c^2,   e normal, c^2 chi-squared, k - 1 degrees of freedom.
#
# A table over |x| and log t holds two expectations over e and c: E[exp(-L) g], "now", and E[g],
# "later". L goes into bins first.

ROWS = 16  # evenly for |x| from 0 to `furthest`
COLUMNS = 45  # for log t = -8, -7, ... 36
BINS = 121  # of L, from -14 in steps of 1/2
GAPS_BELOW, GAPS_ABOVE = 80, 10  # in bins of L to log t: g is 1 below and 0 above


def furthest(dimensions: int) -> float:
    """Return the |x| of the last row."""
    return math.sqrt(float(40 + 6 * dimensions))


@cache
def kernel() -> Floats:
    """Return g for log t from 80 bins below L to 10 above."""
    gaps = range(-GAPS_BELOW, GAPS_ABOVE + 1)
    return [portable_exp(-portable_exp(gap * 0.5)) for gap in gaps]


@cache
def parts(dimensions: int) -> list[tuple[float, float, float]]:
    """Return values of e and c^2, with probabilities."""
    values = []
    for i in range(-12, 13):
        e = 0.5 * i
        for j in range(16):
            c = 0.45 * (j + 0.5)
            weight = portable_exp(-0.5 * (e * e + c * c))
            for _ in range(2, dimensions):
                weight *= c
            values.append((e, c * c, weight))
    whole = total(weight for _, _, weight in values)
    return [(e, c2, weight / whole) for e, c2, weight in values]


def bins(dimensions: int, row: int, h: int) -> Floats:
    """Return the distribution of L; what lies between two bins goes to both in part."""
    norm = furthest(dimensions) * row / 15.0
    most = float(dimensions) * (BITS[h] * LOG_2) + 0.5 * (norm * norm)
    out = [0.0] * BINS
    for e, c2, probability in parts(dimensions):
        apart = SCALE[h] * norm - SPREAD[h] * e
        square = apart * apart + (SPREAD[h] * SPREAD[h]) * c2
        place = min((most - 0.5 * square + 14.0) * 2.0, 120.0 - 2.0**-10)
        if place >= 0.0:  # otherwise g is 0
            i = int(place)
            above = place - i
            out[i] += probability * (1.0 - above)
            out[i + 1] += probability * above
    return out


def kept(value: float) -> float:
    """Return it as a float32; what would not be a normal number there is 0."""
    rounded: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return 0.0 if value < 1e-30 else rounded


@cache
def table_row(dimensions: int, row: int, h: int) -> list[tuple[float, float]]:
    """Return "now" and "later" of every column."""
    probability = bins(dimensions, row, h)
    density = [p * portable_exp(-(i * 0.5 - 14.0)) for i, p in enumerate(probability)]
    entries = []
    for column in range(COLUMNS):
        here = 12 + 2 * column  # the bin of log t
        reach = range(here - GAPS_ABOVE, BINS)
        g = [kernel()[max(here + GAPS_BELOW - i, 0)] for i in reach]
        now = total(density[i] * g[n] for n, i in enumerate(reach))
        later = total(probability[i] * g[n] for n, i in enumerate(reach))
        entries.append((kept(now), kept(later)))
    return entries


NOW, LATER = 0, 1


class BoxContest(Contest):
    """For blocks: a node's weight is the density of winners at its sample.

    In blocks of up to 4 nodes also meet. If x wins, m is normal around it, and x is ahead of a
    sample y at the distance d, with log arrivals a and b, with the probability Phi of

        spread d / (2 s) + s (b - a) / (spread d).

    The least of these multiplies the weight. As they stand for some of what g stands for, the table
    is asked for an arrival that is earlier.
    """

    least_weight = 1e-25
    most_rivals = 16

    def nodes_meet(self) -> bool:
        """In small blocks."""
        return self.dimensions <= 4

    def enter(self, node: Node, parent: Node | None) -> None:
        """Look up what depends on itself alone."""
        if parent is None:
            node.square = float(self.dimensions)
        else:
            halved = zip(node.cells, parent.cells, strict=True)
            ((cell, whole),) = (pair for pair in halved if pair[0] != pair[1])
            node.square = max(parent.square + (mean_square(cell) - mean_square(whole)), 0.0)
        square = total(z * z for z in node.z)
        seen = (5 - self.dimensions) / 3.0 if self.nodes_meet() else 0.0
        node.now = self._look_up(NOW, square, node.log_arrival - seen, 1.0)
        mass = math.ldexp(1.0, -node.depth)
        node.later = self._look_up(LATER, node.square, node.log_arrival, mass)
        node.ahead = [8.0 for _ in self.hypotheses]

    def meet(self, node: Node, rival: Node) -> None:
        """Compare it with the rival."""
        square = 1e-12
        for x, y in zip(node.z, rival.z, strict=True):
            apart = x - y
            square += apart * apart
        distance = math.sqrt(square)
        lead = (rival.log_arrival - node.log_arrival) / distance
        for i, h in enumerate(self.hypotheses):
            half_ratio = 0.5 * (SPREAD[h] / SCALE[h])
            argument = half_ratio * distance + (SCALE[h] / SPREAD[h]) * lead
            node.ahead[i] = min(node.ahead[i], argument)

    def weight(self, node: Node) -> Floats:
        """The density of winners, and that it is ahead."""
        if not self.nodes_meet():
            return node.now
        pairs = zip(node.now, node.ahead, strict=True)
        return [now * normal_cdf(ahead) for now, ahead in pairs]

    def weight_below(self, node: Node) -> Floats:
        """The part of later winners that falls into its box."""
        return node.later

    def _look_up(self, what: int, square: float, log_arrival: float, scale: float) -> Floats:
        """Return scale times the table's entry, straight between rows and between columns."""
        down = min(math.sqrt(square) * (15.0 / furthest(self.dimensions)), 15.0 - 2.0**-10)
        along = min(max(log_arrival + 8.0, 0.0), 44.0 - 2.0**-10)
        row, column = int(down), int(along)
        lower = scale * (down - row)
        upper = scale - lower
        right = along - column
        out = []
        for h in self.hypotheses:
            (a, b), (c, d) = (
                [entry[what] for entry in table_row(self.dimensions, i, h)[column : column + 2]]
                for i in (row, row + 1)
            )
            above = (upper * (1.0 - right)) * a + (upper * right) * b
            below = (lower * (1.0 - right)) * c + (lower * right) * d
            out.append(above + below)
        return out


# --- The drawn tree ----------------------------------------------------------------------------


class DrawnTree:
    """A node of the path, its children and grandchildren; and some that were left behind.

    `at` is a heap: the children of at[i] are at[2 i + 1] and at[2 i + 2]. There are no
    grandchildren where the deepest level is near.
    """

    def __init__(self, contest: Contest, order: Sequence[int], random: NodeRandom) -> None:
        self.contest, self.order = contest, order
        self.rivals: deque[Node] = deque(maxlen=contest.most_rivals)
        root = draw(BoxAddress(random), 0, [1] * contest.dimensions, 0.0)
        contest.enter(root, None)
        self.at = [root]
        self._draw_children(3)

    def weigh(self) -> list[Floats]:
        """Return the weights of the three ways on."""
        out = [[self.contest.least_weight for _ in self.contest.hypotheses] for _ in range(3)]

        def add(way: int, weights: Floats) -> None:
            out[way] = [a + b for a, b in zip(out[way], weights, strict=True)]

        add(STOP, self.contest.weight(self.at[0]))
        for i in range(1, len(self.at)):
            way = LEFT if i in (1, 3, 4) else RIGHT
            add(way, self.contest.weight(self.at[i]))
            if i >= 3:
                add(way, self.contest.weight_below(self.at[i]))
        return out

    def descend(self, way: int) -> None:
        """Go on to a child, and draw what comes into view."""
        other = 3 - way
        left = [2 * other + 1, 2 * other + 2, other, 0]
        self.rivals.extend(self.at[i] for i in left if i < len(self.at))
        self.at = self.at[way : way + 1] + self.at[2 * way + 1 : 2 * way + 3]
        if self.at[0].depth + 2 <= len(self.order):
            self._draw_children(3)

    def _draw_children(self, parents: int) -> None:
        """Draw what children there are not yet of the first nodes."""
        for i in range(len(self.at), 2 * parents + 1):
            parent, side = self.at[(i - 1) // 2], (i - 1) % 2
            cells = list(parent.cells)
            j = self.order[parent.depth]
            cells[j] = 2 * cells[j] + side
            node = draw(parent.address.child(side), parent.depth + 1, cells, parent.arrival)
            self.contest.enter(node, parent)
            if self.contest.nodes_meet():
                for rival in self.rivals:
                    self.contest.meet(node, rival)
                for present in self.at:
                    self.contest.meet(node, present)
                    self.contest.meet(present, node)
            self.at.append(node)


# --- The model ---------------------------------------------------------------------------------


class Shares:
    """What share of an array's indices each hypothesis is believed to be true for."""

    def __init__(self, values: Floats) -> None:
        self.values = values
        self.indices = 0.0

    @classmethod
    def of_start(cls, start: int) -> Shares:
        """Return those for so many eighths of a bit an element; 0 if that is not known."""
        values = [1.0 for _ in BITS]
        if start:
            apart = [(bits - 0.125 * start) / (bits + 0.5) for bits in BITS]
            values = [1.0 / (a * a + 0.01) for a in apart]
        whole = total(values)
        return cls([value / whole for value in values])

    def wanted(self) -> range:
        """Return the hypotheses of 1/64 and more, those between them and one on either side."""
        worth = [h for h, share in enumerate(self.values) if share >= 2.0**-6]
        return range(max(worth[0] - 1, 0), min(worth[-1] + 2, len(BITS)))

    def learn(self, hypotheses: range, weights: Floats) -> None:
        """After an index: learn from the weights that its decisions have given to a range."""
        rate = max(6.0 / (self.indices + 8.0), 0.001)
        self.indices += 1.0
        whole = total(self.values[h] for h in hypotheses)
        even = 1.0 / len(hypotheses)
        for h, weight in zip(hypotheses, weights, strict=True):
            proved = weight + 1e-4 * (even - weight)
            self.values[h] += rate * (whole * proved - self.values[h])


class Calibrator:
    """A logistic regression of decisions on inputs [1], which starts by trusting the first alone.

    The first input is the logarithm of the odds. There are several sets of weights.
    """

    def __init__(self) -> None:
        self.sets: dict[int, tuple[Floats, Floats]] = {}

    def probability(self, number: int, inputs: Floats) -> float:
        """Return the probability of yes, by one of the sets."""
        start = ([1.0] + [0.0] * (len(inputs) - 1), [20.0] * len(inputs))
        self.inputs, self.selected = inputs, self.sets.setdefault(number, start)
        log_odds = total(w * x for w, x in zip(self.selected[0], inputs, strict=True))
        surest = 12.0 * LOG_2
        log_odds = min(max(log_odds, -surest), surest)
        self.answer = 1.0 / (1.0 + portable_exp(-log_odds))
        return self.answer

    def learn(self, yes: bool) -> None:
        """Take the decision into account, with steps as in [2]."""
        weights, squares = self.selected
        error = (1.0 if yes else 0.0) - self.answer
        for i, x in enumerate(self.inputs):
            slope = error * x
            squares[i] += slope * slope
            weights[i] += 0.1 * slope / math.sqrt(squares[i])


class Coder(Protocol):
    """Says an index's decisions, or hears them: each is given the probability of yes."""

    def stop(self, probability: int, /) -> bool:
        """Does it end here?"""

    def right(self, probability: int, /) -> bool:
        """Does it go right?"""


class Model:
    """Probabilities of decisions, from nodes' weights and from what the decisions before were."""

    def __init__(self, start: int) -> None:
        self.shared = Shares.of_start(start)
        self.own: dict[int, Shares] = {}  # by context
        self.seen: dict[int, Floats] = {}  # by level: going on, and stopping
        self.stops, self.sides = Calibrator(), Calibrator()

    def begin(self, context: int | None) -> range:
        """Turn to the next index; return the hypotheses of which weights are wanted."""
        self.believed = self.shared
        if context is not None:
            self.believed = self.own.setdefault(context, Shares(list(self.shared.values)))
        self.hypotheses = self.believed.wanted()
        shares = [self.believed.values[h] for h in self.hypotheses]
        whole = total(shares)
        self.weights = [share / whole for share in shares]
        return self.hypotheses

    def decide(self, coder: Coder, tree: DrawnTree, depth: int) -> int:
        """Have the way on from a node said or heard."""
        node, dimension = tree.at[0], tree.order[depth]
        chances = self._chances(tree.weigh())
        mixed = [
            total(w * c for w, c in zip(self.weights, way, strict=True)) * (1.0 - 0.004)
            + 0.004 / 3.0
            for way in chances
        ]
        way, on = STOP, mixed[LEFT] + mixed[RIGHT]

        level = min(depth, 63)
        seen = self.seen.setdefault(level, [0.5, 0.5])
        late = max(node.log_arrival - depth * LOG_2, -7.0)  # for one of its depth
        odds = portable_log(mixed[STOP] / on)
        frequency = portable_log(seen[1] / seen[0])
        p = self.stops.probability(level, [odds, frequency, 1.0, late])
        stops = coder.stop(int(p * CERTAINTY))
        self.stops.learn(stops)
        seen[stops] += 1.0

        if not stops:
            cell = node.cells[dimension]
            number = 16 * dimension + (cell if cell < 16 else 0)
            odds = portable_log(mixed[RIGHT] / mixed[LEFT])
            p = self.sides.probability(number, [odds, 1.0])
            right = coder.right(int(p * CERTAINTY))
            self.sides.learn(right)
            way = RIGHT if right else LEFT

        # Bayes' rule, with some doubt.
        weights = [w * (c + 0.001) for w, c in zip(self.weights, chances[way], strict=True)]
        scale = 1.0 / total(weights)
        self.weights = [max(w * scale, 1e-30) for w in weights]
        return way

    def end(self) -> None:
        """Learn from an index, after its last decision."""
        if self.believed is not self.shared:
            self.believed.learn(self.hypotheses, self.weights)
        self.shared.learn(self.hypotheses, self.weights)

    def _chances(self, weights: list[Floats]) -> list[Floats]:
        """Return the ways' probabilities under each hypothesis."""
        columns = zip(*weights, strict=True)
        scales = [1.0 / ((stop + left) + right) for stop, left, right in columns]
        return [[w * s for w, s in zip(way, scales, strict=True)] for way in weights]


# --- The code ----------------------------------------------------------------------------------


@dataclass
class PathEncoder:
    """Says an index's decisions."""

    encoder: Encoder
    index: int
    level: int = 0

    def stop(self, probability: int) -> bool:
        """Is it as deep as the index?"""
        yes = self.level == cell_depth(self.index)
        self.encoder.decide(probability, yes)
        return yes

    def right(self, probability: int) -> bool:
        """The next bit of the path."""
        self.level += 1
        yes = self.index >> (cell_depth(self.index) - self.level) & 1 == 1
        self.encoder.decide(probability, yes)
        return yes


@dataclass
class PathDecoder:
    """Hears an index's decisions."""

    decoder: Decoder
    index: int = 1

    def stop(self, probability: int) -> bool:
        """Ask the decoder."""
        return self.decoder.decide(probability)

    def right(self, probability: int) -> bool:
        """Ask the decoder, and note the bit."""
        yes = self.decoder.decide(probability)
        self.index = 2 * self.index + yes
        return yes


@dataclass(frozen=True)
class Array:
    """Whose indices are coded: both sides know it.

    Attributes:
        seed: That of the codec.
        first_element: The number of the array's first element.
        block: Elements of an index.
        hints: The codec's, one for each column of the array. Single elements have one column.
        begin: The number in the array of the first index that is coded.
        start: See `astar_rec.reference_codes.start_of`.
        contexts: A number for every index that is coded; or none.
    """

    seed: int
    first_element: int
    block: int
    hints: Sequence[float]
    begin: int
    start: int
    contexts: Sequence[int] | None

    def code_path(self, i: int, model: Model, coder: Coder) -> None:
        """Code the i-th index."""
        columns = len(self.hints)
        row, place = divmod(self.begin + i, -(-columns // self.block))
        first = place * self.block
        order = halving_order(self.hints[first : first + self.block])
        dimensions = min(self.block, columns - first)
        random = NodeRandom(self.seed, self.first_element + row * columns + first)
        hypotheses = model.begin(None if self.contexts is None else self.contexts[i])
        contest = (LineContest if dimensions == 1 else BoxContest)(hypotheses, dimensions)
        tree = DrawnTree(contest, order, random)
        for depth in range(len(order)):  # at the deepest level it is clear that it stops
            way = model.decide(coder, tree, depth)
            if way == STOP:
                break
            tree.descend(way)
        model.end()


def pack(
    indices: Sequence[int],
    seed: int,
    first_element: int = 0,
    block: int = 1,
    hints: Sequence[float] = (0.0,),
    begin: int = 0,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> bytes:
    """Return the bytes of indices that follow each other in an array.

    Args:
        indices: Of AD*, no deeper than it goes; of blocks, as integers of any length.
        seed: See `Array`, also for what follows.
        first_element: The number of the array's first element.
        block: Elements of an index.
        hints: One for each column of the array.
        begin: The number in the array of the first index.
        start: Expected bits an element, in eighths; 0 if unknown.
        contexts: A number for every index, which the receiver also has; or none.
    """
    array = Array(seed, first_element, block, hints, begin, start, contexts)
    encoder, model = Encoder(), Model(start)
    for i, index in enumerate(indices):
        array.code_path(i, model, PathEncoder(encoder, index))
    return encoder.finish()


def unpack(
    data: bytes,
    count: int,
    seed: int,
    first_element: int = 0,
    block: int = 1,
    hints: Sequence[float] = (0.0,),
    begin: int = 0,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> list[int]:
    """Return what was packed; ValueError for bytes that `pack` did not write."""
    array = Array(seed, first_element, block, hints, begin, start, contexts)
    decoder, model, indices = Decoder(data), Model(start), []
    for i in range(count):
        path = PathDecoder(decoder)
        array.code_path(i, model, path)
        indices.append(path.index)
    decoder.finish()
    return indices
