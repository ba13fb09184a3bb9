"""The demo, with the model and the images that come with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..images import load
from .report import report
from .sample import load_sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["PICTURE", "run"]

PICTURE = "astar_rec_demo.png"


def run(folder: Path, echo: Callable[[str], object] = print) -> None:
    """Prints the report and draws ``astar_rec_demo.png`` into a folder, made if it is not there.

    Raises:
        RecError: What was decoded is not what was encoded.
        OSError: The picture cannot be written.
    """
    report(load("mnist"), *load_sample(), folder / PICTURE, echo)
