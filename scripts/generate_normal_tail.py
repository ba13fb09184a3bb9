"""Generate the coefficients behind the deterministic normal tail of `Mixture`.

    python scripts/generate_normal_tail.py [--check]

prints the tuple in python/astar_rec/distributions/normal_tail.py; ``--check`` compares it with what
is there.

For z >= 0, the standard normal's tail is exp(-z²/2) r(z), where r falls from 1/2 like 1/z. So
(z + c) r(z) lies between 2 and 0.39 for c = 4, and as a function of y = (z - c) / (z + c), from -1
to 1, it is smooth up to both ends: Chebyshev's series of 25 terms is good to 2^-56.
"""

from __future__ import annotations

import argparse
import sys

import mpmath as mp

CENTRE, TERMS, NODES = 4, 25, 64
mp.mp.dps = 40


def scaled_tail(y: mp.mpf) -> mp.mpf:
    """Return (z + c) r(z)."""
    z = CENTRE * (1 + y) / (1 - y)
    if z > 1000:  # the asymptotic series, to z^-8
        series = 1 - 1 / z**2 + 3 / z**4 - 15 / z**6
        return (z + CENTRE) / z * series / mp.sqrt(2 * mp.pi)
    return (z + CENTRE) * mp.exp(z * z / 2) * mp.erfc(z / mp.sqrt(2)) / 2


def coefficients() -> list[str]:
    """Return the series' coefficients as hexadecimal floats; the first is halved."""
    angles = [mp.pi * (k + mp.mpf(1) / 2) / NODES for k in range(NODES)]
    values = [scaled_tail(mp.cos(angle)) for angle in angles]
    rows = []
    for j in range(TERMS):
        pairs = zip(values, angles, strict=True)
        total = mp.fsum(value * mp.cos(j * angle) for value, angle in pairs)
        rows.append(float(total * 2 / NODES / (2 if j == 0 else 1)).hex())
    return rows


def main() -> None:
    """Print or compare."""
    parser = argparse.ArgumentParser(description="Coefficients of the normal tail.")
    parser.add_argument("--check", action="store_true", help="compare with the module's")
    made = coefficients()
    if not parser.parse_args().check:
        print("\n".join(f'    "{row}",' for row in made))
        return
    from astar_rec.distributions.normal_tail import SERIES

    if [float(value).hex() for value in SERIES] != made:
        sys.exit("astar_rec.distributions.normal_tail.SERIES is another one")


if __name__ == "__main__":
    main()
