"""Greedy Poisson rejection sampling: the first arrival below a graph."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Literal

from .. import _core
from ..custom import CustomTarget
from ..distributions import as_distribution
from ..distributions.families import CoreFamily
from ..errors import ParameterError
from .engine import CoreCodec

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..distributions import ProposalLike, TargetLike
    from .codec import Proposal, Target

__all__ = ["GreedyPoissonRejection"]

# By their numbers in headers.
_SPLITS: tuple[Literal["sample", "half", "never"], ...] = ("sample", "half", "never")


@dataclass(frozen=True, repr=False)
class GreedyPoissonRejection(CoreCodec):
    """Greedy Poisson rejection sampling: the first arrival of a Poisson process below a graph.

    Exact, for normal targets and proposals. Nodes of a tree arrive in time, each with a sample of
    the proposal. The first is taken that comes before a time which is the longer, the denser the
    target is at its sample; where A* coding goes on until no node can be better, this ends at once.
    So it takes few steps where the information is little and the largest density ratio huge: the
    steps on average are below 2.26 KL + 10 where regions are split at the sample and the ratio has
    one mode, that is for targets narrower than the proposal, however narrow.

    Each step takes an integral of the sender, some microseconds; decoding is that of `ASStar`,
    `ADStar` or `GlobalAStar`, whose indices these are.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        split: ``"sample"``: regions are split at their own sample, as in `ASStar`. ``"half"``: they
            are halved in the proposal's CDF, as in `ADStar`; somewhat more steps, and an index is
            decoded in one. ``"never"``: the index is the number of the arrival, as in
            `GlobalAStar`, and steps are some 2^D∞; ratios of more than 2^32 are refused.
        threads: Number of threads; None for all processors.

    Reference: G. Flamich, "Greedy Poisson Rejection Sampling", NeurIPS 2023.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.GreedyPoissonRejection(seed=7)
        >>> q, p = rec.Normal([0.5, -1.0], [0.25, 1e-6]), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all())
        True
    """

    name = "gprs"
    number = 16
    exact = True
    largest_block = 1

    seed: int
    _: KW_ONLY
    split: Literal["sample", "half", "never"] = "sample"
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.split not in _SPLITS:
            raise ParameterError("split", self.split, "'sample', 'half' or 'never'")

    @property
    def numbers(self) -> dict[str, int]:
        """The number of the split, if it is not the usual one."""
        number = _SPLITS.index(self.split)
        return {"split": number} if number else {}

    @property
    def hard_by(self) -> Literal["supremum"] | None:
        """The supremum, of which the number of steps is a power, if regions are never split."""
        return "supremum" if self.split == "never" else None

    @property
    def unbounded(self) -> bool:
        """It goes on until its sample is certain."""
        return True

    @property
    def parameters(self) -> tuple[int, ...]:
        """The number of the split."""
        return (_SPLITS.index(self.split),)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> GreedyPoissonRejection:
        """Returns the codec of a header."""
        number = take()
        if number >= len(_SPLITS):
            raise ParameterError("split", number, f"a number below {len(_SPLITS)}")
        return cls(seed, split=_SPLITS[number])

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal of which the core knows the excess: normals."""
        expected = "a Normal target and a Normal proposal, for greedy Poisson rejection sampling"
        if isinstance(target, CustomTarget):
            raise ParameterError("target", target, expected)
        q, p = super().pair(as_distribution(target), proposal)
        if (
            isinstance(q, CoreFamily)
            and isinstance(p, CoreFamily)
            and _core.has_excess(q._family, p._family)
        ):
            return q, p
        raise ParameterError("target", f"{type(q).__name__} against {type(p).__name__}", expected)
