"""The families that the core has: its quantiles make the samples, here and for the receiver.

Log densities are for pairs with families that the core does not have; only encoders compute them.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from .. import _core
from .._elements import Floats, Indices, require_all
from .distribution import Distribution, Parameter

__all__ = ["CoreFamily", "Laplace", "Logistic", "Normal", "Uniform"]

_LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)


class CoreFamily(Distribution):
    """A family that the core knows, under the name of `_family`."""

    __slots__ = ("_core_distribution",)
    _family: ClassVar[str]
    _core_distribution: _core.Distribution

    @property
    def _bound(self) -> _core.Distribution:
        """The core's own of it, made once: parameters never change."""
        try:
            return self._core_distribution
        except AttributeError:
            made = _core.Distribution(self._family, self._parameters)
            object.__setattr__(self, "_core_distribution", made)
            return made

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at 64-bit positions in the CDF; all flat."""
        return _core.samples(cls._family, parameters, position)

    @classmethod
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: see `Distribution._tail`."""
        return _core.tails(cls._family, parameters, x)


class _LocationScale(CoreFamily):
    """A family with a location and a scale."""

    __slots__ = ()

    loc = Parameter("The location, a read-only float64 array.")
    scale = Parameter("The scale, a read-only float64 array of positive numbers.", positive=True)

    def __init__(self, loc: object, scale: object) -> None:
        super().__init__(loc, scale)

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats: see `Distribution.log_density`."""
        loc, scale = parameters
        return cls._standard_log_density((x - loc) / scale) - np.log(scale)

    @staticmethod
    def _standard_log_density(z: Floats) -> Floats:
        """Returns log densities of the distribution with location 0 and scale 1."""
        raise NotImplementedError


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

    @staticmethod
    def _standard_log_density(z: Floats) -> Floats:
        return -0.5 * z * z - _LOG_ROOT_TAU


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

    @staticmethod
    def _standard_log_density(z: Floats) -> Floats:
        return -np.abs(z) - math.log(2)


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

    @staticmethod
    def _standard_log_density(z: Floats) -> Floats:
        magnitude = np.abs(z)
        return np.asarray(-magnitude - 2 * np.log1p(np.exp(-magnitude)))


class Uniform(CoreFamily):
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

    low = Parameter("The lower end, a read-only float64 array.")
    high = Parameter("The upper end, a read-only float64 array.")

    def __init__(self, low: object, high: object) -> None:
        super().__init__(low, high)

    def _check(self) -> None:
        require_all("high", self.high, self.high > self.low, "a number above low")

    def _ends(self) -> tuple[Floats, Floats]:
        """Returns low and high: see `Distribution._ends`."""
        return self.low, self.high

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats: see `Distribution.log_density`."""
        low, high = parameters
        return np.where((x >= low) & (x <= high), -np.log(high - low), -np.inf)
