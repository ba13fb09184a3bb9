"""From trained weights to those that the codec computes with.

Weights become integers over 2^shift, a shift for each layer; biases become integers over
2^(shift + FRACTION), as the layer's sums are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .integers import FRACTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .weights import Array

__all__ = ["quantise"]

# Weights have so many bits after the binary point, fewer where they would not fit into 16 bits.
# With 9 the images of MNIST take as many bits as with 12, with 8 some hundredths of a percent more.
_SHIFT = 10
_LARGEST = 2**15 - 1


def quantise(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Returns what a file of weights holds.

    Args:
        arrays: What `Model.arrays` returned: floating point.

    Returns:
        For each layer ``NAME.weight`` (int16), ``NAME.bias`` (int32) and ``NAME.shift`` (int8);
        what else the posteriors need, as it is.
    """
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        if name.startswith("posterior."):
            found[name] = array
            continue
        layer, part = name.rsplit(".", 1)
        shift = _shift(arrays[f"{layer}.weight"])
        if part == "weight":
            found[name] = np.rint(array * 2.0**shift).astype(np.int16)
            found[f"{layer}.shift"] = np.array(shift, np.int8)
        else:
            found[name] = np.rint(array * 2.0 ** (shift + FRACTION)).astype(np.int32)
    return found


def _shift(weight: Array) -> int:
    """The most bits after the point with which a layer's weights fit."""
    largest = float(np.abs(weight).max())
    return min(_SHIFT, int(np.floor(np.log2(_LARGEST / max(largest, 1e-9)))))
