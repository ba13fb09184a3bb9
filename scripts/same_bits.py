"""Build the golden tests in all ways that could change a bit, run them, and compare.

    python scripts/same_bits.py [--skip-missing TOOL] [--only TEXT]

By GCC and Clang, at -O0 and -O3, for x86-64 without and with AVX2 and AVX-512 (either comes with
fused multiply-add), and for machines that QEMU emulates: aarch64, and s390x with its other byte
order. A missing tool is an error, unless `--skip-missing` names it; what was not run is in the
table.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
VECTORS = ROOT / "tests/vectors"
BUILD = ROOT / "build/same_bits"

# Those that compare bits or bytes with what is on file, and quick ones of what they rest on.
DIGEST = "test_digest"
PROGRAMS = ["test_golden", DIGEST, "test_lanes", "test_philox", "test_uniform"]
PROGRAMS += ["test_bit_io", "test_index_codes"]
PATIENCE = 900  # seconds for a program; emulated ones take a minute

# Debian's package for each tool, and other names that it goes by.
PACKAGES = {
    "cmake": "cmake",
    "ninja": "ninja-build",
    "g++": "g++",
    "clang++": "clang",
    "aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu",
    "s390x-linux-gnu-g++": "g++-s390x-linux-gnu",
    "qemu-aarch64": "qemu-user",
    "qemu-s390x": "qemu-user",
    "qemu-x86_64": "qemu-user",
}
OTHER_NAMES = {
    "clang++": [f"clang++-{version}" for version in range(30, 13, -1)],
    "qemu-aarch64": ["qemu-aarch64-static"],
    "qemu-s390x": ["qemu-s390x-static"],
    "qemu-x86_64": ["qemu-x86_64-static"],
}

# Levels of x86-64, and what a CPU must have to run them, by Linux's names.
V3 = frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"})
V4 = V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}
LEVELS = {"x86-64": frozenset(), "x86-64-v3": V3, "x86-64-v4": V4}

PASSED = "passed"


@dataclass
class Configuration:
    """A way to build and run the tests."""

    name: str
    compiler: str
    flags: str
    emulator: str | None = None
    processor: str | None = None  # of a machine that is not this one
    needs: frozenset[str] = frozenset()

    def tools(self) -> list[str]:
        """Return what must be installed."""
        return ["cmake", "ninja", self.compiler] + ([self.emulator] if self.emulator else [])


@dataclass
class Outcome:
    """A line of the table."""

    configuration: str
    compiler: str = "-"
    on: str = "-"
    passed: int = 0
    result: str = ""
    digest: str = "-"
    seconds: float = 0.0

    def columns(self) -> list[str]:
        """Return the line."""
        programs = f"{self.passed} of {len(PROGRAMS)}"
        seconds = f"{self.seconds:.0f} s"
        return [
            *(self.configuration, self.compiler, self.on, programs, self.result),
            *(self.digest, seconds),
        ]


HEADINGS = ["configuration", "compiler", "run by", "programs", "result", "digest", "time"]


def configurations() -> list[Configuration]:
    """Return all of them; the CPU's instructions decide which of x86-64's are emulated."""
    has = frozenset(flags_of_this_cpu())
    all_of_them = []
    for compiler in ("g++", "clang++"):
        for level, needs in LEVELS.items():
            for optimisation in ("-O0", "-O3"):
                emulator = None if needs <= has else "qemu-x86_64"
                name, flags = f"{level} {compiler} {optimisation}", f"{optimisation} -march={level}"
                all_of_them.append(Configuration(name, compiler, flags, emulator, None, needs))
    for machine in ("aarch64", "s390x"):
        for optimisation in ("-O0", "-O3"):
            name, compiler = f"{machine} g++ {optimisation}", f"{machine}-linux-gnu-g++"
            emulator = f"qemu-{machine}"
            all_of_them.append(Configuration(name, compiler, optimisation, emulator, machine))
    return all_of_them


def flags_of_this_cpu() -> list[str]:
    """Return the instruction sets that /proc/cpuinfo names."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("flags"):
            return line.split(":", 1)[1].split()
    return []


def find(tool: str) -> str | None:
    """Return the path of a tool, by whichever of its names it is there."""
    return next(filter(None, map(shutil.which, [tool, *OTHER_NAMES.get(tool, [])])), None)


def answer(*command: str) -> str:
    """Return what a command prints, without the line's end."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def build(configuration: Configuration, folder: Path) -> bool:
    """Build the programs from nothing; say what went wrong, if anything did."""
    shutil.rmtree(folder, ignore_errors=True)
    options = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_CXX_COMPILER": find(configuration.compiler),
        "CMAKE_CXX_FLAGS_RELEASE": configuration.flags,
        "ASTAR_REC_PYTHON": "OFF",
        "ASTAR_REC_TESTS": "ON",
    }
    if configuration.processor:
        options |= {
            "CMAKE_SYSTEM_NAME": "Linux",
            "CMAKE_SYSTEM_PROCESSOR": configuration.processor,
            "CMAKE_EXE_LINKER_FLAGS": "-static",  # the emulator needs no libraries then
        }
    configure = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    configure += [f"-D{key}={value}" for key, value in options.items()]
    for command in (configure, ["cmake", "--build", str(folder), "--target", *PROGRAMS]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n", flush=True)
            return False
    return True


def run(configuration: Configuration, folder: Path, outcome: Outcome) -> None:
    """Run the programs and fill in the line of the table."""
    before: list[str] = []
    outcome.on = "this CPU"
    if configuration.emulator:
        before = [find(configuration.emulator) or configuration.emulator]
        outcome.on = f"{configuration.emulator} {answer(before[0], '--version').split()[2]}"
        if not configuration.processor:
            before += ["-cpu", "max"]
    failed = []
    for program in PROGRAMS:
        command = [*before, str(folder / "cpp/tests" / program), str(VECTORS)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            failed.append(f"{program} (over {PATIENCE} s)")
            continue
        if program == DIGEST and done.stdout:
            outcome.digest = hashlib.sha256(done.stdout.encode()).hexdigest()[:16]
        if done.returncode == 0:
            outcome.passed += 1
            continue
        if done.returncode == -signal.SIGILL and before and not configuration.processor:
            outcome.result = "built, NOT RUN: neither CPU nor emulator has the instructions"
            return
        failed.append(f"{program} (exit {done.returncode})")
        print(f"{configuration.name}, {program}:", done.stdout, done.stderr, sep="\n", flush=True)
    outcome.result = "FAILED: " + ", ".join(failed) if failed else PASSED


def try_out(configuration: Configuration) -> Outcome:
    """Build and run a configuration."""
    outcome = Outcome(configuration.name)
    missing = [tool for tool in configuration.tools() if find(tool) is None]
    if missing:
        outcome.result = f"NOT RUN: no {', '.join(missing)}"
        return outcome
    version = answer(find(configuration.compiler) or "", "-dumpfullversion", "-dumpversion")
    outcome.compiler = f"{configuration.compiler} {version}"
    start = time.monotonic()
    folder = BUILD / configuration.name.replace(" ", "_")
    if build(configuration, folder):
        run(configuration, folder, outcome)
    else:
        outcome.result = "FAILED: to build"
    outcome.seconds = time.monotonic() - start
    return outcome


def table(outcomes: list[Outcome]) -> str:
    """Return the table."""
    lines = [HEADINGS, *(outcome.columns() for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict(outcomes: list[Outcome]) -> tuple[bool, str]:
    """Return whether nothing failed, and the sum of the table."""
    count = len(outcomes)
    passed = sum(outcome.result == PASSED for outcome in outcomes)
    failed = sum(outcome.result.startswith("FAILED") for outcome in outcomes)
    digests = {outcome.digest for outcome in outcomes} - {"-"}
    text = f"{passed} of {count} passed, {failed} failed, {count - passed - failed} not run; "
    text += f"{len(digests)} digest{'' if len(digests) == 1 else 's'}"
    if failed == count > 1 and len(digests) == 1:
        text += ": all agree with each other, but not with the files"
    return not failed and passed > 0 and len(digests) == 1, text


def main() -> int:
    """Try all configurations out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--skip-missing",
        action="append",
        default=[],
        metavar="TOOL",
        choices=sorted(PACKAGES),
        help="leave out what needs this tool, if it is not installed",
    )
    parser.add_argument("--only", default="", help="what the configurations' names contain")
    arguments = parser.parse_args()
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        parser.error("this needs Linux on x86-64")
    chosen = [c for c in configurations() if arguments.only in c.name]
    if not chosen:
        parser.error(f"no configuration's name contains {arguments.only!r}")
    wanted = {tool for configuration in chosen for tool in configuration.tools()}
    missing = sorted(tool for tool in wanted if find(tool) is None)
    if unexpected := [tool for tool in missing if tool not in arguments.skip_missing]:
        print(*(f"no {tool}: apt install {PACKAGES[tool]}" for tool in unexpected), sep="\n")
        return 2
    outcomes = []
    for number, configuration in enumerate(chosen, 1):
        print(f"{number} of {len(chosen)}: {configuration.name} ...", end=" ", flush=True)
        outcomes.append(try_out(configuration))
        print(outcomes[-1].result, flush=True)
    sound, summary = verdict(outcomes)
    print("", table(outcomes), "", summary, sep="\n")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
