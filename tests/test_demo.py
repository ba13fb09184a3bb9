"""The demo: its sample, its table, its picture, and that the receiver's images are compared."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import astar_rec as rec

pytest.importorskip("click", reason="the extra `cli` is not installed")
pytest.importorskip("constriction", reason="the extra `images` is not installed")
pytest.importorskip("PIL", reason="the extra `cli` is not installed")

from PIL import Image

from astar_rec import images
from astar_rec.demo import peers, transmission
from astar_rec.demo.methods import Method, exact, fixed
from astar_rec.demo.sample import SAMPLE, load_sample
from astar_rec.demo.shares import shares
from astar_rec.demo.transmission import transmit
from astar_rec.images.layout import split

ROOT = Path(__file__).parent.parent
MNIST = ROOT.parent / "shared" / "data" / "mnist"
SEED = 2022
COLUMNS = ("kl", "bits", "ideal", "latents", "pixels", "header", "file", "encode", "decode")


@pytest.fixture(scope="module")
def codec():
    return images.load("mnist")


@pytest.fixture(scope="module")
def sample():
    return load_sample()


# --- The sample ----------------------------------------------------------------------------------


def test_the_sample_is_small_and_holds_what_it_says(sample):
    pictures, labels = sample
    assert SAMPLE.stat().st_size < 20_000
    assert pictures.shape == (100, 28, 28)
    assert pictures.dtype == np.uint8
    assert labels.shape == (100,)
    assert set(labels.tolist()) == set(range(10))


@pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not beside the checkout, in shared/data")
@pytest.mark.skipif(not (ROOT / "scripts").is_dir(), reason="scripts/ is not beside tests/")
def test_the_sample_is_what_the_script_makes(sample, tmp_path):
    script, made = ROOT / "scripts" / "make_mnist_sample.py", tmp_path / "made.npz"
    subprocess.run([sys.executable, script, "--data", MNIST, "-o", made], check=True)
    with np.load(made) as arrays:
        np.testing.assert_array_equal(arrays["images"], sample[0])
        np.testing.assert_array_equal(arrays["labels"], sample[1])


# --- Methods and shares --------------------------------------------------------------------------


def test_depths_follow_the_divergence():
    flat = np.full((3, 16), 2.25)
    assert [method.codec(0).depth for method in fixed(flat)] == [2, 3, 5, 14, 18, 22]
    assert [method.codec(0).depth for method in fixed(flat / 100)] == [0, 1, 3, 0, 1, 5]
    assert any(method.name == "global A*" for method in exact(flat))
    assert not any(method.name == "global A*" for method in exact(np.append(flat, [[20]] * 3, 1)))


@pytest.mark.parametrize(
    "latents",
    [rec.ADStar(3, 8), rec.ASStar(3), rec.DADStar(2, 3), rec.MinimalRandomCoding(7, 3)],
    ids=repr,
)
def test_shares_add_up(codec, sample, latents):
    pictures = sample[0][:20]
    data = codec.compress(pictures, codec=latents)
    found = shares(codec, pictures, codec.kl_bits(pictures), data)
    assert found.coded * pictures.size == pytest.approx(8 * len(data))
    assert found.ideal == found.kl + found.reconstruction
    assert found.kl * pictures.size == pytest.approx(codec.kl_bits(pictures).sum())
    # The latents in the file are those that the sender's codec finds.
    with rec.Reader(split(data).latents) as reader:
        sent = reader.codec.encode(codec.posterior(pictures), rec.Normal(0.0, 1.0)).sample
    bits = sum(part.sum() for part in codec.likelihood_bits(pictures, sent))
    assert found.reconstruction * pictures.size == pytest.approx(bits)
    # A stream of pixels is as long as it must be, and no longer than some bytes more.
    assert 0 <= found.pixels * pictures.size - bits < 100


# --- Other codecs --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9, 10])
def test_mosaics_hold_every_image(count):
    tiles = np.random.default_rng(count).integers(1, 256, (count, 4, 3)).astype(np.uint8)
    whole = peers.mosaic(tiles)
    columns = whole.shape[1] // 3
    assert whole.shape[0] // 4 <= columns
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        place = whole[4 * row : 4 * row + 4, 3 * column : 3 * column + 3]
        np.testing.assert_array_equal(place, tile)
    assert (whole > 0).sum() == tiles.size


def test_sizes_are_those_of_files_that_hold_the_images(sample, monkeypatch):
    """Every picture that is written is read again."""
    pictures, read = sample[0][:6], []
    save = Image.Image.save

    def saved(image, file, form, **settings):
        save(image, file, form, **settings)
        with Image.open(BytesIO(file.getvalue())) as again:
            np.testing.assert_array_equal(np.asarray(again.convert("L")), np.asarray(image))
        read.append(len(file.getvalue()))

    monkeypatch.setattr(Image.Image, "save", saved)
    found = {peer.name: peer for peer in peers.peers(pictures)}
    assert set(found) - {"JPEG XL"} == {"PNG", "WebP", "bz2", "xz"}
    assert len(read) == 7 * (len(found) - 2)
    assert found["PNG"].each == pytest.approx(8 * sum(read[:6]) / pictures.size)
    assert found["PNG"].together == pytest.approx(8 * read[6] / pictures.size)
    assert all(0 < peer.together < peer.each for peer in found.values())


# --- Sending -------------------------------------------------------------------------------------


def test_the_receiver_needs_the_file_alone(codec, sample, tmp_path):
    pictures = sample[0][:5]
    Path(tmp_path, "five").write_bytes(codec.compress(pictures, codec=rec.ADStar(4)))
    done = subprocess.run(
        [sys.executable, "-m", "astar_rec.demo.receiver", "five", "five.npy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert int(done.stdout) > 0
    np.testing.assert_array_equal(np.load(tmp_path / "five.npy"), pictures)


def test_a_single_wrong_pixel_is_noticed(codec, sample, monkeypatch):
    def received(data):
        restored = codec.decompress(data)
        restored[2, 14, 14] ^= 1
        return restored, 1

    monkeypatch.setattr(transmission, "_received", received)
    with pytest.raises(rec.RecError, match="not the sender's"):
        transmit(codec, sample[0][:5], Method("AD*", rec.ADStar), seed=0)


def test_a_receiver_that_fails_is_noticed(codec, sample, monkeypatch):
    monkeypatch.setattr(type(codec), "compress", lambda *_, **__: b"A*RI")
    with pytest.raises(rec.RecError, match=r"the receiver ended with status 1: .*CorruptDataError"):
        transmit(codec, sample[0][:5], Method("AD*", rec.ADStar), seed=0)


# --- The whole -----------------------------------------------------------------------------------


def check_table(report, codec, pictures):
    """Compares the table's numbers with each other and with what is computed here."""
    number = r" +([-+]?\d+(?:\.\d+)?)"
    lines = re.findall(rf"^(\S.*?){number * len(COLUMNS)}$", report, re.MULTILINE)
    rows = {name: dict(zip(COLUMNS, map(float, n), strict=True)) for name, *n in lines}
    kl = codec.kl_bits(pictures)
    assert list(rows) == [method.name for method in (*exact(kl), *fixed(kl))]
    for row in rows.values():
        assert row["kl"] == pytest.approx(kl.sum() / pictures.size, abs=1e-4)
        assert row["ideal"] == pytest.approx(row["kl"] + row["bits"], abs=2e-4)
        overhead = row["latents"] + row["pixels"] + row["header"]
        assert row["file"] == pytest.approx(row["ideal"] + overhead, abs=4e-4)
        assert row["encode"] > 0
        assert row["decode"] > 0
    data = codec.compress(pictures, codec=rec.ADStar(SEED, 8))
    assert rows["AD*, block 8"]["file"] == pytest.approx(8 * len(data) / pictures.size, abs=1e-4)
    # Blocks pay the overhead once; too small a depth is paid for in pixels.
    assert rows["AD*, block 8"]["latents"] < rows["AD*"]["latents"]
    depths = [row["bits"] for name, row in rows.items() if name.startswith("DAD*, depth")]
    assert depths[0] > max(depths[1:])


def check_picture(path):
    """Three rows of ten images: test images, none of them blank, and what the model draws."""
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (48 + 236 + 10 * 92 - 8, 48 + 3 * 92 - 8)
        pixels = np.asarray(picture.convert("L"))
    assert pixels[24:100, 24:250].min() < 100  # a label
    bands = [pixels[24 + 92 * row :][:84, 24 + 236 :] for row in range(3)]
    for column in range(10):
        tile = bands[0][:, 92 * column :][:, :84]
        assert tile.min() < 150
        assert tile.max() > 200
    assert all(band.min() < 100 for band in bands)


@pytest.mark.slow
def test_demo(codec, sample, tmp_path):
    # An image of each digit: as many as the picture shows.
    pictures, labels = sample
    chosen = np.unique(labels, return_index=True)[1].tolist()
    program = f"""
from astar_rec.cli import main
from astar_rec.demo import run, sample
images, labels = sample.load_sample()
run.load_sample = lambda: (images[{chosen}], labels[{chosen}])
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "demo", "--output", "new/folder"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.isascii()
    assert max(map(len, done.stdout.splitlines())) <= 100
    check_table(done.stdout, codec, pictures[chosen])
    sizes = {
        name: (float(each), float(together))
        for name, each, together in re.findall(
            r"^(\S.*?) +(\d\.\d{4}) +(\d\.\d{4})$", done.stdout, re.MULTILINE
        )
    }
    own = sizes.pop("this codec, AD*, block 8")
    assert set(sizes) - {"JPEG XL"} == {"PNG", "WebP", "bz2", "xz"}
    assert all(own[0] < each and own[1] < together for each, together in sizes.values())
    assert [path.name for path in tmp_path.rglob("*.*")] == ["astar_rec_demo.png"]
    check_picture(tmp_path / "new" / "folder" / "astar_rec_demo.png")
