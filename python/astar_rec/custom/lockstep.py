"""The searches for custom targets, which advance in lockstep.

A Python call costs microseconds however little it computes. So in each round, the callables are
called once, with one flat array for all searches that are still running. The number of rounds is
that of the longest search, not of the batch's size; as searches finish, those left evaluate several
nodes ahead a round. Results do not depend on any of this.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._elements import Flat, Floats, Indices, Shape, unravel
from ..distributions.families import CoreFamily
from ..errors import BoundError, DivergenceError, ParameterError
from .callables import ElementFunction, Elements
from .pairs import in_lockstep
from .resolution import require_resolved

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..codecs.encoded import Arrays
    from ..distributions import Distribution
    from .distributions import CustomProposal, CustomTarget

__all__ = ["Bounds", "Sampler", "decode_custom", "encode_custom", "suprema"]

# Searches side by side: enough to make a Python call cheap per node, few enough to bound memory.
_BATCH = 1 << 16
# Nodes asked for in a round even when few searches are left.
_WIDTH = 256
# A ratio may exceed its bound by rounding: by so much, or by so many units of the last place in the
# type that came back from the user's functions.
_TOLERANCE = 1e-9
_UNITS = 64
_LAST_POSITION = np.uint64(2**64 - 1)
_ENDS = np.uint64(0), _LAST_POSITION


def encode_custom(
    method: _core.Method,
    seed: int,
    offset: int,
    target: CustomTarget,
    proposal: Distribution | CustomProposal,
    arrays: Arrays,
    progress: Callable[[int, int], None] | None,
) -> int:
    """Encodes for a custom target, into arrays: see `astar_rec.codecs.Codec.encode`.

    It is one that `reached.require_searchable` takes.

    Returns how many searches were cut.
    """
    shape = arrays[1].shape
    # Functions of the user's may read the memory that is to be filled: it is, at the end.
    made = tuple(np.empty_like(array) for array in arrays)
    index, sample, steps = (array.reshape(-1) for array in made)
    sampler = Sampler(proposal, shape)
    bounds = Bounds(target, shape)
    cut = 0
    for begin in range(0, index.size, _BATCH):
        part = slice(begin, min(index.size, begin + _BATCH))
        index[part], sample[part], steps[part], more = _encode_part(
            method, seed, offset, part, sampler, bounds, shape
        )
        cut += more
        if progress is not None:
            progress(part.stop, index.size)
    for array, filled in zip(arrays, made, strict=True):
        array[...] = filled
    return cut


def decode_custom(
    method: _core.Method,
    seed: int,
    offset: int,
    index: Indices,
    proposal: CustomProposal,
    out: Floats,
) -> None:
    """Decodes for a custom proposal: see `astar_rec.codecs.Codec.decode`."""
    flat_index, made = index.reshape(-1), np.empty(out.size)
    sampler = Sampler(proposal, index.shape)
    position = np.empty(_BATCH, np.uint64)
    for begin in range(0, flat_index.size, _BATCH):
        part = slice(begin, min(flat_index.size, begin + _BATCH))
        places = position[: part.stop - begin]
        try:
            _core.replay(method, seed, offset + begin, flat_index[part], places)
        except _core.CoreIndexError as error:
            reason, element = error.args
            raise _core.CoreIndexError(reason, element + begin) from None
        made[part] = sampler(places, np.arange(begin, part.stop))
    # As when encoding: what the proposal reads may be there.
    out[...] = made.reshape(out.shape)


def _encode_part(
    method: _core.Method,
    seed: int,
    offset: int,
    part: slice,
    sampler: Sampler,
    bounds: Bounds,
    shape: Shape,
) -> tuple[Indices, Floats, Indices, int]:
    """Encodes the elements of a slice, in lockstep."""
    everyone = np.arange(part.start, part.stop)
    ends = np.zeros(everyone.size, np.uint64)
    x_first, x_last = sampler(ends, everyone), sampler(ends + _LAST_POSITION, everyone)
    _require_increasing(x_first, x_last, everyone, shape)
    supremum = bounds.supremum(x_first, x_last, everyone)
    search = _core.Lockstep(method, seed, offset + part.start, everyone.size)
    search.start(x_first, x_last, supremum)
    while True:
        local, position, cut, low, high, promised = search.request(max(_WIDTH, everyone.size))
        if local.size == 0:
            break
        element = local.astype(np.int64) + part.start
        x, x_cut = sampler.both(position, cut, element)
        _require_increasing(low, x, element, shape)
        _require_increasing(x, high, element, shape)
        if search.splits:
            ratio, first, second = bounds.evaluate(x, low, x_cut, high, element, promised)
        else:
            ratio, first, second = bounds.ratio(x, element, promised), promised, promised
        search.supply(ratio, x_cut, first, second)
    try:
        index, position, steps, cuts = search.results()
    except _core.CoreDivergenceError as error:
        reason, local_element, bits, limit = error.args
        element_tuple = unravel(local_element + part.start, shape)
        raise DivergenceError(element_tuple, bits, limit, reason) from None
    sample = sampler(position, everyone)
    _require_resolved(sample, position, supremum, sampler, bounds, everyone, shape)
    return index, sample, steps, cuts


def _require_resolved(
    sample: Floats,
    position: Indices,
    supremum: Floats,
    sampler: Sampler,
    bounds: Bounds,
    element: Elements,
    shape: Shape,
) -> None:
    """Refuses targets that are finer than the proposal's function tells: see `resolution`."""
    bits = sampler.resolved_bits(position)
    if bits is None:
        return
    # Nearly all ratios are far from that; the others are asked for once more.
    some = np.flatnonzero(supremum > (bits.min(initial=64.0) - 8) * math.log(2))
    if some.size:
        ratio = bounds.at(sample[some], element[some])
        require_resolved(ratio, bits[some], element[some], shape)


def suprema(target: CustomTarget, proposal: Distribution | CustomProposal, shape: Shape) -> Floats:
    """Returns bounds of log ratios over all that positions reach, in nats; flat.

    Args:
        target: The target, with a log ratio.
        proposal: The proposal.
        shape: The shape to which both broadcast.

    Raises:
        ParameterError: Results of the user's functions that are none.
    """
    sampler, bounds = Sampler(proposal, shape), Bounds(target, shape)
    found, size = [np.empty(0)], math.prod(shape)
    for begin in range(0, size, _BATCH):
        element = np.arange(begin, min(size, begin + _BATCH))
        first, last = (sampler(np.full(element.size, end), element) for end in _ENDS)
        _require_increasing(first, last, element, shape)
        found.append(bounds.supremum(first, last, element))
    return np.concatenate(found)


class Sampler:
    """Positions to samples, for any proposal."""

    def __init__(self, proposal: Distribution | CustomProposal, shape: Shape) -> None:
        self._proposal = in_lockstep(proposal)
        self._shape = shape

    def __call__(self, position: Indices, element: Elements) -> Floats:
        """Returns the samples of elements at positions; all flat."""
        if isinstance(self._proposal, CoreFamily):
            parameters = self._proposal._at(element, self._shape)
            return self._proposal._samples(position, *parameters)
        return self._proposal._samples(position, element, self._shape)

    def resolved_bits(self, position: Indices) -> Floats | None:
        """How many bits of positions are told apart, as `resolution` says; None for all."""
        if isinstance(self._proposal, CoreFamily):
            return None
        return self._proposal._resolved_bits(position)

    def both(self, position: Indices, cut: Indices, element: Elements) -> tuple[Floats, Floats]:
        """Samples at two positions of every element, in one call."""
        if position is cut or np.array_equal(position, cut):
            x = self(position, element)
            return x, x
        x = self(np.concatenate((position, cut)), np.concatenate((element, element)))
        return x[: position.size], x[position.size :]


class Bounds:
    """A custom ratio at points, and its bounds over intervals."""

    def __init__(self, target: CustomTarget, shape: Shape) -> None:
        # Codecs refuse targets without a ratio before.
        assert target._log_ratio is not None
        self._log_ratio = target._log_ratio
        self._target = target
        self._shape = shape
        self._mode = None if target._mode is None else Flat(np.broadcast_to(target._mode, shape))
        self._unit = 0.0  # of the coarsest type that bounds came in
        self._constant: Flat | None = None
        if isinstance(target._bound, np.ndarray):
            self._constant = Flat(np.broadcast_to(target._bound, shape))

    def supremum(self, low: Floats, high: Floats, element: Elements) -> Floats:
        """An upper bound of the ratio over [low, high]."""
        if self._mode is not None:
            nearest = np.clip(self._mode[element], low, high)
            return self._bounds(self._log_ratio, element, nearest)
        if self._constant is not None:
            return self._constant[element]
        assert isinstance(self._target._bound, ElementFunction)
        return self._bounds(self._target._bound, element, low, high)

    @property
    def tolerance(self) -> float:
        """By how much ratios and bounds may be off, beside their size, as far as is known."""
        return max(_TOLERANCE, _UNITS * self._unit)

    def at(self, x: Floats, element: Elements) -> Floats:
        """The ratio at x."""
        return self._log_ratio(element, self._shape, x)

    def ratio(self, x: Floats, element: Elements, promised: Floats) -> Floats:
        """The ratio at x, which must not exceed what was promised."""
        values, unit = self._log_ratio.measured(element, self._shape, x)
        return self._within(values, unit, x, element, promised)

    def evaluate(
        self,
        x: Floats,
        low: Floats,
        cut: Floats,
        high: Floats,
        element: Elements,
        promised: Floats,
    ) -> tuple[Floats, Floats, Floats]:
        """The ratio at x, and bounds over [low, cut] and [cut, high]."""
        n = x.size
        twice = np.concatenate((element, element))
        lows, highs = np.concatenate((low, cut)), np.concatenate((cut, high))
        if self._mode is not None:
            # One call for all three.
            nearest = np.clip(self._mode[twice], lows, highs)
            points = np.concatenate((x, nearest))
            everyone = np.concatenate((element, twice))
            values, unit = self._log_ratio.measured(everyone, self._shape, points)
            ratio, suprema = self._within(values[:n], unit, x, element, promised), values[n:]
        else:
            ratio = self.ratio(x, element, promised)
            suprema = self.supremum(lows, highs, twice)
        # A bound may be loose on a part of what it bounded more tightly as a whole.
        first = np.minimum(suprema[:n], promised)
        second = np.minimum(suprema[n:], promised)
        return ratio, first, second

    def _bounds(self, function: ElementFunction, element: Elements, *points: Floats) -> Floats:
        values, unit = function.measured(element, self._shape, *points)
        self._unit = max(self._unit, unit)
        return values

    def _within(
        self, ratio: Floats, unit: float, x: Floats, element: Elements, promised: Floats
    ) -> Floats:
        tolerance = max(self.tolerance, _UNITS * unit)
        above = ratio > promised + tolerance * (1.0 + np.abs(promised))
        if above.any():
            i = int(np.argmax(above))
            where = unravel(int(element[i]), self._shape)
            raise BoundError(where, float(x[i]), float(ratio[i]), float(promised[i]))
        return ratio


def _require_increasing(low: Floats, high: Floats, element: Elements, shape: Shape) -> None:
    good = (low <= high) & np.isfinite(low) & np.isfinite(high)
    if not good.all():
        i = int(np.argmin(good))
        raise ParameterError(
            "quantile of proposal",
            (float(low[i]), float(high[i])),
            "finite, non-decreasing values",
            unravel(int(element[i]), shape),
        )
