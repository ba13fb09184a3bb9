"""Networks in exact arithmetic, so that they say the same on every machine.

Sums in floating point depend on their order, and so on the library that multiplies matrices, on its
number of threads and on the processor. Sums of integers do not, as long as they stay below 2^53: in
float64 every partial sum is exact. So weights and activations here are integers, held in float64:

    activation   a = A / 2^FRACTION,    |A| <= LARGEST
    weight       w = W / 2^shift        a shift for each layer
    output       floor((sum of A W + B) / 2^shift + 1/2), kept within LARGEST

Multiplying by a power of two is exact, and so are floor, maximum and minimum. When a layer is made
it is proved that its sums stay below 2^53, whatever the activations.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CorruptDataError

if TYPE_CHECKING:
    from .._elements import Floats
    from .weights import Array

__all__ = ["FRACTION", "LARGEST", "Layer", "fixed", "product"]

FRACTION = 10
LARGEST = 2.0**17
_EXACT = 2.0**53


def fixed(values: Floats) -> Floats:
    """Returns activations for real numbers: the nearest integers over 2^FRACTION."""
    return np.clip(np.floor(values * 2.0**FRACTION + 0.5), -LARGEST, LARGEST)


def product(inputs: Floats, weight: Floats) -> Floats:
    """Returns a matrix product of integers, in whatever order it sums."""
    return inputs @ weight


class Layer:
    """A layer: a matrix and a bias.

    Args:
        name: The layer's, for messages.
        weight: W, shape (inputs, outputs).
        bias: B, shape (outputs,).
        shift: Bits of W after the binary point.
        rectify: Whether negative outputs become 0.

    Raises:
        CorruptDataError: Sums could reach 2^53: then nothing is exact. Or shapes do not fit.
    """

    def __init__(self, name: str, weight: Array, bias: Array, shift: int, *, rectify: bool) -> None:
        if weight.ndim != 2 or bias.shape != weight.shape[1:]:
            raise CorruptDataError(f"layer {name}: shapes {weight.shape} and {bias.shape}")
        own = weight.astype(np.float64)
        most = float((np.abs(own).sum(axis=0) * LARGEST + np.abs(bias.astype(np.float64))).max())
        # Over 2^shift from the beginning: sums are as exact, and need not be divided.
        self._weight = own * 2.0**-shift
        self._bias = bias * 2.0**-shift + 0.5
        self._least = 0.0 if rectify else -LARGEST
        if not most < _EXACT:
            raise CorruptDataError(f"layer {name}: sums up to {most:.3g}; expected below 2^53")

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return int(self._weight.shape[0])

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return int(self._weight.shape[1])

    def split(self, rows: slice) -> tuple[Layer, Floats]:
        """Returns the layer of all other inputs, and what each of these adds to its sums.

        Args:
            rows: Some of the inputs.
        """
        others = copy(self)
        others._weight = np.delete(self._weight, rows, axis=0)
        return others, self._weight[rows]

    def __call__(self, inputs: Floats, more: Floats | None = None) -> Floats:
        """Returns the outputs for inputs of shape (..., inputs).

        Args:
            inputs: Integers.
            more: What else the sums have: of inputs that `split` took out.
        """
        sums = product(inputs, self._weight)
        if more is not None:
            sums += more
        sums += self._bias
        np.floor(sums, out=sums)
        return np.clip(sums, self._least, LARGEST, out=sums)
