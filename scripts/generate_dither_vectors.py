"""Write tests/vectors/dither.txt: messages and samples of dithered quantisation, by the reference.

python scripts/generate_dither_vectors.py
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from astar_rec.reference.dithered import Noise, encode_block, header
from astar_rec.reference.families import Distribution, Laplace, Logistic, Normal, Uniform

PATH = Path(__file__).parents[1] / "tests" / "vectors" / "dither.txt"

FAMILIES: dict[str, type[Distribution]] = {
    "normal": Normal,
    "laplace": Laplace,
    "logistic": Logistic,
    "uniform": Uniform,
}


class Case(NamedTuple):
    """A block, as a line of the file has it."""

    elements: int
    seed: int
    first: int
    noise: str
    proposal: str
    spread: float
    scale: float
    scales: int

    def mean(self, element: int) -> float:
        """Return an element's mean."""
        return self.spread * ((element * 37 % 64 - 31.5) / 32.0)

    def own(self, element: int) -> float:
        """Return an element's scale of the noise."""
        return self.scale * (1.0 + element % self.scales / 8.0)

    def middle(self, element: int) -> float:
        """Return the middle of an element's proposal."""
        return (element % 5 - 2) / 4.0

    def line(self) -> str:
        """Return the line of the file."""
        noises, proposals, means = [], [], []
        for element in range(self.elements):
            *shifted, family = self.noise.split("_")
            noises.append(Noise(FAMILIES[family], self.own(element), shifted == ["shifted"]))
            middle = self.middle(element)
            # Of intervals around small multiples of 1/4, middles and half widths are exact.
            parameters = (
                (middle - 1.0, middle + 1.0) if self.proposal == "uniform" else (middle, 1.0)
            )
            proposals.append(FAMILIES[self.proposal](*parameters))
            means.append(self.mean(element))
        numbers, samples = encode_block(means, noises, proposals, self.seed, self.first)
        message = header(noises, proposals) + numbers
        bits = [int.from_bytes(struct.pack(">d", x), "big") for x in samples]
        total, mixed = 0, 0
        for i, each in enumerate(bits):
            odd = each * (2 * i + 1) % 2**64
            total, mixed = (total + odd) % 2**64, mixed ^ odd
        return " ".join(map(str, (*self, message.hex(), total, mixed)))


CASES = [
    Case(1, 0, 0, "normal", "normal", 0.5, 0.5, 1),
    Case(1, 9, 77, "uniform", "normal", 0.5, 0.25, 1),
    Case(2, 2**64 - 1, 2**48 - 2, "laplace", "laplace", 2.0, 0.25, 2),
    Case(3, 3, 1000, "logistic", "logistic", 1.0, 0.5, 1),
    Case(200, 4, 2**32 - 100, "normal", "normal", 1.5, 0.5, 1),
    Case(129, 5, 3, "normal", "normal", 1.5, 0.0625, 7),
    Case(200, 6, 0, "laplace", "laplace", 2.0, 0.5, 1),
    Case(200, 7, 0, "laplace", "laplace", 2.0, 1.25, 3),
    Case(200, 8, 0, "logistic", "logistic", 2.0, 0.25, 1),
    Case(200, 9, 0, "uniform", "uniform", 0.75, 0.25, 1),
    Case(130, 10, 0, "uniform", "normal", 2.0, 0.125, 1),
    Case(130, 11, 0, "uniform", "laplace", 2.0, 0.5, 2),
    Case(130, 12, 0, "uniform", "logistic", 2.0, 0.5, 1),
    Case(130, 13, 0, "normal", "laplace", 2.0, 0.25, 1),
    Case(130, 14, 0, "logistic", "normal", 2.0, 0.25, 1),
    Case(130, 15, 0, "laplace", "uniform", 0.75, 0.125, 1),
    Case(40, 16, 0, "normal", "normal", 2.0, 2.0**-20, 1),
    Case(40, 17, 0, "normal", "normal", 1e9, 0.5, 1),
    Case(40, 18, 0, "laplace", "logistic", 50.0, 2.0**-40, 8),
    Case(60, 19, 0, "normal", "normal", 1.0, 40.0, 1),
    Case(300, 20, 0, "normal", "normal", 1.0, 0.5, 300),
    Case(200, 21, 2**32 - 100, "shifted_normal", "normal", 1.5, 0.5, 1),
    Case(129, 22, 3, "shifted_normal", "normal", 1.5, 0.0625, 7),
    Case(200, 23, 0, "shifted_laplace", "laplace", 2.0, 0.5, 1),
    Case(200, 24, 0, "shifted_logistic", "logistic", 2.0, 0.25, 1),
    Case(130, 25, 0, "shifted_logistic", "normal", 2.0, 0.25, 1),
    Case(130, 26, 0, "shifted_laplace", "uniform", 0.75, 0.125, 1),
    Case(40, 27, 0, "shifted_normal", "normal", 2.0, 2.0**-20, 1),
    Case(60, 28, 0, "shifted_normal", "normal", 1.0, 40.0, 1),
]

HEADER = """\
# Dithered quantisation. Made by scripts/generate_dither_vectors.py.
# elements seed first noise proposal spread scale scales message(hex) sum exclusive-or
# The mean of element e is spread ((37 e mod 64) - 31.5) / 32, the scale of its noise
# scale (1 + (e mod scales) / 8), its proposal is around ((e mod 5) - 2) / 4 with scale 1; a
# uniform's scale is half its width. Of noise that is shifted_, layers are. The last two columns
# are of the samples' bits times 2 e + 1, modulo 2^64.
"""


def main() -> None:
    """Write the file."""
    PATH.write_text(HEADER + "".join(f"{case.line()}\n" for case in CASES), encoding="utf-8")


if __name__ == "__main__":
    main()
