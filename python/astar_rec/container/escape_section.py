"""What stands before a chunk's payload where elements are escaped: which, and what they are.

docs/format.md specifies it. `astar_rec.codecs.escapes` says what escapes are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._varint import read_varint, varint
from ..codecs.escapes import Escapes, none_escaped
from ..codecs.units import MAX_BLOCK
from ..codes import AdaptiveCode
from ..errors import CorruptDataError
from .format import MAX_CHUNK

if TYPE_CHECKING:
    from ..codecs.reach import Elements

__all__ = ["split_section", "write_section"]

_CODE = AdaptiveCode(1)
_SAMPLE = np.dtype("<f8")
_MOST_SEARCHED = MAX_CHUNK * MAX_BLOCK  # the elements of a chunk of blocks that are searched for


def write_section(escapes: Escapes) -> bytes:
    """Returns the section of a chunk's escapes, which are numbered from its first element."""
    indices = _CODE.pack(escapes.index, None) if escapes.searched.size else b""
    body = b"".join(
        (
            _write_runs(escapes.searched),
            _write_runs(escapes.given),
            escapes.sample.astype(_SAMPLE).tobytes(),
            indices,
        )
    )
    return varint(len(body)) + body


def split_section(payload: memoryview, elements: int) -> tuple[Escapes, memoryview]:
    """Returns a chunk's escapes, and what follows them.

    Args:
        payload: What the chunk holds.
        elements: How many elements it has.

    Raises:
        CorruptDataError: What no encoder writes.
    """
    length, at = read_varint(payload, 0)
    end = at + length
    if end > len(payload):
        raise CorruptDataError(f"escapes of {length} bytes in a chunk of {len(payload)}")
    section = payload[:end]
    searched, at = _read_runs(section, at, elements, _MOST_SEARCHED)
    given, at = _read_runs(section, at, elements, len(section) // _SAMPLE.itemsize)
    if not searched.size + given.size or np.intersect1d(searched, given).size:
        raise CorruptDataError("escapes that no encoder writes")
    samples = section[at : at + 8 * given.size]
    if len(samples) < 8 * given.size:
        raise CorruptDataError("the escapes end in their samples")
    sample = np.frombuffer(samples, _SAMPLE).astype(np.float64)
    if not np.isfinite(sample).all():
        raise CorruptDataError("an escaped sample that is not finite")
    rest = section[at + len(samples) :]
    index = none_escaped().index
    if searched.size:
        index = _CODE.unpack(rest, searched.size, None)
    elif len(rest):
        raise CorruptDataError("bytes after the escapes")
    return Escapes(searched, index, given, sample), payload[end:]


def _write_runs(elements: Elements) -> bytes:
    """Writes increasing numbers as runs: how many these are, and for each a gap and a length."""
    cuts = np.flatnonzero(np.diff(elements) != 1) + 1
    runs = [run for run in np.split(elements, cuts) if run.size]
    numbers, after = [len(runs)], 0
    for run in runs:
        numbers += [int(run[0]) - after, run.size]
        after = int(run[-1]) + 1
    return b"".join(map(varint, numbers))


def _read_runs(data: memoryview, at: int, elements: int, most: int) -> tuple[Elements, int]:
    """Reads what `_write_runs` wrote, and returns where it ends, too.

    Args:
        data: The section.
        at: Where it begins there.
        elements: What all numbers are below.
        most: How many there are at most: no forged length fills the memory.
    """
    count, at = read_varint(data, at)
    runs, after, left = [np.empty(0, np.int64)], 0, most
    for number in range(count):
        gap, at = read_varint(data, at)
        length, at = read_varint(data, at)
        left -= length
        too_many = left < 0 or after + gap + length > elements
        if length == 0 or (gap == 0 and number) or too_many:
            raise CorruptDataError("escapes that no encoder writes")
        runs.append(np.arange(after + gap, after + gap + length))
        after += gap + length
    return np.concatenate(runs), at
