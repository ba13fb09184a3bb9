"""Minimal random coding, with which the field compares itself: no search, one of K samples."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ..codes import FixedCode
from .candidates import NumberedCodec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..codes import IndexCode

__all__ = ["MinimalRandomCoding"]


@dataclass(frozen=True, repr=False)
class MinimalRandomCoding(NumberedCodec):
    """Minimal random coding: one of K samples of the proposal, by its importance weight.

    Approximate. Candidate i of K is chosen with a probability proportional to dQ/dP at its sample.
    Indices run from 1 to K, so they need log2 K bits and no length; of whole bits w, K = 2^w - 1
    makes the most (``FixedCode(w)``; 0 is no index). The bias falls with K, which must exceed 2 to
    the KL divergence in bits. Bits are paid for in time: each candidate is a step, where `DADStar`
    with indices as long takes some ``w`` of them.

    The candidates are the samples of `GlobalAStar` of that seed, and ``GlobalAStar(max_samples=K)``
    chooses among the same. But it has a criterion by which a sample is known to be exact, and knows
    which of its choices did not meet it. Here there is none: every choice is approximate, all
    `Encoded.steps` are K, and `Encoded.cut` is 0, as nothing is ended before its end.

    Custom targets and proposals are evaluated for many candidates in each call.

    Args:
        candidates: K, from 1 to 2^32. With 1 the sample is the proposal's.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 65536: candidates are samples
            of all of them.
        threads: Number of threads; None for all processors.

    Reference: M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal Random Code Learning: Getting
    Bits Back from Compressed Model Parameters", ICLR 2019, algorithm 1.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.MinimalRandomCoding(2**7 - 1, seed=7)
        >>> q, p = rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), r.steps.tolist(), r.cut
        (True, [127, 127], 0)
        >>> rec.FixedCode(7).bits(r.index)
        14
    """

    name = "mrc"
    number = 4
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"candidates": "how many samples to choose from: 2 to the power of the bits"}
    )

    def default_code(
        self, *, expected_bits: float | None = None, contexts: bool = False
    ) -> IndexCode:
        """Returns words for the largest number."""
        if expected_bits is None and not contexts:
            return FixedCode(self.candidates.bit_length())
        return super().default_code(expected_bits=expected_bits, contexts=contexts)
