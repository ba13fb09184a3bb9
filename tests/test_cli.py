"""The command line: what it writes is the library's, and failures leave one line and no file."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import pickle
import re
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

import astar_rec as rec
from astar_rec._files import whole_file

pytest.importorskip("click", reason="the extra `cli` is not installed")

from click.testing import CliRunner

from astar_rec.cli.commands import astar_rec
from astar_rec.planner import plan_for
from command import COMMAND, fail, names, posix, read_until, run, start_on_a_terminal, succeed
from words import compress


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def targets():
    rng = np.random.default_rng(5)
    return {"loc": rng.normal(size=(30, 20)), "scale": np.full((30, 1), 0.2)}


# --- Round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"method": "as", "seed": 9},
        {"block": 4},
        {"method": "dad", "depth": 6},
        {"method": "dad", "depth": 20, "block": 4},
        {"method": "mrc", "candidates": 60},
        {"method": "mrc", "candidates": 60, "block": 2},
        {"method": "orc", "candidates": 60, "block": 40},
        {"method": "ppr", "alpha": 1.5},
        {"method": "grc"},
        {"method": "hybrid", "candidates": 60, "halvings": 1},
        {"method": "hybrid", "candidates": 6, "halvings": 2, "block": 20},
        {"method": "global", "max_samples": 50, "threads": 1},
        {"max_steps": 3, "contexts": "column", "chunk": 64},
        {"block": 2, "bits_hint": "none"},
        {"block": 1, "code": "tree"},
        {"contexts": "column"},
        {"method": "polar"},
        {"method": "polar", "contexts": "column"},
        {"method": "polar", "block": 100, "chunk": 2, "threads": 1},
    ],
)
@pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")
def test_round_trip_is_the_librarys(targets, keywords, monkeypatch):
    # Of the Poisson private representation the sender's own seed
    monkeypatch.setattr(secrets, "randbelow", lambda limit: limit // 3)
    np.savez("q.npz", **targets)
    keywords = {"seed": 3, **keywords}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in keywords.items()]
    said = succeed("encode", "q.npz", "-o", "q.rec", *options)
    data = Path("q.rec").read_bytes()
    q, p = rec.Normal(**targets), rec.Normal(0.0, 1.0)
    own = dict(keywords)
    own.pop("bits_hint", None)  # no column of these differs from the others by a bit
    if set(own) <= {"seed", "contexts"}:
        contexts = own.get("contexts")
        made = plan_for(q, p, seed=3, contexts=20 if contexts else 0)
        expected = rec.compress(q, p, codec=made.codec, code=made.code, contexts=contexts)
    else:
        if not {"method", "block"} & own.keys():
            chosen = rec.automatic_codec(q, p, seed=3)
            assert chosen.block > 1
            own["block"] = chosen.block
        expected = compress(q, p, **own)
    assert data == expected
    assert f"{len(data)} bytes" in said
    assert f"{rec.kl_bits(q, p).mean():.3f}" in said

    succeed("decode", "q.rec", "-o", "x.npy")
    samples = np.load("x.npy", allow_pickle=False)
    assert samples.dtype == np.float64
    assert samples.shape == (30, 20)
    assert samples.tobytes() == rec.decompress(data, p).tobytes()

    assert succeed("inspect", "q.rec") == f"{rec.inspect(data)}\n"


def test_a_proposal_of_ones_own(targets):
    shared = {"loc": np.linspace(-1, 1, 20), "scale": np.array(3.0)}
    np.savez("q.npz", **targets, **{f"proposal_{name}": array for name, array in shared.items()})
    np.savez_compressed("p.npz", **shared)
    succeed("encode", "q.npz", "-o", "q.rec", "--seed=7")
    succeed("decode", "q.rec", "-o", "x.npy", "--proposal", "p.npz")
    q, p = rec.Normal(**targets), rec.Normal(**shared)
    chosen = rec.plan(q, p, seed=7)
    data = rec.compress(q, p, codec=chosen.codec, code=chosen.code)
    assert Path("q.rec").read_bytes() == data
    assert np.load("x.npy").tobytes() == rec.decompress(data, p).tobytes()


def test_plan_is_the_librarys(targets):
    np.savez("q.npz", **targets)
    q, p = rec.Normal(**targets), rec.Normal(0.0, 1.0)
    assert succeed("plan", "q.npz") == f"{rec.plan(q, p)}\n"
    said = succeed("plan", "q.npz", "--time=0.5", "--random-access")
    assert said == f"{rec.plan(q, p, time=5e-7, random_access=True)}\n"
    assert "time is 0.0; expected a number of seconds above 0" in fail("plan", "q.npz", "--time=0")


def test_a_fresh_seed_each_time(targets):
    np.savez("q.npz", **targets)
    seeds = set()
    for _ in range(3):
        succeed("encode", "q.npz", "-o", "q.rec")
        with rec.Reader("q.rec") as reader:
            seeds.add(reader.codec.seed)
    assert len(seeds) == 3


def test_every_method_is_a_choice():
    said = succeed("encode", "--help")
    own = [kind for kind in rec.codecs.methods() if kind.__module__.startswith("astar_rec.")]
    for method in own:
        assert re.search(rf"[\[|]{method.name}[|\]]", said)
        for limit in method.limits:
            assert f"--{limit.replace('_', '-')}" in said
    assert "*" not in said


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_scalars_and_nothing_at_all(shape):
    np.savez("q.npz", loc=np.zeros(shape), scale=0.5)
    succeed("encode", "q.npz", "-o", "q.rec")
    succeed("inspect", "q.rec")
    succeed("decode", "q.rec", "-o", "x.npy")
    assert np.load("x.npy").shape == shape


def test_the_installed_program():
    np.savez("q.npz", loc=[0.5, -0.5], scale=0.1)
    encode = subprocess.run([*COMMAND, "encode", "q.npz", "-o", "q.rec"], capture_output=True)
    assert encode.returncode == 0
    assert encode.stderr == b""  # no progress bar but on a terminal
    decode = subprocess.run([*COMMAND, "decode", "q.rec", "-o", "x"], capture_output=True)
    assert decode.returncode == 0
    assert decode.stderr == b""
    assert np.load("x").shape == (2,)
    failed = subprocess.run([*COMMAND, "inspect", "x"], capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("Error: x: not an astar_rec container")
    assert failed.stderr.count("\n") == 1


def test_version_and_help():
    assert succeed("--version") == f"astar-rec {rec.__version__}\n"


def test_it_is_a_module_that_runs():
    command = [sys.executable, "-m", "astar_rec", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"astar-rec {rec.__version__}\n"
    for command in ("encode", "decode", "inspect", "demo", "experiments"):
        assert command in succeed("--help")
        # A terminal need not know more than ASCII.
        assert succeed(command, "--help").isascii()


@pytest.mark.parametrize("module", ["click", "PIL"])
def test_without_the_extra(module):
    program = f"import sys; sys.modules[{module!r}] = None; from astar_rec.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "demo"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'astar_rec[cli]'" in done.stderr
    assert done.stderr.count("\n") == 1


# --- Families ------------------------------------------------------------------------------------

MASSES = [[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]
FAMILIES = {
    "Normal": (rec.Normal([0.5, -0.5], 0.25), rec.Normal(0.25, 2.0), "ad"),
    "Laplace": (rec.Laplace([0.5, -0.5], 0.25), rec.Laplace(0.0, 2.0), "ad"),
    "Laplace, normal": (rec.Laplace([0.5, -0.5], 0.25), None, "as"),
    "Logistic": (rec.Logistic([0.5, -0.5], 0.25), rec.Logistic(0.25, 1.0), "ad"),
    "Uniform": (rec.Uniform([0.25, -0.5], [0.5, 0.5]), rec.Uniform(-1.0, 1.0), "ad"),
    "Histogram": (rec.Histogram([-1.0, 0.0, 0.5, 1.0], MASSES), None, "ad"),
    "Mixture": (rec.Mixture([0.5, 0.5], [[0.0, 1.0], [-1.0, 0.0]], 0.25), None, "polar"),
    "Categorical": (rec.Categorical(MASSES), rec.Categorical([0.25, 0.5, 0.25]), "polar"),
}


def arrays_of(distribution, prefix=""):
    kind = type(distribution)
    arrays = {prefix + each.name: getattr(distribution, each.name) for each in kind._declared}
    return arrays if kind is rec.Normal else {prefix + "family": kind.__name__.lower(), **arrays}


@pytest.mark.parametrize("case", FAMILIES)
def test_every_family(case):
    q, p, method = FAMILIES[case]
    shared = {} if p is None else arrays_of(p, "proposal_")
    np.savez("q.npz", **arrays_of(q), **shared)
    succeed("encode", "q.npz", "-o", "q.rec", "--seed", "5", "--method", method)
    more = []
    if p is not None:
        np.savez("p.npz", **arrays_of(p))
        more = ["--proposal", "p.npz"]
    succeed("decode", "q.rec", "-o", "x.npy", *more)
    codec = rec.inspect("q.rec").codec
    expected = codec.encode(q, rec.Normal(0.0, 1.0) if p is None else p).sample
    assert np.array_equal(np.load("x.npy"), expected)
    succeed("plan", "q.npz")


def test_families_that_are_none():
    for name, value in (
        ("family", "cauchy"),
        ("family", 3.0),
        ("proposal_family", ["normal", "x"]),
    ):
        np.savez("q.npz", loc=0.0, scale=1.0, **{name: value})
        line = fail("encode", "q.npz", "-o", "q.rec")
        assert f"q.npz: {name} is " in line
        assert "expected one of Normal, Laplace, Logistic, Uniform" in line
    np.savez("q.npz", family="uniform", low=0.0)
    line = fail("encode", "q.npz", "-o", "q.rec")
    assert "no array 'high', it holds family, low; expected arrays low and high" in line


# --- Failures ------------------------------------------------------------------------------------


BAD_ARRAYS = {
    "no scale": ({"loc": 0.0, "mean": 1.0}, "no array 'scale', it holds loc, mean; expected"),
    "empty": ({}, "no array 'loc', it holds nothing; expected arrays loc and scale"),
    "objects": ({"loc": np.array([None, 1.0]), "scale": 1.0}, "not an .npz file of plain numbers"),
    "text": ({"loc": "a", "scale": 1.0}, "expected real numbers"),
    "negative": ({"loc": 0.0, "scale": [[1.0, -2.0]]}, "scale at [0, 1] is -2.0; expected"),
    "nan": ({"loc": [np.nan], "scale": 1.0}, "loc at [0] is nan; expected a finite number"),
    "shapes": ({"loc": np.zeros(3), "scale": np.ones(2)}, "shape of scale is (2,); expected"),
    "half a proposal": (
        {"loc": 0.0, "scale": 1.0, "proposal_loc": 0.0},
        "proposal_loc alone; expected both proposal_loc and proposal_scale",
    ),
    "bad proposal": (
        {"loc": 0.0, "scale": 1.0, "proposal_loc": 0.0, "proposal_scale": 0.0},
        "q.npz, proposal: scale is 0.0; expected a positive number",
    ),
    "against the proposal": (
        {"loc": np.zeros(3), "scale": 1.0, "proposal_loc": np.zeros(2), "proposal_scale": 1.0},
        "expected one that broadcasts with",
    ),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_arrays_that_cannot_be_encoded(case):
    arrays, message = BAD_ARRAYS[case]
    np.savez("q.npz", **arrays)
    line = fail("encode", "q.npz", "-o", "q.rec")
    assert message in line
    assert "q.npz" in line
    assert names() == ["q.npz"]


@pytest.mark.parametrize("options", [[], ["--method", "as"], ["--method", "polar"]], ids=str)
def test_arrays_of_which_elements_are_out_of_reach(options):
    np.savez("q.npz", loc=[0.0, 1e6], scale=1e-3)
    succeed("encode", "q.npz", "-o", "q.rec", *options)
    succeed("decode", "q.rec", "-o", "x.npy")
    assert np.abs(np.load("x.npy") - [0.0, 1e6]).max() < 1e-2


def _truncated() -> bytes:
    np.savez_compressed("whole.npz", loc=np.arange(1000.0), scale=1.0)
    whole = Path("whole.npz").read_bytes()
    Path("whole.npz").unlink()
    return whole[:60] + bytes(100) + whole[160:]


BAD_FILES = {
    "empty": lambda: b"",
    "garbage": lambda: bytes(range(256)),
    "like a zip": lambda: b"PK\x03\x04" + bytes(100),
    "pickled": lambda: pickle.dumps({"loc": 0.0, "scale": 1.0}),
    "damaged": _truncated,
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_files_that_are_no_arrays(case):
    content = BAD_FILES[case]()
    np.savez("p.npz", loc=0.0, scale=1.0)
    succeed("encode", "p.npz", "-o", "q.rec")
    Path("bad.npz").write_bytes(content)
    for command in (
        ("encode", "bad.npz", "-o", "out"),
        ("decode", "q.rec", "--proposal", "bad.npz", "-o", "out"),
    ):
        line = fail(*command)
        assert line.startswith("Error: bad.npz: not an .npz file")
        assert "expected arrays loc and scale" in line
    assert not Path("out").exists()


def test_a_single_array():
    np.save("q.npy", np.zeros(3))
    assert "a single array, not an .npz file" in fail("plan", "q.npy")
    line = fail("encode", "q.npy", "-o", "q.rec")
    assert line.startswith("Error: q.npy: float64 of shape (3,); expected numbers of shape (2, …)")


def test_containers_that_cannot_be_decoded(targets):
    np.savez("q.npz", **targets)
    succeed("encode", "q.npz", "-o", "q.rec")
    data = Path("q.rec").read_bytes()
    middle = len(data) // 2
    Path("flipped").write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    Path("short").write_bytes(data[:-1])
    for name, message in (("flipped", "checksum"), ("short", "end"), ("q.npz", "A*RC")):
        for command in (("decode", name, "-o", "x.npy"), ("inspect", name)):
            line = fail(*command)
            assert line.startswith(f"Error: {name}: ")
            assert message in line
    np.savez("p.npz", loc=np.zeros((2, 30, 20)), scale=1.0)
    assert "shape of proposal" in fail("decode", "q.rec", "-o", "x.npy", "--proposal", "p.npz")
    assert not Path("x.npy").exists()


def test_files_that_are_not_there(folder):
    missing = "No such file or directory"
    assert f"none: {missing}" in fail("encode", "none", "-o", "out")
    assert f"none: {missing}" in fail("decode", "none", "-o", "out")
    assert f"none: {missing}" in fail("inspect", "none")
    assert missing in fail("inspect", folder / "none" / "none")
    fail("inspect", folder)


def test_outputs_that_cannot_be_written(folder):
    np.savez("q.npz", loc=0.0, scale=1.0)
    before = Path("q.npz").read_bytes()
    assert "none: No such file" in fail("encode", "q.npz", "-o", folder / "none" / "q.rec")
    fail("encode", "q.npz", "-o", folder)
    assert "replace the input" in fail("encode", "q.npz", "-o", "q.npz")
    assert Path("q.npz").read_bytes() == before
    fail("demo", "--output", "q.npz")
    assert names() == ["q.npz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method=dad"], "--depth is None; expected the largest depth, 0 to 63"),
        (["--method=dad", "--depth=64"], "--depth is 64; expected an integer from 0 to 63"),
        (["--depth=5"], "--depth is 5; expected none, with method ad"),
        (["--max-samples=5"], "--max-samples is 5; expected none, with method ad"),
        (["--method=mrc"], "--candidates is None; expected how many samples"),
        (["--method=mrc", "--candidates=0"], "--candidates is 0; expected an integer from 1"),
        (["--method=as", "--block=2"], "--block is 2; expected 1, with method as"),
        (["--method=global", "--max-samples=0"], "--max-samples is 0; expected an integer from 1"),
        (["--seed=-1"], "--seed is -1; expected an integer from 0"),
        (["--threads=0"], "--threads is 0; expected an integer from 1"),
    ],
)
def test_options_that_do_not_fit(options, message):
    np.savez("q.npz", loc=0.0, scale=1.0)
    assert message in fail("encode", "q.npz", "-o", "q.rec", *options, status=2)
    assert not Path("q.rec").exists()


@pytest.mark.parametrize(
    "arguments",
    [["encode"], ["encode", "q.npz"], ["encode", "q", "-o", "r", "--method=a"], ["nothing"]],
)
def test_wrong_usage(arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device():
    np.savez("q.npz", loc=0.0, scale=1.0)
    assert "No space left" in fail("encode", "q.npz", "-o", "/dev/full")


# --- Whole files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_all_as_it_was(old, error):
    if old is not None:
        Path("out").write_bytes(old)
    before = names()

    def write():
        with whole_file("out") as file:
            file.write(b"new")
            file.flush()
            assert old is None or Path("out").read_bytes() == old
            raise error

    with pytest.raises(type(error)):
        write()
    assert names() == before
    assert old is None or Path("out").read_bytes() == old


def test_outputs_replace_what_was_there():
    np.savez("q.npz", loc=0.0, scale=1.0)
    Path("q.rec").write_bytes(b"old")
    succeed("encode", "q.npz", "-o", "q.rec")
    assert rec.inspect(Path("q.rec").read_bytes()).shape == ()
    assert names() == ["q.npz", "q.rec"]


@posix
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o000])
def test_permissions_are_those_of_an_ordinary_file(umask):
    np.savez("q.npz", loc=0.0, scale=1.0)
    Path("replaced").touch()
    Path("replaced").chmod(0o604)
    before = os.umask(umask)
    try:
        for name in ("new", "replaced"):
            succeed("encode", "q.npz", "-o", name)
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("new").stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(Path("replaced").stat().st_mode) == 0o604


@posix
def test_links_and_devices_stay_what_they_are():
    np.savez("q.npz", loc=0.0, scale=1.0)
    Path("link").symlink_to("file")
    for _ in range(2):
        succeed("encode", "q.npz", "-o", "link")
        assert Path("link").is_symlink()
        assert rec.inspect(Path("file").read_bytes()).shape == ()
    succeed("encode", "q.npz", "-o", os.devnull)
    assert Path(os.devnull).is_char_device()


# --- On a terminal -------------------------------------------------------------------------------


@posix
def test_progress_on_a_terminal():
    np.savez("q.npz", loc=np.zeros(300_000), scale=0.5)
    for arguments, label in (
        (("encode", "q.npz", "-o", "q.rec"), b"encoding"),
        (("decode", "q.rec", "-o", "x.npy"), b"decoding"),
    ):
        process, terminal = start_on_a_terminal(*arguments)
        seen = read_until(terminal)
        os.close(terminal)
        said, _ = process.communicate()
        assert process.returncode == 0
        assert label in seen
        assert b"100%" in seen
        assert b"%" not in said


@posix
@pytest.mark.parametrize(
    "options",
    [["--block=1"], ["--block=4"], [], ["--method=polar"], ["--method=mrc", "--candidates=9"]],
    ids=str,
)
def test_progress_of_nothing_on_a_terminal(options):
    np.savez("q.npz", loc=np.zeros((0, 8)), scale=1.0)
    for arguments in (
        ("encode", "q.npz", "-o", "q.rec", *options),
        ("decode", "q.rec", "-o", "x.npy"),
    ):
        process, terminal = start_on_a_terminal(*arguments)
        seen = read_until(terminal)
        os.close(terminal)
        process.communicate()
        assert process.returncode == 0, seen
    assert np.load("x.npy").shape == (0, 8)


@posix
@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_long_encode_can_be_stopped(name, old):
    # Hours of work: each element takes its fifty million samples.
    np.savez("q.npz", loc=np.full(10_000, 3.7), scale=0.05)
    if old is not None:
        Path("q.rec").write_bytes(old)
    before = names()
    many = ("--method=global", "--max-samples=50000000")
    process, terminal = start_on_a_terminal("encode", "q.npz", "-o", "q.rec", *many)
    try:
        read_until(terminal, b"encoding")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.Signals[name])
        process.wait(10)
        seen = read_until(terminal)
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)
    if name == "SIGINT":
        assert process.returncode == 1
        assert b"Aborted!" in seen
    assert b"Traceback" not in seen
    assert names() == before
    assert old is None or Path("q.rec").read_bytes() == old


# --- For programs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [(), ("--method=polar",), ("--contexts=column", "--block=2"), ("--contexts=column",)]
)
def test_inspection_as_json(targets, options):
    np.savez("q.npz", **targets)
    np.savez("none.npz", loc=np.zeros((0, 4)), scale=1.0)
    succeed("encode", "q.npz", "-o", "q.rec", *options)
    found, info = json.loads(succeed("inspect", "q.rec", "--json")), rec.inspect("q.rec")
    assert list(found) == [field.name for field in dataclasses.fields(info)]
    assert found["shape"] == [30, 20]
    assert found["bits"] == info.bits
    assert found["parts"] == info.parts
    assert found["total_bits"] == 8 * Path("q.rec").stat().st_size
    assert (found["method"], found["codec"]) == (info.method, str(info.codec))
    assert (found["dtype"], found["kl_bits"]) == ("float64", None)
    succeed("encode", "none.npz", "-o", "none.rec", *options)
    assert json.loads(succeed("inspect", "none.rec", "--json"))["mean_depth"] is None


# --- Pipes and standard streams ------------------------------------------------------------------


def pipe(*arguments, data=b"", status=0, **options):
    """Runs the program with bytes on its standard input; returns its outputs, both bytes."""
    done = subprocess.run([*COMMAND, *arguments], input=data, capture_output=True, **options)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_standard_streams(targets):
    np.savez("q.npz", **targets)
    np.savez("p.npz", loc=0.0, scale=1.0)
    arrays = Path("q.npz").read_bytes()
    data, said = pipe("encode", "-", "-o", "-", "--seed=1", data=arrays)
    assert said.startswith(b"standard output: samples of shape (30, 20)")
    succeed("encode", "q.npz", "-o", "q.rec", "--seed=1")
    assert data == Path("q.rec").read_bytes()
    x, said = pipe("decode", "-", "-o", "-", data=data)
    assert said == b"standard output: samples of shape (30, 20)\n"
    np.testing.assert_array_equal(np.load(io.BytesIO(x)), rec.decompress(data, rec.Normal(0, 1)))
    command = ("decode", "q.rec", "--proposal", "-", "-o", "-")
    assert pipe(*command, data=Path("p.npz").read_bytes())[0] == x
    for name, given in (("inspect", data), ("plan", arrays)):
        file = {"inspect": "q.rec", "plan": "q.npz"}[name]
        assert pipe(name, "-", data=given) == (succeed(name, file).encode(), b"")
    assert names() == ["p.npz", "q.npz", "q.rec"]


def test_a_file_that_is_called_as_the_standard_streams(targets):
    np.savez("q.npz", **targets)
    succeed("encode", "q.npz", "-o", "./-")
    assert names() == ["-", "q.npz"]
    assert "(30, 20)" in succeed("inspect", "./-")


def test_failures_on_standard_streams():
    for name in ("encode", "plan"):
        output = ("-o", "-") if name == "encode" else ()
        out, said = pipe(name, "-", *output, data=b"no arrays", status=1)
        assert out == b""
        assert said.startswith(b"Error: standard input: not an .npz file")
    out, said = pipe("decode", "-", "-o", "-", data=b"nothing", status=1)
    assert out == b""
    assert said.startswith(b"Error: standard input: ")
    command = ("decode", "-", "--proposal=-", "-o", "x.npy")
    assert pipe(*command, status=2) == (
        b"",
        b"Error: '-' is given for two inputs; expected it once\n",
    )
    assert names() == []


@posix
def test_named_pipes(targets):
    np.savez("q.npz", **targets)
    succeed("encode", "q.npz", "-o", "q.rec", "--seed=1")
    expected = rec.decompress("q.rec", rec.Normal(0, 1))
    for name in ("in", "out", "in.rec"):
        os.mkfifo(name)
    command = [*COMMAND, "encode", "in", "-o", "out", "--seed=1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        Path("in").write_bytes(Path("q.npz").read_bytes())
        assert Path("out").read_bytes() == Path("q.rec").read_bytes()
    assert process.returncode == 0
    # NumPy takes what has a number for a file that can be sought in.
    with subprocess.Popen([*COMMAND, "decode", "in.rec", "-o", "out"], stdout=subprocess.DEVNULL):
        Path("in.rec").write_bytes(Path("q.rec").read_bytes())
        np.testing.assert_array_equal(np.load(io.BytesIO(Path("out").read_bytes())), expected)
    writer = threading.Thread(target=lambda: Path("in.rec").write_bytes(Path("q.rec").read_bytes()))
    writer.start()
    with rec.Reader("in.rec") as reader:
        np.testing.assert_array_equal(reader.read(rec.Normal(0, 1)), expected)
    writer.join()
    assert names() == ["in", "in.rec", "out", "q.npz", "q.rec"]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="there is no /dev/stdout")
def test_the_systems_names_of_streams(targets):
    np.savez("q.npz", **targets)
    succeed("encode", "q.npz", "-o", "q.rec", "--seed=1")
    data, said = pipe("encode", "q.npz", "-o", "/dev/stdout", "--seed=1")
    assert data == Path("q.rec").read_bytes()
    assert b"/dev/stdout: samples of shape" in said
    x, _ = pipe("decode", "/dev/stdin", "-o", "/dev/stdout", data=data)
    np.testing.assert_array_equal(np.load(io.BytesIO(x)), rec.decompress(data, rec.Normal(0, 1)))
    ours, theirs = os.pipe()  # as a shell's process substitution has them
    with os.fdopen(ours, "rb") as end:
        out, _ = pipe("encode", "q.npz", "-o", f"/dev/fd/{theirs}", "--seed=1", pass_fds=[theirs])
        os.close(theirs)
        assert end.read() == data
    assert b"samples of shape" in out


@posix
def test_a_terminal_takes_no_container(targets):
    np.savez("q.npz", **targets)
    ours, theirs = os.openpty()
    command = [*COMMAND, "encode", "q.npz", "-o", "-"]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        _, said = process.communicate()
    os.close(ours)
    assert process.returncode == 1
    assert said.startswith(b"Error: standard output is a terminal")


@posix
def test_names_that_the_streams_encoding_lacks(targets):
    np.savez("q.npz", **targets)
    for name, encoding, said in (
        (b"\xff.rec", "utf-8:strict", rb"\udcff.rec: samples"),
        ("ü.rec".encode(), "ascii:strict", rb"\xfc.rec: samples"),
    ):
        strict = os.environ | {"PYTHONIOENCODING": encoding}
        assert pipe("encode", "q.npz", "-o", name, env=strict)[0].startswith(said)
        assert b"(30, 20)" in pipe("inspect", name, env=strict)[0]


# --- Files that cannot be replaced ---------------------------------------------------------------


def test_a_mounted_file_is_filled(targets, monkeypatch):
    def busy(source, _):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), source)

    np.savez("q.npz", **targets)
    Path("q.rec").write_bytes(b"old" * 10_000)
    node = Path("q.rec").stat().st_ino
    monkeypatch.setattr(os, "replace", busy)
    monkeypatch.setattr(os, "rename", busy)
    succeed("encode", "q.npz", "-o", "q.rec")
    assert rec.decompress("q.rec", rec.Normal(0, 1)).shape == (30, 20)
    assert Path("q.rec").stat().st_ino == node
    assert "busy" in fail("encode", "q.npz", "-o", "new.rec")
    assert names() == ["q.npz", "q.rec"]


@posix
def test_a_file_in_a_folder_that_is_closed():
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "q.rec", Path(folder) / "other"
        path.write_bytes(b"old")
        path.chmod(0o666)
        Path(folder).chmod(0o555)
        everything = os.geteuid() == 0  # who may write to any folder
        try:
            if everything:
                os.seteuid(65534)
            with whole_file(path) as file:
                file.write(b"new")
            assert path.read_bytes() == b"new"
            with pytest.raises(TypeError), whole_file(path) as file:
                file.writelines([b"newer", None])
            assert path.read_bytes() == b"new"
            with pytest.raises(PermissionError), whole_file(other):
                pass
        finally:
            if everything:
                os.seteuid(0)
            Path(folder).chmod(0o755)
        assert [each.name for each in Path(folder).iterdir()] == ["q.rec"]


# --- Damage and budgets --------------------------------------------------------------------------


def test_what_is_left_of_a_damaged_container(targets):
    np.savez("q.npz", **targets)
    succeed("encode", "q.npz", "-o", "q.rec", "--chunk=16", "--block=1")
    data = bytearray(Path("q.rec").read_bytes())
    data[len(data) // 2] ^= 1
    Path("q.rec").write_bytes(data)
    assert "q.rec" in fail("decode", "q.rec", "-o", "x.npy")
    result = CliRunner().invoke(
        astar_rec, ["decode", "q.rec", "-o", "x.npy", "--on-corrupt=skip"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "16 of them are missing" in result.output
    assert np.isnan(np.load("x.npy")).sum() == 16


def test_cut_searches_are_said(targets):
    np.savez("q.npz", **targets)
    result = CliRunner().invoke(
        astar_rec, ["encode", "q.npz", "-o", "q.rec", "--max-steps=1"], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "searches were cut" in result.output


@pytest.mark.parametrize("options", [["--method=ad", "--block=8"], ["--method=ad"], []])
def test_doubts_of_blocks(options):
    wide = {"loc": np.linspace(-0.1, 0.1, 800).reshape(100, 8), "scale": np.full((100, 8), 1.04)}
    np.savez("q.npz", **wide)
    said = succeed("encode", "q.npz", "-o", "q.rec", "--within=1e-4", "--seed=1", *options)
    assert "block 8" in said
    succeed("decode", "q.rec", "-o", "x.npy")
    assert np.load("x.npy").shape == (100, 8)
    assert "--within is 2.0" in fail(
        "encode", "q.npz", "-o", "q.rec", "--within=2", *options, status=2
    )
