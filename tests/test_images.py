"""The image codec: exact images, whatever they show; the same bytes, whatever computes them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import constriction
import numpy as np
import pytest
from mpmath import mp

import astar_rec as rec
from astar_rec import images
from astar_rec.container.format import write_frame
from astar_rec.images import codec as codec_module
from astar_rec.images import frequencies, integers, layout
from astar_rec.images.integers import FRACTION, LARGEST, Layer
from astar_rec.images.order import FUTURE, MARGIN, NEAR, PAST, SIDE, STEP
from astar_rec.images.seen import SATURATED, Seen
from astar_rec.images.weights import Weights, load_weights, save_weights

METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "ad": {"codec": rec.ADStar(0)},
    "ad, tree": {"codec": rec.ADStar(0), "code": rec.TreeCode()},
    "ad, blocks of 3": {"codec": rec.ADStar(0, 3)},
    "ad, few steps": {"codec": rec.ADStar(0, 8, max_steps=5)},
    "as": {"codec": rec.ASStar(0)},
    "dad": {"codec": rec.DADStar(4, 0)},
    "dad, blocks": {"codec": rec.DADStar(20, 0, block=4)},
    "global": {"codec": rec.GlobalAStar(0)},
    "mrc": {"codec": rec.MinimalRandomCoding(2**5 - 1, 0)},
    "mrc, blocks": {"codec": rec.MinimalRandomCoding(2**9, 0, block=2)},
    "polar": {"codec": rec.PolarCoding(0)},
    "polar, small blocks": {"codec": rec.PolarCoding(0, block=64), "chunk": 7},
    "groups of 7": {"chunk": 7},
    "seed": {"codec": rec.ADStar(2**64 - 1, 8)},
}
EIGHTS = rec.ADStar(0, 8)
each_method = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def codec() -> images.ImageCodec:
    return images.load("mnist")


@functools.cache
def digits() -> np.ndarray[Any, Any]:
    """Images that look like those that the model is made for: drawn from it."""
    drawn = images.load("mnist").sample(40, seed=7)
    drawn.flags.writeable = False
    return drawn


@functools.cache
def compressed(chunk: int = 0) -> bytes:
    """The file that holds digits(), in groups of so many images; 0 for as many as there are."""
    groups = {"chunk": chunk} if chunk else {}
    return images.load("mnist").compress(digits(), codec=EIGHTS, **groups)


def odd_images() -> dict[str, np.ndarray[Any, Any]]:
    """Images that no one would take for digits."""
    rng = np.random.default_rng(0)
    one = np.zeros((SIDE, SIDE), np.uint8)
    one[13, 7] = 1
    corners = np.zeros((SIDE, SIDE), np.uint8)
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = 255
    return {
        "black": np.zeros((SIDE, SIDE), np.uint8),
        "white": np.full((SIDE, SIDE), 255, np.uint8),
        "grey": np.full((SIDE, SIDE), 128, np.uint8),
        "one": np.ones((SIDE, SIDE), np.uint8),
        "a pixel": one,
        "corners": corners,
        "noise": rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8),
        "salt": (rng.random((SIDE, SIDE)) < 0.5).astype(np.uint8) * 255,
        "chequered": (np.indices((SIDE, SIDE)).sum(0) % 2 * 200).astype(np.uint8),
        "every value": (np.arange(SIDE**2) % 256).astype(np.uint8).reshape(SIDE, SIDE),
    }


# --- Round trips ---------------------------------------------------------------------------------


@each_method
def test_images_come_back(codec: images.ImageCodec, name: str) -> None:
    data = codec.compress(digits(), **METHODS[name])
    back = codec.decompress(data)
    assert back.dtype == np.uint8
    assert np.array_equal(back, digits())


@pytest.mark.parametrize("what", odd_images())
def test_any_content_comes_back(codec: images.ImageCodec, what: str) -> None:
    image = odd_images()[what][None]
    assert np.array_equal(codec.decompress(codec.compress(image)), image)


def test_odd_ones_among_digits(codec: images.ImageCodec) -> None:
    mixed = np.concatenate([digits()[:5], *(image[None] for image in odd_images().values())])
    assert np.array_equal(codec.decompress(codec.compress(mixed, chunk=4)), mixed)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9])
def test_any_number_of_images(codec: images.ImageCodec, count: int) -> None:
    data = codec.compress(digits()[:count], chunk=8)
    assert np.array_equal(codec.decompress(data), digits()[:count])
    assert images.inspect(data).images == count


def test_many_images_go_by_polar_coding(codec: images.ImageCodec) -> None:
    assert codec.codec_for(255, seed=7) == rec.ADStar(7, 8)
    assert codec.codec_for(256, seed=7) == rec.PolarCoding(7)
    assert codec.codec_for(0, seed=7) == rec.ADStar(7, 8)
    many = np.tile(digits(), (7, 1, 1))
    data = codec.compress(many)
    assert "PolarCoding" in images.inspect(data).latents
    eights = images.inspect(codec.compress(many, codec=EIGHTS)).latents_bits
    assert images.inspect(data).latents_bits < eights
    assert np.array_equal(codec.decompress(data, slice(270, None)), many[270:])
    with pytest.raises(rec.ParameterError, match="count is -1"):
        codec.codec_for(-1)


def test_real_digits_take_little(codec: images.ImageCodec) -> None:
    """The sample that comes with the package: test images, which training never saw."""
    with np.load(codec_module._SHIPPED["mnist"].with_name("mnist_sample.npz")) as file:
        real = file["images"]
    data = codec.compress(real)
    assert np.array_equal(codec.decompress(data), real)
    assert 8 * len(data) / real.size < 1.22


@pytest.mark.parametrize(
    "which",
    [0, 39, -1, slice(None), slice(10, 13), slice(None, None, -1), slice(5, 5), slice(3, 38, 9)],
)
def test_some_of_the_images(codec: images.ImageCodec, which: Any) -> None:
    assert np.array_equal(codec.decompress(compressed(6), which), digits()[which])


def test_one_image_is_decoded_from_its_group_alone(
    codec: images.ImageCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = compressed(8)
    decoded = []
    decode = type(codec._pixels).decode

    def counting(self: Any, stream: memoryview, latents: Any) -> Any:
        decoded.append(len(latents))
        return decode(self, stream, latents)

    monkeypatch.setattr(type(codec._pixels), "decode", counting)
    codec.decompress(data, 17)
    assert decoded == [8]


def test_progress_counts_images(codec: images.ImageCodec) -> None:
    told: list[tuple[int, int]] = []
    data = codec.compress(digits(), chunk=16, progress=lambda *call: told.append(call))
    assert told == [(16, 40), (32, 40), (40, 40)]
    told.clear()
    codec.decompress(data, slice(16, 20), progress=lambda *call: told.append(call))
    assert told == [(16, 16)]


def test_latents_are_a_container_of_their_own(codec: images.ImageCodec) -> None:
    data = codec.compress(digits(), codec=rec.ADStar(9))
    latents = rec.decompress(layout.split(memoryview(data)).latents, rec.Normal(0.0, 1.0))
    q = codec.posterior(digits())
    assert latents.shape == q.shape
    spread = ((latents - q.loc) / q.scale) ** 2
    assert abs(spread.mean() - 1) < 5 * np.sqrt(2 / spread.size)


@each_method
def test_bits_alone(codec: images.ImageCodec, name: str) -> None:
    options = {"codec": EIGHTS, **METHODS[name]}
    options.pop("chunk", None)
    data = codec.compress(digits(), header=False, **options)
    assert np.array_equal(codec.decompress(data, count=40, **options), digits())
    assert len(data) < len(codec.compress(digits(), chunk=40, **options)) - 30


def test_bits_of_one_image(codec: images.ImageCodec) -> None:
    """What ideal coders would take, and at most seven bytes on average."""
    sizes, ideal = [], codec.kl_bits(digits()).sum()
    for image in digits()[:, None]:
        data = codec.compress(image, codec=EIGHTS, header=False)
        assert np.array_equal(codec.decompress(data, codec=EIGHTS, count=1), image)
        sizes.append(len(data))
    ideal += np.sum(codec.likelihood_bits(digits(), codec.posterior(digits()).loc))
    assert 8 * np.mean(sizes) < ideal / 40 + 8 * 7


@pytest.mark.parametrize("count", [0, 1025])
def test_bits_alone_of_too_many_images(codec: images.ImageCodec, count: int) -> None:
    with pytest.raises(rec.ParameterError, match=f"number of images is {count}"):
        codec.compress(np.zeros((count, 28, 28), np.uint8), codec=EIGHTS, header=False)


def test_bits_alone_that_no_encoder_writes(codec: images.ImageCodec) -> None:
    data = codec.compress(digits()[:1], codec=EIGHTS, header=False)
    for damaged in (b"", data[:2], data[:-1], data + bytes(4), b"\xff" * 9, b"\x7f" + data[1:]):
        with pytest.raises(rec.CorruptDataError):
            codec.decompress(damaged, codec=EIGHTS, count=1)


def test_names(codec: images.ImageCodec) -> None:
    names = [f"ziffer-ß-{number}.png" for number in range(40)]
    data = codec.compress(digits(), names=names)
    assert images.names(data) == names
    assert np.array_equal(codec.decompress(data), digits())
    assert images.names(codec.compress(digits()[:1])) is None
    assert images.names(codec.compress(digits()[:0], names=[])) == []
    assert images.inspect(data).names_bits < 8 * 200


# --- The same bytes everywhere -------------------------------------------------------------------


def test_threads_and_what_else_is_in_the_call_change_nothing(codec: images.ImageCodec) -> None:
    one = codec.compress(digits(), codec=EIGHTS, chunk=8, threads=1)
    assert codec.compress(digits(), codec=EIGHTS, chunk=8, threads=4) == one
    streams = [bytes(stream) for _, stream in layout.split(memoryview(one)).groups]
    first = codec.compress(digits()[:8], codec=EIGHTS, chunk=8)
    assert [bytes(stream) for _, stream in layout.split(memoryview(first)).groups] == streams[:1]


def test_any_order_of_summation_gives_the_same_bytes(
    codec: images.ImageCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = compressed()
    orders = np.random.default_rng(1)
    calls = 0

    def shuffled(inputs: Any, weight: Any) -> Any:
        nonlocal calls
        calls += 1
        order = orders.permutation(len(weight))
        cuts = np.sort(orders.integers(0, len(order), 3))
        parts = np.split(order, cuts)
        return sum(inputs[..., part] @ weight[part] for part in reversed(parts))

    monkeypatch.setattr(integers, "product", shuffled)
    assert codec.compress(digits(), codec=EIGHTS) == expected
    assert np.array_equal(codec.decompress(expected), digits())
    assert calls > 100


def test_order_of_summation_matters_in_floating_point() -> None:
    """So the test above would notice: sums of numbers that are no integers depend on the order."""
    rng = np.random.default_rng(2)
    a, w = rng.normal(size=(50, 400)), rng.normal(size=(400, 50))
    order = rng.permutation(400)
    assert not np.array_equal(a @ w, a[:, order] @ w[order])


@pytest.mark.parametrize("threads", ["1", "2"])
def test_any_number_of_blas_threads_gives_the_same_bytes(
    codec: images.ImageCodec, threads: str
) -> None:
    """In a process of its own, where the library does not keep BLAS to one thread."""
    program = """
import contextlib, sys, astar_rec, numpy as np
from astar_rec import images
from astar_rec.images import codec as module
from threadpoolctl import threadpool_info
module._one_blas_thread = contextlib.nullcontext
codec = images.load("mnist")
drawn = codec.sample(40, seed=7)[:8]
data = codec.compress(drawn, codec=astar_rec.ADStar(0, 8))
assert (codec.decompress(data) == drawn).all()
threads = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
assert threads in ([], [int(sys.argv[1])]), threads
sys.stdout.buffer.write(data)
"""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    told = subprocess.run(
        [sys.executable, "-c", program, threads],
        env={**os.environ, **dict.fromkeys(names, threads)},
        capture_output=True,
        check=True,
    )
    assert told.stdout == codec.compress(digits()[:8], codec=EIGHTS)


def test_golden_file(codec: images.ImageCodec) -> None:
    """A file of another day: a change of the format or of the weights is seen here."""
    path = Path(__file__).parent / "vectors" / "images.txt"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    fields = dict(line.split(": ") for line in lines)
    data = bytes.fromhex(fields["file"])
    assert codec.decompress(data).tobytes() == bytes.fromhex(fields["pixels"])
    assert images.names(data) == ["a", "b", "c"]


# --- Exact arithmetic ----------------------------------------------------------------------------


def test_a_layer_is_what_integers_say() -> None:
    rng = np.random.default_rng(3)
    weight = rng.integers(-(2**15), 2**15, (30, 5)).astype(np.int16)
    bias = rng.integers(-(2**31), 2**31, 5)
    inputs = rng.integers(-int(LARGEST), int(LARGEST) + 1, (20, 30))
    outputs = Layer("test", weight, bias, 12, rectify=False)(inputs.astype(np.float64))
    for row, own in zip(inputs.tolist(), outputs, strict=True):
        for column in range(5):
            total = sum(a * int(w) for a, w in zip(row, weight[:, column], strict=True))
            exact = (total + int(bias[column]) + 2**11) >> 12
            assert own[column] == min(max(exact, -int(LARGEST)), int(LARGEST))


def test_a_layer_may_be_split() -> None:
    """What inputs add to its sums may be told apart from the others."""
    rng = np.random.default_rng(3)
    layer = Layer("test", rng.integers(-99, 99, (30, 5)), rng.integers(-99, 99, 5), 4, rectify=True)
    inputs = rng.integers(-99, 99, (20, 30)).astype(np.float64)
    others, rows = layer.split(slice(7, 12))
    assert others.inputs == 25
    found = others(np.delete(inputs, slice(7, 12), axis=1), inputs[:, 7:12] @ rows)
    assert np.array_equal(found, layer(inputs))


def test_what_came_up_in_images_is_what_counts_say() -> None:
    rng = np.random.default_rng(4)
    rows = rng.integers(-99, 99, (255, 7)).astype(np.float64)
    seen, counts = Seen(5, rows), np.zeros((5, 255))
    for size in (0, 1, 40, 3, 200):
        image, value = rng.integers(0, 5, size), rng.choice([3, 70, 248, 249, 254], size)
        seen.add(image, value.astype(np.int32))
        np.add.at(counts, (image, value), 1)
        assert np.array_equal(seen.times, np.minimum(counts, 2))
        assert np.array_equal(seen.total, counts.sum(axis=1))
        assert np.array_equal(seen.saturated, counts[:, SATURATED - 1 :])
        weight = np.floor(4 * 2**FRACTION / np.sqrt(counts.sum(axis=1) + 4))
        assert np.array_equal(seen.told(np.arange(5)), (counts > 0) @ rows * weight[:, None])
    assert (seen.times == 2).any()


def test_a_layer_refuses_what_would_not_be_exact() -> None:
    weight = np.full((3, 2), 2.0**34)
    Layer("fits", weight, np.zeros(2), 0, rectify=True)
    with pytest.raises(rec.CorruptDataError, match=r"layer wide: sums up to .* below 2\^53"):
        Layer("wide", 2 * weight, np.zeros(2), 0, rectify=True)
    with pytest.raises(rec.CorruptDataError, match="layer odd: shapes"):
        Layer("odd", weight, np.zeros(3), 0, rectify=True)


def test_weights_of_scores_are_those_of_exp() -> None:
    mp.prec = 200
    table = frequencies._weights()
    assert int(mp.floor(2**64 * mp.exp(-mp.mpf(1) / 2**FRACTION))) == frequencies._STEP
    for distance in (0, 1, 2, 1000, 1024, 5000, len(table) - 1):
        exact = frequencies._ONE * mp.exp(-mp.mpf(distance) / 2**FRACTION)
        assert abs(table[distance] - exact) < 1
    assert len(table) == frequencies._RANGE + 1


@pytest.mark.parametrize("spread", [0.0, 1.0, 1e3, 1e5])
def test_frequencies_are_integers_of_a_fixed_sum(spread: float) -> None:
    rng = np.random.default_rng(4)
    scores = np.clip(np.rint(rng.normal(size=(500, 255)) * spread), -LARGEST, LARGEST)
    found = frequencies.categorical(scores)
    assert (found >= 0).all()
    assert (found == np.floor(found)).all()
    assert (found.sum(axis=1, dtype=np.float64) == frequencies.TOTAL - 255).all()
    ideal = np.exp((scores - scores.max(axis=1, keepdims=True)) / 2**FRACTION)
    ideal /= ideal.sum(axis=1, keepdims=True)
    assert np.allclose(found / frequencies.TOTAL, ideal, atol=3e-5, rtol=0)
    odds = scores[:, 0]
    pair = frequencies.binary(odds)
    assert (pair >= 0).all()
    assert (pair.sum(axis=1, dtype=np.float64) == frequencies.TOTAL - 2).all()
    assert np.allclose(
        pair[:, 1] / frequencies.TOTAL, 1 / (1 + np.exp(-odds / 2**FRACTION)), atol=1e-6
    )


def test_the_entropy_coder_uses_frequencies_as_they_are() -> None:
    """What it takes for many symbols is what their frequencies say, to a word."""
    rng = np.random.default_rng(5)
    found = frequencies.categorical(np.rint(rng.normal(size=(4000, 255)) * 2000))
    symbols = rng.integers(0, 255, 4000).astype(np.int32)
    coder = constriction.stream.queue.RangeEncoder()
    family = constriction.stream.model.Categorical(perfect=False)
    coder.encode(symbols, family, found)
    assert 0 <= coder.num_bits() - frequencies.bits_of(found, symbols).sum() < 64
    # Frequencies of float64 are the same numbers: nothing was rounded.
    again = constriction.stream.queue.RangeEncoder()
    again.encode(symbols, family, found.astype(np.float64))
    assert np.array_equal(coder.get_compressed(), again.get_compressed())


def test_ideal_bits_are_what_files_take(codec: images.ImageCodec) -> None:
    data = compressed()
    file = layout.split(memoryview(data))
    latents = rec.decompress(file.latents, rec.Normal(0.0, 1.0))
    support, values = codec.likelihood_bits(digits(), latents)
    restored, *measured = codec.measure(data)
    assert np.array_equal(restored, digits())
    assert np.array_equal(measured, [support, values])
    ((_, stream),) = file.groups
    assert 0 <= 8 * len(stream) - (support + values).sum() < 64


# --- What pixels are told ------------------------------------------------------------------------


def test_pixels_look_at_what_is_decoded_before() -> None:
    step = STEP.reshape(SIDE, SIDE)
    for row in range(4, SIDE - 4):
        for column in range(4, SIDE - 4):
            assert all(step[row + r, column + c] < step[row, column] for r, c in PAST)
    assert set(NEAR) <= set(PAST)
    assert not set(FUTURE) & set(PAST)
    assert max(abs(offset) for pair in (*PAST, *FUTURE) for offset in pair) <= MARGIN


def test_the_image_is_its_own(codec: images.ImageCodec) -> None:
    """What an image takes does not depend on those beside it."""
    q = codec.posterior(digits())
    together = codec.likelihood_bits(digits(), q.loc)
    alone = codec.likelihood_bits(digits()[11:12], q.loc[11:12])
    assert together[0][11] == alone[0][0]
    assert together[1][11] == pytest.approx(alone[1][0], abs=1e-9)


def test_no_posterior_is_wider_than_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wider ones have unbounded density ratios: searches in blocks would hardly end."""
    codec = images.load("mnist")
    infer = codec._inference

    def wide(pixels: Any) -> rec.Normal:
        q = infer(pixels)
        return rec.Normal(q.loc / 8, np.where(np.arange(8) < 4, 1.25, np.full_like(q.loc, 0.5)))

    monkeypatch.setattr(codec, "_inference", wide)
    q = codec.posterior(digits()[:5])
    assert (q.scale == np.where(np.arange(8) < 4, 1.0, 0.5)).all()
    data = codec.compress(digits()[:5])
    assert np.array_equal(codec.decompress(data), digits()[:5])


def test_kl_of_the_isokl_vae(codec: images.ImageCodec) -> None:
    assert codec.weights.settings["kind"] == "ikvae"
    kl = codec.kl_bits(digits())
    assert kl.shape == (40, codec.latents)
    assert np.allclose(kl, kl[0], rtol=1e-9)


# --- Wrong arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((2, 28, 28)), "dtype of images is .*float64.*; expected uint8"),
        (np.zeros((2, 28, 28), np.int8), "expected uint8"),
        (np.zeros((28, 28), np.uint8), r"shape of images is \(28, 28\); expected \(n, 28, 28\)"),
        (np.zeros((1, 32, 32), np.uint8), r"shape of images is \(1, 32, 32\)"),
        (np.zeros((1, 28, 28, 1), np.uint8), "shape of images"),
        ([], "images"),
        ("digits", "images"),
        (None, "images"),
    ],
)
def test_other_images_are_refused(codec: images.ImageCodec, value: Any, message: str) -> None:
    for call in (codec.compress, codec.posterior, codec.kl_bits):
        with pytest.raises(rec.ParameterError, match=message):
            call(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"chunk": 0}, "chunk is 0"),
        ({"chunk": 1025}, "chunk is 1025"),
        ({"threads": 0}, "threads is 0"),
        ({"codec": "jpeg"}, "codec is 'jpeg'"),
        ({"codec": EIGHTS, "code": rec.GammaCode()}, "code is"),
        ({"header": False}, "codec is None"),
        ({"names": ["a"]}, "names is '1 names'; expected one for each of 40 images"),
        ({"names": ["a\0b"] * 40}, r"names\[0\]"),
        ({"names": ["\ud800"] * 40}, r"names\[0\]"),
        ({"names": [1] * 40}, r"names\[0\] is 1"),
        (
            {"names": ["a"] * 40, "codec": EIGHTS, "header": False},
            "names is 'given'; expected None",
        ),
    ],
)
def test_wrong_arguments(codec: images.ImageCodec, options: dict[str, Any], message: str) -> None:
    with pytest.raises(rec.ParameterError, match=message):
        codec.compress(digits(), **options)


@pytest.mark.parametrize("which", [40, -41, 1.5, "one", slice("a", None), True])
def test_wrong_images_asked_for(codec: images.ImageCodec, which: Any) -> None:
    with pytest.raises(rec.ParameterError, match="which"):
        codec.decompress(compressed(), which)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"codec": EIGHTS}, "count is None"),
        ({"codec": EIGHTS, "count": 0}, "count is 0"),
        ({"codec": EIGHTS, "count": 40, "which": 3}, "which is 3; expected None"),
        ({"count": 40}, "count is 40; expected nothing"),
        ({"code": rec.TreeCode()}, "code is TreeCode"),
    ],
)
def test_wrong_ways_to_decompress(
    codec: images.ImageCodec, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(rec.ParameterError, match=message):
        codec.decompress(compressed(), **options)


def test_unknown_arguments(codec: images.ImageCodec) -> None:
    with pytest.raises(TypeError, match=r"compress\(\) got an unexpected keyword argument 'dept'"):
        codec.compress(digits(), dept=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"decompress\(\) got an unexpected .* 'chunk'"):
        codec.decompress(b"", chunk=3)  # type: ignore[call-arg]


def test_wrong_latents(codec: images.ImageCodec) -> None:
    with pytest.raises(rec.ParameterError, match="shape of latents"):
        codec.likelihood_bits(digits(), np.zeros((40, codec.latents + 1)))


def other_weights(codec: images.ImageCodec) -> Weights:
    arrays = dict(codec.weights.arrays)
    bias = arrays["values.linear3.bias"].copy()
    bias[0] += 2**16
    arrays["values.linear3.bias"] = bias
    return Weights(codec.weights.settings, arrays)


def test_other_weights_are_noticed_before_decoding(codec: images.ImageCodec) -> None:
    other = images.ImageCodec(other_weights(codec))
    data = codec.compress(digits()[:2])
    with pytest.raises(rec.ParameterError, match=f"weights is .*{data[5:13].hex()}"):
        other.decompress(data)


def test_wrong_reconstructions_are_noticed(
    codec: images.ImageCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that computes otherwise, though it has the same weights."""
    data = codec.compress(digits())
    other = images.ImageCodec(other_weights(codec))
    monkeypatch.setattr(Weights, "fingerprint", codec.weights.fingerprint)
    with pytest.raises(rec.CorruptDataError, match=r"checksum|no encoder writes"):
        other.decompress(data)


# --- Damage --------------------------------------------------------------------------------------


def check_refused(codec: images.ImageCodec, data: bytes) -> None:
    for call in (codec.decompress, images.inspect, images.names):
        with pytest.raises(rec.CorruptDataError) as caught:
            call(data)
        assert 5 < len(str(caught.value)) < 250


def test_every_damaged_byte_is_noticed(codec: images.ImageCodec) -> None:
    data = codec.compress(digits()[:3], names=["a", "b", "c"], chunk=2)
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(rec.CorruptDataError):
            codec.decompress(bytes(damaged))


def test_every_truncation_is_noticed(codec: images.ImageCodec) -> None:
    data = codec.compress(digits()[:3], chunk=2)
    for size in range(len(data)):
        check_refused(codec, data[:size])
    check_refused(codec, data + b"\0")
    check_refused(codec, b"")


def test_streams_that_no_encoder_writes(codec: images.ImageCodec) -> None:
    """Valid checksums of the file, and nonsense within: an error, and never wrong images."""
    file = layout.split(memoryview(codec.compress(digits()[:3])))
    rng = np.random.default_rng(6)
    latents = bytes(file.latents)
    ((checksum, stream),) = file.groups
    for payload in (
        b"",
        b"abc",
        checksum,
        checksum + b"1",
        checksum + bytes(stream) + b"\0\0\0\0",
        checksum + bytes(4 * 100),
        checksum + b"\xff" * 400,
        bytes(4) + bytes(stream),
        *(checksum + rng.bytes(len(stream)) for _ in range(20)),
    ):
        data = layout.join(file.fingerprint, 3, 8, latents, None, [payload])
        with pytest.raises(rec.CorruptDataError):
            codec.decompress(data)


def test_headers_that_no_encoder_writes(codec: images.ImageCodec) -> None:
    data = codec.compress(digits()[:3])
    file = layout.split(memoryview(data))
    latents, payload = bytes(file.latents), b"".join(map(bytes, file.groups[0]))
    prints = file.fingerprint
    assert layout.join(prints, 3, 256, latents, None, [payload]) == data
    for forged in (
        layout.join(prints, 4, 256, latents, None, [payload]),
        layout.join(prints, 3, 0, latents, None, [payload]),
        layout.join(prints, 3, 1025, latents, None, [payload]),
        layout.join(prints, 3, 256, b"", None, [payload]),
        layout.join(prints, 2**60, 1, latents, None, [payload]),
        layout.join(prints, 3, 256, latents, ["a"], [payload]),
        layout.join(prints, 3, 2, latents, None, [payload, payload]),
    ):
        with pytest.raises(rec.CorruptDataError):
            codec.decompress(forged)
    # Names that inflate without end, and a frame out of place.
    bomb = zlib.compress(bytes(2**29), 1)
    at = len(data) - len(payload)
    for forged in (data[:at] + write_frame(data[21:25], 1, payload), b"A*RI" + bomb):
        with pytest.raises(rec.CorruptDataError):
            codec.decompress(forged)


# --- Files of weights ----------------------------------------------------------------------------


def test_weights_are_stored_as_they_are(codec: images.ImageCodec, tmp_path: Any) -> None:
    path = tmp_path / "copy.npz"
    save_weights(path, codec.weights.arrays, codec.weights.settings)
    copy = load_weights(path)
    assert copy.fingerprint == codec.weights.fingerprint
    assert copy.settings == codec.weights.settings
    data = codec.compress(digits()[:2])
    assert np.array_equal(images.load(path).decompress(data), digits()[:2])
    assert codec_module._SHIPPED["mnist"].stat().st_size <= 3_000_000


@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_other_files_are_no_weights(tmp_path: Any, content: bytes) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    with pytest.raises(rec.CorruptDataError, match=r"weights\.npz"):
        images.load(path)


def test_weights_must_be_complete(codec: images.ImageCodec) -> None:
    for name in codec.weights.arrays:
        arrays = {key: array for key, array in codec.weights.arrays.items() if key != name}
        with pytest.raises(
            rec.CorruptDataError, match=r"the weights have no|inference\.linear2: .* outputs"
        ):
            images.ImageCodec(Weights({}, arrays))


def test_weights_must_fit_together(codec: images.ImageCodec) -> None:
    for name, array in codec.weights.arrays.items():
        if array.ndim == 2:
            for cut in (array[:-1], array[:, :-1], array[0]):
                arrays = {**codec.weights.arrays, name: cut}
                with pytest.raises(rec.CorruptDataError):
                    images.ImageCodec(Weights({}, arrays))


def test_no_file(tmp_path: Any) -> None:
    with pytest.raises(FileNotFoundError):
        images.load(tmp_path / "none.npz")
