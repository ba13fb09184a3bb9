"""What a candidate of minimal and ordered random coding takes, in lanes and without them.

    python benchmarks/candidates.py

prints nanoseconds a candidate and element: processor time of one thread, the best of some turns.
With and without lanes take turns, in one run, and what they send is compared.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

import astar_rec as rec
from astar_rec import _core

if TYPE_CHECKING:
    from astar_rec.codecs.candidates import CandidateCodec

# Elements of a block, and bits of the number of candidates.
CASES = [(1, 16), (2, 16), (16, 14), (128, 12), (1024, 12), (4096, 11), (12_288, 10), (65_536, 8)]
INFORMATION = 8.0  # bits of a block
TURNS = 7


def _seconds(codec: CandidateCodec, q: rec.Normal, p: rec.Normal) -> tuple[float, rec.Encoded]:
    start = time.process_time()
    found = codec.encode(q, p)
    return time.process_time() - start, found


def _measured(codec: CandidateCodec, block: int, candidates: int) -> str:
    """Returns a row: without lanes, in lanes, and the quotient."""
    rng = np.random.default_rng(1)
    spread = math.sqrt(2.0 * math.log(2.0) * INFORMATION / block)
    q, p = rec.Normal(rng.normal(0.0, spread, block), 1.0), rec.Normal(0.0, 1.0)
    best = dict.fromkeys(("none", _core.available_instructions()[-1]), math.inf)
    found = []
    for _ in range(TURNS):
        for instructions in best:
            _core.use_instructions(instructions)
            seconds, encoded = _seconds(codec, q, p)
            best[instructions] = min(best[instructions], seconds)
            found.append(encoded)
    for other in found:
        assert (other.index == found[0].index).all()
        assert (other.sample == found[0].sample).all()
        assert (other.steps == found[0].steps).all()
    work = block * int(found[0].steps.sum())
    without, within = (1e9 * seconds / work for seconds in best.values())
    times = f"{without:7.2f} | {within:7.2f} | {without / within:6.1f}"
    return f"| {type(codec).__name__:<20} | {block:6} | {candidates:6} | {times} |"


def main() -> None:
    """Prints the table."""
    print("| method | block | candidates | without lanes | in lanes | times as fast |")
    print("|---|---:|---:|---:|---:|---:|")
    for block, bits in CASES:
        for made in (rec.MinimalRandomCoding, rec.OrderedRandomCoding):
            codec = made(2**bits, seed=7, block=block, threads=1)
            print(_measured(codec, block, 2**bits), flush=True)


if __name__ == "__main__":
    main()
