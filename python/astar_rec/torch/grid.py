"""Priors on a grid: what sender and receiver agree about to the last bit.

A prior's parameters come from a network, or from weights: floating-point numbers, whose last bits
differ from machine to machine. So neither side uses them as they are. A prior is a pair of integers
an element, (m, j), and stands for

    scale = 2^(j / 2^k)        location = m scale / 2^k

which both sides compute by multiplications alone, each rounded as IEEE says. Powers of two come
from square roots, which IEEE rounds, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, Normal

from .._validate import integer
from ..errors import ParameterError
from .families import elementwise, family_of, to_numpy, widened

if TYPE_CHECKING:
    import numpy.typing as npt

    from .families import Family

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

__all__ = ["GridPrior", "PriorGrid"]

_MOST_BITS = 16
# Locations and scales stay float64 by far, and locations are whole steps exactly.
_MOST_LOG_SCALE = 500
_MOST_LOCATION = 2**50


class GridPrior(NamedTuple):
    """A prior of every element, as integers.

    Attributes:
        family: Its family.
        loc: m of every element: the location in steps of the scale.
        log_scale: j of every element: the base-2 logarithm of the scale in steps.
    """

    family: Family
    loc: Integers
    log_scale: Integers

    def rows(self, shape: tuple[int, ...], rows: slice) -> GridPrior:
        """Returns the prior of some items of a batch of a shape."""
        loc, log_scale = (np.broadcast_to(each, shape)[rows] for each in self[1:])
        return self._replace(loc=loc, log_scale=log_scale)


@dataclass(frozen=True)
class PriorGrid:
    """The grid on which priors lie.

    Args:
        bits: A step is 2^-bits of the scale for locations, and 2^-bits of an octave for scales.
            The coarser, the less likely is an element that two machines round to either side.

    Raises:
        ParameterError: A number of bits not from 0 to 16.

    Examples:
        >>> grid = PriorGrid()
        >>> loc, log_scale = grid.integers(Normal(torch.tensor([0.3, -2.0]), 0.5))
        >>> loc.tolist(), log_scale.tolist()
        ([38, -256], [-64, -64])
        >>> grid.prior(loc, log_scale).loc.tolist()
        [0.296875, -2.0]
    """

    bits: int = 6

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", integer("bits", self.bits, 0, _MOST_BITS))

    # --- In training ---------------------------------------------------------------------------

    def rounded(self, prior: Distribution) -> Distribution:
        """Returns a prior on the grid, of float32 at least, whose gradients pass to ``prior``.

        Args:
            prior: `Normal` or `Laplace` of PyTorch.

        Raises:
            ParameterError: Another distribution.
        """
        each = elementwise(prior)
        family = family_of("prior", each, located=True)
        loc, scale = family.of(widened(each, family))
        steps = float(2**self.bits)
        near = torch.exp2(torch.round(torch.log2(scale.detach()) * steps) / steps)
        # As if rounding were not there: derivatives of rounding are 0 or do not exist.
        on_grid = scale * (near / scale.detach())
        place = torch.round(loc.detach() / near * steps) / steps * near
        return family.kind(loc + (place - loc.detach()), on_grid, validate_args=False)

    # --- In use --------------------------------------------------------------------------------

    def integers(self, prior: Distribution) -> tuple[Tensor, Tensor]:
        """Returns a prior as integers, which can be sent: (m, j), int64, of its shape.

        Equal parameters give equal integers on any machine.

        Raises:
            ParameterError: Another distribution than `rounded` takes; parameters that are not
                finite, or out of the grid's range, with their position.
        """
        found = self.of(prior)
        return torch.from_numpy(found.loc), torch.from_numpy(found.log_scale)

    def prior(
        self, loc: Tensor, log_scale: Tensor, family: type[Distribution] = Normal
    ) -> Distribution:
        """Returns the prior of integers, of float64, for `RelativeEntropyBottleneck`'s methods.

        Args:
            loc: m of every element, as `integers` returns it.
            log_scale: j of every element.
            family: `Normal` or `Laplace` of PyTorch.
        """
        place, scale = self.parameters(loc.cpu().numpy(), log_scale.cpu().numpy())
        device = loc.device
        return family(torch.from_numpy(place).to(device), torch.from_numpy(scale).to(device))

    def of(self, prior: Distribution) -> GridPrior:
        """Returns a prior as arrays of integers: see `integers`."""
        each = elementwise(prior)
        family = family_of("prior", each, located=True)
        loc, scale = to_numpy(*family.of(each))
        family.own(loc, scale)  # which refuses what is not finite, or no scale
        j = self._nearest(scale)
        _require("scale of prior", scale, abs(j) <= _MOST_LOG_SCALE << self.bits, "2^±500 at most")
        with np.errstate(over="ignore"):
            m = np.rint(loc / self._scale(j) * 2**self.bits)
        _require("loc of prior", loc, abs(m) <= _MOST_LOCATION, "2^(50 - bits) scales at most")
        return GridPrior(family, m.astype(np.int64), j)

    def parameters(self, loc: Integers, log_scale: Integers) -> tuple[Floats, Floats]:
        """Returns locations and scales of integers, the same bits on any machine."""
        scale = self._scale(log_scale)
        return loc.astype(np.float64) * scale * 2.0**-self.bits, scale

    def _scale(self, j: Integers) -> Floats:
        octave, step = j >> self.bits, j & ((1 << self.bits) - 1)
        return np.ldexp(_octave(self.bits)[step], octave)

    def _nearest(self, scale: Floats) -> Integers:
        """The step whose scale is nearest, by the logarithm: found by comparisons alone."""
        mantissa, exponent = np.frexp(scale)  # from 1/2 on, below 1
        middles = _octave(self.bits + 1)[1::2]
        step = np.searchsorted(middles, 2 * mantissa, side="right")
        return ((exponent.astype(np.int64) - 1) << self.bits) + step


@lru_cache
def _octave(bits: int) -> Floats:
    """2^(i / 2^bits) for i = 0, …, 2^bits - 1: products of repeated square roots of 2."""
    powers = np.ones(1)
    root = 2.0
    for _ in range(bits):
        root = math.sqrt(root)
        powers = np.stack([powers, powers * root], axis=1).reshape(-1)
    powers.flags.writeable = False
    return powers


def _require(argument: str, values: Floats, good: npt.NDArray[np.bool_], what: str) -> None:
    if not good.all():
        position = tuple(int(i) for i in np.argwhere(~good)[0])
        raise ParameterError(argument, float(values[position]), what, position)
