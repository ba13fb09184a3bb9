"""Fit the constants of cpp/src/codes/depth_start.hpp to depths of simulated blocks.

    python scripts/fit_depth_start.py [--table]

prints them. ``--table`` prints instead what the start that is compiled in costs, in bits an index
above the entropy of the depths.

Blocks of AD* are coded whose normal targets have the proposal as their marginal, and blocks of
IsoKL normals of the same information (with half the weight). A depth that comes to a level ends
there with the probability

    plateau / (1 + 2^(steepness * (shift + expected bits - level)))

where 2^x is straight between integers, and plateau, shift and steepness are each

    a + b * log2(block) + (c + d * log2(block)) / (bits an element + 1/2)

with log2 straight between powers of two. The twelve a, b, c, d are chosen to cost the fewest bits.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

import astar_rec as rec

# Bits an element, as far as the searches of such blocks are short, and how many blocks.
CASES = {
    1: ((0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16), 40_000),
    2: ((0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8), 40_000),
    3: ((0.125, 0.25, 0.5, 1, 2, 3, 4), 20_000),
    4: ((0.125, 0.25, 0.5, 1, 2, 3), 10_000),
    6: ((0.125, 0.25, 0.5, 1, 1.5), 5_000),
    8: ((0.125, 0.25, 0.5, 1), 2_000),
    12: ((0.125, 0.25), 2_000),
    16: ((0.125,), 2_000),
}
UNIT = 256  # of the constants
START = [0.74, -0.15, 0.1, 0.05, -0.8, 0.3, -1.0, -0.5, 0.97, -0.17, 0.3, -0.1]

Array = npt.NDArray[np.float64]


def counts(block: int, bits: float, number: int, iso: bool) -> Array:
    """Return how many of the blocks' indices have each depth."""
    rng = np.random.default_rng([block, int(8 * bits), iso])
    scale = 2.0**-bits
    means = rng.normal(size=(number, block)) * math.sqrt(1 - scale * scale)
    target = rec.Normal(means, scale)
    if iso:
        limit = 0.95 * math.sqrt(2 * math.log(2) * bits)
        means = np.where(abs(means) < limit, means, rng.uniform(-limit, limit, means.shape))
        target = rec.isokl_normal(means, bits)
    index = rec.ADStar(1, block).encode(target, rec.Normal(0.0, 1.0)).index
    words = index.reshape(number, block).tolist()
    heap = (sum(word << (64 * i) for i, word in enumerate(row)) for row in words)
    return np.bincount([n.bit_length() - 1 for n in heap]).astype(float)


def hazard(constants: Array, block: int, bits: float, levels: int) -> Array:
    """Return the probability that a depth that comes to a level ends there."""
    whole = block.bit_length() - 1
    log2_block = whole + block / 2**whole - 1
    a, b, c, d = np.reshape(constants, (3, 4)).T
    plateau, shift, steepness = a + b * log2_block + (c + d * log2_block) / (bits + 0.5)
    power = np.clip(steepness * (shift + block * bits - np.arange(levels)), -30, 30)
    octave = np.floor(power)
    return min(max(plateau, 0.2), 0.98) / (1 + (1 + power - octave) * 2.0**octave)


def loss(ends: Array, depths: Array) -> float:
    """Return the bits an index above the entropy that coding with these probabilities takes."""
    reached = depths[::-1].cumsum()[::-1]
    ends = np.clip(ends, 1e-7, 1 - 1e-7)
    share = depths[depths > 0] / depths.sum()
    bits = -(depths * np.log2(ends) + (reached - depths) * np.log2(1 - ends)).sum()
    return float(bits / depths.sum() + (share * np.log2(share)).sum())


def compiled_hazard(block: int, bits: float, levels: int) -> Array:
    """Return what the core starts from."""
    from astar_rec import _core

    return np.array([_core.depth_prior(block, round(8 * bits), i) for i in range(levels)]) / 2**24


def main() -> None:
    """Fit, or measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true")
    table = parser.parse_args().table
    measured = {
        (block, bits, iso): counts(block, bits, number, iso)
        for block, (all_bits, number) in CASES.items()
        for bits in all_bits
        for iso in (False, True)
    }
    if table:
        for (block, bits, iso), depths in measured.items():
            cost = loss(compiled_hazard(block, bits, len(depths)), depths)
            print(f"block {block:2}  {bits:6} bits  {'IsoKL' if iso else '     '}  {cost:.4f}")
        return

    def total(constants: Array) -> float:
        return sum(
            (0.5 if iso else 1.0)
            / len(CASES[block][0])
            * loss(hazard(constants, block, bits, len(depths)), depths)
            for (block, bits, iso), depths in measured.items()
        )

    best = np.array(START)
    for method in ("Powell", "Nelder-Mead", "Powell", "Nelder-Mead"):
        options = {"maxiter": 20_000, "maxfev": 6_000}
        best = minimize(total, best, method=method, options=options).x
    print(np.round(best * UNIT).astype(int).reshape(3, 4), total(best))


if __name__ == "__main__":
    main()
