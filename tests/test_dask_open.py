"""Containers as lazy arrays: what is decoded is what is asked for."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.container import reader as readers

dask = pytest.importorskip("dask", reason="astar_rec.dask needs dask")

import dask.array as da  # noqa: E402

import astar_rec.dask as rd  # noqa: E402

P = rec.Normal(0.0, 1.0)
LOC = np.random.default_rng(6).normal(size=(64, 8, 16)) * 0.9
Q = rec.Normal(LOC, 0.3)
CODECS = {
    "polar": {"codec": rec.PolarCoding(1, block=512)},
    "single": {"codec": rec.ADStar(1), "chunk": 512},
    "blocks": {"codec": rec.ADStar(1, 8), "chunk": 64},
    "columns": {"codec": rec.ADStar(1), "chunk": 512, "contexts": "column"},
    "polar, columns": {"codec": rec.PolarCoding(1, block=512), "contexts": "column"},
    "hints": {"codec": rec.ADStar(1, 8, bits_hint=np.arange(16) / 8), "chunk": 64},
    "float32": {"codec": rec.ADStar(1), "dtype": "float32"},
}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def container(**words: Any) -> Any:
    """Writes a container, and returns its samples."""
    Path("q.rec").write_bytes(rec.compress(Q, P, **words))
    return rec.decompress("q.rec", P)


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("chunks", [None, (9, 8, 16), (1, 3, 16)], ids=str)
def test_all_of_it(name: str, chunks: Any) -> None:
    x = container(**CODECS[name])
    y = rd.open("q.rec", P, chunks=chunks)
    assert y.dtype == x.dtype
    assert np.array_equal(y.compute(scheduler="synchronous"), x)
    assert np.array_equal(y[5:20, 2, ::3].compute(scheduler="threads"), x[5:20, 2, ::3])


@pytest.mark.parametrize("name", ["polar", "single"])
def test_within_rows(name: str) -> None:
    x = container(**CODECS[name])
    assert np.array_equal(rd.open("q.rec", P, chunks=(1, 1, 5)).compute(), x)


def test_only_what_is_asked_for_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    x = container(**CODECS["polar"])
    read: list[int] = []
    original = readers.payload_of

    def counted(source: Any, frame: Any, header: bytes) -> Any:
        read.append(frame.number)
        return original(source, frame, header)

    monkeypatch.setattr(readers, "payload_of", counted)
    y = rd.open("q.rec", P, chunks=(4, 8, 16))  # each is a chunk of the container
    assert read == []
    assert np.array_equal(y[9:14].compute(scheduler="synchronous"), x[9:14])
    assert sorted(read) == [2, 3]
    read.clear()
    y[63, 7, 15].compute(scheduler="synchronous")
    assert read == [15]


def test_chunks_by_themselves() -> None:
    container(codec=rec.PolarCoding(1))
    assert rd.open("q.rec", P).numblocks == (1, 1, 1)
    long = rec.Normal(np.zeros((3, 1 << 20)), 0.999)
    Path("long.rec").write_bytes(rec.compress(long, P, codec=rec.PolarCoding(1)))
    assert rd.open("long.rec", P).chunks == ((1, 1, 1), (1 << 20,))


def test_proposals_that_are_lazy() -> None:
    p = rec.Normal(np.linspace(-0.1, 0.1, 64)[:, None, None], 1.0)
    Path("q.rec").write_bytes(rec.compress(Q, p, codec=rec.PolarCoding(1, block=512)))
    own = rd.Normal(da.from_array(p.loc, (10, 1, 1)), 1.0)
    for given in (p, own):
        y = rd.open("q.rec", given, chunks=(7, 8, 16))
        assert np.array_equal(y.compute(scheduler="synchronous"), rec.decompress("q.rec", p))


def test_proposals_with_an_axis_of_their_own() -> None:
    masses = np.random.default_rng(1).random((2, 40, 30, 5)) + 0.1
    q, p = (rec.Categorical(each) for each in masses)
    Path("q.rec").write_bytes(rec.compress(q, p, codec=rec.PolarCoding(1, block=256)))
    own = rd.Categorical(da.from_array(p.masses, (20, 20, 2)))
    y = rd.open("q.rec", own, chunks=(7, 30)).compute(scheduler="synchronous")
    assert np.array_equal(y, rec.decompress("q.rec", p))


def test_a_wrong_proposal_is_refused_by_the_first_chunk() -> None:
    x = container(codec=rec.ADStar(1))
    other = rec.Normal(0.0, 2.0)
    with pytest.raises(rec.ParameterError, match="proposal is"):
        rd.open("q.rec", other).compute(scheduler="synchronous")
    y = rd.open("q.rec", other, fingerprint=False).compute(scheduler="synchronous")
    assert np.allclose(y, 2 * x)


def test_it_goes_to_other_processes() -> None:
    x = container(**CODECS["polar"])
    y = pickle.loads(pickle.dumps(rd.open(Path("q.rec"), P, chunks=(16, 8, 16))))
    assert np.array_equal(y.compute(scheduler="processes"), x)


def test_containers_of_writers() -> None:
    with rec.Writer("q.rec", codec=rec.ADStar(1, 4)) as writer:
        for begin in range(0, 64, 10):
            writer.write(Q[begin : begin + 10], P)
    assert np.array_equal(rd.open("q.rec", P).compute(), rec.decompress("q.rec", P))


def test_damage_is_said_when_it_is_met() -> None:
    x = container(**CODECS["polar"])
    data = bytearray(Path("q.rec").read_bytes())
    data[-20] ^= 1
    Path("q.rec").write_bytes(data)
    y = rd.open("q.rec", P, chunks=(4, 8, 16))
    assert np.array_equal(y[:60].compute(scheduler="synchronous"), x[:60])
    with pytest.raises(rec.CorruptDataError, match="chunk 15"):
        y.compute(scheduler="synchronous")
    Path("q.rec").write_bytes(data[:-40])
    with pytest.raises(rec.CorruptDataError, match="end"):
        rd.open("q.rec", P)


@pytest.mark.parametrize(
    ("name", "chunks", "message"),
    [
        ("polar", (64, 4, 16), "chunks is .*; expected runs of elements in C order"),
        ("polar", (2, 8, 8), "chunks is .*; expected runs of elements in C order"),
        ("blocks", (1, 1, 8), "expected runs .* the last axis whole"),
        ("polar", (3, 3), "chunks is .*; expected chunks of shape"),
    ],
)
def test_chunks_that_are_no_runs(name: str, chunks: Any, message: str) -> None:
    container(**CODECS[name])
    with pytest.raises(rec.ParameterError, match=message):
        rd.open("q.rec", P, chunks=chunks)


def test_wrong_arguments() -> None:
    container(codec=rec.ADStar(1))
    with pytest.raises(rec.ParameterError, match=r"shape of proposal is \(5,\); expected one that"):
        rd.open("q.rec", rec.Normal(np.zeros(5), 1.0))
    with pytest.raises(rec.ParameterError, match="distribution is 'normal'"):
        rd.open("q.rec", "normal")
    with pytest.raises(FileNotFoundError):
        rd.open("none.rec", P)
    Path("x.rec").write_bytes(b"nothing of the kind")
    with pytest.raises(rec.CorruptDataError, match="not an astar_rec container"):
        rd.open("x.rec", P)
