"""Indices into chunks: collected, coded, framed and written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._parallel import in_order
from .._validate import ELEMENT_LIMIT, threads_of
from ..codecs.escapes import joined_escapes
from .escape_section import write_section
from .known import Known, code_contexts, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .._elements import Indices, Shape
    from ..codecs import Codec, Message, Progress
    from ..codecs.escapes import Escapes
    from ..codes import IndexCode
    from .envelope import Envelope
    from .fingerprint import Fingerprinter
    from .format import Contexts, Header

START_INDICES = 256  # so many indices choose where a code that learns starts


class Coded(NamedTuple):
    """A full chunk as another container holds it.

    Attributes:
        payload: What its frame holds, behind the escapes.
        code: The code that it is in.
    """

    payload: bytes
    code: IndexCode


# Indices, and what is known of them; or a chunk of them that is coded already.
Piece = tuple["Indices", Known] | Coded


class Chunk(NamedTuple):
    """What a frame is made of.

    Attributes:
        number: The chunk's number.
        payload: What it holds, behind the escapes; None where that has to be made.
        indices: Its indices, where there is no payload.
        contexts: Their contexts as the code is told them, if it is told any.
        known: What was given with them.
        section: What is written of its escapes.
        rows: For the last chunk of an open container: how many rows there are.
    """

    number: int
    payload: bytes | None
    indices: Indices
    contexts: Contexts | None
    known: Known
    section: bytes
    rows: int | None


class ChunkWriter:
    """Writes a container whose indices come in pieces of any number.

    Chunks do not depend on each other: those that come together are packed by several threads,
    where the code says so.

    Args:
        write: Called with bytes, one after the other.
        header: What the container says of itself.
        envelope: What is written around chunks.
        choose_start: Whether the first chunk decides where the depths' model starts.
        proposals: Where the first elements' proposals are collected, before indices are added.
        first: The number of the first chunk that is written.
        head: The header's bytes, where they are written elsewhere; None to write them first.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        header: Header,
        envelope: Envelope,
        choose_start: bool,
        proposals: Fingerprinter,
        *,
        first: int = 0,
        head: bytes | None = None,
    ) -> None:
        self.header = header
        self._write = write
        self._envelope = envelope
        self._choose_start = choose_start
        self._proposals = proposals
        self._head = head
        self._number = first
        self._pieces: list[tuple[Indices, Known]] = []
        self._coded: bytes | None = None  # waits in the place of pieces
        self._waiting = 0
        self._escapes: list[Escapes] = []

    def escape(self, escapes: Escapes) -> None:
        """Takes escapes of what is added next, numbered from the container's first element."""
        if len(escapes):
            self._escapes.append(escapes)

    def add(self, index: Indices, known: Known, progress: Progress | None = None) -> None:
        """Adds indices of shape (n,) or (n, words).

        Args:
            index: The indices.
            known: What is known of them.
            progress: Called with the number of indices, of these, in chunks that are written, and
                with n.
        """
        before = self._number * self.header.chunk + self._waiting
        for number in self._write_chunks(self._full_chunks([(index, known)])):
            if progress is not None:
                done = (number + 1) * self.header.chunk - before
                progress(max(0, min(len(index), done)), len(index))
        self._own_what_waits()

    def add_all(self, pieces: Iterable[Piece]) -> None:
        """Adds pieces whose memory is the caller's no more; chunks as they are if `may_copy`."""
        list(self._write_chunks(self._full_chunks(pieces)))

    def may_copy(self, part: Header) -> bool:
        """Whether chunks with which another container begins would be the same here.

        Where nothing is there yet, and the start is free, the other's start becomes this one's.

        Args:
            part: The other container's header. Its codec and its kind of contexts are those here,
                and its first element is the next one here.
        """
        if not self._envelope.copies:
            return False
        if self._waiting not in (0, self.header.chunk) or part.chunk != self.header.chunk:
            return False
        own, other = self.header.code, part.code
        if self._choose_start and self._head is None and not self._waiting:
            return own.expecting(None) == other.expecting(None)
        return own == other

    def finish(self, rows: int) -> None:
        """Writes what is left; the number of rows goes into an open container."""
        if self.header.open or self._waiting:
            last = self._take(rows if self.header.open else None)
            list(self._write_chunks(iter([last])))
        if self._head is None:
            self._write_header(self.header.code, self._shape(None))

    def _full_chunks(self, pieces: Iterable[Piece]) -> Iterator[Chunk]:
        """Yields the chunks that pieces fill."""
        chunk = self.header.chunk
        for piece in pieces:
            if isinstance(piece, Coded):
                # An open container's last chunk is not known to be that before the end.
                if self._waiting:
                    yield self._take(None)
                if self._head is None:
                    self._write_header(piece.code, self._shape(None))
                self._coded, self._waiting = piece.payload, chunk
                continue
            index, known = piece
            while len(index):
                if self._waiting == chunk:
                    yield self._take(None)
                room = chunk - self._waiting
                taken = min(room, len(index))
                self._pieces.append((index[:taken], known.part(0, taken)))
                self._waiting += taken
                known = known.part(taken, len(index))
                index = index[taken:]
        if self._waiting == chunk and not self.header.open:
            yield self._take(None)

    def _own_what_waits(self) -> None:
        """Copies the last piece, if it waits: its memory is the caller's, who may use it again."""
        if self._pieces:
            index, known = self._pieces[-1]
            self._pieces[-1] = index.copy(), known.copy()

    def _take(self, rows: int | None) -> Chunk:
        """Returns what waits as a chunk; the header is written before the first."""
        coded, self._coded = self._coded, None
        pieces, self._pieces, self._waiting = self._pieces, [], 0
        words = () if self.header.words == 1 else (self.header.words,)
        none = np.empty((0, *words), self.header.codec.kind.carried)
        index = np.concatenate([none, *(piece for piece, _ in pieces)])
        known = joined([own for _, own in pieces]) if pieces else Known()
        first = self._number * self.header.chunk
        contexts = code_contexts(self.header, self.header.grid(), first, first + len(index), known)
        if self._head is None:
            code = self.header.code
            if self._choose_start:
                some = None if contexts is None else contexts[:START_INDICES]
                code = code.fitted(index[:START_INDICES], some)
            self._write_header(code, self._shape(rows))
        count = len(index) if coded is None else self.header.chunk
        section = self._section(self._shape(rows), count)
        chunk = Chunk(self._number, coded, index, contexts, known, section, rows)
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
        payload, header = chunk.payload, self.header
        if payload is None:
            shape, begin = self._shape(chunk.rows), chunk.number * header.chunk
            code = code_at(header, shape, begin, len(chunk.indices), chunk.known)
            coded = code.pack(chunk.indices, chunk.contexts)
            payload = self._envelope.payload(coded, chunk.known)
        return chunk.number, self._envelope.chunk(
            self._head, chunk.number, payload, chunk.rows, chunk.section
        )

    def _section(self, shape: Shape, count: int) -> bytes:
        """What is written of the escapes of the chunk, which has so many indices."""
        if not self._escapes:
            return b""
        first = self._number * self.header.chunk
        elements = self.header.grid(shape).elements_of(first, first + count)
        escapes = joined_escapes(self._escapes)
        own = escapes.within(elements.start, elements.stop)
        left = escapes.within(elements.stop, ELEMENT_LIMIT).moved(elements.stop)
        self._escapes = [left] if len(left) else []
        return write_section(own) if len(own) else b""

    def _shape(self, rows: int | None) -> Shape:
        """The samples' shape, as far as a chunk depends on it: all blocks but the last are full."""
        header = self.header
        if not header.open:
            return header.shape
        return (ELEMENT_LIMIT if rows is None else rows, *header.shape[1:])

    def _write_header(self, code: IndexCode, shape: Shape) -> None:
        """Writes the header, once the first chunk is known, of samples of a shape."""
        columns = shape[-1] if shape else 1
        fingerprint = self._proposals.result(self.header.fingerprinted(shape), columns)
        self.header = replace(self.header, code=code, fingerprint=fingerprint)
        self._head = self._envelope.head(self.header)
        self._write(self._head)


def threads_for(codec: Codec, code: IndexCode) -> int:
    """Returns by how many threads chunks of a codec's indices are packed or unpacked at once."""
    return threads_of(codec.threads) if code.in_threads else 1


def indices_of(codec: Codec, message: Message) -> Indices:
    """Returns messages as codes take them: indices of shape (n,), or (n, words)."""
    index = codec.kind.to_index(message)
    return index.reshape(-1) if codec.words == 1 else index.reshape(-1, codec.words)


def code_at(header: Header, shape: Shape, begin: int, count: int, known: Known) -> IndexCode:
    """Returns the code of some consecutive indices.

    Args:
        header: The container's.
        shape: The samples'; there may be more rows than have been written.
        begin: The number of the first index.
        count: How many there are.
        known: What is known of them.
    """
    codec, offset = header.codec, header.offset
    if known.hints is None:
        return header.code.at(codec, shape, offset=offset, begin=begin)
    elements = header.grid(shape).elements_of(begin, begin + count)
    own = codec.with_hints(known.hints_of(len(elements)))
    return header.code.at(own, (len(elements),), offset=offset + elements.start)
