"""Which values came up in images so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .integers import FRACTION

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats

__all__ = ["SATURATED", "Seen"]

SATURATED = 250  # from this value on, those of the inside of strokes
_ONE = 2.0**FRACTION


class Seen:
    """Which of the values 1 to 255 came up in images so far, and how often.

    A network that is told of the set of values, as 255 numbers, multiplies each by a row of its
    weights. But sets grow: the sum of the rows of an image's values is kept instead, and a value
    costs its row once, when it first comes up.

    Args:
        count: How many images.
        rows: A row for each value, shape (255, width): integers over one power of two.

    Attributes:
        times: How often each value came up, 0, 1 or 2 for more; shape (count, 255).
        total: How many pixels above 0 there were, shape (count,).
        saturated: How often 250, 251, ..., 255 came up, shape (count, 6).
    """

    def __init__(self, count: int, rows: Floats) -> None:
        self._rows = rows
        self._sums = np.zeros((count, rows.shape[1]))
        self.times = np.zeros((count, 255), np.uint8)
        self.total = np.zeros(count)
        self.saturated = np.zeros((count, 256 - SATURATED))

    def add(self, image: npt.NDArray[np.intp], value: npt.NDArray[np.int32]) -> None:
        """Counts values, less 1, of some images, by their number."""
        np.add.at(self.total, image, 1.0)
        inside = np.flatnonzero(value >= SATURATED - 1)
        np.add.at(self.saturated, (image[inside], value[inside] - (SATURATED - 1)), 1.0)
        places, often = np.unique(image * 255 + value, return_counts=True)
        times = self.times.reshape(-1)
        before = times[places]
        times[places] = np.minimum(before + often, 2)
        new = places[before == 0]
        if len(new):
            owner, own = np.divmod(new, 255)
            first = np.flatnonzero(np.diff(owner, prepend=-1))
            self._sums[owner[first]] += np.add.reduceat(self._rows[own], first, axis=0)

    def told(self, image: npt.NDArray[np.intp]) -> Floats:
        """Returns what pixels of images are told of values: sums of rows, shape (pixels, width).

        Each value counts for 4 / sqrt(pixels + 4), of the pixels above 0 in its image so far.
        """
        weight = np.floor(4 * _ONE / np.sqrt(self.total[image] + 4))
        return np.asarray(self._sums[image] * weight[:, None])
