"""What escapes ask of a pair of targets and proposals, whatever tells what these are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .._elements import Floats
    from .a_star import ADStar
    from .codec import Codec, Target

    Elements = npt.NDArray[np.int64]

__all__ = ["MOST_GLOBAL_BITS", "Reach"]

# Of a supremum to whose power a global bound takes steps.
MOST_GLOBAL_BITS = 24.0


class Reach(ABC):
    """A pair, as it escapes: which elements do, what stands in their place, and their samples."""

    @abstractmethod
    def escaped(self, codec: Codec) -> tuple[Elements, Elements]:
        """Returns which elements are searched for alone, and which are given; both increasing.

        Targets and proposals decide, and no random number. None is in both.

        Args:
            codec: The codec that all others are for.
        """

    @abstractmethod
    def stood_in(self, elements: Elements) -> Target:
        """Returns targets of which some are replaced by targets that codecs find at once."""

    @abstractmethod
    def drawn(self, elements: Elements, gifts: ADStar, offset: int) -> Floats:
        """Returns samples of given elements, drawn from their targets.

        Args:
            elements: Which.
            gifts: Whose first random number of each element is the sample's position.
            offset: The number of the first element.
        """
