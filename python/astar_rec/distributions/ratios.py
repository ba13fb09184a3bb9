"""Where log ratios peak, by pairs of families, for pairs whose suprema the core does not have.

A search needs the supremum of the log ratio log dQ/dP over intervals. Between the ends of an
interval, the ratio may be largest at an end or at a peak: a point where it stops rising. So a pair
is described by its peaks, of which there may be any number: a row for each pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .._elements import Floats
from .distribution import Distribution

__all__ = ["Peaks", "peaks_of", "register_peaks"]

# Of the target's parameters, then the proposal's, all of one shape: arrays of that shape.
Peaks = Callable[..., Sequence[Floats]]
_Pair = tuple[type[Distribution], type[Distribution]]

_PEAKS: dict[_Pair, Peaks] = {}


def register_peaks(
    target: type[Distribution], proposal: type[Distribution]
) -> Callable[[Peaks], Peaks]:
    """Says where the log ratios of a pair of families peak; used as a decorator.

    The function gets the target's parameters, then the proposal's, all flat arrays of one length,
    and returns a sequence of such arrays. At every point of the support but those, the log ratio is
    continuous and no local maximum. Points that are peaks for some parameters only may always be
    among them, and any others too. A codec that finds a larger ratio than peaks and ends of an
    interval allow raises `BoundError`.

    Args:
        target: The target's family.
        proposal: The proposal's.
    """

    def add(peaks: Peaks) -> Peaks:
        _PEAKS[target, proposal] = peaks
        return peaks

    return add


def peaks_of(target: Distribution, proposal: Distribution) -> Peaks | None:
    """Returns where the log ratios of a pair peak; None where nobody said."""
    return _PEAKS.get((type(target), type(proposal)))
