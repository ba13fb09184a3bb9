"""What is in an image file, as far as it can be said without the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._validate import as_bytes
from ..container import Reader
from .layout import split
from .order import SIDE

if TYPE_CHECKING:
    from .._validate import Buffer

__all__ = ["ImageReport", "inspect", "names"]


@dataclass(frozen=True)
class ImageReport:
    """What is in an image file, and what it takes. ``str()`` of it is a table.

    Attributes:
        images: The number of images.
        fingerprint: Of the weights that it was made with, in hexadecimal.
        latents: What says how the latents were sent: the codec, as text.
        header_bits: The file's header, the heads of groups, checksums.
        latents_bits: The container of latents.
        names_bits: Names of images.
        pixels_bits: The streams of pixels.
    """

    images: int
    fingerprint: str
    latents: str
    header_bits: int
    latents_bits: int
    names_bits: int
    pixels_bits: int

    @property
    def total_bits(self) -> int:
        """The whole file."""
        return self.header_bits + self.latents_bits + self.names_bits + self.pixels_bits

    def __str__(self) -> str:
        """The table."""
        pixels = max(1, self.images) * SIDE**2
        parts = ("header", "latents", "names", "pixels", "total")
        sizes = [getattr(self, f"{part}_bits") for part in parts]
        return "\n".join(
            [
                f"{self.images} images of {SIDE} x {SIDE} pixels, weights {self.fingerprint}",
                f"latents: {self.latents}",
                f"{'':8}{'bits':>12}{'per image':>12}{'per pixel':>12}",
                *(
                    f"{part:8}{size:12}{size * SIDE**2 / pixels:12.2f}{size / pixels:12.4f}"
                    for part, size in zip(parts, sizes, strict=True)
                    if size or part != "names"
                ),
            ]
        )


def inspect(data: Buffer) -> ImageReport:
    """Says what is in an image file; the weights are not needed.

    Raises:
        CorruptDataError: Not an image file, or damaged.
    """
    file = split(as_bytes(data))
    with Reader(file.latents) as reader:
        codec = repr(reader.codec)
    streams = sum(len(stream) for _, stream in file.groups)
    return ImageReport(
        images=file.count,
        fingerprint=file.fingerprint.hex(),
        latents=codec,
        header_bits=8 * file.header_bytes,
        latents_bits=8 * len(file.latents),
        names_bits=8 * file.names_bytes,
        pixels_bits=8 * streams,
    )


def names(data: Buffer) -> list[str] | None:
    """Returns the names that `ImageCodec.compress` was given, or None.

    They are what the file says: whoever makes files of these names must check them.

    Raises:
        CorruptDataError: Not an image file, or damaged.
    """
    return split(as_bytes(data)).names
