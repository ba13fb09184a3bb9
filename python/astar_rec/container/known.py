"""What sender and receiver know of indices beside the container: contexts, and elements' hints.

Both are given by both sides, call by call, and never written. A checksum of them tells others.
"""

from __future__ import annotations

import zlib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import real_array
from .._elements import require_all
from ..codecs.hinted import encode_hinted
from ..codecs.units import GIVEN, HINTS_PER_BIT, MOST_HINT
from ..errors import ParameterError

if TYPE_CHECKING:
    from .._elements import Floats, Shape
    from ..codecs import Codec, Encoded, Progress
    from ..distributions import ProposalLike, TargetLike
    from .format import Contexts
    from .grid import Grid

__all__ = [
    "Hints",
    "Known",
    "encoded_with",
    "hints_by_index",
    "hints_given",
    "joined",
    "with_given_hints",
]

# Expected bits in sixteenths: of a block's elements in a row, and 0 for those that it lacks.
Hints = npt.NDArray[np.uint32]


class Known(NamedTuple):
    """What is known of some consecutive indices.

    Attributes:
        contexts: Their contexts, of shape (n,); None if none are given.
        hints: Their elements' hints, of shape (n, block); None if none are given.
    """

    contexts: Contexts | None = None
    hints: Hints | None = None

    def part(self, which: slice) -> Known:
        """What is known of some of the indices."""
        contexts = None if self.contexts is None else self.contexts[which]
        return Known(contexts, None if self.hints is None else self.hints[which])

    def copy(self) -> Known:
        """The same in memory of its own."""
        contexts = None if self.contexts is None else self.contexts.copy()
        return Known(contexts, None if self.hints is None else self.hints.copy())

    def checksums(self) -> bytes:
        """What stands before indices of which something is given."""
        parts = (self.contexts, "<u2"), (self.hints, "<u4")
        return b"".join(
            zlib.crc32(each.astype(dtype).tobytes()).to_bytes(4, "little")
            for each, dtype in parts
            if each is not None and len(each)
        )

    def hints_of(self, elements: int) -> Floats:
        """The hints of that many elements, in bits."""
        assert self.hints is not None
        return self.hints.reshape(-1)[:elements] / HINTS_PER_BIT


def joined(parts: list[Known]) -> Known:
    """Returns what is known of indices that follow each other; at least one part."""
    columns: Any = zip(*parts, strict=True)
    return Known(*(None if each[0] is None else np.concatenate(each) for each in columns))


def hints_given(codec: Codec, value: Any, shape: Shape) -> Hints | None:
    """Returns hints for all elements of an array, of the samples' shape, a view where it can be.

    Args:
        codec: The codec, which says whether there are to be any.
        value: What was given as ``bits_hint``.
        shape: The samples' shape.

    Raises:
        ParameterError: None where there are to be some, or the reverse; no numbers from 0 to 4096
            that broadcast to the shape.
    """
    if codec.bits_hint != GIVEN:
        if value is not None:
            raise ParameterError("bits_hint", "given", "None: the codec is made without")
        return None
    if value is None:
        raise ParameterError("bits_hint", None, "an array, the same for sender and receiver")
    bits = real_array("bits_hint", value)
    good = (bits >= 0) & (bits <= MOST_HINT)
    require_all("bits_hint", bits, good, f"a number from 0 to {MOST_HINT}")
    try:
        return np.broadcast_to(np.rint(bits * HINTS_PER_BIT).astype(np.uint32), shape)
    except ValueError:
        what = f"one that broadcasts to the samples' {shape}"
        raise ParameterError("shape of bits_hint", bits.shape, what) from None


def hints_by_index(hints: Hints, grid: Grid, begin: int, end: int) -> Hints:
    """Returns the hints of consecutive indices: see `Known`.

    Args:
        hints: Those of all elements.
        grid: Where their indices are.
        begin: The first index.
        end: Where the last one ends.
    """
    elements = grid.elements_of(begin, end)
    own = np.zeros((end - begin) * grid.block, np.uint32)
    own[: len(elements)] = hints.flat[elements.start : elements.stop]
    return own.reshape(-1, grid.block)


def encoded_with(
    codec: Codec,
    known: Known,
    target: TargetLike,
    proposal: ProposalLike,
    offset: int,
    progress: Progress | None,
) -> Encoded:
    """Returns what a codec finds for elements of which something is known."""
    if known.hints is None:
        return codec.encode(target, proposal, offset=offset, progress=progress)
    return encode_hinted(
        codec, known.hints_of(known.hints.size), target, proposal, offset, progress
    )


def with_given_hints(codec: Codec, bits_hint: Any) -> Codec:
    """Returns a codec that is given hints, where any are.

    Raises:
        ParameterError: One that takes none, or has others.
    """
    if bits_hint is None or codec.bits_hint == GIVEN:
        return codec
    if codec.bits_hint is not None or codec.block == 1 or not _has_hints(codec):
        raise ParameterError("bits_hint", "given", f"None, with {codec!r}")
    return replace(codec, bits_hint=GIVEN)  # type: ignore[type-var]


def _has_hints(codec: Codec) -> bool:
    return any(field.name == "bits_hint" for field in fields(codec))  # type: ignore[arg-type]
