"""The VAE and the IsoKL VAE, as they are trained: needs PyTorch (extra ``train``).

    image x  --Inference-->  q(z | x)      normals: free, or IsoKL
    latents z  --Sketch-->  features of every pixel
    features  --pixels-->  p(x | z)

Pixels are independent given the latents (model_independent.py), or each is told of those before
it, too (model_predicted.py).

The codec computes the same networks with integers (networks.py), from the arrays that
`Model.arrays` returns.

In an IKVAE every posterior of a latent has the same KL divergence, learnt with the weights
(Flamich et al. 2022). What a network with means mu = sqrt(2 kappa) tanh(a) does first is to push
all means to one edge, where the latent is quietest and says nothing, for good. So ``a`` is
normalised over the batch, means keep off the edge, and kappa stays put in the beginning.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..torch import IsoKLNormal
from .layers import named_layers
from .model_independent import IndependentPixels
from .model_predicted import PredictedPixels
from .order import FEATURES

if TYPE_CHECKING:
    from typing import Any

__all__ = ["KINDS", "PIXELS", "Bits", "Model"]

KINDS = ("ikvae", "vae")

# p(x | z), by name: networks from images, uint8 of shape (n, 28, 28), and the sketch to the bits
# that supports take, and values given them, shape (n,) each.
PIXELS: dict[str, type[IndependentPixels | PredictedPixels]] = {
    "predicted": PredictedPixels,
    "independent": IndependentPixels,
}

# Means of IsoKL normals stay within this share of sqrt(2 kappa), where they would be N(mu, 1).
_EDGE = 0.95
_SLOPE = 0.8

# Means and log scales of free posteriors are squashed into (-_FAR, _FAR) and (-_FAR, 1).
_FAR = 6.0

_BITS = 1 / math.log(2)


class Bits(NamedTuple):
    """What images take, in bits; one number each, shape (n,)."""

    kl: Tensor
    support: Tensor
    values: Tensor

    @property
    def total(self) -> Tensor:
        """The negative ELBO, or an estimate of it."""
        return self.kl + self.support + self.values


class Inference(nn.Module):
    """From images, uint8 of shape (n, 28, 28), to ``outputs`` numbers each."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 4, 2, 1)
        self.conv2 = nn.Conv2d(32, 64, 4, 2, 1)
        self.conv3 = nn.Conv2d(64, 64, 3, 1, 1)
        self.linear1 = nn.Linear(64 * 7 * 7, 192)
        self.linear2 = nn.Linear(192, outputs)

    def forward(self, images: Tensor) -> Tensor:
        x = images[:, None] / 256
        x = functional.relu(self.conv1(x))
        x = functional.relu(self.conv2(x))
        x = functional.relu(self.conv3(x))
        x = functional.relu(self.linear1(x.permute(0, 2, 3, 1).flatten(1)))
        return self.linear2(x).float()


class FreePosterior(nn.Module):
    """Normals of any mean and scale."""

    def __init__(self, latents: int) -> None:
        super().__init__()
        self.latents = latents
        self.outputs = 2 * latents

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Means, scales, and KL divergences in nats, shape (n, latents) each."""
        mean, log_scale = raw[:, : self.latents], raw[:, self.latents :]
        mean = _FAR * torch.tanh(mean / _FAR)
        log_scale = 1 - functional.softplus(1 - log_scale)
        log_scale = -_FAR + functional.softplus(log_scale + _FAR)
        kl = (mean.square() + (2 * log_scale).exp() - 1) / 2 - log_scale
        return mean, log_scale.exp(), kl

    def hold(self, held: bool) -> None:
        """Nothing to hold."""

    def arrays(self) -> dict[str, Any]:
        """What the codec needs."""
        return {}


class IsoKLPosterior(nn.Module):
    """Normals with one KL divergence from N(0, 1) for each latent, the same for all images."""

    def __init__(self, latents: int, kl_bits: float) -> None:
        super().__init__()
        self.outputs = latents
        self.normalise = nn.BatchNorm1d(latents, affine=False, momentum=0.02)
        self.log_kl = nn.Parameter(torch.full((latents,), math.log(kl_bits / _BITS)))

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Means, scales, and KL divergences in nats, shape (n, latents) each."""
        kl = self.log_kl.exp()
        mean = _EDGE * (2 * kl).sqrt() * torch.tanh(_SLOPE * self.normalise(raw))
        # Means are off the edge by construction: there is a scale for each.
        scale = IsoKLNormal(mean, kl * _BITS, validate_args=False).scale
        return mean, scale, kl.expand_as(mean)

    def hold(self, held: bool) -> None:
        """Whether the KL divergences stay as they are."""
        self.log_kl.requires_grad_(not held)

    def arrays(self) -> dict[str, Any]:
        """What the codec needs."""
        return {
            "posterior.shift": self.normalise.running_mean.double().numpy(force=True),
            "posterior.spread": (self.normalise.running_var + self.normalise.eps)
            .double()
            .sqrt()
            .numpy(force=True),
            "posterior.kl_bits": self.log_kl.double().exp().numpy(force=True) * _BITS,
        }


class Sketch(nn.Module):
    """From latents to features of every pixel, shape (n, FEATURES, 28, 28)."""

    def __init__(self, latents: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(latents, 256)
        self.linear2 = nn.Linear(256, 32 * 7 * 7)
        self.conv1 = nn.Conv2d(32, 4 * 32, 3, 1, 1)
        self.conv2 = nn.Conv2d(32, 32, 3, 1, 1)
        self.conv3 = nn.Conv2d(32, 4 * FEATURES, 3, 1, 1)

    def forward(self, latents: Tensor) -> Tensor:
        x = functional.relu(self.linear1(latents))
        x = functional.relu(self.linear2(x)).view(-1, 7, 7, 32).permute(0, 3, 1, 2)
        x = functional.pixel_shuffle(functional.relu(self.conv1(x)), 2)
        x = functional.relu(self.conv2(x))
        return functional.pixel_shuffle(self.conv3(x), 2)


class Model(nn.Module):
    """A VAE or an IKVAE of images of 28 by 28 pixels of 8 bits.

    Args:
        kind: ``"vae"`` or ``"ikvae"``.
        latents: The number of latents.
        kl_bits: For an IKVAE: a latent's KL divergence to begin with, in bits.
        pixels: ``"predicted"`` from those before, too, or ``"independent"`` given the latents.
    """

    def __init__(
        self, kind: str, latents: int, kl_bits: float = 2.0, pixels: str = "predicted"
    ) -> None:
        super().__init__()
        self.kind = kind
        self.latents = latents
        self.posterior = (
            IsoKLPosterior(latents, kl_bits) if kind == "ikvae" else FreePosterior(latents)
        )
        self.inference = Inference(self.posterior.outputs)
        self.sketch = Sketch(latents)
        self.pixels = PIXELS[pixels]()
        self.to(memory_format=torch.channels_last)

    def infer(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Means, scales and KL divergences (nats) of the posteriors; shape (n, latents) each."""
        return self.posterior(self.inference(images))

    def forward(self, images: Tensor) -> Bits:
        """An estimate of the negative ELBO, from one sample of each posterior.

        Args:
            images: uint8, shape (n, 28, 28).
        """
        mean, scale, kl = self.infer(images)
        support, values = self.likelihood(images, mean + scale * torch.randn_like(mean))
        return Bits(kl.sum(1) * _BITS, support, values)

    def likelihood(self, images: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
        """-log2 p(x | z): of the supports, and of the values given them; shape (n,) each."""
        support, values = self.pixels(images, self.sketch(latents))
        return support, values

    def arrays(self) -> dict[str, Any]:
        """Returns the weights of all layers, as NumPy arrays, and what the posterior needs."""
        found = self.posterior.arrays()
        layers = {
            **named_layers(self.inference, "inference."),
            **named_layers(self.sketch, "sketch."),
            **self.pixels.layers(),
        }
        for name, (weight, bias) in layers.items():
            found[f"{name}.weight"], found[f"{name}.bias"] = weight, bias
        return found
