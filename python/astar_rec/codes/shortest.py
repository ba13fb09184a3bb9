"""The shortest of the codes of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._arrays import index_array
from .words import DeltaCode, GammaCode, ZetaCode

if TYPE_CHECKING:
    from .code import IndexCode

__all__ = ["shortest_code"]


def shortest_code(index: Any) -> IndexCode:
    """Returns the code, of all with words of variable length, that takes the fewest bits.

    Args:
        index: The indices, an array of uint64 of any shape.

    Raises:
        ParameterError: An index of 0; an array of another dtype.

    Examples:
        >>> import numpy as np
        >>> shortest_code(np.array([1, 1, 2, 1, 3], np.uint64))
        GammaCode()
    """
    codes = index_array("index", index)
    candidates: list[IndexCode] = [GammaCode(), DeltaCode()]
    candidates += (ZetaCode(1 + 1 / k) for k in range(2, 33))
    return min(candidates, key=lambda code: code.bits(codes))
