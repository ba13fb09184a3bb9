"""IsoKL normals of PyTorch: their scales, and gradients of any order."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import astar_rec as rec

torch = pytest.importorskip("torch", reason="astar_rec.torch needs PyTorch")

from torch.distributions import Normal, kl_divergence  # noqa: E402

from astar_rec.torch import IsoKLNormal  # noqa: E402
from astar_rec.torch.isokl import log_variance_of  # noqa: E402


def test_scales_of_isokl_posteriors() -> None:
    c = torch.tensor([1e-4, 0.01, 0.5, 0.999, 1.001, 2.0, 20.0], dtype=torch.float64)
    c.requires_grad_()
    log_variance = log_variance_of(c)
    q = rec.isokl_normal(np.zeros(7), c.detach().numpy() / (2 * np.log(2)))
    assert np.allclose(log_variance.exp().sqrt().detach().numpy(), q.scale, rtol=1e-9)
    assert torch.autograd.gradcheck(log_variance_of, c, eps=1e-7, rtol=1e-3)


def parameters() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    loc = torch.rand(3, 4, generator=generator, dtype=torch.float64) - 0.5
    bits = torch.rand(4, generator=generator, dtype=torch.float64) * 4 + 2
    place = torch.rand(3, 1, generator=generator, dtype=torch.float64) - 0.5
    scale = torch.rand(3, 1, generator=generator, dtype=torch.float64) + 0.5
    return tuple(t.requires_grad_() for t in (loc, bits, place, scale))


def scale_of(loc: object, bits: object, place: object, scale: object) -> object:
    return IsoKLNormal(loc, bits, Normal(place, scale)).scale


# PyTorch's own rules of forward differentiation are in what it calls deprecated.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_gradients_are_exact_in_all_parameters() -> None:
    assert torch.autograd.gradcheck(scale_of, parameters(), check_forward_ad=True)


def test_gradients_have_gradients() -> None:
    assert torch.autograd.gradgradcheck(scale_of, parameters())


def test_the_divergence_is_what_was_asked_for_and_so_is_its_gradient() -> None:
    loc, bits, place, scale = parameters()
    prior = Normal(place, scale)
    divergence = kl_divergence(IsoKLNormal(loc, bits, prior), prior) / np.log(2)
    assert torch.allclose(divergence, bits.expand(3, 4), rtol=1e-9)
    ones = torch.autograd.grad(divergence.sum(), [bits, loc])
    assert torch.allclose(ones[0], torch.full((4,), 3.0, dtype=torch.float64), rtol=1e-6)
    assert torch.allclose(ones[1], torch.zeros(3, 4, dtype=torch.float64), atol=1e-8)


def test_scales_are_those_of_arrays() -> None:
    loc, bits, place, scale = (t.detach() for t in parameters())
    q = rec.isokl_normal(loc, bits, rec.Normal(place, scale))
    assert np.allclose(IsoKLNormal(loc, bits, Normal(place, scale)).scale, q.scale, rtol=1e-12)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_short_floats_solve_in_wider_ones(name: str) -> None:
    dtype = getattr(torch, name)
    loc = torch.linspace(-2, 2, 50).to(dtype)
    q = IsoKLNormal(loc, torch.tensor(8.0, dtype=dtype))
    expected = rec.isokl_normal(loc, 8.0).scale
    assert q.scale.dtype == dtype
    # The excess is rounded in the given dtype.
    assert np.allclose(q.scale.double(), expected, rtol=10 * torch.finfo(dtype).eps)


def test_a_mean_that_no_scale_suits_is_named() -> None:
    with pytest.raises(rec.ParameterError, match=r"loc at \[1\] is 3\.0; expected a mean within"):
        IsoKLNormal(torch.tensor([0.0, 3.0]), 2.0, validate_args=True)
    with pytest.raises(ValueError, match="kl_bits"):
        IsoKLNormal(torch.zeros(2), -1.0, validate_args=True)
    # As by default where something was compiled.
    q = IsoKLNormal(torch.tensor([0.0, 3.0]), 2.0, validate_args=False)
    assert q.scale.isnan().tolist() == [False, True]
    with pytest.raises(rec.ParameterError, match=r"scale at \[1\] is nan"):
        rec.as_distribution(q)


def test_it_is_a_distribution_like_others() -> None:
    q = IsoKLNormal(torch.tensor([0.0, 1.0]), 5.0)
    wide = q.expand((3, 2))
    assert isinstance(wide, IsoKLNormal)
    assert wide.batch_shape == (3, 2)
    assert torch.equal(wide.scale[2], q.scale)
    assert wide.rsample((5,)).shape == (5, 3, 2)
    assert rec.as_distribution(q) == rec.Normal(q.loc, q.scale)
    assert torch.equal(copy.deepcopy(q).scale, q.scale)
    assert torch.equal(pickle.loads(pickle.dumps(q)).scale, q.scale)
    assert "kl_bits" in repr(q)


def test_it_maps_over_a_batch() -> None:
    loc = torch.linspace(-1, 1, 6)
    mapped = torch.func.vmap(lambda x: IsoKLNormal(x, 4.0, validate_args=False).scale)(loc)
    assert torch.equal(mapped, IsoKLNormal(loc, 4.0).scale)
