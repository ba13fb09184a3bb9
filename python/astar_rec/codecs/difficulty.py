"""How hard targets are to search for: what decides which elements are escaped.

It depends on targets and proposals alone, and not on random numbers: so samples stay exact,
whatever is decided. The core's families are known here, whose log ratios have their suprema at a
target's mode, in its tails, or at the ends of the proposal's positions.

A search of a block visits, at depth d of its tree, the boxes that may hold the winner. A box of m_j
halvings along dimension j does with a probability of some min(1, Π_j 2^-m_j exp(sup r_j)), and as
min(1, x) ≤ x^λ for 0 ≤ λ ≤ 1, there are at most

    min over λ of  Π_j (2^(m_j (1 - λ)) E_P[ρ_j^λ] + 2^(-λ m_j) exp(λ sup ρ_j))

of them: the first term is the sum over cells as an integral, which is at most 1 and small where P
and Q are apart (Rényi's divergence), the second the one cell by which the sum exceeds it.

A search that ends when little is left in doubt takes no more steps, but for a small factor, than
there are arrivals until a search without boxes would end (`chosen_power` in
reference/doubts.py).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..distributions import Laplace, Logistic, Normal, Uniform

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..distributions.families import CoreFamily

__all__ = [
    "Difficulty",
    "boxes_bits",
    "centre_and_scale",
    "difficulty",
    "doubt_bits",
    "halving_order",
    "out_of_reach",
    "suprema",
]

_LOG2_E = 1.0 / math.log(2.0)
_LAST = 2**64 - 1

# Each family's outermost samples, and what holds all but 2^-12 of it, and all but 2^-65, in scales
# from the centre.
_REACH = {Normal: 9.1, Laplace: 44.0, Logistic: 44.0, Uniform: 1.0}
_EXTENT = {Normal: 4.0, Laplace: 8.0, Logistic: 9.0, Uniform: 1.0}
_WHOLE_EXTENT = {Normal: 9.3, Laplace: 46.0, Logistic: 46.0, Uniform: 1.0}
# Targets that are no wider, no further out and no narrower than that have less than 54 bits.
_PLAIN_SCALE, _PLAIN_DISTANCE, _PLAIN_NARROW = 1.2, 5.0, 2.0**-36
# More of a target than this beyond the proposal's outermost positions, and it is out of reach. (The
# core refuses twice as much.) Ends of uniforms are hard: what is beyond them is cut off by nobody.
_MOST_OUTSIDE = 2.0**-11
_MOST_BEYOND_ENDS = 2.0**-65

_LAMBDAS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
_AT_ONCE = 1 << 11  # elements
_HALVINGS = 63
_HUGE = 500.0  # bits: powers of two of it are numbers


class Difficulty(NamedTuple):
    """What searches for elements need.

    Attributes:
        supremum: Bits of the density ratio's supremum, shape (n,).
        renyi: Logarithms to the base 2 of E_P[ρ^λ], shape (n, number of λ).
    """

    supremum: Floats
    renyi: Floats


def centre_and_scale(distribution: CoreFamily, *parameters: Floats) -> tuple[Floats, Floats]:
    """Returns locations and scales; of uniforms, their middles and half widths."""
    first, second = parameters or distribution._parameters
    if not isinstance(distribution, Uniform):
        return first, second
    return 0.5 * first + 0.5 * second, 0.5 * second - 0.5 * first


def out_of_reach(
    target: CoreFamily, proposal: CoreFamily, shape: Shape, most_bits: float
) -> npt.NDArray[np.int64]:
    """Returns which elements no index names: their numbers in C order over a shape.

    Args:
        target: The targets.
        proposal: The proposals.
        shape: The shape that both broadcast to.
        most_bits: The most bits of a density ratio that the method resolves.
    """
    found = [np.empty(0, np.int64)]
    most_outside = _MOST_BEYOND_ENDS if isinstance(proposal, Uniform) else _MOST_OUTSIDE
    size = math.prod(shape)
    if not size or _all_plain(target, proposal):
        return found[0]
    for begin in range(0, size, 1 << 16):
        element = np.arange(begin, min(size, begin + (1 << 16)))
        element = element[~_plain(target, proposal, element, shape)]
        for at in range(0, element.size, _AT_ONCE):
            some = element[at : at + _AT_ONCE]
            bits = suprema(target, proposal, some, shape)
            outside = _mass_outside(target, proposal, some, shape)
            found.append(some[(outside > most_outside) | ~(bits <= most_bits)])
    return np.concatenate(found)


def _all_plain(target: CoreFamily, proposal: CoreFamily) -> bool:
    """Whether even the extremes of all parameters are plain: the cheap question."""
    (loc, scale), (own_loc, own_scale) = (centre_and_scale(each) for each in (target, proposal))
    narrow, wide = own_scale.min(), own_scale.max()
    with np.errstate(all="ignore"):
        distance = np.maximum(loc.max() - own_loc.min(), own_loc.max() - loc.min()) / narrow
        plain = _is_plain(target, proposal, np.fmax(distance, 0.0), scale.max() / narrow)
        return bool(plain) and bool(scale.min() / wide >= _PLAIN_NARROW)


def _plain(
    target: CoreFamily, proposal: CoreFamily, element: npt.NDArray[np.int64], shape: Shape
) -> npt.NDArray[np.bool_]:
    loc, scale = centre_and_scale(target, *target._at(element, shape))
    own_loc, own_scale = centre_and_scale(proposal, *proposal._at(element, shape))
    with np.errstate(all="ignore"):
        distance, width = np.abs(loc - own_loc) / own_scale, scale / own_scale
        plain = _is_plain(target, proposal, distance, width)
        return np.asarray(plain & (width >= _PLAIN_NARROW))


def _is_plain(
    target: CoreFamily, proposal: CoreFamily, distance: Floats, width: Floats
) -> npt.NDArray[np.bool_]:
    extents = _WHOLE_EXTENT if isinstance(proposal, Uniform) else _EXTENT
    reach, extent = _REACH[type(proposal)], extents[type(target)]
    near = (distance <= _PLAIN_DISTANCE) & (width <= _PLAIN_SCALE)
    return np.asarray(near & (distance + extent * width <= reach))


def _mass_outside(
    target: CoreFamily, proposal: CoreFamily, element: npt.NDArray[np.int64], shape: Shape
) -> Floats:
    """Returns how much of targets lies beyond the proposals' outermost positions."""
    q, p = target._at(element, shape), proposal._at(element, shape)
    with np.errstate(all="ignore"):
        low, high = (target._tail(end, *q) for end in _ends(proposal, p))
        below = np.where(np.signbit(low), 1.0 + low, low)
        above = np.where(np.signbit(high), -high, 1.0 - high)
        return np.asarray(below + above)


# --- The difficulty of elements ------------------------------------------------------------------


def _nodes() -> tuple[npt.NDArray[np.uint64], Floats]:
    """Positions where targets are looked at, finer in the tails, and their shares of all."""
    lower = [2.0**-k for k in (64, 58, 52, 46, 40, 34, 28, 24, 20, 17, 14, 12, 10, 8, 7, 6)]
    lower += [k / 32 for k in range(1, 17)]
    places = np.array(lower)
    position = [int(place * 2**64) for place in lower]
    both = np.array([*position, *(_LAST - each for each in reversed(position[:-1]))], np.uint64)
    edges = np.concatenate(([0.0], 0.5 * (places[1:] + places[:-1]), [0.5]))
    share = np.diff(edges)
    share[-1] *= 2.0
    return both, np.concatenate((share, share[-2::-1]))


_POSITIONS, _SHARES = _nodes()
_FEW = _POSITIONS[[4, 10, 15, 19, 23, 31, 39, 43, 47, 52, 58]]


def suprema(
    target: CoreFamily, proposal: CoreFamily, element: npt.NDArray[np.int64], shape: Shape
) -> Floats:
    """Returns the bits of density ratios' suprema, by elements' numbers in C order over a shape."""
    q, p = target._at(element, shape), proposal._at(element, shape)
    with np.errstate(all="ignore"):
        return _suprema_and_ratios(target, proposal, q, p, _FEW)[0]


def difficulty(
    target: CoreFamily, proposal: CoreFamily, element: npt.NDArray[np.int64], shape: Shape
) -> Difficulty:
    """Returns what searches for elements need, by their numbers in C order over a shape."""
    q, p = target._at(element, shape), proposal._at(element, shape)
    with np.errstate(all="ignore"):
        supremum, ratio = _suprema_and_ratios(target, proposal, q, p, _POSITIONS)
        if ratio is None:
            return Difficulty(supremum, _renyi_of_normals(q, p))
        powers = [
            np.where(np.isfinite(ratio), np.exp((each - 1.0) * ratio), 0.0) @ _SHARES
            for each in _LAMBDAS
        ]
        return Difficulty(supremum, np.minimum(np.log2(np.stack(powers, axis=1)), 0.0))


def _suprema_and_ratios(
    target: CoreFamily,
    proposal: CoreFamily,
    q: tuple[Floats, ...],
    p: tuple[Floats, ...],
    positions: npt.NDArray[np.uint64],
) -> tuple[Floats, Floats | None]:
    """Returns suprema in bits, and log ratios at positions; none of normals, which need none."""
    supremum = _ends_and_mode(target, proposal, q, p)
    if _are_normal(target, proposal):
        return supremum * _LOG2_E, None
    x, ratio = _ratios(target, proposal, q, p, positions)
    return np.fmax(supremum, _highest(proposal, p, x, ratio)) * _LOG2_E, ratio


def _are_normal(target: CoreFamily, proposal: CoreFamily) -> bool:
    return type(target) is Normal and type(proposal) is Normal


def _ends_and_mode(
    target: CoreFamily, proposal: CoreFamily, q: tuple[Floats, ...], p: tuple[Floats, ...]
) -> Floats:
    """Returns the largest log ratio at the proposal's ends and the target's mode, in nats.

    Of two normals, at the vertex of the ratio instead of the mode.
    """
    (low, high), points = _ends(proposal, p), [centre_and_scale(target, *q)[0]]
    if _are_normal(target, proposal):
        narrow = q[1] < p[1]
        squares = np.where(narrow, (p[1] - q[1]) * (p[1] + q[1]), 1.0)
        vertex = p[0] + (q[0] - p[0]) * p[1] / squares * p[1]
        points = [np.where(narrow, vertex, points[0])]
    points = [low, high, *(np.clip(each, low, high) for each in points)]
    ratios = [target.log_density(x, *q) - proposal.log_density(x, *p) for x in points]
    return np.asarray(np.fmax(np.fmax(ratios[0], ratios[1]), ratios[2]))


def _ends(proposal: CoreFamily, p: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """Returns the proposals' outermost samples."""
    low, high = (proposal._samples(np.full(p[0].size, end, np.uint64), *p) for end in (0, _LAST))
    return low, high


def _ratios(
    target: CoreFamily,
    proposal: CoreFamily,
    q: tuple[Floats, ...],
    p: tuple[Floats, ...],
    positions: npt.NDArray[np.uint64],
) -> tuple[Floats, Floats]:
    """Returns the targets' samples at positions, and log ratios there; (elements, positions)."""
    many_q, many_p = ([np.repeat(each, positions.size) for each in own] for own in (q, p))
    x = target._samples(np.tile(positions, q[0].size), *many_q)
    ratio = target.log_density(x, *many_q) - proposal.log_density(x, *many_p)
    return x.reshape(-1, positions.size), ratio.reshape(-1, positions.size)


def _highest(proposal: CoreFamily, p: tuple[Floats, ...], x: Floats, ratio: Floats) -> Floats:
    """Returns the largest of log ratios at points that proposals reach."""
    low, high = _ends(proposal, p)
    inside = (x >= low[:, None]) & (x <= high[:, None])
    return np.asarray(np.where(inside, ratio, -np.inf).max(axis=1))


def _renyi_of_normals(q: tuple[Floats, ...], p: tuple[Floats, ...]) -> Floats:
    """Returns the logarithms of E_P[ρ^λ] in closed form."""
    distance, width = ((q[0] - p[0]) / p[1])[:, None], (q[1] / p[1])[:, None]
    variance = (1.0 - _LAMBDAS) * width * width + _LAMBDAS
    apart = _LAMBDAS * (1.0 - _LAMBDAS) * distance * distance / (2.0 * variance) * _LOG2_E
    shares = (1.0 - _LAMBDAS) * np.log2(width) - 0.5 * np.log2(variance) - apart
    return np.asarray(np.minimum(shares, 0.0))


# --- Blocks --------------------------------------------------------------------------------------


def boxes_bits(
    own: Difficulty, block: int, order: tuple[int, ...], deepest: int, enough: float
) -> Floats:
    """Returns how many boxes blocks' searches have at the depth where these are most, in bits.

    Args:
        own: Of the blocks' elements: shapes (blocks, block) and (blocks, block, number of λ).
        block: Elements in a block.
        order: Which of its elements is halved at each level.
        deepest: The depth where the method's trees end.
        enough: Blocks that have reached so many bits are left there.
    """
    # By dimension, then λ: each level changes one dimension of all blocks.
    supremum = np.minimum(own.supremum, _HUGE)
    peaks = np.exp2(_LAMBDAS[:, None] * supremum.T[:, None, :])
    cells = np.exp2(np.ascontiguousarray(own.renyi.transpose(1, 2, 0)))
    terms = np.log2(cells + peaks)
    total = terms.sum(axis=0)
    more_cells, lower_peaks = np.exp2(1.0 - _LAMBDAS)[:, None], np.exp2(-_LAMBDAS)[:, None]
    last = _last_depths(supremum, block, order)
    most = np.zeros(supremum.shape[0])
    for depth in range(1, min(deepest, len(order)) + 1):
        j = order[depth - 1]
        cells[j] *= more_cells
        peaks[j] *= lower_peaks
        term = np.log2(cells[j] + peaks[j])
        total += term - terms[j]
        terms[j] = term
        # What is found of a block does not depend on the others.
        boxes = np.where(depth <= last, np.minimum(total.min(axis=0), depth), 0.0)
        np.maximum(most, boxes, out=most)
        if not ((depth < last) & (most < enough)).any():
            break
    return most


def _last_depths(supremum: Floats, block: int, order: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Returns at which depths all elements of blocks are halved as often as they have bits."""
    depths: list[list[int]] = [[0] for _ in range(block)]
    for depth, j in enumerate(order, 1):
        depths[j].append(depth)
    halvings = np.ceil(supremum).clip(0, _HALVINGS).astype(np.intp)
    own = [np.array(depths[j])[halvings[:, j]] for j in range(block)]
    return np.asarray(np.max(own, axis=0))


# As in reference/doubts.py.
POWERS = (
    *(0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
    *(4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)
LEAST_D, LEAST_SCALE, LEAST_GAIN = 0.125, 2.0**-16, 2.0
_POWERS = np.array(POWERS)[:, None, None]
_LOG_C = (_POWERS * np.log(_POWERS) - (1.0 + _POWERS) * np.log1p(_POWERS))[..., 0]
_LEAST_GAIN = LEAST_GAIN / math.log(2.0)


def doubt_bits(mean: Floats, scale: Floats, supremum: Floats, within: float) -> Floats:
    """Returns the bits of arrivals until searches of blocks of normals end by their doubt.

    Args:
        mean: The targets' means in the proposals' units; shape (blocks, block).
        scale: Their scales, likewise.
        supremum: The bits of the blocks' suprema; shape (blocks,).
        within: The doubt.

    Returns:
        Bits; infinite where a block is searched to the end. Shape (blocks,).
    """
    with np.errstate(all="ignore"):
        d = 1.0 + _POWERS * ((1.0 - scale) * (1.0 + scale))
        apart = _POWERS * (1.0 + _POWERS) * mean * mean / (2.0 * d)
        log_total = (apart - _POWERS * np.log(scale) - 0.5 * np.log(d)).sum(axis=-1)
        log_t = (log_total + _LOG_C - math.log(within)) / _POWERS[..., 0]
        there = ((d >= LEAST_D) & (scale >= LEAST_SCALE)).all(axis=-1)
        bits = np.where(there, log_t, np.inf).min(axis=0) * _LOG2_E
        return np.asarray(np.where(supremum - bits > _LEAST_GAIN, bits, np.inf))


@lru_cache(maxsize=64)
def halving_order(hints: tuple[float, ...]) -> tuple[int, ...]:
    """Returns which element of a block is halved at each level: see docs/format.md."""
    left, halvings, order = np.array(hints), np.zeros(len(hints), int), []
    for _ in range(_HALVINGS * len(hints)):
        j = int(np.argmax(np.where(halvings < _HALVINGS, left, -np.inf)))
        order.append(j)
        left[j] -= 1.0
        halvings[j] += 1
    return tuple(order)
