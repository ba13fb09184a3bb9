"""Images whose pixels are independent given the latents, with small random models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import astar_rec as rec

pytest.importorskip("constriction", reason="the extra `images` is not installed")
pytest.importorskip("threadpoolctl", reason="the extra `images` is not installed")

from astar_rec import images
from astar_rec.images import independent, integers
from astar_rec.images.weights import Weights
from small_weights import independent_weights

METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "ad": {"codec": rec.ADStar(0)},
    "ad, tree": {"codec": rec.ADStar(0), "code": rec.TreeCode()},
    "as": {"codec": rec.ASStar(0)},
    "polar": {"codec": rec.PolarCoding(0)},
    "polar, a group a block": {"codec": rec.PolarCoding(0, block=7 * 6), "chunk": 7},
    "greedy": {"codec": rec.GreedyPoissonRejection(0)},
    "ordered": {"codec": rec.OrderedRandomCoding(2**6, 0)},
}


@pytest.fixture(scope="module", params=[None, 2.0], ids=["vae", "ikvae"])
def codec(request: pytest.FixtureRequest) -> images.ImageCodec:
    return images.ImageCodec(independent_weights(kl_bits=request.param))


@pytest.fixture(scope="module")
def drawn(codec: images.ImageCodec) -> np.ndarray[Any, Any]:
    return codec.sample(20, seed=3)


@pytest.mark.parametrize("name", METHODS)
def test_images_come_back(codec: images.ImageCodec, drawn: np.ndarray[Any, Any], name: str) -> None:
    data = codec.compress(drawn, **METHODS[name])
    assert np.array_equal(codec.decompress(data), drawn)
    assert np.array_equal(codec.decompress(data, 13), drawn[13])


@pytest.mark.parametrize("value", [0, 1, 255])
def test_plain_images_come_back(codec: images.ImageCodec, value: int) -> None:
    plain = np.full((3, 28, 28), value, np.uint8)
    assert np.array_equal(codec.decompress(codec.compress(plain)), plain)


def test_no_images(codec: images.ImageCodec) -> None:
    none = np.zeros((0, 28, 28), np.uint8)
    assert codec.decompress(codec.compress(none)).shape == none.shape


def test_ideal_bits_are_what_files_take(
    codec: images.ImageCodec, drawn: np.ndarray[Any, Any]
) -> None:
    data = codec.compress(drawn, codec=rec.ADStar(1, block=6))
    restored, support, values = codec.measure(data)
    assert np.array_equal(restored, drawn)
    ideal = support.sum() + values.sum()
    assert 0 <= images.inspect(data).pixels_bits - ideal < 100


def test_drawn_images_have_the_probabilities_of_the_model(codec: images.ImageCodec) -> None:
    """What a pixel takes on average is the entropy that draws show, at each place."""
    latents = np.repeat(np.random.default_rng(5).normal(size=(1, codec.latents)), 300, 0)
    shown = codec._pixels.sample(latents, np.random.default_rng(6))
    support, _ = codec.likelihood_bits(shown, latents)
    share = (shown > 0).mean(0)
    entropy = -share * np.log2(share, where=share > 0, out=np.zeros_like(share))
    entropy -= (1 - share) * np.log2(1 - share, where=share < 1, out=np.zeros_like(share))
    assert support.mean() == pytest.approx(entropy.sum(), rel=0.03)


def test_a_pixel_is_told_of_no_other(codec: images.ImageCodec, drawn: np.ndarray[Any, Any]) -> None:
    """Halves of images take as many bits beside each other as beside black."""
    latents = np.random.default_rng(1).normal(size=(1, codec.latents))
    whole = drawn[:1]
    top, bottom, black = whole.copy(), whole.copy(), np.zeros_like(whole)
    top[:, 14:] = bottom[:, :14] = 0
    bits = [sum(codec.likelihood_bits(x, latents))[0] for x in (whole, top, bottom, black)]
    assert bits[0] + bits[3] == pytest.approx(bits[1] + bits[2])
    assert abs(bits[0] - bits[3]) > 1


def test_how_many_pixels_are_computed_together_does_not_matter(
    codec: images.ImageCodec, drawn: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = codec.compress(drawn, codec=rec.ADStar(1))
    monkeypatch.setattr(independent, "_PIECE", 7)
    assert codec.compress(drawn, codec=rec.ADStar(1)) == data
    assert np.array_equal(codec.decompress(data), drawn)


def test_any_order_of_summation_gives_the_same_bytes(
    codec: images.ImageCodec, drawn: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = codec.compress(drawn, codec=rec.ADStar(1))
    monkeypatch.setattr(integers, "product", lambda x, w: x[..., ::-1] @ w[::-1])
    assert codec.compress(drawn, codec=rec.ADStar(1)) == data


def test_every_damaged_byte_is_noticed(
    codec: images.ImageCodec, drawn: np.ndarray[Any, Any]
) -> None:
    data = codec.compress(drawn[:3], codec=rec.ADStar(1))
    for at in range(0, len(data), 11):
        broken = bytearray(data)
        broken[at] ^= 0x10
        with pytest.raises((rec.CorruptDataError, rec.ParameterError)):
            codec.decompress(bytes(broken))


def test_weights_of_the_decoder_are_in_the_fingerprint(codec: images.ImageCodec) -> None:
    for name in codec.weights.arrays:
        arrays = dict(codec.weights.arrays)
        if name.endswith(".bias"):
            arrays[name] = arrays[name] + 1
            same = Weights({}, arrays).fingerprint == codec.weights.fingerprint
            assert same == name.startswith("inference."), name


@pytest.mark.parametrize("name", ["support", "values1", "values2"])
def test_weights_must_be_complete(name: str) -> None:
    weights = independent_weights()
    arrays = {k: v for k, v in weights.arrays.items() if k != f"independent.{name}.weight"}
    with pytest.raises(rec.CorruptDataError, match=rf"no independent\.{name}\.weight"):
        images.ImageCodec(Weights({}, arrays))
