"""A picture of images in labelled rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from .._files import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .sample import Images

__all__ = ["Row", "draw"]

_ZOOM = 3
_GAP = 8
_MARGIN = 24
_LABELS = 236
_FONT = 22
_INK, _GREY, _PAPER = 20, 110, 255


@dataclass(frozen=True, eq=False)
class Row:
    """Images and what they are, in two short lines."""

    label: str
    note: str
    images: Images


def draw(path: Path, rows: Sequence[Row]) -> None:
    """Draws rows of equally many images of one size below each other, into a PNG file."""
    count, height, width = rows[0].images.shape
    across, down = _ZOOM * width + _GAP, _ZOOM * height + _GAP
    size = (
        2 * _MARGIN + _LABELS + count * across - _GAP,
        2 * _MARGIN + len(rows) * down - _GAP,
    )
    page = Image.new("L", size, _PAPER)
    pen = ImageDraw.Draw(page)
    font, small = _font(_FONT), _font(_FONT - 4)
    for number, row in enumerate(rows):
        top = _MARGIN + number * down
        middle = top + _ZOOM * height // 2
        pen.text((_MARGIN, middle - _FONT - 4), row.label, _INK, font)
        pen.text((_MARGIN, middle + 4), row.note, _GREY, small)
        for place, pixels in enumerate(row.images):
            # Ink on paper: the data set's digits are bright on black.
            tile = Image.fromarray(255 - pixels).resize(
                (_ZOOM * width, _ZOOM * height), Image.Resampling.BICUBIC
            )
            page.paste(tile, (_MARGIN + _LABELS + place * across, top))
    with whole_file(path) as file:
        page.save(file, format="PNG", optimize=True)


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    try:
        return ImageFont.load_default(size)
    except TypeError:  # Pillow 10.0 has but one size
        return ImageFont.load_default()
