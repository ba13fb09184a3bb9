"""The benchmark of docs/results.md, with few images: what it measures, fills in and keeps."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("constriction", reason="the extra `images` is not installed")
pytest.importorskip("matplotlib", reason="the extra `train` is not installed")

import astar_rec
from astar_rec.demo.sample import load_sample
from astar_rec.images.idx import write_idx
from astar_rec.images.weights import save_weights
from small_weights import independent_weights

ROOT = Path(__file__).parent.parent
BENCHMARK = ROOT / "benchmarks" / "mnist.py"
LATENTS = ROOT / "benchmarks" / "mnist_latents.py"
PAGE = ROOT / "docs" / "results.md"
LATENTS_PAGE = ROOT / "docs" / "latents.md"
WEIGHTS = Path(astar_rec.__file__).parent / "data" / "mnist.npz"

pytestmark = pytest.mark.skipif(not BENCHMARK.exists(), reason="benchmarks/ is not beside tests/")


def run(folder, program=BENCHMARK):
    done = subprocess.run(
        [
            *(sys.executable, program, "--data", folder / "data", "--runs", folder / "runs"),
            *("--images", "6", "-o", folder / "results"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "results" / "figures.json").read_text())


@pytest.mark.slow
def test_the_benchmark(tmp_path):
    (tmp_path / "data").mkdir()
    write_idx(tmp_path / "data" / "t10k-images-idx3-ubyte.gz", load_sample()[0])
    (tmp_path / "runs").mkdir()
    shutil.copyfile(WEIGHTS, tmp_path / "runs" / "ikvae8.npz")
    shutil.copyfile(PAGE, tmp_path / "results.md")

    figures = run(tmp_path)
    assert set(figures["models"]) == {"mnist", "ikvae8"}
    for shown, model in figures["models"].items():
        names = list(model["methods"])
        assert names[:4] == ["polar", "AD*, block 8", "AD*", "AS*"]
        budgets = [name for name in names if name.startswith("DAD*")]
        assert len(budgets) == (6 if shown == "mnist" else 3)
        for row in model["methods"].values():
            assert row["file"] == pytest.approx(8 * row["bytes"] / (6 * 784))
            assert row["file"] == pytest.approx(row["latents"] + row["pixels"] + row["header"])
            assert np.isclose(784 * row["kl"], sum(model["latent_kl_bits"]))
    for name in ("rates.png", "samples.png"):
        assert (tmp_path / "results" / name).stat().st_size > 10_000

    # The page: tables where they belong, and not a word of the prose is lost.
    page = (tmp_path / "results.md").read_text()
    row = figures["models"]["mnist"]["methods"]["polar"]
    assert f"| **{row['file']:.4f}** |" in page
    table = r"(<!-- table:\w+ -->).*?<!-- end -->"
    ours, theirs = (
        re.sub(table, r"\1", text, flags=re.DOTALL) for text in (PAGE.read_text(), page)
    )
    assert ours == theirs

    # A second run measures nothing again.
    assert run(tmp_path) == figures
    assert (tmp_path / "results.md").read_text() == page


@pytest.mark.slow
def test_the_benchmark_of_latents(tmp_path):
    (tmp_path / "data").mkdir()
    write_idx(tmp_path / "data" / "t10k-images-idx3-ubyte.gz", load_sample()[0])
    (tmp_path / "runs").mkdir()
    for name, bits in {"vae": None, "ikvae": 2.0}.items():
        weights = independent_weights(kl_bits=bits)
        save_weights(tmp_path / "runs" / f"{name}.npz", weights.arrays, weights.settings)
    shutil.copyfile(LATENTS_PAGE, tmp_path / "results.md")

    figures = run(tmp_path, LATENTS)
    assert set(figures["models"]) == {"vae", "ikvae"}
    page = (tmp_path / "results.md").read_text()
    for model in figures["models"].values():
        assert {"polar, all images", "AD*, block 8", "AD*, tree code", "AS*"} <= set(
            model["methods"]
        )
        for row in model["methods"].values():
            assert row["file"] == pytest.approx(8 * row["bytes"] / (6 * 784))
            assert row["file"] == pytest.approx(row["latents"] + row["pixels"] + row["header"])
            assert np.isclose(784 * row["kl"], sum(model["latent_kl_bits"]))
            ideal = row["kl"] + row["reconstruction"]
            assert f"| **{row['file']:.4f}** | {100 * (row['file'] / ideal - 1):+.2f} % |" in page
        assert model["alone"]["images"] == 6
        assert model["alone"]["bare"] > model["alone"]["ideal"]
    assert (tmp_path / "results" / "added.png").stat().st_size > 10_000
    table = r"(<!-- table:\w+ -->).*?<!-- end -->"
    ours, theirs = (
        re.sub(table, r"\1", text, flags=re.DOTALL) for text in (LATENTS_PAGE.read_text(), page)
    )
    assert ours == theirs

    # A second run measures nothing again.
    assert run(tmp_path, LATENTS) == figures
