"""Overhead and time against the size of blocks.

The overhead of an index over the information is paid once a block, while steps grow with the number
of its elements: exponentially, whatever their information.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from ..codecs import ADStar
from ..codes import AdaptiveCode, IndexCode, TreeCode
from ..information import kl_bits
from .drawing import BLUE, SKY, VERMILION, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .lengths import depths
from .targets import STANDARD, informative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from ..codecs import Encoded
    from ..distributions import Normal

__all__ = ["Blocks"]

INFORMATION = (1, 2)
# A search of so many steps does not run out of memory; hardly any is as long.
MOST_STEPS = 300_000


class Blocks(Experiment):
    """Overhead and time against the size of blocks."""

    name = "blocks"
    title = "Overhead and time against the size of blocks"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Encodes normals of 1 and 2 bits of information in blocks of AD*, on one thread."""
        elements = mode.choose(tiny=64, quick=8_192, full=65_536)
        sizes = mode.choose(
            tiny=(1, 2, 3), quick=(1, 2, 3, 4, 5, 6, 7, 8), full=(1, 2, 3, 4, 5, 6, 7, 8, 10)
        )
        repeats = mode.choose(tiny=1, quick=1, full=3)
        cases = [(bits, block) for bits in INFORMATION for block in sizes]
        rows: list[Row] = []
        for bits, block in tracked(cases, progress):
            # Blocks of ten take a hundred times the time of blocks of six.
            count = max(1, (elements if block <= 8 else elements // 16) // block)
            q = informative(bits, (count, block), mode.rng(self.name, bits, block))
            codec = ADStar(mode.seed, block, max_steps=MOST_STEPS, threads=1)
            seconds, encoded = _timed(codec, q, repeats)
            divergence = kl_bits(q, STANDARD)
            codes: dict[str, IndexCode] = {
                "adaptive": AdaptiveCode(block, expected_bits=bits * block),
                "tree": TreeCode(block, expected_bits=bits * block).at(codec, q.shape),
            }
            index = encoded.index.reshape(-1) if block == 1 else encoded.index
            # Of an index in the adaptive code, whose paths are raw bits; that of the tree is alike.
            spread = float(np.std(depths(encoded.index) - divergence.sum(axis=1)))
            for name, code in codes.items():
                length = code.bits(index) / q.loc.size
                rows.append(
                    {
                        "information_bits": bits,
                        "block": block,
                        "code": name,
                        "blocks": count,
                        "bits": length,
                        "overhead": length - float(divergence.mean()),
                        "standard_error": spread / math.sqrt(count) / block,
                        "steps": float(encoded.steps.mean()),
                        "steps_standard_error": float(encoded.steps.std()) / math.sqrt(count),
                        "cut": encoded.cut,
                        "microseconds": 1e6 * seconds / q.loc.size,
                    }
                )
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """Overhead by index code; time of an element."""
        made, (overhead, elapsed) = figure(2)
        for bits, style, mark in zip(INFORMATION, ("--", "-"), ("s", "o"), strict=True):
            for code, colour in (("adaptive", SKY), ("tree", BLUE)):
                own = select(rows, information_bits=bits, code=code)
                overhead.errorbar(
                    column(own, "block"),
                    column(own, "overhead"),
                    yerr=column(own, "standard_error"),
                    linestyle=style,
                    marker=mark,
                    markersize=4,
                    capsize=2,
                    color=colour,
                    label=f"{code} code, {bits} bit{'s' * (bits > 1)} of information",
                )
            own = select(rows, information_bits=bits, code="tree")
            elapsed.plot(
                column(own, "block"),
                column(own, "microseconds"),
                style,
                marker=mark,
                markersize=4,
                color=VERMILION,
                label=f"{bits} bit{'s' * (bits > 1)} of information",
            )
        finish(
            overhead,
            xlabel="elements of a block",
            ylabel="bits an element beyond the KL divergence",
            title="Overhead",
            ylim=0,
        )
        elapsed.set_yscale("log")
        for axes in (overhead, elapsed):
            axes.set_xticks(sorted({int(row["block"]) for row in rows}))
        finish(
            elapsed,
            xlabel="elements of a block",
            ylabel="microseconds an element",
            title="Time to encode, one thread",
        )
        return made


def _timed(codec: ADStar, target: Normal, repeats: int) -> tuple[float, Encoded]:
    """Returns the shortest time in seconds, and what was encoded."""
    best = math.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        encoded = codec.encode(target, STANDARD)
        best = min(best, time.perf_counter() - begin)
    return best, encoded
