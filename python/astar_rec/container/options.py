"""What a header says before anything is written, made of the options of `compress` and `Writer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._validate import ELEMENT_LIMIT, integer
from ..errors import ParameterError
from .code_choice import code_for
from .format import MAX_CHUNK, Header, dtype_of, least_chunk

if TYPE_CHECKING:
    from .._elements import Shape
    from ..codecs import Codec
    from ..codes import IndexCode

__all__ = ["header_for"]


def header_for(
    codec: Codec,
    *,
    code: IndexCode | None,
    shape: Shape | None,
    contexts: str,
    dtype: Any,
    chunk: int | None,
    offset: int,
) -> Header:
    """Returns a header without a fingerprint, and with the start of its code as it was given.

    Args:
        codec: The codec.
        code: As for `compress`.
        shape: The samples'; None where the number of rows is not known.
        contexts: Where the code's contexts come from: one of `CONTEXTS`.
        dtype: As for `compress`.
        chunk: As for `compress`.
        offset: As for `compress`.

    Raises:
        ParameterError: Options that do not go together.
    """
    own = code_for(codec, code, contexts=contexts != "none")
    header = Header(
        codec=codec,
        code=own,
        contexts=contexts,
        offset=integer("offset", offset, 0, ELEMENT_LIMIT),
        shape=(0,) if shape is None else shape,
        open=shape is None,
        dtype=dtype_of(dtype),
        chunk=_chunk(chunk, codec, own),
    )
    if shape is not None:
        codec.check_shape(shape)
    return header


def _chunk(value: object, codec: Codec, code: IndexCode) -> int:
    """Returns how many indices a chunk holds: as was asked, or as many as the code has elements."""
    least = least_chunk(codec)
    if value is None:
        indices = max(least, code.elements_in_chunk // codec.block)
        return min(codec.default_chunk, 1 << (indices.bit_length() - 1))
    chunk = integer("chunk", value, least, MAX_CHUNK)
    if chunk & (chunk - 1):
        raise ParameterError("chunk", chunk, f"a power of two from {least} to {MAX_CHUNK}")
    return chunk
