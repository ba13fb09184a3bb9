"""Families of distributions.

`quantile` maps positions to values z of the family's standard member, `sample` maps z to x on the
distribution's own scale. The standard member's -log density is surprise(z) + log_normaliser, in
nats. Search and log ratios live on the axis of z.

`tail` is the standard member's signed tail: its CDF where that is at most 1/2, minus its survival
function elsewhere, so that neither tail loses digits. Polar blocks are made from these.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from .functions import (
    LOG_2,
    log_one_plus,
    negative_log_fraction,
    normal_quantile,
    normal_upper_tail,
    portable_exp,
)
from .positions import tail_of

LOG_SQRT_2_PI = float.fromhex("0x1.d67f1c864beb5p-1")


def signed_tail(z: float, upper_tail: float) -> float:
    """Return the tail at z of a distribution symmetric about 0, from the upper tail at |z|.

    An upper tail is negative even where it vanishes.
    """
    return -max(upper_tail, math.ulp(0.0)) if z > 0.0 else upper_tail


@dataclass(frozen=True)
class LocationScale(ABC):
    """A distribution on the whole real line, symmetric about its location."""

    loc: float
    scale: float  # > 0

    log_normaliser = 0.0

    @staticmethod
    @abstractmethod
    def quantile(position: int) -> float:
        """Return the standard member's value at a position."""

    @staticmethod
    @abstractmethod
    def surprise(z: float) -> float:
        """Return the standard member's -log density (nats) without its constant."""

    @staticmethod
    @abstractmethod
    def tail(z: float) -> float:
        """Return the standard member's signed tail."""

    def sample(self, z: float) -> float:
        """Return the value x that stands for z."""
        return self.loc + self.scale * z


class Normal(LocationScale):
    """Normal distribution."""

    log_normaliser = LOG_SQRT_2_PI
    quantile = staticmethod(normal_quantile)

    @staticmethod
    def surprise(z: float) -> float:
        """z^2 / 2."""
        return 0.5 * (z * z)

    @staticmethod
    def tail(z: float) -> float:
        """By a table."""
        return signed_tail(z, normal_upper_tail(abs(z)))


class Laplace(LocationScale):
    """Laplace distribution."""

    log_normaliser = LOG_2

    @staticmethod
    def quantile(position: int) -> float:
        """-log(2 t) in the upper tail, t the tail probability."""
        odd, sign = tail_of(position)
        return sign * negative_log_fraction(odd)

    @staticmethod
    def surprise(z: float) -> float:
        """|z|."""
        return abs(z)

    @staticmethod
    def tail(z: float) -> float:
        """exp(-|z|) / 2."""
        return signed_tail(z, 0.5 * portable_exp(-abs(z)))


class Logistic(LocationScale):
    """Logistic distribution."""

    @staticmethod
    def quantile(position: int) -> float:
        """log((1 - t) / t) = log(2 - 2 t) - log(2 t), two terms of one sign."""
        odd, sign = tail_of(position)
        from_median = math.ldexp(float(2**64 - odd), -64)  # 1 - 2 t
        return sign * (log_one_plus(from_median) + negative_log_fraction(odd))

    @staticmethod
    def surprise(z: float) -> float:
        """|z| + 2 log(1 + exp(-|z|))."""
        return abs(z) + 2.0 * log_one_plus(portable_exp(-abs(z)))

    @staticmethod
    def tail(z: float) -> float:
        """1 / (1 + exp(|z|))."""
        odds = portable_exp(-abs(z))
        return signed_tail(z, odds / (1.0 + odds))


@dataclass(frozen=True)
class Uniform:
    """Uniform distribution on [low, high]; the standard member is on (-1, 1)."""

    low: float
    high: float  # > low

    log_normaliser = LOG_2

    @property
    def loc(self) -> float:
        """The middle."""
        return 0.5 * self.low + 0.5 * self.high

    @property
    def scale(self) -> float:
        """Half the width."""
        return 0.5 * self.high - 0.5 * self.low

    @staticmethod
    def quantile(position: int) -> float:
        """1 - 2 t."""
        odd, sign = tail_of(position)
        return sign * math.ldexp(float(2**64 - odd), -64)

    @staticmethod
    def surprise(_z: float) -> float:
        """Nothing but the constant."""
        return 0.0

    @staticmethod
    def tail(z: float) -> float:
        """A straight line."""
        return signed_tail(z, 0.5 * (1.0 - min(abs(z), 1.0)))

    def sample(self, z: float) -> float:
        """Return the value x that stands for z; rounding does not carry it past an end."""
        return min(max(self.loc + self.scale * z, self.low), self.high)


Distribution = Normal | Laplace | Logistic | Uniform


def standardise(x: float, proposal: LocationScale | Uniform) -> float:
    """Return the z that stands for x, but for rounding."""
    return (x - proposal.loc) / proposal.scale
