"""Tables in the pages of `docs/`, filled in by the programs that measure what they show."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from astar_rec._files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table: the first column to the left, the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def starred(name: str) -> str:
    """Return a name with its stars as they are, rather than as emphasis."""
    return name.replace("*", r"\*")


def write(path: Path, figures: dict[str, Any]) -> None:
    """Write what was found to a file, as JSON."""
    with whole_file(path) as file:
        file.write((json.dumps(figures, indent=1) + "\n").encode())


def fill(page: Path, filled: dict[str, str]) -> None:
    """Put tables between ``<!-- table:NAME -->`` and ``<!-- end -->`` in a page.

    Raises:
        SystemExit: The page lacks the place of a table, or names one that there is not.
    """
    text = page.read_text(encoding="utf-8")
    places = re.findall(r"<!-- table:(\w+) -->", text)
    if sorted(places) != sorted(filled):
        raise SystemExit(f"{page} has places for tables {places}; expected {sorted(filled)}")

    def replaced(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{filled[match[2]]}\n\n<!-- end -->"

    text = re.sub(r"(<!-- table:(\w+) -->).*?<!-- end -->", replaced, text, flags=re.DOTALL)
    with whole_file(page) as file:
        file.write(text.encode())
