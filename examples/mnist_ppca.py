"""Samples of the exact posteriors of MNIST's 10,000 test images, sent by each method.

    python examples/mnist_ppca.py --data FOLDER [--output FOLDER]

fits a probabilistic PCA with 32 latents on the 60,000 training images, sends a sample of the
posterior of every test image to another process, and prints what that took: the report of
``astar-rec demo``, on the whole test set. It needs ``pip install 'astar_rec[cli]'``, and FOLDER to
hold MNIST's files, gzipped or not:

    train-images-idx3-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte

(The labels only choose the digits in the picture.) ``--bundle PATH`` also writes the data of
``astar-rec demo``: the model and the first 100 test images.
"""

from __future__ import annotations

import argparse
import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astar_rec.demo.bundle import save_bundle
from astar_rec.demo.ppca import ProbabilisticPCA
from astar_rec.demo.report import report

LATENTS = 32
BUNDLED = 100
PICTURE = "mnist_ppca.png"


def read_idx(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """Returns the bytes in an IDX file, gzipped or not, in the shape that its header says.

    The header: two zero bytes, the type (8: unsigned byte), the number of axes, and each axis's
    length as a big-endian 32-bit integer.
    """
    paths = [folder / f"{name}.gz", folder / name]
    found = [path for path in paths if path.is_file()]
    if not found:
        sys.exit(f"{folder} holds neither {paths[0].name} nor {paths[1].name}")
    data = found[0].read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        sys.exit(f"{found[0]} is not an IDX file of bytes")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape))
    if values.size != np.prod(shape):
        sys.exit(f"{found[0]} holds {values.size} bytes; its header says {shape}")
    return values.reshape(shape)


def main() -> None:
    """Runs the example."""
    parser = argparse.ArgumentParser(description="Sends posteriors of MNIST's test images.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    parser.add_argument("--output", type=Path, default=Path(), help="the folder for the picture")
    parser.add_argument("--images", type=int, default=10_000, help="how many test images")
    parser.add_argument("--bundle", type=Path, help="also write the data of `astar-rec demo`")
    arguments = parser.parse_args()
    if arguments.images < 1:
        parser.error(f"--images is {arguments.images}; expected 1 or more")

    training = read_idx(arguments.data, "train-images-idx3-ubyte")
    images = read_idx(arguments.data, "t10k-images-idx3-ubyte")
    labels = read_idx(arguments.data, "t10k-labels-idx1-ubyte")
    model = ProbabilisticPCA.fit(training, LATENTS)
    if arguments.bundle:
        save_bundle(arguments.bundle, model, images[:BUNDLED], labels[:BUNDLED])
    count = arguments.images
    report(model, images[:count], labels[:count], arguments.output / PICTURE)


if __name__ == "__main__":
    main()
