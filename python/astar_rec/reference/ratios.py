"""Log ratios and their suprema."""

from __future__ import annotations

import math
from typing import Protocol

from .families import Distribution, Laplace, LocationScale, Logistic, Normal, Uniform, standardise
from .functions import portable_exp, portable_log


class LogRatio(Protocol):
    """The log density ratio r = log dQ/dP (nats): all that the search knows of a target.

    Its axis is the one that the search's quantile maps positions to.
    """

    def __call__(self, z: float, /) -> float:
        """Return r at z."""

    def supremum(self, a: float, b: float, /) -> float:
        """Return the largest r in [a, b], or an upper bound: the tighter, the fewer the steps."""


class LocationScaleRatio:
    """The log ratio of two location-scale families.

    With m and s the target's location and scale on the axis of z,

        r(z) = surprise_P(z) - surprise_Q((z - m) / s) - log s + constant.

    On any interval r is largest at one of a few points known beforehand, each moved to the nearest
    point of the interval. As positions end, so do all intervals, and the supremum is finite even
    where the ratio has no bound on the real line.
    """

    def __init__(self, target: LocationScale, proposal: LocationScale) -> None:
        self.target, self.proposal = target, proposal
        self.mean = standardise(target.loc, proposal)
        self.scale = target.scale / proposal.scale
        self.precision = proposal.scale / target.scale
        self.offset = proposal.log_normaliser - target.log_normaliser - portable_log(self.scale)
        self.candidates = self._candidates()

    def __call__(self, z: float) -> float:
        """Return r at z."""
        y = (z - self.mean) * self.precision
        return self.proposal.surprise(z) - self.target.surprise(y) + self.offset

    def supremum(self, a: float, b: float) -> float:
        """Return the largest r in [a, b]."""
        return max(self(max(a, min(z, b))) for z in self.candidates)

    def _candidates(self) -> tuple[float, ...]:
        ends = (-math.inf, math.inf)  # moved to a and b
        match self.target, self.proposal:
            case Normal(), Normal():
                # A quadratic. For s < 1 it opens downwards and has its vertex at m / (1 - s^2).
                if self.scale < 1.0:
                    return (self.mean / ((1.0 - self.scale) * (1.0 + self.scale)),)
                return ends
            case Laplace(), Laplace() | Normal():
                # Lines or upward parabolas that meet in a peak at m.
                return (*ends, self.mean)
            case Normal(), Laplace():
                # A downward parabola left of 0 and one right of 0, each with its vertex or edge.
                square = self.scale * self.scale
                return (min(self.mean - square, 0.0), max(self.mean + square, 0.0))
            case Logistic(), Logistic():
                # For s < 1 one maximum and no minimum; otherwise no maximum.
                return (self._logistic_mode(),) if self.scale < 1.0 else ends
        raise TypeError(f"no log ratio for {self.target} and {self.proposal}")

    def _logistic_mode(self) -> float:
        """Return the root of r'(z) = tanh(z / 2) - tanh((z - m) / (2 s)) / s, for s < 1.

        Let m >= 0. Up to m, tanh((z - m) / (2 s)) is not positive and r' is not negative. Beyond,
        the root is where tanh(y / 2) / tanh(z / 2) = s with y = (z - m) / s; the left side grows
        from 0 at m to 1 at m / (1 - s). In between, Newton's steps; where one leads outside,
        halving.
        """
        mean = abs(self.mean)
        low = mean
        high = min(mean / (1.0 - self.scale), mean + 64.0)  # the last position lies at 45.1
        z = low
        for _ in range(64):
            t = tanh_half(z)
            t_target = tanh_half((z - mean) * self.precision)
            slope = t - t_target * self.precision
            if slope > 0.0:
                low = z
            else:
                high = z
            bend, bend_target = 1.0 - t * t, 1.0 - t_target * t_target
            curvature = 0.5 * (bend - bend_target * (self.precision * self.precision))
            next_z = 0.5 * (low + high)
            if curvature < 0.0 and low < (newton := z - slope / curvature) < high:
                next_z = newton
            if abs(next_z - z) <= 2.0**-52 * next_z:
                break
            z = next_z
        return -z if self.mean < 0.0 else z


def tanh_half(y: float) -> float:
    """Return tanh(y / 2) for y >= 0."""
    e = portable_exp(-y)
    return (1.0 - e) / (1.0 + e)


class UniformRatio:
    """The log ratio of a uniform target: the proposal's surprise inside, minus infinity outside.

    The surprise grows with |z|, so the supremum is at an end of what [a, b] shares with the
    target's interval. Whether a sample is inside, its x decides, after all rounding; the interval
    in z is widened by what rounding could move it.
    """

    def __init__(self, target: Uniform, proposal: Distribution) -> None:
        self.target, self.proposal = target, proposal
        self.low = self._widened(target.low, -1.0)
        self.high = self._widened(target.high, 1.0)
        log_scale = portable_log(target.scale / proposal.scale)
        self.offset = proposal.log_normaliser - target.log_normaliser - log_scale

    def __call__(self, z: float) -> float:
        """Return r at z."""
        x = self.proposal.sample(z)
        return self._inside(z) if self.target.low <= x <= self.target.high else -math.inf

    def supremum(self, a: float, b: float) -> float:
        """Return the largest r in [a, b]."""
        a, b = max(a, self.low), min(b, self.high)
        return max(self._inside(a), self._inside(b)) if a <= b else -math.inf

    def _inside(self, z: float) -> float:
        return self.proposal.surprise(z) + self.offset

    def _widened(self, x: float, direction: float) -> float:
        z = standardise(x, self.proposal)
        return z + direction * 2.0**-50 * (abs(z) + abs(x) / self.proposal.scale)


def log_ratio(target: Distribution, proposal: Distribution) -> LogRatio:
    """Return the log ratio of a pair. Raises TypeError if there is none."""
    if isinstance(target, Uniform):
        return UniformRatio(target, proposal)
    if isinstance(proposal, Uniform):
        raise TypeError("a uniform proposal serves only uniform targets")
    return LocationScaleRatio(target, proposal)
