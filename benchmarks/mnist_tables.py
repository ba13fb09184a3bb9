"""The tables of docs/results.md, from the figures that mnist.py found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from astar_rec.demo.methods import BLOCK
from pages import markdown, starred

if TYPE_CHECKING:
    from collections.abc import Iterable

SHIPPED = "mnist"
DEFAULT = "polar"
BLOCKS = f"AD*, block {BLOCK}"

Json = dict[str, Any]


def tables(found: Json) -> dict[str, str]:
    """Return all tables by name, as Markdown."""
    return {
        "methods": _methods(found["models"][SHIPPED]),
        "peers": _peers(found),
        "models": _models(found["models"]),
        "budgets": _budgets(found["models"]),
        "speed": _speed(found["models"][SHIPPED]),
        "about": _about(found),
    }


def _bits(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _title(name: str, model: Json) -> str:
    kind = {"ikvae": "IsoKL VAE", "vae": "VAE"}[model["settings"]["kind"]]
    return f"{kind}, shipped" if name == SHIPPED else kind


def _sorted(models: Json) -> list[tuple[str, Json]]:
    """The models: the shipped one, then by kind and size."""

    def key(item: tuple[str, Json]) -> tuple[bool, str, int]:
        settings = item[1]["settings"]
        return item[0] != SHIPPED, settings["kind"], settings["latents"]

    return sorted(models.items(), key=key)


def _methods(model: Json) -> str:
    head = [
        *("method", "KL", "-log2 p(x given z)", "sum"),
        *("latents over KL", "pixels over ideal", "header", "file"),
    ]
    return markdown(
        head,
        (
            [
                starred(name),
                _bits(row["kl"]),
                _bits(row["reconstruction"]),
                _bits(row["kl"] + row["reconstruction"]),
                f"{row['latents'] - row['kl']:+.4f}",
                f"{row['pixels'] - row['reconstruction']:+.4f}",
                f"{row['header']:+.4f}",
                f"**{row['file']:.4f}**" if name == DEFAULT else _bits(row["file"]),
            ]
            for name, row in model["methods"].items()
        ),
    )


def _peers(found: Json) -> str:
    model = found["models"][SHIPPED]
    own = (model["alone"], model["methods"][DEFAULT]["file"])
    rows = [("this codec", *own)]
    rows += [("the same, with `header=False`", model["bare"], None)]
    rows += [(peer["name"], peer["each"], peer["together"]) for peer in found["peers"]]
    return markdown(
        ["", "a file for each image", "one file for all"],
        ([name, _bits(each), _bits(together)] for name, each, together in rows),
    )


def _models(models: Json) -> str:
    head = [
        *("model", "latents", "epochs", "KL, bits an image", "-ELBO, float", "-ELBO, integers"),
        *(starred(BLOCKS), r"AD\*", r"AS\*", r"global A\*", r"best DAD\*"),
    ]

    def row(name: str, model: Json) -> list[str]:
        methods, settings = model["methods"], model["settings"]
        least = [row["file"] for method, row in methods.items() if method.startswith("DAD")]
        default = methods[BLOCKS]
        return [
            _title(name, model),
            str(settings["latents"]),
            str(settings["epochs"]),
            f"{sum(model['latent_kl_bits']):.2f}",
            _bits(model["float"] and model["float"]["total"]),
            _bits(default["kl"] + default["reconstruction"]),
            *(
                _bits(methods.get(method, {}).get("file"))
                for method in (BLOCKS, "AD*", "AS*", "global A*")
            ),
            _bits(min(least, default=None)),
        ]

    return markdown(head, (row(*item) for item in _sorted(models)))


def _budgets(models: Json) -> str:
    head = [
        *("model", "latents", "method", "KL, bits an image", "latents, bits an image"),
        *("latents", "-log2 p(x given z)", r"over AD\*", "file", r"over AD\*"),
    ]

    def rows() -> Iterable[list[str]]:
        for name, model in _sorted(models):
            for method, row in model["methods"].items():
                if not method.startswith("DAD"):
                    continue
                # The exact method with as many latents to an index.
                against = model["methods"][BLOCKS if "block" in method else "AD*"]
                yield [
                    _title(name, model),
                    str(model["settings"]["latents"]),
                    starred(method),
                    f"{sum(model['latent_kl_bits']):.2f}",
                    f"{784 * row['latents']:.2f}",
                    _bits(row["latents"]),
                    _bits(row["reconstruction"]),
                    f"{row['reconstruction'] - against['reconstruction']:+.4f}",
                    _bits(row["file"]),
                    f"{row['file'] - against['file']:+.4f}",
                ]

    return markdown(head, rows())


def _speed(model: Json) -> str:
    return markdown(
        ["method", "compressed a second", "restored a second"],
        (
            [starred(name), f"{row['encoded_per_second']:.0f}", f"{row['decoded_per_second']:.0f}"]
            for name, row in model["methods"].items()
        ),
    )


def _about(found: Json) -> str:
    about = found["about"]
    weights = found["models"][SHIPPED]["bytes"]
    return (
        f"Measured with the first {about['images']:,} test images, by astar_rec {about['version']}"
        f" on {about['processors']} processors. The shipped weights take {weights:,} bytes."
    )
