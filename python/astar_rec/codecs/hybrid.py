"""Hybrid coding: dithered cubes, and ordered random coding within one of them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._validate import integer
from ..codes import AdaptiveCode
from ..custom import CustomTarget
from ..distributions import as_distribution
from ..distributions.families import CoreFamily
from ..errors import ParameterError
from .engine import CoreCodec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from ..codes import IndexCode
    from ..distributions import ProposalLike, TargetLike
    from .codec import Proposal, Target
    from .messages import Message

__all__ = ["HybridCoding"]

# An index has up to 16 words, of which a candidate's number takes up to 33 bits.
_MOST_BITS = 16 * 64
_NUMBER_BITS = 33
# What a number takes of an index, if nobody knows: a code that learns starts from there.
_TYPICAL_BITS = 4


@dataclass(frozen=True, repr=False)
class HybridCoding(CoreCodec):
    """Hybrid coding: universal quantisation says where, ordered random coding which.

    Approximate. In the proposal's CDF, a target that carries much information lies in a short
    interval. The sender chooses one of the width 2^-k for each element, k the number of halvings,
    and brings all samples of the proposal there by a shift that the receiver undoes with k bits. Of
    these candidates one is chosen as `OrderedRandomCoding` does it. So steps, and the candidates
    that are needed, are 2 to the power of the information *about the interval*, k bits less for
    each element; the index takes about as many bits as that of ordered random coding.

    The bias has two parts. What lies outside of the interval is left out: nothing of a target whose
    support fits in. Where a target is more than 2^-10 as dense outside as an even distribution on
    the interval (for normals: where more than 6e-5 is left out), its block counts in `Encoded.cut`,
    and `compress` warns. And with K candidates the choice is biased towards an even distribution on
    the interval, the less the larger K, which must exceed 2 to the power of the information about
    it.

    Args:
        candidates: K, from 1 to 2^32.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        halvings: k, from 1 to 31: intervals have the 2^k-th part of the proposal's mass. A normal
            target needs 8 of its deviations: about its information less 2.
        block: Elements of the last axis that are coded together, 1 to 991 / k.
        threads: Number of threads; None for all processors.

    Reference: L. Theis, N. Yosri, "Algorithms for the Communication of Samples", ICML 2022;
    docs/hybrid.md.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.HybridCoding(2**10, seed=7, halvings=4, block=4)
        >>> q, p = rec.Normal([0.5, -1.0, 0.25, 2.0], 1 / 128), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), r.cut
        (True, 0)
    """

    name = "hybrid"
    number = 19
    exact = False
    largest_block = _MOST_BITS - _NUMBER_BITS
    cut_means = "blocks were cut off at the ends of intervals (use fewer halvings)"
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "candidates": "how many samples to choose from",
            "halvings": "how often the proposal is halved around a target, for each element",
        }
    )

    candidates: int
    seed: int
    halvings: int
    _: KW_ONLY
    block: int = 1
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(candidates=integer("candidates", self.candidates, 1, 2**32))
        self._set(halvings=integer("halvings", self.halvings, 1, 31))
        most = self.largest_block // self.halvings
        if self.block > most:
            expected = f"an integer from 1 to {most}, with {self.halvings} halvings"
            raise ParameterError("block", self.block, expected)

    @property
    def numbers(self) -> dict[str, int]:
        """The number of candidates, and of halvings."""
        return {"candidates": self.candidates, "halvings": self.halvings}

    @property
    def words(self) -> int:
        """As many as hold a candidate's number and the halvings of all elements."""
        return -(-(_NUMBER_BITS + self._bits_of_cells) // 64)

    @property
    def _bits_of_cells(self) -> int:
        return self.halvings * self.block

    @property
    def message_range(self) -> tuple[int, int]:
        """To the last candidate's in the last cell; of several words, each may be anything."""
        if self.words > 1:
            return 0, 2**64 - 1
        return 1, ((self.candidates + 1) << self._bits_of_cells) - 1

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block, the number of candidates, and of halvings."""
        return self.block, self.candidates, self.halvings

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> HybridCoding:
        """Returns the codec of a header."""
        return cls(block=take(), candidates=take(), halvings=take(), seed=seed)

    def _expected_index(self, reason: str) -> str:
        return f"the index of a block ({reason})"

    def default_code(
        self, *, expected_bits: float | None = None, contexts: bool = False
    ) -> IndexCode:
        """Returns a code that learns, and starts from what intervals take."""
        del contexts
        least = float(self._bits_of_cells)
        expected = _TYPICAL_BITS + least if expected_bits is None else expected_bits * self.block
        return AdaptiveCode(self.words, expected_bits=max(expected, least))

    def fillers(self, sizes: npt.NDArray[np.int64]) -> Message:
        """Returns indices of first candidates: the bits of cells below are 0."""
        filler = np.zeros((len(sizes), self.words), np.uint64)
        bits = self.halvings * sizes
        filler[np.arange(len(sizes)), bits // 64] = np.uint64(1) << (bits % 64).astype(np.uint64)
        return filler

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal of which the core knows suprema of the ratio."""
        expected = "a target with a log ratio in the core, for hybrid coding"
        if isinstance(target, CustomTarget):
            raise ParameterError("target", target, expected)
        q, p = super().pair(as_distribution(target), proposal)
        if isinstance(q, CoreFamily) and isinstance(p, CoreFamily):
            return q, p
        raise ParameterError("target", f"{type(q).__name__} against {type(p).__name__}", expected)
