"""Every example runs: those of the docstrings, and the Python blocks of README.md and docs/."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import inspect
import io
import pkgutil
import re
import subprocess
import sys
import textwrap
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
# What a module or a page may need beyond NumPy. Without it, it is skipped.
OPTIONAL = {
    "click",
    "constriction",
    "dask",
    "matplotlib",
    "PIL",
    "scipy",
    "threadpoolctl",
    "torch",
    "tqdm",
}


def modules() -> list[str]:
    found = pkgutil.walk_packages(rec.__path__, "astar_rec.", onerror=lambda _: None)
    # Importing a __main__ runs it.
    return ["astar_rec", *sorted(m.name for m in found if not m.name.endswith("__main__"))]


def skip_if_optional(error: ModuleNotFoundError) -> None:
    if (error.name or "").partition(".")[0] in OPTIONAL:
        pytest.skip(f"needs {error.name}")


def load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        skip_if_optional(error)
        raise


class Report:
    """Collects what a doctest run has to say."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, text: str) -> None:
        self.lines.append(text)

    def check(self, results: doctest.TestResults) -> None:
        if results.failed:
            pytest.fail("".join(self.lines), pytrace=False)


# --- Docstrings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", modules())
def test_docstrings(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = load(name)
    assert (module.__doc__ or "").strip(), "the module has no docstring"
    monkeypatch.chdir(tmp_path)
    report, runner = Report(), doctest.DocTestRunner()
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(test, out=report)
    report.check(runner.summarize(verbose=False))


def public() -> Iterator[tuple[str, Any]]:
    for name in rec.__all__:
        thing = getattr(rec, name)
        yield name, thing
        if inspect.isclass(thing):
            for attribute, value in vars(thing).items():
                if not attribute.startswith("_") and (
                    callable(value) or isinstance(value, property)
                ):
                    yield f"{name}.{attribute}", value


@pytest.mark.parametrize(("name", "thing"), [p for p in public() if p[0] != "__version__"])
def test_everything_public_is_documented(name: str, thing: Any) -> None:
    text = inspect.getdoc(thing) or ""
    if typing.get_origin(thing) is not None:  # a type alias, for which its module speaks
        text = inspect.getdoc(rec.distributions.likes) or ""
        assert f"`{name}`" in text
    assert text.strip(), name
    # A summary of one sentence, in one paragraph.
    assert re.search(r"[.:]$", text.split("\n\n")[0].strip()), name


def test_all_is_sorted_and_complete() -> None:
    assert sorted(rec.__all__) == sorted(set(rec.__all__))
    assert all(hasattr(rec, name) for name in rec.__all__)
    for name, thing in vars(rec).items():
        ours = getattr(thing, "__module__", "").startswith("astar_rec")
        assert name.startswith("_") or name in rec.__all__ or not ours, name
    assert re.match(r"\d+\.\d+", rec.__version__)


def test_a_frozen_application_has_no_metadata_of_packages() -> None:
    program = """
import importlib.metadata

def missing(name):
    raise importlib.metadata.PackageNotFoundError(name)

importlib.metadata.version = importlib.metadata.distribution = missing
import astar_rec
print(astar_rec.__version__)
"""
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == rec.__version__


def test_what_cites_the_package_names_its_version() -> None:
    citation = ROOT / "CITATION.cff"
    assert f"version: {rec.__version__}\n" in citation.read_text(encoding="utf-8")


# --- Pages --------------------------------------------------------------------------------------

# A block of text right after a block of code is what the code prints.
BLOCK = re.compile(
    r"^(?P<indent> *)```python *\n(?P<code>.*?)^(?P=indent)``` *$"
    r"(?:\n\n(?P=indent)```text *\n(?P<printed>.*?)^(?P=indent)``` *$)?",
    re.M | re.S,
)


def pages() -> list[Path]:
    return [p for p in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))) if p.exists()]


def blocks(page: Path) -> Iterator[tuple[int, str, str | None]]:
    """Yield the number of lines before each block, its code, and what it prints if that is said."""
    text = page.read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        printed = match["printed"] and textwrap.dedent(match["printed"])
        yield text.count("\n", 0, match.start("code")), textwrap.dedent(match["code"]), printed


# The README's examples are of a hundred thousand latents.
@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=[pytest.mark.slow] * (p.name == "README.md")) for p in pages()],
    ids=[str(p.relative_to(ROOT)) for p in pages()],
)
def test_pages(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Blocks of a page share their names, from top to bottom."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__page__"}
    try:
        for line, code, printed in blocks(page):
            if re.search(r"^>>> ", code, re.M):
                test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), line)
                report, runner = Report(), doctest.DocTestRunner()
                runner.run(test, out=report, clear_globs=False)
                report.check(runner.summarize(verbose=False))
                names = test.globs
            else:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile("\n" * line + code, str(page), "exec"), names)
                assert printed in (None, out.getvalue()), f"line {line}"
    except ModuleNotFoundError as error:
        skip_if_optional(error)
        raise


def test_blocks_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("""\
Text
```python
a = 1
```
```sh
ls
```
1. Item

   ```python
   >>> a
   1
   ```

```python
print(a)
```

```text
1
```
""")
    expected = [(2, "a = 1\n", None), (10, ">>> a\n1\n", None), (15, "print(a)\n", "1\n")]
    assert list(blocks(page)) == expected


def test_no_page_holds_what_a_merge_left() -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        assert not marks.search(page.read_text(encoding="utf-8")), page.name
