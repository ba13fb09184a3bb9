"""Polar blocks in the reference: exactness, round trips, damage, and the core's vectors."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from astar_rec.reference.polar import (
    Drawing,
    FlipModel,
    Level,
    Node,
    PolarRandom,
    Shape,
    add,
    decode_block,
    encode_block,
    multiply,
    start_table,
    tilted_mass,
)
from astar_rec.reference.range_coder import Encoder

ROOT = Path(__file__).parents[1]
DIFFERENCES = [0.9, -0.5, 0.0, 0.3, -1.0, 0.7, 0.25, -0.1]


def tilted(tilt: float):
    """Return masses of targets near 0 and, one in three, near 1."""

    def masses(element: int, level: int, first: int, count: int) -> list[float]:
        own = tilt if element % 3 else 1.0 / tilt
        return [tilted_mass(own, level, first + k) for k in range(count)]

    return masses


def transform(u: list[int]) -> list[int]:
    """Return u G."""
    if len(u) == 1:
        return u
    half = len(u) // 2
    first, second = transform(u[:half]), transform(u[half:])
    return [a ^ b for a, b in zip(first, second, strict=True)] + second


def law_of(d: list[float], u: list[int]) -> float:
    """Return the probability of u by successive cancellation."""
    if len(d) == 1:
        return 0.5 * (1.0 - d[0] if u[0] else 1.0 + d[0])
    half = len(d) // 2
    first = law_of(multiply(d[:half], d[half:]), u[:half])
    if first == 0.0:
        return 0.0
    return first * law_of(add(d[:half], d[half:], transform(u[:half])), u[half:])


def test_chain_rule_over_all_outcomes():
    """Successive cancellation gives each of the 2^8 outcomes its product law."""
    total = 0.0
    for u in itertools.product((0, 1), repeat=8):
        x = transform(list(u))
        product = math.prod(
            0.5 * (1.0 - d if b else 1.0 + d) for d, b in zip(DIFFERENCES, x, strict=True)
        )
        assert law_of(DIFFERENCES, list(u)) == pytest.approx(product, rel=1e-13, abs=1e-300)
        total += product
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("byte", [150, 60, 250], ids=["leaves", "empty", "full"])
def test_draws_follow_the_product_law(byte):
    """Whatever is predicted of a level, its draws have the targets' law."""
    trials = 6_000
    seen = np.zeros(len(DIFFERENCES))
    pairs = 0
    model = FlipModel()
    for seed in range(trials):
        level = Level(Drawing(Encoder()), PolarRandom(seed, 1), 0, model, 1)
        x = level.draw(list(DIFFERENCES), len(DIFFERENCES), Node.from_byte(byte))
        seen += 1 - 2 * np.array(x)
        pairs += (1 - 2 * x[0]) * (1 - 2 * x[5])
    d = np.array(DIFFERENCES)
    deviations = np.sqrt(np.maximum(1 - d * d, 1e-12) / trials)
    assert np.all(np.abs(seen / trials - d) <= 4.5 * deviations)
    product = DIFFERENCES[0] * DIFFERENCES[5]
    assert abs(pairs / trials - product) < 4.5 * math.sqrt((1 - product**2) / trials)


@pytest.mark.parametrize(
    "shape",
    [Shape(1, 1, 1), Shape(2, 3, 9), Shape(128, 5, 24), Shape(128, 2, 16, mirrored=True)],
    ids=str,
)
@pytest.mark.parametrize("tilt", [1.0, 3.0, 1000.0])
def test_round_trip(shape, tilt):
    message, positions = encode_block(shape, 5, 2, tilted(tilt))
    assert decode_block(shape, 5, 2, message) == positions
    assert all(0 <= position < 2**64 for position in positions)


def test_positions_follow_the_targets():
    """Kolmogorov's distance of positions, through the targets' own CDFs, from uniform."""
    tilt, u = 30.0, []
    for block in range(8):
        _, positions = encode_block(Shape(256, 5, 20), 9, block, tilted(tilt))
        for element, position in enumerate(positions):
            x = (position + 0.5) * 2.0**-64
            c = tilt if element % 3 else 1 / tilt
            u.append(c * x / (1 + (c - 1) * x))
    n = len(u)
    distance = np.abs(np.sort(u) - (np.arange(n) + 0.5) / n).max() + 0.5 / n
    assert distance < 1.95 / math.sqrt(n)  # one in a thousand


def test_bits_are_near_the_information():
    """2,048 normal targets of 2 bits each take at most 0.3 bits more."""
    elements, fine, scale = 2048, 6, 0.25
    standard = NormalDist()
    means = np.random.default_rng(3).normal(size=elements) * math.sqrt(1 - scale**2)

    def edge(level: int, cell: int) -> float:
        if cell in (0, 1 << level):
            return -math.inf if cell == 0 else math.inf
        return standard.inv_cdf(cell / 2**level)

    def masses(element: int, level: int, first: int, count: int) -> list[float]:
        z = [(edge(level, first + k) - means[element]) / scale for k in range(count + 1)]
        tails = [(math.erfc(-x / math.sqrt(2)), math.erfc(x / math.sqrt(2))) for x in z]
        return [
            max(b[0] - a[0] if x < 0 else a[1] - b[1], 1e-300)
            for x, a, b in zip(z, tails, tails[1:], strict=False)
        ]

    message, positions = encode_block(Shape(elements, fine, 16), 9, 0, masses)
    samples = np.array([standard.inv_cdf((p + 0.5) * 2.0**-64) for p in positions])
    standardised = (samples - means) / scale
    assert abs(standardised.mean()) < 4 / math.sqrt(elements)
    assert abs(standardised.var() - 1) < 4 * math.sqrt(2 / elements)
    information = np.mean(np.log2(1 / scale) + (scale**2 + means**2 - 1) / (2 * math.log(2)))
    assert information - 0.1 < 8 * len(message) / elements < information + 0.3


def test_no_information_takes_hardly_a_byte():
    message, _ = encode_block(Shape(1024, 3, 20), 1, 0, tilted(1.0))
    assert len(message) <= 8


def test_damage_is_refused_or_seen():
    shape = Shape(64, 5, 20)
    message, positions = encode_block(shape, 3, 1, tilted(50.0))
    for at in range(len(message)):
        damaged = bytearray(message)
        damaged[at] ^= 0x10
        try:
            assert decode_block(shape, 3, 1, bytes(damaged)) != positions
        except ValueError:
            continue


def test_masses_that_are_none_are_refused():
    with pytest.raises(ValueError, match="no probabilities"):
        encode_block(Shape(4, 2, 4), 1, 0, lambda _e, _l, _f, count: [0.0] * count)
    with pytest.raises(ValueError, match="no probabilities"):
        encode_block(Shape(4, 2, 4), 1, 0, lambda _e, _l, _f, count: [math.nan] * count)


def test_size_of_the_table():
    assert len(start_table()) == 3 * 96 * 48


@pytest.mark.parametrize("line", range(5))
def test_vectors(line):
    """The first lines of tests/vectors/polar.txt; the core's tests take all."""
    lines = (ROOT / "tests/vectors/polar.txt").read_text(encoding="ascii").splitlines()
    fields = [text for text in lines if not text.startswith("#")][line].split()
    elements, fine, depth, mirrored, seed, block, tilt = map(int, fields[:7])
    shape = Shape(elements, fine, depth, bool(mirrored))
    message, positions = encode_block(shape, seed, block, tilted(float(tilt)))
    assert (message.hex() or "-") == fields[7]
    assert sum(p * (2 * e + 1) for e, p in enumerate(positions)) % 2**64 == int(fields[8])
