"""Containers: indices as bytes that hold all that decoding needs, but for the proposal.

docs/format.md specifies them. `compress` and `decompress` are for arrays in memory, `Writer` and
`Reader` for larger ones; `inspect` says where the bits went.

In the order of the data: `codes` (which index code), `chunks` (indices are collected, coded and
framed), `escape_section` (elements that were coded by themselves), `fingerprint` (what a header
says of the proposal), `format` (headers and frames as bytes), `envelope` (with them, or without),
`source` and `frames` (chunks are found again), `grid` (which elements indices stand for). `runs`
makes any chunks by themselves, `flat` reads any elements. Beside it: `draft` (what a container is
to be like before its codec is known), `known` (what both sides are given with the elements, and is
not written) and `stages` (progress).
"""

from .inspection import Inspection, inspect
from .reader import Reader
from .whole import compress, decompress
from .writer import Writer

__all__ = ["Inspection", "Reader", "Writer", "compress", "decompress", "inspect"]
