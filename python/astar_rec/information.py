"""How much information there is to send: KL divergences in bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ._elements import Floats
from ._validate import broadcast_shape
from .distributions import (
    Categorical,
    Distribution,
    Histogram,
    Laplace,
    Logistic,
    Normal,
    ProposalLike,
    TargetLike,
    Uniform,
    as_distribution,
)
from .errors import ParameterError

__all__ = ["kl_bits", "register_kl"]

# In nats, of the target's parameters, then the proposal's, all of one shape.
Divergence = Callable[..., Floats]

_LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)


def register_kl(
    target: type[Distribution], proposal: type[Distribution]
) -> Callable[[Divergence], Divergence]:
    """Says what the KL divergences of a pair of families are; used as a decorator.

    The function gets the target's parameters, then the proposal's, all arrays of one shape, and
    returns divergences in nats, of that shape.

    Args:
        target: The target's family.
        proposal: The proposal's.
    """

    def add(divergence: Divergence) -> Divergence:
        _PAIRS[target, proposal] = divergence
        return divergence

    return add


def kl_bits(target: TargetLike, proposal: ProposalLike) -> Floats:
    """Returns KL[target ‖ proposal] in bits, element by element.

    It is what an ideal relative entropy coder needs on average, to within log2(KL + 1) + O(1).

    Args:
        target: The distribution Q; any shape that broadcasts with the proposal's.
        proposal: The distribution P.

    Returns:
        Divergences in bits, float64, of the broadcast shape. Infinite where a uniform target
        reaches beyond a uniform proposal.

    Raises:
        ParameterError: A pair of families whose divergence is not known; shapes that do not
            broadcast.

    Examples:
        >>> import astar_rec as rec
        >>> rec.kl_bits(rec.Normal([0.0, 1.0], 0.5), rec.Normal(0.0, 1.0)).round(4)
        array([0.459 , 1.1803])
    """
    q, p = as_distribution(target), as_distribution(proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    function = _PAIRS.get((type(q), type(p)))
    if function is None:
        pair = f"{type(q).__name__} against {type(p).__name__}"
        raise ParameterError("target", pair, "a pair of families whose divergence is known")
    # What overflows is infinite, then; what the caller has NumPy do about that is for other sums.
    with np.errstate(all="ignore"):
        return np.asarray(function(*q._broadcast(shape), *p._broadcast(shape)) / math.log(2))


# All in nats, of (target's parameters, proposal's parameters).


def _normal_normal(mean: Floats, scale: Floats, loc: Floats, unit: Floats) -> Floats:
    mu, sigma = (mean - loc) / unit, scale / unit
    return 0.5 * mu * mu + _wider(sigma)


def _wider(sigma: Floats) -> Floats:
    """½ (σ² - 1) - log σ, accurate where σ is near 1 and where it is tiny."""
    e = np.maximum(sigma, 0.5) - 1
    near = e + 0.5 * e * e - np.log1p(e)
    return np.where(sigma < 0.5, 0.5 * (sigma * sigma - 1) - np.log(sigma), near)


def _laplace_laplace(mean: Floats, scale: Floats, loc: Floats, unit: Floats) -> Floats:
    distance, sigma = np.abs(mean - loc) / unit, scale / unit
    return distance + sigma * np.exp(-distance / sigma) - 1 - np.log(sigma)


def _normal_laplace(mean: Floats, scale: Floats, loc: Floats, unit: Floats) -> Floats:
    mu, sigma = (mean - loc) / unit, scale / unit
    ratio = mu / sigma
    erf = np.vectorize(math.erf, otypes=[np.float64])(ratio / math.sqrt(2))
    absolute = sigma * math.sqrt(2 / math.pi) * np.exp(-0.5 * ratio * ratio) + mu * erf
    return np.asarray(absolute + math.log(2) - 0.5 - _LOG_ROOT_TAU - np.log(sigma))


def _laplace_normal(mean: Floats, scale: Floats, loc: Floats, unit: Floats) -> Floats:
    mu, sigma = (mean - loc) / unit, scale / unit
    return 0.5 * mu * mu + sigma * sigma + _LOG_ROOT_TAU - 1 - np.log(2 * sigma)


def _logistic_logistic(mean: Floats, scale: Floats, loc: Floats, unit: Floats) -> Floats:
    # E_Q[log q] = -log σ - 2 in closed form; E_Q[-log p] by quadrature.
    mu, sigma = np.abs(mean - loc) / unit, scale / unit
    surprise = np.empty(np.shape(mu))
    narrow = sigma < 1
    surprise[narrow] = _narrow_logistic_surprise(mu[narrow], sigma[narrow])
    surprise[~narrow] = _wide_logistic_surprise(mu[~narrow], sigma[~narrow])
    return np.maximum(surprise - 2 - np.log(sigma), 0.0)


def _logistic_surprise(z: Floats) -> Floats:
    magnitude = np.abs(z)
    return np.asarray(magnitude + 2 * np.log1p(np.exp(-magnitude)))


def _logistic_density(y: Any) -> Any:
    e = np.exp(-np.abs(y))
    return e / (1 + e) ** 2


def _narrow_logistic_surprise(mu: Floats, sigma: Floats) -> Floats:
    """E[surprise(μ + σ Y)] for a standard logistic Y and σ < 1.

    By the trapezoidal rule: all is analytic and decays like exp(-|y|), with the nearest
    singularities at |Im y| = π, so the error is about exp(-2 π² / step).
    """
    step = 0.5
    total = np.zeros(mu.shape)
    for y in np.arange(-45, 45 + step, step):
        total += step * _logistic_density(y) * _logistic_surprise(mu + sigma * y)
    return total


def _wide_logistic_surprise(mu: Floats, sigma: Floats) -> Floats:
    """The same for σ >= 1.

    surprise(z) = |z| + 2 log(1 + exp(-|z|)). The mean of the first term is known; the second lives
    on |z| < 40, where the target's density is smooth: Gauss-Legendre on panels.
    """
    total = mu + 2 * sigma * np.log1p(np.exp(-mu / sigma))
    nodes, weights = np.polynomial.legendre.leggauss(32)
    panels = 10
    half = 40 / (2 * panels)
    for panel in range(panels):
        for node, weight in zip(nodes, weights, strict=True):
            z = half * (2 * panel + 1 + node)
            density = _logistic_density((z - mu) / sigma) + _logistic_density((-z - mu) / sigma)
            total += weight * half * 2 * np.log1p(np.exp(-z)) * density / sigma
    return total


def _uniform_normal(low: Floats, high: Floats, loc: Floats, unit: Floats) -> Floats:
    middle, half = _interval(low, high, loc, unit)
    return 0.5 * (middle * middle + half * half / 3) + _LOG_ROOT_TAU - np.log(2 * half)


def _uniform_laplace(low: Floats, high: Floats, loc: Floats, unit: Floats) -> Floats:
    middle, half = _interval(low, high, loc, unit)
    # ∫ |z| is z |z| / 2.
    a, b = middle - half, middle + half
    inside = 0.5 * (middle * middle + half * half) / half
    absolute = np.where(a * b < 0, inside, np.abs(middle))
    return absolute - np.log(half)


def _uniform_logistic(low: Floats, high: Floats, loc: Floats, unit: Floats) -> Floats:
    middle, half = _interval(low, high, loc, unit)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    total = np.zeros(np.shape(middle))
    panels = 32
    for panel in range(panels):
        centre = (2 * panel + 1 - panels) / panels
        for node, weight in zip(nodes, weights, strict=True):
            place = centre + node / panels
            total += weight / (2 * panels) * _logistic_surprise(middle + half * place)
    return total - np.log(2 * half)


def _uniform_uniform(low: Floats, high: Floats, from_: Floats, to: Floats) -> Floats:
    inside = (low >= from_) & (high <= to)
    return np.where(inside, np.log((to - from_) / (high - low)), np.inf)


def _histogram(divergence: Divergence) -> Divergence:
    """Returns the divergences of histograms from those of uniform distributions.

    A histogram is a mixture of uniform distributions that do not overlap: its divergence is theirs,
    weighted by its masses, less the entropy of these.
    """

    def of_histograms(edges: Floats, masses: Floats, *proposal: Floats) -> Floats:
        share = masses / masses.sum(axis=-1, keepdims=True)
        total = np.zeros(share.shape[:-1])
        for cell in range(share.shape[-1]):
            own = share[..., cell]
            there = own > 0
            with np.errstate(invalid="ignore"):
                nats = divergence(edges[..., cell], edges[..., cell + 1], *proposal)
            logs = np.log(own, out=np.zeros(own.shape), where=there)
            total += np.where(there, own * (nats + logs), 0.0)
        return total

    return of_histograms


def _uniform_histogram(low: Floats, high: Floats, edges: Floats, masses: Floats) -> Floats:
    share = masses / masses.sum(axis=-1, keepdims=True)
    total = np.zeros(low.shape)
    for cell in range(share.shape[-1]):
        begin, end = edges[..., cell], edges[..., cell + 1]
        part = np.maximum(np.minimum(high, end) - np.maximum(low, begin), 0.0) / (high - low)
        with np.errstate(divide="ignore"):
            logs = np.log(end - begin) - np.log(share[..., cell]) - np.log(high - low)
        total += np.multiply(part, logs, out=np.zeros(part.shape), where=part > 0)
    outside = (low < edges[..., 0]) | (high > edges[..., -1])
    return np.where(outside, np.inf, total)


def _categorical(target: Floats, proposal: Floats) -> Floats:
    if target.shape[-1] != proposal.shape[-1]:
        of = "a Categorical of as many categories as the proposal"
        raise ParameterError("target", f"of {target.shape[-1]} categories", of)
    q, p = (each / each.sum(axis=-1, keepdims=True) for each in (target, proposal))
    there = q > 0
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(there, q, 1.0)) - np.log(p)
    nats = np.multiply(q, logs, out=np.zeros(q.shape), where=there)
    return np.asarray(nats.sum(axis=-1))


def _interval(low: Floats, high: Floats, loc: Floats, unit: Floats) -> tuple[Floats, Floats]:
    half = (0.5 * high - 0.5 * low) / unit
    return (0.5 * low + 0.5 * high - loc) / unit, half


_PAIRS: dict[tuple[type[Distribution], type[Distribution]], Divergence] = {
    (Normal, Normal): _normal_normal,
    (Laplace, Laplace): _laplace_laplace,
    (Logistic, Logistic): _logistic_logistic,
    (Normal, Laplace): _normal_laplace,
    (Laplace, Normal): _laplace_normal,
    (Uniform, Normal): _uniform_normal,
    (Uniform, Laplace): _uniform_laplace,
    (Uniform, Logistic): _uniform_logistic,
    (Uniform, Uniform): _uniform_uniform,
    (Uniform, Histogram): _uniform_histogram,
    (Histogram, Normal): _histogram(_uniform_normal),
    (Histogram, Laplace): _histogram(_uniform_laplace),
    (Histogram, Logistic): _histogram(_uniform_logistic),
    (Histogram, Uniform): _histogram(_uniform_uniform),
    (Histogram, Histogram): _histogram(_uniform_histogram),
    (Categorical, Categorical): _categorical,
}
