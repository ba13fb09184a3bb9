"""All families, by name: a row each, and a place for those from elsewhere."""

from __future__ import annotations

from typing import TypeVar

from ..errors import ParameterError
from .categorical import Categorical
from .distribution import Distribution
from .families import Laplace, Logistic, Normal, Uniform
from .histogram import Histogram
from .mixture import Mixture

__all__ = ["families", "family_named", "register"]

Family = TypeVar("Family", bound=type[Distribution])

_FAMILIES: dict[str, type[Distribution]] = {
    "Normal": Normal,
    "Laplace": Laplace,
    "Logistic": Logistic,
    "Uniform": Uniform,
    "Mixture": Mixture,
    "Histogram": Histogram,
    "Categorical": Categorical,
}


def register(family: Family) -> Family:
    """Adds a family, under the name of its class; used as a decorator.

    Args:
        family: A subclass of `Distribution` with at least one `Parameter`.

    Raises:
        ParameterError: Another family has that name; the class has no parameters.
    """
    name = family.__name__
    known = _FAMILIES.setdefault(name, family)
    if known is not family:
        raise ParameterError("name of family", name, f"another name than that of {known!r}")
    if not family._declared:
        del _FAMILIES[name]
        raise ParameterError("family", family, "a class with a Parameter for each argument")
    return family


def families() -> tuple[type[Distribution], ...]:
    """Returns all families, those of the package first."""
    return tuple(_FAMILIES.values())


def family_named(name: str) -> type[Distribution]:
    """Returns the family whose class has a name.

    Raises:
        ParameterError: There is none.
    """
    family = _FAMILIES.get(name)
    if family is None:
        raise ParameterError("family", name, f"one of {', '.join(_FAMILIES)}")
    return family
