"""The networks that the codec computes, from a file of weights: NumPy alone.

`Sketch`, `Support`, `Values` and `Independent` must say the same to sender and receiver, and are
computed in integers (integers.py). `Inference` is the sender's own, and is computed so too, that
the same images give the same file. What they are for, model.py says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..distributions import Normal
from ..errors import CorruptDataError
from ..isokl import isokl_normal
from .integers import FRACTION, Layer, fixed
from .order import FEATURES, FUTURE, NEAR, PAST, SIDE

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats
    from .weights import Array, Weights

    Images = npt.NDArray[np.uint8]

__all__ = ["Independent", "Inference", "Sketch", "Support", "Values"]

# Shares and limits of the posteriors, as in model.py.
_EDGE = 0.95
_SLOPE = 0.8
_FAR = 6.0

# What IsoKL posteriors have: see `IsoKLPosterior.arrays`.
_SHIFT, _SPREAD, _KL = (f"posterior.{name}" for name in ("shift", "spread", "kl_bits"))

# Images in a step: so that what a convolution unrolls stays in the cache.
_PIECE = 32


class Inference:
    """The sender's network: from images to posteriors."""

    def __init__(self, weights: Weights, latents: int) -> None:
        conv1 = _exact(weights, "inference.conv1", 4 * 4)
        conv2 = _exact(weights, "inference.conv2", 4 * 4 * conv1.outputs)
        conv3 = _exact(weights, "inference.conv3", 3 * 3 * conv2.outputs)
        self._convolutions = ((conv1, 4, 2), (conv2, 4, 2), (conv3, 3, 1))
        self._linear1 = _exact(weights, "inference.linear1", 7 * 7 * conv3.outputs)
        outputs = latents if _KL in weights.arrays else 2 * latents
        self._linear2 = _exact(
            weights, "inference.linear2", self._linear1.outputs, outputs, rectify=False
        )
        self._latents = latents
        self._isokl = None
        self.expected_bits: float | None = None  # of a latent, where it is the same for all images
        if _KL in weights.arrays:
            self._isokl = [_floats(weights, name, latents) for name in (_SHIFT, _SPREAD, _KL)]
            self.expected_bits = float(self._isokl[2].mean())

    def __call__(self, images: Images) -> Normal:
        """Returns the posteriors of images, of shape (n, latents)."""
        pieces = [self._raw(images[at : at + _PIECE]) for at in range(0, len(images), _PIECE)]
        raw = np.concatenate(pieces) / 2.0**FRACTION
        if self._isokl is not None:
            shift, spread, kl_bits = self._isokl
            a = (raw - shift) / spread
            mean = _EDGE * np.sqrt(2 * np.log(2) * kl_bits) * np.tanh(_SLOPE * a)
            return isokl_normal(mean, kl_bits)
        mean, log_scale = raw[:, : self._latents], raw[:, self._latents :]
        log_scale = 1 - np.logaddexp(0, 1 - log_scale)
        log_scale = -_FAR + np.logaddexp(0, log_scale + _FAR)
        return Normal(_FAR * np.tanh(mean / _FAR), np.exp(log_scale))

    def _raw(self, images: Images) -> Floats:
        x = fixed(images[..., None] / 256)
        for layer, size, stride in self._convolutions:
            x = layer(_windows(x, size, stride))
        return self._linear2(self._linear1(x.reshape(len(x), -1)))


class Sketch:
    """From latents to features of every pixel."""

    def __init__(self, weights: Weights) -> None:
        self._linear1 = _exact(weights, "sketch.linear1")
        self._linear2 = _exact(weights, "sketch.linear2", self._linear1.outputs)
        channels = self._linear2.outputs / (7 * 7)
        self._conv1 = _exact(weights, "sketch.conv1", 3 * 3 * channels)
        self._conv2 = _exact(weights, "sketch.conv2", 3 * 3 * self._conv1.outputs / 4)
        self._conv3 = _exact(
            weights, "sketch.conv3", 3 * 3 * self._conv2.outputs, 4 * FEATURES, rectify=False
        )
        self.latents = self._linear1.inputs

    def __call__(self, latents: Floats) -> Floats:
        """Returns the features, integers over 2^FRACTION, of shape (n, 784, FEATURES)."""
        out = np.empty((len(latents), SIDE**2, FEATURES))
        for at in range(0, len(latents), _PIECE):
            out[at : at + _PIECE] = self._piece(latents[at : at + _PIECE])
        return out

    def _piece(self, latents: Floats) -> Floats:
        count = len(latents)
        x = self._linear2(self._linear1(fixed(latents))).reshape(count, 7, 7, -1)
        x = _shuffle(self._conv1(_windows(x, 3, 1)))
        x = self._conv2(_windows(x, 3, 1))
        x = _shuffle(self._conv3(_windows(x, 3, 1)))
        return x.reshape(count, SIDE**2, FEATURES)


class Support:
    """The log odds that pixels are above 0."""

    INPUTS = len(PAST) + FEATURES

    def __init__(self, weights: Weights) -> None:
        linear1 = _exact(weights, "support.linear1", self.INPUTS)
        linear2 = _exact(weights, "support.linear2", linear1.outputs)
        linear3 = _exact(weights, "support.linear3", linear2.outputs, 1, rectify=False)
        self._layers = (linear1, linear2, linear3)

    def __call__(self, inputs: Floats) -> Floats:
        """Returns the log odds, integers over 2^FRACTION, for inputs of shape (pixels, INPUTS)."""
        for layer in self._layers:
            inputs = layer(inputs)
        return inputs[:, 0]


class Values:
    """Scores of the values 1 to 255 of pixels above 0."""

    # All but those for the values that came up before, which an image's `Seen` adds up.
    INPUTS = 2 * len(PAST) + 6 * len(NEAR) + len(FUTURE) + 8 + FEATURES

    def __init__(self, weights: Weights) -> None:
        linear1 = _exact(weights, "values.linear1", self.INPUTS + 255)
        linear2 = _exact(weights, "values.linear2", linear1.outputs)
        linear3 = _exact(weights, "values.linear3", linear2.outputs, 255 + 2, rectify=False)
        first = self.INPUTS - FEATURES
        linear1, self.rows = linear1.split(slice(first, first + 255))
        self._layers = (linear1, linear2, linear3)

    def __call__(self, inputs: Floats, more: Floats, times: npt.NDArray[np.uint8]) -> Floats:
        """Returns scores, integers over 2^FRACTION, of shape (pixels, 255).

        Args:
            inputs: Shape (pixels, INPUTS).
            more: What values that came up in the image before add to the first layer's sums: of
                each its row of `rows`, times an integer.
            times: How often each value came up, 0, 1 or 2 for more; shape (pixels, 255).
        """
        linear1, linear2, linear3 = self._layers
        found = linear3(linear2(linear1(inputs, more)))
        bonus = np.cumsum(found[:, 255:], axis=1)
        scores = np.ascontiguousarray(found[:, :255])
        before = np.flatnonzero(times)
        pixel = before // 255
        scores.reshape(-1)[before] += bonus[pixel, times.reshape(-1)[before] - 1]
        return scores


class Independent:
    """Log odds and scores of pixels that are independent given the latents."""

    NAME = "independent."  # what the names of its layers begin with

    def __init__(self, weights: Weights) -> None:
        self._support = _exact(weights, f"{self.NAME}support", FEATURES, 1, rectify=False)
        self._values1 = _exact(weights, f"{self.NAME}values1", FEATURES)
        self._values2 = _exact(
            weights, f"{self.NAME}values2", self._values1.outputs, 255, rectify=False
        )

    def support(self, features: Floats) -> Floats:
        """Returns the log odds that pixels are above 0, integers over 2^FRACTION.

        Args:
            features: The sketch of pixels, shape (pixels, FEATURES).
        """
        return self._support(features)[:, 0]

    def values(self, features: Floats) -> Floats:
        """Returns scores of the values 1 to 255, of shape (pixels, 255), for such features."""
        return self._values2(self._values1(features))


def _exact(
    weights: Weights,
    name: str,
    inputs: float | None = None,
    outputs: int | None = None,
    *,
    rectify: bool = True,
) -> Layer:
    """The layer of a name; refuses weights in which it is missing or of another size."""
    weight, bias, shift = (
        _array(weights, f"{name}.{part}", "i") for part in ("weight", "bias", "shift")
    )
    if shift.shape or not 0 <= shift <= 15:
        raise CorruptDataError(f"layer {name}: a shift of {shift}")
    layer = Layer(name, weight, bias, int(shift), rectify=rectify)
    for what, expected, there in (
        ("inputs", inputs, layer.inputs),
        ("outputs", outputs, layer.outputs),
    ):
        if expected is not None and there != expected:
            raise CorruptDataError(f"layer {name}: {there} {what}; expected {expected}")
    return layer


def _floats(weights: Weights, name: str, count: int) -> Floats:
    """An array of real numbers, of a length."""
    array = _array(weights, name, "f")
    if array.shape != (count,) or not np.isfinite(array).all():
        raise CorruptDataError(f"{name} of the weights: expected {count} finite numbers")
    return array


def _array(weights: Weights, name: str, kind: str) -> Array:
    """The array of a name, of a kind of types, as NumPy names it."""
    if name not in weights.arrays:
        raise CorruptDataError(f"the weights have no {name}")
    array = weights.arrays[name]
    if array.dtype.kind != kind:
        raise CorruptDataError(f"{name} of the weights is of type {array.dtype}")
    return array


def _windows(images: Array, size: int, stride: int) -> Array:
    """What a convolution sees at each place: shape (n, rows, columns, size * size * channels).

    Args:
        images: Shape (n, rows, columns, channels); zeros are put around them, one pixel wide.
        size: The side of a window.
        stride: The step between windows.
    """
    count, rows, columns, channels = images.shape
    wide = np.zeros((count, rows + 2, columns + 2, channels), images.dtype)
    wide[:, 1:-1, 1:-1] = images
    windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size), (1, 2))
    windows = windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(*windows.shape[:3], size * size * channels)


def _shuffle(images: Array) -> Array:
    """Four channels become a square of two by two pixels: the rows and columns double."""
    count, rows, columns, channels = images.shape
    parts = images.reshape(count, rows, columns, channels // 4, 2, 2)
    return parts.transpose(0, 1, 4, 2, 5, 3).reshape(count, 2 * rows, 2 * columns, channels // 4)
