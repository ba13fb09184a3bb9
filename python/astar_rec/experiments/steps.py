"""Steps of a search against D∞, at a fixed KL divergence.

Two normals may have the same KL divergence from the proposal, and so much the same codelength,
while one of them is far denser than the proposal somewhere. It is that, D∞, which searches pay for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..codecs import ADStar, ASStar, GlobalAStar
from ..distributions import Normal
from .drawing import COLOURS, MARKS, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .targets import STANDARD, of_d_infinity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Steps"]

CODECS = {"AD*": ADStar, "AS*": ASStar, "global bound": GlobalAStar}

# KL divergences, and the D∞ that normals of these have: from the least, where the mean is 0, to
# where the ratio's maximum comes near the proposal's last position.
RANGES = {3: range(4, 13), 8: range(9, 22)}


class Steps(Experiment):
    """Steps against D∞."""

    name = "steps"
    title = "Steps of a search against D-infinity, at a fixed KL divergence"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Encodes one target many times, for each D∞."""
        elements = mode.choose(tiny=200, quick=5_000, full=50_000)
        # Of the global bound as many searches as take so many samples altogether.
        samples = mode.choose(tiny=2e5, quick=5e6, full=2e8)
        cases = [
            (kl, d, name, codec)
            for kl, range_ in RANGES.items()
            for d in range_
            for name, codec in CODECS.items()
            if name != "global bound" or 2**d <= samples / 50
        ]
        rows: list[Row] = []
        for kl, d, name, codec in tracked(cases, progress):
            count = elements if name != "global bound" else min(elements, int(samples / 2**d))
            q = of_d_infinity(kl, d)
            target = Normal(np.full(count, q.loc), q.scale)
            steps = codec(seed=mode.seed).encode(target, STANDARD).steps
            quarter, median, three_quarters = np.quantile(steps, (0.25, 0.5, 0.75)).tolist()
            rows.append(
                {
                    "codec": name,
                    "kl_bits": kl,
                    "d_infinity_bits": d,
                    "mean": float(q.loc),
                    "scale": float(q.scale),
                    "elements": count,
                    "steps": float(steps.mean()),
                    "standard_error": float(steps.std()) / math.sqrt(count),
                    "quarter": quarter,
                    "median": median,
                    "three_quarters": three_quarters,
                }
            )
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """All codecs in a logarithmic scale, and those that take few steps in a linear one."""
        made, (every, few) = figure(2)
        most = max(RANGES)
        for name in CODECS:
            _draw_medians(every, select(rows, codec=name, kl_bits=most), name, name)
        bits = list(RANGES[most])
        every.plot(bits, [2.0**d for d in bits], ":", color="black", label="2 to the power of D∞")
        every.set_yscale("log")
        finish(every, xlabel="D∞ (bits)", ylabel="steps", title=f"KL divergence of {most} bits")

        for kl, style in zip(RANGES, ("--", "-"), strict=True):
            for name in ("AD*", "AS*"):
                own = select(rows, codec=name, kl_bits=kl)
                _draw_medians(few, own, name, f"{name}, KL of {kl} bits", style)
        few.plot([0, 21], [0, 21], ":", color="black", label="D∞")
        finish(few, xlabel="D∞ (bits)", ylabel="steps", title="AD* and AS*", xlim=0, ylim=0)
        few.locator_params(integer=True)
        return made


def _draw_medians(axes: Axes, rows: Sequence[Row], name: str, label: str, style: str = "-") -> None:
    """Medians, and a band from quartile to quartile."""
    bits = column(rows, "d_infinity_bits")
    colour = COLOURS[name]
    quarters = column(rows, "quarter"), column(rows, "three_quarters")
    axes.fill_between(bits, *quarters, color=colour, alpha=0.15, linewidth=0)
    medians = column(rows, "median")
    axes.plot(bits, medians, style, marker=MARKS[name], markersize=4, color=colour, label=label)
