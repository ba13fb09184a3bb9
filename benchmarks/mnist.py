"""Measure what docs/results.md shows: all 10,000 test images of MNIST as files, by many methods.

    python benchmarks/mnist.py --data FOLDER [--runs FOLDER] [-o docs/results] [--images N]

The model that comes with the package is measured, and each other one whose weights, NAME.npz, are
in the folder of runs; with the state of its training, NAME.pt, beside them, the negative ELBO of
the network in floating point too (that needs PyTorch). Every file is decoded and compared.

What is found goes to docs/results/figures.json after each measurement, so that a run that was
stopped goes on where it was; ``--fresh`` begins anew. Then pictures are drawn, and the tables in
docs/results.md are filled in: between ``<!-- table:NAME -->`` and ``<!-- end -->``.

It needs the extras ``images`` and ``train``; pillow-jxl-plugin for JPEG XL.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import astar_rec
from astar_rec import images as image_codec
from astar_rec._validate import threads_of
from astar_rec.codecs import PolarCoding
from astar_rec.demo.alone import bits_alone
from astar_rec.demo.methods import Method, exact, fixed
from astar_rec.demo.peers import peers
from astar_rec.demo.shares import shares
from astar_rec.images.idx import read_idx
from mnist_pictures import draw_rates, draw_samples
from mnist_tables import tables
from pages import fill, write

if TYPE_CHECKING:
    import numpy as np

SEED = 2022
SHIPPED = "mnist"
ALONE = 1000  # images that are compressed one by one
CURVES = "ikvae8"  # the run whose learning curves are shown

Json = dict[str, Any]


def measured(
    codec: image_codec.ImageCodec, images: np.ndarray, divergence: np.ndarray, method: Method
) -> Json:
    """Return what a method takes: bits per pixel by part, and images a second."""
    latents = method.codec(SEED)
    limits = {name: getattr(latents, name) for name in latents.limits}
    begin = time.perf_counter()
    data = codec.compress(images, codec=latents, code=method.code)
    encoded = time.perf_counter()
    found = shares(codec, images, divergence, data)
    decoded = time.perf_counter()
    return {
        "method": latents.name,
        "block": latents.block,
        **{name: value for name, value in limits.items() if value is not None},
        "bytes": len(data),
        **asdict(found),
        "file": found.coded,
        "encoded_per_second": len(images) / (encoded - begin),
        "decoded_per_second": len(images) / (decoded - encoded),
    }


def in_floating_point(state: Path, images: np.ndarray) -> Json | None:
    """Return the negative ELBO of the network as it was trained, in bits per pixel."""
    try:
        import torch

        from astar_rec.images.training import evaluate, load_model
    except ModuleNotFoundError:
        return None
    if not state.is_file():
        return None
    found = evaluate(load_model(state), torch.tensor(images))
    return {**asdict(found), "total": found.total}


def about(images: np.ndarray) -> Json:
    """Return what figures depend on, beside the models."""
    return {
        "images": len(images),
        "sha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "processors": threads_of(None),
        "version": astar_rec.__version__,
    }


class Figures:
    """All figures, in a file that is written after each measurement."""

    def __init__(self, path: Path, images: np.ndarray, *, fresh: bool) -> None:
        self._path = path
        self.found: Json = {"about": about(images), "models": {}, "peers": []}
        if path.exists() and not fresh:
            before = json.loads(path.read_text(encoding="utf-8"))
            if before["about"] == self.found["about"]:
                self.found = before

    def save(self) -> None:
        """Write the file."""
        write(self._path, self.found)

    def model(self, name: str, weights: Path, state: Path, images: np.ndarray) -> None:
        """Measure a model, as far as that was not done before."""
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        codec = image_codec.load(weights)
        divergence = codec.kl_bits(images)
        entry = self.found["models"].get(name)
        if entry is None or entry["sha256"] != digest:
            entry = {
                "sha256": digest,
                "bytes": weights.stat().st_size,
                "settings": dict(codec.weights.settings),
                "latent_kl_bits": divergence.mean(axis=0).tolist(),
                "float": in_floating_point(state, images),
                "methods": {},
            }
            self.found["models"][name] = entry
            self.save()
        methods = [Method("polar", PolarCoding), *exact(divergence)]
        if entry["settings"]["kind"] == "ikvae":
            # Budgets of blocks for the shipped model alone: they take their time.
            methods += [m for m in fixed(divergence) if m.codec(SEED).block == 1 or name == SHIPPED]
        for method in methods:
            if method.name not in entry["methods"]:
                entry["methods"][method.name] = measured(codec, images, divergence, method)
                self.save()
            row = entry["methods"][method.name]
            print(f"{name:10} {method.name:26} {row['file']:.4f} bits/pixel", flush=True)
        entry["methods"] = {method.name: entry["methods"][method.name] for method in methods}
        if name == SHIPPED and "alone" not in entry:
            entry["alone"] = bits_alone(codec, images[:ALONE], SEED, header=True)
            entry["bare"] = bits_alone(codec, images[:ALONE], SEED, header=False)
            self.save()

    def peers(self, images: np.ndarray) -> None:
        """Measure other codecs, as far as that was not done before."""
        if not self.found["peers"]:
            self.found["peers"] = [asdict(peer) for peer in peers(images)]
            self.save()


def main() -> None:
    """Measure, draw and fill in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--runs", type=Path, help="a folder of weights, NAME.npz and NAME.pt")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    parser.add_argument("--images", type=int, default=10_000, help="how many test images")
    parser.add_argument("--fresh", action="store_true", help="measure all of it again")
    arguments = parser.parse_args()

    data = sorted(arguments.data.glob("t10k-images*"))
    if not data:
        sys.exit(f"{arguments.data} holds no t10k-images")
    images = read_idx(data[0])[: arguments.images]
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)

    runs = arguments.runs or Path("no runs")
    shipped = Path(astar_rec.__file__).parent / "data" / f"{SHIPPED}.npz"
    models = {SHIPPED: shipped, **{path.stem: path for path in sorted(runs.glob("*.npz"))}}
    models[SHIPPED] = shipped
    figures = Figures(output / "figures.json", images, fresh=arguments.fresh)
    for name, weights in models.items():
        figures.model(name, weights, runs / f"{name}.pt", images)
    figures.peers(images)

    draw_rates(output / "rates.png", figures.found["models"])
    codecs = {name: image_codec.load(weights) for name, weights in models.items()}
    draw_samples(output / "samples.png", images[:10], codecs)
    curves = runs / f"{CURVES}.png"
    if curves.is_file():
        shutil.copyfile(curves, output / "curves.png")
    page = output.with_suffix(".md")
    if page.is_file():
        fill(page, tables(figures.found))


if __name__ == "__main__":
    main()
