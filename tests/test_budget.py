"""Budgets of steps: what is cut and what is not, its law, and what is refused.

Statistical tests, on fixed seeds: 6 Kolmogorov-Smirnov tests of level 1e-4 (see tests/goodness.py);
9 distances and 9 shares that are further from their true values than `within` says with a chance of
1e-4 each. 0.0024 false alarms expected over all choices of seeds.
"""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import special

import astar_rec as rec
from astar_rec import reference
from astar_rec import reference as ref
from astar_rec.codecs import engine
from astar_rec.custom import lockstep
from common import PAIRS, PairCase, check_codec, each_pair, same_bits
from goodness import ALPHA, check_uniform, seed_for

if TYPE_CHECKING:
    from collections.abc import Callable

P = rec.Normal(0.0, 1.0)
BUDGETS = [1, 2, 3, 5, 8, 20]


@dataclass(frozen=True)
class Kind:
    """A kind of codec and of the reference's, made from a budget (and a seed)."""

    name: str
    make: Callable[..., rec.Codec]
    reference: Callable[[int | None], ref.Partition]


KINDS = [
    Kind("global", lambda most, seed, **o: rec.GlobalAStar(seed, most, **o), ref.GlobalAStar),
    Kind("as", lambda most, seed, **o: rec.ASStar(seed, max_steps=most, **o), ref.ASStar),
    Kind(
        "ad",
        lambda most, seed, **o: rec.ADStar(seed, max_steps=most, **o),
        lambda most: ref.ADStar(max_steps=most),
    ),
    Kind(
        "dad",
        lambda most, seed, **o: rec.DADStar(6, seed, max_steps=most, **o),
        lambda most: ref.DADStar(6, max_steps=most),
    ),
]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_kind_with_blocks = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.name != "as"], ids=lambda kind: kind.name
)
each_budget = pytest.mark.parametrize("most", BUDGETS)


def targets(shape: Any, seed: int = 0, least: float = 0.15) -> rec.Normal:
    rng = np.random.default_rng(seed)
    return rec.Normal(rng.uniform(-0.8, 0.8, size=shape), rng.uniform(least, 0.9, size=shape))


def assert_same(a: rec.Encoded, b: rec.Encoded) -> None:
    assert np.array_equal(a.index, b.index)
    assert np.array_equal(a.steps, b.steps)
    assert same_bits(a.sample, b.sample)
    assert a.cut == b.cut


# --- Against the reference -----------------------------------------------------------------------


def expected_of(
    kind: Kind, most: int, q: ref.Distribution, p: ref.Distribution, seed: int, element: int
) -> ref.Encoded | None:
    try:
        return ref.encode(kind.reference(most), q, p, seed, element)
    except ref.TooMuchInformationError:
        return None


@each_kind
@each_pair
@each_budget
def test_reference(kind: Kind, pair: PairCase, most: int) -> None:
    seed = seed_for("budget", kind.name, pair.name, most)
    parameters = pair.parameters(np.random.default_rng(seed).random((4, 12)), bounded=True)
    codec, cut = kind.make(most, seed), 0
    for i, (q, p) in enumerate(pair.references(parameters)):
        expected = expected_of(kind, most, q, p, seed, i)
        one = pair.distributions(parameters[:, i : i + 1])
        if expected is None:
            with pytest.raises(rec.DivergenceError):
                codec.encode(*one, offset=i)
            continue
        r = check_codec(codec, *one, offset=i)
        assert r.index.tolist() == [expected.index]
        assert same_bits(r.sample, [expected.sample])
        assert r.steps.tolist() == [expected.steps]
        assert r.cut == int(expected.cut)
        assert type(r.cut) is int
        cut += r.cut
    if most == 1 and pair.target != "Uniform":
        assert cut > 0


@pytest.mark.parametrize("depth", [None, 7])
@pytest.mark.parametrize("hints", [None, [0.0, 3.0, 1.0]])
@pytest.mark.parametrize("most", [1, 2, 4, 9, 30])
def test_reference_of_blocks(depth: int | None, hints: list[float] | None, most: int) -> None:
    seed = seed_for("budget of blocks", depth, hints, most)
    q = targets((10, 3), seed)
    codec = (
        rec.ADStar(seed, 3, bits_hint=hints, max_steps=most)
        if depth is None
        else rec.DADStar(depth, seed, block=3, bits_hint=hints, max_steps=most)
    )
    r, cut = codec.encode(q, P), 0
    for i in range(10):
        pairs = zip(q.loc[i].tolist(), q.scale[i].tolist(), strict=True)
        one = [ref.Normal(loc, scale) for loc, scale in pairs]
        expected = reference.encode_block(
            one, [ref.Normal(0.0, 1.0)] * 3, seed, 3 * i, hints, depth, most
        )
        assert r.index[i, 0].tolist() == [expected.index, 0, 0]
        assert same_bits(r.sample[i], expected.samples)
        assert r.steps[i, 0] == expected.steps
        cut += expected.cut
    assert r.cut == cut
    assert same_bits(rec.ADStar(seed, 3, bits_hint=hints).decode(r.index, P), r.sample)


def custom_of(q: ref.Normal) -> rec.CustomTarget:
    """The reference's own ratio against the standard normal, as a custom target."""
    ratio = ref.log_ratio(q, ref.Normal(0.0, 1.0))

    def log_ratio(x: np.ndarray) -> np.ndarray:
        return np.array([ratio(z) for z in x.tolist()])

    def bound(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return np.array([ratio.supremum(a, b) for a, b in zip(low.tolist(), high.tolist())])  # noqa: B905

    return rec.CustomTarget(log_ratio, bound=bound, shape=(1,))


@each_kind
@pytest.mark.parametrize("q", [ref.Normal(0.4, 0.3), ref.Normal(-1.0, 0.05)], ids=str)
def test_reference_of_custom_targets(kind: Kind, q: ref.Normal) -> None:
    for most in BUDGETS:
        for seed in range(8):
            expected = expected_of(kind, most, q, ref.Normal(0.0, 1.0), seed, 5)
            assert expected is not None
            r = check_codec(kind.make(most, seed), custom_of(q), P, offset=5)
            assert r.index.tolist() == [expected.index]
            assert same_bits(r.sample, [expected.sample])
            assert r.steps.tolist() == [expected.steps]
            assert r.cut == int(expected.cut)


def test_where_indices_end() -> None:
    """A search that is cut fails for no node that it would not have looked at."""
    q, p, fails = ref.Normal(0.0, 2.0**-70), ref.Normal(0.0, 1.0), []
    for seed in range(3):
        outcomes = []
        for most in range(50, 110):
            expected = expected_of(KINDS[2], most, q, p, seed, 0)
            codec = rec.ADStar(seed, max_steps=most)
            outcomes.append(expected is not None)
            if expected is None:
                with pytest.raises(rec.DivergenceError, match="below depth 63"):
                    codec.encode(custom_of(q), P)
            else:
                r = check_codec(codec, custom_of(q), P)
                assert (r.cut, r.index[0], r.steps[0]) == (1, expected.index, most)
        fails.append(outcomes.index(False))
        assert outcomes == sorted(outcomes, reverse=True)
    assert min(fails) > 0


# --- Against the search without a budget ---------------------------------------------------------


def check_against_exact(r: rec.Encoded, exact: rec.Encoded, most: int) -> None:
    steps = exact.steps
    assert exact.cut == 0
    assert np.array_equal(r.steps, np.minimum(steps, most))
    assert r.cut == np.count_nonzero(steps > most)
    whole = steps <= most
    assert np.array_equal(r.index[whole], exact.index[whole])
    if r.sample.shape == whole.shape:
        assert same_bits(r.sample[whole], exact.sample[whole])


@each_kind
@pytest.mark.parametrize(
    "pair", [pair for pair in PAIRS if pair.target != "Uniform"], ids=lambda pair: pair.name
)
def test_what_is_not_cut(kind: Kind, pair: PairCase) -> None:
    q, p = pair.random(np.random.default_rng(3), (20, 30), bounded=True)
    exact = kind.make(None, 5).encode(q, p)
    cuts = []
    for most in [*BUDGETS, int(exact.steps.max()) - 1, int(exact.steps.max()), 2**64 - 1]:
        codec = kind.make(most, 5)
        r = check_codec(codec, q, p)
        check_against_exact(r, exact, most)
        # The receiver need not know the budget (of the global bound, the largest index).
        assert same_bits(kind.make(None, 5).decode(r.index, p), r.sample)
        cuts.append(r.cut)
    assert cuts[0] > 100
    assert cuts[-3] > 0
    assert cuts[-2:] == [0, 0]
    assert_same(r, exact)


@each_kind_with_blocks
@each_budget
def test_blocks(kind: Kind, most: int) -> None:
    q = targets((30, 7), least=0.5)
    exact = kind.make(None, 5, block=4).encode(q, P)
    codec = kind.make(most, 5, block=4)
    r = codec.encode(q, P)
    check_against_exact(r, exact, most)
    assert 0 < r.cut <= r.steps.size == 60
    assert same_bits(codec.decode(r.index, P, shape=(30, 7)), r.sample)
    for row, block in np.argwhere(exact.steps <= most):
        part = np.s_[row, 4 * block : 4 * block + 4]
        assert same_bits(r.sample[part], exact.sample[part])


@each_kind
@each_budget
def test_custom_targets(kind: Kind, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    q = targets((40, 10))
    loc, scale = q.loc.reshape(-1), q.scale.reshape(-1)

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        s = scale[element]
        return 0.5 * (x * x) - 0.5 * ((x - loc[element]) / s) ** 2 - np.log(s)

    target = rec.CustomTarget(log_ratio, mode=q.loc / ((1.0 - q.scale) * (1.0 + q.scale)))
    codec = kind.make(most, 5)
    r = check_codec(codec, target, P)
    check_against_exact(r, kind.make(None, 5).encode(target, P), most)
    assert_same(r, codec.encode(q, P))
    monkeypatch.setattr(lockstep, "_BATCH", 64)
    assert_same(r, codec.encode(target, P))


@each_kind
def test_one_step_is_the_root(kind: Kind) -> None:
    q = targets(500)
    r = kind.make(1, 9).encode(q, P)
    assert (r.index == 1).all()
    assert (r.steps == 1).all()
    assert same_bits(r.sample, rec.GlobalAStar(9).decode(np.ones(500, np.uint64), P))
    # The proposal itself needs no more.
    assert kind.make(1, 9).encode(rec.Normal(np.zeros(50), 1.0), P).cut == 0


@each_kind
def test_threads_and_pieces(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    q = targets(3000)
    alone = kind.make(4, 1, threads=1).encode(q, P)
    assert 100 < alone.cut < 2900
    for threads in (2, 8, None):
        assert_same(kind.make(4, 1, threads=threads).encode(q, P), alone)
    monkeypatch.setattr(engine, "_PIECE", 700)
    assert_same(kind.make(4, 1).encode(q, P, progress=lambda *_: None), alone)


@each_kind
@pytest.mark.parametrize("again", [lambda c: pickle.loads(pickle.dumps(c)), copy.deepcopy])
def test_codecs_can_be_pickled(kind: Kind, again: Any) -> None:
    codec, q = kind.make(3, 77), targets(50)
    assert repr(again(codec)) == repr(codec)
    r = again(codec).encode(q, P)
    assert_same(r, codec.encode(q, P))
    assert again(r).cut == r.cut > 0


def test_repr() -> None:
    assert repr(rec.ADStar(1, 2, max_steps=9)) == "ADStar(seed=1, block=2, max_steps=9)"
    assert repr(rec.ASStar(1, max_steps=9)) == "ASStar(seed=1, max_steps=9)"
    assert repr(rec.DADStar(4, 1, max_steps=9)) == "DADStar(depth=4, seed=1, max_steps=9)"
    for codec in (rec.ADStar(0), rec.ASStar(0), rec.DADStar(4, 0), rec.GlobalAStar(0)):
        assert "max_steps" not in repr(codec)


# --- The law of the samples ----------------------------------------------------------------------


def within(size: int) -> float:
    """How far an empirical law of so many samples is from the true one, but with chance ALPHA."""
    # By the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart.
    return math.sqrt(math.log(2 / ALPHA) / (2 * size))


def distance(u: np.ndarray) -> float:
    """The largest distance between an empirical law and the uniform one."""
    u, n = np.sort(u), u.size
    return float(max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max()))


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.name)
def test_bias_shrinks_with_the_budget(kind: Kind) -> None:
    size = 20_000
    q = rec.Normal(np.full(size, 1.0), 0.25)
    distances = []
    for most in (1, 4, 8) if kind.name == "global" else (1, 2, 4):
        r = kind.make(most, seed_for("bias", kind.name, most)).encode(q, P)
        if most == 1:
            check_uniform(special.ndtr(r.sample), "one step gives the proposal")
        distances.append(distance(special.ndtr((r.sample - 1.0) / 0.25)))
        # Whoever is not cut has the exact sample.
        assert distances[-1] <= r.cut / size + 2 * within(size)
    # Between 0.1 and 0.4 apart, and the last 0.03 or more from 0.
    assert distances[0] > distances[1] + 2 * within(size)
    assert distances[1] > distances[2] + 2 * within(size)
    assert distances[2] > within(size)


@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.name)
def test_a_generous_budget_is_exact(kind: Kind) -> None:
    q = targets(20_000, seed=seed_for("generous", kind.name))
    r = kind.make(100_000, seed_for("generous samples", kind.name)).encode(q, P)
    assert r.cut == 0
    check_uniform(special.ndtr((r.sample - q.loc) / q.scale))


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, 2**64, "3"], ids=repr)
def test_budgets_that_are_none(bad: Any) -> None:
    for make in (rec.ADStar, rec.ASStar, partial(rec.DADStar, 5)):
        with pytest.raises(rec.ParameterError, match="max_steps") as caught:
            make(0, max_steps=bad)
        assert caught.value.argument == "max_steps"
        assert caught.value.value == bad
    with pytest.raises(TypeError):
        rec.ADStar(0, 1, 5)  # by its name only


@pytest.mark.parametrize("most", [1, 5])
def test_nothing_found(most: int) -> None:
    # Of a narrow uniform target a short search may meet no sample at all.
    low, high = np.array([0.0, 0.0, 0.5]), np.array([1.0, 1.0, 0.5 + 1e-9])
    p = rec.Uniform(0.0, 1.0)
    custom_target = rec.CustomTarget(
        lambda x, i: np.where((x >= low[i]) & (x <= high[i]), -np.log(high[i] - low[i]), -np.inf),
        bound=-np.log(high - low),
    )
    for target in (rec.Uniform(low, high), custom_target):
        for kind in KINDS:
            with pytest.raises(rec.DivergenceError, match="no sample within") as caught:
                kind.make(most, 0).encode(target, p)
            assert caught.value.element == (2,)
            assert caught.value.bits == pytest.approx(-np.log2(1e-9), rel=1e-3)
            assert caught.value.limit <= most - 1
    with pytest.raises(rec.DivergenceError, match="no sample within"):
        rec.ADStar(0, 3, max_steps=most).encode(rec.Uniform(low, high), p)


def test_what_is_refused_without_a_budget() -> None:
    # A budget is of time: it makes neither positions finer nor the proposal wider.
    for make in (rec.ADStar, rec.ASStar):
        for q in (rec.Normal(0.25, 1e-25), rec.Normal(200.0, 0.25)):
            for options in ({}, {"max_steps": 100}):
                with pytest.raises(rec.DivergenceError, match="use a wider"):
                    make(0, **options).encode(q, P)


def test_absurd_bounds() -> None:
    target = rec.CustomTarget(lambda x: -4.0 * x * x, bound=1000.0, shape=20)
    for kind in KINDS:
        r = check_codec(kind.make(30, 0), target, P)
        assert (r.steps == 30).all()
        assert r.cut == 20


def test_the_warning() -> None:
    assert issubclass(rec.ApproximationWarning, UserWarning)
    assert not issubclass(rec.ApproximationWarning, rec.RecError)


# DAD* has 2^6 nodes, and is never cut at 300 steps.
@pytest.mark.parametrize("kind", KINDS[:3], ids=lambda kind: kind.name)
@pytest.mark.parametrize("bits", [50.0, 63.0, 65.0, 1000.0])
def test_containers_of_loose_bounds(kind: Kind, bits: float) -> None:
    # With a budget bounds may be loose: that one search is cut, and all is read again.
    bound = np.full(6, 2.0)
    bound[3] = bits * math.log(2.0)
    target = rec.CustomTarget(
        lambda x: 0.5 * x * x - 2.0 * (x - 0.5) ** 2 + math.log(2.0), bound=bound, shape=6
    )
    with pytest.warns(rec.ApproximationWarning, match="1 of 6"):
        data, sample = rec.compress(target, P, codec=kind.make(300, 1), return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    assert np.all(np.abs(sample - 0.5) < 3.0)
