"""Layered dither: exact samples by one rounding each, where scales are worth next to nothing.

It differs from the searches in what the receiver knows: the target's family and scale. They are in
the message, once for all elements of a block that share them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._elements import unravel
from .._varint import read_varint, varint
from ..distributions import Laplace, Logistic, Normal, Uniform, as_distribution
from ..errors import CorruptDataError, DivergenceError, ParameterError
from ..reference.range_coder import RAW_BITS, Decoder, Encoder
from .codec import Codec
from .lattices import CERTAINTY, FAMILIES, MOST, PROBABILITY_BITS, REACH, Lattices
from .messages import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..distributions import Distribution, ProposalLike, TargetLike
    from .codec import Progress, Proposal, Target
    from .encoded import Arrays
    from .messages import Message

    Integers = npt.NDArray[np.int64]

__all__ = ["LayeredDither"]

_KINDS: dict[type[Distribution], str] = {
    Normal: "normal",
    Laplace: "laplace",
    Logistic: "logistic",
    Uniform: "uniform",
}
_EXPECTED = "a Normal, Laplace, Logistic or Uniform"
_LARGEST_BLOCK = 1 << 16
# A block's message has 19 bytes at least, for 2^16 elements at most.
_ELEMENTS_PER_BYTE = 1 << 13
# Half widths of intervals [m - w, m + w] differ by the rounding of their ends.
_ROUNDING = 2.0**-51
# Numbers around 0 of which the receiver computes all probabilities at once, and later ones.
_NEAR = 6
_AT_ONCE = 64


@dataclass(frozen=True, repr=False)
class LayeredDither(Codec):
    """Layered dither: a mean rounded to a lattice that both sides draw, of random width.

    The sample's distance from the mean has the target's law, exactly, whatever the mean: the law is
    a mixture of uniform ones, and rounding a mean to a shifted lattice makes one of these. There is
    no search, no bound on the ratio of densities, and the target may be wider than the proposal. An
    element takes the functional information of a single one, next to nothing more: for normal
    targets whose marginal is the proposal 0.51 bits over the KL divergence at 1 bit, 0.23 at 0.05.
    Of uniform targets, it is universal quantisation.

    The receiver is told the noise: a message begins with families and with the scales of the
    block's first elements, the target's and the proposal's, which repeat. Where all have the same,
    or each column has its own, that is next to nothing. Where every element has its own, it is 128
    bits each: other methods are for those. Half widths of a block's uniform targets that differ by
    rounding are one scale.

    A message is bytes, an object for each block of consecutive elements in C order through all
    axes. All `Encoded.steps` are 1. Numbers are coded in Python, some microseconds an element.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: The most elements of a block, up to 2^16.
        threads: Means nothing here, yet.

    Reference: D. B. Wilson, "Layered multishift coupling for use in perfect sampling algorithms",
    2000; M. Hegazy, C. T. Li, "Randomized quantization with exact error distribution", ITW 2022;
    J. Ziv, "On universal quantization", 1985, for uniform targets; docs/dithered.md.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> rng = np.random.default_rng(0)
        >>> q, p = rec.Normal(rng.normal(size=(100, 50)) * 0.75**0.5, 0.5), rec.Normal(0.0, 1.0)
        >>> codec = rec.LayeredDither(seed=7)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.message, p, shape=(100, 50)) == r.sample).all())
        True
        >>> round(8 * len(r.message[0]) / q.size, 1), round(float(rec.kl_bits(q, p).mean()), 1)
        (1.5, 1.0)
    """

    name = "layered"
    number = 14
    exact = True
    kind = BYTES
    largest_block = _LARGEST_BLOCK
    runs_through = True
    default_chunk = 1
    elements_per_byte = _ELEMENTS_PER_BYTE
    limits: ClassVar[Mapping[str, str]] = MappingProxyType({})

    seed: int
    _: KW_ONLY
    block: int = 1 << 13
    threads: int | None = field(default=None, compare=False)

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block."""
        return (self.block,)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> LayeredDither:
        """Returns the codec of a header."""
        return cls(block=take(), seed=seed)

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal that have a middle and a scale."""
        return _known("target", as_distribution(target)), self.proposal(proposal)

    def proposal(self, proposal: ProposalLike) -> Proposal:
        """Returns a proposal that has a middle and a scale."""
        return _known("proposal", super().proposal(proposal))

    def encode_into(
        self,
        target: Target,
        proposal: Proposal,
        offset: int,
        out: Arrays,
        progress: Progress | None,
    ) -> int:
        """Rounds: see `Codec.encode_into`."""
        message, sample, steps = out
        steps[...] = 1
        q, p = _known("target", target), _known("proposal", proposal)
        mean, scale = _middle_and_scale(q, sample.shape)
        middle, unit = _middle_and_scale(p, sample.shape)
        made = np.empty(sample.size)
        for number, part in self._parts(sample.size):
            known = _Known(
                _KINDS[type(q)],
                _KINDS[type(p)],
                _shared(q, mean[part], scale[part]),
                _shared(p, middle[part], unit[part]),
            )
            lattices = known.lattices(self.seed, offset + part.start, middle[part])
            place = lattices.numbers(mean[part])
            if not (np.abs(place) < MOST).all():
                far = part.start + int(np.argmin(np.abs(place) < MOST))
                reason = "the mean is 2^62 cells away from the proposal's middle"
                raise DivergenceError(unravel(far, sample.shape), 64.0, 62.0, reason)
            numbers = place.astype(np.int64)
            made[part] = lattices.points(numbers)
            message[number] = known.header() + _written(lattices, numbers)
            if progress is not None:
                progress(part.stop, sample.size)
        sample[...] = made.reshape(sample.shape)
        return 0

    def decode_into(
        self, message: Message, proposal: Proposal, offset: int, sample: Floats
    ) -> None:
        """Reads numbers: see `Codec.decode_into`."""
        middle, _ = _middle_and_scale(_known("proposal", proposal), sample.shape)
        made = np.empty(sample.size)
        for number, part in self._parts(sample.size):
            data = message[number]
            if not data:  # what stands for a block that is missing from damaged data
                made[part] = np.nan
                continue
            try:
                known, begin = _Known.read(data, part.stop - part.start)
                lattices = known.lattices(self.seed, offset + part.start, middle[part])
                made[part] = lattices.points(_read(lattices, data[begin:]))
            except ValueError as error:
                expected = f"what an encoder writes ({error})"
                raise ParameterError("message", data, expected, (number,)) from None
        sample[...] = made.reshape(sample.shape)

    def _parts(self, elements: int) -> Iterator[tuple[int, slice]]:
        for number, begin in enumerate(range(0, elements, self.block)):
            yield number, slice(begin, min(elements, begin + self.block))


def _known(argument: str, distribution: Target | Proposal) -> Distribution:
    if isinstance(distribution, (Normal, Laplace, Logistic, Uniform)):
        return distribution
    raise ParameterError(argument, type(distribution).__name__, _EXPECTED)


def _middle_and_scale(distribution: Distribution, shape: Shape) -> tuple[Floats, Floats]:
    """Returns middles and scales of a shape, flat; of intervals, half the widths."""
    first, second = (each.reshape(-1) for each in distribution._broadcast(shape))
    if isinstance(distribution, Uniform):
        return 0.5 * first + 0.5 * second, 0.5 * second - 0.5 * first
    return first, second


def _shared(distribution: Distribution, middle: Floats, scale: Floats) -> Floats:
    """Returns scales, of intervals one if they differ by no more than the rounding of ends."""
    if not isinstance(distribution, Uniform):
        return scale
    ends = np.abs(middle) + scale
    same = np.abs(scale - scale[0]) <= _ROUNDING * np.maximum(ends, ends[0])
    return np.full(scale.shape, scale[0]) if same.all() else scale


# --- What both sides know ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Known:
    """What a message tells of a block beside its numbers.

    Probabilities depend on the proposals by this alone. So a receiver whose proposals differ a
    little, as those of another machine's networks do, reads the same numbers.

    Attributes:
        noise: The noise's family.
        family: The proposals'.
        scale: The noise's scales.
        unit: The proposals'.
    """

    noise: str
    family: str
    scale: Floats
    unit: Floats

    def header(self) -> bytes:
        """Returns both families, how many scales there are before they repeat, and these."""
        pairs = np.stack((self.scale, self.unit), axis=1)
        for period in range(1, len(pairs) + 1):
            if np.array_equal(pairs[period:], pairs[:-period]):
                break
        kinds = bytes(FAMILIES.index(each) for each in (self.noise, self.family))
        return kinds + varint(period) + pairs[:period].astype("<f8").tobytes()

    @classmethod
    def read(cls, data: bytes, elements: int) -> tuple[_Known, int]:
        """Returns what `header` was made of, and where it ends.

        Raises:
            CorruptDataError: Bytes that it does not return.
        """
        period, begin = read_varint(memoryview(data), 2)
        end = begin + 16 * period
        if max(data[:2]) >= len(FAMILIES) or not 1 <= period <= elements or len(data) < end:
            raise CorruptDataError("no families and scales")
        pairs = np.frombuffer(data, "<f8", 2 * period, begin).astype(np.float64)
        if not (np.isfinite(pairs) & (pairs > 0.0)).all():
            raise CorruptDataError("a scale that is none")
        scale, unit = (np.resize(pairs[each::2], elements) for each in range(2))
        known = cls(FAMILIES[data[0]], FAMILIES[data[1]], scale, unit)
        if known.header() != data[:end]:
            raise CorruptDataError("scales that no encoder writes")
        return known, end

    def lattices(self, seed: int, first: int, middle: Floats) -> Lattices:
        """Draws the elements' lattices."""
        return Lattices.drawn(seed, first, self.noise, self.scale, self.family, middle, self.unit)


# --- Numbers -------------------------------------------------------------------------------------


def _written(lattices: Lattices, numbers: Integers) -> bytes:
    clipped = np.clip(numbers, -REACH, REACH)[:, None]
    ends = lattices.below(slice(None), np.concatenate((clipped, clipped + 1), axis=1))
    encoder = Encoder()
    for (low, high), number in zip(ends.tolist(), numbers.tolist(), strict=True):
        size = encoder.interval.range
        begin = size * low >> PROBABILITY_BITS
        encoder.interval.narrow(begin, (size * high >> PROBABILITY_BITS) - begin)
        if abs(number) >= REACH:
            for shift in range(64 - RAW_BITS, -1, -RAW_BITS):
                encoder.raw(RAW_BITS, (abs(number) >> shift) & ((1 << RAW_BITS) - 1))
    return encoder.finish()


def _read(lattices: Lattices, data: bytes) -> Integers:
    near = np.arange(-_NEAR, _NEAR + 1)
    rows = lattices.below(slice(None), np.broadcast_to(near, (lattices.width.size, near.size)))
    decoder = Decoder(data)
    numbers = np.empty(lattices.width.size, np.int64)
    for element, row in enumerate(rows.tolist()):
        size = decoder.interval.range
        place = ((decoder.offset() + 1 << PROBABILITY_BITS) - 1) // size
        if not 0 <= place < CERTAINTY:
            raise ValueError("bytes that no encoder writes")
        if row[0] <= place < row[-1]:
            found = bisect_right(row, place) - 1
            number, low, high = found - _NEAR, row[found], row[found + 1]
        else:
            number, low, high = _far(lattices, element, place)
        begin = size * low >> PROBABILITY_BITS
        decoder.interval.narrow(begin, (size * high >> PROBABILITY_BITS) - begin)
        if abs(number) == REACH:
            magnitude = 0
            for _ in range(64 // RAW_BITS):
                magnitude = magnitude << RAW_BITS | decoder.raw(RAW_BITS)
            if not REACH <= magnitude <= MOST:
                raise ValueError("a number that no encoder writes")
            number = magnitude if number > 0 else -magnitude
        numbers[element] = number
    decoder.finish()
    return numbers


def _far(lattices: Lattices, element: int, place: int) -> tuple[int, int, int]:
    """Returns the number in whose part a place lies, and where that begins and ends."""
    which = np.array([element])
    first, last = -REACH, REACH + 1
    while True:
        step = -(-(last - first) // _AT_ONCE)
        some = np.minimum(first + step * np.arange(_AT_ONCE + 1), last)
        ends = lattices.below(which, some[None, :])[0]
        found = int(np.searchsorted(ends, place, side="right")) - 1
        first, last = int(some[found]), int(some[found + 1])
        if step == 1:
            return first, int(ends[found]), int(ends[found + 1])
