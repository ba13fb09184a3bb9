"""The ways of sending latents that are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..codecs import ADStar, ASStar, DADStar, GlobalAStar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._elements import Floats
    from ..codecs import Codec
    from ..codes import IndexCode

__all__ = ["BLOCK", "Method", "exact", "fixed"]

# Latents that share an index, where they do.
BLOCK = 8

# Depths of DAD*, less the KL divergence rounded up: of a latent, and of a block of them.
_BUDGETS = (-1, 0, 2)
_BLOCK_BUDGETS = (-4, 0, 4)

# With global A*, a search takes 2^D∞ samples on average, and D∞ is some 1.5 bits above the KL.
_EXCESS = 1.5
_MOST_SAMPLES = 1 << 18


@dataclass(frozen=True)
class Method:
    """A way of sending latents.

    Attributes:
        name: What it is called.
        codec: Makes the codec of a seed.
        code: How its indices are coded; None for the codec's own choice.
    """

    name: str
    codec: Callable[[int], Codec]
    code: IndexCode | None = None


def exact(divergence: Floats) -> Iterator[Method]:
    """Yields the exact methods; global A* only where its searches end.

    Args:
        divergence: KL divergences of the latents' posteriors in bits, shape (n, latents).
    """
    yield Method(f"AD*, block {BLOCK}", partial(ADStar, block=BLOCK))
    yield Method("AD*", ADStar)
    yield Method("AS*", ASStar)
    if float(np.exp2(divergence + _EXCESS).max(initial=0)) < _MOST_SAMPLES / 16:
        yield Method("global A*", partial(GlobalAStar, max_samples=_MOST_SAMPLES))


def fixed(divergence: Floats) -> Iterator[Method]:
    """Yields DAD* with several budgets; for IsoKL posteriors, which all carry the same bits.

    A depth is the largest KL divergence of a latent, or of a block, rounded up, and some bits more
    or less. Indices of latents have depth + 1 bits; those of blocks are no deeper, and have depths
    that are coded.

    Args:
        divergence: KL divergences of the latents' posteriors in bits, shape (n, latents).
    """
    latents = divergence.mean(axis=0)
    for more in _BUDGETS:
        depth = max(0, math.ceil(latents.max()) + more)
        yield Method(f"DAD*, depth {depth}", partial(DADStar, depth))
    blocks = [latents[at : at + BLOCK].sum() for at in range(0, len(latents), BLOCK)]
    for more in _BLOCK_BUDGETS:
        depth = max(0, math.ceil(max(blocks)) + more)
        codec = partial(DADStar, depth, block=BLOCK)
        yield Method(f"DAD*, block {BLOCK}, depth {depth}", codec)
