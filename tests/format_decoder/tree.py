"""Code 5, the tree code: docs/tree_code.md, in the order of that page."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Protocol

from .basics import (
    MASK,
    RangeDecoder,
    begin_with,
    child,
    evaluate,
    minus_log,
    order,
    place_word,
    random_words,
    segment,
    standard,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Header(Protocol):
    """What a header says that the tree depends on."""

    seed: int
    offset: int
    start: int
    contexts: int
    hints: tuple[int, ...]
    block: int
    columns: int
    row_blocks: int


def add_up(numbers: Iterable[float]) -> float:
    """Return the sum from left to right. (`sum` rounds differently in newer Pythons.)"""
    result = 0.0
    for number in numbers:
        result = result + number
    return result


def clamp(x: float, a: float, b: float) -> float:
    return min(max(x, a), b)


# --- Functions ----------------------------------------------------------------------------------

LN2 = float.fromhex("0x1.62e42fefa39efp-1")


def log(x: float) -> float:
    half, exponent = math.frexp(x)
    m, e = 2.0 * half, exponent - 1
    g = struct.unpack("<Q", struct.pack("<d", m))[0] % 2**52
    s, u = segment(g << 12)
    return e * LN2 + (m - 1.0) * evaluate(table("log_table.inc")[32 + s], u)


def exp(x: float) -> float:
    if x < -700.0:
        return 0.0
    y = x * float.fromhex("0x1.71547652b82fep0")
    n = int(y - 0.5) if y < 0.0 else int(y + 0.5)
    high, low = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")
    r = (x - n * high) - n * low
    q = 1.0
    for i in range(13, 0, -1):
        q = 1.0 + q * (r / i)
    return math.ldexp(q, n)


def phi(z: float) -> float:
    return float.fromhex("0x1.9884533d43651p-2") * exp(-0.5 * (z * z))


@cache
def cdf_entries() -> list[float]:
    v = [0.0]
    for i in range(1, 1025):
        z = i * 2.0**-6 - 8.0
        ends = phi((i - 1) * 2.0**-6 - 8.0) + phi(z)
        v.append(v[-1] + (ends + 4.0 * phi(z - 2.0**-7)) * (2.0**-6 / 6.0))
    return v


def cdf(z: float) -> float:
    y = clamp((z + 8.0) * 64.0, 0.0, 1024.0 - 2.0**-10)
    i = math.floor(y)
    v = cdf_entries()
    return v[i] + (y - i) * (v[i + 1] - v[i])


def z_at(x: int) -> float:
    return standard("Normal", x)


@cache
def mean_square(cell: int) -> float:
    """Q."""
    d = cell.bit_length() - 1
    f = begin_with(cell - (1 << d), d, 0)
    if cell >= 256:
        z = z_at(f + MASK // 2 ** (d + 1))
        return z * z
    last = begin_with(cell - (1 << d), d, MASK)
    a = 0.0 if f == 0 else z_at(f) * phi(z_at(f))
    b = 0.0 if last == MASK else z_at(last) * phi(z_at(last))
    return 1.0 + (a - b) * 2.0**d


# --- Hypotheses ---------------------------------------------------------------------------------

BITS = [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.5, 11.0]
S = [exp(-bits * LN2) for bits in BITS]
TAU = [math.sqrt(1.0 - s * s) for s in S]


# --- The winners' table -------------------------------------------------------------------------


def far(k: int) -> float:
    return math.sqrt(40.0 + 6.0 * k)


@cache
def parts(k: int) -> list[tuple[float, float, float]]:
    """Return e, c and a probability."""
    weighted = []
    for a in range(-12, 13):
        for b in range(16):
            e, c = 0.5 * a, 0.45 * (b + 0.5)
            weight = exp(-0.5 * (e * e + c * c))
            for _ in range(k - 2):
                weight = weight * c
            weighted.append((e, c, weight))
    whole = add_up(weight for _, _, weight in weighted)
    return [(e, c, weight / whole) for e, c, weight in weighted]


@cache
def bins(k: int, i: int, h: int) -> list[float]:
    r = far(k) * i / 15.0
    most = k * (BITS[h] * LN2) + 0.5 * (r * r)
    p = [0.0] * 121
    for e, c, probability in parts(k):
        v = S[h] * r - TAU[h] * e
        square = v * v + (TAU[h] * TAU[h]) * (c * c)
        y = min((most - 0.5 * square + 14.0) * 2.0, 120.0 - 2.0**-10)
        if y >= 0.0:
            n = math.floor(y)
            w = y - n
            p[n] += probability * (1.0 - w)
            p[n + 1] += probability * w
    return p


def to_binary32(x: float) -> float:
    return 0.0 if x < 1e-30 else struct.unpack("<f", struct.pack("<f", x))[0]


PER_RATIO = [exp(-(n * 0.5 - 14.0)) for n in range(121)]


@cache
def unseen(gap: int) -> float:
    """g, of o - n."""
    return exp(-exp(0.5 * max(gap, -80)))


@cache
def entry(k: int, h: int, i: int, j: int) -> tuple[float, float]:
    """Return now and later."""
    p, o = bins(k, i, h), 12 + 2 * j
    some = range(o - 10, 121)
    now = add_up((p[n] * PER_RATIO[n]) * unseen(o - n) for n in some)
    later = add_up(p[n] * unseen(o - n) for n in some)
    return to_binary32(now), to_binary32(later)


def look_up(which: int, k: int, h: int, square: float, a: float, scale: float) -> float:
    y = min(math.sqrt(square) * (15.0 / far(k)), 15.0 - 2.0**-10)
    x = clamp(a + 8.0, 0.0, 44.0 - 2.0**-10)
    i, j = math.floor(y), math.floor(x)
    lower = scale * (y - i)
    upper, right = scale - lower, x - j

    def t(row: int, column: int) -> float:
        return entry(k, h, row, column)[which]

    above = (upper * (1.0 - right)) * t(i, j) + (upper * right) * t(i, j + 1)
    return above + ((lower * (1.0 - right)) * t(i + 1, j) + (lower * right) * t(i + 1, j + 1))


# --- Nodes --------------------------------------------------------------------------------------


class Node:
    """A node, its numbers under each hypothesis of a range, and what they weigh."""

    def __init__(
        self,
        place: tuple[int, int, int],
        depth: int,
        cells: list[int],
        before: float,
        hypotheses: range,
    ) -> None:
        key, node, element = self.place = place
        self.depth, self.cells, self.hypotheses = depth, cells, hypotheses
        k = len(cells)
        v = random_words(key, node, element, 0)[1] | 1
        self.arrival = before + minus_log(v) / 2.0**-depth
        self.a = log(self.arrival)
        self.z = []
        for j, cell in enumerate(cells):
            d = cell.bit_length() - 1
            word = place_word(key, node, element, j)
            self.z.append(z_at(begin_with(cell - (1 << d), d, word)))
        self.low = dict.fromkeys(hypotheses, -10.0)
        self.high = dict.fromkeys(hypotheses, 10.0)
        self.ahead = dict.fromkeys(hypotheses, 8.0)
        self.square = float(k)
        self.seen = (5 - k) / 3.0 if k <= 4 else 0.0

    def child(self, side: int, column: int) -> Node:
        key, node, element = self.place
        cells = list(self.cells)
        cells[column] = 2 * cells[column] + side
        place = (*child(key, node, element, side), element)
        made = Node(place, self.depth + 1, cells, self.arrival, self.hypotheses)
        change = mean_square(cells[column]) - mean_square(self.cells[column])
        made.square = max(self.square + change, 0.0)
        return made

    def meet(self, other: Node) -> None:
        if len(self.z) > 4:
            return
        if len(self.z) > 1:
            q = 1e-12
            for mine, theirs in zip(self.z, other.z, strict=True):
                q = q + (mine - theirs) * (mine - theirs)
            distance = math.sqrt(q)
            lead = (other.a - self.a) / distance
            for h in self.hypotheses:
                x = (0.5 * (TAU[h] / S[h])) * distance + (S[h] / TAU[h]) * lead
                self.ahead[h] = min(self.ahead[h], x)
            return
        (z,), (z2,) = self.z, other.z
        if z == z2:
            return
        middle = 0.5 * (z + z2)
        slope = (self.a - other.a) / (z - z2) - middle
        for h in self.hypotheses:
            mean = middle + (S[h] * S[h]) * slope
            if z > z2:
                self.low[h] = max(self.low[h], mean)
            else:
                self.high[h] = min(self.high[h], mean)

    def weight(self, h: int) -> float:
        k = len(self.z)
        if k == 1:
            if not self.low[h] < self.high[h]:
                return 0.0
            return cdf(self.high[h] * (1.0 / TAU[h])) - cdf(self.low[h] * (1.0 / TAU[h]))
        norm = add_up(z * z for z in self.z)
        now = look_up(0, k, h, norm, self.a - self.seen, 1.0)
        return now if k > 4 else now * cdf(self.ahead[h])

    def below(self, h: int) -> float:
        if len(self.z) == 1:
            return 0.0
        return look_up(1, len(self.z), h, self.square, self.a, 2.0**-self.depth)


# --- The drawn tree -----------------------------------------------------------------------------


class View:
    """The node (0), its children (1, 2) and its grandchildren (3 to 6), and the rivals."""

    def __init__(self, root: Node, columns: list[int]) -> None:
        self.columns = columns  # which each level halves
        self.rivals: list[Node] = []
        self.nodes = [root]
        self.draw()

    def draw(self) -> None:
        while len(self.nodes) < 7:
            number = len(self.nodes)
            parent = self.nodes[(number - 1) // 2]
            new = parent.child((number - 1) % 2, self.columns[parent.depth])
            for rival in self.rivals:
                new.meet(rival)
            for other in self.nodes:
                new.meet(other)
                other.meet(new)
            self.nodes.append(new)

    def go(self, side: int) -> None:
        stay = [5, 6, 2, 0] if side == 0 else [3, 4, 1, 0]
        self.rivals += [self.nodes[number] for number in stay if number < len(self.nodes)]
        self.rivals = self.rivals[-32 if len(self.nodes[0].z) == 1 else -16 :]
        kept = [1, 3, 4] if side == 0 else [2, 5, 6]
        self.nodes = [self.nodes[number] for number in kept if number < len(self.nodes)]
        if self.nodes[0].depth <= len(self.columns) - 2:
            self.draw()

    def ways(self, h: int) -> tuple[float, float, float]:
        """Return the weights of stopping, of going left and of going right."""
        least = 1e-5 if len(self.nodes[0].z) == 1 else 1e-25
        sides = []
        for family in ([1, 3, 4], [2, 5, 6]):
            weight = least + self.nodes[family[0]].weight(h)
            for number in family[1:]:
                if number < len(self.nodes):
                    weight = weight + self.nodes[number].weight(h)
                    weight = weight + self.nodes[number].below(h)
            sides.append(weight)
        return least + self.nodes[0].weight(h), sides[0], sides[1]


# --- The model ----------------------------------------------------------------------------------


class Shares:
    """What is believed of the hypotheses."""

    def __init__(self, values: list[float]) -> None:
        self.values = values
        self.learnt = 0

    def range(self) -> range:
        good = [h for h in range(16) if self.values[h] >= 1 / 64]
        return range(max(good[0] - 1, 0), min(good[-1] + 1, 15) + 1)

    def learn(self, hypotheses: range, weights: dict[int, float]) -> None:
        rate = max(6.0 / (self.learnt + 8.0), 0.001)
        whole = add_up(self.values[h] for h in hypotheses)
        even = 1.0 / len(hypotheses)
        for h in hypotheses:
            proved = weights[h] + 1e-4 * (even - weights[h])
            self.values[h] = self.values[h] + rate * (whole * proved - self.values[h])
        self.learnt += 1


def first_shares(start: int) -> Shares:
    values = []
    for bits in BITS:
        v = (bits - 0.125 * start) / (bits + 0.5)
        values.append(1.0 / (v * v + 0.01) if start else 1.0)
    whole = add_up(values)
    return Shares([value / whole for value in values])


class Regression:
    """Sets of weights, which learn to correct the odds of decisions."""

    def __init__(self, inputs: int) -> None:
        self.weights = defaultdict(lambda: [1.0] + [0.0] * (inputs - 1))
        self.squares = defaultdict(lambda: [20.0] * inputs)

    def decide(self, coder: RangeDecoder, number: int, inputs: list[float]) -> bool:
        weights, squares = self.weights[number], self.squares[number]
        y = add_up(weight * x for weight, x in zip(weights, inputs, strict=True))
        p = 1.0 / (1.0 + exp(-clamp(y, -12.0 * LN2, 12.0 * LN2)))
        yes = coder.decision(math.floor(p * 2.0**24))
        error = (1.0 if yes else 0.0) - p
        for i, x in enumerate(inputs):
            slope = error * x
            squares[i] = squares[i] + slope * slope
            weights[i] = weights[i] + (0.1 * slope) / math.sqrt(squares[i])
        return yes


class Model:
    """What is learnt from a chunk's indices."""

    def __init__(self, start: int) -> None:
        self.shared = first_shares(start)
        self.own: dict[int, Shares] = {}
        self.stops, self.sides = Regression(4), Regression(2)
        self.counts = defaultdict(lambda: [0.5, 0.5])  # by level: stops, and goings on

    def read(
        self, coder: RangeDecoder, place: tuple[int, int, int], hints: Sequence[int], context: int
    ) -> int:
        """Return an index: `context` is -1 where there are none."""
        shares = [self.shared]
        if context >= 0:
            own = self.own.setdefault(context, Shares(list(self.shared.values)))
            shares.insert(0, own)
        hypotheses = shares[0].range()
        whole = add_up(shares[0].values[h] for h in hypotheses)
        weights = {h: shares[0].values[h] / whole for h in hypotheses}
        columns = order(hints)
        view = View(Node(place, 0, [1] * len(hints), 0.0, hypotheses), columns)
        index = 1
        for d, column in enumerate(columns):
            way = self.decide(coder, view, weights, d, column)
            if way == 0:
                break
            index = 2 * index + way - 1
            view.go(way - 1)
        for each in shares:
            each.learn(hypotheses, weights)
        return index

    def decide(
        self, coder: RangeDecoder, view: View, weights: dict[int, float], d: int, column: int
    ) -> int:
        """Return 0 to stop, 1 to go left, 2 to go right."""
        chances = {}
        for h in weights:
            stop, left, right = view.ways(h)
            scale = 1.0 / ((stop + left) + right)
            chances[h] = (stop * scale, left * scale, right * scale)
        p = [
            add_up(weights[h] * chances[h][way] for h in weights) * (1.0 - 0.004) + 0.004 / 3.0
            for way in range(3)
        ]
        level, node = min(d, 63), view.nodes[0]
        count = self.counts[level]
        inputs = [log(p[0] / (p[1] + p[2])), log(count[0] / count[1]), 1.0]
        inputs.append(max(node.a - d * LN2, -7.0))
        way = 0
        stops = self.stops.decide(coder, level, inputs)
        count[0 if stops else 1] += 1.0
        if not stops:
            cell = node.cells[column]
            number = 16 * column + (0 if cell >= 16 else cell)
            way = 1 + self.sides.decide(coder, number, [log(p[2] / p[1]), 1.0])
        for h in weights:
            weights[h] = weights[h] * (chances[h][way] + 0.001)
        scale = 1.0 / add_up(weights.values())
        for h in weights:
            weights[h] = max(weights[h] * scale, 1e-30)
        return way


def read_tree(payload: bytes, header: Header, begin: int, contexts: Sequence[int]) -> list[int]:
    """Read an index for each context, from number `begin` on; all are 0 if there are none."""
    coder, model = RangeDecoder(payload), Model(header.start)
    indices = []
    for number, context in enumerate(contexts, begin):
        row, in_row = divmod(number, header.row_blocks)
        column = in_row * header.block
        size = min(header.block, header.columns - column)
        hints = header.hints[column : column + size] or (0,) * size
        place = (header.seed, 1, header.offset + row * header.columns + column)
        indices.append(model.read(coder, place, hints, context if header.contexts else -1))
    coder.end()
    return indices
