"""Generate the tables of polynomials behind the deterministic logarithm and normal quantile.

    python scripts/generate_tables.py [--check N]

writes cpp/src/math/{log,normal_quantile}_table.inc and python/astar_rec/data/normal_tail_table.inc.
``--check N`` recomputes every N-th row instead and compares it with the files.

The functions are cut into segments, 32 to an octave of their argument, and approximated on each by
one polynomial of degree 7 in the local variable u in [-1/2, 1/2).
cpp/src/math/segments.hpp says how a 64-bit integer falls into octaves and segments; octave
0 is measured from its other end, where the function vanishes, and its polynomials approximate
function / distance, so that the *relative* accuracy holds up to the end.

The table of the normal's upper tail is another: 32 segments to a unit of z up to 9, with the Taylor
series of degree 10 around their centres.

Each polynomial interpolates at the Chebyshev nodes of its segment. Segments are so short that the
nearest singularity lies at least 63 half-widths from a segment's centre: the truncation error falls
by a factor of 126 per degree and stays below 2**-56, relative. Coefficients are rounded to as many
bits as keep that (the k-th is multiplied by at most 2**-k).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import mpmath as mp

SEGMENTS, DEGREE = 32, 7
TAIL_DEGREE, TAIL_END = 10, 9
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "cpp/src/math"
TAIL_TABLE = ROOT / "python/astar_rec/data/normal_tail_table.inc"
mp.mp.dps = 45


def within_octave(segment: int, u: mp.mpf) -> mp.mpf:
    """Return where (segment, u) lies in its octave, from 0 to 1."""
    return (segment + mp.mpf(1) / 2 + u) / SEGMENTS


def log_below_one(segment: int, u: mp.mpf) -> mp.mpf:
    """Return log(1 - x) / x for x in [0, 1/2)."""
    x = within_octave(segment, u) / 2
    return mp.log1p(-x) / x


def log_above_one(segment: int, u: mp.mpf) -> mp.mpf:
    """Return log(1 + x) / x for x in [0, 1)."""
    x = within_octave(segment, u)
    return mp.log1p(x) / x


def upper_quantile(t: mp.mpf) -> mp.mpf:
    """Return z > 0 with P(Z > z) = t for a standard normal Z, by Newton's method on log P."""
    if t > mp.mpf("0.4"):
        z = (mp.mpf(1) / 2 - t) * mp.sqrt(2 * mp.pi)
    else:
        w = mp.sqrt(-2 * mp.log(t))
        z = w - mp.log(w * mp.sqrt(2 * mp.pi)) / w if w > 2 else w / 2
    for _ in range(60):
        tail = mp.erfc(z / mp.sqrt(2)) / 2
        density = mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)
        step = (mp.log(tail) - mp.log(t)) * tail / density
        z += step
        if abs(step) < mp.mpf(10) ** -40 * z:
            return z
    raise ArithmeticError(f"no convergence at t = {t}")


def normal_quantile_centre(segment: int, u: mp.mpf) -> mp.mpf:
    """Return quantile / x at the tail probability 1/2 - x, for x in [0, 1/4)."""
    x = within_octave(segment, u) / 4
    return upper_quantile(mp.mpf(1) / 2 - x) / x


def normal_quantile_octave(octave: int, segment: int, u: mp.mpf) -> mp.mpf:
    """Return the quantile for tail probabilities from 2**-(octave + 2) to twice that."""
    return upper_quantile((1 + within_octave(segment, u)) * mp.mpf(2) ** -(octave + 2))


Function = Callable[[int, mp.mpf], mp.mpf]
TABLES: dict[str, list[Function]] = {
    "log_table.inc": [log_below_one, log_above_one],
    "normal_quantile_table.inc": [
        normal_quantile_centre,
        *(partial(normal_quantile_octave, octave) for octave in range(1, 64)),
    ],
}


def tail_series(segment: int) -> list[float]:
    """Return the Taylor series of P(Z > z) around a segment's centre, constant term first."""
    z = (segment + mp.mpf(1) / 2) / SEGMENTS
    density = mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)
    series, hermite = [mp.erfc(z / mp.sqrt(2)) / 2], [mp.mpf(1), z]
    for k in range(1, TAIL_DEGREE + 1):
        series.append((-1) ** k * density * hermite[k - 1] / mp.factorial(k))
        hermite.append(z * hermite[k] - k * hermite[k - 1])
    return [float(x) for x in series]


def rounded(x: mp.mpf, bits: int) -> float:
    """Return the float nearest to x rounded to so many bits."""
    with mp.workprec(min(53, max(bits, 2))):
        return float(+x)


def coefficients(function: Function, segment: int) -> list[float]:
    """Return the polynomial of one segment, constant term first."""
    n = DEGREE + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) / 2 for k in range(n)]
    powers = mp.matrix([[u**k for k in range(n)] for u in nodes])
    exact = mp.lu_solve(powers, mp.matrix([function(segment, u) for u in nodes]))
    result = [rounded(exact[0], 53)]
    for k in range(1, n):
        # Keep an absolute error of 2**-62 of the constant term, after the factor |u|**k <= 2**-k.
        scale = int(mp.floor(mp.log(abs(exact[k] / exact[0]), 2)))
        result.append(rounded(exact[k], 62 + scale - k))
    return result


def literal(x: float) -> str:
    """Return a C++ literal, without idle zeros."""
    mantissa, exponent = x.hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{int(exponent)}"


def line(row: list[float]) -> str:
    """Return a row as a line of a file."""
    return "{" + ",".join(map(literal, row)) + "},"


def tables() -> Iterator[tuple[Path, list[Callable[[], list[float]]]]]:
    """Yield each table's file, and what makes its rows."""
    for name, functions in TABLES.items():
        places = [(function, segment) for function in functions for segment in range(SEGMENTS)]
        yield FOLDER / name, [partial(coefficients, *place) for place in places]
    yield TAIL_TABLE, [partial(tail_series, segment) for segment in range(SEGMENTS * TAIL_END)]


def main() -> int:
    """Write the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", type=int, metavar="N", help="compare every N-th row instead")
    every = parser.parse_args().check
    wrong = 0
    for path, rows in tables():
        if every:
            lines = path.read_text().splitlines()[1:]
            checked = range(0, len(rows), every)
            differing = [i for i in checked if line(rows[i]()) != lines[i]]
            wrong += len(differing) + (len(lines) != len(rows))
            print(
                f"{path.name}: {len(checked)} of {len(lines)} rows checked, {len(differing)} differ"
            )
        else:
            header = f"// Made by scripts/{Path(__file__).name}: do not edit.\n"
            path.write_text(header + "".join(line(row()) + "\n" for row in rows))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
