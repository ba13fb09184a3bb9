"""What the examples compare with: whole numbers, coded by an entropy coder (constriction).

Each number has a normal or a Laplace distribution of its own, of which a whole number gets the mass
between its two neighbouring halves. Sender and receiver must have the same distributions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import constriction
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int32]

_MOST = 1 << 12
_MODELS = {
    "normal": constriction.stream.model.QuantizedGaussian(-_MOST, _MOST),
    "laplace": constriction.stream.model.QuantizedLaplace(-_MOST, _MOST),
}


def encode(numbers: Integers, family: str, loc: Floats, scale: Floats) -> bytes:
    """Returns the bytes of whole numbers below 2^12, of any shape.

    Args:
        numbers: What is coded, int32.
        family: ``"normal"`` or ``"laplace"``.
        loc: The distributions' locations, of the numbers' shape.
        scale: Their scales.
    """
    coder = constriction.stream.stack.AnsCoder()
    coder.encode_reverse(numbers.ravel(), _MODELS[family], loc.ravel(), scale.ravel())
    words: bytes = coder.get_compressed().astype("<u4").tobytes()
    return words


def decode(data: bytes, family: str, loc: Floats, scale: Floats) -> Integers:
    """Returns the numbers of `encode`'s bytes, for the same distributions."""
    coder = constriction.stream.stack.AnsCoder(np.frombuffer(data, "<u4").astype(np.uint32))
    numbers: Integers = coder.decode(_MODELS[family], loc.ravel(), scale.ravel())
    return numbers.reshape(loc.shape)
