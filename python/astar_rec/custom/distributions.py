"""A target and a proposal given by functions of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._arrays import real_array
from .._validate import broadcast_shape, shape_of
from ..distributions import Distribution, as_distribution
from ..errors import ParameterError
from .callables import UserFunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._elements import Floats, Shape
    from ..distributions import ProposalLike
    from .callables import ElementFunction

__all__ = ["CustomProposal", "CustomTarget", "as_proposal"]


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
        self._log_ratio: ElementFunction = UserFunction("log_ratio", log_ratio, 1)
        if (mode is None) == (bound is None):
            raise ParameterError("bound", bound, "exactly one of mode and bound")
        self._mode: Floats | None = None
        self._bound: ElementFunction | Floats | None = None
        if mode is not None:
            self._mode = real_array("mode", mode)
            self.shape = broadcast_shape(mode=self._mode.shape, shape=self.shape)
        elif callable(bound):
            self._bound = UserFunction("bound", bound, 2)
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
        self._quantile: ElementFunction = UserFunction("quantile", quantile, 1)
        self.shape = shape_of("shape", shape)

    def __repr__(self) -> str:
        return f"CustomProposal(shape={self.shape})"


def as_proposal(proposal: ProposalLike) -> Distribution | CustomProposal:
    """Returns a proposal: a custom one as it is, or what `as_distribution` makes of it."""
    return proposal if isinstance(proposal, CustomProposal) else as_distribution(proposal)
