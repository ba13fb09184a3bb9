"""Shifted layers of dithered quantisation: the law of errors, widths, bits, files.

Every test of a law has the level of tests/goodness.py, 1e-4: that is its rate of false alarms.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import astar_rec as rec
from astar_rec import reference as ref
from astar_rec.reference import dithered
from astar_rec.reference.dithered import Noise
from common import same_bits
from goodness import check_uncorrelated, check_uniform, normal_scores, seed_for

LAWS = {"Normal": stats.norm(), "Laplace": stats.laplace(), "Logistic": stats.logistic()}
# Both ends of the narrowest layer are where the density is half its maximum.
LEAST_WIDTH = {
    "Normal": 2.0 * math.sqrt(2.0 * math.log(2.0)),
    "Laplace": 2.0 * math.log(2.0),
    "Logistic": 4.0 * math.log(1.0 + math.sqrt(2.0)),
}
P = rec.Normal(0.0, 1.0)
each_family = pytest.mark.parametrize("family", LAWS)


def shifted(seed: int, **words: Any) -> rec.LayeredDither:
    return rec.LayeredDither(seed, layers="shifted", **words)


def lattices(family: str, count: int, seed: int) -> list[dithered.Lattice]:
    """Lattices of noise of scale 1 around 0."""
    noise, p = Noise(getattr(ref, family), 1.0, shifted=True), ref.Normal(0.0, 1.0)
    return [dithered.lattice_of(noise, p, ref.NodeRandom(seed, k)) for k in range(count)]


# --- The reference -------------------------------------------------------------------------------


@each_family
@pytest.mark.parametrize("half", [2.0**-30, 1e-3, 0.3, 1.0, 1.7, 3.0, 8.0, 30.0])
def test_opposite_is_where_the_rest_of_the_density_is(family: str, half: float) -> None:
    kind, law = getattr(ref, family), LAWS[family]
    other = dithered.opposite(kind, half)
    assert law.pdf(half) + law.pdf(other) == pytest.approx(law.pdf(0.0), rel=1e-14)
    if half <= 3.0 and (family, half) != ("Normal", 2.0**-30):  # of which 2^-53 of f is left
        assert dithered.opposite(kind, other) == pytest.approx(half, rel=1e-9)
    assert half + other >= LEAST_WIDTH[family] * (1.0 - 1e-15)


@each_family
@pytest.mark.parametrize("half", [0.0, 2.0**-64, 2.0**-30, 60.0, 800.0])
def test_no_half_has_a_bad_opposite(family: str, half: float) -> None:
    own = max(half, dithered.LEAST_HALF) if family == "Logistic" else half
    other = dithered.opposite(getattr(ref, family), own)
    assert 0.0 <= other < 200.0


@each_family
@pytest.mark.parametrize("mean", [0.0, 0.37, -5.25])
def test_errors_of_the_reference(family: str, mean: float) -> None:
    seed = seed_for("shifted", family, mean)
    made = lattices(family, 4000, seed)
    errors = np.array([each.point(each.number(mean)) - mean for each in made])
    check_uniform(LAWS[family].cdf(errors), f"errors of {family} noise")


@each_family
def test_layers_make_the_law(family: str) -> None:
    # Layers alone: middles and widths, and a uniform place within. Their sides are alike.
    seed = seed_for("shifted layers", family)
    rng = np.random.default_rng(seed)
    made = lattices(family, 20_000, seed)
    middle, width = (
        np.array([getattr(each, name) for each in made]) for name in ("middle", "width")
    )
    error = middle + width * (rng.random(width.size) - 0.5)
    check_uniform(LAWS[family].cdf(error), "places in layers")
    check_uniform(2.0 * LAWS[family].sf(np.abs(error)), "distances")
    assert (np.abs(middle) <= 0.5 * width).all()
    assert LEAST_WIDTH[family] * (1.0 - 1e-15) <= width.min() <= LEAST_WIDTH[family] * 1.001
    assert abs((middle > 0.0).mean() - 0.5) < 4.0 * 0.5 / math.sqrt(width.size)


# --- The codec -----------------------------------------------------------------------------------


@each_family
@pytest.mark.parametrize("proposal", ["Normal", "Laplace", "Logistic", "Uniform"])
def test_it_is_the_reference(family: str, proposal: str) -> None:
    rng = np.random.default_rng(seed_for("shifted reference", family, proposal))
    count, offset, seed = 60, 2**40, 2**64 - 3
    means = rng.normal(size=count)
    p = getattr(rec, proposal)(-1.5, 2.0)
    proposals = [getattr(ref, proposal)(-1.5, 2.0)] * count
    codec = shifted(seed)
    for scale in (1e-6, 0.3, 1.5):
        q = getattr(rec, family)(means, scale)
        r = codec.encode(q, p, offset=offset)
        noises = [Noise(getattr(ref, family), scale, shifted=True)] * count
        start = dithered.header(noises, proposals)
        numbers, samples = dithered.encode_block(means.tolist(), noises, proposals, seed, offset)
        # Middles of the core's intervals, exact here, are origins.
        assert r.message[0][:2] == start[:2]
        assert r.message[0][3 + 16 :] == numbers
        assert same_bits(r.sample, samples)
        assert same_bits(codec.decode(r.message, p, shape=(count,), offset=offset), samples)
        assert dithered.decode_block(numbers, noises, proposals, seed, offset) == samples


@each_family
@pytest.mark.parametrize("scale", [0.01, 0.7, 2.5])
def test_exactness(family: str, scale: float) -> None:
    """A test of level 1e-4 with 200,000 samples each, of means all over the lattices."""
    seed = seed_for("shifted exactness", family, scale)
    means = np.random.default_rng(seed).uniform(-2.0, 2.0, size=200_000)
    q, law = getattr(rec, family)(means, scale), LAWS[family]
    error = (shifted(seed).encode(q, P).sample - means) / scale
    check_uniform(law.cdf(error), "errors")
    check_uniform(2.0 * law.sf(np.abs(error)), "distances")
    scores = normal_scores(law.cdf(error), law.sf(error))
    check_uncorrelated(scores, means, "errors and means")
    check_uncorrelated(scores**2, means**2, "their squares")
    check_uncorrelated(error[1:], error[:-1], "errors of neighbours")


@pytest.mark.parametrize("mean", [0.0, 0.25, 3.0])
def test_exactness_of_one_mean(mean: float) -> None:
    seed = seed_for("shifted mean", mean)
    q = rec.Normal(np.full(200_000, mean), 0.5)
    check_uniform(stats.norm.cdf((shifted(seed).encode(q, P).sample - mean) / 0.5), "errors")


@pytest.mark.parametrize(("information", "over"), [(1.0, 0.627), (2.0, 0.695), (4.0, 0.716)])
def test_bits_of_files(information: float, over: float) -> None:
    scale, count = 2.0**-information, 60_000
    means = np.random.default_rng(7).normal(size=count) * math.sqrt(1.0 - scale**2)
    data = rec.compress(rec.Normal(means, scale), P, codec=shifted(3))
    spent = 8 * len(data) / count
    # Four standard errors, as for direct layers; 0.02 for headers.
    error = 4 * 2.0 / math.sqrt(count)
    assert information + over - error < spent < information + over + 0.02 + error


@each_family
def test_bounded_means_have_a_bounded_number_of_points(family: str) -> None:
    # Means within a range of so many least widths: K is one of that many, rounded up, and one.
    widths, reach = 2.5, 0.5 * 2.5 * LEAST_WIDTH[family]
    for each in lattices(family, 3000, 5):
        assert each.number(reach) - each.number(-reach) + 1 <= math.ceil(widths) + 1


def test_files() -> None:
    rng = np.random.default_rng(1)
    q = rec.Laplace(rng.normal(size=(300, 7)), rng.uniform(0.1, 0.9, size=7))
    p = rec.Laplace(rng.normal(size=7), 1.5)
    codec = shifted(5, block=256)
    data, sample = rec.compress(q, p, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, p), sample)
    assert same_bits(codec.encode(q, p).sample, sample)
    assert rec.inspect(data).codec == codec
    # The message tells the layers, whatever the receiver's codec says.
    direct = rec.LayeredDither(5, block=256)
    message = codec.encode(q, p).message
    assert {each[0] for each in message} == {5}
    assert same_bits(direct.decode(message, p, shape=q.shape), sample)
    assert not same_bits(direct.encode(q, p).sample, sample)


def test_uniform_layers_are_the_same_either_way() -> None:
    means = np.random.default_rng(2).normal(size=50)
    q = rec.Uniform(means - 0.25, means + 0.25)
    r, same = shifted(5).encode(q, P), rec.LayeredDither(5).encode(q, P)
    assert r.message.tolist() == same.message.tolist()
    assert same_bits(r.sample, same.sample)


def test_what_it_refuses() -> None:
    with pytest.raises(
        rec.ParameterError, match="layers is 'both'; expected 'direct' or 'shifted'"
    ):
        rec.LayeredDither(1, layers="both")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        rec.UniversalQuantization(1, layers="shifted")  # type: ignore[call-arg]
    good = shifted(1).encode(rec.Normal([0.2, 0.1], 0.5), P).message
    assert good[0][0] == 4
    message = np.empty(1, object)
    message[0] = b"\7" + good[0][1:]
    with pytest.raises(rec.ParameterError, match="message at"):
        shifted(1).decode(message, P, shape=(2,))
    with pytest.raises(rec.ParameterError, match="message at"):
        rec.UniversalQuantization(1).decode(good, P, shape=(2,))


def test_repr_and_equality() -> None:
    assert repr(shifted(1)) == "LayeredDither(seed=1, layers='shifted')"
    assert shifted(1) == rec.LayeredDither(1)  # an equal codec reads what the other writes
    assert repr(rec.UniversalQuantization(1)) == "UniversalQuantization(seed=1)"
