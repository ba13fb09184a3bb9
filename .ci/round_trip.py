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

    codecs = [
        rec.ADStar(seed=1),
        rec.ADStar(seed=1, block=2),
        rec.ASStar(seed=1),
        rec.DADStar(depth=12, seed=1),
        rec.MinimalRandomCoding(candidates=2**14, seed=1),
    ]
    for codec in codecs:
        result = codec.encode(q, p)
        received = codec.decode(result.index, p)
        assert received.tobytes() == result.sample.tobytes(), codec

        data = rec.compress(q, p, codec=codec)
        sample = rec.decompress(data, p)
        assert sample.tobytes() == result.sample.tobytes(), f"{codec}, compressed"
        # The target is narrow: a sample that is not the target's would be far outside.
        assert np.max(np.abs(sample - q.loc) / q.scale) < 6.0, f"{codec}, not the target's"
        print(f"{codec}: {8 * len(data) / sample.size:.2f} bits per element")

    print(f"astar_rec from {rec.__file__}, NumPy {np.__version__}: round trip ok")


if __name__ == "__main__":
    main()
