"""Depths of indices, and what indices take at the least: H(D) + D."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Indices

__all__ = ["depths", "entropy"]


def depths(index: Indices) -> npt.NDArray[np.int64]:
    """Returns floor(log2 index) of indices of one word, or of words along a last axis of their own.

    Args:
        index: uint64, of shape (n,); or (n, words), the lowest word first.
    """
    words = index.reshape(len(index), -1)
    depth = np.full(len(words), -1)
    for number in range(words.shape[1]):
        word = words[:, number]
        high, low = word >> np.uint64(32), word & np.uint64(2**32 - 1)
        # Halves are exact in float64, which a word of 64 bits is not.
        top = np.where(high > 0, 32, 0) + np.frexp(np.where(high > 0, high, low).astype(float))[1]
        depth = np.where(word > 0, 64 * number + top - 1, depth)
    return depth


def entropy(values: npt.NDArray[np.int64]) -> float:
    """Returns the entropy of the empirical law of integers, in bits."""
    _, counts = np.unique(values, return_counts=True)
    p = counts / counts.sum()
    return float(-(p * np.log2(p)).sum())
