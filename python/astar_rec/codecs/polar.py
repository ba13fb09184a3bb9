"""Polar channel simulation: whole arrays at once, exact samples for little more than their KL."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from .._elements import unravel
from .._validate import threads_of
from ..custom import Tails, as_proposal, as_target
from ..custom.standing_in import StandIn
from ..distributions.families import CoreFamily
from ..errors import CorruptDataError, DivergenceError, ParameterError
from .block_bytes import BlockBytesCodec, named_blocks
from .contexts import contexts_of
from .engine import CARRIED, samples_at

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape
    from ..distributions import ProposalLike, TargetLike
    from .codec import Progress, Proposal, Target
    from .encoded import Arrays
    from .messages import Message

    Contexts = npt.NDArray[np.uint16]

__all__ = ["PolarCoding"]

_LARGEST_BLOCK = 1 << 24


@dataclass(frozen=True, repr=False)
class PolarCoding(BlockBytesCodec):
    """Polar channel simulation: exact samples of many targets at once, without a search.

    Elements are coded in blocks of consecutive ones, in C order through all axes: the larger, the
    fewer bits. At 2 bits of information an element takes 2.06 bits in blocks of 2^18, 2.09 in those
    of 2^16 and 2.18 in those of 4,096, whatever the family. It is asked for nothing but targets'
    CDFs: shifted and wider targets, mixtures, histograms and heavy tails will do, and no bound on
    the ratio of densities is needed. A block is coded, and decoded, as a whole: for few elements,
    or for access to single ones, there is `ADStar`.

    A message is bytes, an object for each block, with a byte for 8,192 elements at least.
    `Encoded.steps` are the numbers of levels: see docs/polar.md.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: The most elements of a block, up to 2^24. To encode one takes 150 to 400 bytes of
            memory for each of its elements, the more the more information; to decode it, 50.
        contexts: See `with_contexts`; None for none. `compress`, `Writer` and `Reader` are given
            them by themselves, as ``contexts=``, with a codec that has none.
        threads: Number of threads, for blocks side by side; None for all processors.

    Reference: S. Sriramu, R. Barsz, E. Polito, A. Wagner, "Fast channel simulation via
    error-correcting codes", NeurIPS 2024, for binary outputs; docs/polar.md for these.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> rng = np.random.default_rng(0)
        >>> q, p = rec.Normal(rng.normal(size=(100, 50)) * 0.97, 0.25), rec.Normal(0.0, 1.0)
        >>> codec = rec.PolarCoding(seed=7)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.message, p, shape=(100, 50)) == r.sample).all())
        True
        >>> bool(8 * len(r.message[0]) < 1.12 * rec.kl_bits(q, p).sum())
        True

        Channels that carry unlike information. Their numbers, which both sides have, tell them
        apart:

        >>> bits = np.array([0.01, 0.1, 1.0, 4.0])
        >>> means = rng.normal(size=(2500, 4)) * np.sqrt(1 - 0.25**bits)
        >>> q = rec.Normal(means, 0.5**bits)
        >>> channel = np.broadcast_to(np.arange(4), q.shape)
        >>> knowing = codec.with_contexts(channel)
        >>> r = knowing.encode(q, p)
        >>> bool((knowing.decode(r.message, p, shape=q.shape) == r.sample).all())
        True
        >>> len(r.message[0]) < len(codec.encode(q, p).message[0])
        True
    """

    name = "polar"
    number = 5
    largest_block = _LARGEST_BLOCK
    by_masses = True
    takes_contexts = True

    _: KW_ONLY
    block: int = 1 << 18
    contexts: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(contexts=contexts_of(self.contexts))

    @property
    def most_bits(self) -> float:
        """The bits of a position that have levels."""
        return 60.0

    def with_contexts(self, contexts: Any) -> PolarCoding:
        """Returns the codec for elements with contexts, which tell unlike ones apart.

        Where some elements carry more information than others, and both sides know which, contexts
        save bits: channels of latents, say, or bins of the prior's scale. The elements of a block
        stay together, and the message says the information of each context, with some twelve bits.
        Those of fewer than 1,024 elements are joined with the next, so they had best be numbered by
        their information. Contexts without a meaning cost next to nothing.

        Args:
            contexts: As for `Codec.with_contexts`: of exactly the elements that are encoded, or
                decoded, in C order.

        Raises:
            ParameterError: No integers from 0 to 65,535. And from `encode` and `decode`: another
                number of elements.
        """
        return replace(self, contexts=contexts)

    def check_shape(self, shape: Shape) -> None:
        """Refuses a codec with contexts: they are given with the elements."""
        if self.contexts is not None:
            expected = "one without contexts: compress, Writer and Reader take them as contexts="
            raise ParameterError("codec", self, expected)
        super().check_shape(shape)

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target that has a CDF, and a proposal."""
        return as_target(target), as_proposal(proposal)

    def encode_into(
        self,
        target: Target,
        proposal: Proposal,
        offset: int,
        out: Arrays,
        progress: Progress | None,
    ) -> int:
        """Draws level by level: see `Codec.encode_into`."""
        message, sample, steps = out
        position = np.empty(sample.shape, np.uint64)
        contexts = self._contexts(sample.size)
        made: list[bytes] = []
        try:
            encode, check = self._encoder(target, proposal, offset, position, steps, contexts)
            watched = threads_of(self.threads, sample.size)  # a block for each thread
            for begin, end in self._pieces(steps.size, sample.size, progress, watched):
                made += encode(begin, end)
            check(position.reshape(-1))
        except _core.CoreDivergenceError as error:
            reason, element, bits, limit = error.args
            if not isinstance(target, StandIn):
                reason += CARRIED
            raise DivergenceError(unravel(element, sample.shape), bits, limit, reason) from None
        for number, each in enumerate(made):
            message[number] = _filled(each, self._elements_of(number, sample.size))
        sample[...] = samples_at(proposal, position)
        return 0

    def _encoder(
        self,
        target: Target,
        proposal: Proposal,
        offset: int,
        position: Indices,
        levels: Indices,
        contexts: Contexts,
    ) -> tuple[Callable[[int, int], list[bytes]], Callable[[Indices], None]]:
        """Returns what encodes blocks, and what checks the positions of all.

        The first encodes those from one to before another, and fills the arrays.
        """
        if isinstance(target, CoreFamily) and isinstance(proposal, CoreFamily):
            q, p = target._bound, proposal._bound
            threads = threads_of(self.threads, position.size)

            def encode(begin: int, end: int) -> list[bytes]:
                return _core.polar_encode(
                    self.seed,
                    offset,
                    threads,
                    self.block,
                    q,
                    p,
                    begin,
                    end,
                    position,
                    levels,
                    contexts,
                )

            return encode, lambda _: None
        tails = Tails(target, proposal, position.shape)
        tails.require_reached()
        places, precise = tails.places, tails.precise_above

        def encode_called(begin: int, end: int) -> list[bytes]:
            return _core.polar_encode_called(
                self.seed,
                offset,
                self.block,
                places,
                precise,
                begin,
                end,
                position,
                levels,
                contexts,
            )

        return encode_called, tails.require_resolved

    def decode_into(
        self, message: Message, proposal: Proposal, offset: int, sample: Floats
    ) -> None:
        """Reads level by level: see `Codec.decode_into`."""
        position = np.empty(sample.shape, np.uint64)
        threads, contexts = threads_of(self.threads, sample.size), self._contexts(sample.size)
        written = [self._emptied(message, number, sample.size) for number in range(len(message))]
        with named_blocks(message):
            _core.polar_decode(self.seed, offset, threads, self.block, written, position, contexts)
        sample[...] = samples_at(proposal, position)

    def breakdown(self, message: Message, elements: int, offset: int) -> dict[str, float]:
        """Bits behind all levels, then by level, in order of drawing: see `Codec.breakdown`."""
        contexts = self._contexts(elements)
        bits = {"behind levels": 0.0}
        for number in range(len(message)):
            size, first = self._elements_of(number, elements), offset + number * self.block
            try:
                own = self._emptied(message, number, elements)
                begin = number * self.block
                known = contexts[begin : begin + size]
                levels = _core.polar_levels(self.seed, first, size, own, known)
            except (_core.CoreCorruptDataError, ParameterError) as error:
                raise CorruptDataError(str(error)) from None
            for level, each in levels:
                name = f"level {level}" if level else "behind levels"
                bits[name] = bits.get(name, 0.0) + each * size
        return bits

    def _contexts(self, elements: int) -> Contexts:
        """The contexts of so many elements as the core takes them: none at all for none."""
        if self.contexts is None:
            return np.empty(0, np.uint16)
        if len(self.contexts) != elements:
            expected = f"{elements}, one for each element"
            raise ParameterError("number of contexts", len(self.contexts), expected)
        numbers: Contexts = self.contexts.numbers
        return numbers

    def _emptied(self, message: Message, number: int, elements: int) -> bytes:
        """A block's message as it was before `_filled`."""
        data: bytes = message[number]
        least = _least_bytes(self._elements_of(number, elements))
        if 0 < len(data) < least:
            raise ParameterError("message", data, f"at least {least} bytes", (number,))
        return data.rstrip(b"\0") if len(data) == least else data


def _least_bytes(elements: int) -> int:
    """How many bytes a block has at least: a file's size tells how many elements it may hold."""
    return elements // PolarCoding.elements_per_byte


def _filled(data: bytes, elements: int) -> bytes:
    """A message, which ends with no zero, and zeros up to the least size of its block."""
    return data.ljust(_least_bytes(elements), b"\0")
