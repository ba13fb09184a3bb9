"""``astar-rec encode`` of what is read piece by piece: .npy files and folders of zarr."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import astar_rec as rec

pytest.importorskip("click", reason="the extra `cli` is not installed")

from command import COMMAND, fail, succeed

P = rec.Normal(0.0, 1.0)
RNG = np.random.default_rng(8)
LOC, SCALE = RNG.normal(size=(300, 20)) * 0.9, np.exp(RNG.normal(size=(300, 20)) * 0.3 - 1)
BOTH = np.stack([LOC, SCALE])
Q = rec.Normal(LOC, SCALE)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def recoded(q: Any, p: Any = P) -> bytes:
    """What the library makes at once with the codec, code and chunk that the command chose."""
    chosen = rec.inspect("q.rec")
    with rec.Reader("q.rec") as reader:
        header = reader._header
    return rec.compress(
        q,
        p,
        codec=chosen.codec,
        code=header.code,
        chunk=header.chunk,
        contexts=None if header.contexts == "none" else header.contexts,
    )


OPTIONS = [
    [],
    ["--method=polar", "--block=512"],
    ["--method=ad", "--block=8", "--chunk=32"],
    ["--method=ad", "--chunk=32"],
    ["--contexts=column", "--block=1"],
    ["--contexts=column"],
    ["--method=polar", "--block=512", "--contexts=column"],
]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_npy(options: list[str], order: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astar_rec.cli.large._AT_ONCE", 1000)
    np.save("q.npy", np.asarray(BOTH, order=order))
    said = succeed("encode", "q.npy", "-o", "q.rec", "--seed=3", *options)
    data = Path("q.rec").read_bytes()
    assert f"samples of shape (300, 20) in {len(data)} bytes" in said
    assert f"KL divergence {rec.kl_bits(Q, P).mean():.3f}\n" in said
    assert data == recoded(Q)
    succeed("decode", "q.rec", "-o", "x.npy")
    assert np.array_equal(np.load("x.npy"), rec.decompress(data, P))


@pytest.mark.parametrize("shape", [(2,), (2, 0), (2, 0, 4), (2, 5)], ids=str)
def test_small_shapes(shape: tuple[int, ...]) -> None:
    np.save("q.npy", np.full(shape, 0.5, np.float32))
    succeed("encode", "q.npy", "-o", "q.rec")
    succeed("decode", "q.rec", "-o", "x.npy")
    assert np.load("x.npy").shape == shape[1:]


def test_npy_on_standard_output() -> None:
    np.save("q.npy", BOTH)
    done = subprocess.run([*COMMAND, "encode", "q.npy", "-o", "-"], capture_output=True)
    assert done.returncode == 0
    assert rec.decompress(done.stdout, P).shape == (300, 20)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), "float64 of shape (3, 4); expected numbers of shape (2, …)"),
        (np.zeros(()), "float64 of shape (); expected numbers of shape (2, …)"),
        (np.zeros((2, 3), complex), "complex128 of shape (2, 3); expected numbers"),
        (np.array([{}, {}]), "not an .npy file of plain numbers (object of shape (2,)"),
        (np.zeros((2, 3)), "scale at [0] is 0.0; expected a positive number"),
        (np.array([[0.0, 0.0], [1.0, np.nan]]), "scale at [1] is nan; expected a finite number"),
    ],
    ids=["three", "none", "complex", "objects", "zeros", "nan"],
)
def test_npy_files_that_are_none(array: Any, message: str) -> None:
    np.save("q.npy", array)
    assert fail("encode", "q.npy", "-o", "q.rec").startswith(f"Error: q.npy: {message}")
    assert not Path("q.rec").exists()


def test_npy_files_that_are_damaged() -> None:
    np.save("q.npy", BOTH)
    data = Path("q.npy").read_bytes()
    for cut in (len(data) - 1, 100, 12, 7):
        Path("q.npy").write_bytes(data[:cut])
        assert "not an .npy file of plain numbers" in fail("encode", "q.npy", "-o", "q.rec")
    Path("q.npy").write_bytes(data[:6] + b"\x09" + data[7:])
    assert "not an .npy file of plain numbers" in fail("encode", "q.npy", "-o", "q.rec")


MEMORY = """
import resource, sys
from astar_rec.cli import main
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    main()
finally:
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(after - before, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
def test_memory_is_that_of_a_piece() -> None:
    """Four times as many targets, which take 64 MB, need no more memory than these."""
    taken = []
    for rows in (1 << 21, 1 << 23):
        array = np.lib.format.open_memmap("q.npy", "w+", np.float32, (2, rows))
        array[0], array[1] = 0.1, 0.99
        del array
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, "encode", "q.npy", "-o", "q.rec", "--threads=2"],
            capture_output=True,
            text=True,
            check=True,
        )
        taken.append(int(done.stderr) >> 10)
    assert taken[1] < taken[0] + 32, taken


# --- Folders of zarr -----------------------------------------------------------------------------


def group(**arrays: Any) -> Any:
    zarr = pytest.importorskip("zarr", reason="folders of zarr need it")
    own = zarr.open_group("q.zarr", mode="w")
    for name, array in arrays.items():
        made = own.create_array(name, shape=array.shape, chunks=(100, 7)[: array.ndim] or "auto",
                                dtype=array.dtype)  # fmt: skip
        made[...] = array
    return own


def test_zarr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astar_rec.cli.large._AT_ONCE", 1000)
    monkeypatch.setattr("astar_rec.cli.arrays._SMALL", 100)
    shared = np.linspace(0.9, 1.1, 20)
    group(loc=LOC, scale=SCALE, proposal_loc=np.zeros(()), proposal_scale=shared)
    succeed("encode", "q.zarr", "-o", "q.rec", "--method=polar", "--block=512")
    p = rec.Normal(0.0, shared)
    assert Path("q.rec").read_bytes() == recoded(Q, p)
    np.savez("p.npz", loc=0.0, scale=shared)
    succeed("decode", "q.rec", "-o", "x.npy", "--proposal=p.npz")
    assert np.array_equal(np.load("x.npy"), rec.decompress("q.rec", p))


def test_zarr_of_other_families() -> None:
    own = group(loc=LOC, scale=SCALE, proposal_loc=np.zeros(()), proposal_scale=np.ones(()))
    own.attrs["family"], own.attrs["proposal_family"] = "laplace", "Laplace"
    succeed("encode", "q.zarr", "-o", "q.rec", "--method=polar", "--block=512")
    assert Path("q.rec").read_bytes() == recoded(rec.Laplace(LOC, SCALE), rec.Laplace(0.0, 1.0))


def test_folders_that_are_none() -> None:
    group(loc=LOC)
    assert "q.zarr: no array 'scale', it holds loc;" in fail("encode", "q.zarr", "-o", "q.rec")
    group(loc=LOC, scale=SCALE[:7])
    assert "q.zarr: shape of scale" in fail("encode", "q.zarr", "-o", "q.rec")
    Path("folder").mkdir()
    assert "folder: a folder, but no group of zarr" in fail("encode", "folder", "-o", "q.rec")


def test_folders_without_zarr() -> None:
    Path("folder").mkdir()
    program = "import sys; sys.modules['zarr'] = None; from astar_rec.cli import main; main()"
    command = [sys.executable, "-c", program, "encode", "folder", "-o", "q.rec"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "Error: folder: a folder, which needs zarr: pip install zarr\n"
