"""Divergences by masses of cells, beside closed forms and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

import astar_rec as rec
from astar_rec.custom import as_target, divergence_bits


def test_normals() -> None:
    loc, scale = np.linspace(-2.0, 2.0, 9), np.array([[1e-3], [0.25], [1.0], [1.5]])
    one = rec.Mixture(1.0, loc[:, None], scale[..., None])
    p = rec.Normal(0.0, 1.0)
    expected = rec.kl_bits(rec.Normal(loc, scale), p)
    made = divergence_bits(one, p)
    assert made.shape == (4, 9)
    np.testing.assert_allclose(made, expected, rtol=1e-3, atol=1e-4)


def test_histograms() -> None:
    rng = np.random.default_rng(1)
    q = rec.Histogram(np.sort(rng.uniform(0, 1, (5_000, 5)), axis=-1), rng.random((5_000, 4)))
    p = rec.Histogram([-1.0, 0.2, 0.6, 2.0], [1.0, 3.0, 1.0])
    # Jumps of densities may hide from halvings now and then.
    np.testing.assert_allclose(divergence_bits(q, p), rec.kl_bits(q, p), rtol=5e-3, atol=1e-4)


def test_categories() -> None:
    rng = np.random.default_rng(1)
    q, p = rec.Categorical(rng.random((50, 7)) ** 4), rec.Categorical(rng.random(7) + 0.1)
    np.testing.assert_allclose(divergence_bits(q, p), rec.kl_bits(q, p), rtol=1e-3, atol=1e-4)
    assert divergence_bits(p, p) == pytest.approx(0.0, abs=1e-5)


def test_targets_of_scipy() -> None:
    known, p = stats.gamma(3.0, scale=0.4), stats.norm(1.0, 2.0)
    nats, _ = integrate.quad(
        lambda x: known.pdf(x) * (known.logpdf(x) - p.logpdf(x)), 0.0, 30.0, epsabs=1e-12
    )
    made = divergence_bits(as_target(known), rec.Normal(1.0, 2.0))
    assert made.shape == ()
    assert made == pytest.approx(nats / np.log(2), rel=1e-3)
    assert divergence_bits(as_target(stats.gamma(np.ones((2, 0)))), rec.Normal(0.0, 1.0)).shape == (
        2,
        0,
    )
