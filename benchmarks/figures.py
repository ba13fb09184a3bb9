"""Measure the figures that README.md quotes: bits, steps and nanoseconds per element.

    python benchmarks/figures.py [--elements N] [--threads T]

Normal targets whose means are drawn so that the marginal of the samples is the proposal: at I bits
of information the target's scale is 2^-I and its mean has variance 1 - 4^-I. Times are the best of
several runs on one array of targets; encoding includes everything that `encode` does.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import numpy as np

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def targets(information: float, elements: int, seed: int) -> rec.Normal:
    """Return normals with so many bits of information on average."""
    scale = 2.0**-information
    means = np.random.default_rng(seed).normal(size=elements) * np.sqrt(1 - scale * scale)
    return rec.Normal(means, scale)


def best_ns(call: Callable[[], object], elements: int, repeats: int = 5) -> float:
    """Return the shortest time of several calls, per element, in nanoseconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return 1e9 * min(times) / elements


def entropy(values: np.ndarray) -> float:
    """Return the empirical entropy of integers, in bits."""
    _, counts = np.unique(values, return_counts=True)
    p = counts / counts.sum()
    return float(-(p * np.log2(p)).sum())


def row(codec: rec.Codec, information: float, elements: int) -> str:
    """Return one line of the table."""
    q, p = targets(information, elements, seed=1), rec.Normal(0.0, 1.0)
    r = codec.encode(q, p)
    assert np.array_equal(codec.decode(r.index, p), r.sample)
    out = np.empty(elements)
    encode = best_ns(lambda: codec.encode(q, p), elements)
    decode = best_ns(lambda: codec.decode(r.index, p, out=out), elements)
    depth = np.floor(np.log2(r.index.astype(float)))
    coded = rec.shortest_code(r.index).bits(r.index) / elements
    return (
        f"| {type(codec).__name__:7} | {information:4g} | {rec.kl_bits(q, p).mean():5.2f} "
        f"| {r.steps.mean():6.2f} | {depth.mean() + entropy(depth):5.2f} | {coded:5.2f} "
        f"| {encode:6.0f} | {decode:5.1f} |"
    )


def block_rows(information: float, block: int, elements: int) -> Iterator[str]:
    """Yield the lines of the table of blocks, one for each code."""
    p = rec.Normal(0.0, 1.0)
    flat = targets(information, elements // block * block, seed=1)
    q = rec.Normal(flat.loc.reshape(-1, block), flat.scale)
    for code in ("adaptive", "tree"):
        begin = time.perf_counter()
        data = rec.compress(q, p, block=block, code=code, seed=1)
        encoded = time.perf_counter()
        samples = rec.decompress(data, p)
        decoded = time.perf_counter()
        assert samples.shape == q.shape
        bits = 8 * len(data) / flat.loc.size
        encode, decode = (1e6 * t / flat.loc.size for t in (encoded - begin, decoded - encoded))
        yield (
            f"| {information:4g} | {block:5} | {code:8} | {bits:9.4f} | {encode:8.2f} "
            f"| {decode:8.3f} |"
        )


def main() -> None:
    """Print the table, or that of blocks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--blocks", action="store_true", help="sizes of files with blocks instead")
    arguments = parser.parse_args()
    if arguments.blocks:
        print("| bits | block | code     | file bits |   enc us |   dec us |")
        print("|------|-------|----------|-----------|----------|----------|")
        for information in (1, 2):
            for block in (1, 2, 4, 8):
                for line in block_rows(information, block, 100_000):
                    print(line, flush=True)
        return
    print("| codec   | bits |    KL |  steps |  H(D)+D | coded | enc ns | dec ns |")
    print("|---------|------|-------|--------|-------|-------|--------|-------|")
    for kind in (rec.ADStar, rec.ASStar):
        for information in (1, 2, 3, 5, 8, 12):
            print(row(kind(seed=1, threads=arguments.threads), information, arguments.elements))


if __name__ == "__main__":
    main()
