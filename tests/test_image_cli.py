"""The commands for images: what they write is the library's, and failures leave one line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import astar_rec as rec

pytest.importorskip("click", reason="the extra `cli` is not installed")
pytest.importorskip("constriction", reason="the extra `images` is not installed")
pytest.importorskip("threadpoolctl", reason="the extra `images` is not installed")
pytest.importorskip("PIL", reason="the extra `images` is not installed")

import click

from astar_rec import images
from astar_rec.images.files import read_images, write_images
from astar_rec.images.idx import write_idx
from astar_rec.images.weights import load_weights, save_weights
from command import COMMAND, fail, names, posix, read_until, run, start_on_a_terminal, succeed
from words import codec_of

SHIPPED = Path(images.__file__).parent.parent / "data" / "mnist.npz"

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="the weights are not there")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def codec():
    return images.load("mnist")


@pytest.fixture(scope="module")
def digits(codec):
    return codec.sample(12, seed=3)


@pytest.fixture
def file(digits):
    """The name of a file with images."""
    write_images("in.npy", digits)
    succeed("compress", "in.npy", "-o", "x.rec")
    return "x.rec"


# --- Round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"block": 1, "seed": 7, "chunk": 5, "threads": 1},
        {"method": "as"},
        {"method": "dad", "depth": 6},
        {"method": "global", "max_samples": 30},
        {"method": "mrc", "candidates": 40},
        {"method": "polar"},
        {"method": "polar", "block": 300, "chunk": 5},
        {"max_steps": 3},
    ],
)
def test_round_trip_is_the_librarys(codec, digits, keywords):
    write_images("in.npy", digits)
    keywords = {"seed": 5, **keywords}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in keywords.items()]
    said = succeed("compress", "in.npy", "-o", "x.rec", *options)
    data = Path("x.rec").read_bytes()
    own = {"block": 8, **keywords} if keywords.get("method", "ad") == "ad" else dict(keywords)
    chunk = own.pop("chunk", 256)
    assert data == codec.compress(digits, codec=codec_of(**own), chunk=chunk)
    rate = f"{8 * len(data) / digits.size:.4f} bits per pixel"
    assert said == f"x.rec: 12 images in {len(data)} bytes, {rate}\n"

    said = succeed("decompress", "x.rec", "-o", "out.npy")
    assert said == f"out.npy: 12 images from {len(data)} bytes, {rate}\n"
    assert read_images("out.npy").pixels.tobytes() == digits.tobytes()
    assert succeed("inspect", "x.rec") == f"{images.inspect(data)}\n"
    assert json.loads(succeed("inspect", "x.rec", "--json")) == vars(images.inspect(data))


@pytest.mark.parametrize("output", ["y.npy", "y.idx", "t10k-images-idx3-ubyte.gz", "y"])
def test_from_each_kind_to_each(digits, output):
    for number, source in enumerate(("in.npy", "in.gz", "in")):
        write_images(source, digits)
        packed, restored = f"{number}.rec", f"{number}-{output}"
        succeed("compress", source, "-o", packed)
        succeed("decompress", packed, "-o", restored)
        assert read_images(restored).pixels.tobytes() == digits.tobytes()


@pytest.mark.parametrize("kind", ["npy", "gz", "png"])
def test_standard_streams(digits, kind):
    digits = digits[:1]
    write_images(f"in.{kind}", digits)
    source = Path(f"in.{kind}").read_bytes()

    def piped(*arguments, data):
        done = subprocess.run(
            [*COMMAND, *arguments], input=data, stdout=subprocess.PIPE, check=True, timeout=60
        )
        return done.stdout

    data = piped("compress", "-", "-o", "-", data=source)
    assert images.inspect(data).images == 1
    assert piped("inspect", "-", data=data) == f"{images.inspect(data)}\n".encode()
    restored = np.load(io.BytesIO(piped("decompress", "-", "-o", "-", data=data)))
    assert restored.tobytes() == digits.tobytes()


@posix
def test_pipes(digits):
    write_images("in.npy", digits)
    source = Path("in.npy").read_bytes()
    for name in ("in", "out.rec", "out"):
        os.mkfifo(name)
    compressing = [*COMMAND, "compress", "in", "-o", "out.rec"]
    with subprocess.Popen(compressing, stdout=subprocess.DEVNULL):
        Path("in").write_bytes(source)
        data = Path("out.rec").read_bytes()
    with subprocess.Popen(
        [*COMMAND, "decompress", "-", "-o", "out"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        process.stdin.write(data)
        process.stdin.close()
        restored = np.load(io.BytesIO(Path("out").read_bytes()))
    assert restored.tobytes() == digits.tobytes()


def test_files_of_another_kind_name_the_other_command(digits):
    write_images("in.npy", digits)
    write_images("in.png", digits[:1])
    write_images("in.idx", digits)
    np.savez("q.npz", loc=np.zeros(20), scale=0.5)
    succeed("compress", "in.npy", "-o", "images.rec")
    succeed("encode", "q.npz", "-o", "numbers.rec")
    for command, name, other in (
        ("decode", "images.rec", "decompress"),
        ("decompress", "numbers.rec", "decode"),
        ("decode", "q.npz", "encode"),
        ("decompress", "q.npz", "encode"),
        ("compress", "q.npz", "encode"),
        ("compress", "numbers.rec", "decode"),
        ("encode", "images.rec", "decompress"),
        ("encode", "numbers.rec", "decode"),
        ("encode", "in.png", "compress"),
        ("encode", "in.idx", "compress"),
        ("encode", "in.npy", "compress"),
        ("decode", "in.npy", "compress"),
        ("inspect", "q.npz", "encode"),
    ):
        output = () if command == "inspect" else ("-o", "x.npy")
        line = fail(command, name, *output)
        assert line.startswith(f"Error: {name}: ")
        assert f"`{other}`" in line
    assert not Path("x.npy").exists()


def test_a_single_png(digits):
    write_images("in.png", digits[:1])
    assert "1 image in" in succeed("compress", "in.png", "-o", "x.rec")
    succeed("decompress", "x.rec", "-o", "out.png")
    assert read_images("out.png").pixels.tobytes() == digits[:1].tobytes()


def test_no_images(digits):
    write_images("in.npy", digits[:0])
    assert succeed("compress", "in.npy", "-o", "x.rec").endswith(" bytes\n")
    assert "0 images" in succeed("decompress", "x.rec", "-o", "out.npy")
    assert read_images("out.npy").pixels.shape == (0, 28, 28)
    succeed("inspect", "x.rec")


def test_a_folder_gets_its_names_back(digits):
    own = [f"seven {number}.png" for number in range(12)]
    write_images("in", digits, own)
    succeed("compress", "in", "-o", "x.rec")
    assert images.names(Path("x.rec").read_bytes()) == own
    succeed("decompress", "x.rec", "-o", "out")
    assert read_images("out").names == own
    succeed("decompress", "x.rec", "-o", "some", "--only=3:5")
    assert sorted(path.name for path in Path("some").iterdir()) == own[3:5]
    succeed("decompress", "x.rec", "-o", "one", "--only=7")
    assert [path.name for path in Path("one").iterdir()] == own[7:8]


def test_names_that_are_numbers_take_no_bits(digits):
    write_images("in", digits)
    write_images("in.npy", digits)
    for source in ("in", "in.npy"):
        succeed("compress", source, "-o", f"{source}.rec", "--seed=3")
    assert Path("in.rec").read_bytes() == Path("in.npy.rec").read_bytes()
    succeed("decompress", "in.rec", "-o", "some", "--only=9:11")
    assert sorted(path.name for path in Path("some").iterdir()) == ["09.png", "10.png"]
    assert read_images("some").pixels.tobytes() == digits[9:11].tobytes()


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ("4", slice(4, 5)),
        ("-1", slice(11, 12)),
        ("2:5", slice(2, 5)),
        ("9:", slice(9, None)),
        (":2", slice(2)),
        ("-3:-1", slice(-3, -1)),
        (":", slice(None)),
        ("5:5", slice(0)),
    ],
)
def test_some_images_alone(digits, file, only, chosen):
    said = succeed("decompress", file, "-o", "out.npy", f"--only={only}")
    assert np.load("out.npy").tobytes() == digits[chosen].tobytes()
    assert "per pixel" not in said


def test_one_of_many_as_png(digits, file):
    succeed("decompress", file, "-o", "out.png", "--only=5")
    assert read_images("out.png").pixels.tobytes() == digits[5:6].tobytes()
    assert "12 images" in fail("decompress", file, "-o", "all.png")
    assert not Path("all.png").exists()


# --- Weights -------------------------------------------------------------------------------------


@pytest.fixture
def other_weights():
    """A model that decodes differently."""
    weights = load_weights(SHIPPED)
    arrays = dict(weights.arrays)
    name = next(name for name in sorted(arrays) if name.endswith("linear3.bias"))
    arrays[name] = arrays[name] + np.ones_like(arrays[name])
    save_weights("other.npz", arrays, weights.settings)
    return "other.npz"


def test_weights_of_ones_own(digits, other_weights):
    write_images("in.npy", digits)
    succeed("compress", "in.npy", "-o", "x.rec", "--weights", other_weights)
    succeed("decompress", "x.rec", "-o", "out.npy", "--weights", other_weights)
    assert read_images("out.npy").pixels.tobytes() == digits.tobytes()
    before = names()
    line = fail("decompress", "x.rec", "-o", "wrong.npy", status=2)
    assert line.startswith("Error: --weights is ")
    assert names() == before
    # What is in the file can be said without the weights.
    Path(other_weights).unlink()
    assert "12 images" in succeed("inspect", "x.rec")


def test_weights_that_are_none(file):
    Path("bad.npz").write_bytes(b"nothing")
    for command in (("compress", "in.npy"), ("decompress", file)):
        line = fail(*command, "-o", "out.npy", "--weights=bad.npz")
        assert "bad.npz" in line
        assert "none" in fail(*command, "-o", "out.npy", "--weights=none")
    assert not Path("out.npy").exists()


# --- Failures ------------------------------------------------------------------------------------


def test_inputs_that_are_no_images():
    np.save("floats.npy", np.zeros((2, 28, 28)))
    Path("x.jpg").write_bytes(b"\xff\xd8")
    Path("empty").mkdir()
    before = names()
    for name, message in (
        ("floats.npy", "dtype of floats.npy is 'float64'; expected uint8"),
        ("x.jpg", "x.jpg: not a file of images; expected .npy, IDX, PNG"),
        ("empty", "input is 'empty'; expected a folder with PNG files"),
        ("none", "none: No such file or directory"),
    ):
        assert message in fail("compress", name, "-o", "x.rec")
    assert names() == before


def test_files_that_cannot_be_decompressed(file):
    data = Path(file).read_bytes()
    middle = len(data) // 2
    Path("flipped").write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    Path("short").write_bytes(data[:-1])
    Path("container").write_bytes(rec.compress(rec.Normal(0.0, 1.0), rec.Normal(0.0, 1.0)))
    before = names()
    for name in ("flipped", "short", "container", "in.npy"):
        for output in ("out.npy", "out"):
            line = fail("decompress", name, "-o", output)
            assert line.startswith(f"Error: {name}: ")
    assert "short" in fail("inspect", "short")
    assert "none: No such file" in fail("decompress", "none", "-o", "out.npy")
    assert names() == before


@pytest.mark.parametrize("name", ["../x.png", "/etc/passwd", "a/b.png", "..", ""])
def test_names_cannot_lead_elsewhere(codec, digits, name, folder):
    Path("inner").mkdir()
    Path("inner/x.rec").write_bytes(codec.compress(digits[:2], names=["a.png", name]))
    before = sorted(folder.rglob("*"))
    line = fail("decompress", "inner/x.rec", "-o", "inner/out")
    assert "names of images at [1] is" in line
    assert "expected the plain name of a file" in line
    assert sorted(folder.rglob("*")) == before
    # Where names are not used, they do not matter.
    succeed("decompress", "inner/x.rec", "-o", "inner/out.npy")


def test_outputs_that_cannot_be_written(file):
    before = names()
    data = Path(file).read_bytes()
    assert "replace the input" in fail("compress", "in.npy", "-o", "in.npy")
    Path("x.npy").write_bytes(data)
    assert "replace the input" in fail("decompress", "x.npy", "-o", "x.npy")
    assert Path("x.npy").read_bytes() == data
    Path("x.npy").unlink()
    assert "none: No such file" in fail("compress", "in.npy", "-o", "none/x.rec")
    assert "none: No such file" in fail("decompress", file, "-o", "none/out")
    assert "output is 'out.jpg'; expected NAME.npy" in fail("decompress", file, "-o", "out.jpg")
    Path("out").mkdir()
    assert "out: there already; expected a new name" in fail("decompress", file, "-o", "out")
    Path("out").rmdir()
    assert names() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--block=17"], "--block is 17; expected an integer from 1 to 16"),
        (["--method=dad"], "--depth is None; expected the largest depth, 0 to 63"),
        (["--max-samples=5"], "--max-samples is 5; expected none, with method ad"),
        (["--max-steps=0"], "--max-steps is 0; expected an integer from 1"),
        (["--chunk=0"], "--chunk is 0; expected an integer from 1"),
        (["--seed=-1"], "--seed is -1; expected an integer from 0"),
        (["--threads=0"], "--threads is 0; expected an integer from 1"),
    ],
)
def test_options_that_do_not_fit(digits, options, message):
    write_images("in.npy", digits)
    assert message in fail("compress", "in.npy", "-o", "x.rec", *options, status=2)
    assert names() == ["in.npy"]


def test_images_that_are_not_there(file):
    for only in ("12", "-13"):
        line = fail("decompress", file, "-o", "out.npy", f"--only={only}", status=2)
        assert f"--only is {only}; expected an integer from -12 to 11" in line
    assert not Path("out.npy").exists()


@pytest.mark.parametrize("only", ["", "a", "1.5", "1:2:3", "1,2", "3 4"])
def test_selections_that_are_none(file, only):
    result = run("decompress", file, "-o", "out.npy", f"--only={only}")
    assert result.exit_code == 2
    assert "is neither a number nor a range like 3:5" in result.output
    assert not Path("out.npy").exists()


# --- The program ---------------------------------------------------------------------------------


def test_help():
    for command in ("compress", "decompress", "train"):
        assert command in succeed("--help")
        assert succeed(command, "--help").isascii()


def test_nothing_is_imported_before_it_is_needed():
    program = (
        "import sys\nfrom astar_rec.cli import main\nsys.argv = ['astar-rec', sys.argv[1], '-h']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'astar_rec.images', 'torch', 'constriction', 'PIL', 'matplotlib'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    for command in ("-h", "compress", "train"):
        done = subprocess.run([sys.executable, "-c", program, command], capture_output=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("module", "command", "package"),
    [
        ("constriction", "compress", "'astar_rec[images]'"),
        ("threadpoolctl", "decompress", "'astar_rec[images]'"),
        ("PIL", "compress", "'astar_rec[cli]'"),
        ("torch", "train", "torch"),
        ("tqdm", "train", "'astar_rec[train]'"),
        ("matplotlib", "train", "'astar_rec[train]'"),
    ],
)
def test_without_the_extras(digits, file, module, command, package):
    if command == "train" and module != "torch":
        pytest.importorskip("torch")
    write_images("in.png", digits[:1])
    arguments = {
        "compress": ["in.png", "-o", "y.rec"],
        "decompress": [file, "-o", "y.npy"],
        "train": ["--data", ".", "-o", "w.npz"],
    }[command]
    before = names()
    program = f"import sys; sys.modules[{module!r}] = None; from astar_rec.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, command, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith(f": pip install {package}\n")
    assert done.stderr.count("\n") == 1
    assert names() == before


@posix
def test_progress_on_a_terminal(file):
    for arguments, label in (
        (("compress", "in.npy", "-o", "y.rec", "--chunk=4"), b"compressing"),
        (("decompress", file, "-o", "y.npy"), b"decompressing"),
    ):
        process, terminal = start_on_a_terminal(*arguments)
        seen = read_until(terminal)
        process.communicate()
        assert process.returncode == 0
        assert label in seen
        assert b"100%" in seen
    done = subprocess.run([*COMMAND, "decompress", file, "-o", "z.npy"], capture_output=True)
    assert done.stderr == b""


# --- Training ------------------------------------------------------------------------------------


TINY = ("--latents=2", "--epochs=1", "--batch=8", "--held-out=4", "--threads=1")


@pytest.fixture
def torch():
    pytest.importorskip("tqdm")
    pytest.importorskip("matplotlib")
    return pytest.importorskip("torch")


@pytest.fixture
def data(digits):
    """The name of a folder with MNIST's files."""
    Path("data").mkdir()
    write_idx("data/train-images-idx3-ubyte.gz", np.concatenate([digits, digits]))
    return "data"


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("model", ["ikvae", "vae"])
def test_a_model_of_ones_own(digits, data, model):
    said = succeed("train", "--data", data, "--model", model, "-o", "w.npz", *TINY)
    assert f"w.npz: weights of {model}, 2 latents, in " in said
    assert {"w.npz", "w.pt", "w.png"} <= set(names())
    write_images("in.npy", digits)
    succeed("compress", "in.npy", "-o", "x.rec", "--weights=w.npz")
    succeed("decompress", "x.rec", "-o", "out.npy", "--weights=w.npz")
    assert np.load("out.npy").tobytes() == digits.tobytes()


@pytest.mark.usefixtures("torch")
def test_a_run_goes_on_or_begins_anew(data):
    arguments = ("train", "--data", data, "-o", "w.npz", *TINY)
    succeed(*arguments)
    before = Path("w.npz").read_bytes()
    assert "--seed is 1; expected 0, as in w.pt" in fail(*arguments, "--seed=1", status=2)
    assert Path("w.npz").read_bytes() == before
    succeed(*arguments, "--seed=1", "--fresh")
    assert load_weights("w.npz").settings["seed"] == 1


@pytest.mark.usefixtures("torch")
def test_training_that_cannot_begin(data):
    Path("empty").mkdir()
    start = ("train", "-o", "w.npz")
    before = names()
    assert "data is 'empty'; expected a folder with train-images-idx3-ubyte" in fail(
        *start, "--data", "empty"
    )
    assert "none: No such file" in fail(*start, "--data", "none")
    assert "images is 24; expected 2000 to hold out" in fail(*start, "--data", data)
    assert "none: No such file" in fail("train", "-o", "none/w.npz", "--data", data, *TINY)
    for options, message in (
        (["--epochs=0"], "--epochs is 0; expected an integer from 1"),
        (["--latents=-1"], "--latents is -1; expected an integer from 1"),
        (["--learning-rate=nan"], "--learning-rate is nan; expected a positive number"),
        (["--threads=0"], "--threads is 0; expected an integer from 1"),
        (["--device=abacus"], "--device is 'abacus', which PyTorch cannot use: "),
        (["--output=w.pt"], "--output is 'w.pt'; expected the name of an .npz file"),
    ):
        assert message in fail(*start, "--data", data, *options, status=2)
    write_idx("data/train-images-idx3-ubyte", np.zeros((24, 28, 27), np.uint8))
    assert "(24, 28, 27); expected (n, 28, 28)" in fail(*start, "--data", data, *TINY)
    assert names() == before


@pytest.mark.usefixtures("torch")
def test_defaults_are_the_librarys():
    from astar_rec.cli.images import train
    from astar_rec.images.training import Settings

    options = {p.name: p.default for p in train.params if isinstance(p, click.Option)}
    for name, default in vars(Settings()).items():
        assert options["model" if name == "kind" else name] == default


def test_options_have_parameters():
    """Every option that the codec may refuse is named as on the command line."""
    from astar_rec.cli.failures import _OPTIONS
    from astar_rec.cli.images import compress

    for parameter in compress.params:
        if isinstance(parameter, click.Option) and parameter.name != "output":
            assert _OPTIONS[parameter.name] in parameter.opts
    assert all(option.startswith("--") for option in _OPTIONS.values())
