"""The VAE and the IsoKL VAE, as they are trained: needs PyTorch (extra ``train``).

    image x  --Inference-->  q(z | x)      normals: free, or IsoKL
    latents z  --Sketch-->  features of every pixel
    features, pixels before  --Support, Values-->  p(x | z), pixel by pixel

What the latents leave open, pixels tell each other: whether a pixel is 0 is predicted from the
sketch and from the pixels coded before it (order.py), and what value it has from those, from the
whole support, and from the values that came up in the image so far. That last hint is strong:
MNIST's images were scaled down from black and white ones, each by a factor of its own, and so use
few of the 255 values each.

The codec computes the same networks with integers (network.py, pixel_model.py), from the arrays
that `Model.arrays` returns.

In an IKVAE every posterior of a latent has the same KL divergence, learnt with the weights
(Flamich et al. 2022). What a network with means mu = sqrt(2 kappa) tanh(a) does first is to push
all means to one edge, where the latent is quietest and says nothing, for good. So ``a`` is
normalised over the batch, means keep off the edge, and kappa stays put in the beginning.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..torch import IsoKLNormal
from .order import FUTURE, MARGIN, NEAR, PAST, SIDE, STEP, STEPS

if TYPE_CHECKING:
    from typing import Any

__all__ = ["KINDS", "Bits", "Model"]

KINDS = ("ikvae", "vae")

FEATURES = 24  # of the sketch, for each pixel
_WIDTH = 192  # of the layers behind values

# Means of IsoKL normals stay within this share of sqrt(2 kappa), where they would be N(mu, 1).
_EDGE = 0.95
_SLOPE = 0.8

# Means and log scales of free posteriors are squashed into (-_FAR, _FAR) and (-_FAR, 1).
_FAR = 6.0

_SATURATED = 250  # from this value on, those of the inside of strokes
_BITS = 1 / math.log(2)
_WIDE = 2 * MARGIN + SIDE


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


class Model(nn.Module):
    """A VAE or an IKVAE of images of 28 by 28 pixels of 8 bits.

    Args:
        kind: ``"vae"`` or ``"ikvae"``.
        latents: The number of latents.
        kl_bits: For an IKVAE: a latent's KL divergence to begin with, in bits.
    """

    near: Tensor
    past: Tensor
    future: Tensor
    step: Tensor

    def __init__(self, kind: str, latents: int, kl_bits: float = 2.0) -> None:
        super().__init__()
        self.kind = kind
        self.latents = latents
        self.posterior = (
            IsoKLPosterior(latents, kl_bits) if kind == "ikvae" else FreePosterior(latents)
        )
        self.inference = Inference(self.posterior.outputs)
        self.sketch = Sketch(latents)
        self.support = Support()
        self.values = Values()
        for name, offsets in (("past", PAST), ("near", NEAR), ("future", FUTURE)):
            flat = torch.tensor([row * _WIDE + column for row, column in offsets])
            self.register_buffer(name, flat, persistent=False)
        self.register_buffer("step", torch.from_numpy(STEP), persistent=False)
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
        count = len(images)
        sketch = self.sketch(latents)
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

    def arrays(self) -> dict[str, Any]:
        """Returns the weights of all layers, as NumPy arrays, and what the posterior needs.

        Layers are matrices of shape (inputs, outputs): those of convolutions with inputs in the
        order (row, column, channel); vectors of biases go with them. Layers that are computed side
        by side are one: ``support.linear1`` takes the past, then the sketch; ``values.linear3``
        returns the scores, then what values get that came up before.
        """
        found = self.posterior.arrays()
        layers = {
            name: (_matrix(name, layer), layer.bias.double().numpy(force=True))
            for name, layer in self.named_modules()
            if isinstance(layer, (nn.Linear, nn.Conv2d))
        }
        past, sketch = layers.pop("support.past"), layers.pop("support.sketch")
        layers["support.linear1"] = (np.concatenate([past[0], sketch[0]]), past[1] + sketch[1])
        scores, again = layers["values.linear3"], layers.pop("values.again")
        layers["values.linear3"] = (
            np.concatenate([scores[0], again[0]], 1),
            np.concatenate([scores[1], again[1]]),
        )
        for name, (weight, bias) in layers.items():
            found[f"{name}.weight"], found[f"{name}.bias"] = weight, bias
        return found


def _matrix(name: str, layer: nn.Linear | nn.Conv2d) -> Any:
    """A layer's weights as a matrix of shape (inputs, outputs)."""
    weight = layer.weight.double()
    if name == "support.past":
        weight = torch.stack([weight[:, 0, 3 + row, 4 + column] for row, column in PAST], 1)
    elif isinstance(layer, nn.Conv2d):
        weight = weight.permute(0, 2, 3, 1).flatten(1)
    return np.ascontiguousarray(weight.T.numpy(force=True))
