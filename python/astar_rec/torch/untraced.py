"""Functions that `torch.compile` leaves alone."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["untraced"]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def untraced(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Returns a function of NumPy's arrays that compiled code calls as it is.

    That is `torch.compiler.disable`, which would import the compiler: half of the time that
    PyTorch itself takes. Whoever compiles has imported it.
    """

    @functools.wraps(function)
    def called(*args: Arguments.args, **options: Arguments.kwargs) -> Result:
        if "torch._dynamo" not in sys.modules:
            return function(*args, **options)
        result: Result = torch.compiler.disable(function)(*args, **options)
        return result

    return called
