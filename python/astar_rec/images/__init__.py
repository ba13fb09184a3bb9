"""Lossless images with a VAE whose latents are sent by A* coding.

    >>> from astar_rec import images
    >>> codec = images.load("mnist")
    >>> digits = codec.sample(100, seed=1)
    >>> data = codec.compress(digits)
    >>> bool((codec.decompress(data) == digits).all())
    True

An image x is sent as a sample z of its posterior q(z | x), by A* coding, and then as x itself,
entropy-coded with p(x | z). On average that takes KL[q(z | x) || p(z)] - log2 p(x | z) bits: the
negative ELBO, and what the two coders add.

=============  ====================================================================
codec          `ImageCodec`: images to bytes and back; what a model says of them
inspection     `inspect`, `names`: what is in a file
layout         the layout of image files
pixels         pixels to bits and back, given the latents
predicted      pixels that are told of those before them
seen           which values came up in images so far
independent    pixels that are independent given the latents
frequencies    from scores to integer frequencies
networks       the networks, as the codec computes them: NumPy alone
integers       exact arithmetic for those that the decoder needs
weights        files of weights
checks         what images must be
order          in which order pixels are coded, and what they know of each other
files          files and folders of images: .npy, IDX, PNG
idx            the format that MNIST is distributed in
png            images as PNG files
filenames      names of files, which may be a stranger's
model          the networks, as they are trained (PyTorch): from images to latents
model_predicted, model_independent   and from latents to pixels
layers         their layers, as matrices (PyTorch)
training       training them (PyTorch)
curves         learning curves as a picture
quantise       from trained weights to integers
=============  ====================================================================
"""

from __future__ import annotations

try:
    from .codec import ImageCodec, load
    from .inspection import ImageReport, inspect, names
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"astar_rec.images needs {error.name}: install astar_rec with its extra, images",
        name=error.name,
    ) from error

__all__ = ["ImageCodec", "ImageReport", "inspect", "load", "names"]
