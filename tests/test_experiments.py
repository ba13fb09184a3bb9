"""The experiments at a tiny scale, their files, the command, and the page that shows them.

What an experiment measures is not judged here but on the page; what it measures with is.
"""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("click", reason="the extra `cli` is not installed")
pytest.importorskip("matplotlib", reason="the extra `experiments` is not installed")
pytest.importorskip("scipy", reason="the extra `experiments` is not installed")
pytest.importorskip("constriction", reason="the extra `experiments` is not installed")

from PIL import Image

import astar_rec as rec
from astar_rec.experiments.all import EXPERIMENTS, perform
from astar_rec.experiments.bias import CODECS, distance
from astar_rec.experiments.experiment import Experiment, Mode, tracked
from astar_rec.experiments.families import KL_BITS, PAIRS, targets
from astar_rec.experiments.lengths import depths, entropy
from astar_rec.experiments.targets import STANDARD, d_infinity, informative, of_d_infinity, of_kl
from command import COMMAND, fail, names, succeed
from common import PAIRS as ALL_PAIRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from astar_rec.experiments.experiment import Progress, Row

TINY = Mode("tiny", 3)
PAGE = Path(__file__).parent.parent / "docs" / "experiments.md"
each_experiment = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Commands measure as little as they can, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Mode, "choose", lambda _, *, tiny, **__: tiny)
    return tmp_path


@cache
def tiny_rows(experiment: Experiment) -> list[Row]:
    return experiment.run(TINY)


def without_times(rows: Sequence[Row]) -> list[Row]:
    return [{k: v for k, v in row.items() if k != "microseconds"} for row in rows]


# --- Each of them --------------------------------------------------------------------------------


def test_the_list_has_all() -> None:
    assert {type(e) for e in EXPERIMENTS} >= set(Experiment.__subclasses__()) - {Broken}
    known = ["steps", "codelength", "bias", "blocks", "families", "distortion", "methods"]
    known.append("vectors")
    assert [e.name for e in EXPERIMENTS] == known


@each_experiment
def test_rows_and_picture(experiment: Experiment) -> None:
    reports: list[tuple[int, int]] = []
    rows = experiment.run(TINY, lambda *report: reports.append(report))
    assert [done for done, _ in reports] == list(range(1, len(reports) + 1))
    assert {total for _, total in reports} == {len(reports)}

    assert {tuple(row) for row in rows} == {tuple(rows[0])}
    assert len({str(row) for row in rows}) == len(rows)
    for row in rows:
        for name, value in row.items():
            assert type(value) in (str, int, float), name
            assert isinstance(value, str) or math.isfinite(value), name

    figure = experiment.draw(rows)
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_title()
    assert figure.axes[0].get_ylabel()
    assert figure.axes[0].get_legend() is not None

    assert without_times(tiny_rows(experiment)) == without_times(rows)
    assert without_times(experiment.run(Mode("tiny", 4))) != without_times(rows)


def check_files(experiment: Experiment, table: Path, picture: Path) -> None:
    """The files hold what the experiment measures and draws in mode TINY."""
    assert [table.name, picture.name] == [f"{experiment.name}.csv", f"{experiment.name}.png"]
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = tiny_rows(experiment)
    assert len(rows) == len(expected)
    for row, other in zip(rows, expected, strict=True):
        assert list(row) == list(other)
        for name, value in other.items():
            if isinstance(value, float) and name != "microseconds":
                assert float(row[name]) == pytest.approx(value, rel=1e-5)
            elif not isinstance(value, float):
                assert row[name] == str(value)
    with Image.open(picture) as image:
        assert image.width > 800
        assert image.height > 300
        assert len(image.getcolors(1 << 16)) > 10


class Broken(Experiment):
    """Measures, and cannot draw."""

    name = "steps"
    title = "Nothing"

    def run(self, mode: Mode, _: Progress = None) -> list[Row]:
        return [{"seed": mode.seed}]

    def draw(self, _: Sequence[Row]) -> Figure:
        raise ZeroDivisionError


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "steps.csv").write_text("before")
    with pytest.raises(ZeroDivisionError):
        perform(Broken(), TINY, tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    # What cannot be written is known before anything is measured.
    (tmp_path / "steps.png").mkdir()
    with pytest.raises(IsADirectoryError):
        perform(Broken(), TINY, tmp_path)


def test_one_alone(tmp_path: Path) -> None:
    experiment = next(e for e in EXPERIMENTS if e.name == "blocks")
    check_files(experiment, *perform(experiment, TINY, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blocks.csv", "blocks.png"]


# --- What they measure with ----------------------------------------------------------------------


def test_modes() -> None:
    assert [Mode(name).choose(tiny=1, quick=2, full=3) for name in ("tiny", "quick", "full")] == [
        1,
        2,
        3,
    ]
    a, b = Mode("quick", 1), Mode("full", 1)
    assert a.rng("x", 1).random() == b.rng("x", 1).random() != a.rng("x", 2).random()
    assert a.rng("x").random() != Mode("quick", 2).rng("x").random()
    with pytest.raises(rec.ParameterError, match="seed"):
        Mode("quick", -1)
    assert list(tracked("abc", None)) == ["a", "b", "c"]


@pytest.mark.parametrize(("kl", "d"), [(3, 4), (3, 12), (8, 9), (8, 21), (0.5, 3)])
def test_targets_of_a_given_d_infinity(kl: float, d: float) -> None:
    q = of_d_infinity(kl, d)
    assert rec.kl_bits(q, STANDARD) == pytest.approx(kl)
    assert d_infinity(q) == pytest.approx(d)
    # By the densities themselves.
    x = np.linspace(-40, 40, 400_001)
    ratio = 0.5 * x**2 - 0.5 * ((x - q.loc) / q.scale) ** 2 - np.log(q.scale)
    assert ratio.max() / math.log(2) == pytest.approx(d, rel=1e-6)


def test_targets_of_no_such_d_infinity() -> None:
    with pytest.raises(ValueError, match="sign"):
        of_d_infinity(8, 7)  # it is no smaller than the divergence


@pytest.mark.parametrize("kl", [0.25, 3, 30])
def test_targets_of_a_given_divergence(kl: float) -> None:
    q = of_kl(kl, 1000, np.random.default_rng(1))
    assert rec.kl_bits(q, STANDARD) == pytest.approx(kl)
    assert np.ptp(q.loc) > 0.8


def test_informative_targets() -> None:
    q = informative(2, (50_000, 2), np.random.default_rng(1))
    assert q.shape == (50_000, 2)
    # The mean divergence is the information; its standard error is 0.0032 here.
    assert rec.kl_bits(q, STANDARD).mean() == pytest.approx(2.0, abs=0.02)


def test_families_have_one_divergence() -> None:
    names = {f"{pair.target}/{pair.proposal}".lower() for pair in PAIRS if pair.scale is None}
    assert names == {pair.name for pair in ALL_PAIRS}
    for pair in PAIRS:
        means, scales = targets(pair)
        assert rec.kl_bits(*pair.of(means, scales)) == pytest.approx(KL_BITS)
        assert (scales < 1).all() if pair.scale is None else (scales >= 1).all()
        assert np.allclose(means, -means[::-1])


def test_depths() -> None:
    numbers = [1, 2, 3, 4, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]
    index = np.array(numbers, np.uint64)
    assert depths(index).tolist() == [n.bit_length() - 1 for n in numbers]
    large = [1, 2**64, 2**127 - 1, 2**127, 5 * 2**150]
    words = [[n >> (64 * i) & (2**64 - 1) for i in range(3)] for n in large]
    assert depths(np.array(words, np.uint64)[:, None]).tolist() == [
        n.bit_length() - 1 for n in large
    ]
    assert entropy(np.array([3, 3, 7, 7])) == 1.0
    assert entropy(np.zeros(9, np.int64)) == 0.0


@pytest.mark.parametrize("name", CODECS)
def test_equal_bits(name: str) -> None:
    q = of_kl(4, 3000, np.random.default_rng(1))
    for width in (1, 5):
        codec = CODECS[name](width, 7)
        index = codec.encode(q, STANDARD).index
        assert rec.FixedCode(width).bits(index) == 3000 * width  # raises where one does not fit
        assert index.max() == 2**width - 1
    assert distance(CODECS[name](1, 7), q) > 0.3
    assert distance(CODECS[name](11, 7), q) < 0.1


# --- The command ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_command() -> None:
    said = succeed("experiments", "--seed", TINY.seed)
    folder = Path("experiments")
    for experiment in EXPERIMENTS:
        assert f"{experiment.title}: experiments" in said
        check_files(experiment, *(folder / f"{experiment.name}.{s}" for s in ("csv", "png")))
    assert names() == ["experiments"]
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(f"{e.name}.{s}" for e in EXPERIMENTS for s in ("csv", "png"))


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_command_for_some() -> None:
    succeed("experiments", "codelength", "blocks", "codelength", "-o", "a/b", "--full")
    folder = Path("a/b")
    assert sorted(path.name for path in folder.iterdir()) == [
        "blocks.csv",
        "blocks.png",
        "codelength.csv",
        "codelength.png",
    ]
    # Again, over what is there: the same, and with another seed something else.
    before = (folder / "codelength.csv").read_bytes()
    succeed("experiments", "codelength", "-o", "a/b", "--seed", 0)
    assert (folder / "codelength.csv").read_bytes() == before
    succeed("experiments", "codelength", "-o", "a/b", "--quick", "--seed", 6)
    assert (folder / "codelength.csv").read_bytes() != before


@pytest.mark.usefixtures("tiny")
def test_wrong_usage() -> None:
    said = fail("experiments", "steps", "stpes", status=2)
    assert "no experiment 'stpes'; expected some of steps, codelength, bias" in said
    assert "--seed is -1" in fail("experiments", "steps", "--seed", -1, status=2)
    assert names() == []
    Path("file").write_text("")
    assert fail("experiments", "steps", "-o", "file") == "Error: file: File exists\n"


@pytest.mark.parametrize(("module", "name"), [("scipy", "SciPy"), ("matplotlib", "Matplotlib")])
def test_without_what_they_need(module: str, name: str, tmp_path: Path) -> None:
    program = f"import sys; sys.modules[{module!r}] = None; {COMMAND[2]}"
    ran = subprocess.run(
        [sys.executable, "-c", program, "experiments", "steps"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 2
    assert ran.stderr == (f"Error: experiments need {name}: pip install 'astar_rec[experiments]'\n")
    assert list(tmp_path.iterdir()) == []


def test_help_names_them() -> None:
    said = " ".join(succeed("experiments", "--help").split())
    assert said.isascii()
    assert all(experiment.title.isascii() for experiment in EXPERIMENTS)
    *first, last = (experiment.name for experiment in EXPERIMENTS)
    assert f"one of {', '.join(first)} and {last};" in said


# --- The page ------------------------------------------------------------------------------------


@pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not beside tests/")
@each_experiment
def test_page(experiment: Experiment) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"](experiments/{experiment.name}.png)" in page
    assert f"(experiments/{experiment.name}.csv)" in page
    picture = PAGE.with_suffix("") / f"{experiment.name}.png"
    assert picture.stat().st_size < 150_000
    # The table is of this experiment as it is now.
    first = picture.with_suffix(".csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == ",".join(tiny_rows(experiment)[0])
