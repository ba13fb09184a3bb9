"""The pictures of docs/results.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from astar_rec._files import whole_file
from astar_rec.demo.picture import Row, draw
from mnist_tables import BLOCKS, SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from astar_rec.images import ImageCodec

SEED = 2022

_TITLES = {"ikvae": "IsoKL VAE", "vae": "VAE"}
_COLOURS = {"ikvae": "tab:blue", "vae": "tab:orange"}


def draw_rates(path: Path, models: dict[str, Any]) -> None:
    """Draw what files take, and how latents share their information, by the number of latents."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    rates, shares = figure.subplots(1, 2)
    for kind, title in _TITLES.items():
        chosen = sorted(
            (
                model
                for name, model in models.items()
                if name != SHIPPED and model["settings"]["kind"] == kind
            ),
            key=lambda model: model["settings"]["latents"],
        )
        latents = [model["settings"]["latents"] for model in chosen]
        rows = [model["methods"][BLOCKS] for model in chosen]
        colour = _COLOURS[kind]
        rates.plot(latents, [row["file"] for row in rows], "o-", color=colour, label=title)
        ideal = [row["kl"] + row["reconstruction"] for row in rows]
        rates.plot(latents, ideal, "o:", color=colour, label=f"{title}, negative ELBO")
        for model, style in zip(chosen, ("-", "--", ":", "-."), strict=False):
            bits = sorted(model["latent_kl_bits"], reverse=True)
            label = f"{title}, {len(bits)} latents"
            shares.plot(range(1, len(bits) + 1), bits, f".{style}", color=colour, label=label)
    shipped = models[SHIPPED]
    row, latents = shipped["methods"][BLOCKS], shipped["settings"]["latents"]
    rates.plot([latents], [row["file"]], "k*", label="shipped")
    rates.plot([latents], [row["kl"] + row["reconstruction"]], "k+", label="shipped, negative ELBO")
    bits = sorted(shipped["latent_kl_bits"], reverse=True)
    shares.plot(range(1, len(bits) + 1), bits, "k*-", label="shipped")
    rates.set(xlabel="latents", ylabel="bits per pixel", title=f"files, {BLOCKS}")
    shares.set(xlabel="latent, by KL", ylabel="bits", title="KL divergence of each", ylim=(0, None))
    rates.set_xticks(sorted({model["settings"]["latents"] for model in models.values()}))
    for axes in (rates, shares):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=120)


def draw_samples(path: Path, images: np.ndarray, codecs: dict[str, ImageCodec]) -> None:
    """Draw test images, and as many from each model."""
    rows = [Row("test images", "", images)]

    def order(item: tuple[str, ImageCodec]) -> tuple[bool, str, int]:
        settings = item[1].weights.settings
        return item[0] != SHIPPED, settings["kind"], settings["latents"]

    for name, codec in sorted(codecs.items(), key=order):
        settings = codec.weights.settings
        note = f"{settings['latents']} latents, {settings['epochs']} epochs"
        drawn = codec.sample(len(images), seed=SEED)
        rows.append(
            Row(f"{_TITLES[settings['kind']]}{' (shipped)' * (name == SHIPPED)}", note, drawn)
        )
    draw(path, rows)
