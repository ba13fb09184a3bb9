"""Count the instructions of the hot loops, here or of two commits: the same whatever else runs.

    python benchmarks/count_instructions.py                     of this checkout
    python benchmarks/count_instructions.py COMMIT [COMMIT]     of two, or of one and this checkout

Callgrind runs the program `counts` (cpp/counts/), a process for each loop, and counts what is
executed inside the one function that the loop is run by. So inputs and tables cost nothing, and
counts of one build agree to a few parts in a million, where times differ by a tenth.

Instructions are not time: four additions at once count as one, a cache miss as none. They say that
something changed. And they belong to a compiler and a CPU: Valgrind has the instruction sets that
the CPU has, up to AVX2, so of several versions of a function the one for AVX2 is counted, and never
one for AVX-512.

A commit is built from a work tree of its own in a temporary folder. One without cpp/counts/ gets
that of this checkout, which its headers must go with. The exit status is 1 if any count grew by
more than the tolerance, 2 if there is nothing to compare. It needs Linux, CMake, Ninja and Valgrind
(apt install valgrind).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path("cpp/counts")  # its source in a checkout, and its folder in a build
COUNTED = "counted"  # the function whose instructions count
HERE = "this checkout"

Counts = dict[str, float]  # instructions an element, by loop


def total_of(text: str) -> int:
    """Return how many instructions a file of Callgrind's says were executed.

    Raises:
        ValueError: It does not say.
    """
    events = re.search(r"^events: (.+)$", text, re.M)
    totals = re.search(r"^totals: (.+)$", text, re.M)
    if not events or not totals:
        raise ValueError("no events and totals in what Callgrind wrote")
    named = dict(zip(events[1].split(), totals[1].split(), strict=True))
    if "Ir" not in named:
        raise ValueError(f"no instructions (Ir) among the events {events[1]}")
    return int(named["Ir"])


def fail(message: str) -> NoReturn:
    """End the program without a result."""
    print(message, file=sys.stderr)
    sys.exit(2)


def run(*command: str | Path) -> str:
    """Return what a command prints; end the program if it fails, with all that it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(source: Path, folder: Path) -> Path:
    """Build the program; return where it is."""
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DASTAR_REC_PYTHON=OFF", "-DASTAR_REC_COUNTS=ON"]
    run("cmake", "-S", source, "-B", folder, "-G", "Ninja", *options)
    run("cmake", "--build", folder, "--target", "counts")
    return folder / PROGRAM / "counts"


def count(program: Path, only: str) -> Counts:
    """Return what every loop takes whose name contains `only`."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for line in run(program).splitlines():
            name, elements = line.split()
            if only not in name:
                continue
            print(f"  {name} ...", file=sys.stderr, flush=True)
            out = Path(scratch) / name
            tool = ["valgrind", "--tool=callgrind", f"--toggle-collect={COUNTED}"]
            run(*tool, f"--callgrind-out-file={out}", program, name)
            total = total_of(out.read_text(encoding="utf-8"))
            if total == 0:
                fail(f"{name}: nothing was counted; was {COUNTED}() inlined?")
            found[name] = total / int(elements)
    return found


@contextmanager
def checkout(commit: str, scratch: Path) -> Iterator[Path]:
    """Make a work tree of a commit, with the program if it has none."""
    tree = scratch / "tree"
    run("git", "-C", ROOT, "worktree", "add", "--detach", tree, commit)
    try:
        if not (tree / PROGRAM).exists():
            shutil.copytree(ROOT / PROGRAM, tree / PROGRAM)
            with (tree / "CMakeLists.txt").open("a", encoding="utf-8") as file:
                file.write(f"\nadd_subdirectory({PROGRAM.as_posix()})\n")
        yield tree
    finally:
        run("git", "-C", ROOT, "worktree", "remove", "--force", tree)


def counts_of(commit: str, only: str) -> Counts:
    """Return what the loops of a commit take, or of this checkout."""
    print(f"{commit}:", file=sys.stderr, flush=True)
    if commit == HERE:
        return count(build(ROOT, ROOT / "build" / "counts"), only)
    with tempfile.TemporaryDirectory() as scratch, checkout(commit, Path(scratch)) as tree:
        return count(build(tree, Path(scratch) / "build"), only)


def table(columns: dict[str, Counts]) -> str:
    """Return instructions an element; of two columns, what the second is of the first too."""
    first, last = next(iter(columns.values())), list(columns.values())[-1]
    names = list(first) + [name for name in last if name not in first]
    head = ["loop", *(label[:14] for label in columns)] + (["ratio"] if len(columns) == 2 else [])
    rows = [head]
    for name in names:
        row = [name, *(f"{c[name]:.1f}" if name in c else "-" for c in columns.values())]
        if len(columns) == 2:
            both = name in first and name in last
            row.append(f"{last[name] / first[name]:.3f}" if both else "-")
        rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(word.rjust(width) if i else word.ljust(width) for i, (word, width) in line)
        for line in (list(enumerate(zip(row, widths, strict=True))) for row in rows)
    )


def grown(before: Counts, after: Counts, tolerance: float) -> list[str]:
    """Return the loops that take more than they did, by more than so many percent."""
    most = 1 + tolerance / 100
    return [name for name in before if name in after and after[name] > most * before[name]]


def about() -> dict[str, Any]:
    """Return what counts depend on."""
    return {
        "compiler": run("c++", "--version").splitlines()[0],
        "valgrind": run("valgrind", "--version").strip(),
        "machine": platform.machine(),
        "unit": "instructions an element",
    }


def main() -> int:
    """Count, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commits", nargs="*", metavar="COMMIT", help="one or two to compare")
    parser.add_argument("--only", default="", metavar="TEXT", help="what the loops' names contain")
    parser.add_argument("--tolerance", type=float, default=2.0, metavar="PERCENT")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    if len(arguments.commits) > 2:
        parser.error("two commits at most")
    if len(set(arguments.commits)) < len(arguments.commits):
        parser.error("two different commits")
    if missing := [t for t in ("cmake", "ninja", "valgrind") if shutil.which(t) is None]:
        parser.error(f"no {', '.join(missing)} here")

    commits = [*arguments.commits] if len(arguments.commits) == 2 else [*arguments.commits, HERE]
    columns = {commit: counts_of(commit, arguments.only) for commit in commits}
    if not any(columns.values()):
        parser.error(f"no loop's name contains {arguments.only!r}")
    print(table(columns))
    if arguments.output:
        found = {"about": about(), "counts": columns}
        arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if len(columns) < 2:
        return 0
    worse = grown(*columns.values(), arguments.tolerance)
    if worse:
        print(f"\nmore than {arguments.tolerance:g} % more: {', '.join(worse)}")
    else:
        print(f"\nnone takes over {arguments.tolerance:g} % more")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
