"""The container's layout: headers and frames to bytes and back. docs/format.md specifies it."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .._validate import ELEMENT_LIMIT, MAX_AXES, Buffer, Shape
from .._varint import read_varint, varint
from ..codes import code_numbered
from ..errors import CorruptDataError, ParameterError
from .options import (
    HINTS_PER_BIT,
    MAX_CHUNK,
    METHODS,
    MIN_CHUNK,
    MOST_HINT,
    MOST_HINTS,
    block_of,
    make_codec,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..codecs import Codec
    from ..codes import IndexCode

    Contexts = npt.NDArray[np.uint16]

MAGIC = b"A*RC"
VERSION = 2

LONGEST_HEADER = 1 << 20  # more than any takes

CONTEXTS = ("none", "column", "given")

_FLOAT32 = 1 << 4
_HINTS = 1 << 5
_OPEN = 1 << 6
_FLAGS = _FLOAT32 | _HINTS | _OPEN

_CHUNK_MARK = 0xC5
_LAST_MARK = 0xE5
MARKS = bytes([_CHUNK_MARK, _LAST_MARK])  # with which frames begin

# Mark, number, rows, length: what may stand before a payload.
FRAME_HEAD = 1 + 3 * 10


@dataclass(frozen=True)
class Header:
    """What a container says of its contents.

    Attributes:
        method: The name that `compress` was given.
        code: The code of the indices.
        contexts: Where the code's contexts come from: one of `CONTEXTS`.
        limit: The method's: the depth of DAD*, the most samples of global A*; 0 for none.
        seed: The codec's.
        offset: The number of the first element.
        shape: The samples' shape. Where the header is `open`, the first axis is 0 there, and the
            last frame says how many rows there are.
        open: Whether the number of rows was not known when the header was written.
        dtype: The samples' type: one of `DTYPES`.
        chunk: How many indices a chunk holds.
        hints: ``bits_hint`` in sixteenths of a bit, a number for each column; none if empty.
    """

    method: str
    code: IndexCode
    contexts: str
    limit: int
    seed: int
    offset: int
    shape: Shape
    open: bool
    dtype: str
    chunk: int
    hints: tuple[int, ...]

    @property
    def block(self) -> int:
        """Elements of the last axis that share an index."""
        return block_of(self.code)

    def codec(self, threads: int | None, columns: slice | None = None) -> Codec:
        """The codec that decodes samples of these columns, all by default."""
        hints = (
            np.array(self.hints[columns or slice(None)], float) / HINTS_PER_BIT
            if self.hints
            else None
        )
        depth = self.limit if self.method == "dad*" else None
        max_samples = self.limit or None if self.method == "global" else None
        return make_codec(
            self.method,
            block=self.block,
            seed=self.seed,
            depth=depth,
            max_samples=max_samples,
            bits_hint=hints,
            threads=threads,
        )

    def with_row(self, row: Shape) -> Header:
        """The same, open, with rows of a shape."""
        return replace(self, shape=(0, *row))

    def with_rows(self, rows: int) -> Header:
        """The same with a known number of rows."""
        return replace(self, shape=(rows, *self.shape[1:]), open=False)

    def to_bytes(self) -> bytes:
        """The header as it is written, its checksum included."""
        parameters = self.code.header_bytes() or b"\0"
        flags = (
            (_FLOAT32 if self.dtype == "float32" else 0)
            | (_HINTS if self.hints else 0)
            | (_OPEN if self.open else 0)
        )
        fields = [
            VERSION,
            METHODS.index(self.method) | flags,
            self.code.number | CONTEXTS.index(self.contexts) << 4,
            parameters[0],
            self.chunk.bit_length() - 1,
            *parameters[1:],
        ]
        numbers = [self.limit] if self.method in ("dad*", "global") else []
        numbers += [self.seed, self.offset, len(self.shape), *self.shape, *self.hints]
        body = MAGIC + bytes(fields) + b"".join(varint(number) for number in numbers)
        return body + _checksum(body)


def read_header(data: memoryview) -> tuple[Header, int]:
    """Returns the header at the start of the data, and its length.

    Raises:
        CorruptDataError: Not a container, damaged, of another version, or nonsense.
    """
    if bytes(data[:4]) != MAGIC:
        raise CorruptDataError("not an astar_rec container: it does not start with A*RC")
    if len(data) < 9:
        raise CorruptDataError(f"the data end at byte {len(data)}, in the header")
    version, method, code, parameter, chunk = data[4:9]
    if version != VERSION:
        raise CorruptDataError(f"container version {version}; this release reads version {VERSION}")
    names = [name for number, name in enumerate(METHODS) if number == method & 0x0F]
    kind = code_numbered(code & 0x0F)
    at = 9
    if kind is not None:
        at += max(0, kind.header_size - 1)  # one stands before the chunk's size
        if len(data) < at:
            raise CorruptDataError(f"the data end at byte {len(data)}, in the header")
    parameters = bytes([parameter, *data[9:at]])

    def number() -> int:
        nonlocal at
        value, at = read_varint(data, at)
        return value

    limit = number() if names and names[0] in ("dad*", "global") else 0
    seed, offset, axes = number(), number(), number()
    if axes > MAX_AXES:
        raise CorruptDataError(f"{axes} axes")
    shape = tuple(number() for _ in range(axes))
    hints: tuple[int, ...] = ()
    if method & _HINTS:
        columns = shape[-1] if shape else 1
        if columns > min(MOST_HINTS, len(data)):
            raise CorruptDataError(f"hints for {columns} columns in {len(data)} bytes")
        hints = tuple(number() for _ in range(columns))
    if bytes(data[at : at + 4]) != _checksum(data[:at]):
        raise CorruptDataError("the header's checksum does not match")
    if not names or kind is None or method & 0xF0 & ~_FLAGS or code >> 4 >= len(CONTEXTS):
        raise CorruptDataError("a header that no encoder writes: an unknown method or code")
    try:
        header = Header(
            method=names[0],
            code=_make_code(kind, parameters),
            contexts=CONTEXTS[code >> 4],
            limit=limit,
            seed=seed,
            offset=offset,
            shape=shape,
            open=bool(method & _OPEN),
            dtype="float32" if method & _FLOAT32 else "float64",
            chunk=1 << chunk,
            hints=hints,
        )
        header.codec(None)
    except ParameterError as error:
        raise CorruptDataError(f"a header that no encoder writes: {error}") from None
    _check(header, chunk)
    return header, at + 4


def _check(header: Header, chunk: int) -> None:
    """Refuses what `Header` can say and no encoder writes."""
    if not MIN_CHUNK <= 1 << chunk <= MAX_CHUNK:
        raise CorruptDataError(f"chunks of 2^{chunk} indices")
    if not header.code.suits(header.codec(None)):
        raise CorruptDataError(f"{header.code!r} with method {header.method}")
    if header.contexts != "none" and not header.code.takes_contexts:
        raise CorruptDataError(f"contexts for {header.code!r}")
    if header.contexts == "column" and len(header.shape) < 2:
        raise CorruptDataError(f"columns as contexts in shape {header.shape}")
    if header.open and (not header.shape or header.shape[0] != 0):
        raise CorruptDataError(f"an open header of shape {header.shape}")
    if any(hint > MOST_HINT for hint in header.hints):
        raise CorruptDataError("a hint out of range")
    check_size(header)


def check_size(header: Header) -> None:
    """Refuses more elements than have numbers."""
    # Empty axes do not make the others any shorter: NumPy refuses such shapes, so none was written.
    size = math.prod(max(1, length) for length in header.shape)
    if size > ELEMENT_LIMIT - min(header.offset, ELEMENT_LIMIT):
        raise CorruptDataError("more than 2^48 elements")


def _make_code(kind: type[IndexCode], parameters: bytes) -> IndexCode:
    if any(parameters[kind.header_size :]):
        raise ParameterError("parameter", parameters[0], "0")
    return kind.from_header(parameters[: kind.header_size])


# --- Frames --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FrameHead:
    """What stands before a payload.

    Attributes:
        number: The chunk's number, from 0.
        rows: For the last frame of an open container: how many rows there are. None otherwise.
        length: The payload's number of bytes.
        size: The head's own number of bytes.
    """

    number: int
    rows: int | None
    length: int
    size: int


def write_frame(head: bytes, number: int, payload: bytes, rows: int | None = None) -> bytes:
    """Returns a chunk as it is written.

    Args:
        head: The header's bytes.
        number: The chunk's number.
        payload: What it holds.
        rows: For the last frame of an open container: how many rows there are.
    """
    mark = bytes([_CHUNK_MARK]) if rows is None else bytes([_LAST_MARK]) + varint(rows)
    checksum = frame_checksum(head[-4:], number, rows, payload)
    return mark + varint(number) + varint(len(payload)) + payload + checksum


def read_frame_head(data: memoryview) -> FrameHead:
    """Returns what stands at the start of the data.

    Raises:
        CorruptDataError: It is no frame.
    """
    if not data:
        raise CorruptDataError("the data end where a chunk should begin")
    if data[0] not in (_CHUNK_MARK, _LAST_MARK):
        raise CorruptDataError("no chunk begins where one should")
    at, rows = 1, None
    if data[0] == _LAST_MARK:
        rows, at = read_varint(data, at)
    number, at = read_varint(data, at)
    length, at = read_varint(data, at)
    return FrameHead(number, rows, length, at)


def frame_checksum(header: bytes, number: int, rows: int | None, payload: Buffer) -> bytes:
    """The checksum that follows a payload: of its place, too, that chunks stay where they are.

    Args:
        header: The header's checksum.
        number: The chunk's number.
        rows: As in `FrameHead`.
        payload: The payload.
    """
    place = header + number.to_bytes(8, "little")
    if rows is not None:
        place += rows.to_bytes(8, "little")
    return _checksum(payload, zlib.crc32(place))


def contexts_checksum(contexts: Contexts) -> bytes:
    """What stands before a chunk's indices where their contexts were given."""
    return _checksum(contexts.astype("<u2").tobytes())


def longest_payload(header: Header) -> int:
    """More bytes than any chunk's payload has."""
    # Decisions of 16 bits, 64 a word, and the path.
    return 64 + header.chunk * header.block * 136


def _checksum(data: Buffer, start: int = 0) -> bytes:
    return zlib.crc32(data, start).to_bytes(4, "little")
