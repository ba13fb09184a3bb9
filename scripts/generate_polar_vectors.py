"""Write tests/vectors/polar.txt: messages and positions of polar blocks, by the reference.

python scripts/generate_polar_vectors.py
"""

from __future__ import annotations

from pathlib import Path

from astar_rec.reference.polar import Shape, encode_block, tilted_mass

PATH = Path(__file__).parents[1] / "tests" / "vectors" / "polar.txt"

# elements, fine, depth, mirrored, seed, block, tilt
CASES = [
    (1, 3, 8, 0, 1, 0, 8),
    (2, 4, 26, 0, 2, 5, 64),
    (64, 5, 20, 0, 7, 0, 40),
    (64, 2, 12, 1, 7, 1, 2),
    (256, 6, 26, 0, 18446744073709551615, 281474976710655, 300),
    (4096, 4, 14, 0, 11, 3, 12),
    (4096, 7, 16, 0, 12, 3, 2000),
]

HEADER = """\
# Polar blocks. Made by scripts/generate_polar_vectors.py.
# elements fine depth mirrored seed block tilt message(hex) sum exclusive-or
# The last two are of positions times 2 element + 1, modulo 2^64. The CDF of element e is
# c u / (1 + (c - 1) u), c = tilt where e % 3, otherwise 1 / tilt.
"""


def main() -> None:
    """Write the file."""
    lines = []
    for elements, fine, depth, mirrored, seed, block, tilt in CASES:
        shape = Shape(elements, fine, depth, bool(mirrored))

        def masses(element: int, level: int, first: int, count: int, c: int = tilt) -> list[float]:
            own = float(c) if element % 3 else 1.0 / c
            return [tilted_mass(own, level, first + k) for k in range(count)]

        message, positions = encode_block(shape, seed, block, masses)
        total = mixed = 0
        for element, position in enumerate(positions):
            total = (total + position * (2 * element + 1)) % 2**64
            mixed ^= position * (2 * element + 1) % 2**64
        case = (elements, fine, depth, mirrored, seed, block, tilt)
        lines.append(" ".join(map(str, (*case, message.hex() or "-", total, mixed))))
    PATH.write_text(HEADER + "\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
