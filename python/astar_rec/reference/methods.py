"""Methods: what sender and receiver agree on beforehand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .random_bits import NodeRandom
    from .ratios import LogRatio


class TooMuchInformationError(ValueError):
    """No index names the sample."""


@dataclass(frozen=True)
class Found:
    """The node that was chosen: of those that the method has, the largest Gumbel + log ratio."""

    index: int
    position: int
    steps: int  # nodes evaluated
    cut: bool  # at the budget: the largest of those evaluated


class Method(ABC):
    """What sender and receiver agree on beforehand."""

    @abstractmethod
    def find(self, ratio: LogRatio, quantile: Callable[[int], float], random: NodeRandom) -> Found:
        """Return the node to be sent: the sender's whole task.

        Args:
            ratio: The log ratio in nats, of any kind: see `LogRatio`.
            quantile: From positions to the arguments of the ratio, increasing.
            random: The random bits of the element's nodes.

        Raises:
            TooMuchInformationError: No index names the winner, or the ratio is minus infinity
                wherever the method looked.
        """

    @abstractmethod
    def replay(self, random: NodeRandom, index: int) -> int:
        """Return the sample's position that an index names: the receiver's whole task."""
