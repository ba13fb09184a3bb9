"""The one to run first: a round trip of each codec in a few lines."""

from __future__ import annotations

import astar_rec as rec

q = rec.Normal([0.3, -1.2, 0.0], [0.5, 0.3, 0.9])
p = rec.Normal(0.0, 1.0)


def test_global_a_star() -> None:
    codec = rec.GlobalAStar(seed=1)
    index, sample, _ = codec.encode(q, p)
    assert codec.decode(index, p).tolist() == sample.tolist()


def test_as_star() -> None:
    codec = rec.ASStar(seed=1)
    index, sample, _ = codec.encode(q, p)
    assert codec.decode(index, p).tolist() == sample.tolist()


def test_ad_star() -> None:
    codec = rec.ADStar(seed=1)
    index, sample, _ = codec.encode(q, p)
    assert codec.decode(index, p).tolist() == sample.tolist()


def test_dad_star() -> None:
    codec = rec.DADStar(depth=5, seed=1)
    index, sample, _ = codec.encode(q, p)
    assert codec.decode(index, p).tolist() == sample.tolist()
    assert index.max() < 2**6


def test_minimal_random() -> None:
    codec = rec.MinimalRandomCoding(candidates=20, seed=1)
    index, sample, _ = codec.encode(q, p)
    assert codec.decode(index, p).tolist() == sample.tolist()


def test_custom() -> None:
    # A normal of scale 1/2 against the standard normal, up to a constant: its mode is at 0.
    target = rec.CustomTarget(log_ratio=lambda x: -1.5 * x * x, mode=0.0, shape=(3,))
    codec = rec.ADStar(seed=1)
    index, sample, _ = codec.encode(target, p)
    assert codec.decode(index, p).tolist() == sample.tolist()


def test_bytes() -> None:
    codec = rec.ADStar(seed=1)
    data = rec.compress(q, p, codec=codec)
    assert rec.decompress(data, p).tolist() == codec.encode(q, p).sample.tolist()
    assert rec.inspect(data).shape == (3,)


def test_code() -> None:
    code = rec.GammaCode()
    assert code.unpack(code.pack([5, 1, 2**64 - 1]), 3).tolist() == [5, 1, 2**64 - 1]
