"""Which codec an item gets, as a number of a string's header says.

The choice looks at the targets and at nothing that is random: to encode by two codecs and to take
the shorter string would favour some samples, which would then not follow the posterior.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from ..codecs import ADStar, PolarCoding, automatic_codec
from ..codes import TreeCode
from ..errors import CorruptDataError
from ..information import kl_bits
from .overhead import SEARCHED, polar_overhead, search_overhead, searched

if TYPE_CHECKING:
    from ..codecs import Codec
    from ..codes import IndexCode
    from ..distributions import Distribution

__all__ = ["CONTAINED", "GIVEN", "choose", "codec_of"]

# 0 is polar coding; 1 to 12 are blocks of `ADStar` and where their code starts; 13 is the codec
# that both sides were given. 14 is a container, where an element is too hard for any: whole, as it
# says where such elements are. A header has room for 16.
_POLAR, GIVEN, CONTAINED = 0, 13, 14
_BLOCKS = (8, 4, 2, 1)
# Bits an element: of few elements, what the tree code would learn of them costs more than it saves.
_STARTS = (0.125, 0.5, 2.0)
_LEAST = 1e-9


def choose(target: Distribution, proposal: Distribution) -> int:
    """Returns the number of the method with the fewest bits, as far as targets tell.

    Of 512 elements or more that is polar coding: even blocks of eight take as much there where
    elements are alike, and elements that are not cannot be searched for in blocks.

    Args:
        target: An item's posteriors, with one axis.
        proposal: Their priors.
    """
    if not 0 < target.size < SEARCHED:
        return _POLAR
    divergence = kl_bits(target, proposal)
    bits = torch.from_numpy(divergence)[None]
    known = math.isfinite(float(bits.sum()))
    # Trial searches, which take some milliseconds, only where blocks may be what it comes to.
    if known and bool(polar_overhead(bits) <= search_overhead(bits)):
        return _POLAR
    block = automatic_codec(target, proposal, seed=0, hints=False, threads=1).block
    if known and bool(polar_overhead(bits) <= searched(bits, block)):
        return _POLAR
    each = max(float(bits.mean()), _LEAST)
    start = min(_STARTS, key=lambda start: abs(math.log(start / each)))
    return 1 + _BLOCKS.index(block) * len(_STARTS) + _STARTS.index(start)


def codec_of(
    number: int, seed: int, given: tuple[Codec, IndexCode | None] | None, threads: int | None
) -> tuple[Codec, IndexCode | None]:
    """Returns the codec, and the code of its indices, that a number stands for.

    Args:
        number: What `choose` returned, or `GIVEN`; not `CONTAINED`, where a container says it.
        seed: The item's own seed.
        given: The codec and the code that both sides were given, if they were.
        threads: How many threads a codec takes that nobody gave.

    Raises:
        CorruptDataError: A number that no encoder writes.
    """
    if number == GIVEN and given is not None:
        codec, code = given
        return replace(codec, seed=seed), code  # type: ignore[type-var]
    if number == _POLAR:
        return PolarCoding(seed, threads=threads), None
    if number < GIVEN:
        block, start = divmod(number - 1, len(_STARTS))
        size = _BLOCKS[block]
        code = TreeCode(expected_bits=size * _STARTS[start])
        return ADStar(seed, size, threads=threads), code
    raise CorruptDataError(f"method {number}: no encoder writes it, or it was given another codec")
