"""Development sessions: ``nox -l`` lists them, ``nox -s NAME`` runs one, ``-- ARGS`` go to pytest.

Versions are pinned in pyproject.toml's extras and nowhere else.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "types", "tests", "docs"]
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pinned(tool: str) -> str:
    """The requirement by which the ``lint`` extra pins a tool."""
    (requirement,) = (r for r in EXTRAS["lint"] if r.startswith(f"{tool}=="))
    return requirement


def runs(interpreter: str) -> bool:
    """Whether an interpreter is there and starts; a version manager's shim may not."""
    try:
        return subprocess.run([interpreter, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


# --- Tests ---------------------------------------------------------------------------------------


@nox.session
def tests(session: nox.Session) -> None:
    """The whole test suite, on the package as it is installed."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Lines of the package that the tests run; not those that run in processes of their own."""
    session.install(".[coverage]")
    session.run("pytest", "--cov=astar_rec", "--cov-report=term", *session.posargs)


# The oldest releases that have wheels for a Python newer than the ones that our floors support.
OLDEST_FOR_NEWER_PYTHONS = {
    (3, 13): {"numpy": "2.1", "scipy": "1.14.1", "pillow": "11.0", "matplotlib": "3.9.2"},
    (3, 14): {"numpy": "2.3.3", "scipy": "1.16.1", "pillow": "12.0", "matplotlib": "3.10.5"},
}


def floor(requirement: str, python: tuple[int, int]) -> str:
    """Turns ``name>=1.2`` into ``name==1.2.*``, or into what this Python needs at least."""
    name, version = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    newer = [v for since, v in OLDEST_FOR_NEWER_PYTHONS.items() if since <= python]
    if newer:
        version = newer[-1].get(name, version)
    if "." not in version:
        version += ".0"
    return f"{name}=={version}.*"


@nox.session(python="3.10" if runs("python3.10") else None)
def tests_oldest(session: nox.Session) -> None:
    """The test suite with the oldest dependencies that pyproject.toml allows, on Python 3.10."""
    version = session.run(
        "python", "-c", "import sys; print(*sys.version_info[:2])", silent=True, log=False
    )
    major, minor = map(int, version.split())
    wanted = ("cli", "experiments", "test")
    requirements = [*PROJECT["dependencies"], *(r for extra in wanted for r in EXTRAS[extra])]
    oldest = [floor(r, (major, minor)) for r in requirements if not r.startswith("astar_rec")]
    # Matplotlib of that time calls pyparsing by names that later ones warn of.
    oldest.append("pyparsing<3.3")
    session.install("--only-binary=numpy,scipy,pillow,matplotlib", ".[test]", *oldest)
    session.run("pip", "list")
    session.run("pytest", *session.posargs)


@nox.session
def tests_torch(session: nox.Session) -> None:
    """The tests that need PyTorch, those of examples/ too; a large download."""
    session.install(".[test,train]", "scikit-image", "torch==2.13.0")
    session.run("pytest", "-k", "torch", *session.posargs)


@nox.session
def tests_dask(session: nox.Session) -> None:
    """The tests that need dask, and other arrays that are larger than memory; the docs' example."""
    session.install(".[test,dask]", "xarray", "zarr")
    session.run("pytest", "-k", "dask or large", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Every example that the docstrings, the README and docs/ show."""
    session.install(".[test]")
    session.run("pytest", "--doctest-modules", "--pyargs", "astar_rec")
    session.run("pytest", "tests/test_docs.py", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Builds the documentation as a site, into build/site; warnings are errors."""
    session.install(".[site]")
    session.run("mkdocs", "build", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def wheel(session: nox.Session) -> None:
    """Builds a wheel and tries it where there is NumPy, and neither the checkout nor an extra."""
    alone = (
        "import importlib.metadata as m;"
        "names = {d.name.lower().replace('-', '_') for d in m.distributions()};"
        "extra = names - {'astar_rec', 'numpy', 'pip', 'setuptools'};"
        "assert not extra, extra"
    )
    with tempfile.TemporaryDirectory() as scratch:
        session.run("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", scratch, ".")
        (built,) = Path(scratch).glob("*.whl")
        environment = Path(scratch) / "empty"
        session.run("python", "-m", "venv", str(environment))
        python = str(environment / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        session.run(python, "-m", "pip", "install", str(built), external=True)
        with session.chdir(scratch):
            session.run(python, "-I", "-c", alone, external=True)
            session.run(python, "-I", str(ROOT / ".ci" / "round_trip.py"), external=True)


# --- Lint and types ------------------------------------------------------------------------------


@nox.session
def lint(session: nox.Session) -> None:
    """Checks style and spelling; changes nothing."""
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    if missing := [pin for pin in EXTRAS["lint"] if f'"{pin}"' not in config]:
        session.error(f".pre-commit-config.yaml should pin {', '.join(missing)}")
    session.install(pinned("ruff"), pinned("clang-format"), pinned("codespell"), "tomli")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    found = [p for pattern in ("*.[ch]pp", "*.inl") for p in ROOT.glob(f"cpp/**/{pattern}")]
    sources = sorted(str(p.relative_to(ROOT)) for p in found)
    session.run("clang-format", "--dry-run", "--Werror", *sources)
    session.run("codespell")


@nox.session
def types(session: nox.Session) -> None:
    """Checks the package's types strictly; which files, pyproject.toml says."""
    session.install(pinned("mypy"), *PROJECT["dependencies"], *EXTRAS["cli"])
    session.run("mypy")


# --- Sanitizers ----------------------------------------------------------------------------------


def cpp_tests(session: nox.Session, sanitizers: str) -> None:
    """Builds the C++ tests with sanitizers and runs them."""
    session.install("cmake", "ninja")
    build = f"build/nox-{session.name}"
    session.run(
        "cmake",
        *("-S", ".", "-B", build, "-G", "Ninja"),
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DASTAR_REC_PYTHON=OFF",
        "-DASTAR_REC_TESTS=ON",
        f"-DASTAR_REC_SANITIZE={sanitizers}",
    )
    session.run("cmake", "--build", build)
    session.run("ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error")


def preload(session: nox.Session) -> str:
    """The libraries that an uninstrumented Python must load before an instrumented extension.

    The C++ runtime is among them: the sanitizer wraps its `throw` at start-up or not at all.
    """
    compiler = os.environ.get("CXX", "c++")
    libraries = []
    for name in ("libasan.so", "libstdc++.so"):
        answer = session.run(
            compiler, f"-print-file-name={name}", external=True, silent=True, log=False
        ).strip()
        if answer == name:
            session.error(f"{compiler} has no {name}: this session needs GCC on Linux, say CXX=g++")
        libraries.append(str(Path(answer).resolve()))
    return ":".join(libraries)


@nox.session
def sanitizers(session: nox.Session) -> None:
    """All tests, the C++ ones first, under the address and undefined-behaviour sanitizers."""
    cpp_tests(session, "address,undefined")
    session.install(
        ".[test]",
        # A build folder apart, or the next ordinary build would find the sanitizers in its cache.
        *("-C", "build-dir=build/nox-sanitizers-extension"),
        *("-C", "cmake.build-type=RelWithDebInfo"),
        *("-C", "install.strip=false"),
        *("-C", "cmake.define.ASTAR_REC_SANITIZE=address,undefined"),
    )
    session.run(
        # One process, whose output is captured by replacing sys.stdout only: a report written as it
        # dies still reaches the terminal.
        *("pytest", "-n0", "--capture=sys", *session.posargs),
        env={
            "LD_PRELOAD": preload(session),
            # Python itself never frees all; failing allocations are to be MemoryError.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            # With Python's own allocator, the sanitizer would not see where an object ends.
            "PYTHONMALLOC": "malloc",
            # Hypothesis has no deadlines there.
            "CI": "true",
        },
    )


@nox.session
def thread_sanitizer(session: nox.Session) -> None:
    """C++ tests under the thread sanitizer."""
    cpp_tests(session, "thread")


# Sanitizers and libFuzzer in one, for the Python that loads the extension; and Atheris's door to
# mutators in Python, which libFuzzer sees only if it is there when libFuzzer is loaded.
PRELOADED = """
import sysconfig
from importlib.util import find_spec
print(sysconfig.get_path("platlib") + "/asan_with_fuzzer.so")
print(find_spec("atheris.custom_mutator").origin)
"""


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzzes all decoders under sanitizers: Clang, Linux; ``-- N`` for N executions of a target.

    ``-- N NAME`` runs those alone whose names begin so, ``py-`` those of Python.
    """
    build = "build/nox-fuzz"
    compiler = {"CXX": os.environ.get("CXX", "clang++")}
    session.install("cmake", "ninja", "atheris==3.0.0")
    session.run(
        "cmake",
        *("-S", ".", "-B", build, "-G", "Ninja"),
        "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DASTAR_REC_PYTHON=OFF",
        "-DASTAR_REC_FUZZERS=ON",
        "-DASTAR_REC_SANITIZE=address,undefined,float-cast-overflow",
        env=compiler,
    )
    session.run("cmake", "--build", build)
    session.install(
        ".[cli,images]",
        *("-C", f"build-dir={build}/extension"),
        *("-C", "cmake.build-type=RelWithDebInfo"),
        *("-C", "install.strip=false"),
        # Atheris's runtime lacks these two checks.
        *("-C", "cmake.define.ASTAR_REC_SANITIZE=address,undefined;-fno-sanitize=vptr,function"),
        # Comparisons are not traced, as in cpp/fuzz.
        env={
            **compiler,
            "CXXFLAGS": "-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp",
        },
    )
    preloaded = session.run("python", "-c", PRELOADED, silent=True, log=False).split()
    with session.chdir("tests"):
        session.run(
            *("python", "-m", "fuzz.all", str(ROOT / build), *(session.posargs or ["20000"])),
            env={"FUZZ_PRELOAD": ":".join(preloaded)},
        )


# --- The same bits everywhere --------------------------------------------------------------------


@nox.session
def same_bits(session: nox.Session) -> None:
    """Golden tests by two compilers, at -O0 and -O3, with AVX-512, on aarch64 and s390x."""
    session.install("cmake", "ninja")
    session.run("python", "scripts/same_bits.py", *session.posargs)


# --- Figures -------------------------------------------------------------------------------------


@nox.session
def results(session: nox.Session) -> None:
    """Fills in docs/results.md again: ``-- --data FOLDER --runs FOLDER``; an hour."""
    session.install(".[train]", "pillow-jxl-plugin", "torch==2.13.0")
    session.run("python", "benchmarks/mnist.py", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Speed and bits beside constriction, SciPy and NumPy. ``-- -o docs/speed`` for the page."""
    session.install(".[bench]")
    session.run("python", "benchmarks/compare.py", *session.posargs)


@nox.session
def counts(session: nox.Session) -> None:
    """Instructions of the hot loops: of the checkout, or ``-- COMMIT COMMIT`` to compare two."""
    session.install("cmake", "ninja")
    session.run("python", "benchmarks/count_instructions.py", *session.posargs)
