"""A toy method in one file: what there is to write for a method, and how it registers itself.

Sender and receiver share a random position in the proposal's CDF for every element. The sender
shifts it by a whole number of steps to where the proposal's sample is nearest to the target's
location, and sends that number: a signed integer.
"""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from astar_rec import ParameterError
from astar_rec._validate import integer
from astar_rec.codecs import BYTES, INTEGERS, Codec, register
from astar_rec.codecs.engine import samples_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@register
@dataclass(frozen=True, repr=False)
class NearestShift(Codec):
    """The nearest of 2 reach + 1 samples, by the shift of a shared position.

    Args:
        reach: The largest shift either way, 1 to 1000.
        seed: Shared by sender and receiver.
        threads: Means nothing here.
    """

    name = "toy"
    number = 200
    exact = False
    kind = INTEGERS
    limits: ClassVar[Mapping[str, str]] = MappingProxyType({"reach": "the largest shift"})

    reach: int
    seed: int
    _: KW_ONLY
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(reach=integer("reach", self.reach, 1, 1000))

    @property
    def parameters(self) -> tuple[int, ...]:
        return (self.reach,)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> NearestShift:
        return cls(take(), seed)

    @property
    def message_range(self) -> tuple[int, int]:
        return -self.reach, self.reach

    def pair(self, target: Any, proposal: Any) -> tuple[Any, Any]:
        q, p = super().pair(target, proposal)
        if not hasattr(q, "loc"):
            raise ParameterError("target", q, "a distribution with a location")
        return q, p

    def encode_into(self, target: Any, proposal: Any, offset: int, out: Any, progress: Any) -> int:
        message, sample, steps = out
        best = np.full(sample.shape, np.inf)
        for shift in range(-self.reach, self.reach + 1):
            x = samples_at(proposal, self.positions(offset, sample.shape, np.int64(shift)))
            distance = np.abs(x - target.loc)
            better = distance < best
            message[better], sample[better] = shift, x[better]
            best[better] = distance[better]
        steps[...] = 2 * self.reach + 1
        if progress is not None:
            progress(sample.size, sample.size)
        return 0

    def decode_into(self, message: Any, proposal: Any, offset: int, sample: Any) -> None:
        sample[...] = samples_at(proposal, self.positions(offset, sample.shape, message))

    def positions(self, offset: int, shape: tuple[int, ...], shift: Any) -> Any:
        """Return the shared positions of elements, shifted."""
        elements = np.arange(offset, offset + np.prod(shape, dtype=int), dtype=np.uint64)
        step = np.uint64(2**64 // (2 * self.reach + 1))
        # Unsigned integers wrap around, and so do positions.
        return mixed(mixed(elements) ^ np.uint64(self.seed)).reshape(shape) + step * np.asarray(
            shift
        ).astype(np.uint64)


@register
@dataclass(frozen=True, repr=False)
class ShiftInBytes(NearestShift):
    """The same with bytes for messages: the shift as text, none for 0."""

    name = "toy-bytes"
    number = 201
    kind = BYTES

    def encode_into(self, target: Any, proposal: Any, offset: int, out: Any, progress: Any) -> int:
        shift = np.empty(out[1].shape, np.int64)
        cut = super().encode_into(target, proposal, offset, (shift, *out[1:]), progress)
        for position, number in np.ndenumerate(shift):
            out[0][position] = str(number).encode() if number else b""
        return cut

    def decode_into(self, message: Any, proposal: Any, offset: int, sample: Any) -> None:
        shift = np.zeros(sample.shape, np.int64)
        for position, text in np.ndenumerate(message):
            if not re.fullmatch(b"(-?[1-9][0-9]{0,3})?", text):
                raise ParameterError("message", text, "a number as text, or nothing", position)
            shift[position] = int(text or b"0")
        super().decode_into(shift, proposal, offset, sample)


def mixed(x: Any) -> Any:
    """Return 64 bits that look random, by splitmix64."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
