"""Arrays of dask: the bytes of one pass, by every scheduler, whatever the arrays' chunks are."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Iterator

dask = pytest.importorskip("dask", reason="astar_rec.dask needs dask")

import dask.array as da  # noqa: E402

import astar_rec.dask as rd  # noqa: E402

P = rec.Normal(0.0, 1.0)
POLAR = rec.PolarCoding(3, block=1 << 10)
RNG = np.random.default_rng(5)
LOC, SCALE = RNG.normal(size=(60, 50, 4)) * 0.9, np.exp(RNG.normal(size=4) * 0.2 - 1.2)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lazy(chunks: Any) -> Any:
    return rd.Normal(da.from_array(LOC, chunks), SCALE)


def whole(**words: Any) -> bytes:
    return rec.compress(rec.Normal(LOC, SCALE), P, **words)


def written(q: Any, p: Any = P, scheduler: Any = "synchronous", **words: Any) -> bytes:
    size = rd.compress(q, p, "q.rec", scheduler=scheduler, task_elements=3000, **words)
    data = Path("q.rec").read_bytes()
    assert len(data) == size
    return data


# --- The same bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chunks",
    [(60, 50, 4), (7, 50, 4), (60, 50, 1), (11, 13, 3), (1, 50, 4), ((1, 19, 40), (50,), (2, 2))],
    ids=str,
)
@pytest.mark.parametrize(
    "words",
    [
        {"codec": POLAR},
        {"codec": rec.ADStar(3, 4), "chunk": 64},
        {"codec": rec.ADStar(3), "contexts": "column", "dtype": "float32", "offset": 5},
        {"codec": POLAR, "contexts": "column"},
    ],
    ids=["polar", "blocks", "columns", "polar, columns"],
)
def test_the_bytes_of_one_pass(chunks: Any, words: dict[str, Any]) -> None:
    assert written(lazy(chunks), **words) == whole(**words)


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_by_schedulers_of_one_machine(scheduler: str) -> None:
    assert written(lazy((20, 50, 4)), scheduler=scheduler, codec=POLAR) == whole(codec=POLAR)


def test_proposals_that_are_lazy() -> None:
    shared = np.linspace(0.9, 1.1, 50)[:, None]
    p = rd.Normal(0.0, da.from_array(shared, (20, 1)))
    expected = rec.compress(rec.Normal(LOC, SCALE), rec.Normal(0.0, shared), codec=POLAR)
    assert written(lazy((20, 50, 4)), p, codec=POLAR) == expected
    x = rd.open("q.rec", p, chunks=(20, 50, 4))
    assert np.array_equal(x.compute(), rec.decompress(expected, rec.Normal(0.0, shared)))


@pytest.mark.parametrize("family", ["Laplace", "Logistic", "Uniform", "Mixture", "Histogram"])
def test_every_family(family: str) -> None:
    shares = da.from_array(np.abs(LOC) + 0.1, (20, 20, 4))
    q, p = {
        "Laplace": (rd.Laplace(shares, 0.2), rec.Laplace(0.0, 1.0)),
        "Logistic": (rd.Logistic(shares, 0.2), rec.Logistic(0.0, 1.0)),
        "Uniform": (rd.Uniform(0.0, shares), rec.Uniform(-1.0, 6.0)),
        "Mixture": (rd.Mixture(shares, [0.0, 1.0, 2.0, 3.0], 0.3), rec.Normal(0.0, 2.0)),
        "Histogram": (rd.Histogram([0.0, 1.0, 2.0, 3.0, 4.0], shares), rec.Uniform(0.0, 4.0)),
    }[family]
    own = q.family(*(np.asarray(array) for array in q.arrays))
    assert written(q, p, codec=POLAR) == rec.compress(own, p, codec=POLAR)


@pytest.mark.parametrize("shape", [(), (0, 4), (1,)], ids=str)
def test_small_shapes(shape: tuple[int, ...]) -> None:
    loc = np.zeros(shape)
    expected = rec.compress(rec.Normal(loc, 0.5), P, codec=rec.ADStar(1))
    assert written(rd.Normal(da.from_array(loc), 0.5), codec=rec.ADStar(1)) == expected
    x = rd.open("q.rec", P)
    assert x.shape == shape
    assert np.array_equal(x.compute(), rec.decompress(expected, P))


def test_without_a_codec_there_is_a_fresh_seed_each_time() -> None:
    first, second = (written(lazy((60, 50, 4))) for _ in range(2))
    assert first != second
    assert isinstance(rec.inspect(first).codec, rec.PolarCoding)


def test_arrays_of_other_libraries() -> None:
    expected = whole(codec=POLAR)
    np.save("loc.npy", LOC)
    mapped = np.load("loc.npy", mmap_mode="r")
    assert written(rd.Normal(mapped, SCALE), codec=POLAR, scheduler="processes") == expected
    assert written(rd.Normal(mapped[:], SCALE), codec=POLAR) == expected
    fortran = np.lib.format.open_memmap("f.npy", "w+", "<f8", LOC.shape, fortran_order=True)
    fortran[:] = LOC
    fortran.flush()
    assert written(rd.Normal(fortran, SCALE), codec=POLAR) == expected


def test_arrays_of_xarray() -> None:
    xarray = pytest.importorskip("xarray", reason="one of the libraries whose arrays are taken")
    for array in (LOC, da.from_array(LOC, (20, 50, 4))):
        loc = xarray.DataArray(array, dims=("x", "y", "z"))
        assert written(rd.Normal(loc, SCALE), codec=POLAR) == whole(codec=POLAR)


def test_arrays_of_zarr() -> None:
    zarr = pytest.importorskip("zarr", reason="one of the libraries whose arrays are taken")
    loc = zarr.open_array("loc.zarr", mode="w", shape=LOC.shape, chunks=(16, 16, 4), dtype="f8")
    loc[:] = LOC
    assert written(rd.Normal(loc, SCALE), codec=POLAR) == whole(codec=POLAR)


def test_searches_that_were_cut() -> None:
    codec = rec.ADStar(1, max_steps=2)
    with pytest.warns(rec.ApproximationWarning) as found:
        data = written(lazy((20, 50, 4)), codec=codec, chunk=1024)
    assert "searches were cut" in str(found[0].message)
    assert found[0].filename == __file__
    with pytest.warns(rec.ApproximationWarning):
        assert data == whole(codec=codec, chunk=1024)


# --- Parts ---------------------------------------------------------------------------------------


def test_a_folder_of_parts_is_the_container() -> None:
    size = rd.compress(lazy((20, 50, 4)), P, "parts", codec=POLAR, parts=True, task_elements=3000)
    names = sorted(Path("parts").iterdir())
    assert len(names) == 1 + 6  # a header, 12 chunks by 2
    assert b"".join(name.read_bytes() for name in names) == whole(codec=POLAR)
    assert rd.join("parts", "q.rec") == size
    assert Path("q.rec").read_bytes() == whole(codec=POLAR)
    assert np.array_equal(rd.open("parts", P).compute(), rec.decompress("q.rec", P))


def test_a_folder_in_an_object_store() -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    address = "memory://bucket/of/parts"
    try:
        words = {"codec": POLAR, "scheduler": "synchronous", "task_elements": 3000}
        rd.compress(lazy((20, 50, 4)), P, address, parts=True, **words)
        assert len(memory.ls("/bucket/of/parts")) == 7
        with pytest.raises(FileExistsError, match="there already"):
            rd.compress(lazy((20, 50, 4)), P, address, parts=True, **words)
        rd.join(address, "memory://bucket/of/q.rec")
        assert memory.cat_file("/bucket/of/q.rec") == whole(codec=POLAR)
        for place in (address, "memory://bucket/of/q.rec"):
            x = rd.open(place, P, chunks=(10, 50, 4)).compute(scheduler="synchronous")
            assert np.array_equal(x, rec.decompress(whole(codec=POLAR), P))
    finally:
        memory.rm("/bucket", recursive=True)


def test_parts_without_the_last_one_are_refused() -> None:
    rd.compress(lazy((20, 50, 4)), P, "parts", codec=POLAR, parts=True, task_elements=3000)
    (Path("parts") / "part-000000003.rec").unlink()
    with pytest.raises(rec.CorruptDataError, match="chunk 6 where chunk 4 should be"):
        rd.open("parts", P)
    (Path("parts") / "part-000000000.rec").unlink()
    with pytest.raises(rec.ParameterError, match="path is 'parts'; expected a container"):
        rd.open("parts", P)


def test_a_folder_that_workers_do_not_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astar_rec.dask.stores.Folder.put", lambda *_: None)
    words = {"codec": POLAR, "parts": True, "scheduler": "synchronous"}
    with pytest.raises(rec.ParameterError, match="expected a folder that this process and all"):
        rd.compress(lazy((20, 50, 4)), P, "parts", **words)
    assert not Path("parts").exists()


def test_what_fails_leaves_nothing() -> None:
    bad = LOC.copy()
    bad[59, 3, 2] = np.nan
    q = rd.Normal(da.from_array(bad, (20, 50, 4)), SCALE)
    for parts in (False, True):
        with pytest.raises(rec.ParameterError, match=r"loc at \[59, 3, 2\] is nan"):
            rd.compress(q, P, "q.rec", codec=POLAR, parts=parts, scheduler="synchronous")
        assert not list(Path().iterdir())


# --- Workers of their own ------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="the cluster's tests need it")
    words = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**words) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def dies_once(block: Any, folder: str) -> Any:
    """Kills the worker that computes it the first time."""
    try:
        (Path(folder) / "died").touch(exist_ok=False)
    except FileExistsError:
        return block
    return os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process as POSIX does")
@pytest.mark.filterwarnings("ignore")  # what a cluster says of a worker that is gone
@pytest.mark.parametrize("parts", [False, True])
def test_a_worker_is_killed_in_the_middle(cluster: Any, tmp_path: Path, parts: bool) -> None:
    loc = da.from_array(LOC, (10, 50, 4))
    deadly = loc[30:40].map_blocks(dies_once, str(tmp_path), dtype=float, meta=np.empty((0, 0, 0)))
    q = rd.Normal(da.concatenate([loc[:30], deadly, loc[40:]]), SCALE)
    before = set(cluster.scheduler_info(n_workers=-1)["workers"])
    place = str(tmp_path / "q.rec")
    rd.compress(q, P, place, codec=POLAR, parts=parts, task_elements=2048)
    assert (tmp_path / "died").exists()
    if parts:
        rd.join(place, tmp_path / "joined.rec")
        place = str(tmp_path / "joined.rec")
    assert Path(place).read_bytes() == whole(codec=POLAR)
    cluster.wait_for_workers(2, timeout=60)
    assert set(cluster.scheduler_info(n_workers=-1)["workers"]) != before
    x = rd.open(place, P, chunks=(10, 50, 4)).compute()
    assert np.array_equal(x, rec.decompress(place, P))


# --- Wrong arguments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"codec": "polar"}, "codec is 'polar'; expected a Codec"),
        ({"contexts": "given"}, "contexts is 'given'; expected None or \"column\""),
        ({"task_elements": 0}, "task_elements is 0; expected an integer from 1"),
        ({"chunk": 3}, "chunk is 3; expected a power of two"),
        ({"dtype": "int8"}, "dtype is 'int8'; expected float64 or float32"),
        ({"offset": -1}, "offset is -1; expected an integer from 0"),
        ({"code": rec.TreeCode()}, "code is TreeCode()"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_options(words: dict[str, Any], message: str) -> None:
    with pytest.raises(rec.ParameterError) as found:
        rd.compress(lazy((20, 50, 4)), P, "q.rec", **{"codec": POLAR, **words})
    assert str(found.value).startswith(message)
    assert not Path("q.rec").exists()


def test_wrong_distributions() -> None:
    with pytest.raises(rec.ParameterError, match="distribution is"):
        rd.compress(da.zeros(3), P, "q.rec")
    with pytest.raises(rec.ParameterError, match="dtype of scale is 'complex128'; expected real"):
        rd.Normal(da.zeros(3), da.ones(3, dtype=complex))
    unknown = da.from_array(LOC.reshape(-1), 100)
    with pytest.raises(rec.ParameterError, match=r"shape of loc is \(nan,\); expected a known one"):
        rd.Normal(unknown[unknown > 0], 1.0)
    with pytest.raises(rec.ParameterError, match="shape of scale"):
        rd.Normal(da.zeros((3, 4)), da.ones(5))
    with pytest.raises(rec.ParameterError, match="path is 3"):
        rd.compress(lazy((20, 50, 4)), P, 3)
    with pytest.raises(FileNotFoundError):
        rd.compress(lazy((20, 50, 4)), P, "no/such/folder.rec")
