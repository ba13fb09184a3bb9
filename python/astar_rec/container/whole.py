"""Whole arrays in memory: `compress` and `decompress`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from .._validate import (
    ELEMENT_LIMIT,
    Buffer,
    as_bytes,
    broadcast_shape,
    context_array,
    integer,
    shape_of,
)
from ..errors import ParameterError
from .automatic import automatic_block, automatic_hint
from .chunks import column_contexts
from .grid import Grid, flat_index
from .options import DEFAULT_CHUNK, Again, Options, codec_of, dtype_of, make_code, refuse_unknown
from .reader import Reader, decoded
from .writer import Writer, distribution, warn_if_cut

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Unpack

    from .._validate import Shape
    from ..codecs import Codec, Progress
    from ..codes import IndexCode
    from .format import Contexts

__all__ = ["compress", "decompress"]

# Samples that a container may decode to without having been asked: so many, and so many more for
# each of its bytes.
_FREE_ELEMENTS = 1 << 20
_ELEMENTS_PER_BYTE = 64


def compress(
    target: Any,
    proposal: Any,
    *,
    method: str = "ad*",
    block: int | str = 1,
    seed: int = 0,
    depth: int | None = None,
    max_samples: int | None = None,
    max_steps: int | None = None,
    bits_hint: Any = None,
    code: IndexCode | str | None = None,
    contexts: Any = None,
    expected_bits: float | None = None,
    dtype: Any = None,
    header: bool = True,
    chunk: int = DEFAULT_CHUNK,
    offset: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Encodes one sample of every target into bytes that the proposal alone decodes.

    Args:
        target: The distribution Q to be sampled; any shape that broadcasts with the proposal's.
        proposal: The distribution P that the receiver has too.
        method: ``"ad*"``, ``"as*"``, ``"dad*"`` (give ``depth``) or ``"global"``.
        block: Elements of the last axis that are coded together, 1 to 16; not with ``"as*"``.
            ``"auto"`` for the largest of 8, 4, 2 and 1 that pays: with ``"ad*"``, 8 unless a search
            of some of the array's blocks takes more than 2,500 steps on average (0.1 ms an element)
            or 40,000 for any.
        seed: Any seed; it is written into the header.
        depth: For ``"dad*"``: the largest depth.
        max_samples: For ``"global"``: the most samples, or None.
        max_steps: For the others: the most steps of a search, or None. A search that is cut gives
            an approximate sample, and an `ApproximationWarning`.
        bits_hint: With blocks: expected bits for each column of the last axis, where they differ;
            ``"auto"`` for the mean KL divergences of the columns, where they differ by more than a
            bit within a block. The container holds them, in sixteenths.
        code: The code for the indices. ``"tree"`` for the fewest bits, with ``"ad*"`` only
            (`TreeCode`: some 2 µs an element), ``"adaptive"`` for a fast one (`AdaptiveCode`), or
            any `IndexCode`; with blocks only these two. None for fixed width with ``"dad*"`` alone,
            ``"tree"`` for blocks with ``"ad*"``, and otherwise ``"adaptive"``.
        contexts: What the depths' model should tell apart: None for nothing, ``"column"`` for the
            place on the last axis, or an array of integers from 0 to 65,535, which the receiver
            needs too, of a shape that broadcasts to the indices' (with blocks, one for each).
        expected_bits: Information for each element, from which the depths' model starts; None to
            choose what suits the first chunk (or, where ``code`` is given, to start from nothing).
        dtype: The type in which samples are returned: float64, or float32 to have them rounded.
        header: False for the bits alone: `decompress` then needs the same arguments again, and
            nothing is checked.
        chunk: Indices in a chunk, a power of two from 16 to 65,536: what damage costs, and what is
            decoded at least. Smaller ones take more bytes.
        offset: The number of the first element, where the arrays are a part of larger ones.
        threads: Number of threads; None for all processors.
        progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

    Returns:
        The container; see docs/format.md.

    Raises:
        ParameterError: An unknown method; an argument that the method does not have; and what
            `Codec.encode` raises.
        DivergenceError: See `Codec.encode`.
        BoundError: See `Codec.encode`.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.linspace(-2, 2, 10_000)
        >>> q, p = rec.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> data = rec.compress(q, p, seed=1)
        >>> x = rec.decompress(data, p)
        >>> x.shape, 3.0 < 8 * len(data) / x.size < 8.0
        ((10000,), True)

        One number as bits alone, in a format of one's own:

        >>> q = rec.Normal(0.9, 0.25)
        >>> bits = rec.compress(q, p, header=False, expected_bits=2)
        >>> len(bits) < 3, rec.decompress(bits, p, header=False, shape=(), expected_bits=2).shape
        (True, ())
    """
    q, p = distribution(target), distribution(proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    automatic = isinstance(bits_hint, str)
    if automatic:
        bits_hint = automatic_hint(bits_hint, block, q, p)
    if isinstance(block, str):
        block = automatic_block(block, method, q, p, bits_hint)
    if automatic and block == 1:
        bits_hint = None
    options: Options = {
        "method": method,
        "block": block,
        "seed": seed,
        "depth": depth,
        "max_samples": max_samples,
        "max_steps": max_steps,
        "bits_hint": bits_hint,
        "code": code,
        "expected_bits": expected_bits,
        "dtype": dtype,
        "chunk": chunk,
        "offset": offset,
        "threads": threads,
    }
    kind, given = _kind_of(contexts)
    if not header:
        codec, bare_code = _bare(options, kind)
        own = _contexts_of(kind, given, shape, codec.block)
        encoded = codec.encode(q, p, offset=offset, progress=progress)
        warn_if_cut(encoded)
        bare_code = bare_code.at(codec, shape, offset=offset)
        return bare_code.pack(flat_index(encoded.index, codec.block), own)
    file = io.BytesIO()
    with Writer(file, shape=shape, contexts=kind, **options) as writer:
        writer.write(q, p, given, progress=progress)
    return file.getvalue()


def decompress(
    data: Buffer,
    proposal: Any,
    *,
    on_corrupt: str = "raise",
    contexts: Any = None,
    max_elements: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    header: bool = True,
    shape: Shape | None = None,
    **options: Unpack[Again],
) -> npt.NDArray[Any]:
    """Decodes a container.

    Args:
        data: What `compress` returned; bytes or another contiguous buffer of them.
        proposal: The proposal that it was encoded with.
        on_corrupt: ``"raise"``, or ``"skip"`` for what is left of a damaged container: a masked
            array, NaN where samples are missing. See `Reader`, which says which they are, too.
        contexts: What `compress` was given as ``contexts``, if it was an array.
        max_elements: The most samples to allow. None for 2^20 and 64 for each byte of data: more
            than all but nearly empty information takes, and no forged header fills the memory.
        threads: Number of threads; None for all processors.
        progress: Called as ``progress(done, total)`` with numbers of indices, now and then.
        header: False for what ``compress(header=False)`` returned. The shape and all that it was
            given must be given again.
        shape: With ``header=False``: the samples' shape.
        options: With ``header=False``: those of `compress`.

    Returns:
        The samples, bit-identical to the encoder's; float64 unless it was asked for float32.

    Raises:
        CorruptDataError: Bytes that `compress` did not write, or not all of them.
        ParameterError: A proposal that does not broadcast to the shape in the container; more
            samples than ``max_elements``; contexts that are not the encoder's.
    """
    refuse_unknown("decompress", options, Again)
    if not header:
        if on_corrupt != "raise":
            raise ParameterError("on_corrupt", on_corrupt, '"raise", without a header')
        all_options: Options = {**options, "threads": threads}
        return _decompress_bare(data, proposal, contexts, shape, all_options)
    if shape is not None or options:
        name = "shape" if shape is not None else min(options)
        raise ParameterError(name, "given", "none: it is in the header")
    view = as_bytes(data)
    with Reader(view, on_corrupt=on_corrupt, contexts=contexts, threads=threads) as reader:
        size = reader._contents.grid.elements
        most = _FREE_ELEMENTS + _ELEMENTS_PER_BYTE * len(view)
        if max_elements is not None:
            most = integer("max_elements", max_elements, 0, ELEMENT_LIMIT)
        if size > most:
            raise ParameterError(
                "max_elements", max_elements, f"at least {size}, for so many from {len(view)} bytes"
            )
        return reader.read(proposal, progress=progress)


# --- Without a header ----------------------------------------------------------------------------


def _decompress_bare(
    data: Buffer, proposal: Any, contexts: Any, shape: Shape | None, options: Options
) -> npt.NDArray[Any]:
    if shape is None:
        raise ParameterError("shape", None, "the samples' shape, without a header")
    kind, given = _kind_of(contexts)
    codec, code = _bare(options, kind)
    own_shape = shape_of("shape", shape)
    grid = Grid(own_shape, codec.block, DEFAULT_CHUNK)
    own = _contexts_of(kind, given, own_shape, codec.block)
    code = code.at(codec, own_shape, offset=options.get("offset", 0))
    index = code.unpack(data, grid.indices, own).reshape(grid.index_shape)
    samples = decoded(codec, index, proposal, own_shape, options.get("offset", 0))
    return samples.astype(dtype_of(options.get("dtype")), copy=False)


def _bare(options: Options, contexts: str | None) -> tuple[Codec, IndexCode]:
    """The codec and the code that arguments mean where no header says so."""
    codec, _ = codec_of(options)
    code, expected_bits = options.get("code"), options.get("expected_bits")
    return codec, make_code(codec, code, expected_bits, contexts is not None)


def _contexts_of(kind: str | None, given: Any, shape: Shape, block: int) -> Contexts | None:
    """The contexts of all indices, flat."""
    grid = Grid(shape, block, DEFAULT_CHUNK)
    if kind == "column":
        return column_contexts(grid, 0, grid.indices)
    return None if kind is None else context_array(given, grid.steps_shape).reshape(-1)


# --- Arguments -----------------------------------------------------------------------------------


def _kind_of(contexts: Any) -> tuple[str | None, Any]:
    """Where contexts come from, as `Writer` is told, and the given ones."""
    if contexts is None:
        return None, None
    if isinstance(contexts, str):
        if contexts != "column":
            raise ParameterError("contexts", contexts, 'None, "column" or an array of integers')
        return contexts, None
    return "given", contexts
