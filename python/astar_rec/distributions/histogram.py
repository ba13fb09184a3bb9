"""Histograms: densities that are constant between edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._elements import Flat, Floats, Indices, require_all
from ..errors import ParameterError
from .distribution import Distribution
from .families import Laplace, Logistic, Normal, Uniform
from .parameter import Parameter
from .partition import Partition, prefix, require_masses, shares, suffix, total
from .ratios import register_peaks
from .rows import distinct, last_not_above, pick
from .tails import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from .._elements import Shape

__all__ = ["Histogram"]


class Histogram(Distribution):
    """Distributions with a constant density between edges.

    As a proposal, it cuts the 2^64 positions of samples in proportion to the masses, as
    `astar_rec.distributions.partition` says to the bit; within a cell, samples are evenly spread.

    Args:
        edges: Where cells begin and end, increasing along the last axis: one more than masses.
        masses: The cells' masses along the last axis, at least 0; their sum is what it is, and need
            not be 1. All other axes broadcast with those of ``edges``.

    Raises:
        ParameterError: NaN or infinite parameters, edges that do not increase, negative masses or
            no positive one, numbers of edges and masses that do not fit, shapes that do not
            broadcast.

    Examples:
        >>> import astar_rec as rec
        >>> q = rec.Histogram([0.0, 1.0, 4.0], [[1.0, 1.0], [3.0, 1.0], [0.0, 1.0]])
        >>> q.shape
        (3,)
        >>> q[1]
        Histogram(edges=[0.0, 1.0, 4.0], masses=[3.0, 1.0])
        >>> rec.kl_bits(q, rec.Histogram([0.0, 2.0, 4.0], [1.0, 1.0])).round(4)
        array([0.2075, 0.7925, 0.415 ])
    """

    __slots__ = ()

    edges = Parameter("Where cells begin and end, a read-only float64 array.", axis="edge")
    masses = Parameter(
        "The cells' masses, a read-only float64 array.", nonnegative=True, axis="cell"
    )

    def __init__(self, edges: object, masses: object) -> None:
        super().__init__(edges, masses)

    def _check(self) -> None:
        cells = self.masses.shape[-1]
        if self.edges.shape[-1] != cells + 1:
            expected = f"{cells + 1} along the last axis, one more than masses"
            raise ParameterError("shape of edges", self.edges.shape, expected)
        increasing = np.ones(self.edges.shape, bool)
        increasing[..., 1:] = self.edges[..., 1:] > self.edges[..., :-1]
        require_all("edges", self.edges, increasing, "a number above the edge before")
        require_masses("masses", self.masses)

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at positions: all operations and their order are part of the format."""
        edges, masses = map(distinct, parameters)
        cell, before, _, width = Partition(masses).find(position)
        low, high = pick(edges, cell), pick(edges, cell + 1)
        place = (before + 0.5) / width
        return np.asarray(np.minimum(low + (high - low) * place, high))

    @classmethod
    def _summary(cls, *parameters: Floats) -> tuple[Floats, Floats]:
        """Returns means, and mean distances from them: see `Distribution._summary`."""
        edges, masses = parameters
        share, low, high = shares(masses), edges[:, :-1], edges[:, 1:]
        middle = 0.5 * low + 0.5 * high
        mean = total(share * middle)
        return mean, total(share * (np.abs(middle - mean[:, None]) + (0.5 * high - 0.5 * low)))

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats: see `Distribution.log_density`.

        At an edge, it is that of the cell above; at the last one, that of the cell below.
        """
        edges, masses = map(distinct, parameters)
        cell, low, high = cls._cell(edges, x)
        with np.errstate(divide="ignore"):
            density = np.log(pick(shares(masses), cell)) - np.log(high - low)
        return np.where((x >= edges[:, 0]) & (x <= edges[:, -1]), density, -np.inf)

    @classmethod
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: see `Distribution._tail`."""
        edges, masses = map(distinct, parameters)
        x = np.clip(x, edges[:, 0], edges[:, -1])
        cell, low, high = cls._cell(edges, x)
        share = shares(masses)
        own = pick(share, cell)
        lower, upper = prefix(share), suffix(share)
        # Of the cells before and after, whose sums end at their own.
        edge = np.zeros((share.shape[0], 1))
        before = pick(np.concatenate((edge, lower), axis=1), cell)
        after = pick(np.concatenate((upper, edge), axis=1), cell + 1)
        width = high - low
        return joined(before + own * ((x - low) / width), after + own * ((high - x) / width))

    def _gaps(self, shape: Shape) -> Iterator[tuple[npt.NDArray[np.int64], Floats, Floats]]:
        """Yields cells without positions: see `Distribution._gaps`."""
        wide = Partition(self.masses).wide
        if wide.all():
            return
        wide = np.broadcast_to(wide, (*shape, wide.shape[-1]))
        edges = np.broadcast_to(self.edges, (*shape, self.edges.shape[-1]))
        for cell in range(wide.shape[-1]):
            element = np.flatnonzero(~wide[..., cell])
            low, high = (Flat(edges[..., each])[element] for each in (cell, cell + 1))
            yield element, low, high

    def _ends(self) -> tuple[Floats, Floats]:
        """Returns the outermost edges: see `Distribution._ends`."""
        return self.edges[..., 0], self.edges[..., -1]

    @staticmethod
    def _cell(edges: Floats, x: Floats) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
        """Returns the cells of points, and where these begin and end."""
        cell = last_not_above(edges[:, :-1], x)
        return cell, pick(edges, cell), pick(edges, cell + 1)


def _both_sides(edges: Floats) -> list[Floats]:
    """Returns points in the cells on both sides of every edge, as near to it as there are any."""
    return [
        side
        for edge in edges.T
        for side in (np.asarray(edge), np.asarray(np.nextafter(edge, -np.inf)))
    ]


@register_peaks(Histogram, Histogram)
def _steps(edges: Floats, masses: Floats, *proposal: Floats) -> Sequence[Floats]:
    """The log ratio is constant between edges of both."""
    del masses
    return [*_both_sides(edges), *_both_sides(proposal[0])]


@register_peaks(Histogram, Normal)
@register_peaks(Histogram, Laplace)
@register_peaks(Histogram, Logistic)
@register_peaks(Histogram, Uniform)
def _ends_of_cells(edges: Floats, masses: Floats, *proposal: Floats) -> Sequence[Floats]:
    """The proposal's log density is concave: between edges, the log ratio is convex."""
    del masses, proposal
    return _both_sides(edges)


@register_peaks(Normal, Histogram)
@register_peaks(Laplace, Histogram)
@register_peaks(Logistic, Histogram)
def _mode_and_ends(loc: Floats, scale: Floats, *proposal: Floats) -> Sequence[Floats]:
    """Between edges, the log ratio is the target's log density, which falls off from its mode."""
    del scale
    return [loc, *_both_sides(proposal[0])]


@register_peaks(Uniform, Histogram)
def _ends_and_ends(low: Floats, high: Floats, *proposal: Floats) -> Sequence[Floats]:
    """The log ratio is constant between the target's ends and edges."""
    return [low, high, *_both_sides(proposal[0])]
