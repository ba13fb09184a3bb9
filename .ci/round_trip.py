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

    codecs = {
        "ad*": rec.ADStar(seed=1),
        "as*": rec.ASStar(seed=1),
        "dad*": rec.DADStar(depth=12, seed=1),
    }
    for method, codec in codecs.items():
        result = codec.encode(q, p)
        received = codec.decode(result.index, p)
        assert received.tobytes() == result.sample.tobytes(), method

        depth = 12 if method == "dad*" else None
        data = rec.compress(q, p, method=method, depth=depth, seed=1)
        sample = rec.decompress(data, p)
        assert sample.tobytes() == result.sample.tobytes(), f"{method}, compressed"
        # The target is narrow: a sample that is not the target's would be far outside.
        assert np.max(np.abs(sample - q.loc) / q.scale) < 6.0, f"{method}, not the target's"
        print(f"{method}: {8 * len(data) / sample.size:.2f} bits per element")

    codec = rec.ADStar(seed=1, block=2)
    result = codec.encode(q, p)
    assert codec.decode(result.index, p).tobytes() == result.sample.tobytes(), "blocks"
    data = rec.compress(q, p, block=2, seed=1)
    assert rec.decompress(data, p).tobytes() == result.sample.tobytes(), "blocks, compressed"
    print(f"ad*, blocks of 2: {8 * len(data) / q.loc.size:.2f} bits per element")

    print(f"astar_rec from {rec.__file__}, NumPy {np.__version__}: round trip ok")


if __name__ == "__main__":
    main()
