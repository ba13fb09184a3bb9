"""Distributions of SciPy and PyTorch, by their classes: a row for each class.

A library that nobody imported has no distributions, so none is imported here. An object is of a
class if Python says so: names say nothing, as anyone may give a density any name.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from .._arrays import real_array
from ..errors import ParameterError
from .distribution import Distribution
from .families import Laplace, Logistic, Normal, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from .likes import ProposalLike, TargetLike

__all__ = ["as_distribution", "converted", "is_of_class"]


class _Row(NamedTuple):
    """A class of another library's, and what a distribution of it is here, if anything."""

    module: str
    name: str
    convert: Callable[[Any], Distribution | None]

    def has(self, obj: object) -> bool:
        """Whether an object is of that class."""
        return is_of_class(obj, self.module, self.name)


def is_of_class(obj: object, module: str, name: str) -> bool:
    """Whether an object is of a module's class of that name; of none if nobody imported it."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(obj, kind)


def as_distribution(obj: TargetLike | ProposalLike) -> Distribution:
    """Returns a distribution from one of another library's.

    Understood are this library's own distributions (returned as they are), frozen distributions of
    ``scipy.stats`` (``norm``, ``laplace``, ``logistic``, ``uniform``, and the classes ``Normal``
    and ``Uniform`` of newer releases) and ``torch.distributions`` (``Normal``, ``Laplace``,
    ``Uniform``, and any of them in ``Independent``). Neither library is imported. The codecs call
    this on their arguments, so that it is rarely needed by itself.

    Args:
        obj: The distribution.

    Raises:
        ParameterError: A kind of object, or a family, that is not understood.

    Examples:
        >>> from scipy import stats
        >>> as_distribution(stats.norm(loc=1.0, scale=2.0))
        Normal(loc=1.0, scale=2.0)
    """
    distribution = converted(obj)
    if distribution is None:
        value = obj.__name__ if isinstance(obj, type) else obj
        expected = (
            "Normal, Laplace, Logistic or Uniform of scipy.stats or torch.distributions, or a "
            "distribution of astar_rec"
        )
        raise ParameterError("distribution", value, expected)
    return distribution


def converted(obj: Any) -> Distribution | None:
    """Returns what `as_distribution` does; None where that raises for what is not understood."""
    if isinstance(obj, Distribution):
        return obj
    for row in _ROWS:
        if row.has(obj):
            return row.convert(obj)
    return None


def _scipy_frozen(obj: Any) -> Distribution | None:
    stats = sys.modules["scipy.stats"]
    for name, make in _SCIPY_FROZEN.items():
        original = getattr(stats, name)
        # Subclasses are there to have another density, and other bounds make another one.
        if type(obj.dist) is type(original) and _bounds(obj.dist) == _bounds(original):
            # These have no shape parameters: what there is, is loc and scale.
            given = dict(zip(("loc", "scale"), obj.args, strict=False)) | obj.kwds
            return make(given.get("loc", 0.0), given.get("scale", 1.0))
    return None


def _bounds(dist: Any) -> tuple[Any, Any]:
    return dist.a, dist.b


def _from_width(low: object, width: object) -> Distribution:
    lower = real_array("loc", low)
    return Uniform(lower, lower + real_array("scale", width))


_SCIPY_FROZEN: dict[str, Callable[[object, object], Distribution]] = {
    "norm": Normal,
    "laplace": Laplace,
    "logistic": Logistic,
    "uniform": _from_width,
}

_ROWS = (
    _Row("scipy.stats._distn_infrastructure", "rv_frozen", _scipy_frozen),
    _Row("scipy.stats", "Normal", lambda obj: Normal(obj.mu, obj.sigma)),
    _Row("scipy.stats", "Uniform", lambda obj: Uniform(obj.a, obj.b)),
    _Row("torch.distributions", "Normal", lambda obj: Normal(obj.loc, obj.scale)),
    _Row("torch.distributions", "Laplace", lambda obj: Laplace(obj.loc, obj.scale)),
    _Row("torch.distributions", "Uniform", lambda obj: Uniform(obj.low, obj.high)),
    _Row("torch.distributions", "Independent", lambda obj: converted(obj.base_dist)),
)
