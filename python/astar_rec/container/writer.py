"""Writing containers, piece by piece."""

from __future__ import annotations

import os
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from .._bytes import write_all
from .._files import whole_file
from .._parallel import in_order
from .._validate import broadcast_shape
from ..codecs import ADStar
from ..codecs.automatic import fresh_seed
from ..codecs.knowing import encode_knowing
from ..custom import as_proposal
from ..errors import ApproximationWarning, BoundError, DivergenceError, ParameterError
from ..planner.plan import seconds_of
from .chunks import ChunkWriter, Coded, indices_of, threads_for
from .draft import Draft, codec_of, require_bare
from .fingerprint import Fingerprinter
from .format import Header, as_received, check_shape
from .known import Given, Known, contexts_given, hints_given
from .reader import Reader
from .stages import Stages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

    from .._elements import Shape
    from ..codecs import Codec, Encoded, Progress
    from ..codecs.codec import Proposal
    from ..codecs.escapes import Escapes
    from ..codes import IndexCode
    from ..distributions import ProposalLike, TargetLike
    from .chunks import Piece as ChunkPiece
    from .format import Contexts
    from .grid import Grid
    from .source import File

__all__ = ["Writer"]


class Piece(NamedTuple):
    """Rows that were encoded, and are to be written.

    Attributes:
        header: The header, which knows its rows.
        choose_start: Whether the first chunk decides where the code's model starts.
        rows: How many rows there are.
        known: What was given with them.
        proposal: Their proposal.
        encoded: What the codec found.
        escapes: Elements that were coded by themselves, numbered from the first row's first.
        stages: Who is told of progress, if anyone is.
    """

    header: Header
    choose_start: bool
    rows: int
    known: Known
    proposal: Proposal
    encoded: Encoded
    escapes: Escapes
    stages: Stages | None


class Writer:
    """Encodes arrays that are larger than memory, piece by piece, into one container.

    A context manager. Pieces are rows of the first axis, in order; each is encoded as it comes, and
    a chunk is written as soon as it is full. The bytes do not depend on how the rows are cut into
    pieces, and are those of `compress` where ``shape`` is given.

    A file of a path gets its name when the writer is closed; until then, and if anything goes
    wrong, nothing has that name. A writer that is killed leaves its temporary file,
    ``.astar_rec-….part`` in the same folder, with all chunks that were complete: `Reader` opens it
    with ``on_corrupt="skip"``.

    Args:
        file: A path, or a file object opened for writing bytes; it need not be seekable, and is not
            closed.
        codec: The codec; None for an `ADStar` with a fresh seed: it takes pieces of any number of
            rows, of any targets, and whatever the first one is like. For the fewest bits give
            ``plan(q, p).codec`` of a typical piece; of polar coding, pieces are whole blocks.
        time: Without a codec: the most seconds for an element, as for `compress`. The first piece
            then decides: the writer takes what `plan` chooses for rows like these, of what takes
            any number of rows after them. So blocks lie within rows, those of polar coding too,
            unless ``shape`` says that the first piece is all. None for AD* alone.
        code: As for `compress`.
        shape: The shape of all samples together; None if the number of rows is not known yet.
        contexts: As for `compress`, but ``"given"`` where `write` gets them.
        dtype: As for `compress`.
        chunk: As for `compress`.
        header: False for the bits alone, which are those of ``compress(header=False)``: one chunk,
            which is written once all rows are there: with ``shape`` after the last one, without
            when the writer is closed. Until then the writer holds the rows' indices (8 bytes for
            each of their words), and nothing else of them. A codec must be given, and neither
            ``chunk`` nor ``fingerprint``; elements that no index names raise `DivergenceError`, as
            they do in `Codec.encode`.
        offset: As for `compress`.
        fingerprint: As for `compress`.
        keep: Whether a file of a path gets its name even if an error ends the ``with`` statement,
            instead of nothing: without ``shape`` a whole container of the rows that were written
            before; with it, or where writing itself failed, the chunks that were complete, for
            ``Reader(…, on_corrupt="skip")``.

    Attributes:
        codec: The codec. With ``time``, there is none before the first piece.
        rows: How many rows have been written.
        cut: How many searches were cut at the codec's budget.
        within: The sum of `Encoded.within`.

    Raises:
        ParameterError: Options that do not go together.
        OSError: The file cannot be written.

    Examples:
        >>> import io
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> p, file = rec.Normal(0.0, 1.0), io.BytesIO()
        >>> with rec.Writer(file) as writer:
        ...     for mean in (-1.0, 0.0, 1.0):
        ...         encoded = writer.write(rec.Normal(np.full((100, 3), mean), 0.5), p)
        >>> rec.decompress(file.getvalue(), p).shape
        (300, 3)
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        codec: Codec | None = None,
        time: float | None = None,
        code: IndexCode | None = None,
        shape: int | Shape | None = None,
        contexts: str | None = None,
        dtype: Any = None,
        header: bool = True,
        chunk: int | None = None,
        offset: int = 0,
        fingerprint: bool | None = None,
        keep: bool = False,
    ) -> None:
        if not header:
            require_bare(chunk, fingerprint)
        self._proposals = Fingerprinter(fingerprint if header else False)
        self._draft = Draft.of(
            code=code,
            contexts=contexts,
            shape=shape,
            dtype=dtype,
            chunk=chunk,
            offset=offset,
            header=header,
        )
        self._time = None if time is None else seconds_of(time)
        known = codec_of(codec, time, header=header)
        # None until the first piece, where that decides about the codec.
        self._header = None if known is None else self._draft.header(known, code)
        self._choose_start = header and code is None
        self.rows = 0
        self.cut = 0
        self.within = 0.0
        self._failure: BaseException | None = None  # after which the chunks are not those of rows
        self._chunks: ChunkWriter | None = None  # from the first piece on
        self._exits = ExitStack()
        # A path first: objects of paths may have the methods of files, too.
        if isinstance(file, (str, os.PathLike)):
            self._file = self._exits.enter_context(whole_file(file, keep=keep))
        elif hasattr(file, "write"):
            self._file = file
        else:
            expected = "a path, or a file object opened for writing bytes"
            raise ParameterError("file", type(file).__name__, expected)
        self._keep = keep
        self._closed = False

    def __repr__(self) -> str:
        """What it is for, and how far it is."""
        known = f"time={self._time}" if self._header is None else f"codec={self.codec}"
        return f"{type(self).__name__}({known}, rows={self.rows})"

    @property
    def codec(self) -> Codec:
        """The codec.

        Raises:
            ParameterError: The first piece will decide, and has not been written.
        """
        if self._header is None:
            what = "looked at after the first piece, which decides with time="
            raise ParameterError("codec of writer", None, what)
        return self._header.codec

    rows = 0
    _closed = True  # until there is anything to close

    def __del__(self) -> None:
        """Says that the writer was dropped before it was closed: nobody can read what it wrote."""
        if self.rows and not self._closed:
            lost = "the container has no end; close writers, or use them in a with statement"
            warnings.warn(
                f"a Writer was dropped after {self.rows} rows without being closed: {lost}",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    # --- Pieces ----------------------------------------------------------------------------------

    def write(
        self,
        target: TargetLike,
        proposal: ProposalLike,
        contexts: Any = None,
        *,
        bits_hint: Any = None,
        progress: Progress | None = None,
    ) -> Encoded:
        """Encodes the next rows.

        Args:
            target: The distribution Q to be sampled: of the rows, whose number is the length of the
                first axis of the shape that target and proposal broadcast to.
            proposal: The distribution P of these rows.
            contexts: With ``contexts="given"``: those of these rows, as for `compress`.
            bits_hint: With a codec of ``bits_hint="given"``: those of these rows' elements.
            progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

        Returns:
            What `Codec.encode` returns, with the samples that the receiver will have: of the type
            that the container says.

        Raises:
            ParameterError: Rows of another shape, or more of them than ``shape`` says; with blocks
                along the only axis, a piece after one that is no multiple of the block. And what
                `Codec.encode` raises, whose errors say which row of the container it is; the writer
                is then as it was before the call.
        """
        piece = self._encode(target, proposal, contexts, bits_hint, progress)
        encoded = self._add(piece)
        warn_if_cut(encoded, self.codec)
        return encoded

    def _encode(
        self,
        target: TargetLike,
        proposal: ProposalLike,
        contexts: Any = None,
        bits_hint: Any = None,
        progress: Progress | None = None,
    ) -> Piece:
        """Encodes the next rows, and leaves the writer as it is: see `write`."""
        self._check_open()
        decided, choose_start = self._header_for(target, proposal, contexts)
        codec = decided.codec
        q, p = codec.pair(target, proposal)
        shape = broadcast_shape(target=q.shape, proposal=p.shape)
        header = self._check_rows(decided, shape)
        grid = header.grid(shape)
        hints = hints_given(codec, bits_hint, shape)
        own = self._contexts_of(codec, contexts, grid)
        given = Given(header, grid, own, hints)
        known, numbers = given.known(), given.numbers()
        first = self._next_element(header)
        stages = self._stages(progress, header, grid)
        hear = None if stages is None else stages.first
        try:
            escaping = self._draft.envelope.copies
            encoded, escapes = encode_knowing(codec, numbers, q, p, first, hear, escaping=escaping)
        except (DivergenceError, BoundError) as error:
            if not error.element:
                raise
            row, *place = error.element
            raise error.at((self.rows + row, *place)) from None
        # The fingerprint is of the proposal that the receiver has, whatever searches made of it.
        shared = as_proposal(proposal)
        return Piece(header, choose_start, grid.rows, known, shared, encoded, escapes, stages)

    def _header_for(
        self, target: TargetLike, proposal: ProposalLike, contexts: Any
    ) -> tuple[Header, bool]:
        """Returns the header, and whether the first chunk decides where the code starts.

        With ``time``, the first rows decide about the codec.
        """
        if self._header is not None:
            return self._header, self._choose_start
        assert self._time is not None
        codec, code = self._draft.planned(target, proposal, self._time, contexts)
        return self._draft.header(codec, code), code is None

    def _add(self, piece: Piece) -> Encoded:
        """Writes what `_encode` returned, and returns it with the receiver's samples."""
        header, encoded = piece.header, piece.encoded
        index = indices_of(header.codec, encoded.message)
        with self._whole_or_failed():
            self._proposals.add(piece.proposal, encoded.sample.shape)
            chunks, stages = self._begin(header, piece.choose_start), piece.stages
            chunks.escape(piece.escapes.moved(self._next_element(header) - header.offset))
            chunks.add(index, piece.known, None if stages is None else stages.second)
            if stages is not None:
                stages.end()
            self.rows += piece.rows
            self.cut += encoded.cut
            self.within += encoded.within
        return replace(encoded, sample=as_received(encoded.sample, header.dtype))

    def append(self, part: File, contexts: Any = None, *, bits_hint: Any = None) -> None:
        """Appends what another container holds, which has been made elsewhere.

        The result is that of writing all with one writer. A part is made by `compress` or a
        `Writer` with the same options and the ``offset`` of its first element. (A part does not
        hold its proposal. So the fingerprint is the first part's, if that has one, of as many
        elements as the result's would be of; otherwise there is none.)

        Chunks are copied as they are if the part begins where a chunk does and says the same of its
        code: so parts had best have a multiple of ``chunk`` indices, and one ``code=`` with
        ``expected_bits``, as each would choose its own. Otherwise they are decoded and coded anew.

        Args:
            part: The container: bytes, a path, or a file object opened for reading bytes.
            contexts: With ``contexts="given"``: those of the part's rows.
            bits_hint: With a codec of ``bits_hint="given"``: those of the part's elements.

        Raises:
            ParameterError: A container of other options, of rows of another shape, or that does not
                go on where the last one ended.
            CorruptDataError: It is damaged, or its contexts are others. The writer is as it was
                before the call, unless the part's checksums are right and it is still not one.
        """
        with Reader(part, contexts=contexts, bits_hint=bits_hint) as reader:
            self._check_open()
            if self._header is None:
                what = "None, where a container comes before the first piece: give its codec="
                raise ParameterError("time", self._time, what)
            header = self._check_rows(self._header, reader.shape)
            self._check_part(header, reader)
            grid = reader._contents.grid
            for number in range(grid.chunks):  # before anything is written
                reader._parts(number, reader._known(number))
            chunks = self._begin(header, self._choose_start)
            copied = grid.indices // grid.chunk if chunks.may_copy(reader._header) else 0
            with self._whole_or_failed():
                covered = reader._header.fingerprinted(reader.shape)
                self._proposals.add_part(reader._header.fingerprint, covered)
                first = self._next_element(header) - header.offset
                chunks.add_all(_pieces_of(reader, copied, chunks, first))
                self.rows += grid.rows

    def _stages(self, progress: Progress | None, header: Header, grid: Grid) -> Stages | None:
        """Returns who is told of searching and packing together."""
        if progress is None:
            return None
        code, threads = header.code, threads_for(header.codec, header.code)
        seconds = code.seconds_per_element * grid.elements
        return Stages(progress, grid.elements, seconds / min(threads, max(1, grid.chunks)))

    def _next_element(self, header: Header) -> int:
        return header.offset + self.rows * header.grid().row_elements

    def _check_open(self) -> None:
        """Refuses all that is done to a writer that is closed, or has failed."""
        if self._closed:
            raise ParameterError("writer", "closed", "one that is open")
        self._check_whole()

    def _check_rows(self, header: Header, shape: Shape) -> Header:
        """Refuses a piece that cannot be the next; returns the header, which knows its rows."""
        if header.open:
            if not shape:
                raise ParameterError("shape of piece", shape, "one with a first axis, of rows")
            if self._chunks is None:
                header = header.with_row(shape[1:])
        within = header.shape
        if header.shape and not header.open:
            within = (header.shape[0] - self.rows, *header.shape[1:])
        fits = len(shape) == len(within) and shape[1:] == within[1:]
        if not fits or (not header.open and shape > within) or (not shape and self.rows):
            most = "rows" if header.open else f"at most {within[0]} rows" if within else "one"
            expected = ", ".join([most, *map(str, within[1:])])
            raise ParameterError("shape of piece", shape, f"({expected})")
        check_shape(header.codec, header.contexts, header.shape)
        if len(shape) < 2 and header.contexts == "column":
            raise ParameterError("contexts", "column", "None or given, with one axis only")
        grid = header.grid()
        if grid.is_flat and self.rows * grid.row_elements % header.block:
            raise ParameterError(
                "number of elements so far",
                self.rows * grid.row_elements,
                f"a multiple of the block, {header.block}: only the last piece may be another",
            )
        return header

    def _check_part(self, header: Header, reader: Reader) -> None:
        part, frames = reader._header, reader._contents.frames.values()
        if not self._draft.envelope.copies and any(frame.escapes for frame in frames):
            what = "a container without them, where the bits alone are written"
            raise ParameterError("part", "one with escapes", what)
        for name in ("codec", "code", "dtype", "contexts"):
            own, theirs = (_as_written(name, each) for each in (header, part))
            if own != theirs:
                value, expected = getattr(part, name), getattr(header, name)
                raise ParameterError(f"{name} of part", value, f"{expected!r}, the writer's")
        if part.offset != self._next_element(header):
            raise ParameterError(
                "offset of part", part.offset, f"{self._next_element(header)}, the next element's"
            )

    def _contexts_of(self, codec: Codec, contexts: Any, grid: Grid) -> Contexts | None:
        if self._draft.contexts == "given":
            return contexts_given(codec, contexts, grid)
        if contexts is not None:
            raise ParameterError("contexts", "given", 'None, unless the writer has "given"')
        return None

    def _begin(self, header: Header, choose_start: bool) -> ChunkWriter:
        if self._chunks is None:
            self._header, self._choose_start = header, choose_start
            self._chunks = ChunkWriter(
                partial(_put, self._file),
                header,
                self._draft.envelope,
                choose_start,
                self._proposals,
            )
        return self._chunks

    @contextmanager
    def _whole_or_failed(self) -> Iterator[None]:
        """Has nothing follow what was written in part only: of that the writer knows no more."""
        try:
            yield
        except BaseException as error:
            self._failure = error
            raise

    def _check_whole(self) -> None:
        if self._failure is not None:
            what = f"one that has written all it was given; {self._failure!r} came between"
            raise ParameterError("writer", "failed", what)

    # --- The end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Writes what is left; the file gets its name.

        Raises:
            ParameterError: There are fewer rows than ``shape`` says; no file is left then.
        """
        if self._closed:
            return
        with self._exits:
            self._closed = True
            self._check_whole()
            header = self._header or self._draft.header(ADStar(fresh_seed()), self._draft.code)
            # A shape without rows, or without axes, has no rows to miss.
            rows = header.grid().rows
            if not header.open and self.rows != rows and 0 not in header.shape:
                raise ParameterError("number of rows", self.rows, f"{rows}, as shape says")
            self._begin(header, self._choose_start).finish(self.rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        elif not self._closed:
            self._closed = True
            try:
                chunks = self._chunks
                if self._keep and self._failure is None and chunks and chunks.header.open:
                    chunks.finish(self.rows)  # all that were written
            finally:
                self._exits.__exit__(kind, error, trace)


def _put(file: BinaryIO, data: bytes) -> None:
    """Writes; no method, so that a writer that is dropped goes at once, and says so."""
    write_all(file, data)
    # Whoever is killed has written all chunks that were complete.
    if hasattr(file, "flush"):
        file.flush()


def warn_if_cut(encoded: Encoded, codec: Codec | type[Codec]) -> None:
    """Warns whoever called the caller if there are samples that are not exact."""
    if encoded.cut:
        known = encoded.within < encoded.cut
        differ = f" (no more than {encoded.within:.2g} of them differ, in expectation)"
        warnings.warn(
            f"{encoded.cut} of {encoded.steps.size} {codec.cut_means}: their samples are "
            f"approximate{differ if known else ''}",
            ApproximationWarning,
            stacklevel=3,
        )


def _pieces_of(
    reader: Reader, copied: int, chunks: ChunkWriter, first: int
) -> Iterator[ChunkPiece]:
    """Yields a container's chunks, and tells their escapes before.

    Args:
        reader: The container's.
        copied: So many chunks are yielded as they are, and the indices of those that follow.
        chunks: Who is told of escapes.
        first: The number of the container's first element there.
    """
    grid = reader._contents.grid

    def escape(number: int, escapes: Escapes) -> None:
        chunks.escape(escapes.moved(first + grid.elements_of(*reader._range(number)).start))

    for number in range(copied):
        escapes, coded, _ = reader._parts(number, reader._known(number))
        escape(number, escapes)
        yield Coded(bytes(coded), reader._header.code)
    others = range(copied, grid.chunks)
    threads = threads_for(reader.codec, reader._header.code)
    for number, piece in zip(others, in_order(reader._unpack, others, threads), strict=True):
        escape(number, reader._escapes(number))
        yield piece


def _as_written(name: str, header: Header) -> object:
    """Returns what parts must have in common of a field: what decides the indices, and the code.

    Where a code's model starts may differ: what is appended is coded again then.
    """
    if name == "codec":
        return header.codec.number, header.codec.seed, header.codec.parameters
    if name == "code":
        return header.code.expecting(None)
    return getattr(header, name)
