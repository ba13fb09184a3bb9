"""A receiver whose proposal differs by rounding: samples that do, too, and nothing worse.

Codecs that entropy-code samples by their priors lose everything behind the first such difference.
Here indices depend on the seed alone, and the proposal is the last step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from common import ARRAY_CODECS, CODECS

ROWS, COLUMNS = 300, 8
OFF = 1e-6
BLOCKS = [rec.ADStar(5, 4), rec.DADStar(20, 5, block=4), rec.GlobalAStar(5, block=2)]
CODES = {
    "blocks, tree": (rec.ADStar(5, 4), rec.TreeCode()),
    "blocks, adaptive": (rec.ADStar(5, 4), rec.AdaptiveCode()),
    "tree": (rec.ADStar(5), rec.TreeCode()),
    "adaptive": (rec.ASStar(5), rec.AdaptiveCode()),
    "polar": (rec.PolarCoding(5), None),
    "layered": (rec.LayeredDither(5), None),
}

METHODS = [*(case.make(5) for case in (*CODECS, *ARRAY_CODECS)), *BLOCKS]


def parameters() -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(ROWS, COLUMNS)), np.exp(rng.normal(size=(ROWS, COLUMNS)))


def rounded(array: Any, seed: int) -> Any:
    """Numbers that are off by up to a millionth, each by its own."""
    return array * (1 + OFF * np.random.default_rng(seed).uniform(-1, 1, array.shape))


def check_near(x: Any, y: Any, loc: Any, scale: Any) -> None:
    # A sample is loc + scale z, and no |z| is above 45.
    z = np.abs(x - loc) / scale
    assert (x != y).mean() > 0.9
    assert (np.abs(x - y) <= 1.01 * OFF * (np.abs(loc) + scale * z)).all()
    assert np.abs((x - y) / scale).max() < 4e-5


@pytest.mark.parametrize("family", [rec.Normal, rec.Laplace, rec.Logistic])
@pytest.mark.parametrize("codec", METHODS, ids=repr)
def test_samples_move_with_the_proposal(codec: rec.Codec, family: Any) -> None:
    loc, scale = parameters()
    p = family(loc, scale)
    r = codec.encode(family(loc + 0.2 * scale, 0.8 * scale), p)
    other = family(rounded(loc, 2), rounded(scale, 3))
    y = codec.decode(r.message, other, shape=loc.shape)
    check_near(r.sample, y, loc, scale)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("on_corrupt", ["raise", "skip"])
def test_files_move_with_the_proposal(name: str, on_corrupt: str) -> None:
    codec, code = CODES[name]
    loc, scale = parameters()
    q, p = rec.Normal(loc + 0.5 * scale, 0.2 * scale), rec.Normal(loc, scale)
    data, x = rec.compress(q, p, codec=codec, code=code, return_sample=True)
    other = rec.Normal(rounded(loc, 2), rounded(scale, 3))
    check_near(x, rec.decompress(data, other, on_corrupt=on_corrupt), loc, scale)
    single = rec.Normal(loc.astype(np.float32), scale.astype(np.float32))
    check_near(x, rec.decompress(data, single), loc, scale)
    with rec.Reader(data) as reader:
        rows = slice(100, 130)
        check_near(x[rows], reader.read(other[rows], rows), loc[rows], scale[rows])


def test_contexts_must_be_exact() -> None:
    """Contexts decide how bits are read: other ones are refused, not read wrongly."""
    loc, scale = parameters()
    q, p = rec.Normal(loc + 0.5 * scale, 0.2 * scale), rec.Normal(loc, scale)
    contexts = np.floor(4 + np.log2(scale)).clip(0).astype(int)
    data, x = rec.compress(q, p, codec=rec.ADStar(5), contexts=contexts, return_sample=True)
    other = rec.Normal(rounded(loc, 2), rounded(scale, 3))
    check_near(x, rec.decompress(data, other, contexts=contexts), loc, scale)
    contexts[7, 3] += 1
    with pytest.raises(rec.ParameterError, match="contexts is 'other ones'"):
        rec.decompress(data, other, contexts=contexts)
