"""Measure what docs/torch.md quotes: bytes of `RelativeEntropyBottleneck` beside what it reports.

    python benchmarks/bottleneck.py [FILE]

FILE is an .npz file with `loc`, `scale`, `prior_loc` and `prior_scale`, of shape (items, channels,
height, width): normal posteriors, and the priors that both sides have. Needs PyTorch.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.distributions import Normal

from astar_rec.torch import RelativeEntropyBottleneck

if TYPE_CHECKING:
    from collections.abc import Iterator

    Pair = tuple[Normal, Normal]

ITEMS = 64


def synthetic() -> Iterator[tuple[str, Pair]]:
    """Yield posteriors whose marginal is the prior: all of one scale, and of a scale each."""
    generator = torch.Generator().manual_seed(1)
    prior = Normal(torch.zeros(()), torch.ones(()))
    for latents in (128, 1024, 4096):
        shape = (ITEMS, 16, latents // 16)
        for bits in (0.3, 1.0, 3.0):
            even = torch.full(shape, bits)
            wild = bits / 2 * torch.empty(shape).exponential_(generator=generator).square()
            for name, each in (("even", even), ("uneven", wild.clamp(max=8.0))):
                scale = torch.exp2(-each)
                noise = torch.randn(shape, generator=generator)
                loc = noise * (1 - scale.square()).clamp(min=0).sqrt()
                yield f"{latents:,} latents of {bits} bits, {name}", (Normal(loc, scale), prior)


def real(path: str) -> Iterator[tuple[str, Pair]]:
    """Yield a file's posteriors, and what four or sixteen of its items are as one."""
    with np.load(path) as file:
        names = ("loc", "scale", "prior_loc", "prior_scale")
        loc, scale, prior_loc, prior_scale = (torch.from_numpy(file[name]) for name in names)
    for joined in (1, 2, 4):
        count = len(loc) // joined
        shape = (min(count, ITEMS), joined * loc.shape[1], *loc.shape[2:])
        parts = [
            t[: shape[0] * joined].reshape(shape) for t in (loc, scale, prior_loc, prior_scale)
        ]
        yield f"real ones, {joined} as one", (Normal(*parts[:2]), Normal(*parts[2:]))


def row(name: str, pair: Pair) -> str:
    """What each item takes in bytes of its own, and in those of all, over what was reported."""
    cells = [name]
    for overhead, together in (("item", False), ("batch", True)):
        bottleneck = RelativeEntropyBottleneck(seed=1, overhead=overhead)
        kl = float(RelativeEntropyBottleneck()(*pair).bits.sum())
        reported = float(bottleneck(*pair).bits.sum())
        begin = time.perf_counter()
        strings = bottleneck.compress(*pair, together=together)
        middle = time.perf_counter()
        bottleneck.decompress(strings, pair[1], pair[0].batch_shape[1:])
        end = time.perf_counter()
        real_bits = 8 * sum(map(len, strings))
        cells += [
            f"{kl / len(pair[0].loc):,.0f}" if not together else f"{1e3 * (middle - begin):,.0f}",
            f"{real_bits / kl:.3f}",
            f"{real_bits / reported - 1:+.1%}",
        ]
        if not together:
            cells.append(f"{1e3 * (middle - begin) / len(strings):.1f}")
            cells.append(f"{1e3 * (end - middle) / len(strings):.1f}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?")
    path = parser.parse_args().file
    print(
        "| | KL of an item | bits over KL | beside rates | ms to encode | ms to decode "
        "| batch ms | bits over KL | beside rates |"
    )
    for name, pair in [*synthetic(), *(real(path) if path else ())]:
        print(row(name, pair), flush=True)


if __name__ == "__main__":
    main()
