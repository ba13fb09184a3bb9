"""The command line ``astar-rec``: encode, decode, inspect and demo.

It needs the extra ``cli``: ``pip install 'astar_rec[cli]'``.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Runs ``astar-rec`` with the arguments in ``sys.argv``, and exits."""
    try:
        from .commands import astar_rec

        astar_rec(prog_name="astar-rec")
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in ("click", "PIL"):
            raise
        missing = {"click": "click", "PIL": "Pillow"}[module]
        sys.stderr.write(f"astar-rec needs {missing}: pip install 'astar_rec[cli]'\n")
        sys.exit(2)
