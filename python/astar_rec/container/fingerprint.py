"""Fingerprints of proposals: two numbers in a header, by which a receiver knows a wrong proposal.

A proposal that differs by rounding decodes to samples that do, too, so it passes. One of another
scale, or with its columns in another order, decodes to wrong samples and no error: so the header
of all but small containers has the weighted means of where the first elements' proposals are, and
of how wide they are. Weights differ by row and column, so that order counts. docs/format.md
specifies it.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..codecs.engine import samples_at
from ..custom import CustomProposal
from ..custom.selection import elements_of
from ..distributions.distribution import SUMMARY_POSITIONS
from ..errors import ParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..codecs.codec import Proposal

__all__ = ["FINGERPRINT_ELEMENTS", "Fingerprint", "Fingerprinter", "require_same"]

# Of at most so many elements; and from so many on, a container has one unless asked otherwise.
FINGERPRINT_ELEMENTS = 1 << 12
_PAYS_FROM = 1 << 10

_LARGEST = 2.0**100  # beyond it float32 ends soon
_TOLERANCE = 2.0**-14
_LEAST = 2.0**-120


@dataclass(frozen=True)
class Fingerprint:
    """What a header says of the proposal.

    Attributes:
        location: The weighted mean of the elements' locations, a float32.
        spread: That of their spreads.
    """

    location: float
    spread: float

    SIZE = 8

    def to_bytes(self) -> bytes:
        """Two float32, little-endian."""
        return struct.pack("<ff", self.location, self.spread)

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """Returns what `to_bytes` was made of."""
        return cls(*struct.unpack("<ff", data))

    @property
    def is_possible(self) -> bool:
        """Whether a proposal may have it."""
        return math.isfinite(self.location) and 0.0 <= self.spread < math.inf


class Fingerprinter:
    """Collects the first elements' proposals while rows are written.

    Args:
        wanted: Whether there is to be a fingerprint: None where it is worth its bytes.
    """

    def __init__(self, wanted: bool | None) -> None:
        self._wanted = wanted
        self._pieces: list[tuple[Floats, Floats]] = []
        self._known = 0  # elements
        # A part that came first, of which its own fingerprint is all that is known.
        self._part: tuple[Fingerprint | None, int] | None = None
        self._goes_on = wanted is not False

    def add(self, proposal: Proposal, shape: Shape) -> None:
        """Adds the next rows' proposals, which broadcast to a shape."""
        count = min(math.prod(shape), FINGERPRINT_ELEMENTS - self._known)
        if not self._goes_on or not count:
            return
        location, spread = _summaries(proposal, shape, count)
        self._pieces.append((np.broadcast_to(location, count), np.broadcast_to(spread, count)))
        self._known += count

    def add_part(self, fingerprint: Fingerprint | None, covered: int) -> None:
        """Adds rows of a container, whose proposals nobody knows but by its fingerprint.

        Args:
            fingerprint: The container's, if it has one.
            covered: Of how many elements.
        """
        if self._goes_on and not self._pieces:
            self._part = fingerprint, covered
        self._goes_on = False

    def result(self, count: int, columns: int) -> Fingerprint | None:
        """Returns the fingerprint of a container whose first chunk has so many elements.

        Args:
            count: The elements, `FINGERPRINT_ELEMENTS` at most.
            columns: The length of the last axis.

        Raises:
            ParameterError: It is wanted, and not known, as the first rows came from a container.
        """
        wanted = count >= _PAYS_FROM if self._wanted is None else self._wanted
        if not wanted or not count:
            return None
        if self._part is not None and self._part[1] == count and self._part[0] is not None:
            return self._part[0]
        if self._known >= count:
            location, spread = (
                np.concatenate(each)[:count] for each in zip(*self._pieces, strict=True)
            )
            return Fingerprint(*_means(location, spread, columns)[:2])
        if self._wanted:
            expected = f"None, where the first {count} elements are not of one part that has one"
            raise ParameterError("fingerprint", self._wanted, expected)
        return None


def require_same(
    fingerprint: Fingerprint, proposal: Proposal, shape: Shape, count: int, columns: int
) -> None:
    """Refuses a proposal that is not the encoder's, rounding apart.

    Args:
        fingerprint: The container's.
        proposal: The proposal of the first rows or more.
        shape: The shape of the samples that it is for.
        count: Of how many elements the fingerprint is.
        columns: The length of the last axis.
    """
    location, spread, size = _means(*_summaries(proposal, shape, count), columns, count)
    tolerance = _TOLERANCE * size + _LEAST
    for name, theirs, ours in (
        ("location", fingerprint.location, location),
        ("spread", fingerprint.spread, spread),
    ):
        if abs(theirs - ours) > tolerance:
            raise ParameterError(
                "proposal",
                proposal,
                f"the encoder's, of the same parameters in the same order: the weighted mean of "
                f"the {name}s of the first {count} elements is {ours:.6g} here and {theirs:.6g} "
                f"in the container (fingerprint=False decodes with this one all the same)",
            )


# --- How they are made ---------------------------------------------------------------------------


def _summaries(proposal: Proposal, shape: Shape, count: int) -> tuple[Floats, Floats]:
    """Returns locations and spreads of the first elements; of one, where all are the same."""
    places = np.arange(count)
    if isinstance(proposal, CustomProposal):
        own = elements_of(proposal, shape, places)
        low, high = (samples_at(own, np.full(count, x, np.uint64)) for x in SUMMARY_POSITIONS)
        with np.errstate(all="ignore"):
            location, spread = 0.5 * low + 0.5 * high, high - low
    else:
        if proposal.size == 1:
            places, shape, proposal = places[:1], (), proposal.reshape(())
        with np.errstate(all="ignore"):
            location, spread = proposal._summary(*proposal._at(places, shape))
    return np.clip(location, -_LARGEST, _LARGEST), np.clip(spread, 0.0, _LARGEST)


def _means(
    location: Floats, spread: Floats, columns: int, count: int | None = None
) -> tuple[float, float, float]:
    """Returns the weighted means of locations and spreads, as float32, and of their sizes."""
    elements = location.size if count is None else count
    weight = _weights(elements, max(1, columns))

    def mean(values: Floats) -> float:
        # Sums from the first to the last: the same bytes everywhere.
        return float(np.cumsum(weight * values)[-1] / elements)

    with np.errstate(all="ignore"):
        own = float(np.float32(mean(location))), float(np.float32(mean(spread)))
        return *own, mean(np.abs(location) + spread)


@lru_cache(maxsize=8)  # of as many kinds of files, 32 KiB each
def _weights(count: int, columns: int) -> Floats:
    """Returns weights from 1 to 2: the mean of a row's and a column's random number, and 1."""
    row, column = np.divmod(np.arange(count, dtype=np.uint64), np.uint64(columns))
    one = np.uint64(1)
    parts = [_random(row << one), _random(column << one | one)]
    weights = np.asarray(1.0 + 0.5 * (parts[0] + parts[1]))
    weights.setflags(write=False)
    return weights


def _random(x: npt.NDArray[np.uint64]) -> Floats:
    """Returns numbers from 0 to 1 by integers: the finaliser of SplitMix64."""
    z = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return np.asarray((z ^ z >> np.uint64(31)) >> np.uint64(32)).astype(np.float64) * 2.0**-32
