"""Searches of blocks that end when little is left in doubt: the bound, its law, what is refused.

Statistical tests, on fixed seeds: 8 Kolmogorov-Smirnov and chi-square tests of level 1e-4 (see
tests/goodness.py), and 6 numbers of blocks that differ, each larger than its bound allows with a
chance of some 1e-4. 0.0014 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

import astar_rec as rec
from astar_rec import reference
from astar_rec.codecs import core_reach, difficulty, engine, escapes
from astar_rec.reference.doubts import POWERS, SLACK, Doubt, Power, chosen_power, with_power
from astar_rec.reference.functions import normal_quantile
from astar_rec.reference.gumbels import gumbel_of
from astar_rec.reference.positions import cell_first, cell_last
from astar_rec.reference.ratios import LogRatio, log_ratio
from common import SEEDS, same_bits
from goodness import check_counts, check_uniform, seed_for

P = rec.Normal(0.0, 1.0)
OWN = reference.Normal(0.0, 1.0)


def wide(shape: tuple[int, ...], seed: int, least: float = 0.9, most: float = 1.15) -> rec.Normal:
    """Targets of which searches take long, for what they say."""
    rng = np.random.default_rng(seed)
    return rec.Normal(0.4 * rng.normal(size=shape), rng.uniform(least, most, shape))


def number(words: np.ndarray) -> int:
    return sum(int(word) << (64 * i) for i, word in enumerate(words))


def differ(a: rec.Encoded, b: rec.Encoded) -> int:
    """The number of blocks whose indices are others."""
    return int((a.index != b.index).any(axis=-1).sum())


def require_no_more(count: int, bound: float) -> None:
    """Refuses counts whose mean is no larger than a bound with a chance of some 1e-4."""
    assert count <= bound + 4.0 * math.sqrt(bound) + 4.0


# --- Against the reference -----------------------------------------------------------------------


def check_against_reference(
    means: list[float],
    scales: list[float],
    within: float,
    seed: int = 1,
    offset: int = 0,
    **options: Any,
) -> rec.Encoded:
    block, depth = len(means), options.get("depth")
    own = {name: value for name, value in options.items() if name != "hints"}
    kind = rec.ADStar if depth is None else rec.DADStar
    codec = kind(seed=seed, block=block, within=within, bits_hint=options.get("hints"), **own)
    r = codec.encode(rec.Normal(means, scales), P, offset=offset)
    q = [reference.Normal(*each) for each in zip(means, scales, strict=True)]
    expected = reference.encode_block(
        q, [OWN] * block, seed, offset, within=within, **{"hints": None, **options}
    )
    assert number(r.index[0]) == expected.index
    assert r.sample.tolist() == expected.samples
    assert r.steps.tolist() == [expected.steps]
    assert (r.cut, r.within) == (expected.cut, expected.within)
    assert same_bits(codec.decode(r.index, P, shape=(block,), offset=offset), r.sample)
    return r


@settings(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    elements=st.lists(st.tuples(st.floats(-0.7, 0.7), st.floats(0.8, 1.2)), min_size=2, max_size=6),
    within=st.sampled_from([1e-12, 1e-6, 1e-4, 1e-2, 0.3, 0.999]),
    hints=st.one_of(st.none(), st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=6, max_size=6)),
    offset=st.integers(0, 2**40),
)
def test_reference(
    seed: int, elements: list[tuple[float, float]], within: float, hints: Any, offset: int
) -> None:
    means, scales = ([each[i] for each in elements] for i in (0, 1))
    options = {"max_steps": 300, "hints": hints and hints[: len(means)]}
    check_against_reference(means, scales, within, seed, offset, **options)


@pytest.mark.parametrize("block", [2, 3, 5, 8, 9, 16])
def test_reference_without_a_budget(block: int) -> None:
    rng = np.random.default_rng(block)
    for _ in range(10):
        means, scales = 0.05 * rng.normal(size=block), rng.uniform(0.95, 1.05, block)
        r = check_against_reference(means.tolist(), scales.tolist(), 1e-4, 5, 7 * block)
        assert r.cut == 0
        assert r.within <= 1e-4


@pytest.mark.parametrize("depth", [0, 1, 5, 40])
def test_reference_with_a_limit(depth: int) -> None:
    check_against_reference([0.3, -1.0, 0.7], [1.1, 0.9, 1.0], 1e-3, depth=depth)


@pytest.mark.parametrize("most", [1, 2, 7, 50])
def test_budgets_say_what_they_leave(most: int) -> None:
    rng, left = np.random.default_rng(most), []
    for seed in range(20):
        means = rng.normal(size=3).tolist()
        r = check_against_reference(means, [0.9, 0.95, 1.05], 1e-9, seed, max_steps=most)
        assert 0.0 <= r.within <= 1.0
        assert r.cut or r.within <= 1e-9
        left.append(r.within)
    assert max(left) > 1e-9


def test_blocks_without_a_bound_are_searched_to_the_end() -> None:
    means, scales = [0.2, -0.1], [1.02, 2.0**-17]
    r = check_against_reference(means, scales, 1e-2)
    whole = rec.ADStar(1, 2).encode(rec.Normal(means, scales), P)
    assert r.within == 0.0
    assert r.steps.tolist() == whole.steps.tolist()
    assert (r.index == whole.index).all()
    cut = check_against_reference(means, scales, 1e-2, max_steps=1)
    assert (cut.cut, cut.within) == (1, 1.0)


def test_narrow_blocks_are_searched_as_without() -> None:
    q = rec.Normal(np.linspace(-1.0, 1.0, 80).reshape(10, 8), 0.4)
    a, b = (rec.ADStar(3, 8, within=w).encode(q, P) for w in (1e-4, None))
    assert same_bits(a.sample, b.sample)
    assert np.array_equal(a.steps, b.steps)
    assert a.within == 0.0


# --- The bound -----------------------------------------------------------------------------------


def power_of(power: float, *targets: reference.Normal) -> Power | None:
    return with_power(power, [q.loc for q in targets], [q.scale for q in targets])


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("target", [(0.0, 1.0), (0.3, 1.04), (-1.2, 0.5), (0.5, 0.01), (0.2, 1.4)])
def test_shares_are_integrals(target: tuple[float, float], power: float) -> None:
    mean, scale = target
    chosen = power_of(power, reference.Normal(mean, scale))
    if chosen is None:
        assert power * (scale * scale - 1.0) > 0.8
        return
    doubt, ratio = Doubt(chosen, 0.0), log_ratio(reference.Normal(mean, scale), OWN)

    nodes, weights = np.polynomial.legendre.leggauss(40)

    def integral(a: float, b: float) -> float:
        edges = np.linspace(a, b, 30)
        half = 0.5 * np.diff(edges)[:, None]
        z = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes
        log_ratio_at = 0.5 * z * z - 0.5 * ((z - mean) / scale) ** 2 - math.log(scale)
        log_density = -0.5 * z * z - 0.5 * math.log(2.0 * math.pi)
        values = np.exp((1.0 + power) * log_ratio_at + log_density - chosen.total)
        return float((half * weights * values).sum())

    rng = np.random.default_rng(seed_for("shares", target, power))
    for depth in (0, 1, 2, 3, 5, 9, 15):
        for _ in range(6):
            cell = int(rng.integers(2**depth, 2 ** (depth + 1)))
            low, high = normal_quantile(cell_first(cell)), normal_quantile(cell_last(cell))
            share = doubt.share(0, (low, high), 2.0**-depth, ratio.supremum(low, high))
            peak = min(max(chosen.middles[0], low), high)
            marks = peak + chosen.widths[0] * np.array([-9.0, -3.0, 0.0, 3.0, 9.0])
            edges = sorted({low, *np.clip(marks, low, high).tolist(), high})
            true = sum(integral(*each) for each in itertools.pairwise(edges))
            assert true * (1.0 - 1e-8) <= share * (1.0 + SLACK)
            if 2 < cell & (2**depth - 1) < 2**depth - 3:  # elsewhere positions end before the law
                assert share <= true * (1.0 + 1e-5) + 2.0**-50


@pytest.mark.parametrize("power", [0.125, 0.5, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("target", [(0.3, 1.04), (0.0, 1.4), (-3.0, 0.2), (6.0, 0.01)])
def test_shares_of_few_positions(target: tuple[float, float], power: float) -> None:
    chosen = power_of(power, reference.Normal(*target))
    if chosen is None:
        return
    doubt, ratio = Doubt(chosen, 0.0), log_ratio(reference.Normal(*target), OWN)
    rng = np.random.default_rng(seed_for("positions", target, power))
    for depth in (54, 58, 61, 63):
        last = 2 ** (depth + 1) - 1
        for cell in (2**depth, 2**depth + 1, last, 2**depth + int(rng.integers(0, 2**depth))):
            first, end = cell_first(cell), cell_last(cell)
            ends = normal_quantile(first), normal_quantile(min(end + 1, 2**64 - 1))
            share = doubt.share(0, ends, 2.0**-depth, ratio.supremum(*ends))
            logs = [ratio(normal_quantile(k)) for k in range(first, end + 1)]
            true = sum(math.exp((1.0 + power) * r - chosen.total - 64 * math.log(2)) for r in logs)
            assert true <= share * (1.0 + SLACK)


@pytest.mark.parametrize("seed", range(8))
def test_weights_bound_what_is_expected(seed: int) -> None:
    """Of a box of two dimensions, by a grid of its points."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        means, scales = rng.normal(size=2), rng.uniform(0.6, 1.2, 2)
        targets = [reference.Normal(*map(float, each)) for each in zip(means, scales, strict=True)]
        ratios: list[LogRatio] = [log_ratio(each, OWN) for each in targets]
        power = chosen_power(ratios, float(10.0 ** rng.uniform(-6, -1)))
        assert power is not None
        doubt, values, shares, mass = Doubt(power, 1.0), [], [], 1.0
        for j, ratio in enumerate(ratios):
            depth = int(rng.integers(0, 5))
            cell = int(rng.integers(2**depth, 2 ** (depth + 1)))
            low, high = normal_quantile(cell_first(cell)), normal_quantile(cell_last(cell))
            shares.append(doubt.share(j, (low, high), 2.0**-depth, ratio.supremum(low, high)))
            mass *= 2.0**-depth
            u = (cell - 2**depth + (np.arange(600) + 0.5) / 600) * 2.0**-depth
            z = special.ndtri(u)
            y = (z - means[j]) / scales[j]
            values.append(0.5 * z * z - 0.5 * y * y - np.log(scales[j]))
        rho = np.exp(values[0][:, None] + values[1])
        arrival, best = float(rng.exponential() / mass + rng.exponential()), rng.normal()
        reach = math.exp(-best) * rho
        expected = (reach > arrival).mean() + mass * np.maximum(reach - arrival, 0.0).mean()
        bound = doubt.factor(best) * doubt.weight(shares, gumbel_of(arrival), arrival, mass)
        assert expected <= bound
        # Of points that are expected there are some: the bound is no matter of rounding.
        assert bound > 0.0


@pytest.mark.parametrize("power", [0.5, 2.0, 8.0])
@pytest.mark.parametrize("late", [1.0, 30.0, 1e4])
def test_weights_are_tight_where_the_ratio_is_even(power: float, late: float) -> None:
    """In a box where it hardly changes, at the height where the bound meets what is expected."""
    target, depth = reference.Normal(0.3, 0.9), 20
    chosen, ratio = power_of(power, target), log_ratio(target, OWN)
    assert chosen is not None
    cell = 2**depth + 2 ** (depth - 1) + 2 ** (depth - 3)
    low, high = normal_quantile(cell_first(cell)), normal_quantile(cell_last(cell))
    doubt, mass, height = Doubt(chosen, 3.0), 2.0**-depth, (1.0 + power) / power
    arrival = late / mass
    best = ratio(low) - math.log(height * arrival)
    share = doubt.share(0, (low, high), mass, ratio.supremum(low, high))
    bound = doubt.factor(best) * doubt.weight([share], gumbel_of(arrival), arrival, mass)
    sure = height ** (1.0 + power)  # where one point is certain, and its bound is above 1
    assert 1.0 + late * (height - 1.0) <= bound * (1.0 + 1e-6)
    assert bound <= (sure + late * (height - 1.0)) * 1.001


# --- What it promises ----------------------------------------------------------------------------

CASES = {
    "twos": (wide((10_000, 2), 1, 0.9, 1.1), 0.2),
    "fours": (wide((5_000, 4), 2, 0.9, 1.03), 0.05),
    "eights": (wide((1_500, 8), 3, 0.88, 0.97), 0.05),
}


@pytest.mark.parametrize("case", CASES)
def test_no_more_blocks_differ_than_it_says(case: str) -> None:
    q, within = CASES[case]
    whole = rec.ADStar(11, q.shape[-1], max_steps=200_000).encode(q, P)
    assert whole.cut == 0
    r = rec.ADStar(11, q.shape[-1], within=within).encode(q, P)
    assert r.cut == 0
    assert 0.0 < r.within <= within * len(q.loc)
    assert r.steps.sum() < 0.5 * whole.steps.sum()
    found = differ(r, whole)
    assert found > 0  # otherwise it tells nothing
    require_no_more(found, r.within)


@pytest.mark.parametrize("most", [2, 10, 50])
def test_budgets_differ_no_more_than_they_say(most: int) -> None:
    q = wide((5_000, 3), most)
    whole = rec.ADStar(12, 3).encode(q, P)
    r = rec.ADStar(12, 3, max_steps=most, within=1e-9).encode(q, P)
    assert r.cut > 0
    assert 1e-9 * 5_000 < r.within < r.cut
    found = differ(r, whole)
    assert found > 0
    require_no_more(found, r.within)


@pytest.mark.parametrize("within", [1e-3, 1e-2])
def test_law(within: float) -> None:
    """Of blocks that differ from the whole searches' too rarely for the tests to see."""
    rng = np.random.default_rng(4)
    means, scales = rng.uniform(-1, 1, size=(30_000, 2)), np.array([0.95, 1.2])
    r = rec.ADStar(seed_for("within", within), 2, within=within).encode(
        rec.Normal(means, scales), P
    )
    assert r.within < within * 30_000
    u = special.ndtr((r.sample - means) / scales)
    for j in (0, 1):
        check_uniform(u[:, j], f"element {j}")
    cells = np.floor(u * 6).astype(int)
    check_counts(cells[:, 0] * 6 + cells[:, 1], 36, "both elements")
    check_uniform((u[:, 0] + u[:, 1]) % 1.0, "the sum")


def test_wide_blocks_are_soon_found() -> None:
    rng = np.random.default_rng(0)
    for block, means, scales, most in [
        (8, 0.05 * rng.normal(size=(200, 8)), rng.uniform(0.95, 1.05, (200, 8)), 20),
        (16, rng.choice([-0.263, 0.263], size=(100, 16)), np.ones((100, 16)), 200),
    ]:
        r = rec.ADStar(1, block, within=1e-4).encode(rec.Normal(means, scales), P)
        assert r.steps.mean() < most
        assert r.within <= 1e-4 * len(means)


# --- The codecs ----------------------------------------------------------------------------------


def test_without_it_nothing_changes() -> None:
    q = wide((50, 4), 5)
    r = rec.ADStar(1, 4).encode(q, P)
    assert r.within == 0.0
    cut = rec.ADStar(1, 4, max_steps=3).encode(q, P)
    assert cut.within == cut.cut > 0
    assert rec.MinimalRandomCoding(8, 1).encode(q, P).within == 0.0


def test_receivers_need_not_know_it() -> None:
    q = wide((50, 8), 6)
    codec = rec.ADStar(1, 8, within=1e-3)
    r = codec.encode(q, P)
    assert codec.parameters == rec.ADStar(1, 8).parameters
    assert same_bits(rec.ADStar(1, 8).decode(r.index, P), r.sample)
    data = rec.compress(q, P, codec=codec)
    assert same_bits(rec.decompress(data, P), r.sample)


def test_threads_and_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    q = wide((3000, 4), 7)
    make = lambda **o: rec.ADStar(2, 4, within=1e-3, **o)  # noqa: E731
    alone = make(threads=1).encode(q, P)
    for threads in (2, 8, None):
        r = make(threads=threads).encode(q, P)
        assert same_bits(r.sample, alone.sample)
        assert r.within == alone.within
    monkeypatch.setattr(engine, "_PIECE", 100)
    r = make().encode(q, P, progress=lambda *_: None)
    assert r.within == alone.within
    assert same_bits(r.sample, alone.sample)


def test_hints_of_each_element() -> None:
    q, codec = wide((400, 8), 8), rec.ADStar(2, 8, within=1e-3, bits_hint="given")
    hints = np.asarray(rec.kl_bits(q, P))
    data = rec.compress(q, P, codec=codec, bits_hint=hints)
    assert rec.decompress(data, P, bits_hint=hints).shape == (400, 8)


def test_repr_and_copies() -> None:
    codec = rec.ADStar(1, 8, within=1e-4)
    assert repr(codec) == "ADStar(seed=1, block=8, within=0.0001)"
    assert "within" not in repr(rec.ADStar(1, 8))
    for again in (copy.deepcopy(codec), pickle.loads(pickle.dumps(codec))):
        assert again == codec
    r = codec.encode(wide((5, 8), 9), P)
    assert copy.deepcopy(r).within == r.within > 0.0
    assert f"cut: 0; within: {r.within:.3g})" in repr(r)
    assert rec.DADStar(9, 1, block=8, within=0.5).within == 0.5
    assert rec.ADStar(1, 8, within=np.float32(0.5)).within == 0.5


@pytest.mark.parametrize(
    "value", [0, 0.0, 1e-19, 1, 1.0, -0.1, math.nan, math.inf, "0.1", True, [0.1]]
)
def test_refused_numbers(value: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"within .* a number from 2.-60 to below 1"):
        rec.ADStar(1, 8, within=value)


def test_refused_methods() -> None:
    with pytest.raises(rec.ParameterError, match=r"within .*block=1.*give a block"):
        rec.ADStar(1, within=0.1)
    for q, p in [(rec.Laplace(0.0, 0.5), P), (rec.Normal(0.0, 0.5), rec.Laplace(0.0, 1.0))]:
        with pytest.raises(rec.ParameterError, match=r"within .*normals alone"):
            rec.ADStar(1, 2, within=0.1).encode(q, p)


def test_warnings_say_what_a_cut_leaves() -> None:
    q = wide((100, 4), 10)
    with pytest.warns(rec.ApproximationWarning, match=r"approximate \(no more than .* differ"):
        rec.compress(q, P, codec=rec.ADStar(1, 4, max_steps=4, within=1e-6))


def test_automatic_blocks_are_larger() -> None:
    q = wide((300, 8), 11, 0.95, 1.06)
    assert rec.automatic_codec(q, P, seed=1).block < 8
    codec = rec.automatic_codec(q, P, seed=1, within=1e-4)
    assert (codec.block, codec.within) == (8, 1e-4)
    assert rec.automatic_codec(rec.Laplace(0.0, [0.5] * 8), P, seed=1, within=1e-4).within is None


# --- In containers -------------------------------------------------------------------------------


def escapes_of(codec: rec.Codec, q: rec.Normal) -> int:
    reach = core_reach.CoreReach(q, P, q.shape)
    return sum(each.size for each in reach.escaped(codec))


def test_blocks_that_a_doubt_makes_easy_go_whole() -> None:
    rng = np.random.default_rng(12)
    collapsed = rec.Normal(0.1 * rng.normal(size=(200, 8)), rng.uniform(0.9, 1.1, (200, 8)))
    equal = rec.Normal(rng.choice([-0.263, 0.263], size=(50, 16)), np.ones((50, 16)))
    for q, block in ((collapsed, 8), (equal, 16)):
        assert escapes_of(rec.ADStar(1, block), q) > 50
        codec = rec.ADStar(1, block, within=1e-4)
        assert escapes_of(codec, q) == 0
        data = rec.compress(q, P, codec=codec)
        assert same_bits(rec.decompress(data, P), codec.encode(q, P).sample)


@pytest.mark.parametrize("block", [2, 4, 8, 16])
def test_no_block_that_is_left_stalls(block: int) -> None:
    rng = np.random.default_rng(block)
    shape = (40, block)
    for q in (
        rec.Normal(rng.normal(size=shape), 0.9 * np.ones(shape)),
        rec.Normal(rng.normal(size=shape), rng.uniform(0.7, 1.3, shape)),
        rec.Normal(np.zeros(shape), rng.uniform(1.0, 2.2, shape)),
        rec.Normal(0.6 * rng.normal(size=shape), np.where(np.arange(block) == 0, 1.5, 0.6)),
    ):
        codec = rec.ADStar(2, block, within=1e-4)
        easier, _ = escapes.without_escapes(codec, q, P, shape)
        r = codec.encode(easier, P)
        assert r.within <= 40e-4
        assert r.steps.max() < 400_000


def test_difficulty_is_that_of_the_search() -> None:
    rng = np.random.default_rng(13)
    mean, scale = rng.normal(size=(50, 3)), rng.uniform(0.5, 1.6, (50, 3))
    for within in (1e-6, 1e-2):
        for m, s in zip(mean, scale, strict=True):
            ratios: list[LogRatio] = [
                log_ratio(reference.Normal(float(a), float(b)), OWN)
                for a, b in zip(m, s, strict=True)
            ]
            ends = normal_quantile(0), normal_quantile(2**64 - 1)
            supremum = sum(each.supremum(*ends) for each in ratios)
            power = chosen_power(ratios, within, supremum)
            bits = difficulty.doubt_bits(
                m[None], s[None], np.array([supremum / math.log(2.0)]), within
            ).item()
            assert math.isinf(bits) == (power is None)
            if power is not None:
                log_t = (power.total + power.log_c - math.log(within)) / power.power
                assert bits == pytest.approx(log_t / math.log(2.0), rel=1e-9)
    assert difficulty.POWERS == POWERS
