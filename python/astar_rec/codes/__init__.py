"""Codes for indices: unsigned integers from 1 to 2^64 - 1 as bits.

==================  ==================================  ==========================================
code                bits for an index n, D = ⌊log2 n⌋   made for
==================  ==================================  ==========================================
`FixedCode` (w)     w                                   DAD*, with w = depth + 1
`GammaCode`         2 D + 1                             indices that are mostly 1 or 2
`DeltaCode`         D + 2 ⌊log2(D + 1)⌋ + 1             depths that vary a lot
`ZetaCode` (s)      (⌊D/k⌋ + 1) (k + 1), k = 1/(s-1)    a power law n^-s, s from 1 to 2
`AdaptiveCode`      D + the entropy of the depths       whole arrays; blocks
`TreeCode`          entropy, given the random numbers   AD*: the fewest bits, but slower
==================  ==================================  ==========================================

(Zeta takes one bit less in the lower part of a block of k octaves.) The D path bits of an index are
random and take D bits in any code of words, and in `AdaptiveCode`; these differ in how they say D.

    code.py       what a code is: the contract
    words.py      every index a word: fixed, gamma, delta, zeta
    learning.py   what codes share that learn
    adaptive.py   depths learnt, paths in raw bits
    tree.py       paths predicted from the tree
    byte_code.py  messages that are bytes, each with its length: no indices
    registry.py   the codes that containers know
    shortest.py   which of the codes of words is the shortest
"""

from .adaptive import AdaptiveCode
from .byte_code import ByteCode
from .code import IndexCode, Parts, RefusedIndexError
from .learning import LearningCode
from .registry import code_named, code_numbered, codes, register, unregister
from .shortest import shortest_code
from .tree import TreeCode
from .words import DeltaCode, FixedCode, GammaCode, ZetaCode

__all__ = [
    "AdaptiveCode",
    "ByteCode",
    "DeltaCode",
    "FixedCode",
    "GammaCode",
    "IndexCode",
    "LearningCode",
    "Parts",
    "RefusedIndexError",
    "TreeCode",
    "ZetaCode",
    "code_named",
    "code_numbered",
    "codes",
    "register",
    "shortest_code",
    "unregister",
]
