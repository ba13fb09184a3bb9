"""What objects and errors say of themselves: short, and what one would call it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from scipy import stats

import astar_rec as rec

P = rec.Normal(0.0, 1.0)
Q = rec.Normal(np.linspace(-1, 1, 32).reshape(4, 8), 0.5)


def test_readers_and_writers() -> None:
    codec = rec.ADStar(seed=5)
    writer = rec.Writer(io.BytesIO(), codec=codec)
    writer.write(Q, P)
    assert repr(writer) == "Writer(codec=ADStar(seed=5), rows=4)"
    writer.close()
    with rec.Reader(rec.compress(Q, P, codec=codec)) as reader:
        assert repr(reader) == "Reader(shape=(4, 8), dtype=float64, codec=ADStar(seed=5))"


def test_codecs_of_many_hints() -> None:
    few = rec.ADStar(1, 8, bits_hint=np.arange(16) / 4)
    assert eval(repr(few), {"ADStar": rec.ADStar}) == few
    many = rec.ADStar(1, 8, bits_hint=np.ones(1000))
    assert repr(many) == "ADStar(seed=1, block=8, bits_hint=<1000 numbers>)"


@pytest.mark.parametrize(
    ("distribution", "name"),
    [
        (stats.poisson(3), "scipy.stats.poisson(3)"),
        (stats.gamma(2.0, scale=3.0), "scipy.stats.gamma(2.0, scale=3.0)"),
        (stats.beta, "scipy.stats.beta"),
        (stats.multivariate_normal([0, 0]), "a multivariate_normal_frozen of scipy.stats"),
        (object(), "an object of builtins"),
    ],
    ids=["frozen, discrete", "frozen", "not frozen", "of another kind", "anything"],
)
def test_what_errors_call_a_distribution(distribution: Any, name: str) -> None:
    with pytest.raises(rec.ParameterError) as found:
        rec.ADStar(1).encode(distribution, P)
    assert f" is {name}; expected" in str(found.value)


# --- inspect -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"contexts": np.arange(4)[:, None]},
        {"bits_hint": np.ones((4, 8))},
        {"contexts": np.arange(4)[:, None], "bits_hint": np.ones((4, 8))},
    ],
    ids=["contexts", "hints", "both"],
)
def test_inspect_without_what_was_given(given: dict[str, Any]) -> None:
    data = rec.compress(Q, P, codec=rec.ADStar(3, 4), chunk=16, **given)
    full, less = rec.inspect(data, Q, P, **given), rec.inspect(data, Q, P)
    for name in ("method", "codec", "code", "contexts", "shape", "chunk", "total_bits", "kl_bits"):
        assert getattr(less, name) == getattr(full, name)
    assert list(less.bits) == ["header", "chunks", "framing"]
    assert sum(less.bits.values()) == less.total_bits == 8 * len(data)
    assert less.bits["header"] == full.bits["header"]
    assert np.isnan(less.mean_depth)
    assert "chunks bits" in str(less)
    if len(given) == 2:
        assert rec.inspect(data, contexts=given["contexts"]).bits == less.bits
