"""Dithered quantisation with an exact error law in plain Python: no search, one rounding.

The target is a mean, which the sender knows alone, and noise whose family and scale both sides
know. Both draw a lattice for each element: a width W, and a shift u, uniform on [-1/2, 1/2). The
sender rounds the mean to a point of it and sends the point's number K; the point is the sample.

    K = floor((mean - origin) / W - u + 1/2),    sample = origin + W (K + u)

Whatever the mean, the error sample - mean is uniform on (-W/2, W/2], and does not depend on W but
by that. Uniform noise needs no more: *universal quantisation* [1]. Any unimodal symmetric density f
is a mixture of uniform ones, its layers: with X of law f and a height uniform on (0, f(X)), X is
uniform on the interval of all points where f is above the height. So the width of that interval is
the one to draw: the *layered dither* [2, 3].

The error is the noise to the last bit of what doubles can tell: of shifts, 2^-53. And samples are
multiples of such steps, not of the proposal's positions.

What K takes. Given the lattice, K is coded by the mass that the law of the means has in its cell,
where the means' law is the one that makes the samples' law the proposal: for normal noise of scale
s and a normal proposal of scale t a normal of scale sqrt(t^2 - s^2). Then K takes the functional
information of the reverse channel, from sample to mean, which for normals is that of a sample: no
exact code of single elements takes less on average. For other pairs the means' law has no form that
needs +, -, *, / and square roots alone, and one of the right variance stands for it: samples are as
exact, and K takes a little more.

>>> noise, proposals = Noise(Normal, 0.5), [Normal(0.0, 1.0)] * 40
>>> message, samples = encode_block([0.3] * 40, [noise] * 40, proposals, seed=7, first=0)
>>> len(message), samples[:2]
(6, [1.0450964346750966, 0.3464242660328525])
>>> decode_block(message, [noise] * 40, proposals, seed=7, first=0) == samples
True

`LayeredDither` and `UniversalQuantization` equal it bit for bit, in numbers, samples and bytes.
Their messages begin with a `header`.

References:
    [1] J. Ziv, "On universal quantization", IEEE Trans. IT 31, 1985.
    [2] D. B. Wilson, "Layered multishift coupling for use in perfect sampling algorithms", 2000.
    [3] M. Hegazy, C. T. Li, "Randomized quantization with exact error distribution", ITW 2022.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .families import Distribution, Laplace, Logistic, Normal, Uniform
from .functions import normal_quantile, portable_exp, portable_log
from .gumbels import exponential
from .methods import TooMuchInformationError
from .positions import tail_of
from .random_bits import Address, NodeRandom
from .range_coder import RAW_BITS, Decoder, Encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

PROBABILITY_BITS = 32
CERTAINTY = 1 << PROBABILITY_BITS
# Numbers from -REACH to REACH are coded by their masses; both ends stand for all beyond, too, which
# follow in raw bits.
REACH = 2**18
LEAST = 2  # the probability of any number at least: more than rounding takes from it
MOST = 2**62  # of numbers
# A width of 0 would be no lattice: rounding makes one where there is less than 2^-53 of the law.
LEAST_HALF = 2.0**-30
# What a layer leaves of the maximum is not 0: rounding makes that of less than 2^-53 of the law.
LEAST_REST = 2.0**-53

# A mean's law has at least this part of the proposal's variance.
LEAST_VARIANCE = 2.0**-8
VARIANCES = {Normal: 1.0, Laplace: 2.0, Logistic: 3.289868133696453, Uniform: 1.0 / 3.0}


class Noise(NamedTuple):
    """The noise of an element: what both sides know of the target."""

    family: type[Distribution]
    scale: float  # of Uniform, half the width
    shifted: bool = False  # whether layers are; those of Uniform are the same either way


@dataclass(frozen=True)
class Lattice:
    """The points origin + width (k + shift) for all integers k, and samples' place beside them."""

    origin: float
    width: float
    shift: float
    middle: float = 0.0  # of the layer

    def number(self, mean: float) -> int:
        """Return the number of the point in whose cell a mean lies.

        Raises:
            TooMuchInformationError: It is too large.
        """
        place = (mean - self.origin) / self.width - self.shift + 0.5
        if not abs(place) < MOST:
            raise TooMuchInformationError("a mean of more than 2^62 cells")
        return math.floor(place)

    def point(self, number: int) -> float:
        """Return the sample at a point."""
        return self.origin + (self.width * (number + self.shift) + self.middle)


def half_width(family: type[Distribution], bits: tuple[int, int]) -> float:
    """Return half the width of a random layer of a standard density, from random bits.

    A layer is the interval on which the density is above a height V f(X).

    Normal: X^2 - 2 log V. Laplace: |X| - log V, and |X| is exponential as well.
    Logistic, whose density is t (1 - t) with t the tail probability: V t (1 - t) is s (1 - s).
    """
    if family is Normal:
        x = normal_quantile(bits[0])
        return math.sqrt(x * x + 2.0 * exponential(bits[1]))
    if family is Laplace:
        return exponential(bits[0]) + exponential(bits[1])
    if family is Logistic:
        tail = math.ldexp(float(tail_of(bits[0])[0]), -65)
        height = math.ldexp(float(bits[1] >> 12) + 0.5, -52)
        product = height * (tail * (1.0 - tail))
        other = product / (0.5 + math.sqrt(0.25 - product))
        return max(portable_log((1.0 - other) / other), LEAST_HALF)
    return 1.0


def opposite(family: type[Distribution], half: float) -> float:
    """Return where a standard density is its maximum less what it is at `half`, above 0.

    `half` is the opposite of its opposite. In terms of the maximum, densities are exp(-x^2 / 2),
    exp(-|x|) and, of Logistic, 1 - tanh(x / 2)^2: tanh(opposite / 4) is exp(-half / 2).
    """
    if family is Logistic:
        root = portable_exp(-0.5 * half)
        return 2.0 * portable_log((1.0 + root) / (1.0 - root))
    if family is Normal:
        return math.sqrt(2.0 * minus_log_of_rest(portable_exp(-0.5 * (half * half))))
    return minus_log_of_rest(portable_exp(-half))


def minus_log_of_rest(part: float) -> float:
    """Return -log(1 - part), at least 0, of a part of 1 less 2^-53 at most."""
    return max(0.0, -portable_log(max(1.0 - part, LEAST_REST)))


def lattice_of(noise: Noise, proposal: Distribution, random: NodeRandom) -> Lattice:
    """Return the lattice of an element, which both sides draw.

    A shifted layer ends at `half` to one side, on which the noise at its height is, and at the
    opposite to the other.
    """
    one, two = random(Address(1)), random(Address(2))
    half = half_width(noise.family, (one.arrival, two.place))
    shift = math.ldexp(float(one.place >> 11), -53) - 0.5
    if not noise.shifted or noise.family is Uniform:
        return Lattice(proposal.loc, 2.0 * (noise.scale * half), shift)
    other = opposite(noise.family, half)
    middle = noise.scale * (0.5 * (half - other))
    sided = middle if one.place & 1 else -middle  # a bit that the shift leaves
    return Lattice(proposal.loc, noise.scale * (half + other), shift, sided)


@dataclass(frozen=True)
class Means:
    """The law of the means' distances from the origin: a family's member, and an atom at 0.

    It does not depend on where the origin is, so that numbers are read where a proposal's middle is
    known to some digits only.
    """

    family: type[Distribution]
    scale: float
    atom: float

    @classmethod
    def of(cls, noise: Noise, proposal: Distribution) -> Means:
        """Return the law with which noise makes the proposal, or one like it.

        Exact for normal and for Laplace noise of their own families' proposals: the characteristic
        function (1 + s^2 w^2) / (1 + w^2) is that of an atom s^2 and, otherwise, a Laplace law.
        """
        unit, family = proposal.scale, type(proposal)
        ratio = noise.scale / unit
        if noise.family is Laplace and family is Laplace and ratio < 1.0:
            return cls(family, unit, ratio * ratio)
        part = VARIANCES[noise.family] * (ratio * ratio) / VARIANCES[family]
        scale = unit * math.sqrt(max(1.0 - part, LEAST_VARIANCE))
        return cls(family, scale, 0.0)

    def below(self, z: float) -> float:
        """Return the mass below so many scales above the origin."""
        tail = self.family.tail(z)
        mass = tail if tail >= 0.0 else 1.0 + tail
        return (1.0 - self.atom) * mass + (self.atom if z > 0.0 else 0.0)


@dataclass(frozen=True)
class Numbers:
    """The probabilities of an element's number, as a range coder takes them."""

    lattice: Lattice
    means: Means

    @property
    def step(self) -> float:
        """The distance of points, in scales of the means' law."""
        return self.lattice.width * (1.0 / self.means.scale)

    def below(self, number: int) -> int:
        """Return the probability of all numbers below one, from -REACH to REACH + 1.

        It grows by `LEAST` at least from number to number, whatever the rounding of masses, which
        may take 1 from what they give.
        """
        if number <= -REACH:
            return 0
        if number > REACH:
            return CERTAINTY
        granted = (LEAST + 1) * (number + REACH)
        rest = CERTAINTY - (LEAST + 1) * (2 * REACH + 1)
        edge = (number + self.lattice.shift - 0.5) * self.step
        return granted + math.floor(rest * self.means.below(edge))

    def part(self, number: int) -> tuple[int, int]:
        """Return where the part of a number begins and ends, which is clipped to REACH."""
        clipped = min(max(number, -REACH), REACH)
        return self.below(clipped), self.below(clipped + 1)

    def at(self, place: int) -> int:
        """Return the number in whose part a place lies, from 0 to CERTAINTY - 1."""
        low, high = -REACH, REACH + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.below(middle) <= place else (low, middle)
        return low


def numbers_of(noise: Noise, proposal: Distribution, seed: int, element: int) -> Numbers:
    """Return what both sides know of an element's number."""
    lattice = lattice_of(noise, proposal, NodeRandom(seed, element))
    return Numbers(lattice, Means.of(noise, proposal))


FAMILIES = (Normal, Laplace, Logistic, Uniform)  # headers have their places here


def header(noises: Sequence[Noise], proposals: Sequence[Distribution]) -> bytes:
    """Return what a message of one family of noise, and one of proposals, begins with.

    Both families, of shifted layers four places on; after how many elements the scales repeat, in
    groups of seven bits, the lowest first; and so many pairs of scales, the noise's and the
    proposal's.
    """
    pairs = [
        (noise.scale, proposal.scale) for noise, proposal in zip(noises, proposals, strict=True)
    ]
    period = next(n for n in range(1, len(pairs) + 1) if pairs[n:] == pairs[:-n])
    family, shifted, proposal = noises[0].family, noises[0].shifted, type(proposals[0])
    places_on = len(FAMILIES) if shifted and family is not Uniform else 0
    message = bytes([FAMILIES.index(family) + places_on, FAMILIES.index(proposal)])
    left = period
    while left > 0x7F:
        message += bytes([left & 0x7F | 0x80])
        left >>= 7
    return message + bytes([left]) + b"".join(struct.pack("<2d", *pair) for pair in pairs[:period])


def encode_block(
    means: Sequence[float],
    noises: Sequence[Noise],
    proposals: Sequence[Distribution],
    seed: int,
    first: int,
) -> tuple[bytes, list[float]]:
    """Return the message of consecutive elements, and their samples.

    Args:
        means: The targets' means: the sender's alone.
        noises: The noise around each.
        proposals: The proposals, whose middles are the lattices' origins.
        seed: Shared with the receiver; 64 bits.
        first: The number of the first element.

    Raises:
        TooMuchInformationError: A mean too far away for the width of its cells.
    """
    encoder, samples = Encoder(), []
    both = zip(means, noises, proposals, strict=True)
    for element, (mean, noise, proposal) in enumerate(both, first):
        numbers = numbers_of(noise, proposal, seed, element)
        number = numbers.lattice.number(mean)
        begin, end = numbers.part(number)
        size = encoder.interval.range
        low, high = size * begin >> PROBABILITY_BITS, size * end >> PROBABILITY_BITS
        encoder.interval.narrow(low, high - low)
        if abs(number) >= REACH:
            for shift in range(64 - RAW_BITS, -1, -RAW_BITS):
                encoder.raw(RAW_BITS, (abs(number) >> shift) & (2**RAW_BITS - 1))
        samples.append(numbers.lattice.point(number))
    return encoder.finish(), samples


def decode_block(
    message: bytes,
    noises: Sequence[Noise],
    proposals: Sequence[Distribution],
    seed: int,
    first: int,
) -> list[float]:
    """Return the samples that a message stands for.

    Raises:
        ValueError: A message that no encoder writes.
    """
    decoder, samples = Decoder(message), []
    for element, (noise, proposal) in enumerate(zip(noises, proposals, strict=True), first):
        numbers = numbers_of(noise, proposal, seed, element)
        size = decoder.interval.range
        # The last of all places of which the part begins at the offset, or below.
        place = ((decoder.offset() + 1 << PROBABILITY_BITS) - 1) // size
        if place >= CERTAINTY:
            raise ValueError("bytes that no encoder writes")
        number = numbers.at(place)
        begin, end = numbers.part(number)
        low, high = size * begin >> PROBABILITY_BITS, size * end >> PROBABILITY_BITS
        decoder.interval.narrow(low, high - low)
        if abs(number) == REACH:
            magnitude = 0
            for _ in range(64 // RAW_BITS):
                magnitude = magnitude << RAW_BITS | decoder.raw(RAW_BITS)
            if not REACH <= magnitude <= MOST:
                raise ValueError("a number that no encoder writes")
            number = magnitude if number > 0 else -magnitude
        samples.append(numbers.lattice.point(number))
    decoder.finish()
    return samples
