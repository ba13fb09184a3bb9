"""What the examples compare with: whole numbers, coded by an entropy coder (constriction).

Each number has a normal or a Laplace distribution around 0, with a scale of its own. A whole number
gets the mass between the halves on either side of it. Sender and receiver must have the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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


class Law(NamedTuple):
    """The distributions of numbers: a family and everyone's scale, float64."""

    family: str
    scale: Floats


def encode(numbers: Integers, law: Law) -> bytes:
    """Returns the bytes of whole numbers from -2^12 to 2^12, int32, of the shape of the scales."""
    coder = constriction.stream.stack.AnsCoder()
    scale = law.scale.ravel()
    coder.encode_reverse(numbers.ravel(), _MODELS[law.family], np.zeros_like(scale), scale)
    words: bytes = coder.get_compressed().astype("<u4").tobytes()
    return words


def decode(data: bytes, law: Law) -> Integers:
    """Returns the numbers of `encode`'s bytes."""
    coder = constriction.stream.stack.AnsCoder(np.frombuffer(data, "<u4").astype(np.uint32))
    scale = law.scale.ravel()
    numbers: Integers = coder.decode(_MODELS[law.family], np.zeros_like(scale), scale)
    return numbers.reshape(law.scale.shape)
