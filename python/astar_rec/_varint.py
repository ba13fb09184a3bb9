"""Unsigned LEB128: numbers below 2^64 in as few groups of seven bits as they need."""

from __future__ import annotations

from .errors import CorruptDataError


def varint(number: int) -> bytes:
    """Returns a number's bytes, the lowest group first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """Returns the number at a place, and the place after it.

    Raises:
        CorruptDataError: The data end, the number is out of range or has idle zeros.
    """
    number = shift = 0
    while True:
        if at >= len(data):
            raise CorruptDataError(f"the data end at byte {len(data)}, in the middle of a number")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
        if shift > 63:
            raise CorruptDataError(f"a number of more than 64 bits at byte {at}")
    if number >= 2**64 or (byte == 0 and shift > 7):
        raise CorruptDataError(f"a number out of range, or with idle zeros, at byte {at}")
    return number, at
