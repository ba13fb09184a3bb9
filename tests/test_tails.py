"""Masses between positions of any target against any proposal; categories; what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import astar_rec as rec
from astar_rec.codecs.engine import samples_at
from astar_rec.custom import Tails, as_target, tails_at
from astar_rec.distributions import Distribution, Parameter
from astar_rec.distributions.tails import mass
from astar_rec.reference.cells import cell_widths
from common import each_codec
from goodness import check, check_uniform, seed_for

Array = np.ndarray
TOP = 2**64
GRID = np.array([1, 2, 2**20, 2**62, 2**63, 3 * 2**62, TOP - 2**20, TOP - 1], np.uint64)


def at(target: Any, proposal: Any, edges: Any, number: int = 0) -> Array:
    q = as_target(target)
    shape = np.broadcast_shapes(q.shape, proposal.shape)
    edge = np.asarray(edges, np.uint64)
    return tails_at(q, proposal, edge, np.full(edge.size, number, np.int64), shape)


def masses(tails: Array) -> Array:
    """Return the masses of what edges cut the line into."""
    ends = np.concatenate(([0.0], tails, [-5e-324]))
    return mass(ends[:-1], ends[1:])


# --- Continuous ---

PROPOSALS = {
    "normal": rec.Normal(0.5, 2.0),
    "uniform": rec.Uniform(-30.0, 30.0),
    "histogram": rec.Histogram([-40.0, -1.0, 1.0, 40.0], [1.0, 2.0, 3.0]),
    "mixture": rec.Mixture([0.5, 0.5], [-2.0, 2.0], [2.0, 1.0]),
    "custom": rec.CustomProposal(stats.logistic.ppf),
}
TARGETS = {
    "histogram": (rec.Histogram([-1.0, 0.0, 0.5], [1.0, 3.0]), None),
    "mixture": (rec.Mixture([0.25, 0.75], [-1.0, 1.0], 0.5), None),
    "custom": (rec.CustomTarget(cdf=stats.norm.cdf, sf=stats.norm.sf), stats.norm()),
    "scipy": (stats.t(5.0), stats.t(5.0)),
}


@pytest.mark.parametrize("name", PROPOSALS)
@pytest.mark.parametrize("target", TARGETS)
def test_tails_are_the_targets_at_samples(name: str, target: str) -> None:
    proposal, (q, known) = PROPOSALS[name], TARGETS[target]
    s = at(q, proposal, GRID)
    if isinstance(proposal, rec.CustomProposal):
        u = np.minimum((GRID.astype(float) + 0.5) * 2.0**-64, 1 - 2.0**-53)
        x = stats.logistic.ppf(u)
    else:
        x = samples_at(proposal, GRID)
    if known is not None:
        lower, upper = known.cdf(x), known.sf(x)
    else:
        number = np.zeros(x.size, np.int64)
        own = q._tail(x, *q._at(number, ()))
        lower, upper = np.where(own >= 0, own, 1 + own), np.where(own >= 0, 1 - own, -own)
    np.testing.assert_allclose(s, np.where(lower <= 0.5, lower, -upper), rtol=1e-9, atol=1e-300)
    assert (masses(s) >= 0).all()
    assert masses(s).sum() == pytest.approx(1.0)


def test_many_elements() -> None:
    rng = np.random.default_rng(2)
    q = rec.Mixture(rng.random((3, 1, 2)), rng.normal(size=(4, 2)), 0.5)
    p = rec.Histogram([-40.0, 0.0, 40.0], rng.random((3, 4, 2)))
    element = rng.integers(0, 12, 500)
    edge = rng.integers(1, TOP, 500, dtype=np.uint64)
    tails = Tails(q, p, (3, 4))
    assert tails.precise_above
    s = tails(edge, element)
    for number in range(12):
        mine = element == number
        i, j = divmod(number, 4)
        assert np.array_equal(s[mine], at(q[i, j], p[i, j], edge[mine]))
    assert tails(edge[:0], element[:0]).shape == (0,)


def test_many_numbers_an_element_are_taken_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    q = rec.Histogram(np.arange(65.0), rng.random((50, 64)))
    p = rec.Uniform(0.0, 64.0)
    element = rng.integers(0, 50, 300)
    edge = rng.integers(1, TOP, 300, dtype=np.uint64)
    whole = tails_at(q, p, edge, element, (50,))
    monkeypatch.setattr("astar_rec.custom.callables._NUMBERS", 1000)
    assert np.array_equal(tails_at(q, p, edge, element, (50,)), whole)


def test_precision_above() -> None:
    p = rec.Normal(0.0, 1.0)
    for q, precise in (
        (rec.CustomTarget(cdf=stats.norm.cdf), False),
        (rec.CustomTarget(cdf=stats.norm.cdf, sf=stats.norm.sf), True),
        (as_target(stats.gamma(2.0)), True),
        (as_target(stats.triang(0.5)), False),
        (rec.Mixture(1.0, 0.0, 1.0), True),
    ):
        assert Tails(q, p, ()).precise_above is precise


# --- The law that they tell ---


def drawn(target: Any, proposal: Any, count: int, rng: np.random.Generator) -> Array:
    """Return samples whose positions are drawn bit by bit, each by the masses of both halves."""
    q = as_target(target)
    tails = Tails(q, proposal, (count,))
    element = np.arange(count)
    position = np.zeros(count, np.uint64)
    low, high = np.zeros(count), np.full(count, -5e-324)
    for level in range(63, -1, -1):
        middle = position + np.uint64(1 << level)
        between = tails(middle, element)
        below, above = mass(low, between), mass(between, high)
        up = rng.random(count) * (below + above) >= below
        # Where nothing is left to tell, both halves are alike.
        up = np.where(below + above > 0, up, rng.random(count) < 0.5)
        position = np.where(up, middle, position)
        low, high = np.where(up, between, low), np.where(up, high, between)
    return samples_at(proposal, position)


LAWS = {
    "mixture against normal": (TARGETS["mixture"][0], PROPOSALS["normal"]),
    "mixture against mixture": (TARGETS["mixture"][0], PROPOSALS["mixture"]),
    "mixture against histogram": (TARGETS["mixture"][0], PROPOSALS["histogram"]),
    "histogram against mixture": (TARGETS["histogram"][0], PROPOSALS["mixture"]),
    "histogram against histogram": (TARGETS["histogram"][0], PROPOSALS["histogram"]),
    "narrow against mixture": (rec.Mixture(1.0, 1.5, 1e-9), PROPOSALS["mixture"]),
    "far up against mixture": (rec.Mixture(1.0, 9.0, 0.1), PROPOSALS["mixture"]),
    "gamma against normal": (stats.gamma(2.0, scale=0.5), rec.Normal(1.0, 3.0)),
    "t against logistic": (stats.t(4.0), rec.Logistic(0.0, 2.0)),
    "cdf alone": (rec.CustomTarget(cdf=stats.norm(0.2, 0.5).cdf), rec.Normal(0.0, 1.0)),
}


@pytest.mark.parametrize("name", LAWS)
def test_positions_drawn_by_masses_follow_the_target(name: str) -> None:
    target, proposal = LAWS[name]
    seed = seed_for("positions by masses", name)
    x = drawn(target, proposal, 4000, np.random.default_rng(seed))
    if isinstance(target, Distribution):
        s = target._tail(x, *target._at(np.zeros(x.size, np.int64), ()))
        u = np.where(s >= 0, s, 1.0 + s)
    else:
        u = stats.norm.cdf(x, 0.2, 0.5) if name == "cdf alone" else target.cdf(x)
    check_uniform(u, name)


def test_categories_drawn_by_masses_follow_the_target() -> None:
    q, p = np.array([0.05, 0.5, 0.0, 0.25, 0.2]), rec.Categorical([4.0, 1.0, 1.0, 2.0, 1.0])
    x = drawn(rec.Categorical(q), p, 5000, np.random.default_rng(seed_for("categories")))
    counts = np.bincount(x.astype(int), minlength=5)
    assert counts[2] == 0
    there = q > 0
    check(stats.chisquare(counts[there], 5000 * q[there]).pvalue, "categories")


# --- Categories ---


def exact(target: list[float], proposal: list[float], edge: int) -> Fraction:
    """Return the target's mass of the positions below an edge."""
    total = sum(map(Fraction, target))
    below, start = Fraction(0), 0
    for q, width in zip(target, cell_widths(proposal), strict=True):
        if edge >= start + width:
            below += Fraction(q)
        elif edge > start:
            below += Fraction(q) * Fraction(edge - start, width)
        start += width
    return below / total


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(2.0**-60, 1.0)), min_size=1, max_size=6),
    st.lists(st.integers(1, TOP - 1) | st.integers(1, 99), min_size=1, max_size=8),
    st.booleans(),
)
def test_categories(rows: list[tuple[float, float]], edges: list[int], upper: bool) -> None:
    target, proposal = (list(each) for each in zip(*rows, strict=True))
    if sum(target) <= 0:
        target[0] = 1.0
    if upper:
        edges = [TOP - edge for edge in edges]
    starts = list(accumulate(cell_widths(proposal)))
    edges += [start for start in starts[:-1] if 0 < start < TOP]
    s = at(rec.Categorical(target), rec.Categorical(proposal), edges)
    for edge, tail in zip(edges, s.tolist(), strict=True):
        below = exact(target, proposal, edge)
        if tail >= 0:
            assert below <= Fraction(1, 2) + Fraction(1, 2**50)
            assert tail == pytest.approx(float(below), rel=1e-13, abs=1e-300)
        else:
            assert below >= Fraction(1, 2) - Fraction(1, 2**50)
            assert -tail == pytest.approx(float(1 - below), rel=1e-13, abs=1e-300)


def test_categories_of_many_elements() -> None:
    rng = np.random.default_rng(5)
    q, p = rec.Categorical(rng.random((4, 3))), rec.Categorical(rng.random((2, 1, 3)) + 0.1)
    element = rng.integers(0, 8, 100)
    edge = rng.integers(1, TOP, 100, dtype=np.uint64)
    s = tails_at(q, p, edge, element, (2, 4))
    for number in range(8):
        mine = element == number
        assert np.array_equal(s[mine], at(q[number % 4], p[number // 4, 0], edge[mine]))


def test_positions_of_a_category_decode_to_it() -> None:
    p = rec.Categorical([0.1, 0.0, 0.6, 0.3])
    starts = [0, *accumulate(cell_widths([0.1, 0.0, 0.6, 0.3]))]
    for category in (0, 2, 3):
        position = np.array([starts[category], starts[category + 1] - 1], np.uint64)
        assert samples_at(p, position).tolist() == [category] * 2


def test_categorical_as_a_value() -> None:
    d = rec.Categorical([1.0, 0.0, 3.0])
    parameters = d._at(np.zeros(6, np.int64), ())
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 7.0])
    log_masses = d.log_density(x, *parameters)
    assert log_masses[[1, 4]].tolist() == np.log([0.25, 0.75]).tolist()
    assert np.isneginf(log_masses[[0, 2, 3, 5]]).all()
    assert d._tail(x, *parameters).tolist() == [0.0, 0.25, 0.25, 0.25, -5e-324, -5e-324]


def test_divergence_of_categories() -> None:
    q, p = rec.Categorical([[1, 1, 0], [0, 1, 3]]), rec.Categorical([1, 1, 2])
    assert rec.kl_bits(q, p).tolist() == pytest.approx([1.0, 0.25 * 0 + 0.75 * np.log2(1.5)])
    assert rec.kl_bits(q, rec.Categorical([1, 1, 0])).tolist() == [0.0, np.inf]
    with pytest.raises(rec.ParameterError, match="of 3 categories"):
        rec.kl_bits(q, rec.Categorical([1, 1]))


# --- What is refused ---


def test_mass_where_the_proposal_has_none() -> None:
    q = rec.Categorical([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    with pytest.raises(rec.DivergenceError, match=r"mass in \(0.0, 1.0\], and the") as caught:
        at(q, rec.Categorical([1, 0, 1]), GRID)
    assert caught.value.element == (1,)
    assert caught.value.bits == np.inf
    at(q[0], rec.Categorical([1, 0, 1]), GRID)
    gap = rec.Histogram([0.0, 1.0, 2.0, 3.0], [[1, 1, 1], [1, 0, 1]])
    with pytest.raises(rec.DivergenceError, match=r"mass in \(1.0, 2.0\]") as caught:
        at(rec.Mixture(1.0, [[1.5], [1.5]], 0.1), gap, GRID)
    assert caught.value.element == (1,)
    at(rec.Histogram([0.0, 1.0, 2.0, 3.0], [1, 0, 1]), gap, GRID)


def test_pairs_that_do_not_go_together() -> None:
    c, h = rec.Categorical([1, 1]), rec.Histogram([0, 1], [1])
    custom = rec.CustomTarget(cdf=stats.norm.cdf)
    for q, p, text in (
        (c, h, "Categorical against Histogram.*a continuous target"),
        (h, c, "Histogram against Categorical.*a discrete target"),
        (custom, c, "CustomTarget against Categorical.*a discrete target"),
        (c, rec.CustomProposal(lambda u: u), "Categorical against CustomProposal"),
        (c, rec.Categorical([1, 1, 1]), "of 2 categories.*3 categories, as the proposal has"),
        (rec.CustomTarget(np.log, mode=0.0), h, "a CustomTarget with cdf"),
    ):
        with pytest.raises(rec.ParameterError, match=text) as caught:
            at(q, p, GRID)
        assert caught.value.argument == "target"


def test_families_without_tails() -> None:
    class Silent(Distribution):
        __slots__ = ()
        loc = Parameter("A number.")

        def __init__(self, loc: object) -> None:
            super().__init__(loc)

    with pytest.raises(rec.ParameterError, match="'Silent'; expected a family with tails"):
        at(Silent(0.0), rec.Normal(0.0, 1.0), GRID)
    with pytest.raises(NotImplementedError, match="Silent has no tails"):
        Silent._tail(np.zeros(1), np.zeros(1))


@each_codec
def test_searches_take_no_categories(codec_case: Any) -> None:
    c, codec = rec.Categorical([1, 1]), codec_case.make(1)
    custom = rec.CustomTarget(lambda x: 0 * x, mode=0.0)
    for argument, call in (
        ("target", lambda: codec.encode(c, c)),
        ("target", lambda: codec.encode(c, rec.Normal(0.0, 1.0))),
        ("proposal", lambda: codec.encode(rec.Normal(0.0, 1.0), c)),
        ("proposal", lambda: codec.encode(custom, c)),
        ("proposal", lambda: codec.decode([1], c)),
    ):
        with pytest.raises(rec.ParameterError, match="continuous; PolarCoding takes") as caught:
            call()
        assert caught.value.argument == argument
