"""What an experiment is: rows of figures, measured, and a picture of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeVar
from zlib import crc32

import numpy as np

from .._validate import seed_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Experiment", "Mode", "Progress", "Row", "tracked"]

T = TypeVar("T")

# Names of columns, and what stands there: all rows of an experiment have the same columns.
Row = dict[str, str | int | float]

# Called as progress(done, total), as the codecs' is; None where no one watches.
Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class Mode:
    """How much is measured, and with which random numbers.

    Attributes:
        name: ``quick`` takes some seconds, ``full`` some minutes; ``tiny`` is for tests.
        seed: 0 to 2^64 - 1; everything but times follows from it.

    Raises:
        ParameterError: A seed that is none.
    """

    name: Literal["tiny", "quick", "full"]
    seed: int = 0

    def __post_init__(self) -> None:
        seed_of(self.seed)

    def choose(self, *, tiny: T, quick: T, full: T) -> T:
        """Returns what is right for the mode."""
        return {"tiny": tiny, "quick": quick, "full": full}[self.name]

    def rng(self, *about: object) -> np.random.Generator:
        """Returns random numbers that depend on the seed and on what they are for."""
        return np.random.default_rng([self.seed, crc32(repr(about).encode())])


class Experiment(ABC):
    """One question: what is measured to answer it, and how that is shown.

    Attributes:
        name: A word; files are called so.
        title: What the picture shows, in a line of ASCII: it goes to terminals.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Returns what was measured. Information, lengths and D∞ are in bits."""

    @abstractmethod
    def draw(self, rows: Sequence[Row]) -> Figure:
        """Returns the picture of rows that `run` returned."""


def tracked(items: Sequence[T], progress: Progress) -> Iterator[T]:
    """Yields items, and reports each when it is done with."""
    for done, item in enumerate(items, 1):
        yield item
        if progress is not None:
            progress(done, len(items))
