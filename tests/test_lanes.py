"""Results do not depend on the instructions that the core uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import astar_rec as rec
from astar_rec import _core
from common import CODECS, PAIRS, each_codec, each_pair, same_bits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common import CodecCase, PairCase

SETS = _core.available_instructions()


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = _core.instructions()
    yield
    _core.use_instructions(before)


def test_widest_set_is_used() -> None:
    assert SETS[0] == "none"
    assert _core.instructions() == SETS[-1]


def test_unknown_set_is_refused() -> None:
    with pytest.raises(ValueError, match="mmx"):
        _core.use_instructions("mmx")


@each_codec
@each_pair
def test_results_are_the_same(codec_case: CodecCase, pair: PairCase) -> None:
    rng = np.random.default_rng(PAIRS.index(pair) * len(CODECS) + CODECS.index(codec_case))
    q, p = pair.random(rng, 600, bounded=codec_case.needs_bound)
    codec = codec_case.make(1)
    found = []
    for name in SETS:
        _core.use_instructions(name)
        try:
            found.append(codec.encode(q, p))
        except rec.DivergenceError:  # a narrow uniform, under DAD*
            pytest.skip("no sample within the depth")
    for other, name in zip(found, SETS, strict=True):
        for a, b in zip(found[0], other, strict=True):
            assert np.array_equal(a, b)
        assert other.cut == found[0].cut
        _core.use_instructions(name)
        assert same_bits(codec.decode(found[0].index, p), found[0].sample)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 511, 512, 513, 2049, 5000])
@pytest.mark.parametrize("codec", [rec.ADStar(3), rec.ASStar(3), rec.DADStar(6, 3)])
def test_sizes(codec: rec.Codec, size: int) -> None:
    q = rec.Normal(np.random.default_rng(size).normal(size=size), 2.0**-3)
    p = rec.Normal(0.0, 1.0)
    whole = codec.encode(q, p)
    # The same elements one by one, which no lanes take.
    for i in {0, size // 2, size - 1}:
        one = codec.encode(rec.Normal(q.loc[i], q.scale), p, offset=i)
        assert one.index == whole.index[i]
        assert one.steps == whole.steps[i]
        assert same_bits(one.sample, whole.sample[i])
    assert same_bits(codec.decode(whole.index, p), whole.sample)


@pytest.mark.parametrize("block", [2, 3, 4, 8])
@pytest.mark.parametrize("method", ["ad", "dad"])
def test_blocks_are_the_same(method: str, block: int) -> None:
    rng = np.random.default_rng(block)
    p = rec.Normal(rng.normal(size=19), np.exp(rng.normal(size=19)))
    loc = p.loc + p.scale * rng.normal(size=(12, 19)) * 0.5
    q = rec.Normal(loc, p.scale * rng.uniform(0.6, 1.0, (12, 19)))
    hint = rng.uniform(0.0, 1.0, 19)
    codec = (
        rec.ADStar(5, block, bits_hint=hint)
        if method == "ad"
        else rec.DADStar(6, 5, block=block, bits_hint=hint)
    )
    found = []
    for name in SETS:
        _core.use_instructions(name)
        found.append(codec.encode(q, p))
        assert same_bits(codec.decode(found[0].index, p), found[0].sample)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            assert np.array_equal(a, b)
