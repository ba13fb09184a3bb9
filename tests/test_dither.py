"""Layered dither: the reference's bits, exactness, files, what it refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import astar_rec as rec
from astar_rec import reference as ref
from astar_rec.reference import dithered
from common import ARRAY_CODECS, FAMILIES, same_bits
from goodness import check_uncorrelated, check_uniform, normal_scores, seed_for

P = rec.Normal(0.0, 1.0)
each_family = pytest.mark.parametrize("family", FAMILIES)


def made(family: str, middle: Any, scale: Any) -> Any:
    """A distribution of any family by its middle and scale; of intervals, half the width."""
    if family == "Uniform":
        return rec.Uniform(np.subtract(middle, scale), np.add(middle, scale))
    return getattr(rec, family)(middle, scale)


@each_family
@pytest.mark.parametrize("proposal", FAMILIES)
def test_it_is_the_reference(family: str, proposal: str) -> None:
    rng = np.random.default_rng(seed_for("reference", family, proposal))
    count, offset, seed = 60, 2**40, 2**64 - 3
    loc, unit = rng.normal(size=count), rng.uniform(0.5, 2.0, size=count)
    for scale in (1e-6, 0.3, 1.5):
        q = made(family, loc + rng.normal(size=count), np.full(count, scale))
        p = made(proposal, loc, unit)
        parameters = zip(*(each.tolist() for each in p._broadcast(p.shape)), strict=True)
        proposals = [getattr(ref, proposal)(*each) for each in parameters]
        codec = rec.LayeredDither(seed)
        r = codec.encode(q, p, offset=offset)
        # Of uniform targets, those of which halves of widths are the same to the last bit.
        if family == "Uniform":
            means = 0.5 * q.low + 0.5 * q.high
            half = float(0.5 * q.high[0] - 0.5 * q.low[0])
        else:
            means, half = q.loc, scale
        noises = [dithered.Noise(getattr(ref, family), half)] * count
        expected, samples = dithered.encode_block(means.tolist(), noises, proposals, seed, offset)
        assert r.message[0][3 + 16 * count :] == expected
        assert same_bits(r.sample, samples)
        assert same_bits(codec.decode(r.message, p, shape=(count,), offset=offset), samples)


@each_family
@pytest.mark.parametrize("scale", [0.01, 0.7, 2.5])
def test_exactness(family: str, scale: float) -> None:
    """A test of level 1e-4 (tests/goodness.py) with 40,000 samples each."""
    seed = seed_for("layered", family, scale)
    rng = np.random.default_rng(seed)
    means = rng.uniform(-2.0, 2.0, size=40_000)
    q = made(family, means, np.full(means.size, scale))
    law = {"Normal": stats.norm(), "Laplace": stats.laplace(), "Logistic": stats.logistic(),
           "Uniform": stats.uniform(-1.0, 2.0)}[family]  # fmt: skip
    error = (rec.LayeredDither(seed).encode(q, P).sample - means) / scale
    check_uniform(law.cdf(error), "errors")
    if family != "Uniform":
        check_uncorrelated(normal_scores(law.cdf(error), law.sf(error)), means, "errors and means")
    check_uncorrelated(error[1:], error[:-1], "errors of neighbours")


@pytest.mark.parametrize(("information", "over"), [(0.05, 0.227), (1.0, 0.507), (2.0, 0.520)])
def test_bits_of_files(information: float, over: float) -> None:
    scale, count = 2.0**-information, 60_000
    means = np.random.default_rng(7).normal(size=count) * math.sqrt(1.0 - scale**2)
    q = rec.Normal(means, scale)
    data = rec.compress(q, P, codec=rec.LayeredDither(3))
    spent = 8 * len(data) / count
    # Four standard errors: of bits given the lattice, and of the divergences; 0.02 for headers.
    error = 4 * 2.0 / math.sqrt(count)
    assert information + over - error < spent < information + over + 0.02 + error


def test_files() -> None:
    rng = np.random.default_rng(1)
    # A scale for each column.
    q = rec.Laplace(rng.normal(size=(300, 7)), rng.uniform(0.1, 0.9, size=7))
    p = rec.Laplace(rng.normal(size=7), 1.5)
    codec = rec.LayeredDither(5, block=256)
    data, sample = rec.compress(q, p, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, p), sample)
    assert same_bits(codec.encode(q, p).sample, sample)
    assert repr(rec.inspect(data).codec) == repr(codec)
    # Seven scales in each block, not two hundred and fifty-six.
    assert {message[2] for message in codec.encode(q, p).message} == {7}


def test_shared_scales_take_a_header() -> None:
    for scale, size in (
        (0.5, 16),
        (np.tile([0.5, 0.25, 0.5], 10), 48),
        (np.arange(1.0, 31.0), 480),
    ):
        q = rec.Normal(np.zeros(30), scale)
        message = rec.LayeredDither(1).encode(q, rec.Normal(0.0, 1e-3)).message[0]
        assert size + 3 <= len(message) <= size + 3 + 30


def test_far_means() -> None:
    q = rec.Normal([1.0, -2.0, 1e5, -1e6, 3e-9], 1e-9)
    codec = rec.LayeredDither(2)
    r = codec.encode(q, P)
    assert np.abs(r.sample - q.loc).max() < 2e-8
    assert same_bits(codec.decode(r.message, P, shape=(5,)), r.sample)
    with pytest.raises(rec.DivergenceError) as caught:
        codec.encode(rec.Normal([[0.0, 1e30]], 1e-9), P)
    assert caught.value.element == (0, 1)


def test_what_it_refuses() -> None:
    codec = rec.LayeredDither(1)
    with pytest.raises(rec.ParameterError, match="target is"):
        codec.encode(rec.Mixture(1.0, 0.0, 1.0), P)
    with pytest.raises(rec.ParameterError, match="proposal is"):
        codec.encode(P, rec.Histogram([0.0, 1.0], [1.0]))
    custom = rec.CustomProposal(np.log, shape=())
    with pytest.raises(rec.ParameterError, match="proposal is 'CustomProposal'"):
        codec.encode(P, custom)
    with pytest.raises(rec.ParameterError, match="block"):
        rec.LayeredDither(1, block=2**16 + 1)


def test_messages_that_no_encoder_makes() -> None:
    codec = rec.LayeredDither(1)
    q = rec.Normal(np.full(30, 0.2), 0.1)
    good = codec.encode(q, P).message[0]
    zero, huge = np.array([0.0, 1.0]).tobytes(), np.array([1.0, np.inf]).tobytes()
    bads = [b"\0", good[:3], good[:18], b"\7" + good[1:], b"\0\4" + good[2:], b"\0\0\0" + good[3:],
            b"\0\0\x1f" + good[3:], b"\0\0\1" + zero, b"\0\0\1" + huge, good + b"\0",
            good[:19] + b"\xff" * 40, b"\0\0\2" + good[3:19] + good[3:]]  # fmt: skip
    for bad in bads:
        message = np.empty(1, object)
        message[0] = bad
        with pytest.raises(rec.ParameterError, match="message at"):
            codec.decode(message, P, shape=(30,))
    rng = np.random.default_rng(3)
    message = np.empty(1, object)
    for _ in range(300):
        message[0] = good[:19] + rng.integers(0, 256, rng.integers(1, 40), np.uint8).tobytes()
        try:
            sample = codec.decode(message, P, shape=(30,))
        except rec.ParameterError:
            continue
        again = codec.encode(rec.Normal(sample, 0.1), P).message[0]
        assert again == message[0]


# Messages and samples of seed 7 from element 5 on: another result is another format.
GOLDEN = {
    "Normal": (
        "000001000000000000d03f000000000000f03f8fa8",
        [
            "0x1.7a2259f823bd2p-2",
            "-0x1.02c4251bd22adp+0",
            "0x1.048814fab7f56p+1",
            "-0x1.647370f7cd555p-3",
        ],
    ),
    "Laplace": (
        "010001000000000000d03f000000000000f03f9523",
        [
            "0x1.cb0445315e0b1p-3",
            "-0x1.19b1e18a57b7fp+0",
            "0x1.c720266bb183bp+0",
            "-0x1.bb7f787f19019p-3",
        ],
    ),
    "Logistic": (
        "020001000000000000d03f000000000000f03f95a4",
        [
            "0x1.424c86efd14e8p-1",
            "-0x1.21746c7b75a5ap+0",
            "0x1.0559524547913p+1",
            "-0x1.20f77ec3cfa09p-2",
        ],
    ),
    "Uniform": (
        "030001000000000000d03f000000000000f03f9230",
        [
            "0x1.230b5be127d16p-2",
            "-0x1.82e506f4cf40cp-1",
            "0x1.de695e2ce7b93p+0",
            "-0x1.82e13428214a4p-4",
        ],
    ),
}


@each_family
def test_golden(family: str) -> None:
    q = made(family, np.array([0.25, -1.0, 2.0, 0.0]), np.full(4, 0.25))
    data, sample = GOLDEN[family]
    r = rec.LayeredDither(7).encode(q, P, offset=5)
    assert r.message[0].hex() == data
    assert [x.hex() for x in r.sample.tolist()] == sample


def test_universal_quantisation_is_that_of_uniform_targets() -> None:
    rng = np.random.default_rng(2)
    means = rng.normal(size=(3, 50))
    q = rec.Uniform(means - 0.25, means + 0.25)
    codec, other = rec.UniversalQuantization(5, block=64), rec.LayeredDither(5, block=64)
    r, same = codec.encode(q, P), other.encode(q, P)
    assert r.message.tolist() == same.message.tolist()
    assert same_bits(r.sample, same.sample)
    assert (np.abs(r.sample - means) <= 0.25).all()
    data = rec.compress(q, P, codec=codec)
    assert same_bits(rec.decompress(data, P), r.sample)
    assert rec.inspect(data).codec == codec
    assert codec != other
    normal = other.encode(rec.Normal(means, 0.5), P).message
    with pytest.raises(rec.ParameterError, match=r"message at \[0\]"):
        codec.decode(normal, P, shape=(3, 50))
    with pytest.raises(rec.ParameterError, match="target is 'Normal'; expected a Uniform"):
        codec.encode(P, P)


def test_threads_change_nothing() -> None:
    means = np.random.default_rng(3).normal(size=5000)
    q = rec.Normal(means, 0.5)
    one, more = (rec.LayeredDither(5, block=100, threads=threads) for threads in (1, 4))
    r, same = one.encode(q, P), more.encode(q, P)
    assert r.message.tolist() == same.message.tolist()
    assert same_bits(r.sample, same.sample)
    assert same_bits(more.decode(r.message, P, shape=(5000,)), r.sample)


def test_progress_and_parts_of_messages() -> None:
    q = rec.Laplace(np.zeros((3, 200_000)), 0.5)
    seen: list[tuple[int, int]] = []
    codec = rec.LayeredDither(5)
    r = codec.encode(q, P, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (600_000, 600_000)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert same_bits(r.sample, codec.encode(q, P).sample)
    parts = codec.breakdown(r.message, 600_000, 0)
    assert parts["scales"] == 8 * 19 * len(r.message)
    assert sum(parts.values()) == 8 * sum(map(len, r.message))


@pytest.mark.parametrize("scale", [2.0**-401, 2.0**401])
def test_scales_beyond_those_of_lattices(scale: float) -> None:
    codec = rec.LayeredDither(1)
    with pytest.raises(rec.ParameterError, match=r"target's scale at \[1\] is .* from 2\^-400"):
        codec.encode(rec.Normal(0.0, [1.0, scale]), P)
    with pytest.raises(rec.ParameterError, match=r"proposal's scale is .* from 2\^-400"):
        codec.encode(P, rec.Normal(0.0, scale))


def test_far_elements_are_not_escaped() -> None:
    # One scale for all, however far a mean is: nothing stands in an outlier's place.
    means = np.random.default_rng(4).normal(size=4000)
    means[[7, 2000]] = 1e6, -300.0
    q = rec.Normal(means, 0.5)
    data, sample = rec.compress(q, P, codec=rec.LayeredDither(4), return_sample=True)
    assert same_bits(rec.decompress(data, P), sample)
    assert np.abs(sample - means).max() < 5.0
    assert 8 * len(data) / 4000 < 2.0


def test_it_is_in_the_shared_list() -> None:
    assert any(case.name == "dither-8" for case in ARRAY_CODECS)
