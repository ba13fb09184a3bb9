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

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import astar_rec
from astar_rec import images as image_codec
from astar_rec.codecs import PolarCoding
from astar_rec.demo.alone import bits_alone
from astar_rec.demo.methods import Method, exact, fixed
from astar_rec.demo.peers import peers
from mnist_figures import SEED, Figures, Json, parser, read_test_images
from mnist_pictures import draw_rates, draw_samples
from mnist_tables import tables
from pages import fill

if TYPE_CHECKING:
    import numpy as np

SHIPPED = "mnist"
ALONE = 1000  # images that are compressed one by one
CURVES = "ikvae8"  # the run whose learning curves are shown


def all_methods(name: str, entry: Json, divergence: np.ndarray) -> list[Method]:
    """Return the ways to send a model's latents."""
    methods = [Method("polar", PolarCoding), *exact(divergence)]
    if entry["settings"]["kind"] == "ikvae":
        # Budgets of blocks for the shipped model alone: they take their time.
        methods += [m for m in fixed(divergence) if m.codec(SEED).block == 1 or name == SHIPPED]
    return methods


def main() -> None:
    """Measure, draw and fill in."""
    options = parser(__doc__, Path("docs/results"))
    options.add_argument("--runs", type=Path, help="a folder of weights, NAME.npz and NAME.pt")
    arguments = options.parse_args()
    images = read_test_images(arguments.data, arguments.images)
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)

    runs = arguments.runs or Path("no runs")
    shipped = Path(astar_rec.__file__).parent / "data" / f"{SHIPPED}.npz"
    models = {SHIPPED: shipped, **{path.stem: path for path in sorted(runs.glob("*.npz"))}}
    models[SHIPPED] = shipped
    figures = Figures(output / "figures.json", images, fresh=arguments.fresh)
    codecs = {name: image_codec.load(weights) for name, weights in models.items()}
    for name, codec in codecs.items():
        print(name)
        entry, divergence = figures.model(name, models[name], runs / f"{name}.pt", codec)
        figures.measure(entry, codec, divergence, all_methods(name, entry, divergence))
        if name == SHIPPED and "alone" not in entry:
            entry["alone"] = bits_alone(codec, images[:ALONE], SEED, header=True)
            entry["bare"] = bits_alone(codec, images[:ALONE], SEED, header=False)
            figures.save()
    if not figures.found.get("peers"):
        figures.found["peers"] = [asdict(peer) for peer in peers(images)]
        figures.save()

    draw_rates(output / "rates.png", figures.found["models"])
    draw_samples(output / "samples.png", images[:10], codecs)
    curves = runs / f"{CURVES}.png"
    if curves.is_file():
        shutil.copyfile(curves, output / "curves.png")
    page = output.with_suffix(".md")
    if page.is_file():
        fill(page, tables(figures.found))


if __name__ == "__main__":
    main()
