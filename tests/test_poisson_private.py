"""Poisson private representation: what is special about it.

(The general tests of methods run on it. Those over all codecs do not: they take codecs whose
messages follow from the shared seed alone, and not from the sender's, or how loose a bound is.)

Statistical tests, on fixed seeds: 9 Kolmogorov-Smirnov tests and 8 chi-square tests, of level 1e-4
each. 0.0017 false alarms expected over all choices of seeds. A
test of counts allows six deviations.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special, stats

import astar_rec as rec
from astar_rec import reference
from astar_rec.reference.poisson_private import poisson
from choices import P, normal_targets
from common import SEEDS, PairCase, check_codec, each_pair, same_bits
from goodness import check, check_uniform, seed_for

# --- The law -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1.25, 1.5, 2.0, 8.0, math.inf])
def test_samples_follow_their_targets(alpha: float) -> None:
    seed = seed_for("private", str(alpha))
    q = normal_targets((3_000 if alpha < 1.5 else 40_000,), seed)
    codec = rec.PoissonPrivateRepresentation(alpha, seed, private_seed=seed + 1)
    r = check_codec(codec, q, P)
    check_uniform(special.ndtr((r.sample - q.loc) / q.scale), f"alpha {alpha}")
    # What was left out does not show.
    assert r.cut <= (30 if alpha < 1.5 else 0)


def test_without_privacy_it_is_the_global_bound() -> None:
    """With the same arrivals: the sender's own seed is the shared one."""
    q = normal_targets((20_000,), 3)
    for block in (1, 2):
        codec = rec.PoissonPrivateRepresentation(math.inf, 5, private_seed=5, block=block)
        r = codec.encode(q, P)
        exact = rec.GlobalAStar(5, block=block).encode(q, P)
        assert np.array_equal(r.index, exact.index if block == 1 else exact.index[..., 0])
        assert np.array_equal(r.steps, exact.steps)
        assert same_bits(r.sample, exact.sample)
        assert r.cut == 0


# --- The choice, by its definition ---------------------------------------------------------------

ALL = 4_000  # samples whose weights are added up one by one
SHARED = 7  # the seed


def shares(ratio: np.ndarray, arrivals: np.ndarray, alpha: float) -> np.ndarray:
    """The chance of each sample to be chosen, given all density ratios and arrivals.

    Of as many runs as there are rows of arrivals. Beyond the last sample, weights are what they are
    on average.
    """
    weight = (ratio / arrivals) ** alpha
    beyond = (ratio**alpha).mean() * arrivals[:, -1:] ** (1 - alpha) / (alpha - 1)
    chances: np.ndarray = weight / (weight.sum(axis=1, keepdims=True) + beyond)
    return chances


def arrivals_of(runs: int, samples: int, seed: int) -> np.ndarray:
    """Arrivals of a Poisson process, in many runs."""
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.exponential(size=(runs, samples)), axis=1)


def laplace_mechanism(answer: float, element: int) -> tuple[rec.Laplace, np.ndarray]:
    """The target of an input, and the ratios at an element's shared samples, which are numbered."""
    proposal = rec.Laplace(0.0, 1.0)
    number = np.arange(1, ALL + 1, dtype=np.uint64)
    x = np.array([rec.GlobalAStar(SHARED).decode(n, proposal, offset=element) for n in number])
    return rec.Laplace(answer, 1.0), np.exp(np.abs(x) - np.abs(x - answer))


def messages(target: rec.Laplace, alpha: float, element: int, seed: int, runs: int) -> np.ndarray:
    """The messages for one element: the sender draws anew each time, what is shared stays."""
    proposal = rec.Laplace(0.0, 1.0)
    return np.array(
        [
            rec.PoissonPrivateRepresentation(alpha, SHARED, private_seed=seed + run, threads=1)
            .encode(target, proposal, offset=element)
            .index
            for run in range(runs)
        ],
        np.int64,
    )


@pytest.mark.parametrize("alpha", [1.5, 2.0])
@pytest.mark.parametrize("element", range(4))
def test_choices_follow_their_definition(alpha: float, element: int) -> None:
    """Given the shared samples: counts of messages, against shares of all weights."""
    seed, most, runs = seed_for("private choices", str(alpha), element), 12, 5_000
    target, ratio = laplace_mechanism(0.7, element)
    sent = messages(target, alpha, element, seed, runs)
    drawn = shares(ratio, arrivals_of(4_000, ALL, seed), alpha)[:, :most]
    drawn = np.column_stack((drawn, 1 - drawn.sum(axis=1)))
    expected = drawn.mean(axis=0)
    counts = np.bincount(np.minimum(sent, most + 1), minlength=most + 2)[1:]
    # The shares are means of so many draws: that adds to the counts' variance.
    inflated = 1 + runs * (drawn.var(axis=0) / len(drawn)).sum() / (expected * (1 - expected)).sum()
    statistic = ((counts - runs * expected) ** 2 / (runs * expected)).sum() / inflated
    check(float(stats.chi2.sf(statistic, most)), f"choices, {alpha}, {element}")


# --- Privacy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [1.25, 2.0, 4.0])
@pytest.mark.parametrize("epsilon", [0.1, 1.0])
def test_privacy_by_enumeration(alpha: float, epsilon: float) -> None:
    """Randomised response to a question of two answers: all shared samples of a small case.

    Each of six samples is one of two answers. For all 64 of these and every message, no chance is
    more than e^(2αε) times that for the other input: whatever the arrivals are, and on average.
    """
    codec = rec.PoissonPrivateRepresentation(alpha, 1)
    bound = math.exp(codec.privacy(epsilon))
    assert bound == pytest.approx(math.exp(2 * alpha * epsilon))
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    arrivals, largest = arrivals_of(2_000, 6, 1), 0.0
    first, others = np.empty((64, 6)), np.empty((64, 6))
    for case in range(64):
        answers = case >> np.arange(6) & 1
        for shown, is_first in ((first, True), (others, False)):
            ratio = np.where(answers == is_first, 2 * truth, 2 * (1 - truth))
            weight = (ratio / arrivals) ** alpha
            chances = weight / weight.sum(axis=1, keepdims=True)
            if is_first:
                kept = chances
            shown[case] = chances.mean(axis=0)
        assert (kept <= bound * chances * (1 + 1e-12)).all()
        assert (chances <= bound * kept * (1 + 1e-12)).all()
        largest = max(largest, (kept / chances).max(), (chances / kept).max())
    assert (first <= bound * others).all()
    assert (others <= bound * first).all()
    # The bound is no wider than it must be, and the mechanism's own does not hold for messages.
    assert largest > 0.8 * bound
    assert (first / others).max() > math.exp(alpha * epsilon)


def test_messages_are_private() -> None:
    """Of two inputs to a Laplace mechanism of ε = 1: counts of all messages that are not rare."""
    alpha, runs = 1.5, 4_000
    bound = rec.PoissonPrivateRepresentation(alpha, 1).privacy(1.0)
    for element in range(4):
        one, other = (
            np.bincount(
                messages(rec.Laplace(answer, 1.0), alpha, element, 10**6 * (3 + element), runs),
                minlength=30,
            )[:30]
            for answer in (-0.5, 0.5)
        )
        # Six deviations of the logarithm of a count of 20 or more.
        common = np.maximum(one, other) >= 20
        log_ratio = np.log(np.maximum(one, 1) / np.maximum(other, 1))[common]
        assert (np.abs(log_ratio) < bound + 6 * math.sqrt(2 / 20)).all()
        assert ((one > 0) & (other > 0))[common].all()


def test_other_messages_are_not() -> None:
    """Without α, some messages are sent for the one input alone: the test above can fail."""
    told = 0
    for element in range(4):
        one, other = (
            np.bincount(
                messages(rec.Laplace(answer, 1.0), math.inf, element, 10**6, 1_000), minlength=30
            )[:30]
            for answer in (-0.5, 0.5)
        )
        told += np.count_nonzero((np.maximum(one, other) >= 20) & (np.minimum(one, other) == 0))
    assert told > 0


def test_the_senders_seed_is_its_own() -> None:
    codec = rec.PoissonPrivateRepresentation(2.0, 1)
    q = normal_targets((2_000,), 2)
    first, second = codec.encode(q, P), codec.encode(q, P)
    assert not np.array_equal(first.index, second.index)
    for r in (first, second):
        assert same_bits(codec.decode(r.index, P), r.sample)
    known = rec.PoissonPrivateRepresentation(2.0, 1, private_seed=3)
    assert known == codec
    assert repr(known) == repr(codec) == "PoissonPrivateRepresentation(alpha=2.0, seed=1)"
    data = rec.compress(q, P, codec=known)
    assert rec.inspect(data).codec.private_seed is None
    assert np.array_equal(known.encode(q, P).index, known.encode(q, P).index)


# --- Against the reference -----------------------------------------------------------------------


@each_pair
@settings(max_examples=15, deadline=None)
@given(
    data=st.data(),
    seed=SEEDS,
    private=SEEDS,
    offset=st.integers(0, 2**40),
    alpha=st.sampled_from([1.25, 1.5, 2.0, 3.7, 1024, math.inf]),
)
def test_blocks_of_the_reference(
    pair: PairCase, data: st.DataObject, seed: int, private: int, offset: int, alpha: float
) -> None:
    size = data.draw(st.integers(1, 2))
    parameters = data.draw(pair.strategy(size, bounded=True))
    q, p = zip(*pair.references(parameters), strict=True)
    codec = rec.PoissonPrivateRepresentation(alpha, seed, private_seed=private, block=size)
    try:
        r = codec.encode(*pair.distributions(parameters), offset=offset)
    except rec.DivergenceError:
        assume(False)
    assume(r.steps.sum() < 5000)
    method = reference.PoissonPrivateRepresentation(codec.alpha, private)
    expected = reference.choose_block(method, q, p, seed, offset)
    assert r.index.tolist() == [expected.index]
    assert same_bits(r.sample, expected.samples)
    assert r.steps.tolist() == [expected.steps]
    assert r.cut == expected.cut


def test_custom_targets() -> None:
    q = normal_targets((500,), 6)

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        z = (x - q.loc[element]) / q.scale[element]
        return 0.5 * (x * x) - 0.5 * (z * z) - np.log(q.scale[element])

    codec = rec.PoissonPrivateRepresentation(2.0, 7, private_seed=8)
    mode = q.loc / (1 - q.scale**2)
    r = check_codec(codec, rec.CustomTarget(log_ratio, mode=mode, shape=500), P)
    own = codec.encode(q, P)
    assert np.count_nonzero(r.index != own.index) <= 1
    assert r.cut == own.cut


@pytest.mark.parametrize("length", [0.0, 0.5, 63.9, 700.0, 2.0**20])
def test_counts_are_poisson(length: float) -> None:
    """Random places in the shares of counts are uniform."""
    rng = np.random.default_rng(seed_for("poisson", str(length)))
    counts = np.array(
        [poisson(length, lambda: int(rng.integers(2**64, dtype=np.uint64))) for _ in range(3000)]
    )
    if length == 0.0:
        assert (counts == 0).all()
        return
    low, high = stats.poisson.cdf(counts - 1, length), stats.poisson.cdf(counts, length)
    check_uniform(low + rng.random(counts.size) * (high - low), f"counts of mean {length}")


# --- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, 1, 1.2, 1025, -2.0, math.nan, True, None, "2", [2]], ids=repr)
def test_alphas_that_are_none(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match=r"alpha is .* from 1\.25 to 1024") as caught:
        rec.PoissonPrivateRepresentation(bad, 0)
    assert caught.value.argument == "alpha"


def test_other_arguments() -> None:
    for name, bad in (("private_seed", -1), ("private_seed", 2**64), ("block", 2**16 + 1)):
        with pytest.raises(rec.ParameterError, match=name):
            rec.PoissonPrivateRepresentation(2, 0, **{name: bad})
    codec = rec.PoissonPrivateRepresentation(1.7, 0)
    assert codec.alpha == 1741 / 1024
    assert codec.privacy(0) == rec.PoissonPrivateRepresentation(math.inf, 0).privacy(0) == 0.0
    assert rec.PoissonPrivateRepresentation(math.inf, 0).privacy(0.5) == math.inf
    for bad in (-0.5, math.nan, "1"):
        with pytest.raises(rec.ParameterError, match="epsilon"):
            codec.privacy(bad)  # type: ignore[arg-type]


def test_what_is_refused() -> None:
    """Nothing is coded by itself, in containers either: it would not be private."""
    q = rec.Normal([0.0, 0.0], [0.5, 1e-9])
    codec = rec.PoissonPrivateRepresentation(2.0, 0)
    for call in (lambda: codec.encode(q, P), lambda: rec.compress(q, P, codec=codec)):
        with pytest.raises(
            rec.DivergenceError, match="wider target or a closer proposal"
        ) as caught:
            call()
        assert caught.value.element == (1,)
        assert caught.value.limit == 24.0
