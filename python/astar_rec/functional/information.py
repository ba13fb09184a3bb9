"""The least that an exact code of single samples, or of blocks, can take: functional information.

The pair becomes masses of cells (`astar_rec.custom.halving`), of which the information has a closed
form (`entropy`). Both the cells and the lattice of blocks' log ratios err by what falls with the
square of their width: halving all widths leaves a fourth, so that two values tell a better third,
and how good it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._elements import unravel
from .._validate import broadcast_shape, integer
from ..codecs.units import Blocks
from ..custom import Cells, CustomTarget, Tails, as_proposal, as_target, halved_cells
from ..errors import DivergenceError, ParameterError
from .entropy import bits_of_cells
from .sums import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..custom.callables import Elements
    from ..distributions import ProposalLike, TargetLike

    # Of cells: the element's place, and the masses of target and proposal.
    Masses = tuple[npt.NDArray[np.int64], Floats, Floats]

__all__ = ["functional_information"]

# Bits of a cell that is halved no more.
_NEGLIGIBLE = 1e-7
# Elements whose cells are in memory at once.
_BATCH = 1 << 9
_LARGEST_BLOCK = 1 << 16
# Points of lattices: the first number tried, and the largest.
_FEWEST, _MOST = 1 << 12, 1 << 20
# What the two values of a block may differ by, in bits.
_CLOSE = 1e-3
# Bits of an element that positions may leave untold.
_LOST, _LIMIT = 1e-4, 64.0


def functional_information(target: TargetLike, proposal: ProposalLike, *, block: int = 1) -> Floats:
    """Returns the functional information of targets in bits: what no exact code beats on average.

    With r = dQ/dP and w(h) = P(r ≥ h) it is the integral of -w(h) log₂ w(h) over h > 0: at least
    KL[Q ‖ P], at most KL + log₂(KL + 1) + 1. Where targets are drawn so that their samples follow
    the proposal, no code of exact samples, one at a time, takes fewer bits than its mean, whatever
    randomness both sides share; and some code takes at most log₂ e more. Elements that are coded
    together come nearer to their KL divergence: ``block`` says how many.

    Any target with a CDF will do, and ratios of any number of peaks. Values of elements are good to
    about 1e-5 bits, those of blocks to 1e-4 bits (docs/functional_information.md). An element takes
    a millisecond, in blocks of hundreds and more some milliseconds.

    Args:
        target: The distribution Q; any shape that broadcasts with the proposal's.
        proposal: The distribution P.
        block: Elements of the last axis that are coded together, 1 to 65,536: their ratios are
            multiplied. The last block of a row may hold fewer.

    Returns:
        Bits, float64: of the broadcast shape, a number for each element; with blocks, a number
        for each, of the shape ``(*shape[:-1], ceil(shape[-1] / block))``.

    Raises:
        ParameterError: A target without a CDF; shapes that do not broadcast; a block out of range.
        DivergenceError: A target of which more than 2^-10 lies beyond the proposal's outermost
            64-bit positions, or 2^-64 where the proposal has no samples at all; one that is finer
            than the proposal's samples there, as doubles or positions.

    Reference: G. Flamich, S. M. Sriramu, A. B. Wagner, "The redundancy of non-singular channel
    simulation", 2025, https://arxiv.org/abs/2501.14053, for the bound, there by the name of channel
    simulation divergence, as in D. Goc, G. Flamich, "On channel simulation with causal rejection
    samplers", ISIT 2024; Hill, Alajaji, Linder, Flamich, "Rejection sampling is optimal
    for relative entropy coding", 2026, https://arxiv.org/abs/2604.23076, for its being tight.

    Examples:
        >>> import astar_rec as rec
        >>> q, p = rec.Normal([0.0, 1.0, -0.5, 0.2], 0.5), rec.Normal(0.0, 1.0)
        >>> rec.kl_bits(q, p).round(3)
        array([0.459, 1.18 , 0.639, 0.488])
        >>> rec.functional_information(q, p).round(3)
        array([0.857, 1.734, 1.078, 0.892])
        >>> rec.functional_information(q, p, block=4).round(3)
        array([3.843])
    """
    q, p = as_target(target), as_proposal(proposal)
    if isinstance(q, CustomTarget) and q._cdf is None:
        raise ParameterError("target", q, "a CustomTarget with cdf")
    size = integer("block", block, 1, _LARGEST_BLOCK)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    tails = Tails(q, p, shape)
    tails.require_reached()
    if size == 1:
        return _of_elements(_Pair(tails, shape)).reshape(shape)
    pair, blocks = _Pair(tails, shape), Blocks(size, 1)
    columns = blocks.columns_of(shape)
    made = [
        _of_block(pair, row + np.arange(begin, min(columns, begin + size)))
        for row in range(0, math.prod(shape), max(1, columns))
        for begin in range(0, columns, size)
    ]
    return np.array(made, np.float64).reshape(blocks.steps_shape(shape))


class _Pair(NamedTuple):
    """A target and a proposal, of a shape to which both broadcast."""

    tails: Tails
    shape: Shape

    def cells(self, elements: Elements) -> Iterator[Cells]:
        """Yields the cells of elements, batch by batch.

        Raises:
            DivergenceError: A target that is finer than the proposal's samples.
        """
        for begin in range(0, elements.size, _BATCH):
            some = elements[begin : begin + _BATCH]
            cells = halved_cells(self.tails, some, _NEGLIGIBLE)
            lost = np.bincount(cells.element, cells.gain * cells.unfinished, some.size)
            if (lost > _LOST).any():
                first = int(some[np.argmax(lost > _LOST)])
                reason = "the target is finer than the proposal's samples at 64-bit positions"
                raise DivergenceError(unravel(first, self.shape), math.inf, _LIMIT, reason)
            yield cells


def _of_elements(pair: _Pair) -> Floats:
    bits = np.empty(math.prod(pair.shape))
    for number, cells in enumerate(pair.cells(np.arange(bits.size))):
        some = bits[number * _BATCH :][:_BATCH]
        coarse = bits_of_cells(*_whole(cells), some.size)
        fine = bits_of_cells(*_halves(cells), some.size)
        some[...] = np.maximum(fine + (fine - coarse) / 3.0, 0.0)
    return bits


def _of_block(pair: _Pair, elements: Elements) -> float:
    cells = list(pair.cells(elements))
    coarse, fine = (_joined([kind(each) for each in cells]) for kind in (_whole, _halves))
    points = _FEWEST
    while True:
        first, second = coarse.bits(points), fine.bits(2 * points)
        if abs(second - first) <= _CLOSE or points == _MOST:
            return max(0.0, second + (second - first) / 3.0)
        points *= 2


def _whole(cells: Cells) -> Masses:
    return cells.element, cells.lower + cells.upper, 2.0 * cells.half


def _halves(cells: Cells) -> Masses:
    element = np.repeat(cells.element, 2)
    target = np.stack((cells.lower, cells.upper), axis=-1).reshape(-1)
    there = target > 0.0
    return element[there], target[there], np.repeat(cells.half, 2)[there]


def _joined(batches: list[Masses]) -> Block:
    element = np.concatenate([each[0] + _BATCH * i for i, each in enumerate(batches)])
    order = np.argsort(element, kind="stable")
    target, proposal = (np.concatenate([each[i] for each in batches])[order] for i in (1, 2))
    return Block(element[order], target, proposal)
