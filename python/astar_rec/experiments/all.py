"""All experiments: the list of them, and rows and pictures as files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from PIL import Image

from .._files import destination, whole_file
from .bias import Bias
from .blocks import Blocks
from .codelength import Codelength
from .distortion import Distortion
from .families import Families
from .methods import Methods
from .steps import Steps
from .vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from .experiment import Experiment, Mode, Progress, Row

__all__ = ["EXPERIMENTS", "perform"]

EXPERIMENTS: list[Experiment] = [
    Steps(),
    Codelength(),
    Bias(),
    Blocks(),
    Families(),
    Distortion(),
    Methods(),
    Vectors(),
]


def perform(
    experiment: Experiment, mode: Mode, folder: Path, progress: Progress = None
) -> tuple[Path, Path]:
    """Runs an experiment, and writes NAME.csv and NAME.png into a folder.

    Files of these names are replaced, when all of it is done.

    Raises:
        OSError: They cannot be written.
    """
    table, picture = (folder / f"{experiment.name}.{suffix}" for suffix in ("csv", "png"))
    for path in (table, picture):
        destination(path)
    rows = experiment.run(mode, progress)
    drawn = experiment.draw(rows)
    with whole_file(table) as file:
        file.write(_csv(rows).encode())
    with whole_file(picture) as file:
        file.write(_png(drawn))
    return table, picture


def _png(drawn: Figure) -> bytes:
    """A picture in a palette of its own colours: a third of the size, and none looks different."""
    plain, small = io.BytesIO(), io.BytesIO()
    drawn.savefig(plain, format="png", dpi=110)
    Image.open(plain).convert("RGB").quantize(128).save(small, format="PNG", optimize=True)
    return small.getvalue()


def _csv(rows: Sequence[Row]) -> str:
    """Numbers with six digits: more is noise."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        shown = {
            name: f"{value:.6g}" if isinstance(value, float) else value
            for name, value in row.items()
        }
        writer.writerow(shown)
    return text.getvalue()
