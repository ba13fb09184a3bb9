"""The demo: its model's algebra, its report, its picture; and the example on all of MNIST."""

from __future__ import annotations

import gzip
import importlib.util
import math
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.demo import transmission
from astar_rec.demo.bundle import BUNDLE, load_bundle
from astar_rec.demo.ppca import ProbabilisticPCA
from astar_rec.demo.transmission import Method, transmit

pytest.importorskip("click", reason="the extra `cli` is not installed")
Image = pytest.importorskip("PIL.Image", reason="the extra `cli` is not installed")

ROOT = Path(__file__).parent.parent
MNIST = ROOT.parent / "shared" / "data" / "mnist"
EXAMPLE = ROOT / "examples" / "mnist_ppca.py"
METHODS = ["global A*", "AS*", *["AD*"] * 5, "DAD*"]
COLUMNS = (
    "kl_image",
    "used_image",
    "kl",
    "used",
    "overhead",
    "steps",
    "encode_ns",
    "decode_ns",
    "spread",
    "rmse",
)


def rows_of(report):
    """The table in a report: method → column → number."""
    lines = re.findall(r"^(\S.*?)((?:  *[-+]?\d+(?:\.\d+)?){10})$", report, re.MULTILINE)
    return {
        name.strip(): dict(zip(COLUMNS, map(float, numbers.split()), strict=True))
        for name, numbers in lines
    }


def check_table(report, model, images):
    """Compares the table's numbers with each other and with what is computed here."""
    rows = rows_of(report)
    assert [name.partition(",")[0] for name in rows] == METHODS

    q, p = model.posterior(images), rec.Normal(0.0, 1.0)
    kl = rec.kl_bits(q, p)
    latents = kl.shape[1]
    depth = math.ceil(kl.mean(axis=0).max()) + 2
    assert f"DAD*, depth {depth}" in rows
    for name, row in rows.items():
        assert row["kl"] == pytest.approx(kl.mean(), abs=0.006)
        assert row["kl_image"] == pytest.approx(kl.sum(axis=1).mean(), abs=0.006)
        assert row["used_image"] == pytest.approx(latents * row["used"], abs=0.006 * latents)
        assert row["overhead"] == pytest.approx(row["used"] - row["kl"], abs=0.011)
        assert row["encode_ns"] > 0
        assert row["decode_ns"] > 0
        if not name.startswith("DAD*"):
            assert row["spread"] == pytest.approx(1, abs=5 * math.sqrt(2 / kl.size))
            assert 0 < row["overhead"] < 4
    # Global A* takes 2^D∞ steps on average, the others O(D∞).
    assert rows["global A*"]["steps"] > 3 * rows["AD*"]["steps"]

    seed = 2022
    data = rec.compress(q, p, seed=seed)
    assert rows["AD*"]["used_image"] == pytest.approx(8 * len(data) / len(images), abs=0.006)
    steps = rec.ADStar(seed).encode(q, p).steps
    assert rows["AD*"]["steps"] == pytest.approx(steps.mean(), abs=0.006)
    decoded = model.reconstruct(rec.decompress(data, p))
    assert rows["AD*"]["rmse"] == pytest.approx(rmse(decoded, images), abs=0.006)

    (least,) = re.findall(r"^posterior means, not sent +([\d.]+)$", report, re.MULTILINE)
    assert float(least) == pytest.approx(rmse(model.reconstruct(q.loc), images), abs=0.006)
    assert all(row["rmse"] > float(least) for row in rows.values())


def rmse(reconstructed, images):
    difference = reconstructed.astype(float).reshape(images.shape) - images
    return math.sqrt((difference**2).mean())


def check_picture(path):
    """Six rows of ten images, none of them blank, beside their labels."""
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (48 + 236 + 10 * 92 - 8, 48 + 6 * 92 - 8)
        pixels = np.asarray(picture.convert("L"))
    for row in range(6):
        top = 24 + 92 * row
        band = pixels[top : top + 84]
        assert band[:, 24:250].min() < 100  # the label
        for column in range(10):
            left = 24 + 236 + 92 * column
            tile = band[:, left : left + 84]
            assert tile.min() < 100
            assert tile.max() > 200


# --- The model -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


def check_posterior(model, images):
    """Compares with the conditional law of z in the joint Gaussian law of (z, x), densely."""
    w, noise = model.loadings, model.noise
    precision = np.eye(w.shape[1]) + w.T @ w / noise
    covariance = np.linalg.inv(precision)
    flat = images.reshape(len(images), -1) - model.mean
    posterior = model.posterior(images)
    scales = posterior.scale
    np.testing.assert_allclose(posterior.loc, flat @ w @ covariance / noise, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(scales**2, np.diagonal(covariance), rtol=1e-9)
    # Diagonal: no correlation between two latents.
    np.testing.assert_allclose(
        covariance / np.outer(scales, scales), np.eye(len(scales)), atol=1e-9
    )


def test_posteriors_are_exact_and_diagonal(bundle):
    model, images, _ = bundle
    check_posterior(model, images)


def test_the_fit_is_the_one_of_largest_likelihood():
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=(5000, 3)) * [40, 25, 15]
    mixed = hidden @ rng.normal(size=(3, 30)) / 3 + 128 + rng.normal(size=(5000, 30)) * 4
    images = np.clip(mixed, 0, 255).astype(np.uint8).reshape(5000, 5, 6)
    model = ProbabilisticPCA.fit(images, 3)
    check_posterior(model, images[:50])

    flat = images.reshape(5000, 30).astype(float)
    covariance = np.cov(flat.T, bias=True)

    def log_likelihood(loadings, noise):
        c = loadings @ loadings.T + noise * np.eye(30)
        return -np.linalg.slogdet(c)[1] - np.trace(np.linalg.solve(c, covariance))

    np.testing.assert_allclose(model.mean, flat.mean(axis=0))
    best = log_likelihood(model.loadings, model.noise)
    for size in (1e-2, 1e-4):
        assert log_likelihood(model.loadings, model.noise * (1 + size)) < best
        assert log_likelihood(model.loadings, model.noise * (1 - size)) < best
        for _ in range(10):
            nearby = model.loadings * (1 + size * rng.normal(size=model.loadings.shape))
            assert log_likelihood(nearby, model.noise) < best


def test_the_bundle_is_small_and_holds_what_it_says(bundle):
    model, images, labels = bundle
    assert BUNDLE.stat().st_size < 150_000
    assert images.shape == (100, 28, 28)
    assert images.dtype == np.uint8
    assert labels.shape == (100,)
    assert set(labels.tolist()) == set(range(10))
    assert model.directions.shape == (784, 32)
    np.testing.assert_allclose(model.directions.T @ model.directions, np.eye(32), atol=1e-12)
    assert 0 < model.noise < model.variances.min()
    assert (np.diff(model.variances) < 0).all()


# --- Sending -------------------------------------------------------------------------------------


def test_the_receiver_needs_the_container_alone(tmp_path):
    q, p = rec.Normal(np.linspace(-2, 2, 50), 0.1), rec.Normal(0.0, 1.0)
    Path(tmp_path, "q.rec").write_bytes(rec.compress(q, p, seed=4))
    done = subprocess.run(
        [sys.executable, "-m", "astar_rec.demo.receiver", "q.rec", "x.npy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert int(done.stdout) > 0
    assert np.load(tmp_path / "x.npy").tobytes() == rec.ADStar(4).encode(q, p).sample.tobytes()


def test_a_single_wrong_bit_is_noticed(monkeypatch):
    q, p = rec.Normal(np.linspace(-2, 2, 50), 0.1), rec.Normal(0.0, 1.0)

    def received(data):
        samples = rec.decompress(data, p)
        samples.view(np.uint64)[17] ^= np.uint64(1)
        return samples, 1

    monkeypatch.setattr(transmission, "_received", received)
    with pytest.raises(rec.RecError, match="not the sender's"):
        transmit(q, Method("AD*"), seed=0)


def test_a_receiver_that_fails_is_noticed(monkeypatch):
    monkeypatch.setattr(transmission, "compress", lambda *_, **__: b"A*RC")
    with pytest.raises(rec.RecError, match=r"the receiver ended with status 1: .*CorruptDataError"):
        transmit(rec.Normal(0.0, 1.0), Method("AD*"), seed=0)


# --- The demo and the example ---------------------------------------------------------------------


def test_demo(bundle, tmp_path):
    model, images, _ = bundle
    program = "from astar_rec.cli import main; main()"
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
    check_table(done.stdout, model, images)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["astar_rec_demo.png"]
    check_picture(tmp_path / "new" / "folder" / "astar_rec_demo.png")


@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples/ is not beside tests/")
@pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not beside the checkout, in shared/data")
def test_example(bundle, tmp_path):
    count = 400
    done = subprocess.run(
        [
            *(sys.executable, EXAMPLE, "--data", MNIST, "--images", str(count)),
            *("--output", tmp_path, "--bundle", tmp_path / "bundle.npz"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{count} MNIST test images")
    assert [name.partition(",")[0] for name in rows_of(done.stdout)] == METHODS
    check_picture(tmp_path / "mnist_ppca.png")

    # What comes with the package is what the example makes.
    for ours, theirs in zip(bundle[1:], load_bundle(tmp_path / "bundle.npz")[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    ours, theirs = bundle[0], load_bundle(tmp_path / "bundle.npz")[0]
    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-6)
    np.testing.assert_allclose(ours.directions, theirs.directions, atol=1e-3)
    np.testing.assert_allclose(ours.variances, theirs.variances, rtol=1e-9)
    assert ours.noise == pytest.approx(theirs.noise)


@pytest.fixture
def example():
    if not EXAMPLE.exists():
        pytest.skip("examples/ is not beside tests/")
    spec = importlib.util.spec_from_file_location("mnist_ppca", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files(example, tmp_path, zipped):
    values = np.arange(2 * 3 * 300, dtype=np.uint64).astype(np.uint8).reshape(2, 3, 300)
    data = b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 300) + values.tobytes()
    path = tmp_path / ("images.gz" if zipped else "images")
    path.write_bytes(gzip.compress(data) if zipped else data)
    np.testing.assert_array_equal(example.read_idx(tmp_path, "images"), values)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "holds neither images.gz nor images"),
        (b"", "not an IDX file"),
        (b"\0\0\x0d\x01" + bytes(8), "not an IDX file"),
        (b"\0\0\x08\x03\0\0", "not an IDX file"),
        (b"\0\0\x08\x01\0\0\0\x05abcd", r"holds 4 bytes; its header says \(5,\)"),
    ],
)
def test_idx_files_that_are_wrong(example, tmp_path, data, message):
    if data is not None:
        (tmp_path / "images").write_bytes(data)
    with pytest.raises(SystemExit, match=message):
        example.read_idx(tmp_path, "images")
