"""What other lossless codecs make of the same images.

Each is asked twice: for a file per image, and for one file with all images. For codecs of pictures
that file is a mosaic, for codecs of bytes it is all pixels one after the other. Files count as they
are, headers included.

JPEG XL is measured where its plugin for Pillow is installed: ``pip install pillow-jxl-plugin``.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .sample import Images

    # From one image, or from a mosaic or array of them, to a file.
    Write = Callable[[Images], bytes]

__all__ = ["Peer", "mosaic", "peers"]


@dataclass(frozen=True)
class Peer:
    """A codec, and the bits per pixel that it takes.

    Attributes:
        name: What it is called, and its settings.
        each: With a file for each image.
        together: With one file for all.
    """

    name: str
    each: float
    together: float


def peers(images: Images) -> Iterator[Peer]:
    """Yields what each of the codecs takes, as it is measured.

    Args:
        images: uint8, shape (n, height, width).
    """
    whole = mosaic(images)

    def measured(name: str, write: Write, one: Images, write_one: Write | None = None) -> Peer:
        bits = 8 / images.size
        each = bits * sum(len(write(image)) for image in images)
        return Peer(name, each, bits * len((write_one or write)(one)))

    yield measured("PNG", _picture("PNG", optimize=True), whole)
    yield measured("WebP", _picture("WEBP", lossless=True, quality=100, method=6), whole)
    if _has_jxl():
        # Effort 10 is the best, and would take many minutes for a large mosaic.
        best = _picture("JXL", lossless=True, effort=10)
        yield measured("JPEG XL", best, whole, _picture("JXL", lossless=True, effort=9))
    yield measured("bz2", lambda array: bz2.compress(array.tobytes()), images)
    yield measured("xz", _xz, images)


def mosaic(images: Images) -> Images:
    """Returns images side by side, in as many rows as columns or nearly so; what is left is 0.

    Args:
        images: uint8, shape (n, height, width).

    Returns:
        uint8, shape (rows * height, columns * width).
    """
    count, height, width = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    tiles = np.zeros((rows * columns, height, width), np.uint8)
    tiles[:count] = images
    tiles = tiles.reshape(rows, columns, height, width).swapaxes(1, 2)
    return tiles.reshape(rows * height, columns * width)


def _picture(form: str, **settings: Any) -> Write:
    def write(pixels: Images) -> bytes:
        file = BytesIO()
        Image.fromarray(pixels).save(file, form, **settings)
        return file.getvalue()

    return write


def _xz(pixels: Images) -> bytes:
    """As ``xz -9e`` does it, without 64 MB of dictionary for a small image."""
    best = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}
    size = min(max(pixels.size, 4096), 1 << 26)
    return lzma.compress(pixels.tobytes(), filters=[{**best, "dict_size": size}])


def _has_jxl() -> bool:
    try:
        importlib.import_module("pillow_jxl")
    except ImportError:
        return False
    return "JXL" in Image.SAVE
