"""The bottleneck of PyTorch: rates with gradients, and strings that another process reads."""

from __future__ import annotations

import copy
import math
import pickle
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
from torch.distributions import Exponential, Independent, Laplace, Normal, Uniform  # noqa: E402

from astar_rec.torch import (  # noqa: E402
    ChannelPrior,
    IsoKLNormal,
    PriorGrid,
    RelativeEntropyBottleneck,
)
from astar_rec.torch.methods import choose, codec_of  # noqa: E402
from astar_rec.torch.strings import String, seed_of_item  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def posteriors(*shape: int, bits: float = 1.5, dtype: Any = torch.float32) -> Normal:
    """Normals whose marginal is the standard normal."""
    generator = torch.Generator().manual_seed(5)
    scale = 2.0**-bits
    loc = torch.randn(shape, generator=generator, dtype=torch.float64) * math.sqrt(1 - scale**2)
    return Normal(loc.to(dtype), torch.full(shape, scale, dtype=dtype))


def hyperprior(posterior: Normal) -> Normal:
    """What a network may have made of it: something near, different for each element."""
    noise = torch.randn(posterior.loc.shape, generator=torch.Generator().manual_seed(6))
    return Normal(posterior.loc.float() + 0.7 * noise, 0.5 + noise.abs())


# --- In training ---------------------------------------------------------------------------------


def test_rates_are_divergences_from_the_prior_on_the_grid() -> None:
    q = posteriors(3, 4, 5)
    p = hyperprior(q)
    rated = RelativeEntropyBottleneck()(q, p)
    on_grid = PriorGrid().prior(*PriorGrid().integers(p))
    expected = rec.kl_bits(q, on_grid)
    assert rated.sample.shape == rated.bits.shape == (3, 4, 5)
    assert np.allclose(rated.bits, expected, rtol=1e-4, atol=1e-5)
    assert np.allclose(rated.bits_per_item, expected.sum((1, 2)), rtol=1e-4)


@pytest.mark.parametrize("overhead", [None, "item", "batch"])
def test_gradients_are_those_of_finite_differences(overhead: Any) -> None:
    bottleneck = RelativeEntropyBottleneck(overhead=overhead).double()
    q = posteriors(2, 3, 2, dtype=torch.float64)
    p = Normal(torch.tensor(0.25, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))

    def rated(loc: Any, scale: Any) -> Any:
        torch.manual_seed(1)
        return tuple(bottleneck(Normal(loc, scale), p))

    inputs = (q.loc.requires_grad_(), q.scale.clone().requires_grad_())
    assert torch.autograd.gradcheck(rated, inputs)


def test_gradients_reach_the_prior() -> None:
    """As of the divergence at the grid's point, which is the prior itself here."""
    prior = ChannelPrior(4).double()
    q = posteriors(5, 4, 3, dtype=torch.float64)
    RelativeEntropyBottleneck(prior)(q).bits.sum().backward()
    natural = -(q.loc.sum((0, 2)) / math.log(2))
    assert torch.allclose(prior.loc.grad, natural)
    excess = (1 - q.scale.square() - q.loc.square()).sum((0, 2)) / math.log(2)
    assert torch.allclose(prior.log_scale.grad, excess)


def test_a_model_learns_through_it() -> None:
    torch.manual_seed(0)
    data = torch.randn(256, 6) @ torch.randn(6, 6)
    encoder, decoder = nn.Linear(6, 8), nn.Linear(4, 6)
    bottleneck = RelativeEntropyBottleneck(ChannelPrior(4), overhead="batch")
    everything = nn.ModuleList([encoder, decoder, bottleneck])
    optimiser = torch.optim.Adam(everything.parameters(), 0.02)

    def loss() -> Any:
        loc, raw = encoder(data).chunk(2, 1)
        sample, bits = bottleneck(Normal(loc, nn.functional.softplus(raw) + 0.01))
        return (decoder(sample) - data).square().sum(1).mean() + 0.1 * bits.sum(1).mean()

    before = float(loss().detach())
    for _ in range(150):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
    assert float(value.detach()) < 0.6 * before
    assert float(bottleneck.prior.log_scale.detach().abs().max()) > 0.1


@pytest.mark.parametrize(("bits", "uneven"), [(0.3, False), (1.0, False), (1.0, True), (3.0, True)])
@pytest.mark.parametrize("overhead", ["item", "batch"])
def test_strings_take_what_was_reported(bits: float, uneven: bool, overhead: Any) -> None:
    """64 images of 1,024 latents: within 2 % of the rate with the codec's overhead."""
    generator = torch.Generator().manual_seed(7)
    each = torch.full((64, 16, 8, 8), bits)
    if uneven:
        each = (bits / 2 * each.exponential_(generator=generator).square()).clamp(1e-3, 8)
    scale = torch.exp2(-each)
    loc = torch.randn(each.shape, generator=generator) * (1 - scale.square()).sqrt()
    q = Normal(loc, scale)
    bottleneck = RelativeEntropyBottleneck(seed=2, overhead=overhead)
    reported = float(bottleneck(q).bits.double().sum())
    strings = bottleneck.compress(q, together=overhead == "batch")
    assert 8 * sum(map(len, strings)) == pytest.approx(reported, rel=0.02)


def test_an_overhead_is_that_of_the_codec() -> None:
    q = posteriors(4, 64)
    kl = RelativeEntropyBottleneck()(q).bits_per_item

    def excess(codec: Any) -> Any:
        rated = RelativeEntropyBottleneck(codec=codec, overhead="item")(q)
        return (rated.bits_per_item - kl).tolist()

    polar, alone, eights = map(excess, (rec.PolarCoding(1), rec.ADStar(1), rec.ADStar(1, 8)))
    assert all(a < b for a, b in zip(eights, alone, strict=True))
    assert all(a < b for a, b in zip(eights, polar, strict=True))
    assert all(17 < each < 30 + 64 * 0.9 for each in [*eights, *alone])
    with pytest.raises(rec.ParameterError, match="overhead is MinimalRandomCoding"):
        RelativeEntropyBottleneck(codec=rec.MinimalRandomCoding(16, 1), overhead="item")


def test_an_overhead_of_several_blocks_is_that_of_each() -> None:
    bits = posteriors(1, 1 << 14).loc.abs()
    whole, parts = (
        RelativeEntropyBottleneck(codec=rec.PolarCoding(1, block=block), overhead="item")
        for block in (1 << 14, 1 << 12)
    )
    assert whole._overhead(bits) < parts._overhead(bits) < 2 * whole._overhead(bits)


# --- Strings -------------------------------------------------------------------------------------

SHAPES = [(1, 1), (3, 5), (7,), (2, 3, 16), (3, 40, 5, 4), (2, 3, 2, 2, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("together", [False, True])
def test_round_trips(shape: tuple[int, ...], together: bool) -> None:
    q = posteriors(*shape)
    p = hyperprior(q)
    bottleneck = RelativeEntropyBottleneck(seed=3)
    strings, sample = bottleneck.compress(q, p, together=together, return_sample=True)
    assert len(strings) == (1 if together else shape[0])
    assert sample.shape == shape
    assert torch.equal(bottleneck.decompress(strings, p, shape[1:]), sample)
    assert torch.equal(bottleneck.decompress(strings, p), sample)


@pytest.mark.parametrize(
    "codec", [rec.ADStar(0), rec.ADStar(0, 4), rec.ASStar(0), rec.PolarCoding(0), rec.DADStar(9, 0)]
)
def test_a_codec_may_be_given(codec: Any) -> None:
    q = posteriors(3, 4, 5)
    bottleneck = RelativeEntropyBottleneck(seed=3, codec=codec)
    strings, sample = bottleneck.compress(q, return_sample=True)
    assert torch.equal(bottleneck.decompress(strings, shape=(4, 5)), sample)
    other = RelativeEntropyBottleneck(seed=3)
    with pytest.raises(rec.CorruptDataError, match=r"method 13: .* given another codec"):
        other.decompress(strings, shape=(4, 5))


@pytest.mark.parametrize("elements", [1, 24, 154, 600])
def test_a_string_takes_three_bytes_beyond_its_latents_bits(elements: int) -> None:
    """Two of them in front, and what rounds up to bytes."""
    q = posteriors(8, elements, bits=1.0)
    bottleneck = RelativeEntropyBottleneck(seed=4)
    p = rec.Normal(np.zeros(elements), 1.0)
    for number, string in enumerate(bottleneck.compress(q)):
        target = rec.Normal(q.loc[number], q.scale[number])
        method = String.from_bytes(string).method
        codec, code = codec_of(method, seed_of_item(4, number), None, None)
        assert method == choose(target, p)
        message = rec.compress(target, p, codec=codec, code=code, header=False)
        assert string[2:] == message
        if code is None:  # polar coding's bits are bytes
            continue
        index = codec.encode(target, p).index
        bits = code.at(codec, (elements,)).bits(index)
        assert 8 * len(string) <= bits + 24


def test_images_with_little_information_take_little() -> None:
    """154 bits of divergence: whole containers took 4.8 times that."""
    q = posteriors(32, 77, bits=2.0)
    bottleneck = RelativeEntropyBottleneck()
    kl = float(bottleneck(q).bits.sum())
    bits = 8 * sum(map(len, bottleneck.compress(q)))
    assert 140 < kl / 32 < 170
    assert bits < 1.35 * kl


def test_few_elements_are_searched_for_and_many_are_not() -> None:
    def method(count: int, bits: float = 1.0) -> int:
        q = posteriors(count, bits=bits)
        return choose(rec.Normal(q.loc, q.scale), rec.Normal(0.0, 1.0))

    assert [method(n) > 0 for n in (1, 8, 100, 512, 5000)] == [True, True, True, False, False]
    blocks = [codec_of(method(16, bits), 0, None, None)[0].block for bits in (0.2, 1.0, 8.0)]
    assert blocks[:2] == [8, 8]
    assert blocks[2] < 8


def test_items_have_random_numbers_of_their_own() -> None:
    q = Normal(torch.zeros(6, 30), torch.full((6, 30), 0.3))
    bottleneck = RelativeEntropyBottleneck(seed=5)
    strings, sample = bottleneck.compress(q, return_sample=True)
    assert len({tuple(row.tolist()) for row in sample}) == 6
    assert len(set(strings)) == 6
    rest = Normal(q.loc[2:], q.scale[2:])
    assert bottleneck.compress(rest, first=2) == strings[2:]
    assert torch.equal(bottleneck.decompress(strings[2:], shape=30, first=2), sample[2:])
    assert bottleneck.compress(rest, first=6) != strings[2:]
    assert RelativeEntropyBottleneck(seed=6).compress(q) != strings
    assert bottleneck.compress(q) == strings


def test_samples_follow_their_posteriors() -> None:
    """Items' samples are independent and of the right law, by either kind of codec."""
    for count in (64, 600):
        q = posteriors(20_000 // count, count)
        _, sample = RelativeEntropyBottleneck(seed=8).compress(q, return_sample=True)
        u = np.sort(q.cdf(sample).double().numpy().ravel())
        grid = np.arange(1, u.size + 1) / u.size
        assert np.abs(u - grid).max() < 1.95 / math.sqrt(u.size)  # 1 in 1,000
        rows = Normal(0, 1).icdf(q.cdf(sample).double().clamp(1e-9, 1 - 1e-9))
        correlation = float((rows[:-1] * rows[1:]).mean()) * math.sqrt(rows[1:].numel())
        assert abs(correlation) < 4


def test_strings_do_not_depend_on_where_channels_are() -> None:
    q = posteriors(3, 8, 5, 7)
    p = hyperprior(q)
    last = [t.permute(0, 2, 3, 1).contiguous() for t in (q.loc, q.scale, p.loc, p.scale)]
    first, moved = RelativeEntropyBottleneck(), RelativeEntropyBottleneck(channel_axis=-1)
    strings, sample = first.compress(q, p, return_sample=True)
    others, other = moved.compress(Normal(*last[:2]), Normal(*last[2:]), return_sample=True)
    assert torch.equal(other.permute(0, 3, 1, 2), sample)
    assert [s[2:] for s in others] == [s[2:] for s in strings]  # the shape is in the check
    with pytest.raises(rec.ParameterError, match="axis is 4"):
        RelativeEntropyBottleneck(channel_axis=4).compress(q)


def test_memory_layout_and_gradients_change_nothing() -> None:
    q = posteriors(2, 8, 6, 6)
    bottleneck = RelativeEntropyBottleneck()
    strings = bottleneck.compress(q)
    layout = q.loc.to(memory_format=torch.channels_last).requires_grad_()
    assert not layout.is_contiguous()
    assert bottleneck.compress(Normal(layout, q.scale[:1, :1])) == strings
    assert bottleneck.compress(Independent(q, 3)) == strings
    sample, bits = bottleneck(Normal(layout, q.scale))
    assert sample.is_contiguous(memory_format=torch.channels_last)
    bits.sum().backward()
    assert layout.grad is not None


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_samples_have_the_priors_dtype(name: str) -> None:
    dtype = getattr(torch, name)
    q = posteriors(3, 4, 8)
    p = hyperprior(q)
    short = Normal(p.loc.to(dtype), p.scale.to(dtype))
    bottleneck = RelativeEntropyBottleneck()
    rated = bottleneck(posteriors(3, 4, 8, dtype=dtype), short)
    assert rated.sample.dtype == dtype
    assert rated.bits.dtype == torch.promote_types(dtype, torch.float32)
    strings, sample = bottleneck.compress(q, short, return_sample=True)
    assert sample.dtype == dtype
    assert torch.equal(bottleneck.decompress(strings, short), sample)
    own = RelativeEntropyBottleneck().to(dtype)
    assert own.decompress(own.compress(q), shape=(4, 8)).dtype == dtype


def test_parameters_are_copied_once_to_where_they_are_coded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copies, original = [], torch.Tensor.cpu

    def counted(self: Any, *args: Any, **options: Any) -> Any:
        copies.append(tuple(self.shape))
        return original(self, *args, **options)

    monkeypatch.setattr(torch.Tensor, "cpu", counted)
    q = posteriors(5, 4, 8)
    RelativeEntropyBottleneck().compress(q, hyperprior(q))
    assert copies == [(2, 5, 4, 8)] * 2


@pytest.mark.parametrize("family", [Laplace, Uniform, IsoKLNormal])
def test_other_posteriors(family: Any) -> None:
    loc = posteriors(3, 50).loc
    q = {
        Laplace: lambda: Laplace(loc, 0.2),
        Uniform: lambda: Uniform(loc, loc + 0.3),
        IsoKLNormal: lambda: IsoKLNormal(loc / 4, 3.0),
    }[family]()
    bottleneck = RelativeEntropyBottleneck()
    sample, bits = bottleneck(q)
    assert float(bits.min()) > 0
    strings, sample = bottleneck.compress(q, return_sample=True)
    assert torch.equal(bottleneck.decompress(strings, shape=50), sample)
    assert torch.all(q.log_prob(sample.clamp(min=q.low) if family is Uniform else sample) > -20)


def test_laplace_priors() -> None:
    q = Laplace(posteriors(3, 6, 10).loc, 0.2)
    bottleneck = RelativeEntropyBottleneck(ChannelPrior(6, family=Laplace))
    strings, sample = bottleneck.compress(q, return_sample=True)
    assert torch.equal(bottleneck.decompress(strings, shape=(6, 10)), sample)
    with pytest.raises(rec.CorruptDataError, match="another prior"):
        RelativeEntropyBottleneck(ChannelPrior(6)).decompress(strings, shape=(6, 10))


@pytest.mark.parametrize("shape", [(0, 4), (2, 0), (0,), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("together", [False, True])
def test_nothing_makes_strings_of_nothing(shape: tuple[int, ...], together: bool) -> None:
    bottleneck = RelativeEntropyBottleneck(overhead="item")
    q = Normal(torch.zeros(shape), torch.ones(shape))
    assert bottleneck(q).bits.shape == shape
    strings = bottleneck.compress(q, together=together)
    assert len(strings) == (1 if together else shape[0])
    assert bottleneck.decompress(strings, shape=shape[1:]).shape == shape


# --- Where it runs -------------------------------------------------------------------------------

RECEIVER = """
import pickle, sys
import torch
from torch.distributions import Normal
from astar_rec.torch import ChannelPrior, PriorGrid, RelativeEntropyBottleneck

folder = sys.argv[1]
state, own, strings, integers, shape = torch.load(folder + "/sent.pt", weights_only=True)
bottleneck = RelativeEntropyBottleneck(ChannelPrior(6), seed=9)
bottleneck.load_state_dict(state)
learnt = bottleneck.decompress(own, shape=shape)
prior = PriorGrid().prior(*integers)
torch.save([learnt, bottleneck.decompress(strings, prior, shape)], folder + "/received.pt")
"""


def test_another_process_has_the_same_samples(tmp_path: Path) -> None:
    """The prior learnt for channels in a state, and a hyperprior's as integers."""
    q = posteriors(3, 6, 30)
    p = hyperprior(q)
    bottleneck = RelativeEntropyBottleneck(ChannelPrior(6), seed=9)
    with torch.no_grad():
        bottleneck.prior.loc.normal_()
        bottleneck.prior.log_scale.normal_(0, 0.3)
    own, learnt = bottleneck.compress(q, return_sample=True)
    integers = bottleneck.grid.integers(p)
    double = bottleneck.grid.prior(*integers)
    strings, sample = bottleneck.compress(q, double, return_sample=True)
    assert bottleneck.compress(q, p) == strings
    state = bottleneck.state_dict()
    torch.save([state, own, strings, list(integers), [6, 30]], tmp_path / "sent.pt")
    subprocess.run([sys.executable, "-c", RECEIVER, str(tmp_path)], check=True, timeout=120)
    received = torch.load(tmp_path / "received.pt", weights_only=True)
    assert torch.equal(received[0], learnt)
    assert torch.equal(received[1], sample)


class Autoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Linear(10, 16)
        self.bottleneck = RelativeEntropyBottleneck(ChannelPrior(8), overhead="item")

    def forward(self, x: Any) -> Any:
        loc, raw = self.encoder(x).chunk(2, 1)
        return self.bottleneck(Normal(loc, raw.exp(), validate_args=False))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_works_compiled() -> None:
    torch.manual_seed(1)
    model, x = Autoencoder(), torch.randn(4, 10)
    compiled = torch.compile(model, backend="aot_eager")
    torch.manual_seed(2)
    expected = model(x)
    torch.manual_seed(2)
    found = compiled(x)
    assert torch.allclose(found.bits, expected.bits, rtol=1e-5)
    assert torch.allclose(found.sample, expected.sample, rtol=1e-5)
    found.bits.sum().backward()
    assert model.bottleneck.prior.loc.grad is not None
    q = posteriors(4, 8)
    assert compiled.bottleneck.compress(q) == model.bottleneck.compress(q)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_code_may_make_strings() -> None:
    bottleneck = RelativeEntropyBottleneck(seed=1)
    q = posteriors(3, 4, 10)

    def there_and_back(loc: Any) -> Any:
        strings = bottleneck.compress(Normal(loc * 1.0, q.scale, validate_args=False))
        return strings, bottleneck.decompress(strings, shape=(4, 10)) + 1

    strings, shifted = torch.compile(there_and_back, backend="aot_eager")(q.loc)
    expected, sample = bottleneck.compress(q, return_sample=True)
    assert strings == expected
    assert torch.equal(shifted, sample + 1)


def test_the_compiler_is_imported_by_those_who_compile() -> None:
    program = """
import sys
import torch
from torch.distributions import Normal
from astar_rec.torch import RelativeEntropyBottleneck
RelativeEntropyBottleneck().compress(Normal(torch.zeros(2, 3), 0.5))
assert "torch._dynamo" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_it_works_in_data_parallel_and_is_copied() -> None:
    torch.manual_seed(1)
    model, x = Autoencoder(), torch.randn(4, 10)
    parallel = nn.DataParallel(model)
    assert parallel(x).bits.shape == (4, 8)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        q = posteriors(4, 8)
        assert twin.bottleneck.compress(q) == model.bottleneck.compress(q)
        assert torch.equal(twin(x).bits, model(x).bits)
    assert "seed=0" in repr(model)


# --- What is refused -----------------------------------------------------------------------------


def test_whatever_differs_is_noticed() -> None:
    q = posteriors(4, 6, 8)
    p = hyperprior(q)
    bottleneck = RelativeEntropyBottleneck(seed=1)
    strings = bottleneck.compress(q, p)
    shifted = p.loc.clone()
    shifted[2, 3, 4] += 0.05

    def refused(data: list[bytes], prior: Any = p, shape: Any = (6, 8), **options: Any) -> None:
        seed, grid = options.pop("seed", 1), options.pop("grid", PriorGrid())
        receiver = RelativeEntropyBottleneck(seed=seed, grid=grid)
        with pytest.raises(rec.CorruptDataError, match=r"string|method"):
            receiver.decompress(data, prior, shape, **options)

    refused(strings, Normal(shifted, p.scale))
    refused(strings, seed=2)
    refused(strings, first=1)
    refused(strings, grid=PriorGrid(5))
    refused([strings[1], strings[0], *strings[2:]])
    refused([strings[0][:1], *strings[1:]])
    refused([strings[0] + b"\0", *strings[1:]])
    damaged = bytearray(strings[3])
    damaged[-1] ^= 64
    refused([*strings[:3], bytes(damaged)])
    flat = Normal(p.loc.reshape(4, 48), p.scale.reshape(4, 48))
    refused(strings, flat, 48)


def test_random_bytes_are_samples_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they pass the check: no other error, no crash."""
    bottleneck = RelativeEntropyBottleneck()
    rng = np.random.default_rng(1)
    monkeypatch.setattr("astar_rec.torch.strings.Item.check", lambda *_: 0)
    for _ in range(300):
        data = bytes([*rng.integers(0, 32, 1), 0, *rng.integers(0, 256, rng.integers(0, 12))])
        try:
            samples = bottleneck.decompress([data], shape=(3, 5))
        except rec.CorruptDataError:
            continue
        assert samples.shape[1:] == (3, 5)


def test_a_forged_number_of_items_fills_no_memory() -> None:
    forged = String(0, 0, 2**62, b"").to_bytes()
    with pytest.raises(rec.CorruptDataError, match=f"{2**62} items in 11 bytes"):
        RelativeEntropyBottleneck().decompress([forged], shape=(10,))


@pytest.mark.parametrize("codec", [None, rec.ADStar(0, 4), rec.PolarCoding(0)], ids=str)
@pytest.mark.parametrize("size", [5, 500])
def test_one_element_with_too_much_information_costs_only_itself(
    codec: rec.Codec | None, size: int
) -> None:
    # An untrained network's posteriors: one is far out, others are too narrow or too wide.
    loc = torch.zeros(2, 3, 4, size, dtype=torch.float64)
    scale = torch.full_like(loc, 0.5)
    usual = RelativeEntropyBottleneck(codec=codec).compress(Normal(loc, scale), together=False)
    loc[1, 2, 0, 3], scale[1, 0, 1, 1], scale[1, 1, 1, 2] = 1e9, 1e-25, 40.0
    for axis in (1, -1):
        bottleneck = RelativeEntropyBottleneck(codec=codec, channel_axis=axis)
        for together in (False, True):
            strings, sample = bottleneck.compress(
                Normal(loc, scale), together=together, return_sample=True
            )
            again = bottleneck.decompress(strings, shape=loc.shape[1:])
            assert torch.equal(again, sample)
            assert abs(float(again[1, 2, 0, 3]) - 1e9) < 5.0
            assert abs(float(again[1, 0, 1, 1])) < 1e-23
            if not together:
                assert len(strings[0]) < len(usual[0]) + 8
                assert len(strings[1]) < len(usual[1]) + 100


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b: b(Exponential(torch.ones(2, 3))), "posterior is Exponential"),
        (lambda b: b.compress(Exponential(torch.ones(2, 3))), "posterior is Exponential"),
        (lambda b: b(posteriors(2, 3), Uniform(torch.zeros(3), 1.0)), "prior is Uniform"),
        (lambda b: b.compress(posteriors(2, 3), Normal(torch.zeros(4), 1.0)), "shape of prior"),
        (lambda b: b.decompress([], None), "shape is None"),
        (lambda b: b.decompress([], None, -1), "shape is -1"),
        (lambda b: b.decompress([], Normal(torch.zeros(3, 4), 1.0), 4), "shape of prior"),
        (lambda b: b.compress(posteriors(2, 3), first=-1), "first is -1"),
        (
            lambda b: b.compress(Normal(torch.tensor([[0.0, math.inf]]), 1.0, validate_args=False)),
            r"loc at \[0, 1\] is inf",
        ),
        (lambda _: RelativeEntropyBottleneck(seed=-1), "seed is -1"),
        (lambda _: RelativeEntropyBottleneck(prior=Normal(0, 1)), "prior is Normal"),
        (lambda _: RelativeEntropyBottleneck(overhead="all"), "overhead is 'all'"),
        (lambda _: RelativeEntropyBottleneck(codec="polar"), "codec is 'polar'"),
        (lambda _: RelativeEntropyBottleneck(code=rec.TreeCode()), "code is TreeCode"),
    ],
)
def test_errors_name_what_is_wrong(call: Any, message: str) -> None:
    with pytest.raises(rec.ParameterError, match=message):
        call(RelativeEntropyBottleneck())


# --- Bytes that must not change ------------------------------------------------------------------


def test_golden_strings() -> None:
    """Of searches and of polar coding, by item and together: bytes and samples of any machine."""
    bottleneck = RelativeEntropyBottleneck(seed=7)
    q = Normal((torch.arange(-12, 12) / 8).reshape(2, 3, 4), 0.25)
    p = Normal(torch.full((3, 1), 0.25), torch.tensor([[0.5], [1.0], [2.0]]))
    strings = [bytes.fromhex(text) for text in ("66e2ffffff8e32c8", "033ce0f15b2c")]
    together = [bytes.fromhex("163602ffffff8e32c804217a09d2")]
    assert bottleneck.compress(q, p) == strings
    assert bottleneck.compress(q, p, together=True) == together
    samples = bottleneck.decompress(strings, p, (3, 4))
    assert samples[1, 2].tolist() == [
        1.098568081855774,
        1.1490461826324463,
        1.6282044649124146,
        1.369160532951355,
    ]
    samples = bottleneck.decompress(together, p, (3, 4))
    assert [x.hex() for x in samples[1, 2].tolist()] == [
        "0x1.5390200000000p+0",
        "0x1.43c15a0000000p+0",
        "0x1.5157ce0000000p+0",
        "0x1.f70aa20000000p-1",
    ]
    q = Normal((torch.arange(512) % 32 / 8 - 2)[None], 0.5)
    (string,) = bottleneck.compress(q)
    assert len(string) == 116
    assert string[:8].hex() == "60d255695405450f"
    samples = bottleneck.decompress([string], shape=512)
    assert [x.hex() for x in samples[0, :3].tolist()] == [
        "-0x1.38787c0000000p+1",
        "-0x1.0286000000000p+0",
        "-0x1.1764b00000000p+1",
    ]
