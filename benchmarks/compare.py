"""Measure this library beside what its users would take instead, in one run on one machine.

    python benchmarks/compare.py [-o FOLDER] [--bits 1 3 5] [--elements N] [--only NAME]

One million normals whose marginal is the proposal (at I bits of information the scale is 2^-I and
the mean has variance 1 - 4^-I), sent by this library's codecs and by constriction's range coder,
SciPy, NumPy, minimal random coding and the reference in pure Python: bits and nanoseconds an
element, the latter in constriction's too. Then the goals, and whether they are reached.

`compare_rows.py` says how times are taken, `compare_peers.py` and `compare_codecs.py` what each row
is. Everything that is timed is checked first. With ``-o`` all times go to FOLDER/compare.json, and
a picture of bits against time to FOLDER/compare.png; if there is a page FOLDER.md, its tables are
filled in.

It needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from pathlib import Path

from astar_rec._files import whole_file

if importlib.util.find_spec("constriction") is None:
    sys.exit("there is nothing to compare with: python -m pip install '.[bench]'")

import compare_codecs
import compare_peers
import compare_report as report
from compare_goals import Figures, goals
from compare_peers import YARDSTICK
from compare_rows import Plan, Row, measure
from pages import fill

MEASUREMENTS = [*compare_peers.MEASUREMENTS, *compare_codecs.MEASUREMENTS]


def count(text: str) -> int:
    """Return a number of elements, repeats or threads."""
    if (value := int(text)) < 1:
        raise ValueError
    return value


def plan_of(arguments: argparse.Namespace) -> Plan:
    """Return what is to be measured."""
    return Plan(
        tuple(dict.fromkeys(arguments.bits)),
        arguments.elements,
        arguments.threads,
        arguments.largest,
    )


def wanted(name: str, only: list[str]) -> bool:
    """Return whether a name contains one of the texts; any name does if there are none."""
    return not only or any(text.lower() in name.lower() for text in only)


def chosen(only: list[str], plan: Plan) -> list[Row]:
    """Return the rows of the measurements that are wanted, and of the yardstick."""
    rows = []
    for measurement in MEASUREMENTS:
        if wanted(measurement.name, only) or measurement.name == YARDSTICK:
            print(f"setting up {measurement.name}", file=sys.stderr, flush=True)
            rows += measurement.rows(plan)
    return rows


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", type=count, default=1_000_000, help="in the main rows")
    parser.add_argument("--bits", type=float, nargs="+", default=[1, 2, 3, 5], metavar="I")
    parser.add_argument("--repeats", type=count, default=7, help="timings of each call")
    parser.add_argument("--threads", type=count, default=2, help="that are compared with one")
    parser.add_argument(
        "--largest", type=count, default=10**7, help="array whose cost an element is measured"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a part of the name of what is to be measured, beside the yardstick: "
        + "; ".join(measurement.name for measurement in MEASUREMENTS),
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if any(not 0 < bits <= 12 for bits in arguments.bits):
        parser.error("--bits are above 0, and 12 at most")

    unknown = [
        text for text in arguments.only if not any(wanted(m.name, [text]) for m in MEASUREMENTS)
    ]
    if unknown:
        parser.error(f"no measurement's name contains {', '.join(map(repr, unknown))}")

    about = report.about()
    plan = plan_of(arguments)
    rows = chosen(arguments.only, plan)
    measure(rows, arguments.repeats)

    figures = Figures(plan, rows)
    outcomes = [goal.outcome(figures) for goal in goals(plan)]
    about["waited"] = report.waited(rows)
    print(report.heading(about))
    print(report.table(rows, figures))
    print(report.busy(rows))
    print()
    print(report.setups(rows))
    print()
    print(report.goal_table(outcomes))
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
        found = {"about": about, "rows": [row.as_json() for row in rows], "goals": outcomes}
        with whole_file(arguments.output / "compare.json") as file:
            file.write((json.dumps(found, indent=1) + "\n").encode())
        if not report.draw(arguments.output / "compare.png", rows):
            print("no picture: Matplotlib is not installed", file=sys.stderr)
        page = arguments.output.with_suffix(".md")
        if page.exists():
            fill(page, report.pages(about, rows, figures, outcomes))


if __name__ == "__main__":
    main()
