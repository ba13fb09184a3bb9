"""Layers of networks, as matrices and vectors of NumPy: needs PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import nn

if TYPE_CHECKING:
    from .weights import Array

    Layers = dict[str, tuple[Array, Array]]

__all__ = ["matrix_and_bias", "named_layers"]


def named_layers(module: nn.Module, prefix: str = "") -> Layers:
    """Returns the weights and the biases of all linear layers and convolutions of a network.

    Args:
        module: The network.
        prefix: What names begin with.
    """
    return {
        prefix + name: matrix_and_bias(layer)
        for name, layer in module.named_modules()
        if isinstance(layer, (nn.Linear, nn.Conv2d))
    }


def matrix_and_bias(layer: nn.Linear | nn.Conv2d) -> tuple[Array, Array]:
    """Returns a layer's weights, of shape (inputs, outputs), and its biases, in float64.

    The inputs of convolutions are in the order (row, column, channel).
    """
    assert layer.bias is not None
    weight = layer.weight.double()
    if isinstance(layer, nn.Conv2d):
        weight = weight.permute(0, 2, 3, 1).flatten(1)
    return np.ascontiguousarray(weight.T.numpy(force=True)), layer.bias.double().numpy(force=True)
