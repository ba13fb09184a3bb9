"""benchmarks/compare.py, with few elements: every row is there, and was checked. Times are not."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("constriction", reason="the extra `images` is not installed")

import astar_rec as rec

BENCHMARK = Path(__file__).parent.parent / "benchmarks" / "compare.py"

pytestmark = pytest.mark.skipif(not BENCHMARK.exists(), reason="benchmarks/ is not beside tests/")

# What is measured at every number of bits, and what has its own.
AT_ALL_BITS = {
    "constriction",
    "constriction, prior",
    "minimal random coding, NumPy",
    "intervals, SciPy",
    "AD*, pure Python",
    "AD*",
    "AS*",
    "DAD*",
    "minimal random coding",
    "index code",
    "file",
    "file, tree code",
    "file, polar",
    "file, dither",
}
OTHERS = {
    ("constriction, one element", 3),
    ("AD*, block 4", 1),
    ("AD*, block 8", 1),
    ("AD*, 1 thread", 3),
    ("AD*, 2 threads", 3),
    ("AD*, 10^4", 3),
    ("AD*, one element", 3),
}
if importlib.util.find_spec("scipy") is None:
    AT_ALL_BITS -= {"intervals, SciPy"}


def run(*arguments):
    return subprocess.run(
        [sys.executable, BENCHMARK, "--repeats", "2", *arguments], capture_output=True, text=True
    )


@pytest.mark.slow
def test_all_rows(tmp_path):
    folder, page = tmp_path / "speed", tmp_path / "speed.md"
    shutil.copyfile(BENCHMARK.parent.parent / "docs" / "speed.md", page)
    done = run("--elements", "500", "--largest", "10000", "--bits", "1", "3", "-o", folder)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "compare.json").read_text())

    rows = {(row["name"], row["bits"]): row for row in found["rows"]}
    assert len(rows) == len(found["rows"])
    assert set(rows) == {(name, bits) for name in AT_ALL_BITS for bits in (1, 3)} | OTHERS
    for (name, _), row in rows.items():
        assert row["verified"], name
        assert row["what"], name
        for side in ("encode", "decode"):
            times = row[side][row["clock"]]
            assert len(times) == 2, name
            assert row[side]["ns"] == min(times) > 0, name
        # Of the wall too where the processor's clock is coarse.
        assert row["clock"] == "wall" or "thread" not in name, name
        assert f"\n{name} " in done.stdout, name
    # Bits are counted, and comparable. Seeds are fixed.
    for bits in (1, 3):
        assert abs(rows["constriction", bits]["sent"] - bits) < 0.25
        assert bits + 1 < rows["AD*", bits]["sent"] < bits + 2.5
        assert rows["DAD*", bits]["sent"] == bits + 4

    about = found["about"]
    assert about["cpu"]
    assert about["versions"]["astar_rec"] == rec.__version__
    goals = {goal["goal"]: goal for goal in found["goals"]}
    assert len(goals) == len(found["goals"])
    for goal in goals.values():
        # 2 and 5 bits were left out, and a second size.
        left_out = ("2 bits", "5 bits", "over sizes")
        unmeasured = any(part in goal["goal"] for part in left_out)
        assert (goal["measured"] is None) == unmeasured, goal
        assert (goal["reached"] is None) == unmeasured, goal
    decode = goals["AD* decode, in constriction's, 3 bits"]
    ratio = rows["AD*", 3]["decode"]["ns"] / rows["constriction", 3]["decode"]["ns"]
    assert decode["measured"] == pytest.approx(ratio)
    assert decode["reached"] == (ratio <= 0.1)

    drawn = importlib.util.find_spec("matplotlib") is not None
    assert (folder / "compare.png").exists() == drawn
    assert ("no picture" in done.stderr) != drawn

    # The page that shows all this, stars and all.
    text, row = page.read_text(), rows["AD*", 3]
    assert f"| AD\\* | 3 | {row['sent']:.2f} | {row['steps']:.2f} | " in text
    assert "500 elements" in text
    assert all(f"| {name.replace('*', chr(92) + '*')} |" in text for name in goals)


def test_some_rows():
    done = run("--elements", "100", "--bits", "3", "--only", "AS*")
    assert done.returncode == 0, done.stderr
    names = {line.split("  ")[0] for line in done.stdout.split("\n\n")[1].splitlines()[1:]}
    assert names == {"constriction", "AS*"}  # never without the yardstick


def test_unknown_names():
    done = run("--only", "no such row")
    assert done.returncode == 2
    assert "no such row" in done.stderr
