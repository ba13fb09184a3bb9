"""Checks, before all work, of outputs: can they be written, and is the input safe from them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._files import destination
from .failures import Failure

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_file", "check_not_input"]


def check_file(output: Path, source: Path) -> None:
    """Refuses what cannot be written, or would replace what is read."""
    destination(output)
    check_not_input(output, source)


def check_not_input(output: Path, source: Path) -> None:
    """Refuses what would replace what is read."""
    if output.exists() and output.samefile(source):
        raise Failure(f"{output}: the output would replace the input; expected another name")
