"""What the examples compare with: whole numbers, coded by an entropy coder (constriction)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import constriction
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int32]

_MOST = 1 << 12
_NORMAL = constriction.stream.model.QuantizedGaussian(-_MOST, _MOST)
_HISTOGRAM = struct.Struct("<hB")

# --- Numbers with a normal distribution each ------------------------------------------------------


def encode(numbers: Integers, scale: Floats) -> bytes:
    """Returns the bytes of whole numbers from -2^12 to 2^12.

    Args:
        numbers: What is coded, int32.
        scale: The scales of their normal distributions around 0, of the same shape. A number gets
            the mass between the halves on either side of it.
    """
    coder = constriction.stream.stack.AnsCoder()
    scales = scale.ravel()
    coder.encode_reverse(numbers.ravel(), _NORMAL, np.zeros_like(scales), scales)
    return _bytes(coder)


def decode(data: bytes, scale: Floats) -> Integers:
    """Returns the numbers of `encode`'s bytes, for the same scales."""
    scales = scale.ravel()
    numbers: Integers = _coder(data).decode(_NORMAL, np.zeros_like(scales), scales)
    return numbers.reshape(scale.shape)


# --- Arrays of which each has a histogram, which is sent ------------------------------------------


def encode_arrays(arrays: Sequence[Integers]) -> bytes:
    """Returns the bytes of arrays, each of up to 256 neighbouring values.

    In front stand the histograms: the lowest value, how many there are, and a byte for each, the
    logarithm of its count in eighths of a bit.
    """
    coder = constriction.stream.stack.AnsCoder()
    front = b""
    for array in reversed(arrays):
        lowest = int(array.min())
        counts = np.bincount(array - lowest)
        levels = np.where(counts, 1 + np.rint(8 * np.log2(np.maximum(counts, 1))), 0)
        histogram = levels.astype(np.uint8).tobytes()
        front = _HISTOGRAM.pack(lowest, len(counts) - 1) + histogram + front
        coder.encode_reverse(array - lowest, _model(histogram))
    return front + _bytes(coder)


def decode_arrays(data: bytes, sizes: Sequence[int]) -> list[Integers]:
    """Returns the arrays of `encode_arrays`' bytes, which have these sizes."""
    begin, histograms = 0, []
    for _ in sizes:
        lowest, last = _HISTOGRAM.unpack_from(data, begin)
        begin += _HISTOGRAM.size + last + 1
        histograms.append((lowest, data[begin - last - 1 : begin]))
    coder = _coder(data[begin:])
    return [
        coder.decode(_model(histogram), size) + lowest
        for size, (lowest, histogram) in zip(sizes, histograms, strict=True)
    ]


def _model(histogram: bytes) -> constriction.stream.model.Categorical:
    levels = np.frombuffer(histogram, np.uint8).astype(np.float64)
    masses = np.where(levels > 0, np.exp2((levels - 1) / 8), 0.01)
    if len(masses) == 1:
        masses = np.append(masses, 0.01)  # constriction has no distribution of one value
    return constriction.stream.model.Categorical(masses / masses.sum(), perfect=False)


def _bytes(coder: constriction.stream.stack.AnsCoder) -> bytes:
    words: bytes = coder.get_compressed().astype("<u4").tobytes()
    return words


def _coder(data: bytes) -> constriction.stream.stack.AnsCoder:
    return constriction.stream.stack.AnsCoder(np.frombuffer(data, "<u4").astype(np.uint32))
