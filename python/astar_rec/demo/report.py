"""Every method on the same posteriors: a table of what each takes, and a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._files import destination
from .._validate import Floats, threads_of
from ..distributions import Normal
from ..information import kl_bits
from .picture import Row, draw
from .transmission import Method, Transmission, transmit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .bundle import Labels
    from .ppca import Images, ProbabilisticPCA

__all__ = ["report"]

SEED = 2022

_HEADER = """
                  bits per image  bits per latent over KL,   steps, ns per latent
                    KL      used     KL     used  /latent  /latent  encode decode   spread   RMSE"""

_NOTES = """
Every sample was decoded in another process, from the container alone: bit for bit the sender's.
  used     the whole container
  over KL  bits used beyond the KL divergence
  ns       wall-clock time on {processors} processors
  spread   mean of ((sample - mean) / scale)^2: 1 +- {error:.3f} for samples of the posteriors
  RMSE     of the reconstructed images, in grey levels of 0 to 255
  AD*, ... "tree code" and "block" take fewer bits and more time: the path to a sample is
           predicted from the shared random numbers; so many latents share an index
  DAD*     approximate, with indices of one width, depth + 1 bits, which suit latents of one KL.
           The depth is the largest of the latents' mean KLs, rounded up, plus 2"""


def report(
    model: ProbabilisticPCA,
    images: Images,
    labels: Labels,
    picture: Path,
    echo: Callable[[str], object] = print,
) -> None:
    """Sends a sample of each image's posterior by each method; prints the table, draws the picture.

    Args:
        model: The model whose posteriors are sent.
        images: uint8, shape (n, height, width).
        labels: What the images show, 0 to 9; shape (n,). Chooses those in the picture.
        picture: The PNG to write. Its folder is made if it is not there.
        echo: Called with the lines of the report.

    Raises:
        RecError: What was decoded is not what was encoded.
        OSError: The picture cannot be written.
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    destination(picture)

    posterior = model.posterior(images)
    divergence = kl_bits(posterior, Normal(0.0, 1.0))
    count, latents = divergence.shape
    echo(f"{count} MNIST test images, {latents} latents each. Targets: the exact posteriors of a")
    echo("probabilistic PCA fitted on the training images. Proposal: N(0, 1) for every latent.")
    echo(_HEADER)

    means = model.reconstruct(posterior.loc)
    rows = [
        Row("original", f"{8 * images[0].size} bits", images),
        Row("posterior mean", "not sent", means),
    ]
    for method in _methods(divergence):
        sent = transmit(posterior, method, SEED)
        decoded = model.reconstruct(sent.samples)
        spread = float((((sent.samples - posterior.loc) / posterior.scale) ** 2).mean())
        echo(_line(method.name, divergence, sent, spread, _rmse(decoded, images)))
        if "," not in method.name or method.name.startswith(
            "DAD"
        ):  # the others samples look no different
            rows.append(Row(method.name, f"decoded from {sent.bits / count:.0f} bits", decoded))
    echo(f"{'posterior means, not sent':91}{_rmse(means, images):7.2f}")
    echo(_NOTES.format(processors=threads_of(None), error=math.sqrt(2 / divergence.size)))

    shown = [int(np.argmax(labels == digit)) for digit in np.unique(labels)]
    draw(picture, [row.choose(shown, images.shape[1:]) for row in rows])
    echo(f"\n{picture}: originals and reconstructions")


def _methods(divergence: Floats) -> list[Method]:
    depth = math.ceil(divergence.mean(axis=0).max()) + 2
    return [
        Method("global A*", {"method": "global"}),
        Method("AS*", {"method": "as*"}),
        Method("AD*", {"method": "ad*"}),
        Method("AD*, tree code", {"code": "tree"}),
        *(Method(f"AD*, block {block}", {"block": block}) for block in (2, 4, 8)),
        Method(f"DAD*, depth {depth}", {"method": "dad*", "depth": depth}),
    ]


def _line(name: str, divergence: Floats, sent: Transmission, spread: float, rmse: float) -> str:
    latents = divergence.shape[-1]
    least, used = divergence.mean(), sent.bits / divergence.size
    return (
        f"{name:14}{least * latents:8.2f}{used * latents:10.2f}{least:7.2f}{used:9.2f}"
        f"{used - least:+9.2f}{sent.steps:9.2f}{sent.encode_ns:8.0f}{sent.decode_ns:7.0f}"
        f"{spread:9.3f}{rmse:7.2f}"
    )


def _rmse(reconstructed: Images, images: Images) -> float:
    difference = reconstructed.astype(np.float64) - images.reshape(reconstructed.shape)
    return math.sqrt((difference**2).mean())
