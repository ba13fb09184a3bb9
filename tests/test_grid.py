"""Which elements indices stand for."""

from __future__ import annotations

import pytest

from astar_rec.container.grid import Grid


@pytest.mark.parametrize(
    ("shape", "block", "runs_through"),
    [
        ((), 1, False),
        ((0,), 1, False),
        ((10,), 1, False),
        ((10,), 4, False),
        ((8,), 4, False),
        ((3, 10), 4, False),
        ((3, 4), 16, False),
        ((2, 3, 5), 2, False),
        ((2, 3, 5), 7, True),
        ((2, 3, 5), 64, True),
    ],
)
def test_sizes_of_indices(shape: tuple[int, ...], block: int, runs_through: bool) -> None:
    grid = Grid(shape, block, 16, runs_through)
    expected = [len(grid.elements_of(index, index + 1)) for index in range(grid.indices)]
    assert sum(expected) == grid.elements
    for begin in range(grid.indices + 1):
        for end in range(begin, grid.indices + 1):
            assert grid.sizes(begin, end).tolist() == expected[begin:end]
