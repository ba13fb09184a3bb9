"""Poisson private representation: exact samples by messages that are differentially private."""

from __future__ import annotations

import math
import numbers
import secrets
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from .._validate import SEED_LIMIT, integer
from ..errors import ParameterError
from .candidates import CandidateCodec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["PoissonPrivateRepresentation"]

_PARTS = 1024  # of alpha, in headers and in the core
_LEAST, _MOST = 1.25, 1024


@dataclass(frozen=True, repr=False)
class PoissonPrivateRepresentation(CandidateCodec):
    """Poisson private representation: exact samples by messages that are differentially private.

    Where the target is the law of a differentially private mechanism, each method's *sample* is
    private, but other methods' messages are not, against who has the seed: which of the shared
    samples was chosen says more than the sample. Here sample i of the proposal, of density ratio
    r_i, is chosen with a probability proportional to (T_i / r_i)^-α, with arrival times T_i and a
    choice that are the sender's alone. So if the mechanism is ε-differentially private, the message
    is 2αε-differentially private, whatever the receiver knows (`privacy`). The sample follows the
    target exactly. The price is the index: the closer α to 1, the longer.

    Private is a message, and what follows from it: an index for each block, and a container's size.
    Not private are the time that encoding takes, `Encoded.steps` and `Encoded.cut`, and which
    arrays are refused (`DivergenceError`). Nothing is escaped in containers.

    The sender's random numbers come from a generator that is addressed, not cryptographic, keyed
    with 64 bits of the operating system's, fresh in each call. Privacy is against who does not
    break it. Floats are taken for real numbers.

    A search that would have to count beyond 2^40 samples ends with the best so far, and counts as
    `Encoded.cut`: for a ratio near 1 one in some 2^40 does with α = 2, one in some 2^20 with 1.5,
    and one in some 2^10 with 1.25. That is approximate, and as private. A ratio above 2^24 is
    refused.

    Messages depend on the bound of a custom ratio, too, not their law.

    Args:
        alpha: α, from 1.25 to 1024, rounded to whole 1024ths. ``math.inf`` for no privacy: the law
            is that of `GlobalAStar`.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 65536: a mechanism whose
            output is a vector is a block.
        private_seed: The sender's own, 0 to 2^64 - 1, for tests alone: a message can be made again
            with it. It is neither shown nor compared nor written into containers. None for a fresh
            one in each call.
        threads: Number of threads; None for all processors.

    Reference: Y. Liu, W.-N. Chen, A. Özgür, C. T. Li, "Universal Exact Compression of
    Differentially Private Mechanisms", NeurIPS 2024; docs/candidates.md.

    Examples:
        A Laplace mechanism for numbers between -1 and 1, with ε = 1:

        >>> import astar_rec as rec
        >>> numbers, epsilon = [0.3, -0.9, 0.5], 1.0
        >>> q, p = rec.Laplace(numbers, 2.0 / epsilon), rec.Laplace(0.0, 2.0 / epsilon)
        >>> codec = rec.PoissonPrivateRepresentation(alpha=2.0, seed=7)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), codec.privacy(epsilon)
        (True, 4.0)
    """

    name = "ppr"
    number = 18
    exact = True
    # What is coded by itself would not be private.
    escapes = False
    limits: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"alpha": "1.25 to 1024: an eps-private mechanism's messages are 2 alpha eps-private"}
    )

    alpha: float
    seed: int
    _: KW_ONLY
    block: int = 1
    private_seed: int | None = field(default=None, compare=False, repr=False)
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(alpha=_alpha_of(self.alpha))
        if self.private_seed is not None:
            most = SEED_LIMIT - 1
            self._set(private_seed=integer("private_seed", self.private_seed, 0, most))

    def privacy(self, epsilon: float) -> float:
        """Returns what ε the messages of a mechanism have.

        It is against a receiver who knows the seed, the codec and the proposal. The mechanism says
        for each block what its target is, and its densities for any two inputs differ by a factor
        of exp(epsilon) at most. Of several blocks that depend on the same input, ε add up.

        Args:
            epsilon: The ε of the mechanism, in nats, not negative.

        Raises:
            ParameterError: It is not a number from 0 on.
        """
        if not isinstance(epsilon, numbers.Real) or not epsilon >= 0:
            raise ParameterError("epsilon", epsilon, "a number from 0 on")
        return 2.0 * self.alpha * float(epsilon) if epsilon else 0.0

    @property
    def most_bits(self) -> float:
        """What a search, sample by sample, has time for."""
        return 24.0

    @property
    def unbounded(self) -> bool:
        """It has no budget."""
        return True

    @property
    def numbers(self) -> dict[str, int]:
        """Alpha in parts, and the sender's own seed."""
        private = self.private_seed
        fresh = secrets.randbelow(SEED_LIMIT) if private is None else private
        return {"alpha": self._parts, "private_seed": fresh}

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block, and alpha in parts."""
        return self.block, self._parts

    @property
    def _parts(self) -> int:
        return 0 if math.isinf(self.alpha) else round(self.alpha * _PARTS)

    @classmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> PoissonPrivateRepresentation:
        """Returns the codec of a header."""
        block, parts = take(), take()
        return cls(parts / _PARTS if parts else math.inf, seed, block=block)


def _alpha_of(value: object) -> float:
    """Returns alpha in whole parts."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not good or not (_LEAST <= value <= _MOST or value == math.inf):  # type: ignore[operator]
        raise ParameterError("alpha", value, f"a number from {_LEAST} to {_MOST}, or math.inf")
    alpha = float(value)  # type: ignore[arg-type]
    return alpha if math.isinf(alpha) else round(alpha * _PARTS) / _PARTS
