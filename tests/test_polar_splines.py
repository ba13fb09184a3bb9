"""Polar channel simulation: the law of a whole block, and the cells' exact fairness."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pytest

from astar_rec.reference import polar_splines as polar


def test_all_outcomes_of_eight_elements_follow_the_product_law():
    generator = np.random.default_rng(5)
    differences = [float(d) for d in generator.uniform(-0.99, 0.99, 8)]
    total = 0.0
    for outcome in product((0, 1), repeat=8):
        # Only the leaves' differences tell with what probability a uniform gives each bit.
        leaves = iter(polar.transform(list(outcome)))
        factors = []

        def choose(difference, leaves=leaves, factors=factors):
            bit = next(leaves)
            factors.append((1 - difference if bit else 1 + difference) / 2)
            return bit

        assert polar._descend(differences, choose) == list(outcome)
        expected = prod(
            (1 - d if b else 1 + d) / 2 for b, d in zip(outcome, differences, strict=True)
        )
        assert prod(factors) == pytest.approx(expected, rel=1e-9)
        total += prod(factors)
    assert total == pytest.approx(1.0, rel=1e-12)


def test_drawn_bits_follow_the_product_law():
    generator = np.random.default_rng(6)
    differences = [0.9, -0.5, 0.1, 0.7]
    draws = 20_000
    counts = np.zeros(16)
    for uniforms in generator.random((draws, 4)):
        bits, _ = polar.draw_level(differences, list(uniforms))
        counts[int("".join(map(str, bits)), 2)] += 1
    expected = draws * np.array(
        [
            prod((1 - d if b else 1 + d) / 2 for b, d in zip(x, differences, strict=True))
            for x in product((0, 1), repeat=4)
        ]
    )
    # Chi-square with 15 degrees of freedom exceeds 44.3 once in ten thousand.
    assert ((counts - expected) ** 2 / expected).sum() < 44.3


@pytest.mark.parametrize("count", [1, 2, 8, 256])
def test_flips_give_back_the_bits(count):
    generator = np.random.default_rng(count)
    differences = [float(d) for d in generator.uniform(-1, 1, count)]
    uniforms = [float(v) for v in generator.random(count)]
    bits, flips = polar.draw_level(differences, uniforms)
    assert polar.decode_level(flips, uniforms) == bits


@pytest.mark.parametrize("widths", [(1, 1), (2, 1), (4, 4), (9, 9)])
def test_cells_of_the_residue_are_fair(widths):
    alpha, beta = (Fraction(w, 10) for w in widths)
    for levels in (1, 5):
        for cell in polar.piece_lengths(levels, alpha, beta):
            assert sum(cell.values()) == 1 << (64 - levels)
            assert min(cell.values()) >= 0


@pytest.mark.parametrize("residue", [Fraction(0), Fraction(1, 3), Fraction(7, 8)])
def test_translates_of_the_spline_sum_to_one(residue):
    """The CDF's increments over whole periods sum to the place: the residue is uniform."""
    alpha, beta = Fraction(9, 10), Fraction(3, 10)
    mass = sum(
        polar.spline_cdf(r + residue, alpha, beta) - polar.spline_cdf(Fraction(r), alpha, beta)
        for r in range(-3, 3)
    )
    assert mass == residue


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match="bits must have a power of two"):
        polar.transform([0, 1, 1])
    with pytest.raises(ValueError, match="differences must have a power of two"):
        polar.draw_level([], [])
    with pytest.raises(ValueError, match="uniforms must have 2 entries, got 1"):
        polar.draw_level([0.0, 0.0], [0.5])
    with pytest.raises(ValueError, match="uniforms must have 1 entries, got 2"):
        polar.decode_level([0], [0.5, 0.5])
