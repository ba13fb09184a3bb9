"""A* coding: the four methods of the paper, which split regions in different ways."""

from __future__ import annotations

import math
import numbers
import struct
from dataclasses import KW_ONLY, dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar

from .._validate import integer
from ..codes import FixedCode, TreeCode
from ..distributions import Normal
from ..errors import ParameterError
from .engine import CoreCodec
from .units import hint_numbers, take_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..codes import IndexCode
    from ..distributions import ProposalLike, TargetLike
    from .codec import Proposal, Target

__all__ = ["ADStar", "ASStar", "DADStar", "GlobalAStar"]

AnyStepwise = TypeVar("AnyStepwise", bound="_Stepwise")

_STEPS = {"max_steps": "the most steps of a search; those that are cut are approximate"}
_WITHIN = {
    "within": "the doubt, from 2^-60 to below 1, at which a search of normals in blocks ends"
}
_LEAST = 2.0**-60  # doubts are told in 2^-63ths


@dataclass(frozen=True, repr=False)
class GlobalAStar(CoreCodec):
    """Global-bound A* coding, equivalent to the Poisson functional representation.

    The index is the number of the winning sample. The search draws samples one after the other
    until none that follows can win: 2^D∞ of them on average, so it refuses ratios of more than
    2^32.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        max_samples: Give up after so many samples and take the best: approximate where the search
            would have gone on (see `Encoded.cut`), for any ratio.
        block: Elements of the last axis that are coded together, 1 to 16.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022; C. T. Li, A. El Gamal, "Strong functional representation lemma
    and applications to coding theorems", IEEE Trans. Inf. Theory 64, 2018.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.GlobalAStar(seed=7)
        >>> int(codec.encode(rec.Normal(0.0, 1.0), rec.Normal(0.0, 1.0)).index)
        1
    """

    name = "global"
    number = 0
    exact = True
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"max_samples": "the most samples of a search; those that are cut are approximate"}
    )

    seed: int
    max_samples: int | None = None
    _: KW_ONLY
    block: int = 1
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_samples is not None:
            self._set(max_samples=integer("max_samples", self.max_samples, 1, 2**64 - 1))

    @property
    def numbers(self) -> dict[str, int]:
        """The most samples, if there is a limit."""
        return {} if self.max_samples is None else {"max_samples": self.max_samples}

    @property
    def most_bits(self) -> float:
        """Infinite with a limit, which makes it approximate."""
        return super().most_bits if self.max_samples is None else math.inf

    @property
    def unbounded(self) -> bool:
        """Whether there is no limit."""
        return self.max_samples is None

    @property
    def hard_by(self) -> Literal["supremum"] | None:
        """The supremum, of which the number of samples is a power, unless they are limited."""
        return "supremum" if self.unbounded else None

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block, and the most samples or 0."""
        return self.block, self.max_samples or 0

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> GlobalAStar:
        """Returns the codec of a header."""
        return cls(block=take(), max_samples=take() or None, seed=seed)

    def limited(self, steps: int) -> GlobalAStar:
        """Returns the codec with at most so many samples, if it has no other limit."""
        return self if self.max_samples is not None else replace(self, max_samples=steps)


class _Stepwise(CoreCodec):
    """A search whose budget is a number of steps, of which the receiver need not know."""

    limits: ClassVar[Mapping[str, str]] = MappingProxyType(_STEPS)

    max_steps: int | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_steps is not None:
            self._set(max_steps=integer("max_steps", self.max_steps, 1, 2**64 - 1))

    @property
    def numbers(self) -> dict[str, int]:
        """The most steps of a search, if there is a budget."""
        return {} if self.max_steps is None else {"max_steps": self.max_steps}

    @property
    def unbounded(self) -> bool:
        """Whether there is neither a budget nor a limit on the depth."""
        return self.exact and self.max_steps is None

    @property
    def hard_by(self) -> Literal["boxes", "doubt"] | None:
        """The boxes of its tree, for blocks without a budget; or until when there is doubt."""
        if self.block == 1 or self.max_steps is not None:
            return None
        return "boxes" if self.within is None else "doubt"

    def limited(self: AnyStepwise, steps: int) -> AnyStepwise:
        """Returns the codec with at most so many steps, if it has no other budget."""
        if self.max_steps is not None:
            return self
        return replace(self, max_steps=steps)  # type: ignore[type-var]


class _Halving(_Stepwise):
    """A search that halves boxes, and may end when little is left in doubt."""

    limits: ClassVar[Mapping[str, str]] = MappingProxyType({**_STEPS, **_WITHIN})

    within: float | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.within is None:
            return
        if self.block == 1:
            expected = "None, with block=1: single elements are searched to the end; give a block"
            raise ParameterError("within", self.within, expected)
        self._set(within=_probability("within", self.within))

    @property
    def numbers(self) -> dict[str, int]:
        """The budget, and the bits of the doubt."""
        if self.within is None:
            return super().numbers
        (bits,) = struct.unpack("<Q", struct.pack("<d", self.within))
        return {**super().numbers, "within_bits": bits}

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal; with a doubt, normal ones."""
        q, p = super().pair(target, proposal)
        if self.within is not None and not (type(q) is type(p) is Normal):
            kinds = f"{type(q).__name__} against {type(p).__name__}"
            raise ParameterError("within", self.within, f"None, for {kinds}: normals alone have it")
        return q, p


@dataclass(frozen=True, repr=False)
class ASStar(_Stepwise):
    """AS* coding: regions are split at their own sample.

    Exact. Where the density ratio is unimodal only one side of a split can win, and the search is
    one path of O(D∞) steps; where it is not, the heap takes care of it. The index is that of the
    largest dyadic cell that holds the winner and none of the samples met on the way to it, which is
    shorter than the path itself: see docs/as_star_index.md.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        max_steps: End a search after so many steps with the best so far: see `Encoded.cut`.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, AS* coding.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.ASStar(seed=7)
        >>> q, p = rec.Laplace(1.0, 0.1), rec.Laplace(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool(codec.decode(r.index, p) == r.sample)
        True
    """

    name = "as"
    number = 1
    exact = True
    largest_block = 1

    seed: int
    _: KW_ONLY
    max_steps: int | None = None
    threads: int | None = field(default=None, compare=False)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> ASStar:
        """Returns the codec of a header, which says nothing but the seed."""
        del take
        return cls(seed)


@dataclass(frozen=True, repr=False)
class ADStar(_Halving):
    """AD* coding: regions are halved in the proposal's CDF.

    Exact. The index is the node's number in the binary tree (root 1, children 2H and 2H + 1): its
    depth, and as many bits of path. Decoding one takes one random number and one quantile.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 16.
        bits_hint: With blocks: expected bits for each column of the last axis, from 0 to 4096,
            which the receiver needs too; they are rounded to sixteenths. None where all are alike.
            ``"given"`` for those that `compress` and `Writer`, and `decompress` and `Reader`, are
            given for each element, as ``bits_hint``, so that none are written.
        max_steps: End a search after so many steps with the best so far: see `Encoded.cut`.
            It bounds the time of the worst; on average a budget that cuts many blocks takes longer
            than none (docs/speed.md).
        within: With blocks of normals: end a search as soon as it is proven that one that goes on
            would find another sample with no more than this probability. So the law of a block is
            within that, in total variation, of the targets'. Most blocks are searched much sooner
            then, wide ones above all; `Encoded.within` says what is proven of all of an array.
            Blocks that gain next to nothing by it, and those of which an element is narrower than
            2^-16 of its proposal, are searched to the end.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, AD* coding.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> codec = rec.ADStar(seed=7)
        >>> q, p = rec.Normal(2.0, 0.1), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool(codec.decode(r.index, p) == r.sample)
        True

        With a budget, of which the receiver need not know:

        >>> hasty = rec.ADStar(seed=7, max_steps=3)
        >>> r = hasty.encode(q, p)
        >>> r.cut, int(r.steps), bool(codec.decode(r.index, p) == r.sample)
        (1, 3, True)

        Wide targets, whose searches are long, with a little doubt:

        >>> q = rec.Normal(np.linspace(-0.1, 0.1, 16).reshape(2, 8), 1.02)
        >>> soon = rec.ADStar(seed=7, block=8, within=1e-4).encode(q, p)
        >>> bool(soon.within <= 2e-4), bool((soon.steps < 100).all())
        (True, True)
    """

    name = "ad"
    number = 2
    exact = True
    draws_tree = True

    seed: int
    block: int = 1
    _: KW_ONLY
    bits_hint: tuple[float, ...] | str | None = None
    max_steps: int | None = None
    within: float | None = None
    threads: int | None = field(default=None, compare=False)

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block and the hints."""
        return self.block, *hint_numbers(self.bits_hint)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> ADStar:
        """Returns the codec of a header."""
        return cls(block=take(), bits_hint=take_hints(take), seed=seed)

    def default_code(
        self, *, expected_bits: float | None = None, contexts: bool = False
    ) -> IndexCode:
        """Returns the tree code for blocks; for single elements the fast one."""
        if self.block == 1:
            return super().default_code(expected_bits=expected_bits, contexts=contexts)
        bits = expected_bits
        return TreeCode(self.words, expected_bits=None if bits is None else bits * self.block)


@dataclass(frozen=True, repr=False)
class DADStar(_Halving):
    """DAD* coding: AD* with a limit on the depth. Approximate, with indices of fixed width.

    Nodes deeper than ``depth`` are never made, so an index fits in ``depth + 1`` bits and no length
    need be sent. The sample is the best of what is left: biased towards the proposal, the less the
    deeper (a few bits beyond the KL divergence suffice).

    Args:
        depth: The largest depth, 0 to 63 for each element of a block. With 0 the sample is the
            proposal's.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 16.
        bits_hint: As for `ADStar`.
        max_steps: As for `ADStar`. What the depth leaves out does not count as cut.
        within: As for `ADStar`. What the depth leaves out does not count here, either.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, DAD* coding.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.DADStar(depth=7, seed=7)
        >>> r = codec.encode(rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0))
        >>> bool((r.index < 2**8).all())
        True
    """

    name = "dad"
    number = 3
    exact = False
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"depth": "the largest depth, 0 to 63 for each element of a block", **_STEPS, **_WITHIN}
    )

    depth: int
    seed: int
    _: KW_ONLY
    block: int = 1
    bits_hint: tuple[float, ...] | str | None = None
    max_steps: int | None = None
    within: float | None = None
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(depth=integer("depth", self.depth, 0, 63 * self.block))

    @property
    def numbers(self) -> dict[str, int]:
        """The largest depth, and the budget."""
        return {"depth": self.depth, **super().numbers}

    @property
    def deepest(self) -> int:
        """The depth."""
        return self.depth

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block, the depth and the hints."""
        return self.block, self.depth, *hint_numbers(self.bits_hint)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> DADStar:
        """Returns the codec of a header."""
        return cls(block=take(), depth=take(), bits_hint=take_hints(take), seed=seed)

    def default_code(
        self, *, expected_bits: float | None = None, contexts: bool = False
    ) -> IndexCode:
        """Returns words of ``depth + 1`` bits, where an index is a word."""
        if self.block == 1 and expected_bits is None and not contexts:
            return FixedCode(self.depth + 1)
        return super().default_code(expected_bits=expected_bits, contexts=contexts)


def _probability(argument: str, value: object) -> float:
    """Returns a number below 1, and no smaller than what can be told apart."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not good or not _LEAST <= value < 1:  # type: ignore[operator]
        raise ParameterError(argument, value, "a number from 2^-60 to below 1")
    return float(value)  # type: ignore[arg-type]
