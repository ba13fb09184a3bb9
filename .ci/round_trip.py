"""A round trip through an installed astar_rec that has NumPy and nothing else beside it.

Every wheel is tried with this one file, outside the checkout: ``python -I .ci/round_trip.py``.
"""

import numpy as np

import astar_rec as rec


def main() -> None:
    """Sends samples through each way there is of sending them, and compares every bit."""
    rng = np.random.default_rng(0)
    p = rec.Normal(0.0, 1.0)
    q = rec.Normal(rng.normal(size=(64, 8)), 0.1)

    for block in (1, 4):
        codec = rec.ADStar(seed=1, block=block)
        result = codec.encode(q, p)
        received = codec.decode(result.index, p)
        assert received.tobytes() == result.sample.tobytes(), f"block={block}"

        data = rec.compress(q, p, method="ad*", block=block, seed=1)
        sample = rec.decompress(data, p)
        assert sample.tobytes() == result.sample.tobytes(), f"block={block}, compressed"
        # The target is narrow: a sample that is not the target's would be far outside.
        assert np.max(np.abs(sample - q.loc) / q.scale) < 6.0, f"block={block}, not the target's"
        print(f"block={block}: {8 * len(data) / sample.size:.2f} bits per dimension")

    print(f"astar_rec from {rec.__file__}, NumPy {np.__version__}: round trip ok")


if __name__ == "__main__":
    main()
