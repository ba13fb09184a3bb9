"""The receiver: ``python -m astar_rec.demo.receiver CONTAINER SAMPLES``.

A process of its own that knows the proposal, N(0, 1), and reads one container. It writes the
samples to an .npy file and prints how long decoding took, in nanoseconds: the fastest of three
times.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from .. import Normal, decompress
from .stopwatch import fastest


def main(container: str, samples: str) -> None:
    """Decodes a container."""
    data = Path(container).read_bytes()
    decoded, nanoseconds = fastest(lambda: decompress(data, Normal(0.0, 1.0)))
    np.save(samples, decoded)
    print(nanoseconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
