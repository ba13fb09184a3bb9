"""The layout of image files: header, latents, names, pixels. docs/images.md specifies it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._kinds import IMAGES, what_it_is
from .._varint import read_varint, varint
from ..container.format import frame_checksum, read_frame_head, write_frame
from ..errors import CorruptDataError
from .order import SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .networks import Images

__all__ = ["MAGIC", "MAX_CHUNK", "File", "join", "pixel_payload", "split"]

MAGIC = IMAGES
VERSION = 1
MAX_CHUNK = 1024  # images in a group

_FINGERPRINT = 8
_CHECKSUM = 4
_LONGEST_NAMES = 1 << 28  # bytes, inflated


@dataclass(frozen=True)
class File:
    """An image file, taken apart.

    Attributes:
        fingerprint: Of the weights that it was made with.
        count: The number of images.
        chunk: Images in a group; the last may have fewer.
        latents: A container of the latents, shape (count, latents).
        names: The names of the images, if the file has them.
        groups: Each group's checksum of pixels, and its stream.
        header_bytes: What all but latents, names and streams take.
        names_bytes: What the names take.
    """

    fingerprint: bytes
    count: int
    chunk: int
    latents: memoryview
    names: list[str] | None
    groups: list[tuple[bytes, memoryview]]
    header_bytes: int
    names_bytes: int


def pixel_payload(images: Images, stream: bytes) -> bytes:
    """What stands in the frame of a group: a checksum of its pixels, and their stream."""
    return checksum_of(images) + stream


def checksum_of(images: Images) -> bytes:
    """CRC-32 of pixels, row by row, image by image."""
    return zlib.crc32(images.tobytes()).to_bytes(_CHECKSUM, "little")


def join(
    fingerprint: bytes,
    count: int,
    chunk: int,
    latents: bytes,
    names: Sequence[str] | None,
    payloads: Sequence[bytes],
) -> bytes:
    """Returns a file's bytes."""
    packed = b"" if names is None else zlib.compress("\0".join(names).encode(), 9)
    numbers = (SIDE, SIDE, count, chunk, len(latents), 0 if names is None else 1 + len(packed))
    head = MAGIC + bytes([VERSION]) + fingerprint + b"".join(varint(n) for n in numbers)
    head += _crc(head)
    frames = [write_frame(head, number, payload) for number, payload in enumerate(payloads)]
    named = b"" if names is None else packed + _crc(packed)
    return b"".join([head, latents, named, *frames])


def split(data: memoryview) -> File:
    """Takes a file apart; all but the latents, which check themselves, is checked.

    Raises:
        CorruptDataError: Not an image file, damaged, of another version, or nonsense.
    """
    if bytes(data[:4]) != MAGIC:
        raise CorruptDataError(
            f"not an image file: it does not start with {MAGIC.decode()}"
            + what_it_is(bytes(data[:8]))
        )
    if len(data) < 5:
        raise CorruptDataError(f"the data end at byte {len(data)}, in the header")
    if data[4] != VERSION:
        raise CorruptDataError(
            f"image file version {data[4]}; this release reads version {VERSION}"
        )
    at = 5 + _FINGERPRINT
    fingerprint = bytes(data[5:at])
    numbers = []
    for _ in range(6):
        number, at = read_varint(data, at)
        numbers.append(number)
    if bytes(data[at : at + _CHECKSUM]) != _crc(data[:at]):
        raise CorruptDataError("the header's checksum does not match")
    at += _CHECKSUM
    rows, columns, count, chunk, latents_bytes, names_code = numbers
    if (rows, columns) != (SIDE, SIDE) or not 1 <= chunk <= MAX_CHUNK:
        raise CorruptDataError(f"images of {rows} x {columns} pixels in groups of {chunk}")
    names_bytes = names_code - 1 + _CHECKSUM if names_code else 0
    if latents_bytes + names_bytes > len(data) - at:
        raise CorruptDataError(f"the data end at byte {len(data)}, in the latents or the names")
    header = bytes(data[at - _CHECKSUM : at])
    latents = data[at : at + latents_bytes]
    at += latents_bytes
    names = _names(data[at : at + names_bytes], count) if names_code else None
    at += names_bytes
    before = at - latents_bytes - names_bytes
    groups, streams = [], 0
    for number in range(-(-count // chunk)):
        payload, at = _frame(data, at, number, header)
        groups.append((bytes(payload[:_CHECKSUM]), payload[_CHECKSUM:]))
        streams += len(payload) - _CHECKSUM
    if at != len(data):
        raise CorruptDataError(f"{len(data) - at} bytes after the last group of images")
    rest = len(data) - latents_bytes - names_bytes - streams
    assert rest >= before
    return File(fingerprint, count, chunk, latents, names, groups, rest, names_bytes)


def _frame(data: memoryview, at: int, number: int, header: bytes) -> tuple[memoryview, int]:
    """The payload of the frame at a place, checked, and where the next one begins."""
    head = read_frame_head(data[at:])
    begin = at + head.size
    end = begin + head.length
    if end + _CHECKSUM > len(data):
        raise CorruptDataError(f"the data end at byte {len(data)}, in group {head.number}")
    payload = data[begin:end]
    if head.number != number or head.rows is not None or head.length < _CHECKSUM:
        raise CorruptDataError(f"byte {at}: no group {number}")
    if bytes(data[end : end + _CHECKSUM]) != frame_checksum(header, number, None, payload):
        raise CorruptDataError(f"the checksum of group {number} does not match")
    return payload, end + _CHECKSUM


def _names(data: memoryview, count: int) -> list[str]:
    packed = data[:-_CHECKSUM]
    if bytes(data[-_CHECKSUM:]) != _crc(packed):
        raise CorruptDataError("the checksum of the names does not match")
    inflate = zlib.decompressobj()
    try:
        text = inflate.decompress(packed, _LONGEST_NAMES).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise CorruptDataError(f"names that no encoder writes: {error}") from None
    names = text.split("\0") if count else []
    if not inflate.eof or inflate.unused_data or len(names) != count:
        raise CorruptDataError(f"{len(names)} names for {count} images")
    return names


def _crc(data: bytes | memoryview) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM, "little")
