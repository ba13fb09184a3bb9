"""Targets from other libraries' distributions, of which no more is asked than a CDF.

What `as_distribution` knows becomes a distribution of this library's. Everything else that has a
CDF becomes a `CustomTarget`: frozen continuous distributions of ``scipy.stats``, single
distributions of its newer classes, and those of ``torch.distributions`` that can be made again from
their parameters. Neither library is imported: one that nobody imported has no distributions.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import real_array, to_numpy
from .._elements import Flat, Floats, require_all, require_between
from .._validate import broadcast_shape
from ..distributions import Distribution
from ..distributions.convert import converted, is_of_class
from ..errors import ParameterError
from .callables import PROBABILITIES, ElementFunction
from .distributions import CustomTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .._elements import Shape
    from ..distributions import TargetLike
    from .callables import Elements

__all__ = ["as_target"]

# Probabilities of other libraries may leave [0, 1] by this much, by rounding.
_ROUNDING = 2.0**-40
_LARGEST, _LEAST_POSITIVE = sys.float_info.max, sys.float_info.min


def as_target(target: TargetLike) -> Distribution | CustomTarget:
    """Returns a target of which `astar_rec.custom.tails_at` can tell masses.

    Args:
        target: A distribution or a custom target, which are returned as they are; or another
            library's distribution.

    Raises:
        ParameterError: A discrete distribution; an array of SciPy's newer classes; anything of
            which the CDF is not known.
    """
    if isinstance(target, (Distribution, CustomTarget)):
        return target
    known = converted(target)
    if known is not None:
        return known
    for (module, name), convert in _KINDS.items():
        if is_of_class(target, module, name):
            return convert(target)
    expected = (
        "a distribution of astar_rec, scipy.stats or torch.distributions that has a CDF, or a "
        "rec.CustomTarget with cdf and sf"
    )
    raise ParameterError("target", target, expected)


class _Probabilities(ElementFunction):
    """A CDF or a survival function of points and of elements' parameters, in that order.

    Args:
        name: The name for errors.
        function: The function, of flat arrays.
        parameters: Parameters by name, which are given by name, and broadcast to the shape.
    """

    def __init__(
        self, name: str, function: Callable[..., Any], parameters: Mapping[str, Floats]
    ) -> None:
        super().__init__(name, PROBABILITIES)
        self._function = function
        self._parameters = parameters

    def _call(self, element: Elements, shape: Shape, *arrays: Floats) -> Floats:
        (x,) = arrays
        given = {
            name: Flat(np.broadcast_to(array, shape))[element]
            for name, array in self._parameters.items()
        }
        values = np.asarray(self._function(x, **given), np.float64)
        within = np.clip(values, 0.0, 1.0)
        return np.where(np.abs(values - within) <= _ROUNDING, within, values)


class _Foreign(CustomTarget):
    """A target of another library's."""

    def __init__(
        self,
        name: str,
        parameters: Mapping[str, Floats],
        cdf: Callable[..., Any],
        sf: Callable[..., Any] | None,
    ) -> None:
        self._name = name
        self._parameters = parameters
        self.shape = broadcast_shape(**{name: each.shape for name, each in parameters.items()})
        self._cdf = _Probabilities("cdf", cdf, parameters)
        self._sf = None if sf is None else _Probabilities("sf", sf, parameters)

    def __repr__(self) -> str:
        return f"{self._name} of shape {self.shape}"

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        yield from self._parameters.items()


# --- SciPy --------------------------------------------------------------------------------------


def _frozen(obj: Any) -> CustomTarget:
    """Returns a target from a frozen distribution of ``scipy.stats``."""
    stats, dist = sys.modules["scipy.stats"], obj.dist
    if not isinstance(dist, stats.rv_continuous):
        raise _discrete(obj)
    shapes = dist.shapes.replace(" ", "").split(",") if dist.shapes else []
    values = dict(zip((*shapes, "loc", "scale"), obj.args, strict=False)) | obj.kwds
    parameters = {name: _scipy_parameter(name, value) for name, value in values.items()}
    if isinstance(dist, type(stats.vonmises)):
        loc = parameters.pop("loc", np.zeros(()))
        scale = parameters.pop("scale", np.ones(()))
        circle = _Circle(dist)
        given = parameters | {"loc": loc, "scale": scale}
        return _Foreign(dist.name, given, circle.cdf, circle.sf)
    # Where a class says nothing of its own, SciPy subtracts the CDF from 1.
    precise = type(dist)._sf is not stats.rv_continuous._sf
    return _Foreign(dist.name, parameters, dist.cdf, dist.sf if precise else None)


def _scipy_parameter(name: str, value: object) -> Floats:
    if name in ("loc", "scale"):
        array = real_array(name, value)
        if name == "scale":
            require_between(name, array, _LEAST_POSITIVE, _LARGEST, "a positive number")
        return array
    array = to_numpy(value, name)
    if array.dtype.kind not in "fiu":
        raise ParameterError(name, value, "real numbers")
    # Ends may be infinite, those of `truncnorm`, for one.
    require_all(name, array, ~np.isnan(array), "a number")
    return array.astype(np.float64)


class _Circle:
    """Von Mises distributions, of which SciPy's CDF runs on past the ends of the circle."""

    def __init__(self, dist: Any) -> None:
        self._dist = dist

    def cdf(self, x: Floats, loc: Floats, scale: Floats, **shapes: Floats) -> Floats:
        """The distribution on loc ± π scale, where SciPy's samples are."""
        z = np.clip((x - loc) / scale, -np.pi, np.pi)
        return np.asarray(self._dist.cdf(z, **shapes))

    def sf(self, x: Floats, loc: Floats, scale: Floats, **shapes: Floats) -> Floats:
        """By symmetry."""
        return self.cdf(-x, -loc, scale, **shapes)


def _single(obj: Any) -> CustomTarget:
    """Returns a target from a distribution of the newer classes of ``scipy.stats``."""
    if is_of_class(obj, "scipy.stats._distribution_infrastructure", "DiscreteDistribution"):
        raise _discrete(obj)
    if np.shape(obj.cdf(0.0)) != ():
        expected = "a single one; arrays as frozen distributions, or as a rec.CustomTarget with cdf"
        raise ParameterError("target", obj, expected)
    return _Foreign(type(obj).__name__, {}, obj.cdf, obj.ccdf)


def _discrete(obj: Any) -> ParameterError:
    return ParameterError("target", obj, "a continuous distribution, or a rec.Categorical")


# --- PyTorch ------------------------------------------------------------------------------------


def _torch(obj: Any) -> CustomTarget:
    """Returns a target from a distribution of ``torch.distributions``."""
    # `Independent` says which axes make up one event; its elements are independent all the same.
    while is_of_class(obj, "torch.distributions", "Independent"):
        obj = obj.base_dist
    names = [name for name in obj.arg_constraints if name != "logits"]
    parameters = {name: real_array(name, getattr(obj, name)) for name in names}
    functions = _TorchFunctions(type(obj))
    target = _Foreign(type(obj).__name__, parameters, functions.cdf, None)
    try:
        # One element, to learn whether it can be made again, and has a CDF.
        one = {name: array.reshape(-1)[:1] for name, array in parameters.items()}
        if not names or tuple(obj.event_shape):
            raise TypeError(f"{type(obj).__name__} is no array of numbers by its parameters")
        functions.cdf(np.zeros(1), **one)
    except (NotImplementedError, TypeError) as error:
        expected = f"one that has a CDF and is made from its parameters ({error!r})"
        expected += ", or a rec.CustomTarget with cdf and sf"
        raise ParameterError("target", type(obj).__name__, expected) from error
    return target


class _TorchFunctions:
    """The CDF of a class of ``torch.distributions``, in double precision."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def cdf(self, x: Floats, **parameters: Floats) -> Floats:
        """PyTorch's, inside of the support; 0 below, 1 above."""
        torch = sys.modules["torch"]
        tensors = {name: torch.tensor(array) for name, array in parameters.items()}
        made = self._kind(**tensors, validate_args=False)
        support = made.support
        low = np.asarray(getattr(support, "lower_bound", -np.inf), np.float64)
        high = np.asarray(getattr(support, "upper_bound", np.inf), np.float64)
        values = to_numpy(made.cdf(torch.tensor(np.clip(x, low, high))), "result of cdf")
        return np.where(x <= low, 0.0, np.where(x >= high, 1.0, values))


_KINDS: dict[tuple[str, str], Callable[[Any], CustomTarget]] = {
    ("scipy.stats._distn_infrastructure", "rv_frozen"): _frozen,
    ("scipy.stats._probability_distribution", "_ProbabilityDistribution"): _single,
    ("scipy.stats._distribution_infrastructure", "UnivariateDistribution"): _single,
    ("scipy.stats._distribution_infrastructure", "ContinuousDistribution"): _single,
    ("torch.distributions", "Distribution"): _torch,
}
