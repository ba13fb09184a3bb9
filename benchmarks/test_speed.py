"""The rows of compare.py that are this library's, for pytest-benchmark: one call, again and again.

    python -m pytest -n0 benchmarks/test_speed.py --benchmark-save=before -k "AD and encode"

For work on the code: what a change did to one call, in a second. Times are a call's, which is about
ELEMENTS elements unless its name says otherwise. Nothing here is a test: no time is too long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compare_codecs import MEASUREMENTS
from compare_rows import SIDES, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from compare_rows import Row

ELEMENTS = 20_000
PLAN = Plan(bits=(1, 3, 5), elements=ELEMENTS, threads=2, largest=0)


def rows() -> Iterator[Row]:
    """Yield the rows of all measurements, each made ready and checked."""
    for measurement in MEASUREMENTS:
        yield from measurement.rows(PLAN)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row.name}, {row.bits:g} bits")
def test_speed(benchmark: BenchmarkFixture, row: Row, side: str) -> None:
    """Time a call."""
    benchmark.group = f"{row.name}, {row.bits:g} bits, {side}"  # runs side by side
    benchmark.extra_info["elements"] = row.elements
    benchmark(getattr(row, side).call)
