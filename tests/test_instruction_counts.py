"""benchmarks/count_instructions.py: what it reads of Callgrind's files, and what it makes of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "count_instructions.py"

if not SCRIPT.exists():
    pytest.skip("benchmarks/ is not beside tests/", allow_module_level=True)

spec = importlib.util.spec_from_file_location("count_instructions", SCRIPT)
counts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(counts)

# As Valgrind 3.19 writes it, with most of the functions left out.
WRITTEN = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 25527
cmd:  build/counts/cpp/counts/counts ad-decode-3
part: 1


desc: I1 cache:
desc: D1 cache:
desc: LL cache:

desc: Timerange: Basic block 0 - 2492713
desc: Trigger: Program termination

positions: line
events: Ir
summary: 978352


ob=(8) build/counts/cpp/counts/counts
fl=(161) ???
fn=(1832) astar_rec::detail::Parameters::~Parameters()
0 8
cob=(7) /usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30
cfi=(152) ???
cfn=(1648) operator delete(void*, unsigned long)
calls=4 0
0 163
0 1

totals: 978352
"""


def test_totals():
    assert counts.total_of(WRITTEN) == 978352
    # With more events than instructions.
    several = WRITTEN.replace("events: Ir", "events: Dr Ir Dw")
    several = several.replace("totals: 978352", "totals: 12 978352 7")
    assert counts.total_of(several) == 978352


@pytest.mark.parametrize(
    "text",
    [
        "",
        WRITTEN[: WRITTEN.index("totals")],  # Valgrind was stopped
        WRITTEN.replace("events: Ir", "events: Dr"),
        WRITTEN.replace("totals: 978352", "totals: 978352 7"),
    ],
)
def test_no_totals(text):
    with pytest.raises(ValueError, match=r"."):
        counts.total_of(text)


BEFORE = {"encode": 1000.0, "decode": 200.0, "gone": 1.0}
AFTER = {"encode": 1021.0, "decode": 150.0, "new": 7.5}


def test_grown():
    assert counts.grown(BEFORE, AFTER, 2.0) == ["encode"]
    assert counts.grown(BEFORE, AFTER, 3.0) == []
    assert counts.grown(AFTER, BEFORE, 2.0) == ["decode"]
    assert counts.grown(BEFORE, BEFORE, 0.0) == []


def test_table():
    lines = counts.table({"before": BEFORE, "after": AFTER}).splitlines()
    assert [line.split() for line in lines] == [
        ["loop", "before", "after", "ratio"],
        ["encode", "1000.0", "1021.0", "1.021"],
        ["decode", "200.0", "150.0", "0.750"],
        ["gone", "1.0", "-", "-"],
        ["new", "-", "7.5", "-"],
    ]
    alone = counts.table({"here": AFTER}).splitlines()
    assert alone[0].split() == ["loop", "here"]
