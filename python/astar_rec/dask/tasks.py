"""What workers do. A task depends on its arguments alone: run twice, it gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..container.flat import decode_run
from ..container.runs import begun, chunks_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .._elements import Shape
    from ..container.format import Header
    from ..container.reader import Reader
    from ..container.runs import Plan, Run
    from ..distributions.stored import Cut, Stored
    from .stores import Store

__all__ = ["begin", "decode", "encode", "encode_into", "given_of"]

# A run of an array of distributions: what there is to say, and what its parameters have, which dask
# puts in the place of lazy arrays.
Given = tuple["Cut", list[Any]]


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


def decode(reader: Reader, elements: range, shape: Any, proposal: Given) -> npt.NDArray[np.float64]:
    """Returns samples that follow each other, in a shape."""
    return decode_run(reader, _made(proposal), elements).reshape(shape)
