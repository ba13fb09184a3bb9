"""The tables and the picture of docs/latents.md, from the figures that mnist_latents.py found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from astar_rec._files import whole_file
from pages import markdown, starred

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Json = dict[str, Any]

_TITLES = {"ikvae": "IsoKL VAE", "vae": "VAE"}
_COLOURS = {"ikvae": "tab:blue", "vae": "tab:orange"}
_GOALS = (1.0, 2.5)  # percent: for polar coding, and for blocks
_PIXELS = 28 * 28


def tables(found: Json) -> dict[str, str]:
    """Return all tables by name, as Markdown."""
    models = found["models"]
    return {
        "about": _about(found["about"]),
        "models": _models(models),
        "methods": _methods(models),
        "alone": _alone(models),
    }


def added(row: Json) -> float:
    """Return how much larger a file is than the negative ELBO, in percent."""
    return 100 * (row["file"] / (row["kl"] + row["reconstruction"]) - 1)


def title(model: Json) -> str:
    """Return what a model is called."""
    settings = model["settings"]
    return f"{_TITLES[settings['kind']]}, {settings['latents']} latents"


def draw_added(path: Path, models: Json) -> None:
    """Draw what each method adds to the negative ELBO, in percent."""
    names = [name for model in models.values() for name in model["methods"]]
    names = list(dict.fromkeys(names))
    figure = Figure(figsize=(9, 0.8 + 0.55 * len(names)), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / max(1, len(models))
    for number, model in enumerate(models.values()):
        rows = [model["methods"][name] for name in names]
        places = [at + (number - (len(models) - 1) / 2) * height for at in range(len(names))]
        colour = _COLOURS[model["settings"]["kind"]]
        bars = axes.barh(
            places, [added(row) for row in rows], 0.92 * height, color=colour, label=title(model)
        )
        axes.bar_label(bars, [f"{added(row):.2f} %" for row in rows], padding=3, fontsize="small")
    for goal in _GOALS:
        axes.axvline(goal, color="grey", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="percent by which the file of all test images is larger than the negative ELBO")
    axes.margins(x=0.1)
    axes.grid(alpha=0.3, axis="x")
    axes.legend()
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=120)


def _about(about: Json) -> str:
    return (
        f"Measured with the first {about['images']:,} test images, by astar_rec {about['version']}"
        f" on {about['processors']} processors."
    )


def _models(models: Json) -> str:
    head = [
        *("model", "epochs", "KL, bits an image", "share of the -ELBO"),
        *("-ELBO, float", "-ELBO, integers", "weights, bytes"),
    ]

    def row(model: Json) -> list[str]:
        first = next(iter(model["methods"].values()))
        ideal = first["kl"] + first["reconstruction"]
        return [
            title(model),
            str(model["settings"]["epochs"]),
            f"{_PIXELS * first['kl']:.1f}",
            f"{100 * first['kl'] / ideal:.1f} %",
            "" if model["float"] is None else f"{model['float']['total']:.4f}",
            f"{ideal:.4f}",
            f"{model['bytes']:,}",
        ]

    return markdown(head, map(row, models.values()))


def _methods(models: Json) -> str:
    head = [
        *("method", "KL", "-log2 p(x given z)", "sum", "latents over KL", "pixels over ideal"),
        *("header", "file", "over the sum", "latents over KL, bits an image"),
    ]

    def rows() -> Iterable[list[str]]:
        for model in models.values():
            yield [f"**{title(model)}**", *[""] * (len(head) - 1)]
            for name, row in model["methods"].items():
                yield [
                    starred(name),
                    f"{row['kl']:.4f}",
                    f"{row['reconstruction']:.4f}",
                    f"{row['kl'] + row['reconstruction']:.4f}",
                    f"{row['latents'] - row['kl']:+.4f}",
                    f"{row['pixels'] - row['reconstruction']:+.4f}",
                    f"{row['header']:+.4f}",
                    f"**{row['file']:.4f}**",
                    f"{added(row):+.2f} %",
                    f"{_PIXELS * (row['latents'] - row['kl']):+.1f}",
                ]

    return markdown(head, rows())


def _alone(models: Json) -> str:
    head = ["model", "images", "-ELBO", r"each by itself, AD\*, block 8", "over the -ELBO"]

    def row(model: Json) -> list[str]:
        alone = model["alone"]
        return [
            title(model),
            f"{alone['images']:,}",
            f"{alone['ideal']:.4f}",
            f"{alone['bare']:.4f}",
            f"{100 * (alone['bare'] / alone['ideal'] - 1):+.2f} %",
        ]

    return markdown(head, map(row, models.values()))
