"""IsoKL normals: normals with a given KL divergence from the proposal."""

from __future__ import annotations

import math

import numpy as np

from ._arrays import real_array
from ._elements import Floats, require_all
from ._validate import broadcast_shape
from .distributions import Normal, ProposalLike, as_distribution
from .errors import ParameterError

__all__ = ["isokl_normal"]


def isokl_normal(loc: object, kl_bits: object, proposal: ProposalLike | None = None) -> Normal:
    """Returns normals with given means and a given KL divergence from a normal proposal.

    KL[N(μ, σ²) ‖ N(0, 1)] = ½ (μ² + σ² - 1 - log σ²) nats is solved for σ ≤ 1; for a proposal
    N(m, s²), μ = (loc - m) / s and the scale is s σ. With every posterior of one KL, a fixed budget
    serves all of them (`DADStar`).

    Args:
        loc: Means; real, any shape.
        kl_bits: KL divergences in bits; positive, broadcasting with ``loc``.
        proposal: A `Normal` (or what `as_distribution` makes one of); None for the standard normal.

    Returns:
        A `Normal` of the broadcast shape, whose ``scale`` is solved for.

    Raises:
        ParameterError: A mean so far away that no scale would do, |μ| ≥ √(2 κ) with κ the
            divergence in nats; a proposal that is not normal.

    Reference: Flamich et al. 2022, IsoKL VAEs. The solution is σ² = -W₀(-exp(μ² - 2κ - 1)), with W₀
    the principal branch of Lambert's W function.

    Examples:
        >>> q = isokl_normal([0.0, 1.0, -2.0], 5.0)
        >>> np.round(q.scale, 4)
        array([0.019 , 0.0313, 0.1415])
    """
    p = Normal(0.0, 1.0) if proposal is None else as_distribution(proposal)
    if not isinstance(p, Normal):
        raise ParameterError("proposal", type(p).__name__, "a Normal")
    means = real_array("loc", loc)
    bits = real_array("kl_bits", kl_bits)
    require_all("kl_bits", bits, bits > 0, "a positive number")
    shape = broadcast_shape(loc=means.shape, kl_bits=bits.shape, proposal=p.shape)
    with np.errstate(all="ignore"):
        mu = (means - p.loc) / p.scale
        left_for_scale = np.broadcast_to(2 * math.log(2) * bits - mu * mu, shape)
    require_all(
        "loc",
        np.broadcast_to(means, shape),
        left_for_scale > 0,
        "a mean within sqrt(2 log(2) kl_bits) scales of the proposal's",
    )
    with np.errstate(all="ignore"):
        scale = p.scale * _scale(left_for_scale)
    every = np.broadcast_to(bits, shape)
    require_all(
        "kl_bits", every, scale > 0, "a divergence for which the scale is a float64 above 0"
    )
    return Normal(np.broadcast_to(means, shape), scale)


def _scale(delta: Floats) -> Floats:
    """Solves σ² - 1 - log σ² = delta > 0 for σ < 1.

    In y = log σ² this is exp(y) - 1 - y = delta, where neither end is delicate: near σ = 1 an
    absolute error of y is a relative one of σ, and for tiny σ the equation is nearly linear.
    Newton's method on a convex function, from either side of the root.
    """
    root = math.sqrt(2) * np.sqrt(delta)
    y = np.where(delta < 1, -root - delta / 3, -1 - delta)
    for _ in range(7):
        slope = np.expm1(y)
        y = y - (slope - y - delta) / slope
    return np.exp(0.5 * y)
