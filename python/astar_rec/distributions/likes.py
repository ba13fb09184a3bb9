"""What is understood where a target or a proposal is asked for, as types for signatures.

`TargetLike` is what may be encoded: a `Distribution`, a `CustomTarget`, or another library's
distribution. `ProposalLike` is what it may be encoded with, and decoded: the same with
`CustomProposal`.

Other libraries' distributions are told by what they have: their types are not at hand here. What
`as_distribution` makes of them, or refuses, it knows by their classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Union

from .distribution import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..custom import CustomProposal, CustomTarget

__all__ = ["DistributionLike", "ProposalLike", "TargetLike"]


class ScipyFrozen(Protocol):
    """A frozen distribution of ``scipy.stats``."""

    @property
    def dist(self) -> Any:
        """What was frozen."""

    @property
    def args(self) -> tuple[Any, ...]:
        """Location and scale, by place."""

    @property
    def kwds(self) -> Mapping[str, Any]:
        """And by name."""


class ScipyDistribution(Protocol):
    """A distribution of the newer classes of ``scipy.stats``."""

    def icdf(self, p: Any, /) -> Any:
        """Returns quantiles."""

    def logpdf(self, x: Any, /) -> Any:
        """Returns log densities."""


class TorchDistribution(Protocol):
    """A distribution of ``torch.distributions``."""

    @property
    def batch_shape(self) -> Any:
        """The shape of an array of distributions."""

    def log_prob(self, value: Any) -> Any:
        """Returns log densities."""


DistributionLike = Distribution | ScipyFrozen | ScipyDistribution | TorchDistribution
TargetLike = Union[DistributionLike, "CustomTarget"]
ProposalLike = Union[DistributionLike, "CustomProposal"]
