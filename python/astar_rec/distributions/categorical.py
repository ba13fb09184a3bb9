"""Categories: distributions of whole numbers from 0 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .distribution import Distribution
from .parameter import Parameter
from .partition import Partition, prefix, require_masses, shares, suffix, total
from .rows import distinct, pick
from .tails import joined, register_tails

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape

__all__ = ["Categorical"]


class Categorical(Distribution):
    """Distributions of the numbers 0.0, 1.0, … up to the number of masses less 1.

    Targets go with proposals of as many categories, in `PolarCoding`. As a proposal, it cuts the
    2^64 positions of samples in proportion to the masses, as `astar_rec.distributions.partition`
    says to the bit.

    Args:
        masses: The categories' masses along the last axis, at least 0; their sum is what it is, and
            need not be 1.

    Raises:
        ParameterError: NaN or infinite masses, negative ones or no positive one.

    Examples:
        >>> import astar_rec as rec
        >>> q = rec.Categorical([[0.5, 0.25, 0.25], [0.0, 1.0, 3.0]])
        >>> q.shape
        (2,)
        >>> rec.kl_bits(q, rec.Categorical([1.0, 1.0, 1.0])).round(4)
        array([0.085 , 0.7737])
    """

    __slots__ = ()
    _discrete = True

    masses = Parameter(
        "The categories' masses, a read-only float64 array.", nonnegative=True, axis="category"
    )

    def __init__(self, masses: object) -> None:
        super().__init__(masses)

    def _check(self) -> None:
        require_masses("masses", self.masses)

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at positions."""
        (masses,) = map(distinct, parameters)
        return Partition(masses).find(position).cell.astype(np.float64)

    @classmethod
    def _summary(cls, *parameters: Floats) -> tuple[Floats, Floats]:
        """Returns means, and mean distances from them: see `Distribution._summary`."""
        share = shares(parameters[0])
        number = np.arange(share.shape[-1], dtype=np.float64)
        mean = total(share * number)
        return mean, total(share * np.abs(number - mean[:, None]))

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns logarithms of masses in nats; minus infinity between the categories."""
        (masses,) = map(distinct, parameters)
        category = np.clip(x, 0, masses.shape[-1] - 1).astype(np.intp)
        with np.errstate(divide="ignore"):
            mass = np.log(pick(shares(masses), category))
        return np.where(category == x, mass, -np.inf)

    def _gaps(self, shape: Shape) -> Iterator[tuple[npt.NDArray[np.int64], Floats, Floats]]:
        """Yields categories without positions: see `Distribution._gaps`."""
        wide = Partition(self.masses).wide
        if wide.all():
            return
        wide = np.broadcast_to(wide, (*shape, wide.shape[-1]))
        for category in range(wide.shape[-1]):
            element = np.flatnonzero(~wide[..., category])
            low = np.full(element.size, category - 1.0)
            yield element, low, low + 1.0

    @classmethod
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: see `Distribution._tail`."""
        (masses,) = map(distinct, parameters)
        categories = masses.shape[-1]
        # As many as are not above x.
        count = np.clip(np.floor(x) + 1.0, 0, categories).astype(np.intp)
        below, above = _sums(masses)
        return joined(pick(below, count), pick(above, count))


@register_tails(Categorical, Categorical)
def _within_categories(edge: Indices, target: Floats, proposal: Floats) -> Floats:
    """Within the positions of a category, the target's mass of it is even."""
    target, proposal = distinct(target), distinct(proposal)
    category, before, rest, width = Partition(proposal).find(edge)
    own = pick(shares(target), category)
    below, above = _sums(target)
    return joined(
        pick(below, category) + own * (before / width),
        pick(above, category + 1) + own * (rest / width),
    )


def _sums(masses: Floats) -> tuple[Floats, Floats]:
    """Returns the shares of the first k categories, and of all but these, for each k."""
    share = shares(masses)
    none = np.zeros((share.shape[0], 1))
    below = np.concatenate((none, prefix(share)), axis=1)
    above = np.concatenate((suffix(share), none), axis=1)
    return below, above
