"""A toy family in one file: what there is to write for one, and how it registers itself.

The asymmetric Laplace distribution falls off from its location to the left with one scale and to
the right with another. The core does not know it: its searches run in lockstep, by calls of the
functions here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astar_rec import Normal
from astar_rec.distributions import Distribution, Parameter, register, register_peaks
from astar_rec.information import register_kl

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray


@register
class AsymmetricLaplace(Distribution):
    """The distribution with density exp(-|x - loc| / s) / (left + right), s the side's scale.

    Args:
        loc: The mode.
        left: The scale below it; positive.
        right: The scale above it; positive.
    """

    __slots__ = ()

    loc = Parameter("The mode.")
    left = Parameter("The scale below the mode.", positive=True)
    right = Parameter("The scale above the mode.", positive=True)

    def __init__(self, loc: object, left: object, right: object) -> None:
        super().__init__(loc, left, right)

    @classmethod
    def quantile(cls, u: Array, *parameters: Array) -> Array:
        loc, left, right = parameters
        below = left / (left + right)
        # The side that is not taken is kept away from log 0.
        down = left * np.log(np.minimum(u / below, 1.0))
        up = -right * np.log(np.minimum((1.0 - u) / (1.0 - below), 1.0))
        return loc + np.where(u < below, down, up)

    @classmethod
    def log_density(cls, x: Array, *parameters: Array) -> Array:
        loc, left, right = parameters
        scale = np.where(x < loc, left, right)
        return -np.abs(x - loc) / scale - np.log(left + right)


@register_peaks(AsymmetricLaplace, AsymmetricLaplace)
def _two_modes(loc: Array, left: Array, right: Array, *proposal: Array) -> Sequence[Array]:
    """Between the modes, and outside of them, the log ratio is linear."""
    del left, right
    return loc, proposal[0]


@register_peaks(AsymmetricLaplace, Normal)
def _mode_and_vertices(
    loc: Array, left: Array, right: Array, mean: Array, scale: Array
) -> Sequence[Array]:
    """On both sides of the mode, the log ratio is convex: it peaks at ends, and at the mode."""
    del left, right, mean, scale
    return (loc,)


@register_peaks(Normal, AsymmetricLaplace)
def _vertices(mean: Array, scale: Array, loc: Array, left: Array, right: Array) -> Sequence[Array]:
    """On both sides of the mode, the log ratio is concave, with a vertex or not."""
    return loc, mean - scale * scale / left, mean + scale * scale / right


@register_kl(AsymmetricLaplace, AsymmetricLaplace)
def _divergence(
    loc: Array, left: Array, right: Array, centre: Array, unit_left: Array, unit_right: Array
) -> Array:
    """In closed form, mirrored such that the target's mode is above the proposal's."""
    mirrored = loc < centre
    distance = np.abs(loc - centre)
    near, far = np.where(mirrored, right, left), np.where(mirrored, left, right)
    unit_near = np.where(mirrored, unit_right, unit_left)
    unit_far = np.where(mirrored, unit_left, unit_right)
    # E|X - centre| above and below the proposal's mode: exponentials, of which one is cut there.
    below = near * near / (near + far) * np.exp(-distance / near)
    above = distance + far - near + below
    surprise = below / unit_near + above / unit_far + np.log(unit_near + unit_far)
    return surprise - 1.0 - np.log(near + far)
