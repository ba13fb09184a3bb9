"""Priors of PyTorch on a grid: integers that both sides have to the last bit."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import astar_rec as rec

torch = pytest.importorskip("torch", reason="astar_rec.torch needs PyTorch")

from torch.distributions import Exponential, Independent, Laplace, Normal  # noqa: E402

from astar_rec.torch import ChannelPrior, PriorGrid, StandardPrior  # noqa: E402


def random_prior(count: int = 2000) -> Normal:
    generator = torch.Generator().manual_seed(3)
    loc = 10 * torch.randn(count, generator=generator)
    return Normal(loc, torch.exp(4 * torch.randn(count, generator=generator)))


@pytest.mark.parametrize("bits", [0, 1, 6, 16])
def test_what_is_on_the_grid_is_near_and_stays(bits: int) -> None:
    grid, prior = PriorGrid(bits), random_prior()
    m, j = grid.integers(prior)
    assert (m.dtype, j.dtype) == (torch.int64, torch.int64)
    near = grid.prior(m, j)
    half = 0.5 * 2.0**-bits
    # Scales as float64 have them: float32 is in them already.
    octaves = torch.log2(near.scale) - torch.log2(prior.scale.double())
    assert float(octaves.abs().max()) <= half * (1 + 1e-9)
    assert float(((near.loc - prior.loc) / near.scale).abs().max()) <= half * (1 + 1e-9)
    again = grid.integers(near)
    assert torch.equal(again[0], m)
    assert torch.equal(again[1], j)


def test_scales_are_powers_of_two_within_a_rounding() -> None:
    _, scale = PriorGrid(6).parameters(np.zeros(129, np.int64), np.arange(-64, 65))
    for j, each in zip(range(-64, 65), scale.tolist(), strict=True):
        # each^64 = 2^j, as rational numbers: no logarithm that rounds.
        error = float(Fraction(each) ** 64 / Fraction(2) ** j - 1) / 64
        assert abs(error) < 4 * 2.0**-53, j
    assert scale[64] == 1.0
    assert scale[128] == 2.0


def test_golden_bits() -> None:
    """What any machine gives."""
    loc, scale = PriorGrid(3).parameters(np.array([5, -7, 3]), np.array([1, -3, 44]))
    assert [x.hex() for x in scale.tolist()] == [
        "0x1.172b83c7d517bp+0",
        "0x1.8ace5422aa0dcp-1",
        "0x1.6a09e667f3bcdp+5",
    ]
    assert [x.hex() for x in loc.tolist()] == [
        (5 * scale[0] / 8).hex(),
        (-7 * scale[1] / 8).hex(),
        (3 * scale[2] / 8).hex(),
    ]


def test_training_rounds_as_use_does() -> None:
    grid, prior = PriorGrid(), random_prior()
    rounded, exact = grid.rounded(prior), grid.prior(*grid.integers(prior))
    assert rounded.loc.dtype == torch.float32
    assert torch.allclose(rounded.scale.double(), exact.scale, rtol=1e-6)
    assert torch.allclose(rounded.loc.double(), exact.loc, rtol=1e-5, atol=1e-5)


def test_gradients_pass_as_if_nothing_were_rounded() -> None:
    loc = torch.tensor([0.3, -2.0], requires_grad=True)
    log_scale = torch.tensor([0.1, -1.0], requires_grad=True)
    rounded = PriorGrid().rounded(Normal(loc, log_scale.exp()))
    (rounded.loc.sum() + rounded.scale.log().sum()).backward()
    assert torch.allclose(loc.grad, torch.ones(2))
    assert torch.allclose(log_scale.grad, torch.ones(2))


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (lambda: Exponential(torch.ones(2)), r"prior is Exponential.*: Normal, Laplace"),
        (
            lambda: Normal(torch.tensor([0.0, math.nan]), 1.0, validate_args=False),
            r"loc at \[1\] is nan",
        ),
        (
            lambda: Normal(torch.zeros(2), torch.tensor([1.0, 0.0]), validate_args=False),
            r"scale at \[1\] is 0\.0",
        ),
        (
            lambda: Normal(0.0, torch.tensor([1.0, 1e-200], dtype=torch.float64)),
            r"scale of prior at \[1\]",
        ),
        (lambda: Normal(torch.tensor([0.0, 1e20]), 1e-3), r"loc of prior at \[1\]"),
    ],
)
def test_what_no_grid_holds_is_refused(prior: object, message: str) -> None:
    with pytest.raises(rec.ParameterError, match=message):
        PriorGrid().integers(prior())


@pytest.mark.parametrize("bits", [-1, 17, 2.0])
def test_a_grid_of_so_many_bits_is_refused(bits: object) -> None:
    with pytest.raises(rec.ParameterError, match="bits is"):
        PriorGrid(bits)


def test_priors_of_channels() -> None:
    prior = ChannelPrior(3, axis=-1, family=Laplace)
    with torch.no_grad():
        prior.log_scale.copy_(torch.tensor([0.0, 1.0, 2.0]))
    p = prior((7, 5, 3))
    assert isinstance(p, Laplace)
    assert p.batch_shape == (3,)
    assert ChannelPrior(3)((7, 3, 5, 5)).batch_shape == (3, 1, 1)
    assert {name for name, _ in prior.named_parameters()} == {"loc", "log_scale"}
    for shape in [(7, 5, 4), ()]:
        with pytest.raises(rec.ParameterError, match=r"shape|axis"):
            prior(shape)
    with pytest.raises(rec.ParameterError, match="axis is 0; expected one of the 2 behind"):
        ChannelPrior(3, axis=0)((3, 5, 3))


def test_independent_priors_are_those_of_elements() -> None:
    prior = Normal(torch.zeros(2, 3), torch.ones(2, 3))
    m, _ = PriorGrid().integers(Independent(prior, 1))
    assert m.shape == (2, 3)
    assert StandardPrior().half()((4, 4)).loc.dtype == torch.float16
