"""The pixels of images as a stream of bits, given latents that both sides know.

One walk serves both sides (predicted.py, independent.py): it computes what is known of pixels,
hands the frequencies to a `Coder` and gets the pixels back, from the images if it encodes and from
the bits if it decodes. So the two cannot drift apart. All images of a group walk together; each
looks at itself alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import constriction
import numpy as np

from ..errors import CorruptDataError
from .frequencies import bits_of
from .independent import IndependentPixels
from .networks import Independent, Sketch
from .order import SIDE
from .predicted import PredictedPixels

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats
    from .networks import Images
    from .weights import Weights

    Symbols = npt.NDArray[np.int32]
    Frequencies = npt.NDArray[np.float32]

__all__ = ["PixelCoder"]

_family = constriction.stream.model.Categorical(perfect=False)


class Coder(Protocol):
    """What the walk says frequencies to."""

    def support(self, frequencies: Frequencies, places: npt.NDArray[np.intp]) -> Symbols:
        """Returns 0 or 1 for the pixels at some places of each image: image after image."""

    def values(self, frequencies: Frequencies, pixels: npt.NDArray[np.intp]) -> Symbols:
        """Returns values, less 1, of pixels above 0, by their number among all pixels."""


class PixelCoder:
    """Encodes and decodes the pixels of groups of images with one model.

    Args:
        weights: The model's.
    """

    def __init__(self, weights: Weights) -> None:
        self.sketch = Sketch(weights)
        independent = any(name.startswith(Independent.NAME) for name in weights.arrays)
        self._pixels = IndependentPixels(weights) if independent else PredictedPixels(weights)

    def encode(self, images: Images, latents: Floats) -> bytes:
        """Returns the bits of images.

        Args:
            images: uint8, shape (n, 28, 28).
            latents: float64, shape (n, latents).
        """
        coder = _Encoder(images)
        self._walk(latents, coder)
        return coder.finish()

    def decode(self, data: memoryview, latents: Floats) -> tuple[Images, Floats, Floats]:
        """Returns the images that `encode` was given, and what `bits` says of them.

        Raises:
            CorruptDataError: Bits that `encode` does not write. Others that it did not write may
                decode to some images.
        """
        coder = _Decoder(data, len(latents))
        images = self._walk(latents, coder)
        coder.finish()
        return images, coder.meter.support, coder.meter.values

    def bits(self, images: Images, latents: Floats) -> tuple[Floats, Floats]:
        """Returns what supports and values take with an ideal coder, in bits; shape (n,) each."""
        coder = _Measurer(images)
        self._walk(latents, coder)
        return coder.meter.support, coder.meter.values

    def sample(self, latents: Floats, generator: np.random.Generator) -> Images:
        """Returns images drawn from the model, given latents."""
        return self._walk(latents, _Sampler(generator))

    def _walk(self, latents: Floats, coder: Coder) -> Images:
        return self._pixels.walk(self.sketch(latents), coder)


# --- What the walk says frequencies to -----------------------------------------------------------


class _Known:
    """Images that are known."""

    def __init__(self, images: Images) -> None:
        self._flat = images.reshape(len(images), -1)

    def _inside(self, places: npt.NDArray[np.intp]) -> Symbols:
        return (self._flat[:, places] > 0).astype(np.int32).reshape(-1)

    def _value(self, pixels: npt.NDArray[np.intp]) -> Symbols:
        return self._flat.reshape(-1)[pixels].astype(np.int32) - 1


class _Encoder(_Known):
    def __init__(self, images: Images) -> None:
        super().__init__(images)
        self._coder = constriction.stream.queue.RangeEncoder()

    def support(self, frequencies: Frequencies, places: npt.NDArray[np.intp]) -> Symbols:
        return self._put(self._inside(places), frequencies)

    def values(self, frequencies: Frequencies, pixels: npt.NDArray[np.intp]) -> Symbols:
        return self._put(self._value(pixels), frequencies)

    def _put(self, symbols: Symbols, frequencies: Frequencies) -> Symbols:
        self._coder.encode(symbols, _family, frequencies)
        return symbols

    def finish(self) -> bytes:
        words: npt.NDArray[np.uint32] = self._coder.get_compressed()
        return bytes(words.astype("<u4").tobytes())


class _Meter:
    """What the pixels of each image take, in bits: supports, and values."""

    def __init__(self, count: int) -> None:
        self.support = np.zeros(count)
        self.values = np.zeros(count)

    def add_support(self, frequencies: Frequencies, symbols: Symbols) -> None:
        self.support += bits_of(frequencies, symbols).reshape(len(self.support), -1).sum(axis=1)

    def add_values(
        self, frequencies: Frequencies, symbols: Symbols, pixels: npt.NDArray[np.intp]
    ) -> None:
        np.add.at(self.values, pixels // SIDE**2, bits_of(frequencies, symbols))


class _Decoder:
    """Encodes again what it decodes: so it accepts what the encoder writes, and nothing else."""

    def __init__(self, data: memoryview, count: int) -> None:
        if len(data) % 4:
            raise CorruptDataError(f"pixels in {len(data)} bytes, which is no multiple of 4")
        self._words = np.frombuffer(data, "<u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(self._words)
        self._again = constriction.stream.queue.RangeEncoder()
        self.meter = _Meter(count)

    def support(self, frequencies: Frequencies, places: npt.NDArray[np.intp]) -> Symbols:  # noqa: ARG002
        symbols = self._get(frequencies)
        self.meter.add_support(frequencies, symbols)
        return symbols

    def values(self, frequencies: Frequencies, pixels: npt.NDArray[np.intp]) -> Symbols:
        symbols = self._get(frequencies)
        self.meter.add_values(frequencies, symbols, pixels)
        return symbols

    def _get(self, frequencies: Frequencies) -> Symbols:
        try:
            symbols = np.asarray(self._coder.decode(_family, frequencies), np.int32)
        except AssertionError as error:
            raise CorruptDataError(f"pixels that no encoder writes: {error}") from None
        self._again.encode(symbols, _family, frequencies)
        return symbols

    def finish(self) -> None:
        if not np.array_equal(self._again.get_compressed(), self._words):
            raise CorruptDataError("pixels that no encoder writes")


class _Measurer(_Known):
    def __init__(self, images: Images) -> None:
        super().__init__(images)
        self.meter = _Meter(len(images))

    def support(self, frequencies: Frequencies, places: npt.NDArray[np.intp]) -> Symbols:
        symbols = self._inside(places)
        self.meter.add_support(frequencies, symbols)
        return symbols

    def values(self, frequencies: Frequencies, pixels: npt.NDArray[np.intp]) -> Symbols:
        symbols = self._value(pixels)
        self.meter.add_values(frequencies, symbols, pixels)
        return symbols


class _Sampler:
    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def support(self, frequencies: Frequencies, places: npt.NDArray[np.intp]) -> Symbols:  # noqa: ARG002
        return self._draw(frequencies)

    def values(self, frequencies: Frequencies, pixels: npt.NDArray[np.intp]) -> Symbols:  # noqa: ARG002
        return self._draw(frequencies)

    def _draw(self, frequencies: Frequencies) -> Symbols:
        ends = np.cumsum(frequencies + 1.0, axis=1, dtype=np.float64)
        at = self._generator.random(len(ends))[:, None] * ends[:, -1:]
        return np.asarray((ends <= at).sum(axis=1), np.int32)
