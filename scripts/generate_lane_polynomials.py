"""Generate the polynomials of cpp/src/simd/functions.inl.

    python scripts/generate_lane_polynomials.py [--check]

writes cpp/src/simd/polynomials.inc; ``--check`` compares it with the file instead.

Each interpolates at the Chebyshev nodes of its interval, so that its relative
error is within a factor of 4 of the least possible. Its variable is measured from the middle of the
interval where that keeps the coefficients small. They are rounded to float.
"""

from __future__ import annotations

import argparse
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mpmath as mp

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).parent.parent / "cpp/src/simd/polynomials.inc"
mp.mp.dps = 50


def log_slope(x: mp.mpf) -> mp.mpf:
    """Return -log(1 - x) / x."""
    return -mp.log1p(-x) / x


def quantile_slope(w: mp.mpf) -> mp.mpf:
    """Return the standard normal's quantile at p, over x = 2 p - 1, where w = -log(1 - x^2)."""
    x = mp.sqrt(-mp.expm1(-w))
    tail = -mp.expm1(mp.log1p(-mp.exp(-w)) / 2)  # 1 - x
    guess = mp.sqrt(2) * mp.erfinv(x) if w < 20 else mp.sqrt(2 * w)
    z = mp.findroot(lambda z: mp.log(mp.erfc(z / mp.sqrt(2))) - mp.log(tail), guess)
    return z / x


@dataclass
class Polynomial:
    """An approximation on [low, high], in the variable's distance from `origin`."""

    name: str
    says: str
    function: Callable[[mp.mpf], mp.mpf]
    low: mp.mpf
    high: mp.mpf
    origin: mp.mpf
    degree: int = 9

    def coefficients(self) -> list[mp.mpf]:
        """Return those of the powers of the variable, the constant first."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        nodes = [
            mp.cos(mp.pi * (k + mp.mpf(1) / 2) / (self.degree + 1)) for k in range(self.degree + 1)
        ]
        at = [middle + half * node - self.origin for node in nodes]
        matrix = mp.matrix([[x**k for k in range(self.degree + 1)] for x in at])
        values = mp.matrix([self.function(x + self.origin) for x in at])
        return list(mp.lu_solve(matrix, values))


POLYNOMIALS = [
    Polynomial(
        "log_slope",
        "-log(1 - x) / x, x in (0, 1/2]",
        log_slope,
        *(mp.mpf(0), mp.mpf("0.5"), mp.mpf(0)),
    ),
    Polynomial(
        "quantile_slope",
        "quantile(p) / x, x = 2 p - 1, in w - 3, w = -log(1 - x^2) in (0, 6]",
        quantile_slope,
        *(mp.mpf(0), mp.mpf(6), mp.mpf(3)),
    ),
    Polynomial(
        "quantile_slope_in_tails",
        "the same in sqrt(w) - 4.5, w in [6, 44]",
        lambda s: quantile_slope(s * s),
        *(mp.sqrt(6), mp.sqrt(44), mp.mpf("4.5")),
        degree=13,
    ),
]


def slopes_by_octave(degree: int = 4) -> list[list[mp.mpf]]:
    """Return polynomials of quantile(p) / x in y = 1 - x^2: a row for each power.

    Octave i has the y whose biased exponent is i modulo 8, from 2^-8 to 1.
    """
    columns = []
    for i in range(8):
        low = mp.mpf(2) ** ((i - 127) % 8 - 8)
        octave = Polynomial(
            "", "", lambda y: quantile_slope(-mp.log(y)), low, 2 * low, mp.mpf(0), degree
        )
        columns.append(octave.coefficients())
    return [list(row) for row in zip(*columns, strict=True)]


def as_float(x: mp.mpf) -> str:
    """Return the nearest float, as a hexadecimal literal."""
    nearest = struct.unpack("f", struct.pack("f", float(x)))[0]
    return nearest.hex() + "F"


def text() -> str:
    """Return the file."""
    lines = ["// Made by scripts/generate_lane_polynomials.py.", ""]
    for polynomial in POLYNOMIALS:
        lines.append(f"// {polynomial.says}")
        lines.append(f"inline constexpr float {polynomial.name}[{polynomial.degree + 1}] = {{")
        lines += [f"    {as_float(c)}," for c in polynomial.coefficients()]
        lines += ["};", ""]
    rows = slopes_by_octave()
    lines += [
        "// quantile(p) / x in y = 1 - x^2: a row for each power of y, a column for each octave",
        "// from 2^-8 to 1, by the last three bits of y's exponent",
        f"alignas(32) inline constexpr float quantile_slope_by_octave[{len(rows)}][8] = {{",
    ]
    for row in rows:
        columns = [as_float(c) for c in row]
        lines.append("    {" + ", ".join(columns[:4]) + ",")
        lines.append("     " + ", ".join(columns[4:]) + "},")
    lines += ["};", ""]
    return "\n".join(lines[:-1]) + "\n"


def main() -> None:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if FILE.read_text(encoding="utf-8") != text():
            sys.exit(f"{FILE.name} is not what this script makes")
        return
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
