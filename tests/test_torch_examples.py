"""examples/, with little to learn from: that they run, and what another process decodes."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from astar_rec.images.idx import write_idx

if TYPE_CHECKING:
    import numpy.typing as npt

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.exists(), reason="examples/ is not beside tests/")

for needed in ("torch", "constriction", "matplotlib"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"the examples need {needed}", allow_module_level=True)


def run(name: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def stripes(count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Images with a bright stripe, whose place the label is, among noise."""
    rng = np.random.default_rng(count)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    images = rng.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 4 + 2 * label : 6 + 2 * label] = 255
    return images, labels


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """A folder like MNIST's, of stripes."""
    for part, count in (("train", 640), ("t10k", 100)):
        images, labels = stripes(count)
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        header = b"\0\0\x08\x01" + count.to_bytes(4, "big")
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return tmp_path


@pytest.mark.slow
def test_model_weights(mnist: Path, tmp_path: Path) -> None:
    output = tmp_path / "weights"
    options = ("--mnist", mnist, "--epochs", 15, "--beta", 0.01, "-o", output)
    printed = run("model_weights.py", *options)
    sampled, *rounded = rows(output / "weights.csv")
    assert len(printed.splitlines()) == 3 + len(rounded)
    assert (output / "beta_0.01.weights").stat().st_size == int(sampled["bytes"])
    assert 1.0 < int(sampled["bytes"]) / float(sampled["kl_bytes"]) < 1.25
    assert float(sampled["accuracy_decoded"]) > 0.9
    assert {row["weights"].split(",")[0] for row in rounded} == {"mean", "plain"}
    assert max(float(row["accuracy_decoded"]) for row in rounded) > 0.9
    assert (output / "weights.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("data", ["photographs", "mnist"])
def test_lossy_images(data: str, mnist: Path, tmp_path: Path) -> None:
    if data == "photographs":
        pytest.importorskip("skimage", reason="photographs are scikit-image's")
    output = tmp_path / "lossy"
    options = ("--first-steps", 30, "--steps", 10, "--rates", 0.03, 0.002, "-o", output)
    printed = run("lossy_images.py", "--data", data, "--mnist", mnist, *options)
    found = rows(output / "lossy.csv")
    assert [row["method"] for row in found] == ["sample"] * 2 + ["rounding"] * 2
    assert len(printed.splitlines()) == 2 + len(found)
    for row in found:
        files = output.glob(f"{row['method']}_{float(row['weight']):g}_*.bin")
        assert sum(file.stat().st_size for file in files) == int(row["bytes"])
        assert float(row["psnr"]) > 8
    for row in found[:2]:  # files take what rates say
        assert 0.95 < int(row["bytes"]) / float(row["expected_bytes"]) < 1.05
    assert (output / "lossy.png").read_bytes().startswith(b"\x89PNG")


def test_without_mnist(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "model_weights.py"), "--mnist", str(tmp_path)]
    done = subprocess.run([*command, "-o", str(tmp_path / "o")], capture_output=True, text=True)
    assert done.returncode == 1
    assert "train-images-idx3-ubyte is not there" in done.stderr
