"""Runs every fuzzer, as many at a time as there are processors, and prints what came of it.

``python -m fuzz.all BUILD EXECUTIONS [NAME]`` in the folder tests; `nox -s fuzz` calls it. NAME is
what the fuzzers' names begin with that are run: py- is for those of Python. BUILD is where the
fuzzers of the core were built, and gets the folders corpus (what was interesting, which later
runs begin with), logs, and found (inputs that failed).
"""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LIMITS = [
    *("-timeout=20", "-report_slow_units=5"),  # seconds for one input
    *("-rss_limit_mb=2048", "-malloc_limit_mb=128"),  # of all, and of one allocation
]

# Changes of one input on top of each other. Those in Python are up to three changes each: five of
# them leave little of a container.
PYTHON_DEPTH = "-mutate_depth=3"

# Python never frees all: leaks are looked for in the core alone. Allocations that fail are to be
# MemoryError. Stacks of Python's allocations are next to all different, and more and more to be
# looked through: with four calls of each, that took half of the time.
CPP = {"ASAN_OPTIONS": "quarantine_size_mb=8:malloc_context_size=4"}
PYTHON = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16:"
    "malloc_context_size=1"
}


@dataclass(frozen=True)
class Run:
    """One fuzzer: its program, without options, and its environment."""

    name: str
    command: list[str]
    environment: dict[str, str]
    executions: int
    length: int


def runs(executions: int, build: Path) -> list[Run]:
    """The fuzzers of the core, and those of Python."""
    programs = [path for path in sorted(build.glob("cpp/fuzz/fuzz_*")) if os.access(path, os.X_OK)]
    core = [
        Run(path.name.removeprefix("fuzz_"), [str(path)], CPP, executions, 1024)
        for path in programs
        if path.is_file()
    ]
    environment = dict(PYTHON)
    if "FUZZ_PRELOAD" in os.environ:  # what the extension needs, and the programs above have
        environment["LD_PRELOAD"] = os.environ["FUZZ_PRELOAD"]
    names = subprocess.run(
        [sys.executable, "-c", "from fuzz.targets import TARGETS; print(*TARGETS)"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.split()
    each = math.ceil(executions / len(names))  # all of these together have as many as one above
    command = [sys.executable, "-m", "fuzz.one"]
    python = [
        Run(f"py-{name}", [*command, name, PYTHON_DEPTH], environment, each, 4096) for name in names
    ]
    return core + python


def row(run: Run, build: Path) -> tuple[bool, list[str]]:
    """Runs a fuzzer; returns whether all went well, and its row of the table."""
    corpus = build / "corpus" / run.name
    corpus.mkdir(parents=True, exist_ok=True)
    log = build / "logs" / f"{run.name}.log"
    options = [
        *(str(corpus), f"-runs={run.executions}", f"-max_len={run.length}", "-seed=1", *LIMITS),
        *("-print_final_stats=1", f"-artifact_prefix={build / 'found' / run.name}-"),
    ]
    environment = {"UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", **run.environment}
    with log.open("wb") as file:
        code = subprocess.run(
            [*run.command, *options],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        ).returncode
    text = log.read_text(errors="replace")
    stats = dict(re.findall(r"stat::(\w+): +(\d+)", text))
    coverage = [int(edges) for edges in re.findall(r"\bcov: (\d+)", text)] or [0]
    return code == 0, [
        run.name,
        stats.get("number_of_executed_units", "?"),
        stats.get("average_exec_per_sec", "?"),
        f"{coverage[-1]} (+{coverage[-1] - coverage[0]})",
        stats.get("slowest_unit_time_sec", "?") + " s",
        stats.get("peak_rss_mb", "?") + " MB",
        "passed" if code == 0 else f"failed: {log}",
    ]


def main() -> None:
    """Runs all; exits with 1 if anything was found."""
    build, executions, name = Path(sys.argv[1]).resolve(), int(sys.argv[2]), "".join(sys.argv[3:4])
    for folder in ("logs", "found"):
        (build / folder).mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        chosen = [run for run in runs(executions, build) if run.name.startswith(name)]
        results = list(pool.map(lambda run: row(run, build), chosen))
    titles = ["target", "executions", "exec/s", "edges (new)", "slowest", "memory", "result"]
    table = [titles, *(cells for _, cells in results)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        )
    sys.exit(not all(passed for passed, _ in results))


if __name__ == "__main__":
    main()
