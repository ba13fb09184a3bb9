"""What workers do. A task depends on its arguments alone: run twice, it gives the same bytes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..container.flat import decode_run
from ..container.runs import begun, chunks_of
from ..distributions.stored import Cut

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape
    from ..container.format import Header
    from ..container.reader import Reader
    from ..container.runs import Plan, Run
    from ..distributions import Distribution
    from ..distributions.stored import Stored
    from .stores import Store

__all__ = ["begin", "decode", "encode", "encode_into", "given_of"]

# A run of an array of distributions: what there is to say, and what its parameters have, which dask
# puts in the place of lazy arrays.
Given = tuple[Cut, list[Any]]


def given_of(distributions: Stored, elements: range, shape: Shape) -> Given:
    """Returns what a task is given of a run of an array of distributions, broadcast to a shape."""
    cut = distributions.cut(elements.start, elements.stop, shape)
    return replace(cut, parameters=[]), cut.parameters


def _made(given: Given) -> Any:
    cut, parameters = given
    return replace(cut, parameters=parameters).made()


def begin(plan: Plan, target: Given, proposal: Given, fingerprint: bool | None) -> Header:
    """Returns the container's header."""
    return begun(plan, _made(target), _made(proposal), fingerprint)


def encode(header: Header, numbers: range, target: Given, proposal: Given) -> Run:
    """Returns some chunks of the container."""
    return chunks_of(header, numbers, _made(target), _made(proposal))


def encode_into(
    store: Store, name: str, header: Header, numbers: range, target: Given, proposal: Given
) -> tuple[int, int]:
    """Puts some chunks of the container into a store; returns their bytes' number, and cuts."""
    run = encode(header, numbers, target, proposal)
    store.put(name, run.data)
    return len(run.data), run.cut


def decode(
    number: npt.NDArray[Any],
    *blocks: Any,
    reader: Reader,
    family: type[Distribution],
    ones: list[Any],
    chunks: tuple[tuple[int, ...], ...],
) -> npt.NDArray[Any]:
    """Returns the samples of a chunk of a lazy array, which are consecutive elements.

    Args:
        number: The chunk's number in C order: an array of one.
        blocks: Of the proposals' parameters that are not one for all: what the chunk has of each.
        reader: The container's.
        family: The proposals'.
        ones: The parameters, None for those of which there are blocks.
        chunks: The lazy array's.
    """
    place = np.unravel_index(int(number.reshape(())), [len(axis) for axis in chunks])
    pairs = [(axis, int(at)) for axis, at in zip(chunks, place, strict=True)]
    box = tuple(axis[at] for axis, at in pairs)
    whole = tuple(map(sum, chunks))
    first = int(np.ravel_multi_index([sum(axis[:at]) for axis, at in pairs], whole)) if box else 0
    left = iter(blocks)
    parameters = [[next(left)] if one is None else one for one in ones]
    proposal = Cut(family, parameters, [box], whole, first).made()
    elements = range(first, first + math.prod(box))
    return decode_run(reader, proposal, elements).reshape(box)
