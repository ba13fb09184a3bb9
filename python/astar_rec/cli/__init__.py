"""The command line ``astar-rec``: numbers, images, and training models of images.

It needs the extra ``cli``: ``pip install 'astar_rec[cli]'``. The commands for images need the extra
``images``, and training PyTorch and the extra ``train``.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


# Modules that a command may lack: what to say, and what to install.
_MISSING = {
    "click": ("click", "'astar_rec[cli]'"),
    "PIL": ("Pillow", "'astar_rec[cli]'"),
    "constriction": ("constriction", "'astar_rec[images]'"),
    "threadpoolctl": ("threadpoolctl", "'astar_rec[images]'"),
    "torch": ("PyTorch", "torch"),
    "tqdm": ("tqdm", "'astar_rec[train]'"),
    "matplotlib": ("Matplotlib", "'astar_rec[train]'"),
}


def main() -> None:
    """Runs ``astar-rec`` with the arguments in ``sys.argv``, and exits."""
    try:
        from .commands import astar_rec

        astar_rec(prog_name="astar-rec")
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _MISSING:
            raise
        name, package = _MISSING[module]
        sys.stderr.write(f"astar-rec needs {name}: pip install {package}\n")
        sys.exit(2)
