"""The methods, each by its name and by its number in containers."""

from __future__ import annotations

import re
from typing import TypeVar

from ..errors import CorruptDataError, ParameterError
from .a_star import ADStar, ASStar, DADStar, GlobalAStar
from .codec import Codec
from .dither import LayeredDither, UniversalQuantization
from .greedy_poisson import GreedyPoissonRejection
from .greedy_rejection import GreedyRejectionCoding
from .hybrid import HybridCoding
from .minimal_random import MinimalRandomCoding
from .ordered_random import OrderedRandomCoding
from .poisson_private import PoissonPrivateRepresentation
from .polar import PolarCoding

__all__ = ["method_named", "method_numbered", "methods", "register"]

AnyMethod = TypeVar("AnyMethod", bound=type[Codec])

_METHODS: dict[int, type[Codec]] = {}


def register(method: AnyMethod) -> AnyMethod:
    """Makes a method known to containers and to the command line; to be used as a decorator.

    Args:
        method: A subclass of `Codec`.

    Raises:
        ParameterError: A name or a number that another method has, or that none may have.
    """
    if not re.fullmatch("[a-z][a-z0-9-]*", method.name):
        raise ParameterError("name", method.name, "lower-case letters, digits and hyphens")
    if not 0 <= method.number < 256:
        raise ParameterError("number", method.number, "an integer from 0 to 255")
    for other in _METHODS.values():
        if other is not method and other.name == method.name:
            raise ParameterError("name", method.name, f"one that {other.__name__} does not have")
        if other is not method and other.number == method.number:
            taken = f"one that {other.__name__} does not have"
            raise ParameterError("number", method.number, taken)
    _METHODS[method.number] = method
    return method


def methods() -> tuple[type[Codec], ...]:
    """Returns all methods, by their numbers."""
    return tuple(_METHODS[number] for number in sorted(_METHODS))


def method_named(name: str) -> type[Codec]:
    """Returns the method of a name.

    Raises:
        ParameterError: There is none.
    """
    for method in methods():
        if method.name == name:
            return method
    known = ", ".join(method.name for method in methods())
    raise ParameterError("method", name, f"one of {known}")


def method_numbered(number: int) -> type[Codec]:
    """Returns the method of a number in a header.

    Raises:
        CorruptDataError: There is none.
    """
    if number not in _METHODS:
        raise CorruptDataError(f"method {number}, which is unknown here")
    return _METHODS[number]


for _method in (
    GlobalAStar,
    ASStar,
    ADStar,
    DADStar,
    MinimalRandomCoding,
    PolarCoding,
    UniversalQuantization,
    LayeredDither,
    GreedyRejectionCoding,
    GreedyPoissonRejection,
    OrderedRandomCoding,
    PoissonPrivateRepresentation,
    HybridCoding,
):
    register(_method)
