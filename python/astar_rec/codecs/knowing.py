"""Arrays of whose every element both sides know a number of its own: a hint, or a context.

A codec is told of exactly the elements that it codes (`Codec.with_known`). Where blocks run through
all axes, that is all. The core's other blocks have hints for columns, the same in every row. An
array whose rows are whole blocks is a single row of all elements, too: so it is coded in pieces of
that row.
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
from .escapes import encode_with_escapes, none_escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Floats, Shape
    from .codec import Codec, Progress, Proposal, Target
    from .escapes import Escapes
    from .messages import Message

    # Of all elements, flat: hints in sixteenths of a bit, or contexts, whatever the codec takes.
    Numbers = npt.NDArray[np.uint32] | npt.NDArray[np.uint16]

__all__ = ["decode_knowing", "encode_knowing"]

# Elements of a piece: a multiple of all blocks, as many as keep the core's orders in a few MB.
_PIECE = 1 << 15


def encode_knowing(
    codec: Codec,
    known: Numbers | None,
    target: Target,
    proposal: Proposal,
    offset: int,
    progress: Progress | None,
    *,
    escaping: bool,
) -> tuple[Encoded, Escapes]:
    """Encodes an array that `Codec.check_shape` takes.

    Args:
        codec: The codec.
        known: What is known of the elements; None for nothing.
        target: The targets, as `Codec.pair` returns them.
        proposal: The proposals.
        offset: As for `Codec.encode`.
        progress: As for `Codec.encode`.
        escaping: Whether elements may escape. Those of which there are hints do not.

    Returns:
        What `Codec.encode` returns, and escapes.
    """
    if known is not None and not codec.runs_through:
        return _encode_in_a_row(codec, known, target, proposal, offset, progress), none_escaped()
    own = codec if known is None else codec.with_known(known)
    if not escaping:
        encoded = own.encode(target, proposal, offset=offset, progress=progress)
        return encoded, none_escaped()
    shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
    return encode_with_escapes(own, target, proposal, shape, offset, progress)


def decode_knowing(
    codec: Codec,
    known: Numbers | None,
    message: Message,
    proposal: Proposal,
    shape: Shape,
    offset: int,
) -> Floats:
    """Returns what `Codec.decode` does; arguments are those of `encode_knowing`."""
    if known is not None and not codec.runs_through:
        return _decode_in_a_row(codec, known, message, proposal, shape, offset)
    own = codec if known is None else codec.with_known(known)
    return own.decode(message, proposal, shape=shape, offset=offset)


def _encode_in_a_row(
    codec: Codec,
    known: Numbers,
    target: Target,
    proposal: Proposal,
    offset: int,
    progress: Progress | None,
) -> Encoded:
    q, p = _built_in(target), _built_in(proposal)
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
        own = codec.with_known(known[begin:end])
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


def _decode_in_a_row(
    codec: Codec,
    known: Numbers,
    message: Message,
    proposal: Proposal,
    shape: Shape,
    offset: int,
) -> Floats:
    p = _flat(_built_in(codec.proposal(proposal)), shape)
    words = message.reshape(-1, codec.words)
    sample = np.empty(math.prod(shape))
    for begin, end, units in _pieces(codec, sample.size):
        own, of = codec.with_known(known[begin:end]), slice(begin, end)
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
