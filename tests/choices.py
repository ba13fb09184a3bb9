"""What tests of methods that choose among candidates share: the weights of all candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

import astar_rec as rec

if TYPE_CHECKING:
    from astar_rec.codecs.candidates import CandidateCodec

P = rec.Normal(0.0, 1.0)


def normal_targets(shape: int | tuple[int, ...], seed: int) -> rec.Normal:
    """Targets whose ratios have small bounds."""
    rng = np.random.default_rng(seed)
    return rec.Normal(rng.uniform(-0.8, 0.8, size=shape), rng.uniform(0.3, 0.9, size=shape))


def log_weights(codec: CandidateCodec, q: rec.Normal, candidates: int) -> np.ndarray:
    """The log density ratios of candidates; the shape of an index (blocks: of a block), and K.

    From samples that were decoded and densities of SciPy's: nothing that the encoder computes.
    """
    rows = q.loc.shape[0]
    found = np.empty((rows, candidates))
    for number in range(1, candidates + 1):
        index = np.full(codec.blocks.message_shape(q.shape), number, np.uint64)
        x = codec.decode(index, P, shape=q.shape)
        ratio = stats.norm.logpdf(x, q.loc, q.scale) - stats.norm.logpdf(x)
        found[:, number - 1] = ratio.reshape(rows, -1).sum(axis=1)
    return found


def weights(codec: CandidateCodec, q: rec.Normal, candidates: int) -> np.ndarray:
    """The same, as probabilities."""
    shares: np.ndarray = special.softmax(log_weights(codec, q, candidates), axis=1)
    return shares


def chosen(index: np.ndarray) -> np.ndarray:
    """The columns of the weights that were chosen."""
    return index.reshape(-1).astype(np.int64) - 1


def places(w: np.ndarray, column: np.ndarray, seed: int) -> np.ndarray:
    """Numbers that are uniform if the choice follows the weights: a random place in its share."""
    rows = np.arange(len(w))
    before = np.cumsum(w, axis=1)[rows, column] - w[rows, column]
    v = np.random.default_rng(seed).random(len(w))
    return np.clip(before + v * w[rows, column], 0.0, 1.0 - 2.0**-53)


def by_weight(w: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights in falling order, and where the chosen ones are there."""
    order = np.argsort(-w, axis=1)
    return np.take_along_axis(w, order, axis=1), np.argmax(order == column[:, None], axis=1)
