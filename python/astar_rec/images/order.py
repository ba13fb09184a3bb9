"""In which order the pixels of an image are coded, and what each is told about the others.

An image is coded in two passes: its *support* (which pixels are not 0), then the *values* of those.
Within a pass, pixel (row, column) is coded in step column + 3 row. So a pixel may look at all that
stand before the slash in this picture, and all pixels of one step are coded together:

    . . . . 1 2 3 . .        x   the pixel
    . 1 2 3 4 5 6 7 .        1   PAST: coded in earlier steps, and near
    1 2 3 4 5 6 7 /          /   coded in the same step, or later
    1 2 3 4 x /

The second pass knows the whole support, so that it may look at that of FUTURE pixels too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["FEATURES", "FUTURE", "MARGIN", "NEAR", "PAST", "SIDE", "SKEW", "STEP", "STEPS"]

SIDE = 28
FEATURES = 24  # of the sketch, for each pixel
SKEW = 3

# Offsets (row, column) of the pixels that are looked at.
PAST = tuple(
    (-row, column)
    for row in range(4)
    for column in range(-4, 5)
    if column < SKEW * row and (row, abs(column)) != (3, 4)
)
FUTURE = tuple(
    (row, column)
    for row in range(-1, 4)
    for column in range(-3, 4)
    if (row, column) not in PAST and (row, column) != (0, 0)
)
NEAR = ((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-1, 2))

# Zeros around an image, so that every offset stays inside.
MARGIN = 4

# The step of each pixel, flat, and how many there are.
STEP: npt.NDArray[np.intp] = (np.arange(SIDE)[None, :] + SKEW * np.arange(SIDE)[:, None]).ravel()
STEPS = int(STEP.max()) + 1
