"""Hints from targets: the columns' mean divergences, in little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.codecs import automatic
from astar_rec.codecs.automatic import column_hints

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("shape", [(40, 8), (5, 9, 8), (8 * 100, 3)])
@pytest.mark.parametrize("proposal", ["number", "columns", "all"])
@pytest.mark.parametrize("at_once", [8, 24, 100, 1 << 18])
def test_means_of_columns(
    shape: tuple[int, ...], proposal: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "_MEASURED", at_once)
    scale = np.geomspace(0.9, 0.01, shape[-1]) * RNG.uniform(0.5, 1.0, shape)
    unit = {"number": 1.0, "columns": RNG.uniform(1, 2, shape[-1]), "all": 1 + RNG.random(shape)}
    q, p = rec.Normal(RNG.normal(size=shape), scale), rec.Normal(0.0, unit[proposal])
    expected = rec.kl_bits(q, p).reshape(-1, shape[-1]).mean(axis=0)
    assert column_hints(q, p) == pytest.approx(tuple(expected))


def test_memory() -> None:
    """Less than the array itself takes: it was seven times as much."""
    shape = (1 << 18, 16)
    scale = np.broadcast_to(np.geomspace(0.9, 0.01, 16), shape).copy()
    q, p = rec.Normal(0.0, scale), rec.Normal(0.0, 1.0)
    tracemalloc.start()
    try:
        assert column_hints(q, p) is not None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < scale.nbytes
