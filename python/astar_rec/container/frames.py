"""Finding the chunks of a container: one after the other, or in what damage has left of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._validate import ELEMENT_LIMIT
from ..errors import CorruptDataError
from .format import (
    FRAME_HEAD,
    MARKS,
    FrameHead,
    Header,
    check_size,
    frame_checksum,
    longest_payload,
    read_frame_head,
)
from .grid import Grid

if TYPE_CHECKING:
    from .grid import Grid
    from .source import Source

_CHECKSUM = 4
_WINDOW = 64


@dataclass(frozen=True)
class Frame:
    """A chunk's place.

    Attributes:
        number: The chunk's number.
        rows: For the last frame of an open container: how many rows there are.
        begin: Where its payload begins.
        length: The payload's number of bytes.
        escapes: Whether the payload begins with escapes.
    """

    number: int
    rows: int | None
    begin: int
    length: int
    escapes: bool = False

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.begin + self.length + _CHECKSUM


@dataclass(frozen=True)
class Contents:
    """What a container holds.

    Attributes:
        grid: The array of samples. Of an open container without its end, what is known of it.
        frames: The chunks that are there, by number.
        complete: Whether the number of rows is known.
    """

    grid: Grid
    frames: dict[int, Frame]
    complete: bool


def payload_of(source: Source, frame: Frame, header: bytes) -> memoryview:
    """Returns a chunk's payload.

    Args:
        source: The container.
        frame: The chunk's place.
        header: The header's checksum.

    Raises:
        CorruptDataError: It is not what was written.
    """
    data = source.read(frame.begin, frame.length + _CHECKSUM)
    payload, checksum = data[: frame.length], data[frame.length :]
    if bytes(checksum) != frame_checksum(
        header, frame.number, frame.rows, payload, escapes=frame.escapes
    ):
        raise CorruptDataError(f"the checksum of chunk {frame.number} does not match")
    return payload


def walk(source: Source, at: int, header: Header, checksum: bytes) -> Contents:
    """Finds the chunks from the first to the last; payloads are left to who needs them.

    Args:
        source: The container.
        at: Where the header ends.
        header: The header.
        checksum: Its checksum.

    Raises:
        CorruptDataError: Anything but one chunk after the other, and then the end.
    """
    frames: dict[int, Frame] = {}
    rows: int | None = None
    limit = _chunk_limit(header)
    while rows is None and (header.open or len(frames) < limit):
        number = len(frames)
        frame = _frame_at(source, at, header, limit)
        if frame.number != number:
            raise CorruptDataError(f"chunk {frame.number} where chunk {number} should be")
        frames[number] = frame
        at, rows = frame.end, frame.rows
    if at != source.size:
        raise CorruptDataError(f"{source.size - at} bytes after the last chunk")
    if rows is not None:
        header = header.with_rows(rows)
        _check_rows(header, len(frames))
        # A frame without indices is not read again: so it is checked here.
        if not header.grid().indices and payload_of(source, frames[0], checksum):
            raise CorruptDataError(f"{frames[0].length} bytes for no index")
    return Contents(header.grid(), frames, complete=True)


def whole(source: Source, header: Header) -> Contents:
    """What is left without a header and frames: the payload of a single chunk.

    Args:
        source: The payload.
        header: What a header would say; a chunk holds all indices.

    Raises:
        CorruptDataError: There are bytes, and no index.
    """
    grid = header.grid()
    if not grid.indices:
        if source.size:
            raise CorruptDataError(f"{source.size} bytes for no index")
        return Contents(grid, {}, complete=True)
    return Contents(grid, {0: Frame(0, None, 0, source.size)}, complete=True)


def rescue(source: Source, at: int, header: Header, checksum: bytes) -> Contents:
    """Finds all chunks that are whole, wherever they are; each is checked.

    Args:
        source: The container.
        at: Where the header ends.
        header: The header.
        checksum: Its checksum.
    """
    frames: dict[int, Frame] = {}
    rows: int | None = None
    limit = _chunk_limit(header)
    following = 0  # the number that the next chunk has at least
    # What looks like a chunk is read to be checked, and damage may look like many. All the work
    # together stays in proportion to the size.
    budget = 64 * source.size + (1 << 20)
    while at < source.size and budget > 0:
        try:
            frame = _frame_at(source, at, header, limit)
            budget -= frame.length
            if frame.number < following:
                raise CorruptDataError("a chunk out of order")
            payload_of(source, frame, checksum)
            if frame.rows is not None:
                _check_rows(header.with_rows(frame.rows), frame.number + 1)
            elif header.open:
                check_size(header.with_rows(_known_rows(header, frame.number + 1)))
        except CorruptDataError:
            at = _next_mark(source, at + 1)
            budget -= _WINDOW
            continue
        frames[frame.number] = frame
        at, following = frame.end, frame.number + 1
        if frame.rows is not None:
            rows = frame.rows
            break
        if not header.open and following == limit:
            break
    if not header.open:
        return Contents(header.grid(), frames, complete=True)
    if rows is not None:
        return Contents(header.with_rows(rows).grid(), frames, complete=True)
    known = header.with_rows(_known_rows(header, following))
    return Contents(known.grid(), frames, complete=False)


def _known_rows(header: Header, chunks: int) -> int:
    """How many rows an open container has that has so many chunks: all but the last are full."""
    known = chunks * header.chunk
    grid = header.grid()
    if grid.is_flat:
        known, per_row = known * header.block, grid.row_elements
    else:
        per_row = grid.row_indices
    return -(-known // max(1, per_row))


def _chunk_limit(header: Header) -> int:
    """How many chunks there are; where the number of rows is not known, how many there may be."""
    return ELEMENT_LIMIT // header.chunk if header.open else header.grid().chunks


def _frame_at(source: Source, at: int, header: Header, limit: int) -> Frame:
    """The frame that begins at a place, as far as can be seen without its payload."""
    try:
        head: FrameHead = read_frame_head(source.read(at, FRAME_HEAD))
    except CorruptDataError as error:
        raise CorruptDataError(f"byte {at}: {error}") from None
    frame = Frame(head.number, head.rows, at + head.size, head.length, head.escapes)
    if head.rows is not None and not header.open:
        raise CorruptDataError(f"byte {at}: a number of rows, which the header has")
    if head.length > longest_payload(header):
        raise CorruptDataError(f"byte {at}: a chunk of {head.length} bytes")
    if frame.end > source.size:
        raise CorruptDataError(f"the data end at byte {source.size}, in chunk {head.number}")
    if head.number >= max(1, limit):
        raise CorruptDataError(f"byte {at}: chunk {head.number}, which there is none of")
    return frame


def _check_rows(header: Header, chunks: int) -> None:
    """Refuses a number of rows that does not go with the number of chunks."""
    check_size(header)
    grid = header.grid()
    if max(1, grid.chunks) != chunks:
        raise CorruptDataError(f"{chunks} chunks for {grid.rows} rows")


def _next_mark(source: Source, at: int) -> int:
    """Where a frame may begin, from a place on; the end if nowhere."""
    size = _WINDOW
    while window := source.read(at, size):
        if found := _MARK.search(window):
            return at + found.start()
        at += size
        size = min(2 * size, 1024 * _WINDOW)
    return source.size


_MARK = re.compile(b"[" + re.escape(MARKS) + b"]")
