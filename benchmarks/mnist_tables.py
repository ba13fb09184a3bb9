"""The tables of docs/results.md, from the figures that mnist.py found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from astar_rec._files import whole_file
from astar_rec.demo.methods import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SHIPPED = "mnist"
DEFAULT = f"AD*, block {BLOCK}"

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


def fill(page: Path, filled: dict[str, str]) -> None:
    """Put tables between their markers in a page.

    Raises:
        SystemExit: The page lacks the place of a table, or names one that there is not.
    """
    text = page.read_text(encoding="utf-8")
    places = re.findall(r"<!-- table:(\w+) -->", text)
    if sorted(places) != sorted(filled):
        raise SystemExit(f"{page} has places for tables {places}; expected {sorted(filled)}")

    def replaced(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{filled[match[2]]}\n\n<!-- end -->"

    text = re.sub(r"(<!-- table:(\w+) -->).*?<!-- end -->", replaced, text, flags=re.DOTALL)
    with whole_file(page) as file:
        file.write(text.encode())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _bits(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _name(method: str) -> str:
    return method.replace("*", r"\*")


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
    return _table(
        head,
        (
            [
                _name(name),
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
    rows = [(f"this codec, {_name(DEFAULT)}", *own)]
    rows += [("the same, with `header=False`", model["bare"], None)]
    rows += [(peer["name"], peer["each"], peer["together"]) for peer in found["peers"]]
    return _table(
        ["", "a file for each image", "one file for all"],
        ([name, _bits(each), _bits(together)] for name, each, together in rows),
    )


def _models(models: Json) -> str:
    head = [
        *("model", "latents", "epochs", "KL, bits an image", "-ELBO, float", "-ELBO, integers"),
        *(_name(DEFAULT), r"AD\*", r"AS\*", r"global A\*", r"best DAD\*"),
    ]

    def row(name: str, model: Json) -> list[str]:
        methods, settings = model["methods"], model["settings"]
        least = [row["file"] for method, row in methods.items() if method.startswith("DAD")]
        default = methods[DEFAULT]
        return [
            _title(name, model),
            str(settings["latents"]),
            str(settings["epochs"]),
            f"{sum(model['latent_kl_bits']):.2f}",
            _bits(model["float"] and model["float"]["total"]),
            _bits(default["kl"] + default["reconstruction"]),
            *(
                _bits(methods.get(method, {}).get("file"))
                for method in (DEFAULT, "AD*", "AS*", "global A*")
            ),
            _bits(min(least, default=None)),
        ]

    return _table(head, (row(*item) for item in _sorted(models)))


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
                against = model["methods"][DEFAULT if "block" in method else "AD*"]
                yield [
                    _title(name, model),
                    str(model["settings"]["latents"]),
                    _name(method),
                    f"{sum(model['latent_kl_bits']):.2f}",
                    f"{784 * row['latents']:.2f}",
                    _bits(row["latents"]),
                    _bits(row["reconstruction"]),
                    f"{row['reconstruction'] - against['reconstruction']:+.4f}",
                    _bits(row["file"]),
                    f"{row['file'] - against['file']:+.4f}",
                ]

    return _table(head, rows())


def _speed(model: Json) -> str:
    return _table(
        ["method", "compressed a second", "restored a second"],
        (
            [_name(name), f"{row['encoded_per_second']:.0f}", f"{row['decoded_per_second']:.0f}"]
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
