"""Methods whose messages are bytes, an object for each block of consecutive elements."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, TypeVar

from .. import _core
from ..errors import ParameterError
from .codec import Codec
from .messages import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .codec import Progress
    from .messages import Message

__all__ = ["BlockBytesCodec", "named_blocks"]

AnyCodec = TypeVar("AnyCodec", bound="BlockBytesCodec")


@dataclass(frozen=True, repr=False)
class BlockBytesCodec(Codec):
    """What such methods have in common: blocks run through all axes, and a chunk is one of them.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: The most elements of a block.
        threads: Number of threads, for blocks side by side; None for all processors.
    """

    exact = True
    kind = BYTES
    runs_through = True
    default_chunk = 1
    limits: ClassVar[Mapping[str, str]] = MappingProxyType({})

    seed: int
    _: KW_ONLY
    block: int
    threads: int | None = field(default=None, compare=False)

    @property
    def parameters(self) -> tuple[int, ...]:
        """The block."""
        return (self.block,)

    @classmethod
    def from_parameters(cls: type[AnyCodec], take: Callable[[], int], seed: int) -> AnyCodec:
        """Returns the codec of a header."""
        return cls(block=take(), seed=seed)

    def _pieces(
        self, blocks: int, elements: int, progress: Progress | None, watched: int
    ) -> Iterator[tuple[int, int]]:
        """Yields where pieces of blocks begin and end.

        Args:
            blocks: How many blocks there are.
            elements: How many elements.
            progress: Who is told when a piece is done; None for all blocks as one piece.
            watched: How many blocks a piece has if someone is told.
        """
        length = blocks if progress is None else watched
        for begin in range(0, blocks, max(1, length)):
            end = min(blocks, begin + length)
            yield begin, end
            if progress is not None:
                progress(min(elements, end * self.block), elements)

    def _elements_of(self, number: int, elements: int) -> int:
        """How many elements a block has."""
        return min(self.block, elements - number * self.block)


@contextmanager
def named_blocks(message: Message) -> Iterator[None]:
    """Has the error of a block that no encoder writes name it."""
    try:
        yield
    except _core.CoreIndexError as error:
        reason, block = error.args
        expected = f"what an encoder writes ({reason})"
        raise ParameterError("message", message[block], expected, (block,)) from None
