"""Pixels that are told of those before them, as they are trained: needs PyTorch.

What the latents leave open, pixels tell each other: whether a pixel is 0 is predicted from the
sketch and from the pixels coded before it (order.py), and what value it has from those, from the
whole support, and from the values that came up in the image so far. That last hint is strong:
MNIST's images were scaled down from black and white ones, each by a factor of its own, and so use
few of the 255 values each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import named_layers
from .order import FEATURES, FUTURE, MARGIN, NEAR, PAST, SIDE, STEP, STEPS

if TYPE_CHECKING:
    from .layers import Layers

__all__ = ["PredictedPixels"]

_WIDTH = 192  # of the layers behind values
_SATURATED = 250  # from this value on, those of the inside of strokes
_BITS = 1 / math.log(2)
_WIDE = 2 * MARGIN + SIDE


class Support(nn.Module):
    """Whether a pixel is above 0, given the sketch and which pixels before it are."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.past = nn.Conv2d(1, 64, (4, 9))
        self.sketch = nn.Conv2d(FEATURES, 64, 1)
        self.linear2 = nn.Conv2d(64, 32, 1)
        self.linear3 = nn.Conv2d(32, 1, 1)
        mask = torch.zeros(4, 9)
        for row, column in PAST:
            mask[3 + row, 4 + column] = 1
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, support: Tensor, sketch: Tensor) -> Tensor:
        """The log odds, shape (n, 28, 28)."""
        past = functional.pad(support[:, None].to(sketch.dtype), (4, 4, 3, 0))
        x = functional.conv2d(past, self.past.weight * self.mask, self.past.bias)
        x = functional.relu(x + self.sketch(sketch))
        return self.linear3(functional.relu(self.linear2(x)))[:, 0].float()


class Values(nn.Module):
    """The value of a pixel above 0; see `_look` for what it is told."""

    def __init__(self) -> None:
        super().__init__()
        inputs = 2 * len(PAST) + 6 * len(NEAR) + len(FUTURE) + 8 + 255 + FEATURES
        self.linear1 = nn.Linear(inputs, _WIDTH)
        self.linear2 = nn.Linear(_WIDTH, _WIDTH)
        self.linear3 = nn.Linear(_WIDTH, 255)
        self.again = nn.Linear(_WIDTH, 2)

    def forward(self, inputs: Tensor, once: Tensor, twice: Tensor) -> Tensor:
        """Scores of the values 1 to 255, shape (pixels, 255).

        Args:
            inputs: What the pixels are told.
            once: Which values came up in the image before: 0 or 1, shape (pixels, 255).
            twice: Which of them more than once.
        """
        x = functional.relu(self.linear1(inputs))
        x = functional.relu(self.linear2(x))
        again = self.again(x).float()
        return self.linear3(x).float() + once * again[:, :1] + twice * again[:, 1:]


class PredictedPixels(nn.Module):
    """p(x | z): each pixel given the sketch, and the pixels before it."""

    near: Tensor
    past: Tensor
    future: Tensor
    step: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.support = Support()
        self.values = Values()
        for name, offsets in (("past", PAST), ("near", NEAR), ("future", FUTURE)):
            flat = torch.tensor([row * _WIDE + column for row, column in offsets])
            self.register_buffer(name, flat, persistent=False)
        self.register_buffer("step", torch.from_numpy(STEP), persistent=False)

    def forward(self, images: Tensor, sketch: Tensor) -> tuple[Tensor, Tensor]:
        """-log2 p(x | z): of the supports, and of the values given them; shape (n,) each."""
        count = len(images)
        inside = images > 0
        odds = self.support(inside, sketch)
        support = functional.binary_cross_entropy_with_logits(
            odds, inside.float(), reduction="none"
        )
        pixels = inside.flatten().nonzero()[:, 0]
        image, value = pixels // SIDE**2, images.flatten()[pixels].long() - 1
        inputs, once, twice = self._look(images, pixels)
        sketch = sketch.permute(0, 2, 3, 1).reshape(-1, FEATURES).index_select(0, pixels)
        scores = self.values(torch.cat([inputs, sketch.float()], 1), once, twice)
        nats = functional.cross_entropy(scores, value, reduction="none")
        values = torch.zeros(count, device=nats.device).index_add(0, image, nats)
        return support.sum((1, 2)) * _BITS, values * _BITS

    def _look(self, images: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What pixels above 0 are told of the others.

        Returns:
            Values before, over 256; which of these are above 0; of the nearest ones, which are 250,
            251, ..., 255; which of those to come are above 0; the shares of 250, 251, ..., 255
            among those above in the image so far; how many they are, up to 32, over 32; how many
            pixels above 0 there were, up to 128, over 128; which values there were, over
            sqrt(pixels + 4)/4. Then these values as 0 or 1, and those that came up twice.
        """
        image, place = pixels // SIDE**2, pixels % SIDE**2
        wide = functional.pad(images, (MARGIN,) * 4).flatten()
        here = image * _WIDE**2 + (place // SIDE + MARGIN) * _WIDE + place % SIDE + MARGIN
        past = wide[here[:, None] + self.past]
        near = wide[here[:, None] + self.near, None]
        future = wide[here[:, None] + self.future]

        # How often each value came up in the steps before.
        step, value = self.step[place], images.flatten()[pixels].long() - 1
        counts = torch.zeros(len(images), STEPS + 1, 255, device=images.device)
        ones = torch.ones(len(pixels), device=images.device)
        counts.view(-1).index_add_(0, (image * (STEPS + 1) + step + 1) * 255 + value, ones)
        seen = counts.cumsum(1)[image, step]
        total = seen.sum(1, keepdim=True)
        inside = seen[:, _SATURATED - 1 :]
        saturated = inside.sum(1, keepdim=True)
        once = (seen > 0).float()
        levels = torch.arange(_SATURATED, 256, dtype=torch.uint8, device=images.device)
        inputs = (
            past / 256,
            (past > 0).float(),
            (near == levels).float().flatten(1),
            (future > 0).float(),
            inside / (saturated + 2),
            saturated.clamp(max=32) / 32,
            total.clamp(max=128) / 128,
            once * 4 / (total + 4).sqrt(),
        )
        return torch.cat(inputs, 1), once, (seen > 1).float()

    def layers(self) -> Layers:
        """The layers by name, as matrices of shape (inputs, outputs) and vectors of biases.

        Layers that are computed side by side are one: ``support.linear1`` takes the past, then the
        sketch; ``values.linear3`` returns the scores, then what values get that came up before.
        """
        layers = named_layers(self)
        weight = self.support.past.weight.double()
        past = torch.stack([weight[:, 0, 3 + row, 4 + column] for row, column in PAST])
        (_, bias), sketch = layers.pop("support.past"), layers.pop("support.sketch")
        layers["support.linear1"] = (
            np.concatenate([past.numpy(force=True), sketch[0]]),
            bias + sketch[1],
        )
        scores, again = layers["values.linear3"], layers.pop("values.again")
        layers["values.linear3"] = (
            np.concatenate([scores[0], again[0]], 1),
            np.concatenate([scores[1], again[1]]),
        )
        return layers
