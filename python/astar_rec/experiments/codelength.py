"""Codelengths against the KL divergence, for every codec and index code.

All targets of a measurement have the same divergence, which the codes are not told: those that
learn find it out, and a fixed one (gamma, delta, zeta) pays for being ready for any.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ..codecs import ADStar, ASStar, Codec, DADStar, GlobalAStar
from ..codes import AdaptiveCode, DeltaCode, FixedCode, GammaCode, IndexCode, TreeCode, ZetaCode
from ..distributions import Normal
from .drawing import (
    BLACK,
    BLUE,
    COLOURS,
    GREEN,
    MARKS,
    ORANGE,
    SKY,
    VERMILION,
    column,
    figure,
    finish,
    select,
)
from .experiment import Experiment, Mode, Progress, Row, tracked
from .lengths import depths, entropy
from .targets import STANDARD, of_kl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._elements import Indices

__all__ = ["Codelength"]

KL_BITS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 30)
IDEAL = "H(D) + D"
# The depth of DAD* is so many bits beyond the divergence.
ROOM = 2

# The exponents of zeta codes that are tried: the best is what "zeta" means.
EXPONENTS = [1 + 1 / k for k in (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20)]

STYLES = {
    "gamma": (GREEN, "^"),
    "delta": (ORANGE, "v"),
    "zeta": (VERMILION, "s"),
    "adaptive": (SKY, "D"),
    IDEAL: (BLACK, "+"),
    "tree": (BLUE, "o"),
}


class Codelength(Experiment):
    """Bits against the KL divergence."""

    name = "codelength"
    title = "Codelengths against the KL divergence, by codec and index code"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Encodes as many normals of each divergence, and codes their indices in all ways."""
        elements = mode.choose(tiny=200, quick=10_000, full=100_000)
        largest = mode.choose(tiny=3, quick=8, full=12)  # that the global bound has time for
        cases = [
            (kl, codec)
            for kl in KL_BITS
            for codec in (
                ADStar(mode.seed),
                ASStar(mode.seed),
                GlobalAStar(mode.seed),
                DADStar(math.ceil(kl) + ROOM, mode.seed),
            )
            if not isinstance(codec, GlobalAStar) or kl <= largest
        ]
        rows: list[Row] = []
        for kl, codec in tracked(cases, progress):
            q = of_kl(kl, elements, mode.rng(self.name, kl))
            if isinstance(codec, GlobalAStar) and kl > 8:  # some 2^(KL + 2) steps each
                q = Normal(q.loc[: elements // 10], q.scale[: elements // 10])
            index = codec.encode(q, STANDARD).index
            rows += [
                {
                    "codec": _name(codec),
                    "kl_bits": kl,
                    "code": code,
                    "elements": index.size,
                    "bits": bits,
                    "overhead": bits - kl,
                }
                for code, bits in _lengths(codec, index).items()
            ]
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """The shortest of each codec, and what is beyond the divergence for each code."""
        made, axes = figure(2, 2)
        _draw_shortest(axes[0], rows)
        for one, name in zip(axes[1:], ("AD*", "AS*", "global bound"), strict=True):
            kl = np.linspace(0, max(KL_BITS), 200)
            for c, style in ((0, ":"), (1, "--"), (2, "-.")):
                label = "log2(KL + 1)" + (f" + {c}" if c else "")
                one.plot(kl, np.log2(kl + 1) + c, style, color="grey", linewidth=1, label=label)
            for code, (colour, mark) in STYLES.items():
                own = select(rows, codec=name, code=code)
                if own:
                    one.plot(
                        column(own, "kl_bits"),
                        column(own, "overhead"),
                        # What the adaptive code reaches lies on its line.
                        linestyle="none" if code == IDEAL else "-",
                        marker=mark,
                        markersize=7 if code == IDEAL else 4,
                        color=colour,
                        label=code,
                    )
            finish(
                one,
                xlabel="KL divergence (bits)",
                ylabel="bits beyond the KL divergence",
                title=f"{name}, by index code",
                xlim=0,
                ylim=(0, 9),
                legend=False,
            )
        made.legend(
            *axes[1].get_legend_handles_labels(),
            loc="outside lower right",
            ncols=5,
            fontsize="small",
            frameon=False,
        )
        return made


def _draw_shortest(axes: Axes, rows: Sequence[Row]) -> None:
    for name, code, more in (
        ("AD*", "tree", ""),
        ("AS*", "adaptive", ""),
        ("global bound", "adaptive", ""),
        ("DAD*", "fixed", f": ⌈KL⌉ + {ROOM + 1} bits"),
    ):
        own = select(rows, codec=name, code=code)
        axes.plot(
            column(own, "kl_bits"),
            column(own, "bits"),
            marker=MARKS[name],
            markersize=4,
            color=COLOURS[name],
            label=f"{name}, {code}{more}",
        )
    kl = np.linspace(0, max(KL_BITS), 200)
    axes.plot(kl, kl, ":", color="black", label="KL")
    axes.plot(kl, kl + np.log2(kl + 1) + 1, "--", color="grey", label="KL + log2(KL + 1) + 1")
    finish(
        axes,
        xlabel="KL divergence (bits)",
        ylabel="bits an index",
        title="Each codec in its shortest code",
        xlim=0,
        ylim=0,
    )


def _name(codec: Codec) -> str:
    names = {ADStar: "AD*", ASStar: "AS*", GlobalAStar: "global bound", DADStar: "DAD*"}
    return names[type(codec)]


def _lengths(codec: Codec, index: Indices) -> dict[str, float]:
    """Returns bits an index for each code."""
    if isinstance(codec, DADStar):
        return {"fixed": FixedCode(codec.depth + 1).bits(index) / index.size}
    codes: dict[str, IndexCode] = {
        "gamma": GammaCode(),
        "delta": DeltaCode(),
        "zeta": min((ZetaCode(x) for x in EXPONENTS), key=lambda code: code.bits(index)),
        "adaptive": AdaptiveCode(),
    }
    if codec.draws_tree:
        codes["tree"] = TreeCode().at(codec, index.shape)
    found = {name: code.bits(index) / index.size for name, code in codes.items()}
    depth = depths(index)
    return found | {IDEAL: float(depth.mean()) + entropy(depth)}
