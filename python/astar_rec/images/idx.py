"""IDX files, the format that MNIST is distributed in: of bytes, gzipped or not.

two zero bytes | the type: 8 for unsigned bytes | the number of axes
the length of each axis, a big-endian 32-bit integer
the elements, the last axis fastest
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._arrays import to_numpy
from .._files import whole_file
from .._validate import MAX_AXES
from ..errors import CorruptDataError, ParameterError

if TYPE_CHECKING:
    import os

__all__ = ["GZIP", "UBYTE", "parse_idx", "read_idx", "training_images", "write_idx"]

# With what files begin: gzipped ones, and those of unsigned bytes.
GZIP = b"\x1f\x8b"
UBYTE = b"\0\0\x08"

_TYPES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "16-bit integers",
    0x0C: "32-bit integers",
    0x0D: "32-bit floats",
    0x0E: "64-bit floats",
}

_TRAINING = tuple(f"train-images{dot}idx3-ubyte{gz}" for gz in ("", ".gz") for dot in ("-", "."))


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    """Reads an IDX file of unsigned bytes, gzipped or not, whatever its name.

    Of a gzipped file no more is unpacked than its header says is there, and one byte.

    Args:
        path: The file.

    Returns:
        Its elements: uint8, of the shape that the header says.

    Raises:
        CorruptDataError: Not an IDX file, cut short, damaged, or longer than its header says.
        ParameterError: An IDX file of another type, or of more than 32 axes.
        OSError: The file cannot be read.

    Example:
        >>> import numpy as np
        >>> write_idx("digits.gz", np.zeros((5, 28, 28), np.uint8))
        >>> read_idx("digits.gz").shape
        (5, 28, 28)
    """
    return parse_idx(path, Path(path).read_bytes())


def parse_idx(path: str | os.PathLike[str], data: bytes) -> npt.NDArray[np.uint8]:
    """Returns what is in an IDX file, as `read_idx`.

    Args:
        path: What errors call it.
        data: What is in it.
    """
    if data[:2] != GZIP:
        return _parse(path, io.BytesIO(data))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _parse(path, stream)
    except (OSError, EOFError, zlib.error) as error:
        raise CorruptDataError(f"{path}: damaged gzip data: {error}") from None


def write_idx(path: str | os.PathLike[str], array: npt.NDArray[np.uint8]) -> None:
    """Writes an IDX file: gzipped if its name ends with ``.gz``.

    The same array gives the same bytes: gzip's header has neither name nor time.

    Args:
        path: The file.
        array: uint8, of any shape.

    Raises:
        ParameterError: Not an array of uint8.
        OSError: The file cannot be written.

    Example:
        >>> import numpy as np
        >>> write_idx("t10k-images-idx3-ubyte", np.zeros((5, 28, 28), np.uint8))
    """
    array = to_numpy(array)
    if array.dtype != np.uint8:
        raise ParameterError("array.dtype", str(array.dtype), "uint8")
    if max(array.shape, default=0) >= 2**32:
        raise ParameterError("array.shape", array.shape, "lengths below 2^32")
    header = UBYTE + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    with whole_file(path) as file:
        if Path(path).suffix.lower() == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as stream:
                stream.write(header)
                stream.write(array.tobytes())
        else:
            file.write(header)
            file.write(array.tobytes())


def training_images(folder: str | os.PathLike[str]) -> Path:
    """Returns where MNIST's training images are in a folder.

    Args:
        folder: Where MNIST's files are, under the names that they are distributed by
            (``train-images-idx3-ubyte.gz``, ...), gzipped or not.

    Raises:
        ParameterError: There are no training images in it.
        OSError: The folder cannot be read.

    Example:
        >>> import numpy as np
        >>> write_idx("train-images-idx3-ubyte", np.zeros((5, 28, 28), np.uint8))
        >>> training_images(".").name
        'train-images-idx3-ubyte'
    """
    found = {path.name: path for path in Path(folder).iterdir()}
    for name in _TRAINING:
        if name in found:
            return found[name]
    raise ParameterError("data", str(folder), f"a folder with {_TRAINING[0]}, gzipped or not")


def _parse(
    path: str | os.PathLike[str], stream: io.BytesIO | gzip.GzipFile
) -> npt.NDArray[np.uint8]:
    """Returns what is in a file that begins here."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        raise CorruptDataError(f"{path}: not an IDX file")
    if magic[2] != UBYTE[2]:
        raise ParameterError(f"type of {path}", _TYPES[magic[2]], _TYPES[UBYTE[2]])
    axes = magic[3]
    if axes > MAX_AXES:
        raise ParameterError(f"number of axes of {path}", axes, f"at most {MAX_AXES}")
    header = stream.read(4 * axes)
    if len(header) < 4 * axes:
        raise CorruptDataError(f"{path}: ends in its header")
    shape = struct.unpack(f">{axes}I", header)
    size, said = math.prod(shape), _shortly(shape)
    data = _read(stream, size)
    if len(data) < size:
        raise CorruptDataError(f"{path}: {len(data)} bytes, too few for shape {said}")
    if stream.read(1):
        raise CorruptDataError(f"{path}: more than the {size} bytes of shape {said}")
    try:
        return np.frombuffer(data, np.uint8).reshape(shape)
    except ValueError:  # nothing, times more than NumPy can count
        raise CorruptDataError(f"{path}: nothing, of shape {said}") from None


def _read(stream: io.BytesIO | gzip.GzipFile, size: int) -> bytearray:
    """Reads so many bytes, or all; makes room for what is there, not for what is said to be."""
    data = bytearray()
    while piece := stream.read(min(size - len(data), 1 << 20)):
        data += piece
    return data


def _shortly(shape: tuple[int, ...]) -> str:
    text = str(shape)
    return text if len(text) <= 80 else text[:77] + "..."
