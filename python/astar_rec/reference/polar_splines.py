"""Polar channel simulation in plain Python: one level, and the spline's cells.

``docs/polar_splines.md`` derives both. Nothing here is fast, and the package does not use it yet.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode_level", "draw_level", "piece_lengths", "spline_cdf", "transform"]


def transform(bits: list[int]) -> list[int]:
    """Multiply a row of bits by G, the Kronecker power of [[1, 0], [1, 1]]; G is its own inverse.

    Args:
        bits: 2**m bits, 0 or 1.

    Returns:
        As many bits.

    Raises:
        ValueError: If the number of bits is no power of two.

    Example:
        >>> transform([0, 1])
        [1, 1]
    """
    count = len(bits)
    if count == 0 or count & (count - 1):
        raise ValueError(f"bits must have a power of two of entries, got {count}")
    if count == 1:
        return list(bits)
    first, second = transform(bits[: count // 2]), transform(bits[count // 2 :])
    return [a ^ b for a, b in zip(first, second, strict=True)] + second


def _descend(differences: list[float], choose: Callable[[float], int]) -> list[int]:
    """Return the bits x of a node; ``choose`` gives the bit of each leaf from its difference."""
    if len(differences) == 1:
        return [choose(differences[0])]
    half = len(differences) // 2
    first, second = differences[:half], differences[half:]
    sums = _descend([a * b for a, b in zip(first, second, strict=True)], choose)
    signed = [-a if bit else a for a, bit in zip(first, sums, strict=True)]
    later = [(b + a) / (1.0 + a * b) for a, b in zip(signed, second, strict=True)]
    bits = _descend(later, choose)
    return [a ^ b for a, b in zip(sums, bits, strict=True)] + bits


def draw_level(differences: list[float], uniforms: list[float]) -> tuple[list[int], list[int]]:
    """Draw one bit for each element, and say where the receiver's guesses are wrong.

    Args:
        differences: P(bit = 0) - P(bit = 1) of each of 2**m elements, between -1 and 1.
        uniforms: The shared uniform of each leaf, in (0, 1).

    Returns:
        The elements' bits, and the leaves' flips.

    Raises:
        ValueError: If there are not as many uniforms as differences, or no power of two.

    Example:
        >>> draw_level([1.0, -1.0], [0.2, 0.3])
        ([0, 1], [1, 1])
    """
    count = len(differences)
    if count == 0 or count & (count - 1):
        raise ValueError(f"differences must have a power of two of entries, got {count}")
    if len(uniforms) != count:
        raise ValueError(f"uniforms must have {count} entries, got {len(uniforms)}")
    shared = iter(uniforms)
    flips: list[int] = []

    def choose(difference: float) -> int:
        uniform = next(shared)
        bit = int(uniform > (1.0 + difference) / 2.0)
        flips.append(bit ^ int(uniform > 0.5))
        return bit

    return _descend(differences, choose), flips


def decode_level(flips: list[int], uniforms: list[float]) -> list[int]:
    """Return the bits that ``draw_level`` drew, from its flips and the shared uniforms.

    Args:
        flips: The flip of each of 2**m leaves.
        uniforms: The shared uniform of each leaf, in (0, 1).

    Returns:
        The elements' bits.

    Raises:
        ValueError: If the numbers of flips and of uniforms differ, or are no power of two.

    Example:
        >>> decode_level([1, 1], [0.2, 0.3])
        [0, 1]
    """
    if len(flips) != len(uniforms):
        raise ValueError(f"uniforms must have {len(flips)} entries, got {len(uniforms)}")
    return transform([flip ^ int(v > 0.5) for flip, v in zip(flips, uniforms, strict=True)])


def spline_cdf(y: Fraction, alpha: Fraction, beta: Fraction) -> Fraction:
    """Return the CDF, exactly, of a sum of three centred uniforms of widths 1, alpha and beta.

    Args:
        y: Where to take the CDF.
        alpha: The width of the second uniform, above 0.
        beta: The width of the third uniform, above 0.

    Returns:
        A number from 0 to 1.

    Example:
        >>> spline_cdf(Fraction(0), Fraction(1), Fraction(1))
        Fraction(1, 2)
    """
    total = Fraction(0)
    for signs in product((1, -1), repeat=3):
        shift = (signs[0] + signs[1] * alpha + signs[2] * beta) / 2
        total += signs[0] * signs[1] * signs[2] * max(y + shift, Fraction(0)) ** 3
    return total / (6 * alpha * beta)


def piece_lengths(
    levels: int, alpha: Fraction, beta: Fraction, bits: int = 64
) -> list[dict[int, int]]:
    """Return how much of the proposal's mass each piece of each cell of the residue has.

    Args:
        levels: L: the residue is cut into 2**L cells.
        alpha: The width of the spline's second uniform, above 0.
        beta: The width of the spline's third uniform, above 0.
        bits: All lengths together are 2**bits.

    Returns:
        For each cell the lengths of its pieces, by piece. Those of a cell sum to
        2**(bits - levels), whatever was rounded: so the residue's bits are exactly fair.

    Example:
        >>> piece_lengths(0, Fraction(1), Fraction(1), bits=3)
        [{-2: 0, -1: 5, 0: 3, 1: 0}]
    """
    reach = (1 + alpha + beta) / 2
    pieces = range(floor(-reach), -floor(-reach))
    cells = []
    for cell in range(1 << levels):
        lengths = {}
        for piece in pieces:
            low = piece + Fraction(cell, 1 << levels)
            high = low + Fraction(1, 1 << levels)
            mass = spline_cdf(high, alpha, beta) - spline_cdf(low, alpha, beta)
            lengths[piece] = floor(mass * (1 << bits))
        longest = max(lengths, key=lambda piece: lengths[piece])
        lengths[longest] += (1 << (bits - levels)) - sum(lengths.values())
        cells.append(lengths)
    return cells
