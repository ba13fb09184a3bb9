"""All methods on the same targets: bits, steps, time and bias, against information and size.

Targets are normals whose marginal is the proposal. Bits are those of whole containers; time is
that of compressing and decompressing them on one thread. Bias is the largest difference between the
distribution functions of the standardised samples and of a normal variable, which for an exact
method is 0.87 / √n on average, by chance.
"""

from __future__ import annotations

import io
import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special, stats

from ..codecs import (
    ADStar,
    ASStar,
    DADStar,
    GlobalAStar,
    GreedyRejectionCoding,
    HybridCoding,
    LayeredDither,
    MinimalRandomCoding,
    PolarCoding,
)
from ..codes import TreeCode
from ..container import Writer, decompress
from ..distributions import Normal
from ..functional import functional_information
from ..information import kl_bits
from .drawing import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    column,
    figure,
    finish,
    select,
)
from .experiment import Experiment, Mode, Progress, Row, tracked
from .targets import STANDARD, informative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from ..codecs import Codec
    from ..codes import IndexCode

__all__ = ["Methods"]

# Sizes are looked at with so many bits of information an element.
INFORMATION = 2.0
# Candidates and depths of the biased methods: so many bits beyond the information.
ROOM = 3
# Hybrid coding halves so much less than the information says, and chooses among so many: then its
# bias is small. Of less information it has nothing to halve.
HALVED_LESS, HYBRID_CANDIDATES = 2, 1 << 10
# The most bits for which a global bound has time, and eights have.
GLOBAL_BITS, EIGHTS_BITS = 6.0, 3.0
_BOUND = "bound for one element"

_STYLES = {
    "polar": (BLUE, "o"),
    "layered dither": (GREEN, "P"),
    "AD*, eights": (SKY, "X"),
    "AD*, tree code": (SKY, "D"),
    "AD*": (ORANGE, "D"),
    "AS*": (VERMILION, "s"),
    "global bound": (BLACK, "^"),
    "DAD*": (PURPLE, "v"),
    "minimal random coding": (PURPLE, "<"),
    "greedy rejection, in half": (GREEN, "D"),
    "hybrid coding": (PURPLE, "*"),
}


class Methods(Experiment):
    """All methods, on the same targets."""

    name = "methods"
    title = "All methods on the same targets"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Sends as many normals by each method; first of any information, then of any number."""
        many = mode.choose(tiny=1 << 8, quick=1 << 12, full=1 << 16)
        rates = mode.choose(
            tiny=(0.5, 2.0),
            quick=(0.1, 0.5, 1.0, 2.0, 4.0),
            full=(0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
        )
        sizes = mode.choose(
            tiny=(16,), quick=(1, 16, 256), full=(1, 4, 16, 64, 256, 1 << 10, 1 << 12, 1 << 14)
        )
        cases = [(rate, many) for rate in rates] + [(INFORMATION, size) for size in sizes]
        rows: list[Row] = []
        for rate, count in tracked(cases, progress):
            bound = _bound(rate, mode)
            for method in _methods(rate, mode.seed):
                row = _measured(method, rate, count, mode)
                rows.append(row | {"bound": bound})
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """Bits beyond the KL divergence and time, against information and size; bias."""
        made, (rates, sizes, times, bias) = figure(2, 2)
        most = max(column(rows, "elements"))
        for method, (colour, mark) in _STYLES.items():
            style: dict[str, Any] = {"color": colour, "marker": mark, "markersize": 4}
            own = select(rows, method=method, elements=most)
            information = column(own, "information")
            rates.plot(information, column(own, "overhead"), label=method, **style)
            times.plot(information, column(own, "microseconds"), **style)
            bias.plot(information, column(own, "distance"), **style)
            own = sorted(
                select(rows, method=method, information=INFORMATION),
                key=lambda row: float(row["elements"]),
            )
            sizes.plot(column(own, "elements"), column(own, "overhead"), **style)
        bound = select(rows, method="polar", elements=most)
        rates.plot(
            column(bound, "information"), column(bound, "bound"), ":", color=BLACK, label=_BOUND
        )
        chance = 0.87 / math.sqrt(most)
        bias.axhline(chance, color=BLACK, linewidth=0.8, linestyle=":", label="chance")
        beyond, across = "bits an element beyond the KL", "information, bits an element"
        finish(rates, xlabel=across, ylabel=beyond, title=f"{most:,} elements", ylim=(0, 4))
        finish(sizes, xlabel="elements", ylabel=beyond, title=f"{INFORMATION:.0f} bits an element",
               xscale="log", yscale="log", legend=False)  # fmt: skip
        finish(times, xlabel=across, ylabel="µs an element, both ways", yscale="log",
               title="Time, one thread", legend=False)  # fmt: skip
        finish(bias, xlabel=across, ylabel="distance of distribution functions",
               yscale="log", title="Bias")  # fmt: skip
        rates.legend(fontsize="x-small", frameon=False, ncols=2, loc="upper left")
        return made


def _methods(rate: float, seed: int) -> list[tuple[str, Codec, IndexCode | None]]:
    """The methods that have time for so much information, by the names of the picture."""
    room = math.ceil(rate) + ROOM
    found: list[tuple[str, Codec, IndexCode | None]] = [
        ("polar", PolarCoding(seed, threads=1), None),
        ("layered dither", LayeredDither(seed, threads=1), None),
        ("AD*, tree code", ADStar(seed, threads=1), TreeCode(expected_bits=rate)),
        ("AD*", ADStar(seed, threads=1), None),
        ("AS*", ASStar(seed, threads=1), None),
        ("DAD*", DADStar(room, seed, threads=1), None),
        ("minimal random coding", MinimalRandomCoding(1 << room, seed, threads=1), None),
    ]
    found.append(
        ("greedy rejection, in half", GreedyRejectionCoding(seed, split="half", threads=1), None)
    )
    if (halvings := int(rate) - HALVED_LESS) > 0:
        hybrid = HybridCoding(HYBRID_CANDIDATES, seed, halvings, threads=1)
        found.append(("hybrid coding", hybrid, None))
    if rate <= EIGHTS_BITS:
        found.append(("AD*, eights", ADStar(seed, 8, threads=1), None))
    if rate <= GLOBAL_BITS:
        found.append(("global bound", GlobalAStar(seed, threads=1), None))
    return found


def _measured(
    method: tuple[str, Codec, IndexCode | None], rate: float, count: int, mode: Mode
) -> Row:
    """Sends so many elements by a method; of few, as many times as make some numbers."""
    name, codec, code = method
    times = max(1, mode.choose(tiny=1, quick=64, full=1024) // count)
    rng = mode.rng("methods", rate, count)
    bits, spent, kl = 0.0, 0.0, 0.0
    steps, standard = [], []
    for number in range(times):
        q = informative(rate, (count,), rng)
        own = replace(codec, seed=mode.seed + number)  # type: ignore[type-var]
        start = time.process_time()
        file = io.BytesIO()
        with Writer(file, codec=own, code=code, shape=q.shape) as writer:  # which tells the steps
            encoded = writer.write(q, STANDARD)
        data = file.getvalue()
        sample = decompress(data, STANDARD)
        spent += time.process_time() - start
        bits += 8 * len(data)
        kl += float(kl_bits(q, STANDARD).sum())
        steps.append(encoded.steps.mean())
        standard.append((sample - q.loc) / q.scale)
    elements = count * times
    probabilities = special.ndtr(np.concatenate(standard))
    return {
        "method": name,
        "information": rate,
        "elements": count,
        "repeats": times,
        "bits": bits / elements,
        "overhead": (bits - kl) / elements,
        "steps": float(np.mean(steps)),
        "distance": float(stats.kstest(probabilities, "uniform", method="asymp").statistic),
        "microseconds": 1e6 * spent / elements,
    }


def _bound(rate: float, mode: Mode) -> float:
    """What no exact code of one element after another can do without, beyond the KL divergence."""
    count = mode.choose(tiny=8, quick=64, full=256)
    # Means at even quantiles of their law, instead of random ones.
    scale = 2.0**-rate
    means = special.ndtri((np.arange(count) + 0.5) / count) * math.sqrt((1 - scale) * (1 + scale))
    q = Normal(means, scale)
    return float((functional_information(q, STANDARD) - kl_bits(q, STANDARD)).mean())
