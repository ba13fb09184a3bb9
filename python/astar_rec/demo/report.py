"""Every method on the same images: a table of what each takes, other codecs, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._files import destination
from .._validate import threads_of
from .alone import bits_alone
from .methods import BLOCK, exact, fixed
from .peers import Peer, peers
from .picture import Row, draw
from .shares import shares
from .transmission import transmit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..images import ImageCodec
    from .sample import Images
    from .shares import Shares
    from .transmission import Transmission

__all__ = ["report"]

SEED = 2022

_INTRODUCTION = """\
{count} test images of MNIST, compressed losslessly with an IsoKL VAE of {latents} latents. Each
file was decoded in another process, from the file and the package alone: no pixel is different.

Bits per pixel                      ideal                overhead               images/s
                            KL  pixels     sum   latents  pixels  header    file     in    out"""

_NOTES = """
  ideal     the negative ELBO: the KL divergence of the posteriors, and -log2 p(x | z) of the pixels
            x, for the latents z that were sent
  overhead  what the file takes beyond that: for latents, for pixels, and for all the rest
  in, out   images compressed and restored in a second, on {processors} processors
  block     {block} latents share an index
  DAD*      approximate: searches end at a depth. Without blocks, indices have depth + 1 bits. It
            suits an IsoKL VAE, all of whose posteriors of a latent have the same KL divergence.
            Where the depth is too small for it, pixels take more
"""

_PEERS = """\
Bits per pixel                  a file an image    one file for all"""


def report(
    codec: ImageCodec,
    images: Images,
    labels: Images,
    picture: Path,
    echo: Callable[[str], object] = print,
) -> None:
    """Sends images by each method; prints the table, draws the picture.

    Args:
        codec: That of the model which comes with the package.
        images: uint8, shape (n, 28, 28).
        labels: What the images show, 0 to 9; shape (n,). Chooses those in the picture.
        picture: The PNG to write. Its folder is made if it is not there.
        echo: Called with the lines of the report.

    Raises:
        RecError: What was decoded is not what was encoded.
        OSError: The picture cannot be written.
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    destination(picture)

    echo(_INTRODUCTION.format(count=len(images), latents=codec.latents))
    divergence = codec.kl_bits(images)
    sizes = []
    for method in (*exact(divergence), *fixed(divergence)):
        sent = transmit(codec, images, method, SEED)
        sizes.append(len(sent.data))
        echo(_line(method.name, shares(codec, images, divergence, sent.data), sent, len(images)))
    echo(_NOTES.format(processors=threads_of(None), block=BLOCK))

    echo(_PEERS)
    alone = bits_alone(codec, images, SEED, header=True)
    own = Peer(f"this codec, AD*, block {BLOCK}", alone, 8 * sizes[0] / images.size)
    for peer in (own, *peers(images)):
        echo(f"{peer.name:24}{peer.each:23.4f}{peer.together:20.4f}")
    echo(f"{'this, without header':24}{bits_alone(codec, images, SEED, header=False):23.4f}")

    shown = [int(np.argmax(labels == digit)) for digit in np.unique(labels)]
    drawn = codec.sample(2 * len(shown), seed=SEED)
    raw, least = images[0].size, min(sizes) / len(images)
    rows = [
        Row("test images", f"{raw} bytes, here {least:.0f}", images[shown]),
        Row("drawn", "from the model", drawn[: len(shown)]),
        Row("", "", drawn[len(shown) :]),
    ]
    draw(picture, rows)
    echo(f"\n{picture}: test images, and images drawn from the model")


def _line(name: str, found: Shares, sent: Transmission, count: int) -> str:
    return (
        f"{name:24}{found.kl:8.4f}{found.reconstruction:8.4f}{found.ideal:8.4f}"
        f"{found.latents - found.kl:+10.4f}{found.pixels - found.reconstruction:+8.4f}"
        f"{found.header:+8.4f}{found.coded:8.4f}"
        f"{1e9 * count / sent.encode_ns:7.0f}{1e9 * count / sent.decode_ns:7.0f}"
    )
