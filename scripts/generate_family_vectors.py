"""Generate tests/vectors/families.txt: samples of histograms, mixtures and categories, to the bit.

    python scripts/generate_family_vectors.py

The reference makes them. A line has the family, its parameters, a 64-bit position and the sample,
floats in hexadecimal; numbers of one parameter are set apart by commas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astar_rec.reference.cells import categorical_sample, histogram_sample
from astar_rec.reference.mixture import mixture_sample

FILE = Path(__file__).parent.parent / "tests/vectors/families.txt"
TOP = 2**64 - 1
POSITIONS = (0, 1, 12345, 2**40 + 7, 2**61, 2**63 - 1, 2**63, 3 * 2**62 + 1, TOP - 2**20, TOP)

Row = Sequence[float]

HISTOGRAMS: list[tuple[Row, Row]] = [
    ((0.0, 1.0), (3.0,)),
    ((0.0, 1.0, 4.0, 5.0), (1.0, 0.0, 3.0)),
    ((-2.0, -0.1, 0.3, 0.7, 9.0), (0.1, 1e-18, 0.7, 1e-25)),
    ((-1e300, 0.0, 1e-300), (0.0, 5e-324)),
]
MIXTURES: list[tuple[Row, Row, Row]] = [
    ((1.0,), (0.0,), (1.0,)),
    ((0.3, 0.7), (-1.0, 2.0), (0.5, 0.01)),
    ((1.0, 1.0, 2.0), (-30.0, 0.0, 30.0), (0.1, 1.0, 3.0)),
    ((1e-12, 0.0, 1.0), (5.0, 7.0, 5.0), (1e6, 1.0, 1e-6)),
]
CATEGORIES: list[tuple[Row]] = [((1.0,),), ((0.25, 0.0, 0.5, 0.25),), ((1e-30, 1.0, 1e-17),)]


def lines(name: str, sample: Callable[..., float], cases: Sequence[tuple[Row, ...]]) -> list[str]:
    """Return the lines of a family."""
    return [
        " ".join([name, *map(numbers, case), str(position), sample(*case, position).hex()])
        for case in cases
        for position in POSITIONS
    ]


def numbers(row: Row) -> str:
    """Return a parameter's numbers as one word."""
    return ",".join(value.hex() for value in row)


def random_mixtures() -> list[tuple[Row, Row, Row]]:
    """Return more of them."""
    rng = np.random.default_rng(11)
    made: list[Any] = []
    for components in range(1, 6):
        scale = 10.0 ** rng.uniform(-3, 2, components)
        made.append((rng.random(components), rng.normal(size=components), scale))
    return [tuple(each.tolist() for each in case) for case in made]


def main() -> None:
    """Write the file."""
    rows = [
        "# Samples by position: scripts/generate_family_vectors.py makes them.",
        *lines("Histogram", histogram_sample, HISTOGRAMS),
        *lines("Mixture", lambda *case: mixture_sample(case[:3], case[3]), MIXTURES),
        *lines("Mixture", lambda *case: mixture_sample(case[:3], case[3]), random_mixtures()),
        *lines("Categorical", categorical_sample, CATEGORIES),
    ]
    FILE.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
