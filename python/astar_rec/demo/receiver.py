"""The receiver: ``python -m astar_rec.demo.receiver FILE IMAGES``.

A process of its own that has the package, with its model, and reads one file. It writes the images
to an .npy file and prints how long restoring them took, in nanoseconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from ..images import load


def main(file: str, images: str) -> None:
    """Restores the images in a file."""
    codec, data = load("mnist"), Path(file).read_bytes()
    begin = time.perf_counter_ns()
    restored = codec.decompress(data)
    print(time.perf_counter_ns() - begin)
    np.save(images, restored)


if __name__ == "__main__":
    main(*sys.argv[1:])
