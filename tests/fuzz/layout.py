"""A container taken apart and put together: what damage with right checksums needs.

Written after docs/format.md alone, not after the package's reader, which it is to try out. Damaged
containers are taken apart as far as they go.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace

MAGIC = b"A*RC"
FIXED = 9  # bytes before the numbers
# How many numbers there are: of a code by its number, and of a method, hints apart.
OF_CODES = {0: 1, 3: 1, 4: 1, 5: 1}
OF_METHODS = {0: 2, 2: 1, 3: 2, 4: 2, 5: 1, 13: 1, 14: 1, 15: 1, 16: 1, 17: 2, 18: 2, 19: 3}
WITH_HINTS = (2, 3)
FINGERPRINT = 16  # a flag: eight bytes after the numbers
MARK, LAST_MARK = 0xC5, 0xE5
ESCAPES = 1  # is added to these
MARKS = (MARK, LAST_MARK, MARK + ESCAPES, LAST_MARK + ESCAPES)


@dataclass
class Frame:
    """A chunk; rows is None but for the last of an open container."""

    rows: int | None
    number: int
    payload: bytes
    escapes: int = 0


@dataclass
class Layout:
    """The bytes and the numbers of a header, and the frames."""

    fixed: bytes
    numbers: list[int]
    fingerprint: bytes = b""
    frames: list[Frame] = field(default_factory=list)
    rest: bytes = b""

    def to_bytes(self) -> bytes:
        """The container, with right checksums and lengths."""
        head = self.fixed + b"".join(map(number, self.numbers)) + self.fingerprint
        head += crc(head)
        parts = [head]
        for frame in self.frames:
            place = head[-4:] + frame.number.to_bytes(8, "little")
            mark = bytes([MARK + frame.escapes])
            if frame.rows is not None:
                place += frame.rows.to_bytes(8, "little")
                mark = bytes([LAST_MARK + frame.escapes]) + number(frame.rows)
            if frame.escapes:
                place += bytes([ESCAPES])
            parts += [mark, number(frame.number), number(len(frame.payload)), frame.payload]
            parts.append(crc(place + frame.payload))
        return b"".join(parts) + self.rest


def take_apart(data: bytes) -> Layout | None:
    """Returns what a container's bytes say, whatever its checksums; None if there is no header."""
    if data[:4] != MAGIC or len(data) < 10:
        return None
    at = FIXED
    layout = Layout(data[:at], [])
    try:
        at = _take_numbers(data, at, layout) + 4  # the checksum
        while at < len(data) and data[at] in MARKS:
            rows, after, escapes = None, at + 1, int(data[at] in MARKS[2:])
            if data[at] - escapes == LAST_MARK:
                rows, after = take_number(data, after)
            number_, after = take_number(data, after)
            length, after = take_number(data, after)
            # Where the length is wrong, what is left is the payload.
            end = min(after + length, max(after, len(data) - 4))
            layout.frames.append(Frame(rows, number_, data[after:end], escapes))
            at = end + 4
    except IndexError:
        if not layout.numbers:
            return None
    layout.rest = data[at:]
    return layout


def split(data: bytes) -> tuple[bytes, list[bytes]]:
    """The bytes of a container's header, and of its frames."""
    layout = take_apart(data)
    assert layout is not None
    head, frames = replace(layout, frames=[]).to_bytes(), []
    for frame in layout.frames:
        until = replace(layout, frames=[frame]).to_bytes()
        frames.append(until[len(head) :])
    assert head + b"".join(frames) == data, "not a whole container"
    return head, frames


def _take_numbers(data: bytes, at: int, layout: Layout) -> int:
    numbers: list[int] = []

    def take(count: int) -> int:
        nonlocal at
        for _ in range(count):
            value, at = take_number(data, at)
            numbers.append(value)
        return numbers[-1] if numbers else 0

    method, code = data[5], data[7]
    take(OF_CODES.get(code, 0))
    take(1)  # the seed
    take(OF_METHODS.get(method, 0))
    if method in WITH_HINTS:
        take(min(take(1), 4096))
    take(1)  # the offset
    take(min(take(1), 40))  # axes and their lengths
    layout.numbers = numbers
    if data[6] & FINGERPRINT:
        layout.fingerprint = data[at : at + 8]
        at += 8
    return at


def number(value: int) -> bytes:
    """A number in seven bits a byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def take_number(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it. Raises IndexError where the data end."""
    value = shift = 0
    while data[at] & 0x80 and shift < 63:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return (value | (data[at] & 0x7F) << shift) & (1 << 64) - 1, at + 1


def crc(data: bytes) -> bytes:
    """A checksum."""
    return zlib.crc32(data).to_bytes(4, "little")
