"""What an encoder finds, and the arrays that it goes into: new ones, or those of ``out=``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._validate import Floats, Indices, Shape, output_array
from .errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

__all__ = ["Encoded"]

Arrays = tuple[Indices, Floats, Indices]


@dataclass(frozen=True, eq=False)
class Encoded:
    """What `encode` returns: arrays of the broadcast shape. The three unpack like a tuple.

    Attributes:
        index: What to send; uint64, from 1.
        sample: What the receiver will hold, to the last bit; float64.
        steps: How many nodes the search evaluated; uint64.
        cut: How many searches ended at the budget before they were certain: their samples (with
            blocks, all of a block) are approximate. 0 where none did, and for
            `MinimalRandomCoding`, which searches nothing.
    """

    index: Indices
    sample: Floats
    steps: Indices
    cut: int = 0

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return iter((self.index, self.sample, self.steps))


def output_arrays(out: object, index: Shape, sample: Shape, steps: Shape) -> Arrays:
    """Returns arrays of these shapes for an encoder to fill: those of ``out=``, or new ones."""
    if out is None:
        return np.empty(index, np.uint64), np.empty(sample), np.empty(steps, np.uint64)
    if not isinstance(out, Encoded):
        raise ParameterError("out", type(out).__name__, "an Encoded, whose arrays are filled")
    arrays = (
        output_array("out.index", out.index, np.uint64, index),
        output_array("out.sample", out.sample, np.float64, sample),
        output_array("out.steps", out.steps, np.uint64, steps),
    )
    _require_apart(arrays)
    return arrays


def _require_apart(arrays: Arrays) -> None:
    index, sample, steps = arrays
    for name, one, others in (("sample", sample, (index,)), ("steps", steps, (index, sample))):
        # Of contiguous arrays, that of bounds is the whole truth.
        if any(np.may_share_memory(one, other) for other in others):
            raise ParameterError(f"out.{name}", "in another's memory", "an array of its own")
