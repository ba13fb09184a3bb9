"""Files and folders of images: .npy, IDX and PNG.

Nothing is converted: what is no 8-bit greyscale of 28 by 28 pixels is refused. Files are recognised
by what is in them, outputs are what their names say.
"""

from __future__ import annotations

import io
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import to_numpy
from .._files import destination, is_stream, new_folder, whole_file, whole_folder
from .._kinds import what_it_is
from .._npy import npy_header
from ..errors import CorruptDataError, ParameterError
from . import idx, png
from .filenames import checked_names, numbered
from .order import SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Images", "check_output", "output_kind", "read_images", "write_images"]

_NPY = np.lib.format.MAGIC_PREFIX


class Images(NamedTuple):
    """Images, and the names of the files that they came from.

    Attributes:
        pixels: uint8, shape (n, 28, 28).
        names: The names of a folder's files; None for images of a single file, and where
            `write_images` gives the same names without being told.
    """

    pixels: npt.NDArray[np.uint8]
    names: list[str] | None


def read_images(source: str | os.PathLike[str] | BinaryIO) -> Images:
    """Reads images from a file or a folder.

    Args:
        source: An .npy file (uint8, shape (n, 28, 28) or (28, 28)), an IDX file (gzipped or not), a
            PNG file, or a folder of PNG files. A folder's are taken in the order of their names, in
            which 9.png comes before 10.png; hidden files are left out, anything else that is no PNG
            is refused. Files may have any name, and be pipes. Or a file object opened for reading
            bytes, which is read to its end.

    Returns:
        The images, and a folder's names.

    Raises:
        ParameterError: Images of another size or type, or nothing but a folder.
        CorruptDataError: Not a file of images, or a damaged one.
        OSError: The file or the folder cannot be read.

    Example:
        >>> import numpy as np
        >>> np.save("digits.npy", np.zeros((5, 28, 28), np.uint8))
        >>> pixels, names = read_images("digits.npy")
        >>> pixels.shape, names
        ((5, 28, 28), None)
    """
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if path.is_dir():
            return _read_folder(path)
        data = path.read_bytes()
    else:
        path, data = Path("the file"), source.read()
    if data.startswith(_NPY):
        pixels = _read_npy(path, data)
    elif data.startswith(png.SIGNATURE):
        pixels = png.read_png(path, data)[None]
    elif data.startswith((idx.GZIP, b"\0\0")):
        pixels = idx.parse_idx(path, data)
    else:
        raise CorruptDataError(
            f"{path}: not a file of images; expected .npy, IDX, PNG or a folder of PNG files"
            + what_it_is(data[:8])
        )
    if pixels.shape == (SIDE, SIDE):
        pixels = pixels[None]
    if pixels.ndim != 3 or pixels.shape[1:] != (SIDE, SIDE):
        raise ParameterError(
            f"shape of {path}", pixels.shape, f"(n, {SIDE}, {SIDE}) or ({SIDE}, {SIDE})"
        )
    return Images(pixels, None)


def output_kind(path: str | os.PathLike[str]) -> str:
    """Returns what an output of that name holds: ``"npy"``, ``"IDX"``, ``"PNG"`` or ``"folder"``.

    Where there is a pipe or a device of a name without a suffix, that is ``"npy"``.

    Raises:
        ParameterError: The name does not say.

    Example:
        >>> output_kind("digits.npy"), output_kind("train-images-idx3-ubyte"), output_kind("digits")
        ('npy', 'IDX', 'folder')
    """
    name = Path(path).name.lower()
    inner = name.removesuffix(".gz")
    suffix, zipped = Path(inner).suffix, inner != name
    if suffix == ".idx" or inner.endswith("-ubyte") or (zipped and not suffix):
        return "IDX"
    # A pipe or a device cannot become a folder, and says nothing by its name.
    unnamed = "npy" if is_stream(path) else "folder"
    kinds = {".npy": "npy", ".png": "PNG", "": unnamed}
    if zipped or suffix not in kinds:
        raise ParameterError(
            "output",
            str(path),
            "NAME.npy, NAME.png, an IDX file (NAME.idx, NAME.gz, NAME-ubyte), "
            "or a name without a suffix: a folder of PNG files",
        )
    return kinds[suffix]


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuses a name that `write_images` could not write to: to be asked before a long computation.

    Raises:
        ParameterError: The name does not say what to write.
        OSError: Nothing can be written there; of a folder, it is there already.

    Example:
        >>> check_output("digits.npy")
    """
    if output_kind(path) == "folder":
        new_folder(path)
    else:
        destination(path)


def write_images(
    path: str | os.PathLike[str],
    pixels: npt.NDArray[np.uint8],
    names: Sequence[str] | None = None,
) -> None:
    """Writes images as their output's name says, all or nothing.

    Args:
        path: ``NAME.npy``; an IDX file (``NAME.idx``, ``NAME.gz`` or ``NAME-ubyte``); ``NAME.png``,
            for one image; or a name without a suffix: a new folder of PNG files.
        pixels: uint8, shape (n, 28, 28).
        names: The names of a folder's files; numbers from 0 by default. Not used otherwise.

    Raises:
        ParameterError: The name says nothing; several images for one PNG file; names that are no
            plain names of files.
        OSError: The output cannot be written; of a folder, it is there already.

    Example:
        >>> import numpy as np
        >>> write_images("digits", np.zeros((2, 28, 28), np.uint8))
        >>> sorted(path.name for path in Path("digits").iterdir())
        ['0.png', '1.png']
    """
    kind = output_kind(path)
    pixels = to_numpy(pixels, "pixels")
    if pixels.dtype != np.uint8 or pixels.ndim != 3:
        raise ParameterError("pixels", f"{pixels.dtype} {pixels.shape}", "uint8 (n, height, width)")
    if kind == "folder":
        _write_folder(path, pixels, names)
    elif kind == "IDX":
        idx.write_idx(path, pixels)
    elif kind == "PNG":
        if len(pixels) != 1:
            raise ParameterError(
                "output", str(path), f"a folder or a file for {len(pixels)} images; .png holds one"
            )
        with whole_file(path) as file:
            file.write(png.to_png(pixels[0]))
    else:
        with whole_file(path) as file:
            np.save(file, pixels, allow_pickle=False)


# --- .npy ----------------------------------------------------------------------------------------


def _read_npy(path: Path, data: bytes) -> npt.NDArray[np.uint8]:
    """Reads an array of bytes; makes room for it once it is known to be there."""
    file = io.BytesIO(data)
    # A file can be wrong in ways that make NumPy raise nearly anything.
    try:
        shape, _, dtype = npy_header(file)
    except MemoryError:
        raise
    except Exception:
        raise CorruptDataError(f"{path}: not an .npy file of plain numbers") from None
    if dtype != np.uint8:
        raise ParameterError(f"dtype of {path}", str(dtype), "uint8: nothing is converted")
    size, there = math.prod(shape), len(data) - file.tell()
    if size != there:
        raise CorruptDataError(f"{path}: {there} bytes of an array; its header says otherwise")
    pixels: npt.NDArray[np.uint8] = np.load(io.BytesIO(data), allow_pickle=False)
    return pixels


# --- Folders -------------------------------------------------------------------------------------


def _read_folder(folder: Path) -> Images:
    paths = sorted((p for p in folder.iterdir() if p.name[0] != "."), key=_in_order)
    for path in paths:
        if path.suffix.lower() != ".png" or not path.is_file():
            raise ParameterError("input", str(path), f"nothing but PNG files in {folder}")
    if not paths:
        raise ParameterError("input", str(folder), "a folder with PNG files")
    names = checked_names([p.name for p in paths], len(paths), f"names of files in {folder}")
    pixels = np.empty((len(paths), SIDE, SIDE), np.uint8)
    for image, path in zip(pixels, paths, strict=True):
        image[:] = png.read_png(path, path.read_bytes())
    # Numbers are what files get anyway.
    return Images(pixels, None if names == numbered(len(names)) else names)


def _in_order(path: Path) -> tuple[list[str | int], str]:
    """A key by which numbers in names are compared as numbers."""
    parts = re.split("([0-9]+)", path.name)
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], path.name


def _write_folder(
    path: str | os.PathLike[str], pixels: npt.NDArray[np.uint8], names: Sequence[str] | None
) -> None:
    names = checked_names(numbered(len(pixels)) if names is None else names, len(pixels))
    with whole_folder(path) as folder:
        for name, image in zip(names, pixels, strict=True):
            # Names that differ may be one on this system, as A.png and a.png.
            with (folder / name).open("xb") as file:
                file.write(png.to_png(image))
