"""Index codes of words: integers from 1 to 2^64 - 1 as strings of "0" and "1".

A reader takes what it needs from an iterator over characters, so that the codes of several
indices can stand in a row, and raises ValueError for bits that no writer wrote.

References:
    [1] P. Elias, "Universal codeword sets and representations of the integers", IEEE Trans.
        Information Theory 21, 1975: gamma and delta codes.
    [2] P. Boldi, S. Vigna, "Codes for the World Wide Web", Internet Mathematics 2, 2005: zeta
        codes.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from .positions import cell_depth

if TYPE_CHECKING:
    from collections.abc import Iterator


def binary(n: int, width: int) -> str:
    """Return n < 2^width in width binary digits."""
    return f"{(1 << width) + n:b}"[1:]


def read_binary(bits: Iterator[str], width: int) -> int:
    """Return the number that the next bits write."""
    digits = "".join(itertools.islice(bits, width))
    if len(digits) < width:
        raise ValueError("the bits end in the middle of an index")
    return int("0" + digits, 2)


def read_unary(bits: Iterator[str], limit: int) -> int:
    """Return the number of zeros before the next one."""
    for zeros in range(limit + 1):
        if read_binary(bits, 1):
            return zeros
    raise ValueError("an index too large for 64 bits")


def code_fixed(n: int, width: int) -> str:
    """Return n in a fixed number of bits. DAD* needs depth + 1."""
    if n >> width:
        raise ValueError(f"index {n} does not fit in {width} bits")
    return binary(n, width)


def read_fixed(bits: Iterator[str], width: int) -> int:
    """Read a `code_fixed`."""
    n = read_binary(bits, width)
    if n == 0:
        raise ValueError("an index of 0")
    return n


def code_gamma(n: int) -> str:
    """Return Elias's gamma code [1]: D = floor(log2 n) zeros, then n; 2 D + 1 bits.

    >>> code_gamma(1), code_gamma(5)
    ('1', '00101')
    """
    return "0" * cell_depth(n) + f"{n:b}"


def read_gamma(bits: Iterator[str]) -> int:
    """Read a `code_gamma`."""
    depth = read_unary(bits, 63)
    return (1 << depth) | read_binary(bits, depth)


def code_delta(n: int) -> str:
    """Return Elias's delta code [1]: D + 1 in gamma, then n without its leading one.

    >>> code_delta(1), code_delta(5)
    ('1', '01101')
    """
    return code_gamma(cell_depth(n) + 1) + f"{n:b}"[1:]


def read_delta(bits: Iterator[str]) -> int:
    """Read a `code_delta`."""
    depth = read_gamma(bits) - 1
    if depth > 63:
        raise ValueError("an index too large for 64 bits")
    return (1 << depth) | read_binary(bits, depth)


def code_zeta(n: int, k: int) -> str:
    """Return the zeta code [2], for a power law n^-(1 + 1/k), k from 1 to 63.

    The block of k octaves in which n lies in unary, then n's place there in minimal binary: of M
    places, 2^(b - 1) <= M < 2^b, the first 2^b - M take b - 1 bits, the others b.

    >>> code_zeta(1, 2), code_zeta(5, 2)
    ('10', '01001')
    """
    number = cell_depth(n) // k
    first, b, short = zeta_block(number, k)
    place = n - first
    digits = binary(place, b - 1) if place < short else binary(place + short, b)
    return "0" * number + "1" + digits


def read_zeta(bits: Iterator[str], k: int) -> int:
    """Read a `code_zeta`."""
    first, b, short = zeta_block(read_unary(bits, 63 // k), k)
    place = read_binary(bits, b - 1)
    if place >= short:
        place = 2 * place + read_binary(bits, 1) - short
    return first + place


def zeta_block(number: int, k: int) -> tuple[int, int, int]:
    """Return the first integer of a block, b and 2^b - M."""
    first, end = 1 << k * number, 1 << min(k * number + k, 64)
    b = (end - first).bit_length()
    return first, b, (1 << b) - (end - first)
