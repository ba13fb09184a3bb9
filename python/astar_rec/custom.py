"""Targets and proposals of the user's own, given as vectorised callables.

A Python call costs microseconds however little it computes, so the searches of a batch advance in
lockstep: in each round, the callables are called once, with one flat array for all searches that
are still running. The number of rounds is that of the longest search, not of the batch's size; as
searches finish, those left evaluate several nodes ahead a round. Results do not depend on any of
this.
"""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._validate import (
    Floats,
    Indices,
    Shape,
    broadcast_shape,
    real_array,
    shape_of,
    to_numpy,
    unravel,
)
from .distributions import Distribution, as_distribution
from .errors import BoundError, DivergenceError, ParameterError

__all__ = ["CustomProposal", "CustomTarget"]

if TYPE_CHECKING:
    from collections.abc import Callable

    from .codecs.encoded import Arrays

Elements = npt.NDArray[np.int64]

# Searches side by side: enough to make a Python call cheap per node, few enough to bound memory.
_BATCH = 1 << 16
# Nodes asked for in a round even when few searches are left.
_WIDTH = 256
# A ratio may exceed its bound by rounding.
_TOLERANCE = 1e-9
_LAST_POSITION = np.uint64(2**64 - 1)
_BELOW_ONE = 1.0 - 2.0**-53


class CustomTarget:
    """A target given by the log of its density ratio to the proposal, in nats.

    Callables get flat float64 arrays and return arrays of the same length. One that requires two
    positional arguments (``log_ratio``, ``quantile``) or three (``bound``) also gets the elements'
    numbers: int64, in C order over the broadcast shape of target and proposal. So parameters held
    in an array ``a`` of that shape are found as ``a.reshape(-1)[element]``.

    Args:
        log_ratio: ``log_ratio(x)`` or ``log_ratio(x, element)``: log dQ/dP at x, normalised; minus
            infinity where the target has no mass.
        mode: Where the ratio is largest, an array that broadcasts to the shape, for ratios that
            fall on either side of their mode. The supremum over an interval is then the ratio at
            its point nearest to the mode. It is the mode of the *ratio*, not of the target's
            density.
        bound: Instead of ``mode``: a number or array, an upper bound of the log ratio everywhere;
            or ``bound(low, high)`` or ``bound(low, high, element)``, an upper bound over the
            interval [low, high]. The tighter it is on small intervals, the faster the search. What
            it says of an interval also holds for the intervals inside.
        shape: The shape of the batch of targets.

    Codecs without a budget refuse bounds above 64 bits (44 nats), `GlobalAStar` above 32:
    `DivergenceError`.

    Raises:
        ParameterError: Neither or both of ``mode`` and ``bound``; something that is not callable.

    Examples:
        A triangular target on [0, 1] against the uniform proposal, ratio 2x with its mode at 1:

        >>> import numpy as np
        >>> import astar_rec as rec
        >>> q = rec.CustomTarget(log_ratio=lambda x: np.log(2 * x), mode=1.0, shape=(1000,))
        >>> p = rec.Uniform(0.0, 1.0)
        >>> codec = rec.ADStar(seed=3)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), round(float(r.sample.mean()), 1)
        (True, 0.7)
    """

    def __init__(
        self,
        log_ratio: Callable[..., Any],
        *,
        mode: Any = None,
        bound: Any = None,
        shape: int | Shape = (),
    ) -> None:
        self.shape = shape_of("shape", shape)
        self._log_ratio = _Callable("log_ratio", log_ratio, 1)
        if (mode is None) == (bound is None):
            raise ParameterError("bound", bound, "exactly one of mode and bound")
        self._mode: Floats | None = None
        self._bound: _Callable | Floats | None = None
        if mode is not None:
            self._mode = real_array("mode", mode)
            self.shape = broadcast_shape(mode=self._mode.shape, shape=self.shape)
        elif callable(bound):
            self._bound = _Callable("bound", bound, 2)
        else:
            self._bound = real_array("bound", bound)
            self.shape = broadcast_shape(bound=self._bound.shape, shape=self.shape)

    def __repr__(self) -> str:
        return f"CustomTarget(shape={self.shape})"


class CustomProposal:
    """A proposal given by its quantile function. It goes with a `CustomTarget`.

    The receiver needs it too: samples are bit-identical where the callable gives identical bits.

    Args:
        quantile: ``quantile(u)`` or ``quantile(u, element)``, non-decreasing in u, for flat float64
            arrays of probabilities from 2^-65 to 1 - 2^-53. ``element`` as for `CustomTarget`.
        shape: The shape of the batch of proposals.

    Raises:
        ParameterError: ``quantile`` is not callable.

    Examples:
        An exponential proposal and a target that is an exponential of half the mean:

        >>> import numpy as np
        >>> import astar_rec as rec
        >>> p = rec.CustomProposal(quantile=lambda u: -np.log1p(-u))
        >>> q = rec.CustomTarget(log_ratio=lambda x: np.log(2) - x, mode=0.0, shape=(1000,))
        >>> codec = rec.ADStar(seed=3)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), round(float(r.sample.mean()), 1)
        (True, 0.5)
    """

    def __init__(self, quantile: Callable[..., Any], *, shape: int | Shape = ()) -> None:
        self._quantile = _Callable("quantile", quantile, 1)
        self.shape = shape_of("shape", shape)

    def __repr__(self) -> str:
        return f"CustomProposal(shape={self.shape})"


def as_proposal(proposal: Any) -> Distribution | CustomProposal:
    """Returns a proposal: a custom one as it is, or what `as_distribution` makes of it."""
    return proposal if isinstance(proposal, CustomProposal) else as_distribution(proposal)


class _Callable:
    """A function of the user's of some arrays, and perhaps of elements, with checked results."""

    def __init__(self, name: str, function: object, arrays: int) -> None:
        if not callable(function):
            raise ParameterError(name, function, "a callable")
        self._name = name
        self._function = function
        self._takes_elements = _required_arguments(function) > arrays

    def __call__(self, element: Elements, shape: Shape, *arrays: Floats) -> Floats:
        # Callables may keep or overwrite what they get and what they gave: neither is used again.
        given = [*arrays, element] if self._takes_elements else list(arrays)
        returned = self._function(*(np.array(array) for array in given))
        out = to_numpy(returned)
        if out.shape != element.shape or out.dtype.kind not in "fiu":
            raise ParameterError(
                f"result of {self._name}",
                f"{out.dtype} of shape {out.shape}",
                f"real numbers of shape {element.shape}",
            )
        values = np.array(out, dtype=np.float64, order="C")
        good = np.isfinite(values)
        if self._name != "quantile":
            good |= np.isneginf(values)  # no density at all
        if not good.all():
            first = int(np.argmin(good))
            points = ", ".join(repr(float(array[first])) for array in arrays)
            raise ParameterError(
                f"result of {self._name}({points})",
                float(values[first]),
                "a number, not infinite" if self._name == "quantile" else "a number below infinity",
                unravel(int(element[first]), shape),
            )
        return values


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

    Returns how many searches were cut.
    """
    shape = arrays[1].shape
    index, sample, steps = (array.reshape(-1) for array in arrays)
    sampler = _Sampler(proposal, shape)
    bounds = _Bounds(target, shape)
    cut = 0
    for begin in range(0, index.size, _BATCH):
        part = slice(begin, min(index.size, begin + _BATCH))
        index[part], sample[part], steps[part], more = _encode_part(
            method, seed, offset, part, sampler, bounds, shape
        )
        cut += more
        if progress is not None:
            progress(part.stop, index.size)
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
    flat_index, flat_out = index.reshape(-1), out.reshape(-1)
    sampler = _Sampler(proposal, index.shape)
    position = np.empty(_BATCH, np.uint64)
    for begin in range(0, flat_index.size, _BATCH):
        part = slice(begin, min(flat_index.size, begin + _BATCH))
        places = position[: part.stop - begin]
        try:
            _core.replay(method, seed, offset + begin, flat_index[part], places)
        except _core.CoreIndexError as error:
            reason, element = error.args
            raise _core.CoreIndexError(reason, element + begin) from None
        flat_out[part] = sampler(places, np.arange(begin, part.stop))


def _encode_part(
    method: _core.Method,
    seed: int,
    offset: int,
    part: slice,
    sampler: _Sampler,
    bounds: _Bounds,
    shape: Shape,
) -> tuple[Indices, Floats, Indices, int]:
    """Encodes the elements of a slice, in lockstep."""
    everyone = np.arange(part.start, part.stop)
    ends = np.zeros(everyone.size, np.uint64)
    x_first, x_last = sampler(ends, everyone), sampler(ends + _LAST_POSITION, everyone)
    _require_increasing(x_first, x_last, everyone, shape)
    supremum = bounds.supremum(x_first, x_last, everyone)
    search = _core.Lockstep(method, seed, offset + part.start, everyone.size)
    _check_bound(search.most_bound_bits, supremum, part.start, shape)
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
    return index, sampler(position, everyone), steps, cuts


def _check_bound(limit: float, supremum: Floats, begin: int, shape: Shape) -> None:
    """Refuses bounds with which an exact search would not end in reasonable time."""
    above = ~(supremum <= limit * math.log(2))
    if above.any():
        first = int(np.argmax(above))
        bits = float(supremum[first]) / math.log(2)
        reason = "the bound of the log ratio is too large for an exact search"
        raise DivergenceError(unravel(begin + first, shape), bits, limit, reason)


class _Sampler:
    """Positions to samples, for any proposal."""

    def __init__(self, proposal: Distribution | CustomProposal, shape: Shape) -> None:
        self._proposal = proposal
        self._shape = shape
        if isinstance(proposal, Distribution):
            self._parameters = [_Flat(each) for each in proposal._broadcast(shape)]

    def __call__(self, position: Indices, element: Elements) -> Floats:
        if isinstance(self._proposal, CustomProposal):
            u = np.minimum((position.astype(np.float64) + 0.5) * 2.0**-64, _BELOW_ONE)
            return self._proposal._quantile(element, self._shape, u)
        own = [parameter[element] for parameter in self._parameters]
        return _core.samples(self._proposal._family, own, position)

    def both(self, position: Indices, cut: Indices, element: Elements) -> tuple[Floats, Floats]:
        """Samples at two positions of every element, in one call."""
        if position is cut or np.array_equal(position, cut):
            x = self(position, element)
            return x, x
        x = self(np.concatenate((position, cut)), np.concatenate((element, element)))
        return x[: position.size], x[position.size :]


class _Bounds:
    """A custom ratio at points, and its bounds over intervals."""

    def __init__(self, target: CustomTarget, shape: Shape) -> None:
        self._target = target
        self._shape = shape
        self._mode = None if target._mode is None else _Flat(np.broadcast_to(target._mode, shape))
        self._constant: _Flat | None = None
        if isinstance(target._bound, np.ndarray):
            self._constant = _Flat(np.broadcast_to(target._bound, shape))

    def supremum(self, low: Floats, high: Floats, element: Elements) -> Floats:
        """An upper bound of the ratio over [low, high]."""
        if self._mode is not None:
            nearest = np.clip(self._mode[element], low, high)
            return self._target._log_ratio(element, self._shape, nearest)
        if self._constant is not None:
            return self._constant[element]
        assert isinstance(self._target._bound, _Callable)
        return self._target._bound(element, self._shape, low, high)

    def ratio(self, x: Floats, element: Elements, promised: Floats) -> Floats:
        """The ratio at x, which must not exceed what was promised."""
        return self._within(self._target._log_ratio(element, self._shape, x), x, element, promised)

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
            values = self._target._log_ratio(everyone, self._shape, points)
            ratio, suprema = self._within(values[:n], x, element, promised), values[n:]
        else:
            ratio = self.ratio(x, element, promised)
            suprema = self.supremum(lows, highs, twice)
        # A bound may be loose on a part of what it bounded more tightly as a whole.
        first = np.minimum(suprema[:n], promised)
        second = np.minimum(suprema[n:], promised)
        return ratio, first, second

    def _within(self, ratio: Floats, x: Floats, element: Elements, promised: Floats) -> Floats:
        above = ratio > promised + _TOLERANCE * (1.0 + np.abs(promised))
        if above.any():
            i = int(np.argmax(above))
            where = unravel(int(element[i]), self._shape)
            raise BoundError(where, float(x[i]), float(ratio[i]), float(promised[i]))
        return ratio


class _Flat:
    """A broadcast array, indexed by element numbers in C order, without a copy of the whole."""

    def __init__(self, array: Floats) -> None:
        self._array = array
        self._constant = array.size > 0 and all(stride == 0 for stride in array.strides)

    def __getitem__(self, element: Elements) -> Floats:
        if self._constant:
            return np.full(element.shape, self._array.flat[0])
        if self._array.flags.c_contiguous:
            return self._array.reshape(-1)[element]
        return self._array[np.unravel_index(element, self._array.shape)]


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


def _required_arguments(function: Callable[..., Any]) -> int:
    """How many positional arguments a callable requires; 1 where it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a ufunc, say
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in positional and p.default is p.empty for p in parameters)
