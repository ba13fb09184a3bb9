"""Hyperprior networks in integers: the same bits whatever computes them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch", reason="astar_rec.torch needs PyTorch")

from torch import nn  # noqa: E402
from torch.distributions import Normal  # noqa: E402

from astar_rec.torch import Hyperprior, PriorGrid, RelativeEntropyBottleneck  # noqa: E402


def network() -> Any:
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Sequential(nn.ConvTranspose2d(6, 12, 4, 2, 1), nn.LeakyReLU(0.2)),
        nn.Conv2d(12, 32, 3, padding=1, padding_mode="reflect"),
        nn.ReLU(inplace=True),
        nn.PixelShuffle(2),
        nn.Conv2d(8, 16, 1, bias=False),
    )


def known() -> Any:
    return torch.randn(5, 6, 4, 4, generator=torch.Generator().manual_seed(5))


def whole(x: Any, bits: int) -> Any:
    return np.rint(x.detach().double().numpy() * 2.0**bits).astype(np.int64)


def test_a_layer_is_what_integers_of_python_give() -> None:
    torch.manual_seed(1)
    layer, x = nn.Linear(40, 10), torch.randn(7, 40)
    sums = whole(x, 10) @ whole(layer.weight, 12).T + whole(layer.bias, 22)
    expected = np.array([[round(v / 2**12) for v in row] for row in sums.tolist()])
    assert np.array_equal(Hyperprior(layer)._exact(x).numpy(), expected)


def test_a_convolution_is_what_integers_of_python_give() -> None:
    torch.manual_seed(1)
    layer, x = nn.Conv2d(3, 4, 2), torch.randn(2, 3, 5, 5)
    patches = nn.functional.unfold(torch.from_numpy(whole(x, 10)).double(), 2).long().numpy()
    sums = np.einsum("ok,nkp->nop", whole(layer.weight, 12).reshape(4, -1), patches)
    sums += whole(layer.bias, 22)[:, None]
    expected = np.rint(sums / 2**12).reshape(2, 4, 4, 4)
    assert np.array_equal(Hyperprior(layer)._exact(x).numpy(), expected)


def test_what_computes_it_changes_nothing() -> None:
    """Batches, layouts, threads: what floating-point networks show in their last bits."""
    hyperprior, x = Hyperprior(network()).eval(), known()
    prior = hyperprior(x)
    assert prior.loc.shape == (5, 8, 16, 16)

    def same(other: Any, rows: Any = ...) -> bool:
        return torch.equal(other.loc, prior.loc[rows]) and torch.equal(
            other.scale, prior.scale[rows]
        )

    assert all(same(hyperprior(x[i : i + 1]), slice(i, i + 1)) for i in range(5))
    assert same(hyperprior(x.double()))
    assert same(hyperprior(x.to(memory_format=torch.channels_last)))
    hyperprior.to(memory_format=torch.channels_last)
    assert same(hyperprior(x))
    hyperprior.double()
    assert same(hyperprior(x))
    threads = torch.get_num_threads()
    torch.set_num_threads(3 - min(threads, 2))
    assert same(hyperprior(x))
    torch.set_num_threads(threads)
    with torch.autocast("cpu", torch.bfloat16):
        assert same(hyperprior(x))


def test_integers_are_near_the_network_that_is_trained() -> None:
    hyperprior, x = Hyperprior(network()), known()
    learnt = hyperprior(x)
    learnt.loc.sum().backward()
    assert hyperprior.network[1].weight.grad is not None
    exact = hyperprior.eval()(x)
    assert torch.allclose(exact.loc, learnt.loc.double(), atol=0.02)
    assert torch.allclose(exact.scale, learnt.scale.double(), rtol=0.02)
    m, j = PriorGrid().integers(exact)
    again = PriorGrid().prior(m, j)
    assert torch.equal(again.loc, exact.loc)
    assert torch.equal(again.scale, exact.scale)
    assert torch.equal(x, known())


RECEIVER = """
import sys
import torch
sys.path.insert(0, sys.argv[2])
from test_torch_hyperprior import Hyperprior, RelativeEntropyBottleneck, network

torch.set_num_threads(1)
strings, hyperstrings = torch.load(sys.argv[1] + "/sent.pt", weights_only=True)
bottleneck, hyperprior = RelativeEntropyBottleneck(seed=1), Hyperprior(network()).eval()
# Item by item: other batches than the sender's.
samples = []
for number, (string, hyperstring) in enumerate(zip(strings, hyperstrings)):
    known = bottleneck.decompress([hyperstring], shape=(6, 4, 4), first=2 * number)
    prior = hyperprior(known)
    samples.append(bottleneck.decompress([string], prior, first=2 * number + 1))
torch.save(torch.cat(samples), sys.argv[1] + "/received.pt")
"""


def test_a_receiver_of_single_items_has_the_sender_s_prior(tmp_path: Path) -> None:
    bottleneck, hyperprior = RelativeEntropyBottleneck(seed=1), Hyperprior(network()).eval()
    strings, hyperstrings, samples = [], [], []
    for number, each in enumerate(known()):
        q = Normal(each[None] * 0.9, 0.3)
        (sent,), x = bottleneck.compress(q, first=2 * number, return_sample=True)
        prior = hyperprior(x)
        posterior = Normal(prior.loc + 0.5, 0.5 * prior.scale)
        string, sample = bottleneck.compress(
            posterior, prior, first=2 * number + 1, return_sample=True
        )
        hyperstrings.append(sent)
        strings += string
        samples.append(sample)
    torch.save([strings, hyperstrings], tmp_path / "sent.pt")
    here = __file__.rpartition("test_torch")[0]
    subprocess.run([sys.executable, "-c", RECEIVER, tmp_path, here], check=True, timeout=120)
    received = torch.load(tmp_path / "received.pt", weights_only=True)
    assert torch.equal(received, torch.cat(samples))


def test_layers_that_are_not_exact_are_refused() -> None:
    bad = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU(), nn.Sigmoid()))
    with pytest.raises(rec.ParameterError, match=r"layer 1\.1 is 'Sigmoid'"):
        Hyperprior(bad)
    large = nn.Linear(4, 2)
    nn.init.constant_(large.weight, 1e6)
    with pytest.raises(rec.ParameterError, match="weights of network"):
        Hyperprior(large).eval()(torch.ones(3, 4))
    with pytest.raises(rec.ParameterError, match="even size of axis 1"):
        Hyperprior(nn.Linear(4, 3)).eval()(torch.ones(3, 4))
