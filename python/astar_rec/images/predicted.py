"""The pixels of images, step by step: each is told of those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .frequencies import binary, categorical
from .integers import FRACTION
from .networks import Support, Values
from .order import FEATURES, FUTURE, MARGIN, NEAR, PAST, SIDE, STEP, STEPS
from .seen import SATURATED, Seen

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats
    from .networks import Images
    from .pixels import Coder
    from .weights import Weights

__all__ = ["PredictedPixels"]

_ONE = 2.0**FRACTION
_WIDE = SIDE + 2 * MARGIN

# Where the pixels of each step stand in an image, and in one with margins.
_PLACES = [np.flatnonzero(step == STEP) for step in range(STEPS)]
_PLACES_WIDE = [(p // SIDE + MARGIN) * _WIDE + p % SIDE + MARGIN for p in _PLACES]

_past, _near, _future = (
    np.array([row * _WIDE + column for row, column in offsets]) for offsets in (PAST, NEAR, FUTURE)
)
_levels = np.arange(SATURATED, 256, dtype=np.uint8)


class PredictedPixels:
    """p(x | z), as `model_predicted.PredictedPixels` was trained.

    Args:
        weights: The model's.
    """

    def __init__(self, weights: Weights) -> None:
        self._support = Support(weights)
        self._values = Values(weights)

    def walk(self, sketch: Floats, coder: Coder) -> Images:
        """Says the frequencies of all pixels to a coder, and returns what pixels they are.

        Args:
            sketch: Shape (n, 784, FEATURES).
            coder: Told the supports first, step by step, and then the values.
        """
        inside = self._walk_support(sketch, coder)
        return self._walk_values(sketch, inside, coder)

    def _walk_support(self, sketch: Floats, coder: Coder) -> npt.NDArray[np.bool_]:
        """Which pixels are above 0, with margins: shape (n, _WIDE ** 2)."""
        count = len(sketch)
        inside = np.zeros((count, _WIDE**2), bool)
        for place, wide in zip(_PLACES, _PLACES_WIDE, strict=True):
            inputs = np.empty((count, len(place), Support.INPUTS))
            np.multiply(inside[:, wide[:, None] + _past], _ONE, out=inputs[..., : len(_past)])
            inputs[..., len(_past) :] = sketch[:, place]
            odds = self._support(inputs.reshape(-1, Support.INPUTS))
            inside[:, wide] = coder.support(binary(odds), place).reshape(count, -1) != 0
        return inside

    def _walk_values(self, sketch: Floats, inside: npt.NDArray[np.bool_], coder: Coder) -> Images:
        count = len(sketch)
        images = np.zeros((count, SIDE**2), np.uint8)
        wide = np.zeros((count, _WIDE**2), np.uint8)
        seen = Seen(count, self._values.rows)
        for place, place_wide in zip(_PLACES, _PLACES_WIDE, strict=True):
            image, number = np.nonzero(inside[:, place_wide])
            if not len(image):
                continue
            here, here_wide = place[number], place_wide[number]
            inputs = _look(wide, inside, image, here_wide, seen)
            inputs[:, -FEATURES:] = sketch[image, here]
            scores = self._values(inputs, seen.told(image), seen.times[image])
            frequencies = categorical(scores)
            value = coder.values(frequencies, image * SIDE**2 + here)
            images[image, here] = wide[image, here_wide] = value + 1
            seen.add(image, value)
        return images.reshape(count, SIDE, SIDE)


def _look(
    values: npt.NDArray[np.uint8],
    inside: npt.NDArray[np.bool_],
    image: npt.NDArray[np.intp],
    place: npt.NDArray[np.intp],
    seen: Seen,
) -> Floats:
    """What pixels above 0 are told of the others, as model_predicted.py says it; in integers.

    Args:
        values: The pixels before, with margins.
        inside: Which pixels are above 0, with margins.
        image: The number of each pixel's image, shape (pixels,).
        place: Its place there, with margins.
        seen: Which values came up in images before.

    Returns:
        Shape (pixels, `Values.INPUTS`); the last columns are left to the sketch.
    """
    around = image[:, None] * _WIDE**2 + place[:, None]
    flat = values.reshape(-1)
    past = flat[around + _past]
    near = flat[around + _near]
    future = inside.reshape(-1)[around + _future]
    total = seen.total[image, None]
    saturated = seen.saturated[image]
    among = saturated.sum(axis=1)[:, None]
    inputs = np.empty((len(image), Values.INPUTS))
    at = 0
    for part in (
        past * (_ONE / 256),
        (past > 0) * _ONE,
        (near[:, :, None] == _levels).reshape(len(image), -1) * _ONE,
        future * _ONE,
        np.floor(saturated * _ONE / (among + 2)),
        np.minimum(among, 32) * (_ONE / 32),
        np.minimum(total, 128) * (_ONE / 128),
    ):
        inputs[:, at : at + part.shape[1]] = part
        at += part.shape[1]
    return inputs
