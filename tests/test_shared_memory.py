"""Arrays that are filled while others are read: results are right, or the call is refused."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from common import ARRAY_CODECS, CODECS

ALL = pytest.mark.parametrize("case", [*CODECS, *ARRAY_CODECS], ids=lambda case: case.name)
ROWS, COLUMNS = 9, 8


def memory() -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(1).normal(size=(ROWS + 1, COLUMNS))


def near(p: rec.Normal) -> rec.Normal:
    return rec.Normal(p.loc + 0.25, 0.5)


@ALL
def test_out_is_not_the_proposals(case: Any) -> None:
    codec, rows = case.make(3), memory()
    p = rec.Normal(rows[:-1], 1.0)
    r = codec.encode(near(p), p)
    for out in (rows[:-1], rows[1:]):
        before = rows.copy()
        with pytest.raises(rec.ParameterError, match=r"out is .* loc of proposal.* of its own"):
            codec.decode(r.message, p, shape=p.shape, out=out)
        assert (rows == before).all()


@ALL
@pytest.mark.parametrize("whose", ["target", "proposal"])
def test_out_of_encode_is_not_the_distributions(case: Any, whose: str) -> None:
    codec, p = case.make(3), rec.Normal(memory()[:-1], 1.0)
    r = codec.encode(near(p), p)
    same = rec.Normal(r.sample, 1.0)
    q, p = (same, p) if whose == "target" else (near(same), same)
    before = r.sample.copy()
    with pytest.raises(rec.ParameterError, match=rf"out\.sample is .* loc of {whose}"):
        codec.encode(q, p, out=r)
    assert (r.sample == before).all()


def test_out_is_not_the_index() -> None:
    for codec in (rec.ADStar(3), rec.ADStar(3, 4)):
        index = codec.encode(near(rec.Normal(memory(), 1.0)), rec.Normal(memory(), 1.0)).index
        out = index.reshape(-1).view(np.float64)[: (ROWS + 1) * COLUMNS]
        with pytest.raises(rec.ParameterError, match="in the memory of index"):
            codec.decode(index, rec.Normal(0.0, 1.0), out=out.reshape(ROWS + 1, COLUMNS))


def test_rows_between_those_that_are_read_will_do() -> None:
    """What has overlapping bounds and no byte in common is apart."""
    numbers = np.zeros(48)
    p = rec.Normal(numbers.reshape(2, 24)[:, :8], 1.0)
    out = numbers[8:24].reshape(2, 8)
    assert np.may_share_memory(p.loc, out)
    codec = rec.ADStar(3)
    r = codec.encode(near(p), p)
    assert (codec.decode(r.index, p, out=out) == r.sample).all()


def test_arrays_of_custom_and_foreign_targets() -> None:
    stats = pytest.importorskip("scipy.stats")
    codec, p = rec.ADStar(3), rec.Normal(0.0, 1.0)
    r = codec.encode(rec.Normal(memory(), 0.5), p)
    for name in ("mode", "bound"):
        q = rec.CustomTarget(lambda x: -x * x, **{name: r.sample})
        with pytest.raises(rec.ParameterError, match=f"{name} of target"):
            codec.encode(q, p, out=r)
    polar = rec.PolarCoding(3)
    r = polar.encode(rec.Normal(memory(), 0.5), p)
    with pytest.raises(rec.ParameterError, match="loc of target"):
        polar.encode(stats.gamma(2.0, loc=r.sample), p, out=r)


def test_families_beside_the_cores() -> None:
    rows = memory()
    p = rec.Mixture([0.5, 0.5], rows[:, :2], 1.0)
    codec = rec.PolarCoding(3)
    r = codec.encode(rec.Normal(np.zeros(ROWS + 1), 0.5), p)
    with pytest.raises(rec.ParameterError, match="loc of proposal"):
        codec.decode(r.message, p, out=rows.reshape(-1)[: ROWS + 1])


def test_functions_may_read_what_is_filled() -> None:
    """Of more elements than are worked on at once: the first part is not written too early."""
    size = (1 << 16) + 5
    loc = np.random.default_rng(1).normal(size=size)
    codec = rec.ADStar(3)

    def proposal(loc: Any) -> rec.CustomProposal:
        return rec.CustomProposal(lambda u, element: u + loc[::-1][element], shape=size)

    def target(loc: Any) -> rec.CustomTarget:
        return rec.CustomTarget(
            lambda x, element: np.log(2 * np.clip(x - loc[::-1][element], 1e-9, None)),
            mode=loc[::-1] + 1.0,
        )

    r = codec.encode(target(loc), proposal(loc))
    places = rec.Encoded(r.index.copy(), loc.copy(), r.steps.copy())
    again = codec.encode(target(places.sample), proposal(places.sample), out=places)
    assert (again.index == r.index).all()
    assert (again.sample == r.sample).all()
    own = loc.copy()
    assert (codec.decode(r.index, proposal(own), out=own) == r.sample).all()


@pytest.mark.parametrize("rows", [10, 3000])
def test_what_a_writer_was_given_may_be_used_again(rows: int) -> None:
    """Indices and contexts wait in a writer until their chunk is full."""
    p, codec = rec.Normal(0.0, 1.0), rec.ADStar(5)
    rng = np.random.default_rng(2)
    contexts = np.zeros(rows, np.uint16)
    given, samples, file = [], [], io.BytesIO()
    with rec.Writer(file, codec=codec, contexts="given", chunk=1024) as writer:
        for _ in range(4):
            contexts[:] = rng.integers(0, 3, rows)
            given.append(contexts.copy())
            r = writer.write(rec.Normal(rng.normal(size=rows), 0.25), p, contexts)
            samples.append(r.sample.copy())
            r.index[:] = 1
    x = rec.decompress(file.getvalue(), p, contexts=np.concatenate(given))
    assert (x == np.concatenate(samples)).all()
