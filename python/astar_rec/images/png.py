"""Images as PNG files: needs Pillow.

Only what comes back as it was is taken: greyscale, 8 bits, 28 by 28 pixels, opaque, not animated.
Pixels are kept, and nothing else (texts, times, colour profiles).
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..errors import CorruptDataError, ParameterError
from .order import SIDE

if TYPE_CHECKING:
    import os

__all__ = ["SIGNATURE", "read_png", "to_png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_HEADER = b"\0\0\0\rIHDR"
_COLOURS = {0: "greyscale", 2: "RGB", 3: "palette", 4: "greyscale with alpha", 6: "RGB with alpha"}
_GREY = "8-bit greyscale"


def to_png(image: npt.NDArray[np.uint8]) -> bytes:
    """Returns an image as a PNG file.

    Args:
        image: uint8, shape (height, width).
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def read_png(path: str | os.PathLike[str], data: bytes) -> npt.NDArray[np.uint8]:
    """Returns the pixels of a PNG file.

    Args:
        path: Where it came from, for messages.
        data: The file.

    Returns:
        uint8, shape (28, 28).

    Raises:
        CorruptDataError: Not a PNG file, or a damaged one.
        ParameterError: Another size, or other pixels than 8-bit greyscale: nothing is converted.
    """
    _check_header(path, data)
    from PIL import Image

    # A damaged file makes Pillow raise nearly anything.
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            frames = getattr(image, "n_frames", 1)
            image.verify()
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            pixels = np.asarray(image)
            transparent = "transparency" in image.info
    except MemoryError:
        raise
    except Exception as error:
        raise CorruptDataError(f"{path}: damaged PNG: {error}") from None
    if transparent:
        raise ParameterError(f"mode of {path}", f"{_GREY}, a value of it transparent", _GREY)
    if frames > 1:
        raise ParameterError(f"number of frames of {path}", frames, "1")
    return pixels


def _check_header(path: str | os.PathLike[str], data: bytes) -> None:
    """Refuses what is not 28 by 28 pixels of 8-bit greyscale, before anything is unpacked."""
    if not data.startswith(SIGNATURE):
        raise CorruptDataError(f"{path}: not a PNG file")
    if len(data) < 33 or data[8:16] != _HEADER:
        raise CorruptDataError(f"{path}: damaged PNG: no header")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if (depth, colour) != (8, 0):
        mode = f"{depth}-bit {_COLOURS.get(colour, 'of an unknown kind')}"
        raise ParameterError(f"mode of {path}", mode, f"{_GREY}: nothing is converted")
    if (width, height) != (SIDE, SIDE):
        raise ParameterError(
            f"size of {path}", f"{width} by {height} pixels", f"{SIDE} by {SIDE} pixels"
        )
