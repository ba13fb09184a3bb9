"""What methods will take: bits and seconds, from formulas fitted to measurements.

Measured were normal targets of 0.05 to 8 bits whose marginal is the proposal, in arrays of 1 to
2^18 elements: real messages, without a container's header (docs/planner.md has the tables). Bits
agree with them to within a fifth of the excess and half a byte; of one or two elements polar coding
takes fewer than it is said to. Times are those of one thread of a slow server core, processor time,
encoding and decoding together; they are for telling microseconds from milliseconds, and one method
from another. On a fast core all are half as long.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "INFORMATION",
    "TREE",
    "TREE_START",
    "adaptive_bits",
    "adaptive_time",
    "polar_bits",
    "polar_time",
    "tree_bits",
    "tree_time",
]

# Bits an element beyond the information that indices of AD* take in long arrays by the tree code,
# at so many bits of information an element (rows of `TREE`), in blocks of so many elements.
INFORMATION = (0.05, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
TREE = {
    1: (0.35, 0.70, 0.78, 0.83, 0.94, 1.38, 1.60),
    2: (0.30, 0.63, 0.73, 0.73, 0.78, 0.82, 0.85),
    4: (0.23, 0.47, 0.50, 0.53, 0.54, 0.55, 0.55),
    8: (0.15, 0.29, 0.32, 0.32, 0.32, 0.32, 0.32),
}
_ADAPTIVE = (0.66, 1.35, 1.60, 1.73, 1.78, 1.83, 1.85)
# Bits of a stream for what the codes learn and for its end.
TREE_START, _ADAPTIVE_START = 5.0, 3.0

# Seconds of a step of a search, of one for a single element, of an element in the adaptive code, in
# the tree code and of a bit of information there; both ways.
_STEP, _STEP_ALONE, _ADAPTIVE_CODE = 75e-9, 38e-9, 0.085e-6
_STEP_CALLED = 1e-6  # in lockstep, through functions of Python
_TREE_CODE, _TREE_BIT = 2.4e-6, 2.2e-6

# Of polar coding: what a block takes in any case, its header and its levels' ends.
_POLAR_BLOCK, _POLAR_BLOCK_BIT = 18.0, 2.5
# Elements of a kind, at least: contexts of fewer are joined.
_POLAR_KIND = 1024
_POLAR_BLOCK_TIME = 120e-6
# Levels, and masses, of which there are the more the fewer are negligible; decoding.
_POLAR_LEVELS, _POLAR_BIT, _POLAR_MOST_BITS = 0.9e-6, 0.22e-6, 8.0
# Masses through functions of Python, SciPy's or the user's: between 6 and 75, as these are fast.
_POLAR_CALLED = 30e-6


def _at(information: float, values: tuple[float, ...]) -> float:
    """Interpolates in the logarithm of the information."""
    place = math.log(max(information, INFORMATION[0]))
    return float(np.interp(place, np.log(INFORMATION), values))


def adaptive_bits(information: float, elements: int) -> float:
    """Returns the bits of indices of AD* alone in the adaptive code."""
    return elements * (information + _at(information, _ADAPTIVE)) + _ADAPTIVE_START


def tree_bits(information: float, elements: int, block: int) -> float:
    """Returns the bits of indices of AD* in blocks of 1, 2, 4 or 8 in the tree code."""
    return elements * (information + _at(information, TREE[block])) + TREE_START


def adaptive_time(steps: float, *, called: bool = False) -> float:
    """Returns the seconds of an element that is searched for in so many steps."""
    return (_STEP_CALLED if called else _STEP_ALONE) * steps + _ADAPTIVE_CODE


def tree_time(information: float, steps: float, *, called: bool = False) -> float:
    """Returns the seconds of an element, whose share of a block's search is so many steps."""
    return (_STEP_CALLED if called else _STEP) * steps + _TREE_CODE + _TREE_BIT * information


def polar_bits(information: float, elements: int, block: int, contexts: int = 0) -> float:
    """Returns the bits of polar blocks.

    The excess halves with every factor of sixteen in the elements, as theory has it for polar codes
    of finite length (their scaling exponent is about 4). It grows with the square root of little
    information, of which one level has nearly all, and then hardly any more: of any target two or
    three levels lie between certain and free.

    Of contexts nothing is known but what they cost: each of some elements has levels of its own
    that are told.
    """
    full, rest = divmod(elements, block)
    curve = min(1.35, 1.5 * math.sqrt(information))
    own = _POLAR_BLOCK + _POLAR_BLOCK_BIT * information

    def told(size: int) -> float:
        return own * max(1, min(contexts, size // _POLAR_KIND))

    excess = full * (curve * math.pow(block, 0.75) + told(block))
    if rest:
        excess += curve * math.pow(rest, 0.75) + told(rest)
    return elements * information + excess


def polar_time(information: float, elements: int, block: int, *, called: bool) -> float:
    """Returns the seconds of an element in polar blocks.

    Args:
        information: Its information, in bits.
        elements: How many there are.
        block: The most elements of a block.
        called: Whether masses come from functions of Python.
    """
    blocks = -(-elements // block)
    levels = _POLAR_LEVELS + _POLAR_BIT * min(information, _POLAR_MOST_BITS)
    return _POLAR_BLOCK_TIME * blocks / elements + levels + (_POLAR_CALLED if called else 0.0)
