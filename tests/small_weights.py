"""Small models of images with random weights, made without PyTorch."""

from __future__ import annotations

import numpy as np

from astar_rec.images.quantise import quantise
from astar_rec.images.weights import Weights

__all__ = ["independent_weights"]


def independent_weights(latents: int = 6, seed: int = 1, kl_bits: float | None = None) -> Weights:
    """Returns weights of a model whose pixels are independent given the latents.

    Args:
        latents: How many.
        seed: Of NumPy's default generator.
        kl_bits: For an IKVAE: the KL divergence of each latent, in bits. None for a VAE.
    """
    rng = np.random.default_rng(seed)
    sizes = {
        "inference.conv1": (4 * 4, 4),
        "inference.conv2": (4 * 4 * 4, 4),
        "inference.conv3": (3 * 3 * 4, 2),
        "inference.linear1": (7 * 7 * 2, 16),
        "inference.linear2": (16, (2 if kl_bits is None else 1) * latents),
        "sketch.linear1": (latents, 16),
        "sketch.linear2": (16, 7 * 7 * 4),
        "sketch.conv1": (3 * 3 * 4, 4 * 4),
        "sketch.conv2": (3 * 3 * 4, 4),
        "sketch.conv3": (3 * 3 * 4, 4 * 24),
        "independent.support": (24, 1),
        "independent.values1": (24, 8),
        "independent.values2": (8, 255),
    }
    arrays = {}
    for name, (inputs, outputs) in sizes.items():
        arrays[f"{name}.weight"] = rng.normal(size=(inputs, outputs)) * np.sqrt(3 / inputs)
        arrays[f"{name}.bias"] = rng.normal(size=outputs) / 4
    if kl_bits is not None:
        arrays["posterior.shift"] = np.zeros(latents)
        arrays["posterior.spread"] = np.ones(latents)
        arrays["posterior.kl_bits"] = np.full(latents, kl_bits)
    kind = "vae" if kl_bits is None else "ikvae"
    settings = {"kind": kind, "pixels": "independent", "latents": latents, "epochs": 0}
    return Weights(settings, quantise(arrays))
