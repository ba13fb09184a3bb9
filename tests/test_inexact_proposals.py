"""A receiver whose proposal differs by rounding: samples that do, too, and nothing worse.

Codecs that entropy-code samples by their priors lose everything behind the first such difference.
Here indices depend on the seed alone, and the proposal is the last step.
"""

from __future__ import annotations

import io
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
    "dither": (rec.LayeredDither(5), None),
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


# --- Fingerprints: what is no rounding is refused ------------------------------------------------

FAMILIES = [rec.Normal, rec.Laplace, rec.Logistic]


def other_proposals(family: Any, loc: Any, scale: Any) -> dict[str, Any]:
    """Proposals that a receiver may take for the sender's."""
    return {
        "another scale": family(loc, scale * 2),
        "a slightly other scale": family(loc, scale * 1.001),
        "shifted": family(loc + 1e-3 * scale, scale),
        "other channels": family(loc[:, ::-1], scale[:, ::-1]),
        "two channels swapped": family(loc[:, [1, 0, *range(2, COLUMNS)]], scale),
        "another order": family(loc[::-1], scale[::-1]),
        "another order of scales": family(loc, scale[::-1]),
        "the next rows": family(np.roll(loc, -1, axis=0), np.roll(scale, -1, axis=0)),
        "one for all": family(0.0, 1.0),
    }


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", other_proposals(rec.Normal, *parameters()))
def test_others_are_refused(family: Any, name: str) -> None:
    loc, scale = parameters()
    p = family(loc, scale)
    data, x = rec.compress(family(loc, 0.5 * scale), p, codec=rec.ADStar(5), return_sample=True)
    other = other_proposals(family, loc, scale)[name]
    with pytest.raises(rec.ParameterError, match=r"proposal is .* in the container") as caught:
        rec.decompress(data, other)
    assert caught.value.argument == "proposal"
    assert caught.value.value is other
    assert rec.decompress(data, other, fingerprint=False).shape == x.shape
    assert (rec.decompress(data, p) == x).all()


def exponential(rate: Any) -> rec.CustomProposal:
    return rec.CustomProposal(
        lambda u, element: -np.log1p(-u) / np.ravel(rate)[element], shape=np.shape(rate)
    )


ROWS_OF_MASSES = np.random.default_rng(3).dirichlet(np.ones(6), 2000)
ROWS_OF_MASSES[::2] = [0.25, 0.25, 0.0, 0.0, 0.25, 0.25]
ROOM = np.linspace(-1.0, 1.0, 2000)
MAKES: dict[str, Any] = {
    "Uniform": lambda by: rec.Uniform(ROOM * by - by, ROOM * by + 2 * by),
    "Histogram": lambda by: rec.Histogram(np.linspace(-by, by, 7), ROWS_OF_MASSES),
    "Categorical": lambda by: rec.Categorical(ROWS_OF_MASSES ** np.array(by)),
    "Mixture": lambda by: rec.Mixture([0.5, 0.5 * by], np.array([[-9.0, 9.0]] * 2000) * by, by),
    "CustomProposal": lambda by: exponential((2.0 + ROOM) * by),
}


@pytest.mark.parametrize("name", MAKES)
def test_all_families(name: str) -> None:
    """By 10^-6, and by float32: what follows goes on; 1 in a hundred off is another proposal."""
    p = MAKES[name](1.0)
    searched = name == "CustomProposal"
    codec = rec.ADStar(5) if searched else rec.PolarCoding(5)
    q = rec.CustomTarget(lambda x, _: 0 * x, bound=0.1) if searched else p
    data, x = rec.compress(q, p, codec=codec, return_sample=True)
    assert (rec.decompress(data, p) == x).all()
    for by in (1 + 1e-6, 1 - 1e-6, 1 + 2.0**-24):
        assert rec.decompress(data, MAKES[name](by)).shape == x.shape
    with pytest.raises(rec.ParameterError, match="in the container"):
        rec.decompress(data, MAKES[name](1.01))


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_any_size(scale: float) -> None:
    """What float32 does not have must not refuse the encoder's own proposal."""
    loc = np.random.default_rng(1).normal(size=2000) * scale
    p = rec.Normal(loc, scale)
    data, x = rec.compress(p, p, codec=rec.ADStar(5), return_sample=True)
    assert (rec.decompress(data, p) == x).all()


def test_rows_in_pieces_and_in_parts() -> None:
    loc, scale = parameters()
    q, p = rec.Normal(loc, 0.5 * scale), rec.Normal(loc, scale)
    whole = rec.compress(q, p, codec=rec.ADStar(5))
    for shape in (loc.shape, None):
        file = io.BytesIO()
        with rec.Writer(file, codec=rec.ADStar(5), shape=shape) as writer:
            for rows in (slice(0, 1), slice(1, 130), slice(130, ROWS)):
                writer.write(q[rows], p[rows])
        data = file.getvalue()
        assert shape is None or data == whole
        assert rec.inspect(data).fingerprint == rec.inspect(whole).fingerprint
        with pytest.raises(rec.ParameterError, match="in the container"):
            rec.decompress(data, rec.Normal(loc, 2 * scale))
    # A part first, of as many elements as count; then one of few.
    many = rec.Normal(np.zeros(5000), 0.5)
    part = rec.compress(many, rec.Normal(0.0, 1.0), codec=rec.ADStar(5))
    few = rec.compress(many[:100], rec.Normal(0.0, 1.0), codec=rec.ADStar(5))
    for first, there in ((part, True), (few, False)):
        file = io.BytesIO()
        with rec.Writer(file, codec=rec.ADStar(5)) as writer:
            writer.append(first)
            writer.write(many, rec.Normal(0.0, 1.0))
        assert (rec.inspect(file.getvalue()).fingerprint is not None) == there
    with pytest.raises(rec.ParameterError, match="fingerprint is True"):  # noqa: SIM117
        with rec.Writer(io.BytesIO(), codec=rec.ADStar(5), fingerprint=True) as writer:
            writer.append(few)


def test_rows_are_compared_where_they_can_be() -> None:
    loc, scale = parameters()
    q, p = rec.Normal(loc, 0.5 * scale), rec.Normal(loc, scale)
    wrong = rec.Normal(loc, 2 * scale)
    with rec.Reader(rec.compress(q, p, codec=rec.ADStar(5), chunk=1024)) as reader:
        assert reader.read(wrong[10:20], slice(10, 20)).shape == (10, COLUMNS)
        assert reader.read(wrong[:100], slice(0, 100)).shape == (100, COLUMNS)
        with pytest.raises(rec.ParameterError, match="first 1024 elements"):
            reader.read(wrong[:200], slice(0, 200))
        assert reader.read(p[:200], slice(0, 200)).shape == (200, COLUMNS)


def test_few_elements_pay_nothing() -> None:
    p = rec.Normal(0.0, 1.0)
    for size, there in ((10, False), (1023, False), (1024, True)):
        q = rec.Normal(np.zeros(size), 0.5)
        sizes = [
            len(rec.compress(q, p, codec=rec.ADStar(5), fingerprint=f)) for f in (None, False, True)
        ]
        assert sizes[2] == sizes[1] + 8
        assert sizes[0] == sizes[1 + there]
        data = rec.compress(q, p, codec=rec.ADStar(5), fingerprint=True)
        assert "mean spread" in str(rec.inspect(data))
        with pytest.raises(rec.ParameterError, match="in the container"):
            rec.decompress(data, rec.Normal(0.1, 1.0))
    empty = rec.compress(rec.Normal([], 1.0), p, codec=rec.ADStar(5), fingerprint=True)
    assert rec.decompress(empty, p).shape == (0,)
    with pytest.raises(rec.ParameterError, match="fingerprint"):
        rec.compress(q, p, codec=rec.ADStar(5), header=False, fingerprint=True)
