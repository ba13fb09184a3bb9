"""Makes python/astar_rec/data/mnist_sample.npz: the first 100 test images of MNIST.

    python scripts/make_mnist_sample.py --data FOLDER

FOLDER holds MNIST's files t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not. Images
and labels are copied as they are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from astar_rec.demo.sample import SAMPLE
from astar_rec.images.idx import read_idx

COUNT = 100


def first(folder: Path, name: str) -> np.ndarray:
    """Return the first elements of the file that is called so, with whatever ending."""
    found = sorted(folder.glob(f"{name}*"))
    if not found:
        sys.exit(f"{folder} holds no {name}")
    return read_idx(found[0])[:COUNT]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("-o", "--output", type=Path, default=SAMPLE, help="the file to write")
    arguments = parser.parse_args()
    images = first(arguments.data, "t10k-images")
    labels = first(arguments.data, "t10k-labels")
    np.savez_compressed(arguments.output, images=images, labels=labels)


if __name__ == "__main__":
    main()
