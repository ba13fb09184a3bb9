"""What sender and receiver know beside the container: contexts, and elements' hints.

Both are given by both sides, call by call, and never written. A checksum of them tells others.

Contexts are of elements where the codec takes them (`Codec.takes_contexts`), and otherwise of
indices, for their code. Columns as contexts are known to whoever has the header.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import CONTEXT_LIMIT, context_array, real_array
from .._elements import require_all
from ..codecs.units import GIVEN, HINTS_PER_BIT, MOST_HINT
from ..errors import ParameterError

if TYPE_CHECKING:
    from .._elements import Floats, Shape
    from ..codecs import Codec
    from ..codecs.knowing import Numbers
    from .format import Contexts, Header
    from .grid import Grid

__all__ = [
    "Given",
    "Hints",
    "Known",
    "code_contexts",
    "contexts_given",
    "hints_given",
    "joined",
    "with_given_hints",
]

# Expected bits in sixteenths: of a block's elements in a row, and 0 for those that it lacks.
Hints = npt.NDArray[np.uint32]


class Known(NamedTuple):
    """What was given with some consecutive indices.

    Attributes:
        contexts: Their contexts, or those of their elements, flat; None if none were given.
        hints: Their elements' hints, of shape (n, block); None if none were given.
        contexts_each: How many contexts an index has: 1, or as many as a block has elements, of
            which the last one may lack some.
    """

    contexts: Contexts | None = None
    hints: Hints | None = None
    contexts_each: int = 1

    def part(self, begin: int, end: int) -> Known:
        """What is known of the indices from one to before another."""
        each = self.contexts_each
        contexts = None if self.contexts is None else self.contexts[begin * each : end * each]
        return Known(contexts, None if self.hints is None else self.hints[begin:end], each)

    def copy(self) -> Known:
        """The same in memory of its own."""
        contexts = None if self.contexts is None else self.contexts.copy()
        hints = None if self.hints is None else self.hints.copy()
        return Known(contexts, hints, self.contexts_each)

    def checksums(self) -> list[tuple[str, bytes]]:
        """What stands before indices of which something is given: each with what it was given as.

        None where there is no index.
        """
        parts = ("contexts", self.contexts, "<u2"), ("bits_hint", self.hints, "<u4")
        return [
            (name, zlib.crc32(each.astype(dtype).tobytes()).to_bytes(4, "little"))
            for name, each, dtype in parts
            if each is not None and len(each)
        ]

    def hints_of(self, elements: int) -> Floats:
        """The hints of that many elements, in bits."""
        assert self.hints is not None
        return self.hints.reshape(-1)[:elements] / HINTS_PER_BIT


def joined(parts: list[Known]) -> Known:
    """Returns what is known of indices that follow each other; at least one part."""
    contexts = [each.contexts for each in parts if each.contexts is not None]
    hints = [each.hints for each in parts if each.hints is not None]
    return Known(
        np.concatenate(contexts) if contexts else None,
        np.concatenate(hints) if hints else None,
        parts[0].contexts_each,
    )


def contexts_given(codec: Codec, value: Any, grid: Grid) -> Contexts:
    """Returns contexts that were given, of all elements or of all indices, a view where it can be.

    Args:
        codec: The codec, which says of which.
        value: What was given as ``contexts``.
        grid: The elements, and their indices.

    Raises:
        ParameterError: No integers from 0 to 65,535 that broadcast to the samples' shape, or the
            indices'.
    """
    return context_array(value, grid.shape if codec.takes_contexts else grid.steps_shape)


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


@dataclass(frozen=True)
class Given:
    """What was given with an array, and what the header says of it.

    Attributes:
        header: The container's.
        grid: Where indices and elements are.
        contexts: What `contexts_given` returned of all; None if none were given.
        hints: What `hints_given` returned of all; None if none were given.
    """

    header: Header
    grid: Grid
    contexts: Contexts | None = None
    hints: Hints | None = None

    def known(self, begin: int = 0, end: int | None = None) -> Known:
        """What was given with the indices from one to before another, or to the last."""
        grid, of_elements = self.grid, self.header.codec.takes_contexts
        end = grid.indices if end is None else end
        elements = grid.elements_of(begin, end)
        each, own, rows = 1, None, None
        if self.contexts is not None:  # views are not to be spread out
            each = grid.block if of_elements else 1
            of = elements if of_elements else range(begin, end)
            own = self.contexts.flat[of.start : of.stop]
        if self.hints is not None:
            padded = np.zeros((end - begin) * grid.block, np.uint32)
            padded[: len(elements)] = self.hints.flat[elements.start : elements.stop]
            rows = padded.reshape(-1, grid.block)
        return Known(own, rows, each)

    def numbers(self, begin: int = 0, end: int | None = None) -> Numbers | None:
        """What the codec is told of the elements from one to before another, or to the last, flat.

        None for nothing.
        """
        end = self.grid.elements if end is None else end
        if self.hints is not None:
            return self.hints.flat[begin:end]
        if not self.header.codec.takes_contexts:
            return None
        if self.header.contexts == "column":
            return _in_rows(self.grid.shape, begin, end)
        return None if self.contexts is None else self.contexts.flat[begin:end]


def code_contexts(
    header: Header, grid: Grid, begin: int, end: int, known: Known
) -> Contexts | None:
    """Returns the contexts of indices that their code is told; None for none.

    Args:
        header: The container's.
        grid: Where the indices are.
        begin: The first index.
        end: Where the last one ends.
        known: What was given with them.
    """
    if header.codec.takes_contexts:
        return None
    if header.contexts != "column":
        return known.contexts
    return _in_rows(grid.steps_shape, begin, end)


def _in_rows(shape: Shape, begin: int, end: int) -> Contexts:
    """Where consecutive ones of an array of a shape are in their rows."""
    if len(shape) < 2:
        raise ParameterError("contexts", "column", "None or an array, where there is one axis only")
    if shape[-1] > CONTEXT_LIMIT:
        raise ParameterError("contexts", "column", f"at most {CONTEXT_LIMIT} of them in a row")
    return (np.arange(begin, end) % max(1, shape[-1])).astype(np.uint16)


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
