"""Hyperprior networks whose priors are the same on any machine.

Floating-point sums depend on their order, which libraries choose by machine, batch and version. So
in use a network is computed with integers, held in float64: weights are multiples of 2^-12 and
activations of 2^-10, products and sums of which are exact in whatever order as long as they stay
below 2^53. Each layer's sums are rounded back to activations. A convolution by Fourier transforms
or the like is off by far less than half, and the next rounding mends it.

The same idea, with another purpose for the integers: J. Ballé, N. Johnston, D. Minnen, "Integer
networks for data compression with latent-variable models", ICLR 2019.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from ..errors import ParameterError
from .grid import PriorGrid
from .priors import axis_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch.distributions import Distribution

__all__ = ["Hyperprior"]

_WEIGHT_BITS, _ACTIVATION_BITS = 12, 10
_LARGEST = 2.0 ** (_ACTIVATION_BITS + 12)  # of activations: 4,096
_EXACT = 2.0**52
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_AFFINE = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, *_TRANSPOSED)
# What moves numbers, or sets some to 0, works on integers as it is.
_MOVING = (nn.ReLU, nn.Identity, nn.Flatten, nn.Unflatten, nn.PixelShuffle, nn.PixelUnshuffle)


class Hyperprior(nn.Module):
    """Priors of latents by a network, from what the receiver has already; exact in use.

    The network gives two numbers for each latent, a and b, in halves of one axis. The prior's scale
    is 2^b, its location a times the scale. In training (`train()`) that is computed as it stands,
    with gradients; otherwise (`eval()`) with integers, which gives the same bits on any machine:
    a `Normal` of float64 on the grid, which `RelativeEntropyBottleneck` takes. Both are alike up to
    the rounding of weights and activations.

    Args:
        network: An `nn.Sequential`, of these: linear layers, convolutions and transposed ones,
            `ReLU`, `LeakyReLU`, `Flatten`, `Unflatten`, `PixelShuffle`, `PixelUnshuffle`,
            `Identity`, and further `nn.Sequential`.
        axis: The axis with the halves, items being axis 0.
        grid: The bottleneck's grid.

    Raises:
        ParameterError: A layer that is not of these, with its name.

    Examples:
        >>> torch.manual_seed(0).initial_seed()
        0
        >>> network = nn.Sequential(nn.Conv2d(4, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 12, 1))
        >>> hyperprior = Hyperprior(network).eval()
        >>> prior = hyperprior(torch.randn(2, 4, 8, 8))
        >>> prior.loc.shape, prior.loc.dtype
        (torch.Size([2, 6, 8, 8]), torch.float64)
    """

    def __init__(self, network: nn.Module, *, axis: int = 1, grid: PriorGrid | None = None) -> None:
        super().__init__()
        self.network = network
        self.axis = axis
        self.grid = PriorGrid() if grid is None else grid
        for name, layer in _layers(network):
            if not isinstance(layer, (*_AFFINE, *_MOVING, nn.LeakyReLU)):
                what = "one of those that are exact: see Hyperprior"
                raise ParameterError(f"layer {name or 'network'}", type(layer).__name__, what)

    def forward(self, known: Tensor) -> Distribution:
        """Returns the prior that follows from what both sides have.

        Args:
            known: Hyperlatents, say, as `decompress` (or ``return_sample=True``) gives them, so
                that both sides have the same; items first.

        Raises:
            ParameterError: An odd number of channels; in use, weights that are too large for exact
                sums, with the layer's name.
        """
        if self.training:
            place, octave = self._halves(self.network(known))
            scale = torch.exp2(octave)
            return Normal(place * scale, scale, validate_args=False)
        steps = 2.0 ** (self.grid.bits - _ACTIVATION_BITS)
        m, j = (torch.round(half * steps).long() for half in self._halves(self._exact(known)))
        return self.grid.prior(m, j)

    def _halves(self, out: Tensor) -> tuple[Tensor, ...]:
        axis = axis_of(self.axis, out.ndim)
        if out.shape[axis] % 2:
            raise ParameterError("network", tuple(out.shape), f"an even size of axis {axis}")
        return out.chunk(2, axis)

    @torch.no_grad()
    def _exact(self, known: Tensor) -> Tensor:
        """The network's output in multiples of 2^-10, as whole numbers."""
        x = _kept(torch.round(known.double() * 2.0**_ACTIVATION_BITS))
        for name, layer in _layers(self.network):
            if isinstance(layer, _AFFINE):
                x = _rescaled(_with_integers(name, layer)(x))
            elif isinstance(layer, nn.LeakyReLU):
                slope = round(layer.negative_slope * 2**_WEIGHT_BITS)
                x = torch.where(x < 0, _rescaled(x * slope), x)
            else:
                x = layer(x)  # in place or not: x is this method's own
        return x


def _layers(network: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Yields layers in their order, with their names."""
    if not isinstance(network, nn.Sequential):
        yield name, network
        return
    for child, layer in network.named_children():
        yield from _layers(layer, f"{name}.{child}" if name else child)


def _with_integers(name: str, layer: Any) -> Callable[[Tensor], Tensor]:
    """A layer with weights of whole numbers, in multiples of 2^-12."""
    own = copy.deepcopy(layer).double()
    own.weight.copy_(torch.round(own.weight * 2.0**_WEIGHT_BITS))
    if own.bias is not None:
        own.bias.copy_(torch.round(own.bias * 2.0 ** (_WEIGHT_BITS + _ACTIVATION_BITS)))
    weight = own.weight.transpose(0, 1) if isinstance(layer, _TRANSPOSED) else own.weight
    largest = float(weight.abs().flatten(1).sum(1).max()) * _LARGEST
    largest += 0.0 if own.bias is None else float(own.bias.abs().max())
    if not largest < _EXACT:
        raise ParameterError(f"weights of {name or 'network'}", largest, "sums below 2^52")
    run: Callable[[Tensor], Tensor] = own
    return run


def _rescaled(sums: Tensor) -> Tensor:
    """Sums of products as activations. They are whole numbers, or were before a transform."""
    return _kept(torch.round(torch.round(sums) * 2.0**-_WEIGHT_BITS))


def _kept(x: Tensor) -> Tensor:
    return x.clamp(-_LARGEST, _LARGEST)
