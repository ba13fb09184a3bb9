"""Indices into chunks: collected, coded, framed and written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._arrays import CONTEXT_LIMIT
from .._validate import ELEMENT_LIMIT
from ..codecs.escapes import joined_escapes
from ..errors import ParameterError
from .escape_section import write_section
from .format import Header, contexts_checksum, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Indices, Shape
    from ..codecs import Codec, Message
    from ..codecs.escapes import Escapes
    from .fingerprint import Fingerprinter
    from .format import Contexts
    from .grid import Grid

_SAMPLE = 256  # so many indices choose where a code that learns starts


class ChunkWriter:
    """Writes a container whose indices come in pieces of any number.

    Args:
        write: Called with bytes, one after the other.
        header: What the container says of itself.
        choose_start: Whether the first chunk decides where the depths' model starts.
        proposals: Where the first elements' proposals are collected, before indices are added.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        header: Header,
        choose_start: bool,
        proposals: Fingerprinter,
    ) -> None:
        self.header = header
        self._write = write
        self._choose_start = choose_start
        self._proposals = proposals
        self._head: bytes | None = None
        self._number = 0
        self._pieces: list[tuple[Indices, Contexts | None]] = []
        self._waiting = 0
        self._escapes: list[Escapes] = []

    def escape(self, escapes: Escapes) -> None:
        """Takes escapes of what is added next, numbered from the container's first element."""
        if len(escapes):
            self._escapes.append(escapes)

    def add(self, index: Indices, contexts: Contexts | None) -> None:
        """Adds indices of shape (n,) or (n, words), and their contexts, of shape (n,), if given."""
        chunk = self.header.chunk
        while len(index):
            room = chunk - self._waiting
            own = None if contexts is None else contexts[:room]
            self._pieces.append((index[:room], own))
            self._waiting += min(room, len(index))
            index, contexts = index[room:], None if contexts is None else contexts[room:]
            # An open container's last chunk is not known to be that before the end.
            if self._waiting == chunk and (len(index) or not self.header.open):
                self._flush(None)
        self._own_what_waits()

    def _own_what_waits(self) -> None:
        """Copies the last piece, if it waits: its memory is the caller's, who may use it again."""
        if self._pieces:
            index, contexts = self._pieces[-1]
            self._pieces[-1] = index.copy(), None if contexts is None else contexts.copy()

    def finish(self, rows: int) -> None:
        """Writes what is left; the number of rows goes into an open container."""
        if self.header.open:
            self._flush(rows)
        elif self._waiting:
            self._flush(None)
        elif self._head is None:
            self._write_header(None, self._shape(None))

    def _flush(self, rows: int | None) -> None:
        pieces, self._pieces, self._waiting = self._pieces, [], 0
        words = () if self.header.words == 1 else (self.header.words,)
        none = np.empty((0, *words), self.header.codec.kind.carried)
        index = np.concatenate([none, *(piece for piece, _ in pieces)])
        given = [np.empty(0, np.uint16), *(own for _, own in pieces if own is not None)]
        contexts = self._contexts(len(index), np.concatenate(given))
        if self._head is None:
            sample = index[:_SAMPLE], None if contexts is None else contexts[:_SAMPLE]
            self._write_header(sample, self._shape(rows))
        assert self._head is not None
        shape = self._shape(rows)
        payload = pack_chunk(self.header, shape, self._number * self.header.chunk, index, contexts)
        section = self._section(shape, len(index))
        self._write(write_frame(self._head, self._number, payload, rows, escapes=section))
        self._number += 1

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

    def _contexts(self, count: int, given: Contexts) -> Contexts | None:
        if self.header.contexts != "column":
            return given if self.header.contexts == "given" else None
        first = self._number * self.header.chunk
        return column_contexts(self.header.grid(), first, first + count)

    def _write_header(self, sample: tuple[Indices, Contexts | None] | None, shape: Shape) -> None:
        """Writes the header, once the first chunk is known, of samples of a shape."""
        if self._choose_start and sample is not None:
            self.header = replace(self.header, code=self.header.code.fitted(*sample))
        columns = shape[-1] if shape else 1
        fingerprint = self._proposals.result(self.header.fingerprinted(shape), columns)
        self.header = replace(self.header, fingerprint=fingerprint)
        self._head = self.header.to_bytes()
        self._write(self._head)


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
