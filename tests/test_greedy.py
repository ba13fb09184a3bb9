"""What greedy Poisson rejection sampling and greedy rejection coding have in common.

Statistical tests, on fixed seeds (see tests/goodness.py), of level 1e-4: 54 of the law of samples
(18 times a Kolmogorov-Smirnov test, a mean and a mean square); 0.0054 false alarms expected over
all choices of seeds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import special

import astar_rec as rec
from astar_rec import reference as ref
from common import SEEDS, check_codec, same_bits
from goodness import check_moments, check_uniform, normal_scores, seed_for

P = rec.Normal(0.0, 1.0)
REFERENCE_P = ref.Normal(0.0, 1.0)
SPLITS: dict[str, Any] = {"sample": ref.AtSample, "half": ref.Dyadic, "never": ref.WholeSpace}
REFERENCES: dict[Any, Any] = {
    rec.GreedyPoissonRejection: ref.GreedyPoissonRejection,
    rec.GreedyRejectionCoding: ref.GreedyRejectionCoding,
}
CALLED = {
    rec.GreedyPoissonRejection: "greedy Poisson rejection sampling",
    rec.GreedyRejectionCoding: "greedy rejection coding",
}
each_split = pytest.mark.parametrize("split", SPLITS)
each_method = pytest.mark.parametrize("method", REFERENCES)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@each_method
@each_split
@few
@given(data=st.data(), seed=SEEDS, offset=st.integers(0, 2**48 - 1000))
def test_reference(method: Any, split: str, data: st.DataObject, seed: int, offset: int) -> None:
    low, most = (0.1, 0.8) if split == "never" else (1e-4, 4.0)
    high = 0.9 if split == "never" else 1.3
    mean = data.draw(st.lists(st.floats(-most, most), min_size=1, max_size=4))
    scale = data.draw(st.lists(st.floats(low, high), min_size=len(mean), max_size=len(mean)))
    r = check_codec(method(seed, split=split), rec.Normal(mean, scale), P, offset=offset)
    own = REFERENCES[method](SPLITS[split]())
    for i, (m, s) in enumerate(zip(mean, scale, strict=True)):
        sent = ref.encode(own, ref.Normal(m, s), REFERENCE_P, seed, offset + i)
        assert (sent.index, sent.steps) == (r.index[i], r.steps[i])
        assert same_bits(sent.sample, r.sample[i])
        assert ref.decode(own, sent.index, REFERENCE_P, seed, offset + i) == sent.sample


@each_method
def test_reference_is_for_normals(method: Any) -> None:
    with pytest.raises(TypeError, match="normal"):
        ref.encode(REFERENCES[method](), ref.Laplace(0.0, 0.5), ref.Laplace(0.0, 1.0), 1, 0)


@each_method
def test_indices_are_those_of_the_trees(method: Any) -> None:
    q = rec.Normal(np.random.default_rng(1).normal(size=500) * 0.5, 0.3)
    others = {"sample": rec.ASStar, "half": rec.ADStar, "never": rec.GlobalAStar}
    for split, other in others.items():
        r = method(5, split=split).encode(q, P)
        assert same_bits(other(5).decode(r.index, P), r.sample)


@each_method
@each_split
def test_no_information_takes_one_step(method: Any, split: str) -> None:
    r = method(9, split=split).encode(rec.Normal(np.full(2_000, 0.0), 1.0), P)
    assert (r.steps == 1).all()
    assert (r.index == 1).all()


# --- The law of the samples -----------------------------------------------------------------------

SEEDS_OF_LAWS = {
    rec.GreedyPoissonRejection: "law",
    rec.GreedyRejectionCoding: "law of greedy rejection",
}


@each_method
@pytest.mark.parametrize(
    ("split", "means", "log_scales"),
    [
        ("sample", (-3.0, 3.0), (-9.0, -0.1)),
        ("sample", (-0.5, 0.5), (-0.05, 0.05)),  # ratios near 1, of all three kinds
        ("sample", (-1.0, 1.0), (0.0, 0.5)),  # no mode
        ("half", (-3.0, 3.0), (-9.0, -0.1)),
        ("half", (-0.5, 0.5), (-0.05, 0.05)),
        ("half", (-1.0, 1.0), (0.0, 0.5)),
        ("never", (-0.8, 0.8), (-2.0, -0.05)),
        ("sample", (-7.0, 7.0), (-30.0, -15.0)),  # of 22 to 44 bits
        ("half", (-7.0, 7.0), (-30.0, -15.0)),
    ],
)
def test_law(
    method: Any, split: str, means: tuple[float, float], log_scales: tuple[float, float]
) -> None:
    seed = seed_for(SEEDS_OF_LAWS[method], split, means, log_scales)
    rng = np.random.default_rng(seed)
    size = 4_000 if split == "never" else 25_000
    if log_scales[0] < -9.0:
        # As dense as positions and floats resolve well: less narrow, the further out.
        mean = rng.uniform(*means, size)
        limit = 44.0 * math.log(2.0) - mean**2 / 2
        scale = np.exp(-rng.uniform(0.5, 1.0, size) * limit)
    else:
        mean, scale = rng.uniform(*means, size), np.exp(rng.uniform(*log_scales, size))
    q = rec.Normal(mean, scale)
    r = check_codec(method(seed, split=split), q, P)
    y = (r.sample - q.loc) / q.scale
    below, above = special.ndtr(y), special.ndtr(-y)
    check_uniform(below, "law of the samples")
    check_moments(normal_scores(below, above), 1.0, 3.0, "law of the samples")


# --- What they refuse -----------------------------------------------------------------------------


@each_method
def test_arguments(method: Any) -> None:
    for bad in ("samples", 0, None, []):
        with pytest.raises(rec.ParameterError, match="split") as caught:
            method(1, split=bad)
        assert caught.value.argument == "split"
    with pytest.raises(rec.ParameterError, match="split is 3"):
        method.from_parameters(lambda: 3, 1)
    with pytest.raises(rec.ParameterError, match="bits_hint"):
        rec.compress(P, P, codec=method(1), bits_hint=2.0)


@each_method
@pytest.mark.parametrize(
    ("target", "proposal"),
    [
        (rec.Laplace(0.0, 0.5), rec.Laplace(0.0, 1.0)),
        (rec.Normal(0.0, 0.5), rec.Laplace(0.0, 1.0)),
        (rec.Uniform(0.0, 0.5), P),
        (rec.CustomTarget(lambda x: -x, bound=1.0), P),
    ],
)
def test_other_pairs(method: Any, target: Any, proposal: Any) -> None:
    expected = f"a Normal target and a Normal proposal, for {CALLED[method]}"
    with pytest.raises(rec.ParameterError, match=expected) as caught:
        method(1).encode(target, proposal)
    assert caught.value.argument == "target"
    with pytest.raises(rec.ParameterError, match=expected):
        rec.compress(target, proposal, codec=method(1))


@each_method
def test_too_much_information(method: Any) -> None:
    for split in ("sample", "half"):
        with pytest.raises(rec.DivergenceError, match="denser than the proposal"):
            method(1, split=split).encode(rec.Normal(0.0, 2.0**-62), P)
    with pytest.raises(rec.DivergenceError, match="global bound"):
        method(1, split="never").encode(rec.Normal(0.0, 2.0**-34), P)
    with pytest.raises(rec.DivergenceError, match="outside"):
        method(1).encode(rec.Normal(30.0, 1.0), P)


@each_method
@each_split
def test_containers_carry_what_is_refused(method: Any, split: str) -> None:
    q = rec.Normal([0.5, 30.0, 0.0, 0.1], [0.5, 1.0, 2.0**-62, 0.9])
    data, sample = rec.compress(q, P, codec=method(4, split=split), return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    assert rec.inspect(data).method == method.name
    assert abs(sample[1] - 30.0) < 6.0
