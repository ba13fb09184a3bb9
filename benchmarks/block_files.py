"""Measure what README.md and docs/blocks.md quote of blocks: bits of a file, and microseconds.

    python benchmarks/block_files.py [--elements N]

Normal targets whose marginal is the proposal, as files by `compress`, everything included, on all
processors.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import astar_rec as rec
from compare_rows import SEED, targets

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows(information: float, block: int, elements: int) -> Iterator[str]:
    """Yield the lines of the table of blocks, one for each code."""
    p = rec.Normal(0.0, 1.0)
    flat = targets(information, elements // block * block, SEED)
    q = rec.Normal(flat.loc.reshape(-1, block), flat.scale)
    codec = rec.ADStar(SEED, block)
    for code, kind in (("adaptive", rec.AdaptiveCode), ("tree", rec.TreeCode)):
        begin = time.perf_counter()
        data = rec.compress(q, p, codec=codec, code=kind())
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


def polar_row(information: float, elements: int) -> str:
    """Return the line of polar coding, of all elements at once."""
    q, p = targets(information, elements, SEED), rec.Normal(0.0, 1.0)
    begin = time.perf_counter()
    data = rec.compress(q, p, codec=rec.PolarCoding(SEED))
    encoded = time.perf_counter()
    samples = rec.decompress(data, p)
    decoded = time.perf_counter()
    assert samples.shape == q.shape
    encode, decode = (1e6 * t / elements for t in (encoded - begin, decoded - encoded))
    bits = 8 * len(data) / elements
    return f"| {information:4g} | polar | its own  | {bits:9.4f} | {encode:8.2f} | {decode:8.3f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--elements", type=int, default=100_000)
    arguments = parser.parse_args()
    print("| bits | block | code     | file bits |   enc us |   dec us |")
    print("|------|-------|----------|-----------|----------|----------|")
    for information in (1, 2):
        for block in (1, 2, 4, 8):
            for line in rows(information, block, arguments.elements):
                print(line, flush=True)
        print(polar_row(information, arguments.elements), flush=True)


if __name__ == "__main__":
    main()
