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

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import astar_rec as rec
from astar_rec import images as image_codec
from astar_rec.demo.alone import bits_alone
from astar_rec.demo.methods import BLOCK, Method
from astar_rec.images.idx import read_idx
from latents_report import draw_added, tables
from mnist import SEED, about, in_floating_point, measured
from pages import fill, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

ALONE = 1000  # images that are compressed one by one, too
GROUP = 256  # images whose latents are one block of polar coding, where not all are
CANDIDATES = 2**12

Json = dict[str, Any]


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--runs", type=Path, required=True, help="a folder of weights, NAME.npz")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/latents"))
    parser.add_argument("--images", type=int, default=10_000, help="how many test images")
    parser.add_argument("--fresh", action="store_true", help="measure all of it again")
    arguments = parser.parse_args()

    data = sorted(arguments.data.glob("t10k-images*"))
    if not data:
        sys.exit(f"{arguments.data} holds no t10k-images")
    images = read_idx(data[0])[: arguments.images]
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    path = output / "figures.json"
    found: Json = {"about": about(images), "models": {}}
    if path.exists() and not arguments.fresh:
        before = json.loads(path.read_text(encoding="utf-8"))
        if before["about"] == found["about"]:
            found = before

    for weights in sorted(arguments.runs.glob("*.npz")):
        codec = image_codec.load(weights)
        divergence = codec.kl_bits(images)
        fingerprint = codec.weights.fingerprint.hex()
        model = found["models"].get(weights.stem)
        if model is None or model["fingerprint"] != fingerprint:
            model = {
                "fingerprint": fingerprint,
                "bytes": weights.stat().st_size,
                "settings": dict(codec.weights.settings),
                "latent_kl_bits": divergence.mean(axis=0).tolist(),
                "float": in_floating_point(weights.with_suffix(".pt"), images),
                "methods": {},
            }
            found["models"][weights.stem] = model
        for method in methods(len(images), codec.latents):
            if method.name not in model["methods"]:
                model["methods"][method.name] = measured(codec, images, divergence, method)
                write(path, found)
            row = model["methods"][method.name]
            ideal = row["kl"] + row["reconstruction"]
            more = 100 * (row["file"] / ideal - 1)
            print(f"{weights.stem:24} {method.name:20} {row['file']:.4f} bits/pixel, {more:+.2f} %")
        if "alone" not in model:
            model["alone"] = one_by_one(codec, images)
            write(path, found)

    draw_added(output / "added.png", found["models"])
    page = output.with_suffix(".md")
    if page.is_file():
        fill(page, tables(found))


if __name__ == "__main__":
    main()
