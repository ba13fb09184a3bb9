"""Containers as lazy arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np

from .._validate import broadcast_shape
from ..container.flat import whole_lines
from ..container.reader import Reader
from ..errors import ParameterError
from . import tasks
from .distributions import stored
from .stores import pieces_of

if TYPE_CHECKING:
    import os

    from .._elements import Shape
    from ..distributions.stored import Stored
    from .distributions import DistributionLike

    Chunks = tuple[tuple[int, ...], ...]

__all__ = ["open"]

_LEAST_ELEMENTS = 1 << 20
_OWN_AXIS = -1  # what the axis of a parameter's own is called


def open(  # noqa: A001
    path: str | os.PathLike[str],
    proposal: DistributionLike,
    *,
    chunks: Any = None,
    fingerprint: bool = True,
) -> Any:
    """Returns a container as a lazy array of dask, which decodes the chunks that are asked for.

    The frames of the container's chunks are looked up at once, and nothing is decoded. Nothing
    stays open: each task opens the file by its name, which all workers must see.

    Args:
        path: A container, or a folder of its parts: a path, or an address with ``://`` that fsspec
            understands. It may be any container with a header, written by `compress` or by
            ``astar_rec.compress`` or ``Writer``, without arrays of contexts or hints.
        proposal: The proposal that it was encoded with: `Normal` and the other families of this
            package, or a distribution in memory.
        chunks: The result's chunks, as dask understands them. They must be of elements that follow
            each other in C order: whole but for one axis, and 1 along those before it; the last
            axis is whole, too, where blocks lie along it. ``rechunk`` makes others of the result.
            None for such ones of about 2^20 elements or some chunks of the container.
        fingerprint: As for `astar_rec.Reader`: the first chunk is refused with a proposal that is
            not the encoder's, where it has the elements that the fingerprint is of.

    Returns:
        A ``dask.array.Array`` of the samples.

    Raises:
        CorruptDataError: No container, or one whose chunks are not one after the other; from a
            task, a damaged chunk.
        ParameterError: A proposal that does not broadcast to the samples' shape; other chunks; a
            folder that is not finished.
        OSError: It cannot be read.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> import astar_rec.dask as rd
        >>> means = np.linspace(-2, 2, 10_000).reshape(100, 100)
        >>> q, p = rd.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> size = rd.compress(q, p, "q.rec", codec=rec.ADStar(seed=1))
        >>> x = rd.open("q.rec", p, chunks=(20, 100))
        >>> x.numblocks, bool((x[35:40] == rec.decompress("q.rec", p)[35:40]).all())
        ((5, 1), True)
    """
    reader = Reader(pieces_of(path), threads=1, fingerprint=fingerprint)
    p, shape = stored(proposal), reader.shape
    if broadcast_shape(samples=shape, proposal=p.shape) != shape:
        expected = f"one that broadcasts to the samples' {shape}"
        raise ParameterError("shape of proposal", p.shape, expected)
    if not math.prod(shape):
        return da.zeros(shape, dtype=reader.dtype)
    return _decoded(reader, p, _chunks(chunks, reader))


def _decoded(reader: Reader, p: Stored, chunks: Chunks) -> Any:
    """Returns the array of which each chunk is decoded by a task."""
    axes = tuple(range(len(chunks)))
    # A task is told its number, and gets the blocks of parameters that are not one for all.
    numbers = np.arange(math.prod(map(len, chunks))).reshape([len(each) for each in chunks])
    pairs: list[Any] = [da.from_array(numbers, chunks=1), axes]
    ones: list[Any] = []
    for each, array in zip(p.family._declared, p.arrays, strict=True):
        lengths = each.shape_of(array)
        ones.append(array if math.prod(lengths) == 1 else None)
        if ones[-1] is None:
            along = axes[len(axes) - len(lengths) :]
            own = [
                (1,) if length == 1 else chunks[axis]
                for axis, length in zip(along, lengths, strict=True)
            ]
            tail = array.shape[len(lengths) :]
            block = da.asarray(array).rechunk((*own, *((length,) for length in tail)))
            pairs += [block, (*along, *(_OWN_AXIS for _ in tail))]
    return da.blockwise(
        tasks.decode,
        axes,
        *pairs,
        # As a task of its own, it goes to a worker once.
        reader=dask.delayed(reader, pure=False, traverse=False),
        family=p.family,
        ones=ones,
        chunks=chunks,
        dtype=reader.dtype,
        meta=np.empty((0,) * len(axes), reader.dtype),
        align_arrays=False,
        adjust_chunks=dict(zip(axes, chunks, strict=True)),
        concatenate=True,
    )


def _chunks(chunks: Any, reader: Reader) -> Chunks:
    """Returns the chunks that are asked for, or good ones: runs of elements."""
    shape, whole_last = reader.shape, whole_lines(reader)
    if chunks is None:
        grid = reader._contents.grid
        return _runs(shape, max(_LEAST_ELEMENTS, 2 * grid.chunk * grid.block), whole_last)
    try:
        own: Chunks = da.core.normalize_chunks(chunks, shape, dtype=reader.dtype)
    except (ValueError, TypeError) as error:
        raise ParameterError("chunks", chunks, f"chunks of shape {shape} ({error})") from error
    cut = [axis for axis, lengths in enumerate(own) if len(lengths) > 1]
    last = cut[-1] if cut else 0
    single = all(length == 1 for lengths in own[:last] for length in lengths)
    if not single or (whole_last and last == len(shape) - 1 and cut):
        expected = "runs of elements in C order: whole after one axis, 1 before it"
        if whole_last:
            expected += ", and the last axis whole, as blocks lie along it"
        raise ParameterError("chunks", own, expected + "; x.rechunk() makes others")
    return own


def _runs(shape: Shape, elements: int, whole_last: bool) -> Chunks:
    """Returns chunks of about so many elements that follow each other."""
    own: list[tuple[int, ...]] = []
    inner = 1  # elements of a chunk, from the axes behind
    cut = False
    for axis in reversed(range(len(shape))):
        length = shape[axis]
        if cut:
            own.append((1,) * length)
            continue
        most = max(1, elements // inner)
        if most >= length or (whole_last and axis == len(shape) - 1):
            own.append((length,))
        else:
            whole, rest = divmod(length, most)
            own.append((most,) * whole + ((rest,) if rest else ()))
            cut = True
        inner *= length
    return tuple(reversed(own))
