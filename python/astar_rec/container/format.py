"""The container's layout: headers and frames to bytes and back. docs/format.md specifies it."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import CONTEXT_LIMIT
from .._kinds import CONTAINER, what_it_is
from .._validate import ELEMENT_LIMIT, MAX_AXES, Buffer
from .._varint import read_varint, varint
from ..codecs import method_numbered
from ..codes import code_numbered
from ..errors import CorruptDataError, ParameterError
from .code_choice import code_for
from .fingerprint import FINGERPRINT_ELEMENTS, Fingerprint
from .grid import Grid

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape
    from ..codecs import Codec
    from ..codes import IndexCode

    Contexts = npt.NDArray[np.uint16]

MAGIC = CONTAINER
VERSION = 3

MAX_CHUNK = 1 << 16
MIN_CHUNK = 1 << 4
DTYPES = ("float64", "float32")
CONTEXTS = ("none", "column", "given")

LONGEST_HEADER = 1 << 20  # more than any takes

_FLOAT32 = 1 << 0
_OPEN = 1 << 1
_CONTEXTS_SHIFT = 2
_CONTEXTS_MASK = 3
_FINGERPRINT = 1 << 4
_KNOWN_FLAGS = (1 << 5) - 1

_CHUNK_MARK = 0xC5
_LAST_MARK = 0xE5
_ESCAPES = 1  # added to the mark of a frame that has them
# With which frames begin; the latter two, those with escapes.
MARKS = bytes([_CHUNK_MARK, _LAST_MARK, _CHUNK_MARK + _ESCAPES, _LAST_MARK + _ESCAPES])

# Mark, number, rows, length: what may stand before a payload.
FRAME_HEAD = 1 + 3 * 10


def dtype_of(value: Any) -> str:
    """Returns the name of a type of samples."""
    try:
        name = "float64" if value is None else np.dtype(value).name
    except TypeError:
        name = ""
    if name not in DTYPES:
        raise ParameterError("dtype", value, " or ".join(DTYPES))
    return name


def as_received(samples: npt.NDArray[np.float64], dtype: str) -> npt.NDArray[Any]:
    """Returns samples as the receiver of a container holds them, and so the sender, too.

    Args:
        samples: What the codec has.
        dtype: One of `DTYPES`. What is beyond float32's range becomes infinite.
    """
    with np.errstate(over="ignore", under="ignore"):
        return samples.astype(dtype, copy=False)


@dataclass(frozen=True)
class Header:
    """What a container says of its contents.

    Attributes:
        codec: The codec that makes and decodes them. What a receiver need not know, a budget or
            a number of threads, is not written.
        code: The code of the indices.
        contexts: Where contexts come from: one of `CONTEXTS`. They are of elements, told to the
            codec, where that takes them; or else of indices, told to the code.
        offset: The number of the first element.
        shape: The samples' shape. Where the header is `open`, the first axis is 0 there, and the
            last frame says how many rows there are.
        open: Whether the number of rows was not known when the header was written.
        dtype: The samples' type: one of `DTYPES`.
        chunk: How many indices a chunk holds.
        fingerprint: Of the first elements' proposals; None for none.
    """

    codec: Codec
    code: IndexCode
    contexts: str
    offset: int
    shape: Shape
    open: bool
    dtype: str
    chunk: int
    fingerprint: Fingerprint | None = None

    @property
    def block(self) -> int:
        """Elements of the last axis that share an index."""
        return self.codec.block

    @property
    def words(self) -> int:
        """Words of an index."""
        return self.codec.words

    def grid(self, shape: Shape | None = None) -> Grid:
        """The grid of samples of a shape; None for the container's own."""
        own = self.shape if shape is None else shape
        return Grid(own, self.block, self.chunk, self.codec.runs_through)

    def fingerprinted(self, shape: Shape) -> int:
        """Of how many elements a fingerprint is, where the samples have a shape."""
        grid = self.grid(shape)
        first = min(grid.chunk, grid.indices)
        return min(FINGERPRINT_ELEMENTS, len(grid.elements_of(0, first)))

    def with_row(self, row: Shape) -> Header:
        """The same, open, with rows of a shape."""
        return replace(self, shape=(0, *row))

    def with_rows(self, rows: int) -> Header:
        """The same with a known number of rows."""
        return replace(self, shape=(rows, *self.shape[1:]), open=False)

    def to_bytes(self) -> bytes:
        """The header as it is written, its checksum included."""
        flags = (
            (_FLOAT32 if self.dtype == "float32" else 0)
            | (_OPEN if self.open else 0)
            | CONTEXTS.index(self.contexts) << _CONTEXTS_SHIFT
            | (_FINGERPRINT if self.fingerprint else 0)
        )
        log_chunk = self.chunk.bit_length() - 1
        numbers = (
            *self.code.header_numbers(),
            self.codec.seed,
            *self.codec.parameters,
            self.offset,
            len(self.shape),
            *self.shape,
        )
        body = MAGIC + bytes([VERSION, self.codec.number, flags, self.code.number, log_chunk])
        body += b"".join(map(varint, numbers))
        if self.fingerprint:
            body += self.fingerprint.to_bytes()
        return body + _checksum(body)


def read_header(data: memoryview) -> tuple[Header, int]:
    """Returns the header at the start of the data, and its length.

    Raises:
        CorruptDataError: Not a container, damaged, of another version, or nonsense.
    """
    if bytes(data[:4]) != MAGIC:
        raise CorruptDataError(
            "not an astar_rec container: it does not start with A*RC" + what_it_is(bytes(data[:8]))
        )
    if len(data) < 9:
        raise CorruptDataError(f"the data end at byte {len(data)}, in the header")
    version, method, flags, code, chunk = data[4:9]
    if version != VERSION:
        raise CorruptDataError(f"container version {version}; this release reads version {VERSION}")
    contexts = flags >> _CONTEXTS_SHIFT & _CONTEXTS_MASK
    if contexts >= len(CONTEXTS) or flags > _KNOWN_FLAGS:
        raise CorruptDataError("a header that no encoder writes: unknown flags")
    kind = code_numbered(code)
    if kind is None:
        raise CorruptDataError(f"code {code}, which is unknown here")
    at = 9

    def number() -> int:
        nonlocal at
        value, at = read_varint(data, at)
        return value

    own = tuple(number() for _ in range(kind.header_size))
    try:
        codec = method_numbered(method).from_parameters(number, number())
        offset, axes = number(), number()
        if axes > MAX_AXES:
            raise CorruptDataError(f"{axes} axes")
        shape = tuple(number() for _ in range(axes))
        fingerprint = None
        if flags & _FINGERPRINT:
            fingerprint, at = _read_fingerprint(data, at)
        if bytes(data[at : at + 4]) != _checksum(data[:at]):
            raise CorruptDataError("the header's checksum does not match")
        header = Header(
            codec=codec,
            code=code_for(codec, kind.from_header(own, codec.words), contexts=contexts > 0),
            contexts=CONTEXTS[contexts],
            offset=offset,
            shape=shape,
            open=bool(flags & _OPEN),
            dtype="float32" if flags & _FLOAT32 else "float64",
            chunk=1 << chunk if chunk < 64 else 0,
            fingerprint=fingerprint,
        )
        check_shape(codec, header.contexts, shape)
    except ParameterError as error:
        raise CorruptDataError(f"a header that no encoder writes: {error}") from None
    _check(header)
    return header, at + 4


def _read_fingerprint(data: memoryview, at: int) -> tuple[Fingerprint, int]:
    """Returns the fingerprint at a place, and where it ends."""
    end = at + Fingerprint.SIZE
    if len(data) < end:
        raise CorruptDataError(f"the data end at byte {len(data)}, in the header")
    return Fingerprint.from_bytes(bytes(data[at:end])), end


def check_shape(codec: Codec, contexts: str, shape: Shape) -> None:
    """Refuses samples of a shape that is not for the codec, or not for columns as its contexts.

    Args:
        codec: The codec.
        contexts: Where contexts come from: one of `CONTEXTS`.
        shape: The samples' shape.

    Raises:
        ParameterError: It is not.
    """
    codec.check_shape(shape)
    if contexts == "column" and codec.takes_contexts and shape and shape[-1] > CONTEXT_LIMIT:
        expected = f"at most {CONTEXT_LIMIT}, or an array of fewer contexts"
        raise ParameterError("contexts", f"{shape[-1]} columns", expected)


def least_chunk(codec: Codec) -> int:
    """Returns the fewest messages that a chunk may hold."""
    return min(MIN_CHUNK, codec.default_chunk)


def _check(header: Header) -> None:
    """Refuses what `Header` can say and no encoder writes."""
    if not least_chunk(header.codec) <= header.chunk <= MAX_CHUNK:
        raise CorruptDataError(f"chunks of {header.chunk} indices")
    if header.fingerprint is not None and not header.fingerprint.is_possible:
        raise CorruptDataError("a fingerprint that no proposal has")
    if header.contexts == "column" and len(header.shape) < 2:
        raise CorruptDataError(f"columns as contexts in shape {header.shape}")
    if header.open and (not header.shape or header.shape[0] != 0):
        raise CorruptDataError(f"an open header of shape {header.shape}")
    check_size(header)


def check_size(header: Header) -> None:
    """Refuses more elements than have numbers."""
    # Empty axes do not make the others any shorter: NumPy refuses such shapes, so none was written.
    size = math.prod(max(1, length) for length in header.shape)
    if size > ELEMENT_LIMIT - min(header.offset, ELEMENT_LIMIT):
        raise CorruptDataError("more than 2^48 elements")


# --- Frames --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FrameHead:
    """What stands before a payload.

    Attributes:
        number: The chunk's number, from 0.
        rows: For the last frame of an open container: how many rows there are. None otherwise.
        length: The payload's number of bytes.
        size: The head's own number of bytes.
        escapes: Whether the payload begins with escapes.
    """

    number: int
    rows: int | None
    length: int
    size: int
    escapes: bool


def write_frame(
    head: bytes, number: int, payload: bytes, rows: int | None = None, *, escapes: bytes = b""
) -> bytes:
    """Returns a chunk as it is written.

    Args:
        head: The header's bytes.
        number: The chunk's number.
        payload: What it holds.
        rows: For the last frame of an open container: how many rows there are.
        escapes: The section of its escapes, if it has any.
    """
    kind, payload = _ESCAPES if escapes else 0, escapes + payload
    mark = bytes([_CHUNK_MARK + kind])
    if rows is not None:
        mark = bytes([_LAST_MARK + kind]) + varint(rows)
    checksum = frame_checksum(head[-4:], number, rows, payload, escapes=bool(escapes))
    return mark + varint(number) + varint(len(payload)) + payload + checksum


def read_frame_head(data: memoryview) -> FrameHead:
    """Returns what stands at the start of the data.

    Raises:
        CorruptDataError: It is no frame.
    """
    if not data:
        raise CorruptDataError("the data end where a chunk should begin")
    if data[0] not in MARKS:
        raise CorruptDataError("no chunk begins where one should")
    at, rows = 1, None
    if data[0] in (_LAST_MARK, _LAST_MARK + _ESCAPES):
        rows, at = read_varint(data, at)
    number, at = read_varint(data, at)
    length, at = read_varint(data, at)
    return FrameHead(number, rows, length, at, data[0] in MARKS[2:])


def frame_checksum(
    header: bytes, number: int, rows: int | None, payload: Buffer, *, escapes: bool = False
) -> bytes:
    """The checksum that follows a payload: of its place, too, that chunks stay where they are.

    Args:
        header: The header's checksum.
        number: The chunk's number.
        rows: As in `FrameHead`.
        payload: The payload.
        escapes: Whether it begins with escapes.
    """
    place = header + number.to_bytes(8, "little")
    if rows is not None:
        place += rows.to_bytes(8, "little")
    if escapes:
        place += bytes([_ESCAPES])
    return _checksum(payload, zlib.crc32(place))


def longest_payload(header: Header) -> int:
    """More bytes than any chunk's payload has."""
    if not header.codec.kind.is_number:
        return ELEMENT_LIMIT  # bytes may be any number
    # Decisions of 16 bits, 64 a word, and the path; and as much for escapes.
    return 128 + 2 * header.chunk * header.words * 136


def _checksum(data: Buffer, start: int = 0) -> bytes:
    return zlib.crc32(data, start).to_bytes(4, "little")
