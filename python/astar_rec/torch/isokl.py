"""IsoKL normals as a distribution of PyTorch: normals with a given KL divergence from a prior."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.distributions import Normal, constraints

from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["IsoKLNormal", "log_variance_of"]

_NATS = math.log(2)
# Newton's method doubles its digits: float64's are there after six steps, from either start.
_STEPS = 7


class IsoKLNormal(
    Normal
):  # as a base class: KL divergences, entropies and conversions are Normal's
    """Normals whose KL divergence from a normal prior is given; their scales follow.

    KL[N(μ, σ²) ‖ N(0, 1)] = ½ (μ² + σ² - 1 - log σ²) nats is solved for σ < 1; for a prior
    N(m, s²), μ = (loc - m) / s and the scale is s σ. Gradients are those of the solution, by the
    implicit function theorem and not through the iterations; they have gradients themselves.
    `astar_rec.isokl_normal` is the same for arrays.

    Args:
        loc: Means, |loc - m| < s √(2 κ) with κ the divergence in nats; a tensor or a number.
        kl_bits: KL divergences in bits, positive; broadcasts with ``loc``.
        prior: A `torch.distributions.Normal`, which broadcasts too; None for the standard normal.
        validate_args: Whether arguments are checked; None for what PyTorch does by default, which
            `torch.compile` turns off. Where no scale would do it is NaN then.

    Attributes:
        loc: The means.
        scale: The scales that are solved for.
        kl_bits: The divergences, broadcast.

    Raises:
        ParameterError: A mean so far away that no scale would do.
        ValueError: Arguments that PyTorch refuses: not finite, or a divergence not above 0.

    Reference: Flamich et al. 2022, IsoKL VAEs.

    Examples:
        >>> loc = torch.tensor([0.0, 1.0, -2.0], requires_grad=True)
        >>> q = IsoKLNormal(loc, 5.0)
        >>> [round(scale, 4) for scale in q.scale.tolist()]
        [0.019, 0.0313, 0.1415]
        >>> q.rsample().sum().backward()
        >>> loc.grad.shape
        torch.Size([3])
    """

    arg_constraints = {"loc": constraints.real, "kl_bits": constraints.positive}  # noqa: RUF012

    def __init__(
        self,
        loc: Tensor | float,
        kl_bits: Tensor | float,
        prior: Normal | None = None,
        *,
        validate_args: bool | None = None,
    ) -> None:
        m, s = (0.0, 1.0) if prior is None else (prior.loc, prior.scale)
        self.loc, self.kl_bits, m, s = torch.distributions.utils.broadcast_all(loc, kl_bits, m, s)
        mu = (self.loc - m) / s
        left = 2 * _NATS * self.kl_bits - mu.square()
        # What distributions of PyTorch check is there before the scale is; the scale needs `left`.
        torch.distributions.Distribution.__init__(self, self.loc.shape, validate_args=validate_args)
        if self._validate_args and not bool((left > 0).all()):
            position = tuple((left <= 0).nonzero()[0].tolist())
            what = "a mean within sqrt(2 log(2) kl_bits) scales of the prior's"
            raise ParameterError("loc", float(self.loc[position]), what, position)
        wide = left.to(torch.promote_types(left.dtype, torch.float32))
        self.scale = s * (log_variance_of(wide) / 2).exp().to(left.dtype)

    def expand(
        self, batch_shape: Sequence[int], _instance: IsoKLNormal | None = None
    ) -> IsoKLNormal:
        """Returns the distribution of another shape, to which this one's broadcasts."""
        made = self._get_checked_instance(IsoKLNormal, _instance)
        shape = torch.Size(batch_shape)
        for name in ("loc", "scale", "kl_bits"):
            setattr(made, name, getattr(self, name).expand(shape))
        torch.distributions.Distribution.__init__(made, shape, validate_args=False)
        made._validate_args = self._validate_args
        return made


def log_variance_of(excess: Tensor) -> Tensor:
    """Returns the solution y < 0 of exp(y) - 1 - y = excess, the logarithm of a variance.

    Args:
        excess: Positive: 2 κ - μ², with the divergence κ in nats.
    """
    solution: Tensor = _LogVariance.apply(excess)
    return solution


class _LogVariance(torch.autograd.Function):
    """Newton's method, and the derivative of what it finds: dy/dc = 1 / (exp(y) - 1).

    In y neither end is delicate: near a variance of 1 an absolute error of y is a relative one of
    the variance, and for tiny variances the equation is nearly linear.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(c: Tensor) -> Tensor:
        # Convex, and both starts are left of the solution or near it: no step overshoots for long.
        y = torch.where(c < 1, -(2 * c).sqrt() - c / 3, -c - 1)
        for _ in range(_STEPS):
            slope = torch.expm1(y)
            y = y - (slope - y - c) / slope
        return y

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        del inputs
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return gradient / torch.expm1(y)

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return tangent / torch.expm1(y)
