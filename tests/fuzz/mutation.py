"""Damage: what a fuzzer changes in containers beyond single bytes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from .layout import take_apart

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

# Numbers at which something may change.
EDGES = [
    *(0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256),
    *(2**16 - 1, 2**16, 2**16 + 1, 2**20, 2**31, 2**32, 2**48 - 1, 2**48, 2**63, 2**64 - 1),
]


def mutate(
    data: bytes,
    others: Sequence[bytes],
    rng: random.Random,
    change: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Returns damaged data: half of the time a container whose checksums and lengths are right.

    Args:
        data: What is damaged.
        others: What parts are taken from.
        rng: Makes the choices.
        change: Changes a few bytes; `change_bytes` by default.
    """
    change = change or (lambda part: change_bytes(part, rng))
    layout = take_apart(data)
    if layout is None or rng.random() < 0.3:
        damaged = splice(data, rng.choice(others), rng) if rng.random() < 0.1 else change(data)
        layout = take_apart(damaged) if rng.random() < 0.5 else None
        return layout.to_bytes() if layout else damaged
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind = rng.randrange(8)
        frames = layout.frames
        which = rng.randrange(len(frames)) if frames else 0
        if kind == 0:
            at = rng.randrange(4, len(layout.fixed))
            fixed = bytearray(layout.fixed)
            fixed[at] = rng.choice(
                [rng.randrange(256), rng.randrange(20), fixed[at] ^ 1 << rng.randrange(8)]
            )
            layout.fixed = bytes(fixed)
        elif kind in (1, 2) and layout.numbers:
            at = rng.randrange(len(layout.numbers))
            layout.numbers[at] = change_number(layout.numbers[at], rng)
        elif kind in (3, 4) and frames:
            frames[which].payload = change(frames[which].payload)
        elif kind == 5 and frames:
            frame = frames[which]
            if frame.rows is not None and rng.random() < 0.6:
                frame.rows = change_number(frame.rows, rng)
            else:
                frame.number = change_number(frame.number, rng)
        elif kind == 6 and frames:
            del frames[which]
        elif kind == 7:
            other = take_apart(rng.choice(others))
            if other and other.frames:
                frames.insert(which, rng.choice(other.frames))
    damaged = layout.to_bytes()
    return damaged if rng.random() < 0.7 else change(damaged)


def mutate_zip(
    data: bytes, rng: random.Random, change: Callable[[bytes], bytes] | None = None
) -> bytes:
    """Returns a damaged archive: half of the time one whose members alone are damaged."""
    change = change or (lambda part: change_bytes(part, rng))
    if rng.random() < 0.5:
        return change(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # zipfile raises nearly anything
        return change(data)
    which = rng.randrange(len(members) + 1)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, content) in enumerate(members):
            kind = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            archive.writestr(name, change(content) if number == which else content, kind)
    return out.getvalue()


def change_bytes(data: bytes, rng: random.Random) -> bytes:
    """Returns data with a few bytes changed, put in or taken out."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(out):
            out[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        elif kind == 2:
            out[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 3:
            del out[at : at + rng.randrange(1, 17)]
        elif kind == 4:
            out[at : at + 8] = bytes([rng.choice([0, 0xFF])]) * 8
    return bytes(out)


def change_number(value: int, rng: random.Random) -> int:
    """Returns a number near the old one, or one of `EDGES`."""
    kind = rng.randrange(4)
    if kind == 0:
        value += rng.choice([-1, 1])
    elif kind == 1:
        value ^= 1 << rng.randrange(64)
    elif kind == 2:
        value = value * 2 + rng.randrange(2)
    else:
        value = rng.choice(EDGES)
    return min(max(value, 0), 2**64 - 1)


def splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Returns the beginning of one and the end of the other."""
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
