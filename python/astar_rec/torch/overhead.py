"""What bytes take beyond the KL divergence, as far as targets tell: differentiable.

The formulas are fitted to real messages; docs/torch.md says how well. Of n elements that go as one,
k_i is the divergence of element i in bits and I their mean. f_l, the mean of k_i's part between l
and l + 1, is about what level l of polar coding carries an element (they add up to I). Levels that
carry all or nothing are free, so what polar coding takes grows with G = sum of f_l (1 - f_l):

    n^(3/4) (base(I) + 2.04 G) + 35 + 2.6 log2(1 + largest k)
    base(I) = u / (1 + (u / 0.41)^4)^(1/4),   u = 0.85 sqrt(I)

Elements that fill several blocks take as much for each. A search names a sample of a random
process, which costs so and so many bits an element in blocks of a size (see
`planner/predictions.py`), and the end of the code 5 bits.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..codecs import ADStar, PolarCoding
from ..errors import ParameterError
from ..planner.predictions import INFORMATION, TREE, TREE_START

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..codecs import Codec

__all__ = ["SEARCHED", "overhead_of", "polar_overhead", "search_overhead", "searched"]

# Of fewer elements, searches may take fewer bits than polar coding.
SEARCHED = 512

_LEVELS = 24
_LEAST = 1e-6  # bits an element, below which roots have no slope to speak of


def overhead_of(codec: Codec | None) -> Callable[[Tensor], Tensor]:
    """Returns what gives a codec's overhead in bits from divergences, shape (items, elements).

    Args:
        codec: `PolarCoding` or `ADStar`; None for the one that `methods.choose` takes.

    Raises:
        ParameterError: A codec of which no overhead is known.
    """
    if codec is None:
        return _least_overhead
    if isinstance(codec, PolarCoding):
        return partial(polar_overhead, block=codec.block)
    if isinstance(codec, ADStar):
        return partial(searched, block=max(block for block in TREE if block <= codec.block))
    raise ParameterError("overhead", codec, "None with this codec: PolarCoding and ADStar have one")


def _least_overhead(bits: Tensor) -> Tensor:
    polar = polar_overhead(bits)
    return polar if bits.shape[1] >= SEARCHED else torch.minimum(polar, search_overhead(bits))


def polar_overhead(bits: Tensor, block: int = PolarCoding.block) -> Tensor:
    """Returns what polar coding takes beyond the divergences of items.

    Args:
        bits: Divergences, shape (items, elements).
        block: The most elements of a block.

    Returns:
        Bits, shape (items,).
    """
    blocks = math.ceil(bits.shape[1] / block)
    mean = bits.mean(1).clamp(min=_LEAST)
    root = 0.85 * mean.sqrt()
    base = root / (1 + (root / 0.41) ** 4) ** 0.25
    mixed = torch.zeros_like(mean)
    for level in range(_LEVELS):
        full = (bits - level).clamp(0, 1).mean(1)
        mixed = mixed + full * (1 - full)
    start = 35 + 2.6 * torch.log2(1 + bits.amax(1))
    size = (bits.shape[1] / blocks) ** 0.75
    return blocks * (size * (base + 2.04 * mixed) + start)


def search_overhead(bits: Tensor) -> Tensor:
    """Returns what searches take, in the blocks that such targets usually get; as above.

    A search takes as long as the element of its block with most information has it. From some 4.2
    bits on, on average over blocks, eights take too long, and fours from some 7.5 on.
    """
    whole = bits.shape[1] // 8 * 8
    eights = bits[:, :whole].unflatten(1, (-1, 8)) if whole else bits[:, None]
    most = eights.amax(2).mean(1)
    narrow = torch.where(most < 7.5, searched(bits, 4), searched(bits, 2))
    return torch.where(most < 4.2, searched(bits, 8), narrow)


def searched(bits: Tensor, block: int) -> Tensor:
    """Returns what searches in blocks of so many elements take; as above."""
    place = torch.log(bits.mean(1).clamp(min=_LEAST))
    each = torch.full_like(place, TREE[block][0])
    knots = zip(INFORMATION, TREE[block], strict=True)
    for (low, before), (high, after) in pairwise(knots):
        share = (place - math.log(low)) / math.log(high / low)
        each = each + (after - before) * share.clamp(0, 1)
    return bits.shape[1] * each + TREE_START
