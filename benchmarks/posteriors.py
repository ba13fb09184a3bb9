"""Measure what docs/planner.md quotes of real posteriors: bytes of files in their KL divergence.

    python benchmarks/posteriors.py FILE

FILE is an .npz file with `loc`, `scale`, `prior_loc` and `prior_scale`, of shape (items, channels,
height, width): normal posteriors, and the priors that both sides have.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = (1, 2, 3)
# A budget of steps: rarely one of these blocks would not end.
MOST_STEPS = 40_000


def rows(q: rec.Normal, p: rec.Normal) -> Iterator[tuple[str, float]]:
    """Yield what was done, and bytes over KL."""
    information = rec.kl_bits(q, p).sum()

    def size(codec: rec.Codec, order: np.ndarray | None = None, **options: object) -> float:
        pair = (q, p) if order is None else (q.reshape(-1)[order], p.reshape(-1)[order])
        return 8 * len(rec.compress(*pair, codec=codec, **options)) / information

    def polar(block: int, order: np.ndarray | None = None) -> float:
        return float(np.mean([size(rec.PolarCoding(s, block=block), order) for s in SEEDS]))

    channel = np.broadcast_to(np.arange(q.shape[1])[:, np.newaxis, np.newaxis], q.shape)
    by_channel = np.argsort(channel.ravel(), kind="stable")
    by_scale = np.argsort(p.scale.ravel(), kind="stable")
    yield "`PolarCoding`, one block", polar(1 << 18)
    yield "`PolarCoding`, blocks of 16,384", polar(1 << 14)
    for name, order in (("channel", by_channel), ("the prior's scale", by_scale)):
        for block in (12_800, 1 << 14, 1 << 15):
            yield f"sorted by {name}, blocks of {block:,}", polar(block, order)
    bins = np.digitize(p.scale, np.quantile(p.scale, np.linspace(0, 1, 9)[1:-1]))
    alone, tree = rec.ADStar(1), rec.TreeCode()
    contexts = channel * 8 + bins
    yield "`ADStar`, `AdaptiveCode`", size(alone, code=rec.AdaptiveCode())
    yield "`ADStar`, `TreeCode`", size(alone, code=tree)
    yield "the same, contexts by channel and scale", size(alone, code=tree, contexts=contexts)
    for block in (2, 4, 8):
        codec = rec.ADStar(1, block, max_steps=MOST_STEPS)
        yield f"`ADStar`, blocks of {block}, some searches cut", size(codec)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    with np.load(parser.parse_args().file) as file:
        names = ("loc", "scale", "prior_loc", "prior_scale")
        loc, scale, prior_loc, prior_scale = (file[name].astype(float) for name in names)
    for name, share in rows(rec.Normal(loc, scale), rec.Normal(prior_loc, prior_scale)):
        print(f"| {name} | {share:.3f} |", flush=True)


if __name__ == "__main__":
    main()
