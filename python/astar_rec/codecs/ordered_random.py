"""Ordered random coding: minimal random coding with an index of few bits."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from .candidates import NumberedCodec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OrderedRandomCoding"]


@dataclass(frozen=True, repr=False)
class OrderedRandomCoding(NumberedCodec):
    """Ordered random coding: the samples of minimal random coding, in fewer bits.

    Approximate. Samples have exactly the law of those of `MinimalRandomCoding` with as many
    candidates: one of K samples of the proposal is chosen by its importance weight, biased towards
    the proposal, the less the larger K, which must exceed 2 to the KL divergence in bits. But the
    random numbers of the choice are sorted, the first candidate's the largest. So low indices are
    the likelier, and a code that learns (the default) takes not log2 K bits but about those of
    `GlobalAStar`, however large K is: candidates cost time alone.

    A search ends once no later candidate can win, so `Encoded.steps` are K at most. `Encoded.cut`
    is 0: what is left out is a part of the method.

    Args:
        candidates: K, from 1 to 2^32. With 1 the sample is the proposal's.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 65536: candidates are samples
            of all of them.
        threads: Number of threads; None for all processors.

    Reference: L. Theis, N. Yosri, "Algorithms for the Communication of Samples", ICML 2022.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> codec = rec.OrderedRandomCoding(2**10, seed=7, block=500)
        >>> q, p = rec.Normal(np.full(1000, 0.1), 1.0), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> r.index.shape, bool((codec.decode(r.index, p, shape=(1000,)) == r.sample).all())
        ((2,), True)
    """

    name = "orc"
    number = 17
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"candidates": "how many samples to choose from: above 2 to the power of the information"}
    )
