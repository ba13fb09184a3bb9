"""What an encoder finds, and the arrays that it goes into: new ones, or those of ``out=``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import output_array, require_apart
from .._elements import Indices
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .._elements import Shape
    from .messages import MessageKind

__all__ = ["Arrays", "Encoded", "Ended", "output_arrays"]

# Messages, samples and steps.
Arrays = tuple[npt.NDArray[Any], npt.NDArray[np.float64], Indices]


class Ended(NamedTuple):
    """How searches ended that did not go to their ends: see `Encoded`."""

    cut: int
    within: float

    @classmethod
    def of(cls, ended: int | Ended) -> Ended:
        """Returns it; of a number of searches that were cut, all that can be said of these."""
        return ended if isinstance(ended, Ended) else cls(ended, float(ended))


@dataclass(frozen=True, eq=False, repr=False)
class Encoded:
    """What `Codec.encode` returns. Message, samples and steps unpack like a tuple.

    Attributes:
        message: What to send. Of the methods that come with the package: indices, uint64, from 1,
            of the broadcast shape; with blocks, ``block`` words for each block, the lowest first.
        sample: What the receiver will hold, to the last bit; float64, of the broadcast shape.
        steps: How many nodes the search evaluated; uint64, a number for each unit.
        cut: How many searches ended at the budget before they were certain: their samples (with
            blocks, all of a block) are approximate. 0 where none did, and for
            `MinimalRandomCoding`, which searches nothing.
        within: A bound on how many units have another sample than whole searches would find, in
            expectation, given what was seen: the samples' joint law is no further from theirs, in
            total variation. 0 where all searches went to their ends. Of searches that ended by
            `ADStar`'s ``within``, or at a budget beside it, the sum of what is proven of each
            (docs/exactness.md); any other that was cut counts as 1.

    Examples:
        >>> import astar_rec as rec
        >>> rec.ADStar(seed=1).encode(rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0))
        Encoded(message: uint64 of shape (2,), 4 bits; sample: float64 of shape (2,); cut: 0)
    """

    message: npt.NDArray[Any]
    sample: npt.NDArray[Any]
    steps: Indices
    cut: int = 0
    within: float = 0.0

    @property
    def index(self) -> npt.NDArray[Any]:
        """The message, by the name that it has where it consists of indices."""
        return self.message

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return iter((self.message, self.sample, self.steps))

    def __repr__(self) -> str:
        within = "" if self.within == self.cut else f"; within: {self.within:.3g}"
        return (
            f"Encoded(message: {_array(self.message)}, {_bits(self.message)} bits; "
            f"sample: {_array(self.sample)}; cut: {self.cut}{within})"
        )


def output_arrays(
    out: object,
    kind: MessageKind,
    message: Shape,
    sample: Shape,
    steps: Shape,
    inputs: Iterable[tuple[str, npt.NDArray[Any]]],
) -> Arrays:
    """Returns arrays of these shapes for an encoder to fill: those of ``out=``, or new ones.

    Args:
        out: What was given as that.
        kind: What a message has for a unit.
        message: The message's shape.
        sample: The samples'.
        steps: The steps'.
        inputs: What the encoder reads, each with what it is: none of it is overwritten.
    """
    if out is None:
        return np.empty(message, kind.dtype), np.empty(sample), np.empty(steps, np.uint64)
    if not isinstance(out, Encoded):
        raise ParameterError("out", type(out).__name__, "an Encoded, whose arrays are filled")
    arrays = (
        output_array(f"out.{kind.argument}", out.message, kind.dtype, message),  # type: ignore[type-var]
        output_array("out.sample", out.sample, np.float64, sample),
        output_array("out.steps", out.steps, np.uint64, steps),
    )
    names = [f"out.{kind.argument}", "out.sample", "out.steps"]
    taken = list(inputs)
    for name, array in zip(names, arrays, strict=True):
        require_apart(name, array, taken)
        taken.append((name, array))
    return arrays


def _array(array: npt.NDArray[Any]) -> str:
    return f"{array.dtype} of shape {array.shape}"


def _bits(message: npt.NDArray[Any]) -> int:
    """How many binary digits the numbers have without leading zeros; of bytes, all."""
    if message.dtype == object:
        return 8 * sum(map(len, message.flat))
    magnitude = np.abs(message.astype(np.int64)) if message.dtype.kind == "i" else message
    magnitude = magnitude.astype(np.uint64)
    # Halves are floats exactly. Of a number with a higher half, the lower has 32 digits.
    low, high = magnitude & np.uint64(2**32 - 1), magnitude >> np.uint64(32)
    low_digits, high_digits = np.frexp(low.astype(float))[1], np.frexp(high.astype(float))[1]
    return int(np.where(high_digits > 0, 32 + high_digits, low_digits).sum())
