"""Histograms: CDF, density and divergence, and as targets and proposals of searches."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import astar_rec as rec
from astar_rec.codecs.engine import samples_at
from astar_rec.reference.cells import cell_widths
from common import CODECS, CodecCase, check_codec, each_codec, same_bits
from goodness import check_uniform, seed_for

Array = np.ndarray
P = rec.Histogram([-2.0, -1.0, 0.0, 1.0, 4.0], [1.0, 2.0, 4.0, 1.0])
each_exact_codec = pytest.mark.parametrize(
    "codec_case", [case for case in CODECS if case.exact], ids=lambda case: case.name
)


def targets(rng: np.random.Generator, shape: tuple[int, ...]) -> rec.Histogram:
    """Return targets inside of P, whose ratio is small."""
    edges = np.sort(rng.uniform(-1.9, 3.9, size=(*shape, 4)), axis=-1)
    return rec.Histogram(edges + np.array([-0.1, 0.0, 0.01, 0.1]), rng.random((*shape, 3)) + 0.05)


def parameters(d: Any, size: int) -> Any:
    return d._at(np.zeros(size, np.int64), ())


def cdf(x: Array, d: Any) -> Array:
    """Return the CDF of one sample of each element, or of many of one."""
    edges, masses = (np.broadcast_to(each, (*x.shape, each.shape[-1])) for each in d._parameters)
    part = (x[..., None] - edges[..., :-1]) / np.diff(edges, axis=-1)
    return (np.clip(part, 0.0, 1.0) * masses).sum(axis=-1) / masses.sum(axis=-1)


# --- CDF and quantile ---


@settings(deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 1e-25]), min_size=1, max_size=7),
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 99), min_size=1, max_size=9),
    st.booleans(),
    st.integers(0, 99),
)
def test_tails_are_precise_at_samples(
    masses: list[float], positions: list[int], upper: bool, seed: int
) -> None:
    if sum(masses) <= 0:
        masses[0] = 1.0
    edges = np.cumsum(np.random.default_rng(seed).uniform(0.1, 2.0, len(masses) + 1)) - 3.0
    d = rec.Histogram(edges, masses)
    position = np.array(positions, np.uint64)
    position = ~position if upper else position
    x = samples_at(d, position)
    assert ((x >= edges[0]) & (x <= edges[-1])).all()
    s = d._tail(x, *parameters(d, x.size))
    below = np.array([(int(each) + 0.5) / 2**64 for each in position])
    above = np.array([(2**64 - int(each) - 0.5) / 2**64 for each in position])
    # A sample is rounded; a cell without positions has some mass.
    density = max(masses) / sum(masses) / np.diff(edges).min()
    slack = 4 * density * np.spacing(np.abs(edges).max()) + len(masses) * 2.0**-64
    wanted = np.where(s >= 0, below, above)
    assert (np.abs(np.abs(s) - wanted) <= slack + 1e-14 * wanted).all()


def test_tails_far_out() -> None:
    d = rec.Histogram([0.0, 1.0, 2.0, 3.0], [1e-200, 1.0, 1e-100])
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 2.75, 3.0, 9.0])
    s = d._tail(x, *parameters(d, x.size))
    expected = [0.0, 0.0, 5e-201, 1e-200, -1e-100, -2.5e-101, -5e-324, -5e-324]
    np.testing.assert_allclose(s, expected, rtol=1e-14, atol=0.0)


@settings(deadline=None)
@given(
    st.lists(
        st.floats(0.0, 1e300) | st.sampled_from([0.0, 1.0, 5e-324, 2.0**-64]),
        min_size=1,
        max_size=9,
    )
)
def test_cells_make_up_all_positions(masses: list[float]) -> None:
    if sum(masses) <= 0:
        masses[-1] = 1.0
    widths = cell_widths(masses)
    assert sum(widths) == 2**64
    assert min(widths) >= 0
    shares = np.array(masses) / sum(masses)
    # Rounded down, and once more in the division; the largest takes what is left.
    assert np.abs(np.array(widths, float) / 2.0**64 - shares).max() <= len(masses) * 2.0**-52
    d = rec.Histogram(np.arange(len(masses) + 1.0), masses)
    begin = 0
    for cell, width in enumerate(widths):
        if width:
            ends = samples_at(d, np.array([begin, begin + width - 1], np.uint64))
            assert cell <= ends[0] <= ends[1] <= cell + 1
        begin += width


# --- Density and divergence ---


def test_density() -> None:
    x = np.array([-2.5, -2.0, -1.5, -1.0, 0.5, 3.0, 4.0, 4.5])
    made = np.exp(P.log_density(x, *parameters(P, x.size)))
    np.testing.assert_allclose(made, [0, 1 / 8, 1 / 8, 1 / 4, 1 / 2, 1 / 24, 1 / 24, 0])


OTHERS = {
    "Normal": (rec.Normal(0.5, 2.0), stats.norm(0.5, 2.0)),
    "Laplace": (rec.Laplace(0.5, 2.0), stats.laplace(0.5, 2.0)),
    "Logistic": (rec.Logistic(0.5, 2.0), stats.logistic(0.5, 2.0)),
    "Uniform": (rec.Uniform(-5.0, 7.0), stats.uniform(-5.0, 12.0)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_divergence(name: str) -> None:
    p, known = OTHERS[name]
    q = targets(np.random.default_rng(3), (4,))
    bits = rec.kl_bits(q, p)
    for each in range(4):
        one = q[each]
        nats = 0.0
        for low, high, mass in zip(one.edges[:-1], one.edges[1:], one.masses, strict=True):
            share = mass / one.masses.sum()
            log_q = np.log(share / (high - low))
            integral, _ = integrate.quad(lambda x: log_q - known.logpdf(x), low, high)  # noqa: B023
            nats += integral * share / (high - low)
        assert bits[each] == pytest.approx(nats / np.log(2), rel=1e-6)


def test_divergence_of_histograms() -> None:
    q = targets(np.random.default_rng(3), (40,))
    x = (np.arange(100_000) + 0.5) / 100_000
    bits = rec.kl_bits(q, P)
    for each in (0, 7, 39):
        sample = samples_at(q[each], (x * 2.0**64).astype(np.uint64))
        ratio = q.log_density(sample, *parameters(q[each], x.size))
        ratio -= P.log_density(sample, *parameters(P, x.size))
        assert ratio.mean() / np.log(2) == pytest.approx(bits[each], rel=1e-3, abs=1e-4)
    assert rec.kl_bits(P, P) == pytest.approx(0.0, abs=1e-12)
    # Half of it at twice the density, half at the same.
    assert rec.kl_bits(rec.Uniform(-1.0, 1.0), P) == pytest.approx(0.5)
    assert rec.kl_bits(rec.Uniform([-3.0, 0.0], [1.0, 5.0]), P).tolist() == [np.inf, np.inf]
    gap = rec.Histogram([-2.0, 0.0, 1.0, 4.0], [1, 0, 1])
    assert rec.kl_bits(rec.Uniform([-1.0, -1.0], [0.0, 0.5]), gap).tolist() == [2.0, np.inf]


# --- In searches ---


@each_codec
@pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")
def test_round_trip(codec_case: CodecCase) -> None:
    q = targets(np.random.default_rng(seed_for("histogram")), (6, 4))
    codec = codec_case.make(2**63 + 11)
    r = check_codec(codec, q, P, offset=3)
    part = codec.encode(q[1:6], P, offset=7)
    assert np.array_equal(part.index, r.index[1:6])
    assert same_bits(part.sample, r.sample[1:6])
    assert check_codec(codec, q[2, 2], P).sample.shape == ()
    assert check_codec(codec, q[:0], P).sample.shape == (0, 4)
    data, sample = rec.compress(q, P, codec=codec, chunk=16, return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    file = io.BytesIO()
    with rec.Writer(file, codec=codec, chunk=16) as writer:
        for rows in (slice(0, 2), slice(2, 6)):
            writer.write(q[rows], P)
    with rec.Reader(file.getvalue()) as reader:
        assert same_bits(reader.read(P, slice(1, 5)), sample[1:5])


@each_exact_codec
def test_exact(codec_case: CodecCase) -> None:
    seed = seed_for("histogram, exact", codec_case.name)
    q = targets(np.random.default_rng(seed), (3_000,))
    r = codec_case.make(seed).encode(q, P)
    check_uniform(cdf(r.sample, q), f"histograms by {codec_case.name}")


@pytest.mark.parametrize("name", OTHERS)
def test_against_other_families(name: str) -> None:
    p, _ = OTHERS[name]
    seed = seed_for("histogram against", name)
    q = targets(np.random.default_rng(seed), (3_000,))
    r = check_codec(rec.ADStar(seed), q, p)
    check_uniform(cdf(r.sample, q), f"histograms against {name}")


@pytest.mark.parametrize("name", OTHERS)
def test_other_families_against_it(name: str) -> None:
    rng = np.random.default_rng(seed_for("against histogram", name))
    wide = rec.Histogram([-60.0, -1.0, 0.0, 1.0, 60.0], [1.0, 2.0, 4.0, 1.0])
    loc, scale = rng.uniform(-1.0, 1.0, 3_000), rng.uniform(0.1, 0.9, 3_000)
    values = (loc, loc + scale) if name == "Uniform" else (loc, scale)
    r = check_codec(rec.ADStar(4), getattr(rec, name)(*values), wide)
    scipy_name = {"Normal": "norm"}.get(name, name.lower())
    u = getattr(stats, scipy_name).cdf(r.sample, loc, scale)
    check_uniform(u, f"{name} against histograms")


def test_without_a_codec() -> None:
    q = targets(np.random.default_rng(1), (5, 3))
    data, sample = rec.compress(q, P, return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    assert rec.inspect(data, q, P).kl_bits == pytest.approx(rec.kl_bits(q, P).sum())
    with pytest.raises(rec.ParameterError, match="with blocks"):
        rec.ADStar(1, 2).encode(q, P)


def test_too_much_information() -> None:
    narrow = rec.Histogram([[0.0, 1.0], [0.0, 1e-21]], [1.0])
    with pytest.raises(rec.DivergenceError) as caught:
        rec.ADStar(1).encode(narrow, P)
    assert caught.value.element == (1,)


@pytest.mark.parametrize("codec", [rec.ADStar(1), rec.GlobalAStar(1), rec.PolarCoding(1)], ids=str)
def test_a_bin_of_no_mass_on_both_sides(codec: Any) -> None:
    """0 to 0 is no ratio: it was NaN."""
    h = rec.Histogram(np.arange(5.0), np.tile([0.2, 0.0, 0.3, 0.5], (500, 1)))
    x = codec.encode(h, h).sample
    assert not ((x > 1) & (x < 2)).any()
    assert x.min() < 1
    assert x.max() > 3
