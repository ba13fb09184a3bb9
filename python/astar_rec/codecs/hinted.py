"""Arrays of which every element has a hint of its own.

The core's blocks have hints for columns, the same in every row. An array whose rows are whole
blocks is a single row of all elements, too: so it is coded in pieces of that row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._elements import unravel
from .._validate import broadcast_shape, checked_size
from ..distributions import Distribution
from ..errors import DivergenceError
from .encoded import Encoded, output_arrays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Floats, Shape
    from ..distributions import ProposalLike, TargetLike
    from .codec import Codec, Progress, Proposal, Target
    from .messages import Message

__all__ = ["decode_hinted", "encode_hinted"]

# Elements of a piece: a multiple of all blocks, as many as keep the core's orders in a few MB.
_PIECE = 1 << 15


def encode_hinted(
    codec: Codec,
    hints: Floats,
    target: TargetLike,
    proposal: ProposalLike,
    offset: int,
    progress: Progress | None,
) -> Encoded:
    """Returns what `Codec.encode` would.

    Args:
        codec: The codec, of an array that `Codec.check_shape` takes.
        hints: Of all elements, flat, in bits.
        target: As for `Codec.encode`.
        proposal: As for `Codec.encode`.
        offset: As for `Codec.encode`.
        progress: As for `Codec.encode`.
    """
    q, p = map(_built_in, codec.pair(target, proposal))
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    q, p = _flat(q, shape), _flat(p, shape)
    size = checked_size(shape, offset)
    blocks = codec.blocks
    arrays = output_arrays(
        None, codec.kind, blocks.message_shape(shape), shape, blocks.steps_shape(shape), ()
    )
    message, sample, steps = (
        arrays[0].reshape(-1, codec.words),
        arrays[1].reshape(-1),
        arrays[2].reshape(-1),
    )
    cut, within = 0, 0.0
    for begin, end, units in _pieces(codec, size):
        own = codec.with_hints(hints[begin:end])
        of = slice(begin, end)
        try:
            found = own.encode(q[of], p[of], offset=offset + begin)
        except DivergenceError as error:
            raise error.at(unravel(begin + error.element[0], shape)) from None
        message[units], sample[of] = found.message, found.sample
        steps[units] = found.steps
        cut += found.cut
        within += found.within
        if progress is not None:
            progress(end, size)
    return Encoded(*arrays, cut, within)


def decode_hinted(
    codec: Codec,
    hints: Floats,
    message: Message,
    proposal: ProposalLike,
    shape: Shape,
    offset: int,
) -> Floats:
    """Returns what `Codec.decode` would; arguments are those of `encode_hinted`."""
    p = _flat(_built_in(codec.proposal(proposal)), shape)
    words = message.reshape(-1, codec.words)
    sample = np.empty(math.prod(shape))
    for begin, end, units in _pieces(codec, sample.size):
        own, of = codec.with_hints(hints[begin:end]), slice(begin, end)
        sample[of] = own.decode(words[units], p[of], offset=offset + begin)
    return sample.reshape(shape)


def _built_in(distribution: Target | Proposal) -> Distribution:
    """The same: a codec with blocks takes no other."""
    assert isinstance(distribution, Distribution)
    return distribution


def _flat(distribution: Distribution, shape: Shape) -> Distribution:
    """All elements of an array in one axis."""
    return distribution._spread(shape).reshape(-1)


def _pieces(codec: Codec, size: int) -> Iterator[tuple[int, int, slice]]:
    """Yields where pieces of elements begin and end, and their units."""
    length = _PIECE // codec.block * codec.block
    for begin in range(0, size, length):
        end = min(size, begin + length)
        yield begin, end, slice(begin // codec.block, -(-end // codec.block))
