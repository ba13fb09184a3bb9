"""Which distributions of PyTorch are taken, and how their parameters come to NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Laplace, Normal, Uniform

from .. import distributions
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Family", "elementwise", "family_of", "to_numpy", "widened"]


class Family(NamedTuple):
    """A family of distributions: PyTorch's class, this library's, and their parameters."""

    name: str
    kind: type[Distribution]
    own: Callable[..., distributions.Distribution]
    parameters: tuple[str, str]

    def of(self, distribution: Distribution) -> tuple[Tensor, Tensor]:
        """Returns the two parameters, tensors of the distribution's shape."""
        first, second = (getattr(distribution, name) for name in self.parameters)
        return first, second


_FAMILIES = (
    Family("Normal", Normal, distributions.Normal, ("loc", "scale")),
    Family("Laplace", Laplace, distributions.Laplace, ("loc", "scale")),
    Family("Uniform", Uniform, distributions.Uniform, ("low", "high")),
)


def family_of(argument: str, distribution: object, *, located: bool = False) -> Family:
    """Returns a distribution's family.

    Args:
        argument: The argument's name, for errors.
        distribution: Of PyTorch; each element by itself.
        located: Whether it must have a location and a scale.

    Raises:
        ParameterError: Anything else.
    """
    known = [f for f in _FAMILIES if not located or f.parameters == ("loc", "scale")]
    for family in known:
        if isinstance(distribution, family.kind):
            return family
    names = ", ".join(family.name for family in known)
    raise ParameterError(argument, distribution, f"one of torch.distributions: {names}")


def elementwise(distribution: Distribution) -> Distribution:
    """Returns the distribution of single elements where `Independent` joins some."""
    while isinstance(distribution, Independent):
        distribution = distribution.base_dist
    return distribution


def widened(distribution: Distribution, family: Family) -> Distribution:
    """Returns the family's plain distribution with parameters of float32 at least."""
    wide = [t.to(torch.promote_types(t.dtype, torch.float32)) for t in family.of(distribution)]
    return family.kind(*wide, validate_args=False)


def to_numpy(*tensors: Tensor) -> Floats:
    """Returns tensors that broadcast, stacked as float64 on a new first axis: one copy of all."""
    together = torch.stack(torch.broadcast_tensors(*tensors)).detach()
    # The device may lack float64, and narrower numbers are moved sooner.
    array: Floats = together.cpu().double().numpy()
    return array
