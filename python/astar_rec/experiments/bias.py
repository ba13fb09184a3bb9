"""How far approximate codecs are from the target, at equal bits.

DAD* of depth w - 1, minimal random coding of 2^w - 1 candidates and the global bound with as many
samples all have the indices 1 to 2^w - 1: w bits. Every sample is turned into its probability under
its own target, which is uniform without bias; the Kolmogorov-Smirnov distance from uniform is the
bias, and that of an exact codec with as many samples what chance alone makes of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from ..codecs import ADStar, Codec, DADStar, GlobalAStar, MinimalRandomCoding
from .drawing import COLOURS, MARKS, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .targets import STANDARD, of_kl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from ..distributions import Normal

__all__ = ["Bias"]

CODECS: dict[str, Callable[[int, int], Codec]] = {
    "DAD*": lambda width, seed: DADStar(width - 1, seed),
    "minimal random coding": lambda width, seed: MinimalRandomCoding(2**width - 1, seed),
    "global bound": lambda width, seed: GlobalAStar(seed, 2**width - 1),
}
EXACT = "AD*, exact"  # has no budget

KL_BITS = (3, 6)
MORE = 6  # bits: the largest budget is so much beyond the divergence


class Bias(Experiment):
    """Bias against the budget."""

    name = "bias"
    title = "Bias of approximate codecs against their bits"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Measures each codec at each budget several times, with other targets and numbers."""
        elements = mode.choose(tiny=100, quick=4_000, full=20_000)
        repeats = mode.choose(tiny=2, quick=4, full=16)
        cases = [
            (kl, width, name)
            for kl in KL_BITS
            for width in range(1, kl + MORE + 1)
            for name in (*CODECS, EXACT)
            if name != EXACT or width == 1
        ]
        rows: list[Row] = []
        for kl, width, name in tracked(cases, progress):
            distances = []
            for repeat in range(repeats):
                rng = mode.rng(self.name, kl, width, name, repeat)
                q = of_kl(kl, elements, rng)
                seed = int(rng.integers(2**63))
                codec = ADStar(seed) if name == EXACT else CODECS[name](width, seed)
                distances.append(distance(codec, q))
            rows.append(
                {
                    "codec": name,
                    "kl_bits": kl,
                    "budget_bits": 0 if name == EXACT else width,
                    "elements": elements,
                    "repeats": repeats,
                    "distance": float(np.mean(distances)),
                    "standard_error": float(np.std(distances, ddof=1)) / math.sqrt(repeats),
                }
            )
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """A picture for each divergence, distances in a logarithmic scale."""
        made, axes = figure(len(KL_BITS))
        for one, kl in zip(axes, KL_BITS, strict=True):
            for name in CODECS:
                own = select(rows, codec=name, kl_bits=kl)
                one.errorbar(
                    column(own, "budget_bits"),
                    column(own, "distance"),
                    yerr=column(own, "standard_error"),
                    marker=MARKS[name],
                    markersize=4,
                    capsize=2,
                    color=COLOURS[name],
                    label=name,
                )
            (exact,) = select(rows, codec=EXACT, kl_bits=kl)
            one.axhline(
                float(exact["distance"]),
                linestyle="--",
                color=COLOURS["AD*"],
                label="AD*: exact, chance alone",
            )
            one.axvline(kl, linestyle=":", color="black", label="KL divergence")
            one.set_yscale("log")
            finish(
                one,
                xlabel="bits of an index",
                ylabel="Kolmogorov-Smirnov distance",
                title=f"KL divergence of {kl} bits",
            )
        return made


def distance(codec: Codec, target: Normal) -> float:
    """Returns how far samples of a codec are from their targets' law, 0 to 1."""
    sample = codec.encode(target, STANDARD).sample
    probabilities = special.ndtr((sample - target.loc) / target.scale)
    return float(stats.kstest(probabilities, "uniform", method="asymp").statistic)
