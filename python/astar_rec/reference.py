"""A* coding in plain Python, from random bits to code bits: the executable specification.

The compiled core must give the same indices, samples and numbers of steps as this file, bit for
bit. It is written to be read from top to bottom, and codes one element at a time, a thousand times
slower than the core.

**The problem.** A sender knows a *target* distribution Q, a receiver only the *proposal* P; both
know a seed. The sender names an integer, the *index*, from which the receiver makes a sample whose
law is Q, exactly. That takes little more than KL[Q || P].

**The idea.** The seed determines an infinite tree of samples of P, each with a random number of
its own, a Gumbel. Of all nodes, the one with the largest *Gumbel + log dQ/dP at its sample* has a
sample distributed as Q. The sender finds it by A* search and sends its index; the receiver makes
that one node, for which it needs neither Q nor the Gumbels.

**The variants** differ only in how a node's region is split among its children: see `Partition`.
Minimal random coding, which the field compares itself with, searches nothing: see
`MinimalRandomCoding`.

>>> target, proposal = Normal(1.5, 0.1), Normal(0.0, 1.0)
>>> sent = encode(ADStar(), target, proposal, seed=7, element=0)
>>> sent
Encoded(index=123, sample=1.4762179413085126, steps=8, cut=False)
>>> code_gamma(sent.index)
'0000001111011'
>>> decode(ADStar(), sent.index, proposal, seed=7, element=0) == sent.sample
True

What the receiver computes uses integers and IEEE double +, -, *, / alone, in the order written
here, and so is the same on every machine. (A float of Python's is an IEEE double, `float` rounds an
integer to the nearest, ties to even, and `math.ldexp` multiplies by a power of two, exactly here.)
Log ratios, Gumbels and bounds are in nats, lengths of codes in bits.

Not here: the checks that refuse invalid parameters and indices, targets that no 64-bit index can
serve, and searches with more than 2^22 nodes waiting. They never change a result.

References:
    [1] G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast relative entropy coding with A*
        coding", ICML 2022: global-bound A*, AS*, AD* and DAD* coding.
    [2] C. J. Maddison, D. Tarlow, T. Minka, "A* sampling", NeurIPS 2014: top-down construction of
        a Gumbel process; algorithm 2, the search.
    [3] C. J. Maddison, "A Poisson process model for Monte Carlo", 2016: arrival times.
    [4] C. T. Li, A. El Gamal, "Strong functional representation lemma and applications to coding
        theorems", IEEE Trans. Information Theory 64, 2018: Poisson functional representation.
    [5] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1,
        2, 3", SC 2011, section 4.3: Philox.
    [6] P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans.
        Information Theory 21, 1975: gamma and delta codes.
    [7] P. Boldi, S. Vigna, "Codes for the World Wide Web", Internet Mathematics 2, 2005: zeta
        codes.
    [8] M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal random code learning: getting bits
        back from compressed model parameters", ICLR 2019: minimal random coding.
"""

from __future__ import annotations

import heapq
import itertools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MASK_32 = 2**32 - 1
MASK_64 = 2**64 - 1
LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")
LOG_SQRT_2_PI = float.fromhex("0x1.d67f1c864beb5p-1")


class TooMuchInformationError(ValueError):
    """No index of 64 bits names the sample."""


# --- Random numbers: addressed, not drawn ------------------------------------------------------


def philox4x32(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the four random words at an address: Philox4x32-10 [5]. Every word has 32 bits."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        product_0 = 0xD2511F53 * c0
        product_1 = 0xCD9E8D57 * c2
        c0, c1 = (product_1 >> 32) ^ c1 ^ k0, product_1 & MASK_32
        c2, c3 = (product_0 >> 32) ^ c3 ^ k1, product_0 & MASK_32
        k0 = (k0 + 0x9E3779B9) & MASK_32
        k1 = (k1 + 0xBB67AE85) & MASK_32
    return c0, c1, c2, c3


class Address(NamedTuple):
    """What tells one node of an element's tree from another. The default is the root's."""

    node: int = 1  # 64 bits
    lane: int = 0  # 16 bits


class NodeBits(NamedTuple):
    """A node's own randomness: two integers of 64 bits."""

    place: int  # where its sample lies in its region; the receiver needs it too
    arrival: int  # its Gumbel; the sender's alone


@dataclass(frozen=True)
class NodeRandom:
    """The random bits of all nodes of one element's tree.

    A node's bits depend on its address and not on what was visited before. So the receiver has them
    at once, and an array may be coded in pieces, in parallel or on several machines.
    """

    seed: int  # 64 bits
    element: int  # the element's number in the whole array, in C order from 0; below 2^48

    def __call__(self, address: Address) -> NodeBits:
        """Return the bits of the node at an address. Low words come first."""
        counter = (
            address.node & MASK_32,
            address.node >> 32,
            self.element & MASK_32,
            (self.element >> 32) | (address.lane << 16),
        )
        w0, w1, w2, w3 = philox4x32(counter, (self.seed & MASK_32, self.seed >> 32))
        return NodeBits(place=w0 | (w1 << 32), arrival=w2 | (w3 << 32))


# --- Positions in the proposal's CDF -----------------------------------------------------------
#
# A sample is drawn as a position k, an integer of 64 bits that stands for the probability
# (k + 1/2) / 2^64, and then mapped to a value by the proposal's quantile. The 2^64 positions fill
# the open interval (0, 1) evenly: no end is ever met, and both tails are equally fine.

LAST_POSITION = MASK_64


def tail_of(position: int) -> tuple[int, float]:
    """Return a position as seen from its nearer end: the pair (odd, sign).

    Its tail probability is odd / 2^65; the sign is -1.0 in the lower half and 1.0 in the upper.
    """
    upper = position >> 63 == 1
    from_end = LAST_POSITION - position if upper else position
    return 2 * from_end + 1, 1.0 if upper else -1.0


def position_within(first: int, last: int, bits: int) -> int:
    """Return a position of [first, last], ends included, from 64 random bits."""
    width = last - first + 1
    return first + (bits * width >> 64)


def mass_of(first: int, last: int) -> float:
    """Return the proposal's probability of [first, last]."""
    return math.ldexp(float(last - first) + 1.0, -64)


def leading_zeros(n: int) -> int:
    """Return how many of the 64 bits of n stand before the first one."""
    return 64 - n.bit_length()


# The dyadic intervals of positions, the cells, are numbered as a heap: cell 1 holds all positions,
# cells 2 H and 2 H + 1 are the halves of cell H. The binary digits of H after the leading one are
# the path to the cell, and also the digits with which its positions begin.


def cell_depth(cell: int) -> int:
    """Return the number of halvings that lead to a cell, 0 to 63: floor(log2 cell)."""
    return cell.bit_length() - 1


def cell_first(cell: int) -> int:
    """Return the first position of a cell."""
    return (cell << (64 - cell_depth(cell))) & MASK_64


def cell_last(cell: int) -> int:
    """Return the last position of a cell."""
    return cell_first(cell) | (LAST_POSITION >> cell_depth(cell))


# --- Logarithm, exponential, normal quantile: the same bits on every machine -------------------
#
# Logarithm and quantile are polynomials by segments. An odd integer v of 64 bits lies in the octave
# that its leading zeros number. Octave 0, the larger half of all v, is measured from the other end,
# by 2^64 - v, as the functions vanish there. An octave has 32 segments, by the five bits that
# follow the leading one; what remains is the local variable u, from -1/2 to 1/2.

Row = tuple[float, ...]


@cache
def table(name: str) -> tuple[Row, ...]:
    """Return a table of coefficients; scripts/generate_tables.py makes them.

    "log_table" has 32 rows for log(1 - x) / x, x in [0, 1/2), then 32 for log(1 + x) / x, x in
    [0, 1). "normal_quantile_table" has 32 rows for each of the 64 octaves of tail probabilities.
    """
    from astar_rec import _core

    return tuple(tuple(row) for row in getattr(_core, name)().tolist())


class Segment(NamedTuple):
    """Where a number falls."""

    octave: int
    number: int  # of the segment, 0 to 31
    place: float  # in the octave, from 0 to 1
    u: float  # in the segment, from -1/2 to 1/2


def segment_at(octave: int, bits: int) -> Segment:
    """Return the segment of the place bits / 2^64 in an octave."""
    centred = (bits & (2**59 - 1)) - 2**58
    place = math.ldexp(float(bits >> 1), -63)
    return Segment(octave, bits >> 59, place, math.ldexp(float(centred), -59))


def segment_of(odd: int) -> Segment:
    """Return the segment of an odd integer of 64 bits."""
    octave = leading_zeros(odd)
    from_end = 2**64 - odd if octave == 0 else odd << octave
    return segment_at(octave, (from_end << 1) & MASK_64)  # the leading bit dropped


def polynomial(c: Row, u: float) -> float:
    """Return c[0] + c[1] u + ... + c[7] u^7. The order of operations is part of the format."""
    u2 = u * u
    low = c[1] * u + (c[2] + c[3] * u) * u2
    high = (c[4] + c[5] * u) + (c[6] + c[7] * u) * u2
    return c[0] + (low + high * (u2 * u2))


def log_slope(m: float) -> float:
    """Return log(m) / (m - 1) for m in [1, 2)."""
    at = segment_at(1, int(math.ldexp(m - 1.0, 64)))
    return polynomial(table("log_table")[32 + at.number], at.u)


def portable_log(x: float) -> float:
    """Return the logarithm of a finite x > 0."""
    exponent = math.frexp(x)[1] - 1
    m = math.ldexp(x, -exponent)  # in [1, 2)
    return exponent * LOG_2 + (m - 1.0) * log_slope(m)


def log_one_plus(d: float) -> float:
    """Return log(1 + d) for d in [0, 1], relatively accurate down to 0."""
    m = 1.0 + d
    return d * log_slope(m if m < 2.0 else math.nextafter(2.0, 0.0))


def negative_log_fraction(odd: int) -> float:
    """Return -log(odd / 2^64) for odd integers of 64 bits, relatively accurate at both ends."""
    at = segment_of(odd)
    if at.octave == 0:  # odd / 2^64 = 1 - place / 2
        return -(at.place * 0.5 * polynomial(table("log_table")[at.number], at.u))
    # odd / 2^64 = (1 + place) / 2^(octave + 1)
    log_place = at.place * polynomial(table("log_table")[32 + at.number], at.u)
    return (at.octave + 1) * LOG_2 - log_place


def portable_exp(x: float) -> float:
    """Return the exponential of x <= 700; 0 below -700."""
    if x < -700.0:
        return 0.0
    log_2_high = float.fromhex("0x1.62e42fefa38p-1")  # few enough bits for exact multiples
    log_2_low = float.fromhex("0x1.ef35793c7673p-45")
    scaled = x * float.fromhex("0x1.71547652b82fep0")  # x / log 2
    n = int(scaled + (-0.5 if scaled < 0.0 else 0.5))
    r = (x - n * log_2_high) - n * log_2_low
    series = 1.0
    for k in range(13, 0, -1):
        series = 1.0 + series * (r / k)
    return math.ldexp(series, n)


def normal_quantile(position: int) -> float:
    """Return the standard normal's quantile at a position."""
    odd, sign = tail_of(position)
    at = segment_of(odd)
    magnitude = polynomial(table("normal_quantile_table")[32 * at.octave + at.number], at.u)
    if at.octave == 0:  # the table's function is quantile / distance from the median
        magnitude *= at.place * 0.25
    return sign * magnitude


# --- Gumbels and arrival times -----------------------------------------------------------------


def truncated_gumbel(location: float, bound: float, u: float) -> float:
    """Return a Gumbel truncated to lie below a bound, from a uniform u in (0, 1): the textbook way.

    In A* sampling [2] a region B has a Gumbel of location log P(B), truncated at its parent's:

        G = location - log(exp(location - bound) - log u)    (nats)

    As it stands this overflows where the bound is far below the location, and rounding may lift G
    above the bound. With bound - location exponentiated instead, log1p keeps G from passing the
    bound; G may still equal it, as floats near the bound are only so fine. The search does without:
    `next_arrival` is the same variable at the price of one logarithm.

    >>> truncated_gumbel(0.0, -1e6, 0.5), truncated_gumbel(-1e6, 0.0, math.exp(-1.0))
    (-1000000.0, -1000000.0)
    """
    draw = -math.log(u)
    if bound - location > 700.0:  # exp(location - bound) would not change a bit of the sum
        return location - math.log(draw)
    return bound - math.log1p(draw * math.exp(bound - location))


def exponential(bits: int) -> float:
    """Return a standard exponential from 64 random bits: -log of an odd multiple of 2^-64."""
    return negative_log_fraction(bits | 1)


def next_arrival(after: float, mass: float, bits: int) -> float:
    """Return the first arrival after a time in a region of the proposal's mass given.

    T = exp(-G) makes a Poisson process of the Gumbel process [3]; "truncated to lie below the
    parent" becomes "later than the parent": T = T_parent + Exp(1) / P(B).
    """
    return after + exponential(bits) / mass


def gumbel_of(arrival: float) -> float:
    """Return the Gumbel (nats) of an arrival time."""
    return -portable_log(arrival)


# --- Families of distributions -----------------------------------------------------------------
#
# `quantile` maps positions to values z of the family's standard member, `sample` maps z to x on the
# distribution's own scale. The standard member's -log density is surprise(z) + log_normaliser, in
# nats. Search and log ratios live on the axis of z.


@dataclass(frozen=True)
class LocationScale(ABC):
    """A distribution on the whole real line, symmetric about its location."""

    loc: float
    scale: float  # > 0

    log_normaliser = 0.0

    @staticmethod
    @abstractmethod
    def quantile(position: int) -> float:
        """Return the standard member's value at a position."""

    @staticmethod
    @abstractmethod
    def surprise(z: float) -> float:
        """Return the standard member's -log density (nats) without its constant."""

    def sample(self, z: float) -> float:
        """Return the value x that stands for z."""
        return self.loc + self.scale * z


class Normal(LocationScale):
    """Normal distribution."""

    log_normaliser = LOG_SQRT_2_PI
    quantile = staticmethod(normal_quantile)

    @staticmethod
    def surprise(z: float) -> float:
        """z^2 / 2."""
        return 0.5 * (z * z)


class Laplace(LocationScale):
    """Laplace distribution."""

    log_normaliser = LOG_2

    @staticmethod
    def quantile(position: int) -> float:
        """-log(2 t) in the upper tail, t the tail probability."""
        odd, sign = tail_of(position)
        return sign * negative_log_fraction(odd)

    @staticmethod
    def surprise(z: float) -> float:
        """|z|."""
        return abs(z)


class Logistic(LocationScale):
    """Logistic distribution."""

    @staticmethod
    def quantile(position: int) -> float:
        """log((1 - t) / t) = log(2 - 2 t) - log(2 t), two terms of one sign."""
        odd, sign = tail_of(position)
        from_median = math.ldexp(float(2**64 - odd), -64)  # 1 - 2 t
        return sign * (log_one_plus(from_median) + negative_log_fraction(odd))

    @staticmethod
    def surprise(z: float) -> float:
        """|z| + 2 log(1 + exp(-|z|))."""
        return abs(z) + 2.0 * log_one_plus(portable_exp(-abs(z)))


@dataclass(frozen=True)
class Uniform:
    """Uniform distribution on [low, high]; the standard member is on (-1, 1)."""

    low: float
    high: float  # > low

    log_normaliser = LOG_2

    @property
    def loc(self) -> float:
        """The middle."""
        return 0.5 * self.low + 0.5 * self.high

    @property
    def scale(self) -> float:
        """Half the width."""
        return 0.5 * self.high - 0.5 * self.low

    @staticmethod
    def quantile(position: int) -> float:
        """1 - 2 t."""
        odd, sign = tail_of(position)
        return sign * math.ldexp(float(2**64 - odd), -64)

    @staticmethod
    def surprise(_z: float) -> float:
        """Nothing but the constant."""
        return 0.0

    def sample(self, z: float) -> float:
        """Return the value x that stands for z; rounding does not carry it past an end."""
        return min(max(self.loc + self.scale * z, self.low), self.high)


Distribution = Normal | Laplace | Logistic | Uniform


def standardise(x: float, proposal: LocationScale | Uniform) -> float:
    """Return the z that stands for x, but for rounding."""
    return (x - proposal.loc) / proposal.scale


# --- Log ratios and their suprema --------------------------------------------------------------


class LogRatio(Protocol):
    """The log density ratio r = log dQ/dP (nats): all that the search knows of a target.

    Its axis is the one that the search's quantile maps positions to.
    """

    def __call__(self, z: float, /) -> float:
        """Return r at z."""

    def supremum(self, a: float, b: float, /) -> float:
        """Return the largest r in [a, b], or an upper bound: the tighter, the fewer the steps."""


class LocationScaleRatio:
    """The log ratio of two location-scale families.

    With m and s the target's location and scale on the axis of z,

        r(z) = surprise_P(z) - surprise_Q((z - m) / s) - log s + constant.

    On any interval r is largest at one of a few points known beforehand, each moved to the nearest
    point of the interval. As positions end, so do all intervals, and the supremum is finite even
    where the ratio has no bound on the real line.
    """

    def __init__(self, target: LocationScale, proposal: LocationScale) -> None:
        self.target, self.proposal = target, proposal
        self.mean = standardise(target.loc, proposal)
        self.scale = target.scale / proposal.scale
        self.precision = proposal.scale / target.scale
        self.offset = proposal.log_normaliser - target.log_normaliser - portable_log(self.scale)
        self.candidates = self._candidates()

    def __call__(self, z: float) -> float:
        """Return r at z."""
        y = (z - self.mean) * self.precision
        return self.proposal.surprise(z) - self.target.surprise(y) + self.offset

    def supremum(self, a: float, b: float) -> float:
        """Return the largest r in [a, b]."""
        return max(self(max(a, min(z, b))) for z in self.candidates)

    def _candidates(self) -> tuple[float, ...]:
        ends = (-math.inf, math.inf)  # moved to a and b
        match self.target, self.proposal:
            case Normal(), Normal():
                # A quadratic. For s < 1 it opens downwards and has its vertex at m / (1 - s^2).
                if self.scale < 1.0:
                    return (self.mean / ((1.0 - self.scale) * (1.0 + self.scale)),)
                return ends
            case Laplace(), Laplace() | Normal():
                # Lines or upward parabolas that meet in a peak at m.
                return (*ends, self.mean)
            case Normal(), Laplace():
                # A downward parabola left of 0 and one right of 0, each with its vertex or edge.
                square = self.scale * self.scale
                return (min(self.mean - square, 0.0), max(self.mean + square, 0.0))
            case Logistic(), Logistic():
                # For s < 1 one maximum and no minimum; otherwise no maximum.
                return (self._logistic_mode(),) if self.scale < 1.0 else ends
        raise TypeError(f"no log ratio for {self.target} and {self.proposal}")

    def _logistic_mode(self) -> float:
        """Return the root of r'(z) = tanh(z / 2) - tanh((z - m) / (2 s)) / s, for s < 1.

        Let m >= 0. Up to m, tanh((z - m) / (2 s)) is not positive and r' is not negative. Beyond,
        the root is where tanh(y / 2) / tanh(z / 2) = s with y = (z - m) / s; the left side grows
        from 0 at m to 1 at m / (1 - s). In between, Newton's steps; where one leads outside,
        halving.
        """
        mean = abs(self.mean)
        low = mean
        high = min(mean / (1.0 - self.scale), mean + 64.0)  # the last position lies at 45.1
        z = low
        for _ in range(64):
            t = tanh_half(z)
            t_target = tanh_half((z - mean) * self.precision)
            slope = t - t_target * self.precision
            if slope > 0.0:
                low = z
            else:
                high = z
            bend, bend_target = 1.0 - t * t, 1.0 - t_target * t_target
            curvature = 0.5 * (bend - bend_target * (self.precision * self.precision))
            next_z = 0.5 * (low + high)
            if curvature < 0.0 and low < (newton := z - slope / curvature) < high:
                next_z = newton
            if abs(next_z - z) <= 2.0**-52 * next_z:
                break
            z = next_z
        return -z if self.mean < 0.0 else z


def tanh_half(y: float) -> float:
    """Return tanh(y / 2) for y >= 0."""
    e = portable_exp(-y)
    return (1.0 - e) / (1.0 + e)


class UniformRatio:
    """The log ratio of a uniform target: the proposal's surprise inside, minus infinity outside.

    The surprise grows with |z|, so the supremum is at an end of what [a, b] shares with the
    target's interval. Whether a sample is inside, its x decides, after all rounding; the interval
    in z is widened by what rounding could move it.
    """

    def __init__(self, target: Uniform, proposal: Distribution) -> None:
        self.target, self.proposal = target, proposal
        self.low = self._widened(target.low, -1.0)
        self.high = self._widened(target.high, 1.0)
        log_scale = portable_log(target.scale / proposal.scale)
        self.offset = proposal.log_normaliser - target.log_normaliser - log_scale

    def __call__(self, z: float) -> float:
        """Return r at z."""
        x = self.proposal.sample(z)
        return self._inside(z) if self.target.low <= x <= self.target.high else -math.inf

    def supremum(self, a: float, b: float) -> float:
        """Return the largest r in [a, b]."""
        a, b = max(a, self.low), min(b, self.high)
        return max(self._inside(a), self._inside(b)) if a <= b else -math.inf

    def _inside(self, z: float) -> float:
        return self.proposal.surprise(z) + self.offset

    def _widened(self, x: float, direction: float) -> float:
        z = standardise(x, self.proposal)
        return z + direction * 2.0**-50 * (abs(z) + abs(x) / self.proposal.scale)


def log_ratio(target: Distribution, proposal: Distribution) -> LogRatio:
    """Return the log ratio of a pair. Raises TypeError if there is none."""
    if isinstance(target, Uniform):
        return UniformRatio(target, proposal)
    if isinstance(proposal, Uniform):
        raise TypeError("a uniform proposal serves only uniform targets")
    return LocationScaleRatio(target, proposal)


# --- Methods -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """The node that was chosen: of those that the method has, the largest Gumbel + log ratio."""

    index: int
    position: int
    steps: int  # nodes evaluated
    cut: bool  # at the budget: the largest of those evaluated


class Method(ABC):
    """What sender and receiver agree on beforehand."""

    @abstractmethod
    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Return the node to be sent: the sender's whole task.

        Args:
            ratio: The log ratio in nats, of any kind: see `LogRatio`.
            quantile: From positions to the arguments of the ratio, increasing.
            random: The random bits of the element's nodes.

        Raises:
            TooMuchInformationError: No index names the winner, or the ratio is minus infinity
                wherever the method looked.
        """

    @abstractmethod
    def replay(self, random: NodeRandom, index: int) -> int:
        """Return the sample's position that an index names: the receiver's whole task."""


# --- Partitions: the one thing in which the variants differ ------------------------------------


class Region(NamedTuple):
    """An interval of positions, ends included, and the values z at its ends.

    The values may reach a little beyond the positions: a supremum over more is still a bound.
    """

    first: int
    last: int
    z_first: float
    z_last: float
    address: Address


class Node(NamedTuple):
    """A region with its sample and its Gumbel."""

    region: Region
    sample: int  # a position, uniform in the region
    arrival: float
    gumbel: float  # nats; -log arrival


class Partition(Method):
    """How a region is split, and how a node is named to the receiver.

    Attributes:
        limit: Nodes with this address or a larger one have no children.
        exact: Whether it is an error if a node that may still win lies beyond the limit. If not,
            the best node within the limit wins, and its law only approximates the target.
        max_steps: How many nodes a search may evaluate; None for no budget. One that has more to do
            is cut: the best node so far wins, and its law only approximates the target.
    """

    limit = 2**64
    exact = True
    max_steps: int | None = None

    @abstractmethod
    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """Yield the regions of a node's children."""

    @abstractmethod
    def index(self, node: Node) -> int:
        """Return the integer, from 1, that names a node; 0 if none of 64 bits does."""

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """A* search: see `search`."""
        return search(self, ratio, quantile, random)


class WholeSpace(Partition):
    """Global-bound A* coding: a node's one child has the same region.

    So the tree is a chain of independent samples with ever smaller Gumbels, the Poisson functional
    representation [4]. Address and index: the sample's number, from 1. A step is a sample.
    """

    def __init__(self, max_samples: int | None = None) -> None:
        self.max_steps = max_samples

    def split(self, node: Node, _quantile: Callable[[int], float]) -> Iterator[Region]:
        """The same region once more."""
        yield node.region._replace(address=Address(node.region.address.node + 1))

    def index(self, node: Node) -> int:
        """The sample's number."""
        return node.region.address.node

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number."""
        return random(Address(index)).place


class AtSample(Partition):
    """AS* coding: a region is cut at its own sample, which belongs to neither side.

    A child is addressed by the position that cut it off and its side.

    The paper numbers the nodes as a heap, one bit for every cut on the path. But cuts at random
    places halve badly: the numbers grow longer than need be, from some 40 bits of divergence on too
    long for 64 bits. Here the index is that of a dyadic cell instead, the largest one that holds
    the node's sample and the sample of none of its ancestors.

        root  |------------------X-----------------------|
              |-----X------------|
                    |-------w----|         w: the node to be named
        cells |     .     |      .     |     .     |     .     |
                          |^^^^^^|         the largest without an X around w
    """

    def __init__(self, max_steps: int | None = None) -> None:
        self.max_steps = max_steps

    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """What lies left and right of the sample, unless nothing does."""
        region, sample, z = node.region, node.sample, quantile(node.sample)
        if sample != region.first:
            yield region._replace(last=sample - 1, z_last=z, address=Address(sample, lane=1))
        if sample != region.last:
            yield region._replace(first=sample + 1, z_first=z, address=Address(sample, lane=2))

    def index(self, node: Node) -> int:
        """The cell's number. It must leave out the positions just outside the region."""
        (first, last, *_), depth = node.region, 0
        if first != 0:
            depth = max(depth, 1 + leading_zeros(node.sample ^ (first - 1)))
        if last != LAST_POSITION:
            depth = max(depth, 1 + leading_zeros(node.sample ^ (last + 1)))
        return (1 << depth) | (node.sample >> (64 - depth)) if depth < 64 else 0

    def replay(self, random: NodeRandom, index: int) -> int:
        """Walks towards the cell until a sample lies in it.

        Until then the cell lies on one side of each sample. The walk ends for any index: each step
        takes a position away, and the last one left would lie in the cell.
        """
        first, last, address = 0, LAST_POSITION, Address()
        while True:
            sample = position_within(first, last, random(address).place)
            if sample < cell_first(index):
                first, address = sample + 1, Address(sample, lane=2)
            elif sample > cell_last(index):
                last, address = sample - 1, Address(sample, lane=1)
            else:
                return sample


class Dyadic(Partition):
    """AD* coding: regions are dyadic cells, halved in the proposal's CDF.

    Address and index: the cell's number H. As the binary digits of H are the path, the receiver
    need not walk it. With cells down to a given depth only, 0 to 63, DAD* coding.
    """

    def __init__(self, depth: int | None = None, max_steps: int | None = None) -> None:
        self.limit = 2**63 if depth is None else 2**depth  # the first cell of the last depth
        self.exact = depth is None
        self.max_steps = max_steps

    def split(self, node: Node, quantile: Callable[[int], float]) -> Iterator[Region]:
        """The two halves."""
        region, cell = node.region, node.region.address.node
        middle = (region.first + region.last + 1) // 2
        z = quantile(middle)
        yield region._replace(last=middle - 1, z_last=z, address=Address(2 * cell))
        yield region._replace(first=middle, z_first=z, address=Address(2 * cell + 1))

    def index(self, node: Node) -> int:
        """The cell's number."""
        return node.region.address.node

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number, placed in the cell."""
        return position_within(cell_first(index), cell_last(index), random(Address(index)).place)


GlobalAStar, ASStar, ADStar, DADStar = WholeSpace, AtSample, Dyadic, Dyadic


# --- The search --------------------------------------------------------------------------------


def search(
    partition: Partition, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom
) -> Found:
    """Find the node with the largest Gumbel + log ratio: A* search [2, algorithm 2].

    Nodes wait in a priority queue, ordered by the most that a node of their region can reach: any
    descendant's Gumbel is smaller, and its log ratio at most the supremum. The search ends as soon
    as the queue's first bound is no larger than the best value seen, or its budget is spent.

    Args:
        partition: The tree to be searched.
        ratio: As for `Method.find`, as all that follows.
        quantile: From positions to the arguments of the ratio, increasing.
        random: The random bits of the tree's nodes.

    Raises:
        TooMuchInformationError: No index names the winner, or the ratio is minus infinity wherever
            the search came.
    """
    queue: list[tuple[float, int, Node]] = []
    order = itertools.count()  # of equal bounds the older goes first
    best, winner, steps = -math.inf, None, 0
    beyond, cut = False, False

    def push(region: Region, after: float, supremum: float) -> None:
        bits = random(region.address)
        arrival = next_arrival(after, mass_of(region.first, region.last), bits.arrival)
        gumbel = gumbel_of(arrival)
        bound = gumbel + supremum
        if bound > best:
            sample = position_within(region.first, region.last, bits.place)
            heapq.heappush(queue, (-bound, next(order), Node(region, sample, arrival, gumbel)))

    root = Region(0, LAST_POSITION, quantile(0), quantile(LAST_POSITION), Address())
    push(root, 0.0, ratio.supremum(root.z_first, root.z_last))
    while beyond or (queue and -queue[0][0] > best):
        if steps == partition.max_steps:
            cut = True
            break
        if beyond:
            raise TooMuchInformationError("a node that may still win lies beyond the indices")
        _, _, node = heapq.heappop(queue)
        steps += 1
        value = node.gumbel + ratio(quantile(node.sample))
        if value > best:
            best, winner = value, node
        for child in partition.split(node, quantile):
            supremum = ratio.supremum(child.z_first, child.z_last)
            if not node.gumbel + supremum > best:
                continue  # and its own Gumbel will be smaller still
            if node.region.address.node < partition.limit:
                push(child, node.arrival, supremum)
            elif partition.exact:
                beyond = True

    if winner is None:
        raise TooMuchInformationError("no sample in reach has a positive target density")
    index = partition.index(winner)
    if index == 0:
        raise TooMuchInformationError("no cell of at most 63 halvings names the winner")
    return Found(index, winner.sample, steps, cut)


# --- Minimal random coding ---------------------------------------------------------------------


class MinimalRandomCoding(Method):
    """Minimal random coding [8]: one of K samples of the proposal, by its importance weight.

    Candidate i is chosen with a probability proportional to dQ/dP at its sample. By the Gumbel-max
    trick that is the candidate with the largest *Gumbel + log ratio*, the Gumbels independent of
    each other. So the samples are those of `WholeSpace`, and index and replay too. But there a
    sample's arrival comes after those of all earlier ones, and once none that follows can win, the
    search ends with a sample of Q. Here every candidate's arrival begins at 0, all K are looked at,
    and what wins has Q for its law only as K grows.
    """

    def __init__(self, candidates: int) -> None:
        self.candidates = candidates

    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Look at all candidates. Of equal ones the first wins."""
        best, winner = -math.inf, 0
        for number in range(1, self.candidates + 1):
            bits = random(Address(number))
            value = gumbel_of(exponential(bits.arrival)) + ratio(quantile(bits.place))
            if value > best:
                best, winner = value, number
        if winner == 0:
            raise TooMuchInformationError("no candidate has a positive target density")
        return Found(winner, self.replay(random, winner), self.candidates, cut=False)

    def replay(self, random: NodeRandom, index: int) -> int:
        """One random number."""
        return random(Address(index)).place


# --- Encoding and decoding ---------------------------------------------------------------------


@dataclass(frozen=True)
class Encoded:
    """An index, the sample that it stands for, and the number of nodes that were evaluated.

    `cut` says whether the search was ended by its budget: the sample is then approximate.
    """

    index: int
    sample: float
    steps: int
    cut: bool = False


def encode(
    method: Method, target: Distribution, proposal: Distribution, seed: int, element: int
) -> Encoded:
    """Return the index of a sample of the target.

    Args:
        method: `GlobalAStar`, `ASStar`, `ADStar` or `DADStar`, perhaps with a budget, or
            `MinimalRandomCoding`.
        target: The distribution Q to be sampled.
        proposal: The distribution P that the receiver has too.
        seed: Shared with the receiver; 64 bits.
        element: The element's number in its array; below 2^48.

    Raises:
        TooMuchInformationError: No index names the sample.
        TypeError: The pair of families has no log ratio.
    """
    ratio, random = log_ratio(target, proposal), NodeRandom(seed, element)
    found = method.find(ratio, proposal.quantile, random)
    sample = proposal.sample(proposal.quantile(found.position))
    return Encoded(found.index, sample, found.steps, found.cut)


def decode(method: Method, index: int, proposal: Distribution, seed: int, element: int) -> float:
    """Return the sample that an index stands for. Each of a method's indices stands for one."""
    position = method.replay(NodeRandom(seed, element), index)
    return proposal.sample(proposal.quantile(position))


# --- Index codes: integers from 1 to 2^64 - 1 as strings of "0" and "1" ------------------------
#
# A reader takes what it needs from an iterator over characters, so that the codes of several
# indices can stand in a row, and raises ValueError for bits that no writer wrote.


def binary(n: int, width: int) -> str:
    """Return n < 2^width in width binary digits."""
    return f"{(1 << width) + n:b}"[1:]


def read_binary(bits: Iterator[str], width: int) -> int:
    """Return the number that the next bits write."""
    digits = "".join(itertools.islice(bits, width))
    if len(digits) < width:
        raise ValueError("the bits end in the middle of an index")
    return int("0" + digits, 2)


def read_unary(bits: Iterator[str], limit: int) -> int:
    """Return the number of zeros before the next one."""
    for zeros in range(limit + 1):
        if read_binary(bits, 1):
            return zeros
    raise ValueError("an index too large for 64 bits")


def code_fixed(n: int, width: int) -> str:
    """Return n in a fixed number of bits. DAD* needs depth + 1."""
    if n >> width:
        raise ValueError(f"index {n} does not fit in {width} bits")
    return binary(n, width)


def read_fixed(bits: Iterator[str], width: int) -> int:
    """Read a `code_fixed`."""
    n = read_binary(bits, width)
    if n == 0:
        raise ValueError("an index of 0")
    return n


def code_gamma(n: int) -> str:
    """Return Elias's gamma code [6]: D = floor(log2 n) zeros, then n; 2 D + 1 bits.

    >>> code_gamma(1), code_gamma(5)
    ('1', '00101')
    """
    return "0" * cell_depth(n) + f"{n:b}"


def read_gamma(bits: Iterator[str]) -> int:
    """Read a `code_gamma`."""
    depth = read_unary(bits, 63)
    return (1 << depth) | read_binary(bits, depth)


def code_delta(n: int) -> str:
    """Return Elias's delta code [6]: D + 1 in gamma, then n without its leading one.

    >>> code_delta(1), code_delta(5)
    ('1', '01101')
    """
    return code_gamma(cell_depth(n) + 1) + f"{n:b}"[1:]


def read_delta(bits: Iterator[str]) -> int:
    """Read a `code_delta`."""
    depth = read_gamma(bits) - 1
    if depth > 63:
        raise ValueError("an index too large for 64 bits")
    return (1 << depth) | read_binary(bits, depth)


def code_zeta(n: int, k: int) -> str:
    """Return the zeta code [7], for a power law n^-(1 + 1/k), k from 1 to 63.

    The block of k octaves in which n lies in unary, then n's place there in minimal binary: of M
    places, 2^(b - 1) <= M < 2^b, the first 2^b - M take b - 1 bits, the others b.

    >>> code_zeta(1, 2), code_zeta(5, 2)
    ('10', '01001')
    """
    number = cell_depth(n) // k
    first, b, short = zeta_block(number, k)
    place = n - first
    digits = binary(place, b - 1) if place < short else binary(place + short, b)
    return "0" * number + "1" + digits


def read_zeta(bits: Iterator[str], k: int) -> int:
    """Read a `code_zeta`."""
    first, b, short = zeta_block(read_unary(bits, 63 // k), k)
    place = read_binary(bits, b - 1)
    if place >= short:
        place = 2 * place + read_binary(bits, 1) - short
    return first + place


def zeta_block(number: int, k: int) -> tuple[int, int, int]:
    """Return the first integer of a block, b and 2^b - M."""
    first, end = 1 << k * number, 1 << min(k * number + k, 64)
    b = (end - first).bit_length()
    return first, b, (1 << b) - (end - first)
