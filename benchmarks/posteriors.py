"""Measure what docs/planner.md quotes of real posteriors: bytes of files in their KL, and times.

    python benchmarks/posteriors.py FILE

FILE is an .npz file with `loc`, `scale`, `prior_loc` and `prior_scale`, of shape (items, channels,
height, width): normal posteriors, and the priors that both sides have.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Iterator

SEEDS = (1, 2, 3)
# A budget of steps: rarely one of these blocks would not end.
MOST_STEPS = 40_000


class Row(NamedTuple):
    """What a method takes.

    Attributes:
        name: The method, and what was done.
        share: Bytes of the file, in the KL divergence.
        encode: Microseconds an element to encode.
        decode: Microseconds an element to decode.
    """

    name: str
    share: float
    encode: float
    decode: float

    def __str__(self) -> str:
        return f"| {self.name} | {self.share:.3f} | {self.encode:.2f} | {self.decode:.2f} |"


def rows(q: rec.Normal, p: rec.Normal) -> Iterator[Row]:
    """Yield what each method takes: bytes over KL, and the time of one thread."""
    information = rec.kl_bits(q, p).sum()

    def row(name: str, *codecs: rec.Codec, order: np.ndarray | None = None, **options: Any) -> Row:
        target, proposal = q, p
        if order is not None:
            target, proposal = q.reshape(-1)[order], p.reshape(-1)[order]
        kept = {key: value for key, value in options.items() if key == "contexts"}
        each = []
        for codec in codecs:
            begin = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rec.ApproximationWarning)
                data = rec.compress(target, proposal, codec=codec, **options)
            middle = time.process_time()
            rec.decompress(data, proposal, threads=1, **kept)
            end = time.process_time()
            each.append((len(data), middle - begin, end - middle))
        size, encode, decode = np.mean(each, axis=0)
        times = (1e6 * seconds / q.size for seconds in (encode, decode))
        return Row(name, 8 * size / information, *times)

    def polar(name: str, block: int, **options: Any) -> Row:
        return row(name, *(rec.PolarCoding(s, block=block, threads=1) for s in SEEDS), **options)

    channel = np.broadcast_to(np.arange(q.shape[1])[:, np.newaxis, np.newaxis], q.shape)
    by_channel = np.argsort(channel.ravel(), kind="stable")
    by_scale = np.argsort(p.scale.ravel(), kind="stable")
    yield polar("`PolarCoding`, one block", 1 << 18)
    yield polar("`PolarCoding`, blocks of 16,384", 1 << 14)
    for name, order in (("channel", by_channel), ("the prior's scale", by_scale)):
        for block in (12_800, 1 << 14, 1 << 15):
            yield polar(f"sorted by {name}, blocks of {block:,}", block, order=order)
    bins = np.digitize(p.scale, np.quantile(p.scale, np.linspace(0, 1, 9)[1:-1]))
    # Numbers that a model has from its training: channels by the information that they carry.
    means = rec.kl_bits(q, p).mean(axis=(0, 2, 3))
    rank = np.argsort(np.argsort(means))[:, np.newaxis, np.newaxis]
    for name, contexts in (
        ("channel", np.broadcast_to(rank, q.shape)),
        ("halves of the prior's scale", bins // 4),
        ("eighths of the prior's scale", bins),
    ):
        yield polar(f"`PolarCoding`, one block, contexts by {name}", 1 << 18, contexts=contexts)
    alone, tree = rec.ADStar(1, threads=1), rec.TreeCode()
    contexts = channel * 8 + bins
    yield row("`ADStar`, `AdaptiveCode`", alone, code=rec.AdaptiveCode())
    yield row("`ADStar`, `TreeCode`", alone, code=tree)
    yield row("the same, contexts by channel and scale", alone, code=tree, contexts=contexts)
    for block in (2, 4, 8):
        codec = rec.ADStar(1, block, max_steps=MOST_STEPS, threads=1)
        yield row(f"`ADStar`, blocks of {block}, some searches cut", codec)
        codec = rec.ADStar(1, block, within=1e-6, threads=1)
        yield row(f"`ADStar`, blocks of {block}, within 10^-6", codec)
    yield row("`ASStar`, `AdaptiveCode`", rec.ASStar(1, threads=1))
    yield row("`DADStar(3)`, biased", rec.DADStar(3, 1, threads=1))
    yield row("`MinimalRandomCoding(8)`, biased", rec.MinimalRandomCoding(8, 1, threads=1))
    greedy = rec.GreedyRejectionCoding(1, split="half", threads=1)
    yield row("`GreedyRejectionCoding`, in half", greedy)
    yield row("`GreedyPoissonRejection`, at the sample", rec.GreedyPoissonRejection(1, threads=1))
    for candidates, block in ((4096, 1), (4096, 4), (1 << 16, 16)):
        ordered = rec.OrderedRandomCoding(candidates, 1, block=block, threads=1)
        name = f"`OrderedRandomCoding({candidates:,})`"
        yield row(name + (", biased" if block == 1 else f", blocks of {block}, biased"), ordered)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    with np.load(parser.parse_args().file) as file:
        names = ("loc", "scale", "prior_loc", "prior_scale")
        loc, scale, prior_loc, prior_scale = (file[name].astype(float) for name in names)
    for row in rows(rec.Normal(loc, scale), rec.Normal(prior_loc, prior_scale)):
        print(row, flush=True)


if __name__ == "__main__":
    main()
