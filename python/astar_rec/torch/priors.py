"""Priors that belong to a model: the standard normal, and one that is learnt for each channel.

A prior of a bottleneck's own is a module that is called with the shape of the latents, items first,
and returns a distribution that broadcasts to it. Priors that depend on an item, such as those of a
hyperprior network, are arguments of the bottleneck's methods instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.distributions import Laplace, Normal

from .._validate import ELEMENT_LIMIT, integer
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChannelPrior", "StandardPrior", "axis_of"]


class StandardPrior(nn.Module):
    """The standard normal for every latent.

    Examples:
        >>> StandardPrior()((2, 3)).stddev
        tensor(1.)
    """

    loc: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        # Buffers, so that dtype and device are the module's.
        self.register_buffer("loc", torch.zeros(()), persistent=False)
        self.register_buffer("scale", torch.ones(()), persistent=False)

    def forward(self, shape: Sequence[int]) -> Normal:
        """Returns the prior of latents of any shape."""
        del shape
        return Normal(self.loc, self.scale, validate_args=False)


class ChannelPrior(nn.Module):
    """A location and a scale for each channel, learnt with the model.

    Args:
        channels: How many.
        axis: Which axis of the latents they are, items being axis 0.
        family: `torch.distributions.Normal` or `Laplace`.

    Raises:
        ParameterError: No number of channels; another family.

    Examples:
        >>> prior = ChannelPrior(8)
        >>> prior((2, 8, 4, 4)).batch_shape
        torch.Size([8, 1, 1])
    """

    def __init__(
        self, channels: int, *, axis: int = 1, family: type[Normal] | type[Laplace] = Normal
    ) -> None:
        super().__init__()
        if family not in (Normal, Laplace):
            raise ParameterError("family", family, "Normal or Laplace of torch.distributions")
        self.channels = integer("channels", channels, 1, ELEMENT_LIMIT)
        self.axis = axis
        self.family = family
        self.loc = nn.Parameter(torch.zeros(self.channels))
        self.log_scale = nn.Parameter(torch.zeros(self.channels))

    def forward(self, shape: Sequence[int]) -> Normal | Laplace:
        """Returns the prior of latents of a shape, items first.

        Raises:
            ParameterError: Latents of another number of channels, or without the axis.
        """
        axis = axis_of(self.axis, len(shape))
        if shape[axis] != self.channels:
            raise ParameterError("shape", tuple(shape), f"{self.channels} channels at axis {axis}")
        view = (self.channels,) + (1,) * (len(shape) - 1 - axis)
        loc, log_scale = self.loc.view(view), self.log_scale.view(view)
        return self.family(loc, log_scale.exp(), validate_args=False)

    def extra_repr(self) -> str:
        """Returns what the module's `repr` says."""
        return f"{self.channels}, axis={self.axis}, family={self.family.__name__}"


def axis_of(axis: int, axes: int) -> int:
    """Returns an axis behind that of items, counted from 0.

    Raises:
        ParameterError: An axis that is not there, or that of items.
    """
    number = integer("axis", axis, -axes, max(axes, 1) - 1)
    if number % max(axes, 1) == 0:
        raise ParameterError("axis", axis, f"one of the {axes - 1} behind that of items")
    return number % axes
