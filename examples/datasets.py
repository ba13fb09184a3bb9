"""What the examples learn from: MNIST's files, and the photographs that scikit-image ships."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

MNIST = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "mnist"

TRAINING = ("astronaut", "brick", "coins", "grass", "gravel", "moon", "motorcycle_left", "rocket")
TEST = ("camera", "chelsea", "coffee")


def mnist(folder: Path, part: str) -> tuple[Bytes, Bytes]:
    """Returns images, shape (n, 28, 28), and labels, shape (n,), both uint8.

    Args:
        folder: Where the four files lie, gzipped or not.
        part: ``"train"`` or ``"t10k"``.

    Raises:
        SystemExit: A file that is not there.
    """
    images = _idx(folder, f"{part}-images-idx3-ubyte")
    return images, _idx(folder, f"{part}-labels-idx1-ubyte")


def _idx(folder: Path, name: str) -> Bytes:
    zipped, plain = folder / f"{name}.gz", folder / name
    if zipped.exists():
        data = gzip.decompress(zipped.read_bytes())
    elif plain.exists():
        data = plain.read_bytes()
    else:
        raise SystemExit(f"{plain} is not there, nor {zipped.name}: --mnist says where they lie")
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, math.prod(shape), 4 + 4 * data[3]).reshape(shape)


def photographs(names: tuple[str, ...]) -> list[Bytes]:
    """Returns photographs in shades of grey, uint8 of shape (height, width)."""
    from skimage import data
    from skimage.color import rgb2gray
    from skimage.io import imread

    found = []
    for name in names:
        folder = Path(data.__file__).parent
        (path,) = (p for p in folder.glob(f"{name}.*") if p.suffix in (".png", ".jpg"))
        pixels = imread(path)
        if pixels.ndim == 3:
            pixels = np.rint(255 * rgb2gray(pixels)).astype(np.uint8)
        found.append(pixels)
    return found
