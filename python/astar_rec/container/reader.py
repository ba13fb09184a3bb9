"""Reading containers: any rows, from files of any size, damaged ones too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._parallel import in_order
from .._validate import (
    ELEMENT_LIMIT,
    broadcast_shape,
    integer,
    require_axes_for_words,
    shape_of,
)
from ..codecs import Codec
from ..codecs.escapes import decode_escapes, joined_escapes, none_escaped
from ..codecs.knowing import decode_knowing
from ..custom import as_proposal
from ..custom.selection import elements_of
from ..errors import CorruptDataError, ParameterError
from .chunks import code_at, threads_for
from .code_choice import code_for
from .escape_section import split_section
from .fingerprint import require_same
from .format import LONGEST_HEADER, Header, as_received, check_shape, dtype_of, read_header
from .frames import payload_of, rescue, walk, whole
from .known import (
    Given,
    Known,
    code_contexts,
    contexts_given,
    hints_given,
    with_given_hints,
)
from .source import source_of

if TYPE_CHECKING:
    from types import TracebackType

    import numpy.typing as npt
    from typing_extensions import Self

    from .._elements import Indices, Shape
    from ..codecs import Message, Progress
    from ..codecs.codec import Proposal
    from ..codecs.escapes import Escapes
    from ..codecs.knowing import Numbers
    from ..codes import IndexCode
    from ..distributions import ProposalLike
    from .format import Contexts
    from .source import File

__all__ = ["Reader"]

# Samples that a container may decode to without having been asked: so many, and those that its
# codec may have for each of its bytes.
_FREE_ELEMENTS = 1 << 20


class Reader:
    """Decodes a container, any rows of it, without reading the rest.

    A context manager. It holds a chunk at a time, or with codes that learn two for each thread,
    whatever the container's size.

    Threads may share a reader, and so may processes that were forked off, such as a data loader's.
    (File objects that are not Python's own have one position for all processes: reading from them
    after a fork is refused.) A reader of a path or of bytes can be pickled; where it is unpickled,
    the path is opened again.

    Args:
        file: What holds the container: a path, bytes, or a file object opened for reading bytes,
            from where it stands to its end (what cannot be sought in, a pipe, is copied to a
            temporary file first). A file object is not closed.
        codec: The codec, exactly where there is no header (``compress(header=False)``): the other
            arguments of `compress` must be given again then, and nothing is checked.
        code: Without a header: what `compress` was given.
        shape: Without a header: the shape of the samples.
        dtype: Without a header: what `compress` was given.
        offset: Without a header: what `compress` was given.
        on_corrupt: ``"raise"``: damage raises `CorruptDataError`. ``"skip"``: a damaged chunk costs
            only itself; `missing` says which elements there are none of.
        contexts: What `compress` was given as ``contexts``, if it was an array: of all rows.
            Without a header, whatever it was given.
        bits_hint: What `compress` was given as ``bits_hint``: of all rows.
        threads: Number of threads; None for all processors, or the given codec's.
        fingerprint: False to decode with any proposal. Otherwise `read` refuses one that is not the
            encoder's, as far as the container's fingerprint tells: where the rows that are read
            have all elements that it is of, the first 4,096 at most.

    Attributes:
        codec: The codec that decodes it.
        shape: The shape of the samples.
        dtype: The samples' type.
        missing: With ``on_corrupt="skip"``: the elements in damaged chunks, as ranges of numbers
            in C order; an empty list if nothing is.
        complete: Whether the number of rows is certain. It is not where the end is missing of a
            container that was written without ``shape``: ``shape`` is then what is left of it.

    Raises:
        CorruptDataError: A damaged header; with ``"raise"``, chunks that are not one after the
            other.
        ParameterError: Contexts that are not needed, or not given; another ``on_corrupt``; a codec
            without a shape, or what only goes with a codec.
        OSError: The file cannot be read.
        TypeError: When it is pickled: it reads from a file object.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> q, p = rec.Normal(np.linspace(-2, 2, 1000)[:, None], 0.1), rec.Normal(0.0, 1.0)
        >>> data = rec.compress(q, p)
        >>> with rec.Reader(data) as reader:
        ...     x = reader.read(p, slice(990, 1000))
        >>> x.shape, bool((x == rec.decompress(data, p)[990:]).all())
        ((10, 1), True)
    """

    # Whether indices will be read, which takes all that was given with the elements.
    _needs_all = True

    def __init__(
        self,
        file: File,
        *,
        codec: Codec | None = None,
        code: IndexCode | None = None,
        shape: int | Shape | None = None,
        dtype: Any = None,
        offset: int = 0,
        on_corrupt: str = "raise",
        contexts: Any = None,
        bits_hint: Any = None,
        threads: int | None = None,
        fingerprint: bool = True,
    ) -> None:
        self._compares = fingerprint
        if on_corrupt not in ("raise", "skip"):
            raise ParameterError("on_corrupt", on_corrupt, '"raise" or "skip"')
        self._skip = on_corrupt == "skip"
        header = None
        if codec is not None:
            header = _known_header(codec, code, shape, dtype, offset, contexts, bits_hint)
            if self._skip:
                raise ParameterError("on_corrupt", on_corrupt, '"raise", without a header')
        else:
            said = {"code": code, "shape": shape, "dtype": dtype, "offset": offset or None}
            for name, value in said.items():
                if value is not None:
                    raise ParameterError(name, value, "nothing: it is in the header")
        self._closed = False
        self._source = source_of(file)
        try:
            self._open(header, contexts, bits_hint, threads)
        except BaseException:
            self._source.close()
            raise

    def _open(
        self, header: Header | None, contexts: Any, bits_hint: Any, threads: int | None
    ) -> None:
        source = self._source
        self._checksum: bytes | None = None
        if header is not None:
            self._header, self._begin = header, 0
            self._contents = whole(source, header)
        else:
            self._header, self._begin = read_header(source.read(0, LONGEST_HEADER))
            self._checksum = bytes(source.read(self._begin - 4, 4))
            find = rescue if self._skip else walk
            self._contents = find(source, self._begin, self._header, self._checksum)
        grid = self._contents.grid
        self.codec = self._header.codec
        if header is None or threads is not None:
            self.codec = self.codec.with_threads(threads)
        self.shape = grid.shape
        self.dtype = np.dtype(self._header.dtype)
        self.complete = self._contents.complete
        self.missing = [grid.elements_of(begin, end) for begin, end in self._missing_indices()]
        own = hints = None
        if self._header.contexts == "given":
            if contexts is not None:
                own = contexts_given(self.codec, contexts, grid)
            elif self._needs_all:
                raise ParameterError("contexts", None, "those that it was compressed with")
        elif contexts is not None and header is None:
            raise ParameterError("contexts", "given", "None: it was compressed without")
        if bits_hint is not None or self._needs_all:
            hints = hints_given(self.codec, bits_hint, grid.shape)
        self._given = Given(self._header, grid, own, hints)
        self._cached: tuple[int, Indices] | None = None

    def read(
        self,
        proposal: ProposalLike,
        rows: slice | None = None,
        *,
        progress: Progress | None = None,
    ) -> npt.NDArray[Any]:
        """Decodes rows of the first axis.

        Args:
            proposal: The proposal of these rows: of a shape that broadcasts to the result's.
            rows: Which; None for all.
            progress: Called as ``progress(done, total)`` with numbers of indices, now and then.

        Returns:
            The samples, of shape (rows, ...). With ``on_corrupt="skip"`` it is a masked array: what
            is missing is masked, and NaN.

        Raises:
            CorruptDataError: A chunk is damaged, or holds what no encoder writes.
            ParameterError: A proposal that does not broadcast to the result's shape, or is not the
                encoder's, as far as the fingerprint tells; rows with a
                step, or of a container without axes; contexts that are not the encoder's; a reader
                that is closed.
        """
        if self._closed:
            raise ParameterError("reader", "closed", "one that is open")
        begin, end = self._rows(rows)
        shape = (end - begin, *self.shape[1:]) if self.shape else ()
        shared = as_proposal(proposal)
        if broadcast_shape(samples=shape, proposal=shared.shape) != shape:
            raise ParameterError(
                "shape of proposal", shared.shape, f"one that broadcasts to the samples' {shape}"
            )
        self._require_same(shared, shape, begin)
        indices = self._contents.grid.indices_of_rows(begin, end)
        index, there = self._gather(indices, progress)
        if there.size and not there.any():  # or blocks would be decoded of which nothing is known
            return np.ma.MaskedArray(np.full(shape, np.nan, self.dtype), mask=True)
        decoded_samples = self._decode(index, shared, shape, begin)
        self._put_escapes(decoded_samples, shared, begin, indices)
        samples = as_received(decoded_samples, self._header.dtype)
        return self._masked(samples, there, begin) if self._skip else samples

    def close(self) -> None:
        """Closes the file, if it was opened here, and lets go of bytes; nothing is read then."""
        self._closed = True
        self._cached = None
        self._source.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype}, codec={self.codec})"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_cached": None}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _expected_elements(self) -> int:
        """The most samples that a container of this size is expected to have."""
        return _FREE_ELEMENTS + self.codec.elements_per_byte * self._source.size

    def _require_same(self, proposal: Proposal, shape: Shape, begin: int) -> None:
        """Refuses another proposal than the encoder's, where the fingerprint is of these rows."""
        fingerprint = self._header.fingerprint
        if fingerprint is None or not self._compares or begin:
            return
        count = self._header.fingerprinted(self.shape)
        if 0 < count <= math.prod(shape):
            columns = shape[-1] if shape else 1
            require_same(fingerprint, proposal, shape, count, columns)

    # --- Indices ---------------------------------------------------------------------------------

    def _missing_indices(self) -> list[tuple[int, int]]:
        """Ranges of indices in chunks that are not there."""
        grid, ranges = self._contents.grid, []
        following = 0
        for number in [*sorted(self._contents.frames), grid.chunks]:
            if number > following:
                ranges.append(
                    (following * grid.chunk, min(number * grid.chunk, grid.indices)),
                )
            following = number + 1
        return ranges

    def _rows(self, rows: slice | None) -> tuple[int, int]:
        if rows is None:
            return 0, self._contents.grid.rows
        if not isinstance(rows, slice) or not self.shape:
            raise ParameterError("rows", rows, "a slice of the first axis, or None for all")
        try:
            begin, end, step = rows.indices(self.shape[0])
        except TypeError:
            raise ParameterError("rows", rows, "a slice of integers") from None
        if step != 1:
            raise ParameterError("rows", rows, "a slice without a step")
        return begin, max(begin, end)

    def _gather(
        self, indices: range, progress: Progress | None
    ) -> tuple[Indices, npt.NDArray[np.bool_]]:
        """Returns these indices, others for those that are missing, and which are there."""
        grid, words = self._contents.grid, self._header.words
        chunk = grid.chunk
        index: Message = np.zeros((len(indices), words), self.codec.kind.carried)
        there = np.ones(len(indices), bool)
        numbers = range(indices.start // chunk, -(-indices.stop // chunk) if indices else 0)
        threads = threads_for(self.codec, self._header.code)
        for number, found in zip(numbers, in_order(self._chunk, numbers, threads), strict=True):
            first = number * chunk
            begin, end = max(first, indices.start), min(first + chunk, indices.stop)
            own = slice(begin - indices.start, end - indices.start)
            if found is not None:
                index[own] = found[begin - first : end - first]
                self._cached = number, found
            else:
                index[own] = self.codec.fillers(grid.sizes(begin, end))
                there[own] = False
            if progress is not None:
                progress(end - indices.start, len(indices))
        return index, there

    def _chunk(self, number: int) -> Indices | None:
        """A chunk's indices, of shape (n, words), None if it is missing; the last one is kept."""
        if number not in self._contents.frames:
            return None
        cached = self._cached  # which another thread may replace
        if cached is not None and cached[0] == number:
            return cached[1]
        index, _ = self._unpack(number)
        return index.reshape(len(index), -1)

    def _unpack(self, number: int) -> tuple[Indices, Known]:
        """Returns a chunk's indices, of shape (n,) or (n, words), and what was given with them."""
        count = self._contents.grid.in_chunk(number)
        known = self._known(number)
        _, payload, behind = self._parts(number, known)
        coded = payload[behind:]
        contexts = self._contexts(number, known)
        index = self._code(number, known).unpack(coded, count, contexts)
        if self._header.words == 1 and count and self.codec.kind.is_number:
            self._check_range(number, self.codec.kind.from_index(index))
        least = self.codec.least_bytes
        messages: Message = index
        if least and any(len(message) < least for message in messages.flat):
            raise CorruptDataError(f"chunk {number} holds a message of less than {least} bytes")
        return index, known

    def _parts(self, number: int, known: Known) -> tuple[Escapes, memoryview, int]:
        """Returns a chunk's escapes, what follows them, and where indices begin in that.

        Escapes are numbered from the chunk's first element. All, and what is given, is checked by
        checksums; those of what is given stand before the indices.
        """
        escapes, coded = self._split(number)
        at = 0
        for name, expected in known.checksums() if self._checksum is not None else ():
            if bytes(coded[at : at + len(expected)]) != expected:
                raise ParameterError(name, "other ones", f"the encoder's, in chunk {number}")
            at += len(expected)
        return escapes, coded, at

    def _escapes(self, number: int) -> Escapes:
        """Returns a chunk's escapes, numbered from its first element."""
        if not self._contents.frames[number].escapes:
            return none_escaped()
        return self._split(number)[0]

    def _split(self, number: int) -> tuple[Escapes, memoryview]:
        frame = self._contents.frames[number]
        if self._checksum is None:
            return none_escaped(), self._source.read(frame.begin, frame.length)
        payload = payload_of(self._source, frame, self._checksum)
        if not frame.escapes:
            return none_escaped(), payload
        return split_section(payload, len(self._contents.grid.elements_of(*self._range(number))))

    def _range(self, number: int) -> tuple[int, int]:
        """Which indices a chunk has."""
        first = number * self._contents.grid.chunk
        return first, first + self._contents.grid.in_chunk(number)

    def _put_escapes(
        self, sample: npt.NDArray[np.float64], proposal: Proposal, begin: int, indices: range
    ) -> None:
        """Puts the samples of escaped elements of rows, from one on, in their places."""
        grid = self._contents.grid
        first, found = begin * grid.row_elements, []
        for number in range(indices.start // grid.chunk, -(-indices.stop // grid.chunk)):
            if number in self._contents.frames and self._contents.frames[number].escapes:
                elements = grid.elements_of(*self._range(number))
                own = self._escapes(number).moved(elements.start)
                found.append(own.within(first, first + sample.size))
        escapes = joined_escapes(found)
        if len(escapes):
            offset = self._header.offset + first
            decode_escapes(escapes, self.codec, proposal, offset, sample)

    def _check_range(self, number: int, message: Message) -> None:
        least, largest = self.codec.message_range
        if message.max() > largest:
            raise CorruptDataError(f"chunk {number} holds an index above {largest}")
        if message.min() < least:
            raise CorruptDataError(f"chunk {number} holds an index below {least}")

    def _code(self, number: int, known: Known) -> IndexCode:
        """The code of a chunk's indices."""
        grid = self._contents.grid
        begin, count = number * grid.chunk, grid.in_chunk(number)
        return code_at(self._header, grid.shape, begin, count, known)

    def _contexts(self, number: int, known: Known) -> Contexts | None:
        """The contexts of a chunk's indices that their code is told, if there are any."""
        return code_contexts(self._header, self._contents.grid, *self._range(number), known)

    def _known(self, number: int) -> Known:
        """What was given with a chunk's indices."""
        return self._given.known(*self._range(number))

    # --- Samples ---------------------------------------------------------------------------------

    def _decode(
        self, index: Indices, proposal: Proposal, shape: Shape, begin: int
    ) -> npt.NDArray[np.float64]:
        """Decodes the rows of a shape from one on; the indices are those that these need."""
        grid, header = self._contents.grid, self._header
        words = () if header.words == 1 else (header.words,)
        message = self.codec.kind.from_index(index)
        if not grid.is_flat:
            rows = shape[:1]
            if words:
                require_axes_for_words(shape)
            own = message.reshape((*rows, *grid.steps_shape[len(rows) :], *words))
            first = begin * grid.row_elements
            numbers = self._given.numbers(first, first + math.prod(shape))
            return decoded(self.codec, numbers, own, proposal, shape, header.offset + first)
        # Whole blocks are decoded, and what was not asked for is cut off.
        begin, size = begin * grid.row_elements, math.prod(shape)
        first = begin // header.block * header.block
        last = min(first + len(index) * header.block, grid.elements)
        codec = self.codec.for_columns(slice(first, last))
        if not codec.single_elements and size:
            # Samples that were not asked for have a proposal, too: one that is there.
            places = np.clip(np.arange(first, last) - begin, 0, size - 1)
            proposal = elements_of(codec.proposal(proposal), shape, places)
        own = message.reshape((-1, *words))
        numbers = self._given.numbers(first, last)
        samples = decoded(codec, numbers, own, proposal, (last - first,), header.offset + first)
        return samples[begin - first : begin - first + size].reshape(shape)

    def _masked(
        self, samples: npt.NDArray[Any], there: npt.NDArray[np.bool_], begin: int
    ) -> npt.NDArray[Any]:
        """The samples with those masked of which the indices are missing."""
        grid, block = self._contents.grid, self._header.block
        missing = ~there
        if block > 1 and not grid.is_flat:
            per_row, columns = grid.steps_shape[-1], grid.shape[-1] if grid.shape else 1
            rows = missing.reshape(-1, max(1, per_row))
            missing = np.repeat(rows, block, axis=1)[:, :columns]
        elif block > 1:
            start = begin * grid.row_elements % block
            missing = np.repeat(missing, block)[start:][: samples.size]
        mask = missing.reshape(samples.shape)
        samples[mask] = np.nan
        return np.ma.MaskedArray(samples, mask)


def decoded(
    codec: Codec,
    known: Numbers | None,
    message: Message,
    proposal: Proposal,
    shape: Shape,
    offset: int,
) -> npt.NDArray[np.float64]:
    """Decodes a message that comes from bytes: what is wrong with it is wrong with those."""
    try:
        return decode_knowing(codec, known, message, proposal, shape, offset)
    except ParameterError as error:
        if error.argument == codec.kind.argument:  # of a block, beyond what the codec makes
            raise CorruptDataError(str(error)) from None
        raise


def context_kind(contexts: Any) -> str:
    """Returns where contexts come from, as headers say it, of an argument of `compress`."""
    if contexts is None:
        return "none"
    if not isinstance(contexts, str):
        return "given"
    if contexts != "column":
        raise ParameterError("contexts", contexts, 'None, "column" or an array of integers')
    return contexts


def _known_header(
    codec: Codec,
    code: IndexCode | None,
    shape: int | Shape | None,
    dtype: Any,
    offset: int,
    contexts: Any,
    bits_hint: Any,
) -> Header:
    """Returns what a header would say, where there is none."""
    if not isinstance(codec, Codec):
        raise ParameterError("codec", codec, "a Codec, such as ADStar(seed=1), or None")
    codec = with_given_hints(codec, bits_hint)
    if shape is None:
        raise ParameterError("shape", None, "the samples' shape, without a header")
    kind = context_kind(contexts)
    own = shape_of("shape", shape)
    check_shape(codec, kind, own)
    return Header(
        codec=codec,
        code=code_for(codec, code, contexts=kind != "none"),
        contexts=kind,
        offset=integer("offset", offset, 0, ELEMENT_LIMIT),
        shape=own,
        open=False,
        dtype=dtype_of(dtype),
        chunk=ELEMENT_LIMIT,
    )
