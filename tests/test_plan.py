"""The planner: what it chooses, and whether its predictions come true."""

from __future__ import annotations

import io
import math
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.custom import divergence_bits
from astar_rec.planner import plan_for
from common import same_bits

P = rec.Normal(0.0, 1.0)
POSTERIORS = Path(__file__).resolve().parents[2] / "shared/data/posteriors/vae.npz"


def marginal(bits: float, *shape: int, seed: int = 2) -> rec.Normal:
    """Targets of so many bits of information whose marginal is the proposal."""
    scale = 2.0**-bits
    means = np.random.default_rng(seed).normal(size=shape) * math.sqrt(1 - scale**2)
    return rec.Normal(means, scale)


def row(made: rec.Plan, name: str) -> rec.PlanRow:
    return next(each for each in made.rows if each.name == name)


def message_bits(q: Any, each: rec.PlanRow) -> float:
    """Bits an element of what a row would send, without a header."""
    data = rec.compress(q, P, codec=each.codec, code=each.code or each.codec.default_code(),
                        header=False)  # fmt: skip
    if isinstance(each.codec, rec.PolarCoding):
        data = b"".join(each.codec.encode(q, P).message)
    return 8 * len(data) / q.size


# --- Choices -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("elements", "codec"),
    [
        (1, rec.ADStar(5)),
        (8, rec.ADStar(5, 8)),
        (100, rec.ADStar(5, 8)),
        (10**4, rec.PolarCoding(5)),
        (10**6, rec.PolarCoding(5, block=2**20)),
    ],
)
def test_choices(elements: int, codec: rec.Codec, bits: float) -> None:
    made = rec.plan(marginal(bits, elements), P, seed=5)
    assert made.codec == codec
    assert made.elements == elements
    assert made.chosen in made.rows
    assert made.chosen.remark == ""
    assert all(each.remark for each in made.rows if each is not made.chosen)
    known = [each.bits for each in made.rows if each.seconds <= made.time]
    assert made.chosen.bits == min(known)


def test_the_time_decides() -> None:
    q = marginal(2.0, 10**4)
    assert rec.plan(q, P, seed=1, time=math.inf).codec == rec.PolarCoding(1)
    assert rec.plan(q, P, seed=1, time=1e-6).codec == rec.ADStar(1)
    few = marginal(2.0, 80)
    blocks = [rec.plan(few, P, time=time).codec.block for time in (1e-9, 7.9e-6, 1e-4)]
    assert blocks == [1, 4, 8]
    # Where nothing is as fast, the fastest.
    assert rec.plan(q, P, time=1e-12).chosen.name == "AD*"
    assert row(rec.plan(q, P, time=1e-6), "polar").remark == "takes longer"


def test_random_access() -> None:
    made = rec.plan(marginal(2.0, 10**4), P, seed=1, random_access=True)
    assert made.codec == rec.ADStar(1)
    assert isinstance(made.code, rec.TreeCode)
    assert {each.codec.block for each in made.rows} == {1}


def test_what_polar_cannot_take_is_searched_for_and_the_reverse() -> None:
    ratio = rec.CustomTarget(lambda x: np.log(2 * x), mode=1.0, shape=(50, 8))
    proposal = rec.Uniform(0.0, 1.0)
    made = rec.plan(ratio, proposal, seed=3)
    assert made.codec == rec.ADStar(3)
    assert math.isnan(made.information)
    assert "cdf" in row(made, "polar").remark
    cdf = rec.CustomTarget(cdf=lambda x: x * x, sf=lambda x: (1 - x) * (1 + x), shape=(50, 8))
    made = rec.plan(cdf, proposal, seed=3)
    assert made.codec == rec.PolarCoding(3)
    assert made.information == pytest.approx(0.2787, abs=0.003)
    assert "log_ratio" in row(made, "AD*").remark
    mixture = rec.Mixture([0.5, 0.5], [-1.0, 1.0], [0.1, 0.1])
    assert rec.plan(mixture, P, seed=3).codec == rec.PolarCoding(3)
    for q, p in ((ratio, proposal), (cdf, proposal), (mixture, P)):
        data, sample = rec.compress(q, p, return_sample=True)
        assert same_bits(rec.decompress(data, p), sample)


def test_neither_takes_it() -> None:
    with pytest.raises(rec.ParameterError, match="some method takes") as caught:
        rec.plan(rec.Categorical([0.5, 0.5]), P)
    assert caught.value.argument == "target"


def test_what_no_position_reaches_is_sent_as_numbers() -> None:
    q, p = rec.Normal(np.zeros(50), 1.0), rec.Uniform(0.0, 1.0)
    data, x = rec.compress(q, p, return_sample=True)
    assert rec.decompress(data, p).tobytes() == x.tobytes()
    assert rec.inspect(data).bits["escapes"] >= 64 * 50
    with pytest.raises(rec.DivergenceError, match="beyond all that 64-bit positions"):
        rec.plan(q, p).codec.encode(q, p)


def test_a_plan_depends_on_the_targets_alone() -> None:
    q = marginal(2.0, 50, 8)
    assert rec.plan(q, P, seed=1) == rec.plan(q, P, seed=1)
    one, other = (rec.plan(q, P, seed=seed) for seed in (1, 2))
    assert [each.bits for each in one.rows] == [each.bits for each in other.rows]
    assert [each.seconds for each in one.rows] == [each.seconds for each in other.rows]
    assert rec.plan(q, P).codec.seed != rec.plan(q, P).codec.seed


def test_frozen_and_printed() -> None:
    made = rec.plan(marginal(1.0, 1000), P)
    with pytest.raises(FrozenInstanceError):
        made.time = 1.0  # type: ignore[misc]
    lines = str(made).splitlines()
    assert len(lines) == 2 + len(made.rows)
    assert sum(line.startswith(">") for line in lines) == 1
    assert "1,000 elements" in lines[0]


@pytest.mark.parametrize("time", [0, -1.0, math.nan, "fast", [1e-4], None])
def test_refuses_times(time: Any) -> None:
    with pytest.raises(rec.ParameterError, match="time"):
        rec.plan(marginal(1.0, 8), P, time=time)


def test_empty_and_single() -> None:
    assert rec.plan(rec.Normal(np.zeros((0, 8)), 1.0), P, seed=1).codec == rec.ADStar(1)
    assert rec.plan(rec.Normal(0.3, 0.5), P, seed=1).codec == rec.ADStar(1)


# --- In `compress` -------------------------------------------------------------------------------


def test_compress_takes_the_plan() -> None:
    for q, time in ((marginal(1.0, 5000), None), (marginal(1.0, 40), None), (P[None], 1e-6)):
        data, sample = rec.compress(q, P, time=time, return_sample=True)
        found = rec.inspect(data)
        chosen = rec.plan(q, P, seed=found.codec.seed, time=1e-4 if time is None else time)
        assert found.codec == chosen.codec
        assert same_bits(rec.decompress(data, P), sample)


def test_compress_keeps_to_what_it_is_told() -> None:
    q = marginal(1.0, 500, 8)
    coded = rec.inspect(rec.compress(q, P, code=rec.GammaCode()))
    assert coded.codec == rec.ADStar(coded.codec.seed)
    for contexts in ("column", np.arange(500)[:, None]):
        found = rec.inspect(rec.compress(q, P, contexts=contexts))
        assert found.codec == rec.PolarCoding(found.codec.seed)
    with pytest.raises(rec.ParameterError, match="time"):
        rec.compress(q, P, codec=rec.ADStar(1), time=1e-3)
    with pytest.raises(rec.ParameterError, match="time"):
        rec.compress(q, P, codec=rec.ADStar(1), code=rec.AdaptiveCode(), header=False, time=1e-3)
    file = io.BytesIO()
    with rec.Writer(file) as writer:
        assert writer.codec == rec.ADStar(writer.codec.seed)
        writer.write(q, P)


def test_contexts_decide() -> None:
    """Searches have an index for each element then; contexts of polar coding cost something."""
    q = marginal(1.0, 500, 8)
    found = plan_for(q, P, contexts=8)
    assert {each.codec.block for each in found.rows} == {1, rec.PolarCoding.block}
    assert isinstance(found.codec, rec.PolarCoding)
    costs = [row(plan_for(q, P, contexts=number), "polar").bits for number in (0, 1, 3, 60)]
    assert costs[0] == costs[1] < costs[2] == costs[3]
    few = plan_for(marginal(1.0, 40), P, contexts=2)
    assert few.codec == rec.ADStar(few.codec.seed)


def test_a_writer_plans_with_contexts() -> None:
    q = marginal(1.0, 500, 8)
    for contexts, own, shape, kind in (
        ("column", None, (500, 8), rec.PolarCoding),
        ("given", np.arange(8), (500, 8), rec.PolarCoding),
        ("given", np.arange(8), None, rec.ADStar),  # others may follow
    ):
        file = io.BytesIO()
        with rec.Writer(file, time=1e-2, contexts=contexts, shape=shape) as writer:
            writer.write(q, P, own)
            assert isinstance(writer.codec, kind)
        assert rec.decompress(file.getvalue(), P, contexts=own).shape == (500, 8)


# --- Predictions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("elements", [64, 1024, 16384])
def test_bits_come_true(bits: float, elements: int) -> None:
    """Each method's, to within a fourth of its excess, and a byte and a half a message."""
    q = marginal(bits, elements)
    made = rec.plan(q, P, seed=3)
    for each in made.rows:
        if each.codec.block == 8 and elements > 1024:
            continue
        excess = each.bits - made.information
        tolerance = 0.25 * excess + 12 / elements
        assert message_bits(q, each) == pytest.approx(each.bits, abs=tolerance), each.name


@pytest.mark.slow
def test_bits_of_a_quarter_of_a_million_come_true() -> None:
    q = marginal(1.0, 1 << 18)
    made = rec.plan(q, P, seed=3)
    assert message_bits(q, made.chosen) == pytest.approx(made.chosen.bits, abs=0.01)


def test_information_of_many_is_that_of_some() -> None:
    bits = np.tile([0.5, 1.0, 2.0, 4.0], 50_000)
    scale = 2.0**-bits
    means = np.random.default_rng(1).normal(size=bits.size) * np.sqrt(1 - scale**2)
    q = rec.Normal(means, scale)
    assert rec.plan(q, P).information == pytest.approx(rec.kl_bits(q, P).mean(), rel=0.02)
    some = divergence_bits(q, P, np.array([7, 100]))
    assert some == pytest.approx(rec.kl_bits(q[[7, 100]], P), rel=0.01)


@pytest.mark.skipif(not POSTERIORS.exists(), reason="posteriors of a VAE are not at hand")
def test_real_posteriors() -> None:
    with np.load(POSTERIORS) as file:
        loc, scale, *prior = (
            file[name].astype(float) for name in ("loc", "scale", "prior_loc", "prior_scale")
        )
    q, p = rec.Normal(loc, scale), rec.Normal(*prior)
    data = rec.compress(q, p)
    assert type(rec.inspect(data).codec) is rec.PolarCoding
    assert 8 * len(data) <= 1.36 * rec.kl_bits(q, p).sum()
