"""Families whose parameters are arrays of dask, or of what becomes that: see `arrays`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .. import distributions
from ..distributions import as_distribution
from ..distributions.stored import Stored
from .arrays import lazy_array

if TYPE_CHECKING:
    from ..distributions import Distribution, ProposalLike

    DistributionLike = Stored | ProposalLike

__all__ = [
    "Categorical",
    "Histogram",
    "Laplace",
    "Logistic",
    "Mixture",
    "Normal",
    "Uniform",
    "stored",
]


class _Family(Stored):
    """A family with lazy parameters, which broadcast against each other as those in memory do.

    Values are checked where they are read, by the task that encodes them.
    """

    own: ClassVar[type[Distribution]]

    def __init__(self, *values: Any) -> None:
        pairs = zip(self.own._declared, values, strict=True)
        super().__init__(self.own, [lazy_array(each.name, value) for each, value in pairs])


class Normal(_Family):
    """Normal distributions N(loc, scale²).

    Args:
        loc: Means; an array of dask, xarray, zarr or NumPy, or a number.
        scale: Standard deviations, positive; of a shape that broadcasts with that of ``loc``.

    Raises:
        ParameterError: No real numbers; an unknown shape, or shapes that do not broadcast.

    Examples:
        >>> import dask.array as da
        >>> Normal(da.zeros((1000, 10)), 0.5).shape
        (1000, 10)
    """

    own = distributions.Normal

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc, scale)


class Laplace(_Family):
    """Laplace distributions, as `astar_rec.Laplace`.

    Args:
        loc: Means: see `Normal`.
        scale: Mean absolute deviations, positive.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Laplace(da.zeros((1000, 10)), 0.5).shape
        (1000, 10)
    """

    own = distributions.Laplace

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc, scale)


class Logistic(_Family):
    """Logistic distributions, as `astar_rec.Logistic`.

    Args:
        loc: Means: see `Normal`.
        scale: Scales, positive.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Logistic(da.zeros((1000, 10)), 0.5).shape
        (1000, 10)
    """

    own = distributions.Logistic

    def __init__(self, loc: Any, scale: Any) -> None:
        super().__init__(loc, scale)


class Uniform(_Family):
    """Uniform distributions on [low, high].

    Args:
        low: Lower ends: see `Normal`.
        high: Upper ends.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Uniform(da.zeros((1000, 10)), 0.5).shape
        (1000, 10)
    """

    own = distributions.Uniform

    def __init__(self, low: Any, high: Any) -> None:
        super().__init__(low, high)


class Histogram(_Family):
    """Histograms, as `astar_rec.Histogram`.

    Args:
        edges: Where cells begin and end, along the last axis: see `Normal`.
        masses: The cells' masses along the last axis.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Histogram([0.0, 1.0, 2.0], da.ones((1000, 10, 2))).shape
        (1000, 10)
    """

    own = distributions.Histogram

    def __init__(self, edges: Any, masses: Any) -> None:
        super().__init__(edges, masses)


class Mixture(_Family):
    """Mixtures of normals, as `astar_rec.Mixture`.

    Args:
        weights: The components' weights along the last axis: see `Normal`.
        loc: Their means.
        scale: Their standard deviations, positive.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Mixture([0.5, 0.5], da.zeros((1000, 10, 2)), [1.0, 2.0]).shape
        (1000, 10)
    """

    own = distributions.Mixture

    def __init__(self, weights: Any, loc: Any, scale: Any) -> None:
        super().__init__(weights, loc, scale)


class Categorical(_Family):
    """Categories, as `astar_rec.Categorical`.

    Args:
        masses: The categories' masses along the last axis: see `Normal`.

    Raises:
        ParameterError: See `Normal`.

    Examples:
        >>> import dask.array as da
        >>> Categorical(da.ones((1000, 10, 3))).shape
        (1000, 10)
    """

    own = distributions.Categorical

    def __init__(self, masses: Any) -> None:
        super().__init__(masses)


def stored(distribution: Any) -> Stored:
    """Returns lazy distributions as they are, and those in memory as if they were lazy.

    Raises:
        ParameterError: No distribution of a family: custom ones are functions of whole arrays.
    """
    if isinstance(distribution, Stored):
        return distribution
    return Stored.of(as_distribution(distribution))
