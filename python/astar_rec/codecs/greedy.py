"""What the greedy methods share: the first sample of a tree that is good enough, not the best."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

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

__all__ = ["GreedyCodec"]

AnyGreedy = TypeVar("AnyGreedy", bound="GreedyCodec")

# By their numbers in headers.
_SPLITS: tuple[Literal["sample", "half", "never"], ...] = ("sample", "half", "never")


@dataclass(frozen=True, repr=False)
class GreedyCodec(CoreCodec):
    """A greedy search over one of the trees of A* coding, whose indices are decoded as theirs.

    It asks how much of the target lies above a multiple of the proposal's density, and so is for
    pairs that the core knows that of.
    """

    exact = True
    largest_block = 1
    # What errors call the method.
    _called: ClassVar[str]

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
    def from_parameters(cls: type[AnyGreedy], take: Callable[[], int], seed: int) -> AnyGreedy:
        """Returns the codec of a header."""
        number = take()
        if number >= len(_SPLITS):
            raise ParameterError("split", number, f"a number below {len(_SPLITS)}")
        return cls(seed, split=_SPLITS[number])

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal of which the core knows the excess: normals."""
        expected = f"a Normal target and a Normal proposal, for {self._called}"
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
