"""Containers in runs of chunks, each made by itself: anywhere, in any order, any number of times.

A container is a header, and then chunks that depend on the header and on their own elements alone.
So once the header is whole (`begun`), whoever has it and the distributions of some chunks' elements
makes these chunks as they stand in the container (`chunks_of`). Header and chunks, one after the
other, are the container, the one that `compress` and `Writer` make: nothing is left to be joined.

`Plan` says which runs there are, and which elements they need; `in_runs` goes through them.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._elements import unravel
from ..codecs.knowing import encode_knowing
from ..distributions.stored import boxes_of
from ..errors import BoundError, DivergenceError
from .chunks import START_INDICES, ChunkWriter, indices_of
from .envelope import Framed
from .fingerprint import Fingerprinter
from .known import Given, Known, code_contexts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Shape
    from ..codecs import Encoded, Progress
    from ..codecs.escapes import Escapes
    from ..distributions import Distribution
    from ..distributions.stored import Stored
    from .format import Header

__all__ = ["Plan", "Run", "begun", "chunks_of", "in_runs"]


class Run(NamedTuple):
    """A run of chunks as it was made.

    Attributes:
        data: The chunks' bytes.
        cut: How many searches were cut at the codec's budget.
    """

    data: bytes
    cut: int


@dataclass(frozen=True)
class Plan:
    """Which chunks are made at once.

    Attributes:
        header: The header; whether it is whole makes no difference.
        fits: Whether the start of the code is to be chosen by the first elements.
        chunks: How many chunks a run has; the last one may have fewer.
    """

    header: Header
    fits: bool
    chunks: int

    @classmethod
    def of(cls, header: Header, *, fits: bool, elements: int) -> Plan:
        """Returns the plan whose runs have so many elements, or a chunk where that has more.

        Args:
            header: The header; its shape is known.
            fits: Whether the code's start may be chosen. That of a code that does not learn is not.
            elements: How many elements a run may have.
        """
        learns = header.code.expecting(1.0) != header.code
        return cls(header, fits and learns, max(1, elements // (header.chunk * header.block)))

    def runs(self) -> Iterator[tuple[range, range]]:
        """Yields the chunks of each run, and their elements."""
        grid = self.header.grid()
        for first in range(0, grid.chunks, self.chunks):
            numbers = range(first, min(first + self.chunks, grid.chunks))
            yield numbers, _elements(self.header, numbers)

    def first_elements(self) -> range:
        """The elements on which the header depends."""
        needed = self.header.fingerprinted(self.header.shape)
        if self.fits:
            needed = max(needed, self.header.grid().elements_of(0, self.start_indices).stop)
        return range(needed)

    @property
    def start_indices(self) -> int:
        """How many indices choose where the code starts."""
        grid = self.header.grid()
        return min(START_INDICES, grid.chunk, grid.indices)


def begun(
    plan: Plan, target: Distribution, proposal: Distribution, fingerprint: bool | None
) -> Header:
    """Returns the whole header.

    Args:
        plan: The plan, with a header whose shape is known.
        target: The targets of `Plan.first_elements`, flat; of no axes where all are the same.
        proposal: Their proposals.
        fingerprint: As for `compress`.

    Raises:
        ParameterError: What `Codec.encode` raises.
        DivergenceError: See `Codec.encode`.
    """
    header, grid = plan.header, plan.header.grid()
    proposals = Fingerprinter(fingerprint)
    proposals.add(proposal, (len(plan.first_elements()),))
    code = header.code
    if plan.fits and grid.indices:
        elements = grid.elements_of(0, plan.start_indices)
        made = _encoded(header, elements, _first(target, elements), _first(proposal, elements))
        index = np.concatenate([indices_of(header.codec, each.message) for _, each, _ in made])
        code = code.fitted(index, code_contexts(header, grid, 0, len(index), Known()))
    columns = header.shape[-1] if header.shape else 1
    covered = header.fingerprinted(header.shape)
    return replace(header, code=code, fingerprint=proposals.result(covered, columns))


def chunks_of(header: Header, numbers: range, target: Distribution, proposal: Distribution) -> Run:
    """Returns consecutive chunks as they stand in the container.

    Args:
        header: The whole header.
        numbers: Which chunks.
        target: Their elements' targets, flat; of no axes where all are the same.
        proposal: Their proposals.

    Raises:
        ParameterError: What `Codec.encode` raises.
        DivergenceError: See `Codec.encode`; it names the element in the whole array.
    """
    file = io.BytesIO()
    chunks = ChunkWriter(
        file.write,
        header,
        Framed(),
        choose_start=False,
        proposals=Fingerprinter(False),
        first=numbers.start,
        head=header.to_bytes(),
    )
    cut = 0
    for begin, encoded, escapes in _encoded(header, _elements(header, numbers), target, proposal):
        chunks.escape(escapes.moved(begin))
        chunks.add(indices_of(header.codec, encoded.message), Known())
        cut += encoded.cut
    chunks.finish(0)
    return Run(file.getvalue(), cut)


def in_runs(
    plan: Plan,
    target: Stored,
    proposal: Stored,
    *,
    fingerprint: bool | None = None,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """Yields a container run by run, its header first: what is in memory is a run.

    Args:
        plan: The plan, with a header whose shape is known.
        target: The targets; they broadcast to the header's shape.
        proposal: The proposals, which do, too.
        fingerprint: As for `compress`.
        progress: Called as ``progress(done, total)`` with numbers of elements, run by run.

    Raises:
        ParameterError: What `Codec.encode` raises.
        DivergenceError: See `Codec.encode`; it names the element in the whole array.
    """
    shape = plan.header.shape
    total = math.prod(shape)

    def both(elements: range) -> tuple[Distribution, Distribution]:
        ends = elements.start, elements.stop, shape
        return target.run(*ends), proposal.run(*ends)

    header = begun(plan, *both(plan.first_elements()), fingerprint)
    yield Run(header.to_bytes(), 0)
    for numbers, elements in plan.runs():
        yield chunks_of(header, numbers, *both(elements))
        if progress is not None:
            progress(elements.stop, total)


def _elements(header: Header, numbers: range) -> range:
    """The elements of consecutive chunks."""
    grid = header.grid()
    last = min(numbers.stop * grid.chunk, grid.indices)
    return grid.elements_of(numbers.start * grid.chunk, last)


def _first(some: Distribution, elements: range) -> Distribution:
    return some[: len(elements)] if some.shape else some


def _encoded(
    header: Header, elements: range, target: Distribution, proposal: Distribution
) -> Iterator[tuple[int, Encoded, Escapes]]:
    """Yields what a codec finds for consecutive elements that are whole units.

    Yields:
        The number of the first of some elements, what was found for these, and their escapes,
        numbered from that one.
    """
    size, grid = len(elements), header.grid()
    q, p = target._spread((size,)), proposal._spread((size,))
    for piece in _pieces(header, elements):
        codec = header.codec if piece.columns is None else header.codec.for_columns(piece.columns)
        own = slice(piece.begin - elements.start, piece.begin - elements.start + piece.size)
        ends = piece.begin, piece.begin + piece.size
        known = Given(header, grid).numbers(*ends)
        targets, proposals = (each[own].reshape(piece.shape) for each in (q, p))
        try:
            pair = codec.pair(targets, proposals)
            first = header.offset + piece.begin
            made = encode_knowing(codec, known, *pair, first, None, escaping=True)
        except (DivergenceError, BoundError) as error:
            place = np.ravel_multi_index(error.element, piece.shape)
            raise error.at(unravel(piece.begin + int(place), header.shape)) from None
        yield piece.begin, *made


class _Piece(NamedTuple):
    """Elements that go into a codec as one array.

    Attributes:
        begin: The number of the first.
        shape: The array's shape.
        columns: Which columns of the last axis they are; None for all, or where that is no matter.
    """

    begin: int
    shape: Shape
    columns: slice | None

    @property
    def size(self) -> int:
        """How many they are."""
        return math.prod(self.shape)


def _pieces(header: Header, elements: range) -> Iterator[_Piece]:
    """Yields arrays of which consecutive elements are: blocks lie along a row where they must."""
    grid = header.grid()
    if grid.block == 1 or grid.is_flat:
        columns = slice(elements.start, elements.stop) if len(grid.shape) == 1 else None
        yield _Piece(elements.start, (len(elements),), columns)
        return
    row = grid.shape[-1] if grid.shape else 1
    lines = (grid.elements // row, row)
    for box in boxes_of(lines, elements.start, elements.stop):
        rows, columns = box
        height, width = rows.stop - rows.start, columns.stop - columns.start
        begin = rows.start * row + columns.start
        if width == row:
            yield _Piece(begin, (height, row), None)
        else:
            yield _Piece(begin, (width,), columns)
