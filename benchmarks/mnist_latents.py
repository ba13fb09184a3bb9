"""Measure what docs/latents.md shows: what each method adds where latents carry the file.

    python benchmarks/mnist_latents.py --data FOLDER --runs FOLDER [-o docs/latents] [--images N]

The folder of runs has weights, NAME.npz, of models whose pixels are independent given the latents
(``astar-rec train --pixels independent``); with the state of the training, NAME.pt, beside them,
the negative ELBO of the network in floating point is measured, too (that needs PyTorch). Latents
are sent by every method, as real files of the test images, and every file is decoded and compared.

What is found goes to docs/latents/figures.json after each measurement, so that a run that was
stopped goes on where it was; ``--fresh`` begins anew. Then the picture is drawn, and the tables in
docs/latents.md are filled in.

It needs the extras ``images`` and ``train``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import astar_rec as rec
from astar_rec import images as image_codec
from astar_rec.demo.alone import bits_alone
from astar_rec.demo.methods import BLOCK, Method
from latents_report import draw_added, tables
from mnist_figures import SEED, Figures, Json, measured, parser, read_test_images
from pages import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

ALONE = 1000  # images that are compressed one by one, too
GROUP = 256  # images whose latents are one block of polar coding, where not all are
CANDIDATES = 2**12


def methods(count: int, latents: int) -> Iterator[Method]:
    """Yield the ways to send so many latents of so many images, the shortest files first."""
    yield Method("polar, all images", partial(rec.PolarCoding, block=count * latents))
    if count > GROUP:
        groups = partial(rec.PolarCoding, block=GROUP * latents)
        yield Method(f"polar, {GROUP} images", groups)
    yield Method(f"AD*, block {BLOCK}", partial(rec.ADStar, block=BLOCK))
    yield Method("AD*, tree code", rec.ADStar, rec.TreeCode())
    yield Method("AD*", rec.ADStar)
    yield Method("ordered random", partial(rec.OrderedRandomCoding, CANDIDATES))
    yield Method("greedy Poisson", rec.GreedyPoissonRejection)
    yield Method("AS*", rec.ASStar)


def one_by_one(codec: image_codec.ImageCodec, images: np.ndarray) -> Json:
    """Return what images take each by itself, without a header, and what they would ideally."""
    chosen = images[:ALONE]
    eights = Method("", partial(rec.ADStar, block=BLOCK))
    found = measured(codec, chosen, codec.kl_bits(chosen), eights)
    return {
        "images": len(chosen),
        "ideal": found["kl"] + found["reconstruction"],
        "bare": bits_alone(codec, chosen, SEED, header=False),
    }


def main() -> None:
    """Measure, draw and fill in."""
    options = parser(__doc__, Path("docs/latents"))
    options.add_argument("--runs", type=Path, required=True, help="a folder of weights, NAME.npz")
    arguments = options.parse_args()
    images = read_test_images(arguments.data, arguments.images)
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)

    figures = Figures(output / "figures.json", images, fresh=arguments.fresh)
    for weights in sorted(arguments.runs.glob("*.npz")):
        print(weights.stem)
        codec = image_codec.load(weights)
        state = weights.with_suffix(".pt")
        model, divergence = figures.model(weights.stem, weights, state, codec)
        figures.measure(model, codec, divergence, methods(len(images), codec.latents))
        if "alone" not in model:
            model["alone"] = one_by_one(codec, images)
            figures.save()

    draw_added(output / "added.png", figures.found["models"])
    page = output.with_suffix(".md")
    if page.is_file():
        fill(page, tables(figures.found))


if __name__ == "__main__":
    main()
