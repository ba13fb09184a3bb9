"""What the pictures have in common: colours, marks, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from .experiment import Row

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "GREEN",
    "MARKS",
    "ORANGE",
    "PURPLE",
    "SKY",
    "VERMILION",
    "column",
    "figure",
    "finish",
    "select",
]

# Those of M. Okabe and K. Ito, "Color universal design", 2008: told apart with any colour vision.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, BLACK = "#CC79A7", "#56B4E9", "#000000"

COLOURS = {
    "AD*": BLUE,
    "AS*": VERMILION,
    "global bound": GREEN,
    "DAD*": PURPLE,
    "minimal random coding": ORANGE,
}
# Colours are not all: codecs have marks of their own, too.
MARKS = {"AD*": "o", "AS*": "s", "global bound": "^", "DAD*": "D", "minimal random coding": "v"}


def figure(columns: int, rows: int = 1, *, height: float = 3.9) -> tuple[Figure, Sequence[Axes]]:
    """Returns a figure, and its axes row by row."""
    made = Figure(figsize=(4.9 * columns, height * rows), layout="constrained")
    return made, list(made.subplots(rows, columns, squeeze=False).flat)


def finish(axes: Axes, *, legend: bool = True, **settings: Any) -> None:
    """Sets labels and limits, and draws the grid and the legend."""
    axes.set(**settings)
    axes.grid(alpha=0.3, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(fontsize="small", frameon=False)


def select(rows: Iterable[Row], **values: object) -> list[Row]:
    """Returns the rows with these values, in their order."""
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def column(rows: Iterable[Row], name: str) -> list[Any]:
    """Returns the values of a column."""
    return [row[name] for row in rows]
