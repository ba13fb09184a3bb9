"""Methods of the core that choose one of numbered samples of the proposal: what they share."""

from __future__ import annotations

import math
import numbers
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, TypeVar

from .._validate import integer
from ..errors import ParameterError
from .engine import CoreCodec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CandidateCodec", "NumberedCodec", "block_for_bits"]

AnyNumbered = TypeVar("AnyNumbered", bound="NumberedCodec")

LARGEST_BLOCK = 1 << 16


def block_for_bits(chunk_bits: float, expected_bits: float) -> int:
    """Returns the block of elements of which each carries little, by what they carry together.

    Methods that choose one of some candidates code as many bits of information at once as their
    candidates allow: log2 of their number, less the room that keeps the bias small. Where both
    sides know what an element carries on average, blocks of equal numbers of elements do. (The
    block is a part of the codec and stands in containers' headers; whoever sends bare messages
    agrees on it, as on all of the codec.)

    Args:
        chunk_bits: The information of a block, in bits: more than 0.
        expected_bits: That of an element on average, in bits: at least 0.

    Returns:
        chunk_bits / expected_bits, rounded down, as doubles have it; from 1 to 65536.

    Raises:
        ParameterError: An argument out of its range, or not finite.

    Examples:
        >>> import astar_rec as rec
        >>> block = rec.block_for_bits(16, expected_bits=0.01)
        >>> block
        1600
        >>> codec = rec.OrderedRandomCoding(2**19, seed=7, block=block)
    """
    chunk = _finite("chunk_bits", chunk_bits)
    if chunk <= 0.0:
        raise ParameterError("chunk_bits", chunk_bits, "a finite number above 0")
    expected = _finite("expected_bits", expected_bits)
    if chunk >= LARGEST_BLOCK * expected:
        return LARGEST_BLOCK
    return max(1, math.floor(chunk / expected))


def _finite(argument: str, value: object) -> float:
    """Returns a finite number from 0 on."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        number = float(value)
        if 0.0 <= number < math.inf:
            return number
    raise ParameterError(argument, value, "a finite number from 0 on")


class CandidateCodec(CoreCodec):
    """A choice among candidates, which are samples of all of a block's elements.

    An index is a candidate's number, whatever the block, and nothing is halved: so blocks may have
    thousands of elements.
    """

    largest_block = LARGEST_BLOCK
    # A number has a bit at least, and stands for a block.
    elements_per_byte = 1 << 16

    @property
    def words(self) -> int:
        """One: a number."""
        return 1


@dataclass(frozen=True, repr=False)
class NumberedCodec(CandidateCodec):
    """A choice among so many candidates. What is left out is a part of the method."""

    exact = False

    candidates: int
    seed: int
    _: KW_ONLY
    block: int = 1
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(candidates=integer("candidates", self.candidates, 1, 2**32))

    @property
    def numbers(self) -> dict[str, int]:
        """The number of candidates."""
        return {"candidates": self.candidates}

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block and the number of candidates."""
        return self.block, self.candidates

    @classmethod
    def from_parameters(cls: type[AnyNumbered], take: Callable[[], int], seed: int) -> AnyNumbered:
        """Returns the codec of a header."""
        return cls(block=take(), candidates=take(), seed=seed)
