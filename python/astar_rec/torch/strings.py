"""The bytes of an item: two in front of its message, of which the receiver learns all it needs.

    5 bits   the method; the fifth says that the string holds several items, as one
    11 bits  a check of all that both sides must have in common, and of the message
    a varint, where the string holds several items: how many
    the message, to the end

The check is of 11 bits: of wrong priors, and of damaged strings, 1 in 2,048 passes. Lengths are
not in the string: whoever stores it knows where it ends.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._varint import read_varint, varint
from ..errors import CorruptDataError

if TYPE_CHECKING:
    from .grid import GridPrior

__all__ = ["Item", "String", "seed_of_item"]

_TOGETHER = 16
_METHODS = 16
_CHECK_BITS = 11
_PERSON = b"astar_rec.torch"


class Item(NamedTuple):
    """What both sides must have in common of a string.

    Attributes:
        seed: The item's own seed.
        shape: The samples' shape, as they were before channels were moved.
        prior: Its prior, in the order in which elements are coded.
        grid: The grid's bits.
    """

    seed: int
    shape: tuple[int, ...]
    prior: GridPrior
    grid: int

    def check(self, method: int, message: bytes) -> int:
        """Returns 11 bits that depend on all of this, and on a message."""
        digest = hashlib.blake2b(digest_size=2, person=_PERSON)
        numbers = (self.seed, self.grid, method, len(self.shape), *self.shape)
        digest.update(struct.pack(f"<{len(numbers)}Q", *numbers))
        digest.update(self.prior.family.name.encode())
        for integers in (self.prior.loc, self.prior.log_scale):
            digest.update(np.ascontiguousarray(integers, dtype="<i8").data)
        digest.update(message)
        return int.from_bytes(digest.digest(), "little") >> (16 - _CHECK_BITS)


class String(NamedTuple):
    """A string, taken apart.

    Attributes:
        method: The number of its method.
        check: What the sender's `Item.check` was.
        items: How many items it holds; None for one by itself.
        message: The rest.
    """

    method: int
    check: int
    items: int | None
    message: bytes

    def to_bytes(self) -> bytes:
        """Returns the string."""
        together = 0 if self.items is None else _TOGETHER
        front = struct.pack("<H", self.check << 5 | together | self.method)
        count = b"" if self.items is None else varint(self.items)
        return front + count + self.message

    @classmethod
    def from_bytes(cls, data: bytes) -> String:
        """Takes a string apart.

        Raises:
            CorruptDataError: A string too short for its header.
        """
        if len(data) < 2:
            raise CorruptDataError(f"a string of {len(data)} bytes; it has 2 at least")
        front, begin, items = int.from_bytes(data[:2], "little"), 2, None
        if front & _TOGETHER:
            items, begin = read_varint(memoryview(data), 2)
        return cls(front % _METHODS, front >> 5, items, data[begin:])


def seed_of_item(seed: int, number: int) -> int:
    """Returns the seed of an item, as good as a random one."""
    packed = struct.pack("<QQ", seed, number)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8, person=_PERSON).digest(), "little")
