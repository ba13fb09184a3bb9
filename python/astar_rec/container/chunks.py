"""Indices into chunks: collected, coded, framed and written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._arrays import CONTEXT_LIMIT
from .._parallel import in_order
from .._validate import ELEMENT_LIMIT, threads_of
from ..errors import ParameterError
from .format import Header, contexts_checksum, write_frame
from .grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._elements import Indices, Shape
    from ..codecs import Codec, Message, Progress
    from ..codes import IndexCode
    from .format import Contexts
    from .grid import Grid

_SAMPLE = 256  # so many indices choose where a code that learns starts


class Chunk(NamedTuple):
    """Indices that share a frame.

    Attributes:
        number: The chunk's number.
        indices: Its indices.
        contexts: Their contexts, if there are any.
        rows: For the last chunk of an open container: how many rows there are.
    """

    number: int
    indices: Indices
    contexts: Contexts | None
    rows: int | None


class ChunkWriter:
    """Writes a container whose indices come in pieces of any number.

    Chunks do not depend on each other: those that come together are packed by several threads,
    where the code says so.

    Args:
        write: Called with bytes, one after the other.
        header: What the container says of itself.
        choose_start: Whether the first chunk decides where the depths' model starts.
    """

    def __init__(
        self, write: Callable[[bytes], object], header: Header, choose_start: bool
    ) -> None:
        self.header = header
        self._write = write
        self._choose_start = choose_start
        self._head: bytes | None = None
        self._number = 0
        self._pieces: list[tuple[Indices, Contexts | None]] = []
        self._waiting = 0

    def add(
        self, index: Indices, contexts: Contexts | None, progress: Progress | None = None
    ) -> None:
        """Adds indices of shape (n,) or (n, words), and their contexts, of shape (n,), if given.

        Args:
            index: The indices.
            contexts: Their contexts.
            progress: Called with the number of indices, of these, in chunks that are written, and
                with n.
        """
        before = self._number * self.header.chunk + self._waiting
        for number in self._write_chunks(self._full_chunks(index, contexts)):
            if progress is not None:
                done = (number + 1) * self.header.chunk - before
                progress(max(0, min(len(index), done)), len(index))
        self._own_what_waits()

    def finish(self, rows: int) -> None:
        """Writes what is left; the number of rows goes into an open container."""
        if self.header.open or self._waiting:
            last = self._take(rows if self.header.open else None)
            list(self._write_chunks(iter([last])))
        if self._head is None:
            self._write_header(None)

    def _full_chunks(self, index: Indices, contexts: Contexts | None) -> Iterator[Chunk]:
        """Yields the chunks that these indices fill."""
        chunk = self.header.chunk
        while len(index):
            # An open container's last chunk is not known to be that before the end.
            if self._waiting == chunk:
                yield self._take(None)
            room = chunk - self._waiting
            own = None if contexts is None else contexts[:room]
            self._pieces.append((index[:room], own))
            self._waiting += min(room, len(index))
            index, contexts = index[room:], None if contexts is None else contexts[room:]
        if self._waiting == chunk and not self.header.open:
            yield self._take(None)

    def _own_what_waits(self) -> None:
        """Copies the last piece, if it waits: its memory is the caller's, who may use it again."""
        if self._pieces:
            index, contexts = self._pieces[-1]
            self._pieces[-1] = index.copy(), None if contexts is None else contexts.copy()

    def _take(self, rows: int | None) -> Chunk:
        """Returns what waits as a chunk; the header is written before the first."""
        pieces, self._pieces, self._waiting = self._pieces, [], 0
        words = () if self.header.words == 1 else (self.header.words,)
        none = np.empty((0, *words), self.header.codec.kind.carried)
        index = np.concatenate([none, *(piece for piece, _ in pieces)])
        given = [np.empty(0, np.uint16), *(own for _, own in pieces if own is not None)]
        contexts = self._contexts(len(index), np.concatenate(given))
        if self._head is None:
            self._write_header((index[:_SAMPLE], None if contexts is None else contexts[:_SAMPLE]))
        chunk = Chunk(self._number, index, contexts, rows)
        self._number += 1
        return chunk

    def _write_chunks(self, chunks: Iterator[Chunk]) -> Iterator[int]:
        """Packs and writes chunks; yields the number of each."""
        threads = threads_for(self.header.codec, self.header.code)
        for number, frame in in_order(self._framed, chunks, threads):
            self._write(frame)
            yield number

    def _framed(self, chunk: Chunk) -> tuple[int, bytes]:
        """Returns a chunk's number, and its bytes."""
        assert self._head is not None
        begin = chunk.number * self.header.chunk
        payload = pack_chunk(
            self.header, self._shape(chunk.rows), begin, chunk.indices, chunk.contexts
        )
        return chunk.number, write_frame(self._head, chunk.number, payload, chunk.rows)

    def _shape(self, rows: int | None) -> Shape:
        """The samples' shape, as far as a chunk depends on it: all blocks but the last are full."""
        header = self.header
        if not header.open:
            return header.shape
        return (ELEMENT_LIMIT if rows is None else rows, *header.shape[1:])

    def _contexts(self, count: int, given: Contexts) -> Contexts | None:
        if self.header.contexts != "column":
            return given if self.header.contexts == "given" else None
        first = self._number * self.header.chunk
        return column_contexts(self.header.grid(), first, first + count)

    def _write_header(self, sample: tuple[Indices, Contexts | None] | None) -> None:
        if self._choose_start and sample is not None:
            self.header = replace(self.header, code=self.header.code.fitted(*sample))
        self._head = self.header.to_bytes()
        self._write(self._head)


def threads_for(codec: Codec, code: IndexCode) -> int:
    """Returns by how many threads chunks of a codec's indices are packed or unpacked at once."""
    return threads_of(codec.threads) if code.in_threads else 1


def indices_of(codec: Codec, message: Message) -> Indices:
    """Returns messages as codes take them: indices of shape (n,), or (n, words)."""
    index = codec.kind.to_index(message)
    return index.reshape(-1) if codec.words == 1 else index.reshape(-1, codec.words)


def pack_chunk(
    header: Header, shape: Shape, begin: int, index: Indices, contexts: Contexts | None
) -> bytes:
    """Returns a chunk's payload.

    Args:
        header: The container's.
        shape: The samples'; there may be more rows than have been written.
        begin: The number of the chunk's first index.
        index: The chunk's indices.
        contexts: Their contexts, if there are any.
    """
    code = header.code.at(header.codec, shape, offset=header.offset, begin=begin)
    payload = code.pack(index, contexts)
    if header.contexts == "given" and contexts is not None and len(contexts):
        payload = contexts_checksum(contexts) + payload
    return payload


def column_contexts(grid: Grid, begin: int, end: int) -> Contexts:
    """The contexts of indices by number, where they are places on the last axis."""
    if len(grid.shape) < 2:
        raise ParameterError("contexts", "column", "None or an array, where there is one axis only")
    columns = grid.steps_shape[-1]
    if columns > CONTEXT_LIMIT:
        raise ParameterError("contexts", "column", f"at most {CONTEXT_LIMIT} blocks in a row")
    return (np.arange(begin, end) % max(1, columns)).astype(np.uint16)
