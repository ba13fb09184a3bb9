"""Pixels that are independent given the latents, as they are trained: needs PyTorch.

As in the paper (Flamich et al. 2022) and in codes with bits back (Townsend et al. 2019): what a
pixel is told, it is told by the latents, which so carry a large part of an image's bits. Whether a
pixel is above 0 has one probability; its value, from 1 to 255, any distribution: a table, and not
one of a family (Townsend et al. take beta-binomials), as the decoder computes in integers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from .layers import named_layers
from .order import FEATURES, SIDE

if TYPE_CHECKING:
    from .layers import Layers

__all__ = ["IndependentPixels"]

_WIDTH = 96
_BITS = 1 / math.log(2)


class IndependentPixels(nn.Module):
    """p(x | z): each pixel given the sketch alone."""

    def __init__(self) -> None:
        super().__init__()
        self.support = nn.Linear(FEATURES, 1)
        self.values1 = nn.Linear(FEATURES, _WIDTH)
        self.values2 = nn.Linear(_WIDTH, 255)

    def forward(self, images: Tensor, sketch: Tensor) -> tuple[Tensor, Tensor]:
        """-log2 p(x | z): of the supports, and of the values given them; shape (n,) each.

        Args:
            images: uint8, shape (n, 28, 28).
            sketch: Shape (n, FEATURES, 28, 28).
        """
        x = sketch.permute(0, 2, 3, 1).reshape(-1, FEATURES)
        inside = images.flatten() > 0
        support = functional.binary_cross_entropy_with_logits(
            self.support(x)[:, 0].float(), inside.float(), reduction="none"
        )
        pixels = inside.nonzero()[:, 0]
        scores = self.values2(functional.relu(self.values1(x.index_select(0, pixels))))
        nats = functional.cross_entropy(
            scores.float(), images.flatten()[pixels].long() - 1, reduction="none"
        )
        values = torch.zeros(len(images), device=nats.device).index_add(0, pixels // SIDE**2, nats)
        return support.view(len(images), -1).sum(1) * _BITS, values * _BITS

    def layers(self) -> Layers:
        """The layers by name, as matrices of shape (inputs, outputs) and vectors of biases."""
        return named_layers(self, "independent.")
