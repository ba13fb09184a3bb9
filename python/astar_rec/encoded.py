"""What an encoder finds, and the arrays that it goes into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._validate import Floats, Indices, Shape

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


def output_arrays(index: Shape, sample: Shape, steps: Shape) -> Arrays:
    """Returns arrays of these shapes for an encoder to fill."""
    return np.empty(index, np.uint64), np.empty(sample), np.empty(steps, np.uint64)
