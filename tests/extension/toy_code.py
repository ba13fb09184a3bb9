"""A code of one's own in one file: the Fibonacci code, in pure Python.

Every integer from 1 on is a sum of Fibonacci numbers 1, 2, 3, 5, ... of which no two follow each
other (Zeckendorf, 1972). A word says of each, the smallest first, whether it is in the sum, up to
the largest; and then a 1 follows, which makes the only pair of ones in it.

Reference: A. Apostolico, A. Fraenkel, "Robust transmission of unbounded strings using Fibonacci
representations", IEEE Trans. Inf. Theory 33, 1987.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astar_rec.codes import IndexCode, RefusedIndexError
from astar_rec.errors import CorruptDataError

if TYPE_CHECKING:
    from astar_rec._elements import Indices
    from astar_rec.codes.code import Contexts

LARGEST = 2**64 - 1

FIBONACCI = [1, 2]
while FIBONACCI[-1] <= LARGEST:
    FIBONACCI.append(FIBONACCI[-1] + FIBONACCI[-2])


def word(n: int) -> str:
    """Return an integer's word."""
    places = ""
    for number in reversed([number for number in FIBONACCI if number <= n]):
        places = ("1" if number <= n else "0") + places
        n -= number if number <= n else 0
    return places + "1"


@dataclass(frozen=True)
class FibonacciCode(IndexCode):
    """Sums of Fibonacci numbers: words that end with the first pair of ones."""

    name = "fibonacci"
    number = 200

    def _pack(self, codes: Indices, contexts: Contexts) -> tuple[bytes, int]:
        del contexts
        words = []
        for number, index in enumerate(codes.ravel().tolist()):
            if index == 0:
                raise RefusedIndexError("index 0: indices start at 1", number)
            words.append(word(index))
        bits = "".join(words)
        padded = bits + "0" * (-len(bits) % 8)
        return bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8)), len(bits)

    def _unpack(self, data: memoryview, count: int, contexts: Contexts) -> Indices:
        del contexts
        bits = "".join(f"{byte:08b}" for byte in data)
        indices, begin = [], 0
        while len(indices) < count:
            end = bits.find("11", begin)
            places = [i for i, bit in enumerate(bits[begin : end + 1]) if bit == "1"]
            if end < 0 or places[-1] >= len(FIBONACCI):
                raise CorruptDataError("no word where an index should be")
            indices.append(sum(FIBONACCI[i] for i in places))
            begin = end + 2
        if len(bits) - begin > 7 or "1" in bits[begin:] or max(indices, default=1) > LARGEST:
            raise CorruptDataError("more data than indices, or an index of more than 64 bits")
        return np.array(indices, np.uint64)

    def _refusal(self, value: object, reason: str) -> tuple[object, str]:
        del reason
        return value, "an integer from 1 to 2^64 - 1"
