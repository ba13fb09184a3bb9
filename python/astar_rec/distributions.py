"""Targets and proposals: frozen, broadcasting parameter classes.

Parameters may be anything that NumPy makes an array of, of any memory order; they are held as
float64 and broadcast against each other like NumPy's operands. Float64 arrays are held without a
copy: don't change them while the distribution is in use.

Each class is at the same time a target (what a sender wants a sample of) and a proposal (what
sender and receiver share). Which pairs there are, `astar_rec.codecs` says.
"""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import Any

import numpy as np

from ._validate import Floats, Shape, broadcast_shape, real_array, require_all, require_between
from .errors import ParameterError

__all__ = [
    "Distribution",
    "Laplace",
    "Logistic",
    "Normal",
    "ProposalLike",
    "TargetLike",
    "Uniform",
    "as_distribution",
]

# What `as_distribution` understands, and what a user defines (`astar_rec.custom`).
TargetLike = Any
ProposalLike = Any

# Standard quantiles reach 45.1: with this much room, no sample overflows.
_LARGEST = sys.float_info.max / 128
_FINITE = f"a finite number, at most {_LARGEST:.3g} in size"
_LEAST_POSITIVE = math.ulp(0.0)


class Distribution:
    """Base class of the built-in families: two parameters, each an array.

    Attributes:
        shape: The shape that the parameters broadcast to.
    """

    _family: str  # its name in the core
    _names: tuple[str, str]
    __slots__ = ("_first", "_second", "shape")
    _first: Floats
    _second: Floats
    shape: Shape

    def __init__(self, first: object, second: object) -> None:
        a, b = self._names
        set_once = partial(object.__setattr__, self)
        set_once("_first", _frozen(real_array(a, first, _LARGEST, _FINITE)))
        set_once("_second", _frozen(real_array(b, second, _LARGEST, _FINITE)))
        set_once("shape", broadcast_shape(**{a: self._first.shape, b: self._second.shape}))
        self._check()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def _check(self) -> None:
        """Raises ParameterError if the parameters do not make a distribution."""

    @property
    def _parameters(self) -> tuple[Floats, ...]:
        """All parameters, in the core's order."""
        return self._first, self._second

    def _broadcast(self, shape: Shape) -> tuple[Floats, Floats]:
        """Returns the parameters as views of a common shape."""
        return np.broadcast_to(self._first, shape), np.broadcast_to(self._second, shape)

    def __repr__(self) -> str:
        a, b = self._names
        return f"{type(self).__name__}({a}={_brief(self._first)}, {b}={_brief(self._second)})"

    def __reduce__(self) -> tuple[type[Distribution], tuple[Floats, Floats]]:
        return type(self), (self._first, self._second)


class _LocationScale(Distribution):
    """A family with a location and a scale."""

    __slots__ = ()
    _names = ("loc", "scale")

    def __init__(self, loc: object, scale: object) -> None:
        super().__init__(loc, scale)

    def _check(self) -> None:
        require_between("scale", self._second, _LEAST_POSITIVE, _LARGEST, "a positive number")

    @property
    def loc(self) -> Floats:
        """The location, a read-only float64 array."""
        return self._first

    @property
    def scale(self) -> Floats:
        """The scale, a read-only float64 array of positive numbers."""
        return self._second


class Normal(_LocationScale):
    """The normal distribution N(loc, scale²).

    Args:
        loc: Mean; real, any shape.
        scale: Standard deviation; positive, any shape that broadcasts with ``loc``.

    Raises:
        ParameterError: NaN or infinite parameters, a scale that is not positive, shapes that do not
            broadcast.

    Examples:
        >>> Normal([0.0, 1.0, 2.0], 0.5).shape
        (3,)
    """

    __slots__ = ()
    _family = "normal"


class Laplace(_LocationScale):
    """The Laplace distribution with density exp(-|x - loc| / scale) / (2 scale).

    Args:
        loc: Mean; real, any shape.
        scale: Mean absolute deviation; positive, any shape that broadcasts with ``loc``.

    Raises:
        ParameterError: NaN or infinite parameters, a scale that is not positive, shapes that do not
            broadcast.

    Examples:
        >>> Laplace(0.0, 1.0).shape
        ()
    """

    __slots__ = ()
    _family = "laplace"


class Logistic(_LocationScale):
    """The logistic distribution, with CDF 1 / (1 + exp(-(x - loc) / scale)).

    Args:
        loc: Mean; real, any shape.
        scale: Scale (the standard deviation is π/√3 of it); positive, any shape that broadcasts
            with ``loc``.

    Raises:
        ParameterError: NaN or infinite parameters, a scale that is not positive, shapes that do not
            broadcast.

    Examples:
        >>> Logistic(0.0, [0.5, 1.0]).shape
        (2,)
    """

    __slots__ = ()
    _family = "logistic"


class Uniform(Distribution):
    """The uniform distribution on [low, high].

    Args:
        low: Lower end; real, any shape.
        high: Upper end, above ``low``; any shape that broadcasts with it.

    Raises:
        ParameterError: NaN or infinite parameters, ``high`` not above ``low``, shapes that do not
            broadcast.

    Examples:
        >>> Uniform(-1.0, 1.0)
        Uniform(low=-1.0, high=1.0)
    """

    __slots__ = ()
    _family = "uniform"
    _names = ("low", "high")

    def __init__(self, low: object, high: object) -> None:
        super().__init__(low, high)

    def _check(self) -> None:
        require_all("high", self._second, self._second > self._first, "a number above low")

    @property
    def low(self) -> Floats:
        """The lower end, a read-only float64 array."""
        return self._first

    @property
    def high(self) -> Floats:
        """The upper end, a read-only float64 array."""
        return self._second


def as_distribution(obj: Any) -> Distribution:
    """Returns a distribution from one of another library's.

    Understood are this library's own distributions (returned as they are), frozen distributions of
    ``scipy.stats`` (``norm``, ``laplace``, ``logistic``, ``uniform``, and the class ``Normal`` and
    ``Uniform`` of newer releases) and ``torch.distributions`` (``Normal``, ``Laplace``,
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
    if isinstance(obj, Distribution):
        return obj
    library = type(obj).__module__.partition(".")[0]
    if library == "scipy" and hasattr(obj, "dist"):
        return _from_scipy_frozen(obj)
    if library == "scipy":
        return _from_scipy_class(obj)
    if library == "torch":
        return _from_torch(obj)
    raise _not_understood(obj, type(obj).__name__)


def _from_scipy_frozen(obj: Any) -> Distribution:
    family = obj.dist.name
    if family not in ("norm", "laplace", "logistic", "uniform"):
        raise _not_understood(obj, family)
    # These four have no shape parameters: what there is, is loc and scale.
    given = dict(zip(("loc", "scale"), obj.args, strict=False)) | obj.kwds
    loc, scale = given.get("loc", 0.0), given.get("scale", 1.0)
    if family == "uniform":
        low = real_array("loc", loc)
        return Uniform(low, low + real_array("scale", scale))
    return {"norm": Normal, "laplace": Laplace, "logistic": Logistic}[family](loc, scale)


def _from_scipy_class(obj: Any) -> Distribution:
    family = type(obj).__name__
    if family in ("Normal", "StandardNormal"):
        return Normal(obj.mu, obj.sigma)
    if family == "Uniform":
        return Uniform(obj.a, obj.b)
    raise _not_understood(obj, family)


def _from_torch(obj: Any) -> Distribution:
    family = type(obj).__name__
    if family == "Independent":
        return _from_torch(obj.base_dist)
    if family in ("Normal", "Laplace"):
        return {"Normal": Normal, "Laplace": Laplace}[family](obj.loc, obj.scale)
    if family == "Uniform":
        return Uniform(obj.low, obj.high)
    raise _not_understood(obj, family)


def _not_understood(obj: object, family: str) -> ParameterError:
    return ParameterError(
        "distribution",
        family if isinstance(obj, type) else obj,
        "Normal, Laplace, Logistic or Uniform of astar_rec, scipy.stats or torch.distributions",
    )


def _frozen(array: Floats) -> Floats:
    view = array.view()
    view.setflags(write=False)
    return view


def _brief(array: Floats) -> str:
    return repr(float(array)) if array.ndim == 0 else f"<array of shape {array.shape}>"
