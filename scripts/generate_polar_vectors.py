"""Write tests/vectors/polar.txt: messages and positions of polar blocks, by the reference.

python scripts/generate_polar_vectors.py
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from astar_rec.reference.families import Distribution, Laplace, Logistic, Normal, Uniform
from astar_rec.reference.polar import encode_block, tilted_tail
from astar_rec.reference.polar_knowledge import Levels, family_tails

if TYPE_CHECKING:
    from astar_rec.reference.polar_knowledge import Tail

PATH = Path(__file__).parents[1] / "tests" / "vectors" / "polar.txt"

FAMILIES = {"normal": Normal, "laplace": Laplace, "logistic": Logistic}


class Case(NamedTuple):
    """A block, as a line of the file has it."""

    elements: int
    fine: int  # 0: what suits the targets
    mirrored: int
    seed: int
    first: int
    target: str  # a family, or "tilted"
    proposal: str  # a family at 0 of scale 1, or "unit"
    loc: float  # of targets' middles; the tilt
    spread: float
    scale: float
    contexts: int = 1  # of element e: e modulo this

    def tail(self) -> Tail:
        """Return the targets' tails."""
        if self.target == "tilted":
            c = self.loc
            return lambda element, edge: tilted_tail(c if element % 3 else 1.0 / c, edge)
        targets = [member(self.target, self.middle(e), self.scale) for e in range(self.elements)]
        return family_tails(targets, [member(self.proposal, 0.0, 1.0)] * self.elements)

    @property
    def smooth(self) -> bool:
        """Whether ratios of densities have no kinks."""
        return {self.target, self.proposal} <= {"normal", "logistic"}

    def middle(self, element: int) -> float:
        """Return an element's target's middle."""
        return self.loc + self.spread * ((element * 37 % 64 - 31.5) / 32.0)


def member(family: str, middle: float, unit: float) -> Distribution:
    """Return a family's member."""
    if family == "uniform":
        return Uniform(middle - unit, middle + unit)
    return FAMILIES[family](middle, unit)


NARROW = 2.0**-45

CASES = [
    Case(1, 3, 0, 1, 0, "tilted", "unit", 8.0, 0.0, 0.0),
    Case(1, 0, 0, 9, 77, "normal", "normal", 0.5, 0.0, 0.125),
    Case(2, 4, 0, 2, 5, "tilted", "unit", 64.0, 0.0, 0.0),
    Case(3, 0, 0, 3, 1000, "laplace", "normal", 0.0, 1.0, 0.25),
    Case(64, 2, 1, 7, 1, "tilted", "unit", 2.0, 0.0, 0.0),
    Case(100, 0, 0, 7, 0, "tilted", "unit", 40.0, 0.0, 0.0),
    Case(5, 0, 0, 21, 0, "normal", "normal", 0.0, 1.0, NARROW),
    Case(33, 0, 0, 22, 0, "normal", "normal", 3.0, 0.0, 1.0),
    Case(65, 0, 0, 23, 0, "normal", "normal", 0.0, 0.0, 2.0),
    Case(129, 0, 0, 24, 0, "logistic", "laplace", 0.5, 2.0, 0.25),
    Case(40, 0, 0, 25, 0, "uniform", "logistic", 0.0, 2.0, 0.125),
    Case(40, 0, 0, 26, 0, "normal", "uniform", 0.0, 0.5, 0.0625),
    Case(50, 1, 0, 27, 0, "normal", "normal", 0.0, 1.0, 0.25),
    Case(50, 8, 1, 28, 0, "normal", "normal", 0.0, 1.0, 0.03125),
    Case(3, 0, 0, 32, 0, "normal", "uniform", -0.375, 0.0, 0.0078125),
    Case(8, 60, 0, 29, 0, "normal", "normal", 0.0, 1.0, 2.0**-50),
    Case(255, 6, 0, 2**64 - 1, 2**48 - 256, "tilted", "unit", 300.0, 0.0, 0.0),
    Case(1000, 0, 0, 30, 4096, "normal", "normal", 0.0, 1.5, 0.25),
    Case(1024, 0, 0, 31, 0, "normal", "normal", 0.0, 0.25, 1.0),
    Case(4096, 4, 0, 11, 3, "tilted", "unit", 12.0, 0.0, 0.0),
    Case(5000, 0, 0, 12, 3, "tilted", "unit", 2000.0, 0.0, 0.0),
    Case(5000, 0, 0, 12, 3, "tilted", "unit", 2000.0, 0.0, 0.0, 3),
    Case(4096, 0, 0, 13, 0, "normal", "normal", 0.0, 1.5, 0.25, 2),
    Case(3500, 0, 0, 14, 0, "normal", "normal", 0.0, 3.0, 1.0, 64),
]

HEADER = """\
# Polar blocks. Made by scripts/generate_polar_vectors.py.
# elements fine mirrored seed first target proposal loc spread scale contexts message(hex) sum
# exclusive-or
# `fine` is 0 where the sender chooses what suits. The last two are of positions times
# 2 element + 1, modulo 2^64. The middle of element e's target is
# loc + spread ((37 e mod 64) - 31.5) / 32, and proposals are at 0 with scale 1; a uniform's scale
# is half its width. The CDF of a tilted target is c u / (1 + (c - 1) u), c = loc where e % 3,
# otherwise 1 / loc. The context of element e is e modulo the number of contexts.
"""


def main() -> None:
    """Write the file."""
    lines = []
    for case in CASES:
        levels = Levels(case.fine, bool(case.mirrored)) if case.fine else None
        message, positions = encode_block(
            case.elements,
            case.seed,
            case.first,
            case.tail(),
            levels,
            smooth=case.smooth,
            contexts=[element % case.contexts for element in range(case.elements)],
        )
        total = mixed = 0
        for element, position in enumerate(positions):
            total = (total + position * (2 * element + 1)) % 2**64
            mixed ^= position * (2 * element + 1) % 2**64
        lines.append(" ".join(map(str, (*case, message.hex() or "-", total, mixed))))
    PATH.write_text(HEADER + "\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
