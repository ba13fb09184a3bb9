"""A target and a proposal given by functions of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import real_array
from .._validate import broadcast_shape, shape_of
from ..distributions import Distribution, as_distribution
from ..distributions.distribution import probabilities
from ..errors import ParameterError
from .callables import LOGARITHMS, NUMBERS, PROBABILITIES, UserFunction
from .resolution import mirrored, resolved_bits, upper_quantile_of
from .signed import signed_tails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._elements import Floats, Indices, Shape
    from ..distributions import ProposalLike
    from .callables import ElementFunction, Elements

__all__ = ["CustomProposal", "CustomTarget", "as_proposal"]


class CustomTarget:
    """A target given by functions: of its density ratio for searches, of its CDF for polar coding.

    Searches take ``log_ratio`` with ``mode`` or ``bound``; `PolarCoding` takes ``cdf``, with ``sf``
    where it must be precise far up. A target may have both.

    Callables get flat float64 arrays and return arrays of the same length. One that requires two
    positional arguments (``log_ratio``, ``cdf``, ``sf``, ``quantile``) or three (``bound``) also
    gets the elements' numbers: int64, in C order over the broadcast shape of target and proposal.
    So parameters held in an array ``a`` of that shape are found as ``a.reshape(-1)[element]``.

    Args:
        log_ratio: ``log_ratio(x)`` or ``log_ratio(x, element)``: log dQ/dP at x, in nats,
            normalised; minus infinity where the target has no mass.
        mode: Where the ratio is largest, an array that broadcasts to the shape, for ratios that
            fall on either side of their mode. The supremum over an interval is then the ratio at
            its point nearest to the mode. It is the mode of the *ratio*, not of the target's
            density.
        bound: Instead of ``mode``: a number or array, an upper bound of the log ratio everywhere;
            or ``bound(low, high)`` or ``bound(low, high, element)``, an upper bound over the
            interval [low, high]. The tighter it is on small intervals, the faster the search. What
            it says of an interval also holds for the intervals inside.
        cdf: ``cdf(x)`` or ``cdf(x, element)``: the probability of [-∞, x], from 0 to 1 and
            non-decreasing in x. Only the sender calls it.
        sf: ``sf(x)`` or ``sf(x, element)``: 1 - cdf, but precise where that is tiny. It is called
            above the median alone. Without it, masses far up are as coarse as 1 - cdf is, and a
            target of which these matter is refused.
        shape: The shape of the batch of targets.

    Searches without a budget refuse bounds above 64 bits (44 nats), and above 32 bits those that
    are one number, as `GlobalAStar` does all: `DivergenceError`. Where there is ``cdf``, too,
    `compress` and `Writer` draw from such targets and send samples as numbers.

    Raises:
        ParameterError: Neither ``log_ratio`` nor ``cdf``; with ``log_ratio``, neither or both of
            ``mode`` and ``bound``; ``mode`` or ``bound`` without ``log_ratio``, ``sf`` without
            ``cdf``; something that is not callable.

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

        The same by its CDF:

        >>> q = rec.CustomTarget(cdf=lambda x: x * x, sf=lambda x: (1 - x) * (1 + x), shape=(1000,))
        >>> q.shape
        (1000,)
    """

    # What was not given.
    _log_ratio: ElementFunction | None = None
    _mode: Floats | None = None
    _bound: ElementFunction | Floats | None = None
    _cdf: ElementFunction | None = None
    _sf: ElementFunction | None = None

    def __init__(
        self,
        log_ratio: Callable[..., Any] | None = None,
        *,
        mode: Any = None,
        bound: Any = None,
        cdf: Callable[..., Any] | None = None,
        sf: Callable[..., Any] | None = None,
        shape: int | Shape = (),
    ) -> None:
        self.shape = shape_of("shape", shape)
        if log_ratio is None and cdf is None:
            expected = "a callable, for searches; or cdf, for polar coding"
            raise ParameterError("log_ratio", log_ratio, expected)
        if log_ratio is not None:
            self._log_ratio = UserFunction("log_ratio", LOGARITHMS, log_ratio, 1)
        self._take_bound(mode, bound)
        if cdf is not None:
            self._cdf = UserFunction("cdf", PROBABILITIES, cdf, 1)
        if sf is not None:
            if cdf is None:
                raise ParameterError("sf", sf, "None without cdf")
            self._sf = UserFunction("sf", PROBABILITIES, sf, 1)

    def _take_bound(self, mode: Any, bound: Any) -> None:
        if self._log_ratio is None:
            for name, value in (("mode", mode), ("bound", bound)):
                if value is not None:
                    raise ParameterError(name, value, "None without log_ratio")
        elif (mode is None) == (bound is None):
            raise ParameterError("bound", bound, "exactly one of mode and bound")
        elif mode is not None:
            self._mode = real_array("mode", mode)
            self.shape = broadcast_shape(mode=self._mode.shape, shape=self.shape)
        elif callable(bound):
            self._bound = UserFunction("bound", LOGARITHMS, bound, 2)
        else:
            self._bound = real_array("bound", bound)
            self.shape = broadcast_shape(bound=self._bound.shape, shape=self.shape)

    def __repr__(self) -> str:
        return f"CustomTarget(shape={self.shape})"

    @property
    def _precise_above(self) -> bool:
        """Whether tails are as precise above the median as below."""
        return self._sf is not None

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        """Yields the arrays that were given, by name; what functions read is not known."""
        for name, array in (("mode", self._mode), ("bound", self._bound)):
            if isinstance(array, np.ndarray):
                yield name, array

    def _tail(self, x: Floats, element: Elements, shape: Shape) -> Floats:
        """Returns signed tails at points of elements: see `astar_rec.distributions.tails`."""
        if self._cdf is None:
            raise ParameterError("target", self, "a CustomTarget with cdf, for polar coding")
        return signed_tails(self._cdf, self._sf, x, element, shape)


class CustomProposal:
    """A proposal given by its quantile function. It goes with a `CustomTarget`.

    The receiver needs it too: samples are bit-identical where the callable gives identical bits.

    Args:
        quantile: ``quantile(u)`` or ``quantile(u, element)``, non-decreasing in u, for flat float64
            arrays of probabilities from 2^-65 to 1 - 2^-53. ``element`` as for `CustomTarget`.
        isf: ``isf(u)`` or ``isf(u, element)``: the quantile of 1 - u, non-increasing in u, for
            probabilities from 2^-65 to 1/2. With it, the upper tail is as exact as the lower:
            ``quantile`` is called for the lower half alone, and for the median. The receiver needs
            it, too. Without it, probabilities near 1 are multiples of 2^-53; a target that is some
            45 bits denser than the proposal there is refused. The methods ``ppf`` of SciPy's frozen
            distributions bring theirs along.
        shape: The shape of the batch of proposals.

    Near the median, where u and 1 - u are multiples of 2^-54, targets are refused from 46 bits on,
    from 47 bits beyond the quartiles, and so on.

    Raises:
        ParameterError: ``quantile`` or ``isf`` is not callable.

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

        Exact far up, too, where a target is 50 bits denser:

        >>> p = rec.CustomProposal(quantile=lambda u: -np.log1p(-u), isf=lambda u: -np.log(u))
        >>> def log_ratio(x):
        ...     return np.where(x < 34, -np.inf, np.log(3) + 34 + 2 * (34 - x))
        >>> q = rec.CustomTarget(log_ratio, mode=34.0, shape=1000)
        >>> len(np.unique(codec.encode(q, p).sample)) > 900
        True
    """

    def __init__(
        self,
        quantile: Callable[..., Any],
        *,
        isf: Callable[..., Any] | None = None,
        shape: int | Shape = (),
    ) -> None:
        self._quantile: ElementFunction = UserFunction("quantile", NUMBERS, quantile, 1)
        above = upper_quantile_of(quantile) if isf is None else isf
        self._isf: ElementFunction | None = None
        if above is not None:
            self._isf = UserFunction("isf", NUMBERS, above, 1)
        self.shape = shape_of("shape", shape)

    def __repr__(self) -> str:
        return f"CustomProposal(shape={self.shape})"

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        """Yields the arrays that were given, by name: none, and what a function reads is not known.

        So samples go into arrays of the user's only when the last one has been made.
        """
        yield from ()

    def _samples(self, position: Indices, element: Elements, shape: Shape) -> Floats:
        """Returns the samples of elements at 64-bit positions; all flat."""
        if self._isf is None:
            return self._quantile(element, shape, probabilities(position))
        upper, above = mirrored(position)
        u = probabilities(position)
        u[upper] = 0.5
        x = self._quantile(element, shape, u)
        if upper.size:
            # By rounding, the two functions may not agree on the median: samples never go back.
            own = self._isf(element[upper], shape, probabilities(above))
            x[upper] = np.maximum(x[upper], own)
        return x

    def _resolved_bits(self, position: Indices) -> Floats:
        """Returns how many bits of positions are told apart: see `resolution`."""
        return resolved_bits(position, self._isf is not None)


def as_proposal(proposal: ProposalLike) -> Distribution | CustomProposal:
    """Returns a proposal: a custom one as it is, or what `as_distribution` makes of it."""
    return proposal if isinstance(proposal, CustomProposal) else as_distribution(proposal)
