"""What compare.py prints and draws: a table, the goals, and bits against time."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astar_rec._files import whole_file
from astar_rec._validate import threads_of
from compare_peers import YARDSTICK
from compare_rows import SIDES
from pages import markdown, starred

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compare_goals import Figures
    from compare_rows import Row

PACKAGES = ("astar_rec", "constriction", "numpy", "scipy")


def about() -> dict[str, Any]:
    """Return what figures depend on: the machine, versions, and what else it had to do."""
    return {
        "cpu": _cpu(),
        "processors": threads_of(None),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def heading(about: dict[str, Any]) -> str:
    """Return the lines above the table."""
    load = about["load"]
    others = "" if load is None else f", load {load:.1f} at the start"
    return f"{about['cpu']}, {about['processors']} processors{others}\n{_versions(about)}\n"


def table(rows: list[Row], figures: Figures) -> str:
    """Return a line for each row: bits sent, and times, also in the yardstick's."""
    head = [
        "",
        "bits",
        "elements",
        "sent",
        "steps",
        "encode, ns",
        "x",
        "decode, ns",
        "x",
        "spread",
        "setting",
    ]
    lines = [head]
    for row in rows:
        spread = max(row.spread(side) for side in SIDES)
        line = [row.name, f"{row.bits:g}", f"{row.elements:,}"]
        lines.append([*line, *_found(row, figures), f"{100 * spread:.0f} %", row.setting])
    return _columns(lines) + (
        f"\n\nx: in {YARDSTICK}'s time at as many bits. Spread: how far the middle one of the"
        "\ntimes is beyond the least, which is what is shown."
    )


def goal_table(outcomes: list[dict[str, Any]]) -> str:
    """Return a line for each goal."""
    return _columns(_goal_lines(outcomes))


def _goal_lines(outcomes: list[dict[str, Any]]) -> list[list[str]]:
    words = {True: "reached", False: "MISSED", None: "not measured"}
    lines = [["goal", "", "measured", ""]]
    for outcome in outcomes:
        unit = outcome["unit"]
        sign = ">=" if outcome["at_least"] else "<="
        value = "-" if outcome["measured"] is None else _value(outcome["measured"], unit)
        wanted = f"{sign} {_value(outcome['limit'], unit)}"
        lines.append([outcome["goal"], wanted, value, words[outcome["reached"]]])
    return lines


def pages(
    about: dict[str, Any], rows: list[Row], figures: Figures, outcomes: list[dict[str, Any]]
) -> dict[str, str]:
    """Return the tables of docs/speed.md by name."""
    head = ["", "bits of information", "bits sent", "steps"]
    for side in SIDES:
        head += [f"{side}, ns", f"in {YARDSTICK}'s"]
    lines = [[starred(row.name), f"{row.bits:g}", *_found(row, figures)] for row in rows]
    goals = [[starred(word) for word in line] for line in _goal_lines(outcomes)]
    elements = f"{figures.plan.elements:,} elements"
    return {
        "about": f"{about['cpu']}, one thread, {elements}; {_versions(about)}.",
        "compare": markdown(head, lines),
        "goals": markdown(goals[0], goals[1:]),
    }


def setups(rows: Iterable[Row]) -> str:
    """Return what each row is, and what was compared."""
    found = dict.fromkeys((row.name, f"{row.what}; checked: {row.verified}") for row in rows)
    width = max(len(name) for name, _ in found)
    return "\n".join(f"{name.ljust(width)}  {what}" for name, what in found)


def waited(rows: list[Row]) -> float:
    """Return by how much the wall's clock was ahead of the processor's, as a share."""
    sides = [getattr(row, side) for row in rows if not row.wall for side in SIDES]
    wall = sum(side.loops * time for side in sides for time in side.wall)
    return wall / sum(side.loops * time for side in sides for time in side.processor) - 1


def busy(rows: list[Row]) -> str:
    """Return how much of the machine the calls had; threads need all of it."""
    lines = [f"The wall's clock was ahead of the processor's by {100 * waited(rows):.0f} %."]
    for row in rows:
        if row.wall:
            had = max(p / w for p, w in zip(row.encode.processor, row.encode.wall, strict=True))
            lines.append(f"{row.name}, encode: at best it had {had:.2f} processors.")
    return "\n".join(lines)


def draw(path: Path, rows: list[Row]) -> bool:
    """Draw bits against time; return whether Matplotlib is there to do so."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return False
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    for axes, side in zip(figure.subplots(1, 2, sharey=True), SIDES, strict=True):
        for number, (name, points) in enumerate(_curves(rows)):
            bits = [row.sent for row in points]
            times = [row.ns(side) for row in points]
            style = "k*-" if name == YARDSTICK else f"C{number % 10}{'os^vD'[number // 5 % 5]}-"
            axes.plot(bits, times, style, label=name, markersize=5)
        axes.set(title=side, xlabel="bits sent, an element", yscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.axes[0].set_ylabel("nanoseconds an element")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize="small")
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=120)
    return True


def _curves(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the ways that differ in what they send; sizes and threads do not."""
    for name in dict.fromkeys(row.name for row in rows):
        points = [row for row in rows if row.name == name and row.sent is not None]
        elsewhere = any(word in name for word in ("thread", "10^", "one element"))
        if points and not elsewhere:
            yield name, sorted(points, key=lambda row: row.sent)


def _found(row: Row, figures: Figures) -> list[str]:
    """Return what was counted and timed."""
    words = [_counted(row.sent), _counted(row.steps)]
    for side in SIDES:
        words += [f"{row.ns(side):,.1f}", _in_yardsticks(row, side, figures)]
    return words


def _counted(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _in_yardsticks(row: Row, side: str, figures: Figures) -> str:
    try:
        return f"{row.ns(side) / figures.ns(YARDSTICK, side, row.bits):.2f}"
    except KeyError:
        return "-"


def _value(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if unit == "x" else f"{value:,.0f} {unit}"


def _columns(lines: list[list[str]]) -> str:
    """Return words in columns, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            word.rjust(width) if number else word.ljust(width)
            for number, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cpu() -> str:
    """Return the processor's name, from Linux where that is the system."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _versions(about: dict[str, Any]) -> str:
    return ", ".join(f"{name} {v}" for name, v in about["versions"].items() if v)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Return the checkout's commit; with a mark if its files are not those of the commit."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
