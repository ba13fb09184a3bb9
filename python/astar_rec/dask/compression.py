"""Encoding by tasks, into one container or a folder of parts that is one."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da

from .._validate import ELEMENT_LIMIT, broadcast_shape, integer
from ..codecs import Codec, PolarCoding
from ..codecs.automatic import fresh_seed
from ..container.draft import Draft
from ..container.runs import Plan
from ..errors import ApproximationWarning, ParameterError
from . import tasks
from .distributions import stored
from .stores import Store, located, part_name, pieces_of, store_of

if TYPE_CHECKING:
    import os

    from ..codes import IndexCode
    from ..distributions.stored import Stored
    from .distributions import DistributionLike

__all__ = ["compress", "join"]

# What a task encodes unless asked otherwise: as much as a chunk of the arrays, within limits.
_LEAST_ELEMENTS, _MOST_ELEMENTS = 1 << 18, 1 << 23
_AT_ONCE = 1 << 24  # bytes that are copied at once


def compress(
    target: DistributionLike,
    proposal: DistributionLike,
    path: str | os.PathLike[str],
    *,
    codec: Codec | None = None,
    code: IndexCode | None = None,
    contexts: str | None = None,
    dtype: Any = None,
    chunk: int | None = None,
    offset: int = 0,
    fingerprint: bool | None = None,
    parts: bool = False,
    task_elements: int | None = None,
    scheduler: Any = None,
) -> int:
    """Encodes one sample of every target into a container, by tasks of dask.

    A task encodes consecutive elements, in C order, and needs the chunks of arrays in which they
    lie. The container is the one of ``astar_rec.compress(target, proposal, codec=codec, …)``, to
    the last bit, whatever the arrays' chunks are, whichever scheduler runs the tasks, and however
    often a task runs.

    Args:
        target: The distributions Q to be sampled: `Normal` and the other families of this package,
            or distributions in memory.
        proposal: The distributions P that the receiver has, too; the same kinds.
        path: Where the container is written, by the process that calls: a path, or an address with
            ``://`` that fsspec understands.
        codec: How samples are found: see `astar_rec.codecs`. Its threads are those of one task;
            None there is 1 here, as tasks run side by side. None for `PolarCoding` with a fresh
            seed.
        code: As for `astar_rec.compress`.
        contexts: None, or ``"column"``, as for `astar_rec.compress`.
        dtype: As for `astar_rec.compress`.
        chunk: As for `astar_rec.compress`.
        offset: As for `astar_rec.compress`.
        fingerprint: As for `astar_rec.compress`.
        parts: Whether ``path`` is a new folder of parts instead, which tasks write: all workers
            must see it. Its files one after the other, in the order of their names, are the
            container; `join` makes it, and `open` takes the folder as it is.
        task_elements: About how many elements a task encodes: whole chunks of the container. None
            for as many as a chunk of the targets' arrays has, between 2^18 and 2^23.
        scheduler: As for ``dask.compute``; None for what dask is configured for: the current
            client of ``distributed``, or threads.

    Returns:
        The container's number of bytes.

    Raises:
        ParameterError: Arguments that do not go together; a parameter that is not what it must be,
            at a place that the error names.
        DivergenceError: See `astar_rec.compress`; it names the element.
        OSError: The file cannot be written; the folder of parts is there already.

    Examples:
        >>> import dask.array as da
        >>> import astar_rec as rec
        >>> import astar_rec.dask as rd
        >>> q, p = rd.Normal(da.linspace(-2, 2, 100_000, chunks=30_000), 0.25), rec.Normal(0.0, 1.0)
        >>> size = rd.compress(q, p, "q.rec", codec=rec.PolarCoding(seed=1))
        >>> round(8 * size / 100_000, 1)
        2.4
    """
    if codec is None:
        codec = PolarCoding(fresh_seed())
    if not isinstance(codec, Codec):
        raise ParameterError("codec", codec, "a Codec, such as PolarCoding(seed=1), or None")
    if contexts not in (None, "column"):
        raise ParameterError("contexts", contexts, 'None or "column"')
    if codec.threads is None:
        codec = codec.with_threads(1)
    q, p = stored(target), stored(proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    draft = Draft.of(
        code=code, contexts=contexts, shape=shape, dtype=dtype, chunk=chunk, offset=offset
    )
    header = draft.header(codec, code)
    elements = _elements_of_a_chunk(q)
    if task_elements is not None:
        elements = integer("task_elements", task_elements, 1, ELEMENT_LIMIT)
    plan = Plan.of(header, fits=code is None, elements=elements)
    if parts:
        return _into_folder(plan, q, p, store_of(path), fingerprint, scheduler)
    return _into_file(plan, q, p, *located(path), fingerprint, scheduler)


def join(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> int:
    """Copies a folder of parts into one container: its files, one after the other.

    Nothing is decoded, and memory does not grow with the number of parts.

    Args:
        folder: What ``compress(…, parts=True)`` has written.
        path: Where the container is written.

    Returns:
        The container's number of bytes.

    Raises:
        ParameterError: A folder that is not finished.
        OSError: It cannot be read, or the container not be written.

    Examples:
        >>> import dask.array as da
        >>> import astar_rec as rec
        >>> import astar_rec.dask as rd
        >>> q, p = rd.Normal(da.zeros((1000, 100)), 0.25), rec.Normal(0.0, 1.0)
        >>> size = rd.compress(q, p, "parts", parts=True)
        >>> rd.join("parts", "whole.rec") == size
        True
    """
    pieces = pieces_of(folder)
    store, name = located(path)
    store.check(name)
    with store.writing(name) as file:
        for at in range(0, pieces.size, _AT_ONCE):
            file.write(pieces.read(at, _AT_ONCE))
    return pieces.size


def _into_file(
    plan: Plan,
    q: Stored,
    p: Stored,
    store: Store,
    name: str,
    fingerprint: bool | None,
    scheduler: Any,
) -> int:
    """Encodes all runs, and writes them one after the other."""
    store.check(name)
    header = _header_of(plan, q, p, fingerprint)
    encode = dask.delayed(tasks.encode, pure=False)
    runs = [encode(header, numbers, *given) for numbers, given in _given(plan, q, p)]
    whole, *made = dask.compute(header, *runs, scheduler=scheduler)
    _warn_if_cut(sum(run.cut for run in made), plan.header.codec, stacklevel=4)
    data = [whole.to_bytes(), *(run.data for run in made)]
    with store.writing(name) as file:
        for each in data:
            file.write(each)
    return sum(map(len, data))


def _into_folder(
    plan: Plan, q: Stored, p: Stored, store: Store, fingerprint: bool | None, scheduler: Any
) -> int:
    """Has each task write its run; the header comes last, and says that all are there."""
    store.create()
    try:
        header = _header_of(plan, q, p, fingerprint)
        encode = dask.delayed(tasks.encode_into, pure=False)
        runs = [
            encode(store, part_name(number), header, numbers, *given)
            for number, (numbers, given) in enumerate(_given(plan, q, p), 1)
        ]
        whole, *made = dask.compute(header, *runs, scheduler=scheduler)
        _check_parts(store, [size for size, _ in made])
        head = whole.to_bytes()
        store.put(part_name(0), head)
    except BaseException:
        store.remove()
        raise
    _warn_if_cut(sum(cut for _, cut in made), plan.header.codec, stacklevel=4)
    return len(head) + sum(size for size, _ in made)


def _check_parts(store: Store, sizes: list[int]) -> None:
    """Refuses a folder in which there is not what workers say that they have written."""
    there = store.sizes()
    if any(there.get(part_name(number)) != size for number, size in enumerate(sizes, 1)):
        expected = "a folder that this process and all workers see under this name"
        raise ParameterError("path", str(store), expected)


def _header_of(plan: Plan, q: Stored, p: Stored, fingerprint: bool | None) -> Any:
    """Returns the header, delayed: it depends on the first elements."""
    first = plan.first_elements()
    shape = plan.header.shape
    given = [tasks.given_of(each, first, shape) for each in (q, p)]
    return dask.delayed(tasks.begin, pure=False)(plan, *given, fingerprint)


def _given(plan: Plan, q: Stored, p: Stored) -> Any:
    """Yields each run's chunks, and what is given of its targets and proposals."""
    for numbers, elements in plan.runs():
        yield numbers, [tasks.given_of(each, elements, plan.header.shape) for each in (q, p)]


def _elements_of_a_chunk(q: Stored) -> int:
    """Returns how many elements the targets' arrays have in their largest chunks, within limits."""
    lazy = (array for array in q.arrays if isinstance(array, da.Array))
    sizes = [math.prod(array.chunksize) for array in lazy]
    return min(_MOST_ELEMENTS, max(_LEAST_ELEMENTS, *sizes, 0))


def _warn_if_cut(cut: int, codec: Codec, stacklevel: int) -> None:
    if cut:
        warnings.warn(
            f"{cut} {codec.cut_means}: their samples are approximate",
            ApproximationWarning,
            stacklevel=stacklevel,
        )
