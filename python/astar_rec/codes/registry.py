"""The codes that containers know, by name and by number on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..errors import ParameterError
from .adaptive import AdaptiveCode
from .byte_code import ByteCode
from .tree import TreeCode
from .words import DeltaCode, FixedCode, GammaCode, ZetaCode

if TYPE_CHECKING:
    from .code import IndexCode

    Kind = TypeVar("Kind", bound=type[IndexCode])

__all__ = ["code_named", "code_numbered", "codes", "register", "unregister"]

MOST_CODES = 256  # a header has a byte for the number

_by_number: dict[int, type[IndexCode]] = {}


def register(kind: Kind) -> Kind:
    """Makes a class of codes known to containers, by its `name` and its `number`.

    Returns:
        The class: this is a decorator, too.

    Raises:
        ParameterError: A number that is not from 0 to 255; a name or a number that another has.
    """
    if not 0 <= kind.number < MOST_CODES:
        raise ParameterError("number", kind.number, f"an integer from 0 to {MOST_CODES - 1}")
    for other in codes():
        if other is not kind and kind.number == other.number:
            raise ParameterError("number", kind.number, f"another: it is that of {other.__name__}")
        if other is not kind and kind.name == other.name:
            raise ParameterError("name", kind.name, f"another: it is that of {other.__name__}")
    _by_number[kind.number] = kind
    return kind


def unregister(kind: type[IndexCode]) -> None:
    """Takes back `register`."""
    if _by_number.get(kind.number) is kind:
        del _by_number[kind.number]


def codes() -> tuple[type[IndexCode], ...]:
    """Returns all classes of codes, in the order of their numbers."""
    return tuple(_by_number[number] for number in sorted(_by_number))


def code_numbered(number: int) -> type[IndexCode] | None:
    """Returns the class that has a number on the wire, or None."""
    return _by_number.get(number)


def code_named(name: str) -> type[IndexCode] | None:
    """Returns the class that has a name, or None."""
    return next((kind for kind in codes() if kind.name == name), None)


for _kind in (FixedCode, GammaCode, DeltaCode, ZetaCode, AdaptiveCode, TreeCode, ByteCode):
    register(_kind)
