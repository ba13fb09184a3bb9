"""Dithered quantisation: the law of errors, round trips, and bits beside the bound.

Every test of a law has the level of tests/goodness.py, 1e-4: that is its rate of false alarms.
"""

from __future__ import annotations

import math
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

import astar_rec as rec
from astar_rec import reference as ref
from astar_rec.reference import dithered
from astar_rec.reference.dithered import Noise
from goodness import check_counts, check_uncorrelated, check_uniform, normal_scores, seed_for

NOISES = {
    "normal": (ref.Normal, stats.norm()),
    "laplace": (ref.Laplace, stats.laplace()),
    "logistic": (ref.Logistic, stats.logistic()),
    "uniform": (ref.Uniform, stats.uniform(-1.0, 2.0)),
}
each_noise = pytest.mark.parametrize("name", NOISES)
P = ref.Normal(0.0, 1.0)


def proposal_of(family: Any, scale: float = 1.0) -> Any:
    return ref.Uniform(-scale, scale) if family is ref.Uniform else family(0.0, scale)


def errors(name: str, means: np.ndarray, scale: float, seed: int) -> np.ndarray:
    """Errors in units of the noise, as the sender makes samples."""
    noise = Noise(NOISES[name][0], scale)
    lattices = [
        dithered.lattice_of(noise, P, ref.NodeRandom(seed, element))
        for element in range(means.size)
    ]
    samples = [each.point(each.number(x)) for each, x in zip(lattices, means.tolist(), strict=True)]
    return (np.array(samples) - means) / scale


# --- Exactness -----------------------------------------------------------------------------------


@each_noise
@pytest.mark.parametrize("scale", [0.01, 0.5, 3.0])
def test_errors_have_the_law_of_the_noise(name: str, scale: float) -> None:
    seed = seed_for("dither", name, scale)
    rng = np.random.default_rng(seed)
    law = NOISES[name][1]
    # Means of any law: of their own, all the same, and at a point of many lattices.
    for number, means in enumerate((rng.normal(size=4000), np.full(4000, 0.37), np.zeros(4000))):
        made = errors(name, means, scale, seed + number)
        check_uniform(law.cdf(made), f"errors of {name} noise")
        if number == 0:
            scores = normal_scores(law.cdf(made), law.sf(made))
            check_uncorrelated(scores, means, f"{name}: error and mean")
            check_uncorrelated(scores**2, means**2, f"{name}: their squares")


@each_noise
def test_tails_of_errors(name: str) -> None:
    # Half widths alone, many of them: |error| is half a width times a uniform number.
    seed = seed_for("widths", name)
    rng = np.random.default_rng(seed)
    family, law = NOISES[name]
    bits = rng.integers(0, 2**64, size=(30_000, 2), dtype=np.uint64).tolist()
    half = np.array([dithered.half_width(family, tuple(each)) for each in bits])
    check_uniform(2.0 * law.sf(half * rng.random(half.size)), f"{name} of layers")
    cells = np.minimum((20.0 * 2.0 * law.sf(half * rng.random(half.size))).astype(int), 19)
    check_counts(cells, 20, f"{name} of layers")


def test_normal_layers_are_chi_of_three() -> None:
    rng = np.random.default_rng(seed_for("chi"))
    bits = rng.integers(0, 2**64, size=(20_000, 2), dtype=np.uint64).tolist()
    half = np.array([dithered.half_width(ref.Normal, tuple(each)) for each in bits])
    check_uniform(stats.chi(3).cdf(half), "half widths")


@pytest.mark.parametrize(
    "bits", [(0, 0), (2**64 - 1,) * 2, (2**63,) * 2, (2**63, 2**64 - 1), (0, 2**63)]
)
@each_noise
def test_no_bits_make_a_bad_width(name: str, bits: tuple[int, int]) -> None:
    half = dithered.half_width(NOISES[name][0], bits)
    assert 0.0 < half < 200.0


def test_the_samples_law_is_the_proposal() -> None:
    seed = seed_for("marginal")
    rng = np.random.default_rng(seed)
    means = rng.normal(size=6000) * math.sqrt(0.75)
    check_uniform(stats.norm.cdf(means + 0.5 * errors("normal", means, 0.5, seed)), "samples")


# --- Round trips ---------------------------------------------------------------------------------


@each_noise
@pytest.mark.parametrize("scale", [1e-7, 0.1, 0.9, 4.0])
def test_round_trip(name: str, scale: float) -> None:
    family = NOISES[name][0]
    rng = np.random.default_rng(seed_for("round trip", name, scale))
    count = 40
    for p in (proposal_of(family), P, ref.Laplace(3.0, 2.0)):
        means = (p.loc + p.scale * rng.normal(size=count)).tolist()
        noises, proposals = [Noise(family, scale)] * count, [p] * count
        message, samples = dithered.encode_block(means, noises, proposals, 5, 7)
        assert dithered.decode_block(message, noises, proposals, 5, 7) == samples


def test_every_element_has_its_own() -> None:
    rng = np.random.default_rng(1)
    noises = [Noise(ref.Normal, float(s)) for s in rng.uniform(0.1, 0.9, 50)]
    proposals = [ref.Normal(float(x), float(s)) for x, s in rng.uniform(1.0, 2.0, (50, 2))]
    means = rng.normal(size=50).tolist()
    message, samples = dithered.encode_block(means, noises, proposals, 2**64 - 1, 2**40)
    assert dithered.decode_block(message, noises, proposals, 2**64 - 1, 2**40) == samples
    # In pieces, the same samples.
    pieces = [
        dithered.encode_block(means[i:j], noises[i:j], proposals[i:j], 2**64 - 1, 2**40 + i)[1]
        for i, j in ((0, 1), (1, 30), (30, 50))
    ]
    assert list(chain.from_iterable(pieces)) == samples
    assert dithered.encode_block([], [], [], 1, 0) == (b"", [])
    assert dithered.decode_block(b"", [], [], 1, 0) == []


def test_far_means() -> None:
    # Beyond REACH, of which there are none for 18 bits of information: raw bits.
    noises, proposals = [Noise(ref.Normal, 1e-9)] * 5, [P] * 5
    means = [1.0, -2.0, 1e-9, 1e5, -1e6]
    message, samples = dithered.encode_block(means, noises, proposals, 3, 0)
    assert dithered.decode_block(message, noises, proposals, 3, 0) == samples
    assert max(abs(x - y) for x, y in zip(samples, means, strict=True)) < 2e-8
    for far in (1e30, -1e30, math.inf):
        with pytest.raises(dithered.TooMuchInformationError):
            dithered.encode_block([far], noises[:1], proposals[:1], 3, 0)


def test_messages_that_no_encoder_makes() -> None:
    noises, proposals = [Noise(ref.Normal, 0.1)] * 30, [P] * 30
    message, _ = dithered.encode_block([0.2] * 30, noises, proposals, 3, 0)
    rng = np.random.default_rng(2)
    refused = 0
    for bad in (message + b"\1", message + b"\0", b"\xff" * 40, b""):
        with pytest.raises(ValueError, match=r"data|no encoder"):
            dithered.decode_block(bad, noises, proposals, 3, 0)
    for _ in range(200):
        size = int(rng.integers(1, 3 * len(message)))
        data = rng.integers(0, 256, size=size, dtype=np.uint8).tobytes()
        try:
            samples = dithered.decode_block(data, noises, proposals, 3, 0)
        except ValueError:
            refused += 1
        else:  # what it stands for is told by the same bytes alone
            assert dithered.encode_block(samples, noises, proposals, 3, 0)[0] == data
    assert 0 < refused < 200


# --- Probabilities and bits ----------------------------------------------------------------------


@each_noise
def test_parts_fill_the_whole(name: str) -> None:
    family = NOISES[name][0]
    for scale in (1e-3, 0.3, 1.0, 5.0):
        for element in range(4):
            noise = Noise(family, scale)
            for p in (proposal_of(family), P):
                numbers = dithered.numbers_of(noise, p, 9, element)
                some = [-dithered.REACH, -dithered.REACH + 1, *range(-60, 60), dithered.REACH]
                ends = [numbers.part(number) for number in some]
                assert ends[0][0] == 0
                assert ends[-1][1] == dithered.CERTAINTY
                assert all(high - low >= dithered.LEAST for low, high in ends)
                assert all(a[1] == b[0] for a, b in pairwise(ends[2:-1]))
                for number, (low, high) in zip(some, ends, strict=True):
                    assert numbers.at(low) == numbers.at(high - 1) == number


def entropies(noise: Noise, p: Any, count: int) -> np.ndarray:
    """Of lattices, the entropy of the number that has the probabilities of its code; in bits."""
    bits = np.empty(count)
    for element in range(count):
        numbers = dithered.numbers_of(noise, p, 11, element)
        reach = math.ceil(9.0 / numbers.lattice.width) + 2
        edges = [numbers.below(number) for number in range(-reach, reach + 2)]
        probability = np.diff(edges) / dithered.CERTAINTY
        assert probability.sum() == pytest.approx(1.0, abs=1e-3)
        bits[element] = -(probability * np.log2(probability)).sum() / probability.sum()
    return bits


@pytest.mark.parametrize(("information", "over"), [(0.05, 0.227), (1.0, 0.507), (2.0, 0.520)])
def test_bits_are_the_functional_information(information: float, over: float) -> None:
    scale, count = 2.0**-information, 3000
    noise = Noise(ref.Normal, scale)
    bits = entropies(noise, P, count)
    # The widths' logarithms explain most of it from 1 bit on, and their mean is known.
    widths = np.array([
        dithered.lattice_of(noise, P, ref.NodeRandom(11, element)).width for element in range(count)
    ])  # fmt: skip
    mean = integrate.quad(lambda r: stats.chi(3).pdf(r) * math.log2(2.0 * scale * r), 0, 20)[0]
    known = np.log2(widths) - mean
    slope = np.cov(bits, known)[0, 1] / known.var()
    left = bits - slope * known
    error = left.std() / math.sqrt(count)
    assert error < 0.007
    assert left.mean() - information == pytest.approx(over, abs=4 * error)
    # And the bound says the same, of targets whose marginal is the proposal.
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    means = nodes * math.sqrt(1.0 - scale**2)
    here = np.abs(means) < 6.5
    bound = rec.functional_information(rec.Normal(means[here], scale), rec.Normal(0.0, 1.0))
    least = float((bound * weights[here]).sum() / math.sqrt(2.0 * math.pi))
    assert least == pytest.approx(information + over, abs=1e-3)


def laplace_means(rng: np.random.Generator, scale: float, count: int) -> np.ndarray:
    return np.where(rng.random(count) < scale**2, 0.0, rng.laplace(size=count))


def logistic_means(rng: np.random.Generator, scale: float, count: int) -> np.ndarray:
    angle = math.pi * scale * (rng.random(count) - 0.5)
    return 2.0 * np.arctanh(np.tan(angle) / math.tan(0.5 * math.pi * scale))


@pytest.mark.parametrize(
    ("name", "scale", "most"), [("laplace", 0.5, 0.11), ("logistic", 0.5, 0.05)]
)
def test_bits_of_other_families(name: str, scale: float, most: float) -> None:
    rng = np.random.default_rng(seed_for("bits", name))
    family, law = NOISES[name]
    count = 2500
    draw = laplace_means if name == "laplace" else logistic_means
    means = draw(rng, scale, count)
    # The samples' law is the proposal, so the bound is that for these targets.
    check_uniform(law.cdf(means + scale * law.rvs(count, random_state=rng)), "samples")
    p = proposal_of(family)
    noise = Noise(family, scale)
    message, _ = dithered.encode_block(means.tolist(), [noise] * count, [p] * count, 3, 0)
    targets, proposal = getattr(rec, name.title())(means, scale), getattr(rec, name.title())(0, 1)
    spent, bound = 8 * len(message) / count, rec.functional_information(targets, proposal)
    error = bound.std() / math.sqrt(count)
    assert spent > bound.mean() - 4 * error
    assert spent < bound.mean() + most + 4 * error


def test_bits_of_a_message() -> None:
    rng = np.random.default_rng(4)
    count, scale = 3000, 0.5
    means = (rng.normal(size=count) * math.sqrt(0.75)).tolist()
    noise = Noise(ref.Normal, scale)
    message, _ = dithered.encode_block(means, [noise] * count, [P] * count, 8, 0)
    ideal = 0.0
    for element, mean in enumerate(means):
        numbers = dithered.numbers_of(noise, P, 8, element)
        low, high = numbers.part(numbers.lattice.number(mean))
        ideal -= math.log2((high - low) / dithered.CERTAINTY)
    assert ideal <= 8 * len(message) <= ideal + 16
    # Four standard errors of 1.9 bits an element each.
    assert 8 * len(message) / count == pytest.approx(1.507, abs=4 * 1.9 / math.sqrt(count))
