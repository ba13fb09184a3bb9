"""Overhead and steps for all pairs of families, and for targets wider than the proposal.

All targets have the same KL divergence. A wide one's ratio has no bound on the real line; but as
positions are finitely many, it has one on them, and searches are as exact as ever.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .. import distributions
from ..codecs import ADStar, ASStar
from ..codes import AdaptiveCode
from ..information import kl_bits
from .drawing import COLOURS, MARKS, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .lengths import depths, entropy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from .._elements import Floats
    from ..distributions import Distribution

__all__ = ["Families"]

KL_BITS = 3.0
MEANS = 32  # different ones of a pair
CODECS = {"AD*": ADStar, "AS*": ASStar}


@dataclass(frozen=True)
class Pair:
    """Families of target and proposal, and where targets lie.

    The proposal is the family's standard member, on (-1, 1) for the uniform one. `scale` is the
    target's, half the width for the uniform one.

    Attributes:
        farthest: Means go from -farthest to farthest, and scales follow from the divergence.
        scale: If it is given, the mean follows instead, on either side.
    """

    target: str
    proposal: str
    farthest: float = 0.0
    scale: float | None = None

    @property
    def label(self) -> str:
        """What the picture calls it."""
        wide = "" if self.scale is None else f", scale {self.scale:g}"
        return f"{self.target} / {self.proposal}{wide}"

    def of(self, mean: Floats, scale: Floats) -> tuple[Distribution, Distribution]:
        """Returns targets and the proposal."""
        made = []
        for family, loc, unit in (
            (self.target, mean, scale),
            (self.proposal, np.float64(0.0), np.float64(1.0)),
        ):
            ends = (loc - unit, loc + unit) if family == "Uniform" else (loc, unit)
            made.append(getattr(distributions, family)(*ends))
        return made[0], made[1]


@cache
def targets(pair: Pair) -> tuple[Floats, Floats]:
    """Returns means and scales of targets of `KL_BITS`."""

    def excess(mean: Floats, scale: Floats) -> Floats:
        return kl_bits(*pair.of(mean, scale)) - KL_BITS

    if pair.scale is not None:
        scales = np.full(2, pair.scale)
        mean = _root(lambda mean: excess(mean, scales), np.zeros(2), np.full(2, 20.0))
        return mean * [-1.0, 1.0], scales
    if pair.proposal == "Uniform":
        scale = 2.0**-KL_BITS
        return np.linspace(scale - 1, 1 - scale, MEANS), np.full(MEANS, scale)
    means = np.linspace(-pair.farthest, pair.farthest, MEANS)
    # The divergence falls as the target widens, and at last grows again.
    grid = np.geomspace(1e-3, 2.0, 200)
    first = np.argmax(excess(means[:, None], grid) < 0, axis=1)
    return means, _root(lambda scale: excess(means, scale), grid[first], grid[first - 1])


def _root(function: Callable[[Floats], Floats], below: Floats, above: Floats) -> Floats:
    """Returns where a function is 0, element by element, from places below and above that."""
    for _ in range(40):
        middle = 0.5 * (below + above)
        positive = function(middle) > 0
        below, above = np.where(positive, below, middle), np.where(positive, middle, above)
    return 0.5 * (below + above)


PAIRS = [
    Pair("Normal", "Normal", 1.8),
    Pair("Laplace", "Laplace", 2.6),
    Pair("Logistic", "Logistic", 3.2),
    Pair("Uniform", "Normal", 1.5),
    Pair("Uniform", "Laplace", 2.0),
    Pair("Uniform", "Logistic", 2.5),
    Pair("Uniform", "Uniform"),
    Pair("Normal", "Laplace", 2.0),
    Pair("Laplace", "Normal", 1.5),
    *(Pair("Normal", "Normal", scale=scale) for scale in (1.0, 1.2, 1.5, 2.0)),
    Pair("Laplace", "Laplace", scale=1.5),
    Pair("Logistic", "Logistic", scale=1.5),
]


class Families(Experiment):
    """Overhead and steps by families."""

    name = "families"
    title = "Overhead and steps for all pairs of families, and for wide targets"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Encodes targets of each pair, each mean many times."""
        elements = mode.choose(tiny=128, quick=12_800, full=128_000)
        rows: list[Row] = []
        for pair in tracked(PAIRS, progress):
            means, scales = targets(pair)
            repeats = elements // means.size
            q, p = pair.of(np.tile(means, repeats), np.tile(scales, repeats))
            divergence = float(kl_bits(q, p).mean())
            for name, codec in CODECS.items():
                index, _, steps = codec(seed=mode.seed).encode(q, p)
                bits = AdaptiveCode().bits(index) / index.size
                depth = depths(index)
                rows.append(
                    {
                        "pair": pair.label,
                        "codec": name,
                        "elements": index.size,
                        "kl_bits": divergence,
                        "bits": bits,
                        "overhead": bits - divergence,
                        "ideal_overhead": float(depth.mean()) + entropy(depth) - divergence,
                        "steps": float(steps.mean()),
                        "standard_error": float(steps.std()) / math.sqrt(steps.size),
                        "most_steps": int(steps.max()),
                    }
                )
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """A line for each pair."""
        labels = list(dict.fromkeys(column(rows, "pair")))
        made, axes = figure(2, height=0.29 * len(labels) + 1.2)
        for name in CODECS:
            own = select(rows, codec=name)
            places = [-labels.index(label) for label in column(own, "pair")]
            for one, measured in zip(axes, ("overhead", "steps"), strict=True):
                one.plot(
                    column(own, measured), places, MARKS[name], color=COLOURS[name], label=name
                )
        ticks = [-number for number in range(len(labels))]
        axes[0].set_yticks(ticks, labels)
        axes[1].set_yticks(ticks, [""] * len(labels))
        axes[1].set_xscale("log")
        axes[1].set_xticks(
            [2, 3, 5, 10, 20, 30, 50, 100], ["2", "3", "5", "10", "20", "30", "50", "100"]
        )
        axes[1].minorticks_off()
        narrow = sum(pair.scale is None for pair in PAIRS)
        for one in axes:
            one.axhline(0.5 - narrow, color="grey", linewidth=0.8)
        finish(
            axes[0],
            xlabel=f"bits an index beyond the KL divergence of {KL_BITS:g} bits",
            ylabel="target / proposal",
            title="Overhead, adaptive code",
            xlim=0,
        )
        finish(axes[1], xlabel="steps, on average", title="Steps", xlim=(2, 110), legend=False)
        return made
