"""benchmarks/dask_scale.py, with few elements: what it prints, and that it compares bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "dask_scale.py"

pytest.importorskip("distributed", reason="astar_rec.dask's benchmark needs dask and distributed")
pytestmark = [
    pytest.mark.skipif(not BENCHMARK.exists(), reason="benchmarks/ is not beside tests/"),
    pytest.mark.skipif(sys.platform == "win32", reason="it asks for memory as POSIX does"),
    pytest.mark.slow,
]


def test_few_latents(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARK), "3000", "--processes", "1", "2"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:4]] == ["1", "2"]
    assert 1.0 < float(lines[2].split("|")[6]) < 1.6  # bits a latent, of 1 bit of information
    assert lines[-1].startswith("2 processes encode ")
    assert not list(tmp_path.iterdir())
