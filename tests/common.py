"""What the tests share: every codec, every pair of families, and one check for a round trip.

A new codec or pair is tested everywhere by adding a line to CODECS or PAIRS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import astar_rec as rec
from astar_rec import reference as ref

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = st.integers(0, 2**64 - 1)


@dataclass(frozen=True)
class CodecCase:
    """A codec, and what the tests must know of it."""

    name: str
    make: Callable[[int], rec.Codec]  # from a seed
    reference: ref.Method | None = None
    exact: bool = True
    largest_index: int = 2**64 - 1
    # Takes 2^D∞ steps: only for targets whose ratio has a small bound.
    needs_bound: bool = False
    # Ends at the first sample where there is no information; otherwise any index is as likely.
    ends_early: bool = True


CODECS = [
    CodecCase("global", rec.GlobalAStar, ref.GlobalAStar(), needs_bound=True),
    CodecCase(
        "global-40",
        lambda seed: rec.GlobalAStar(seed, max_samples=40),
        ref.GlobalAStar(40),
        exact=False,
        largest_index=40,
    ),
    CodecCase("as", rec.ASStar, ref.ASStar()),
    CodecCase("ad", rec.ADStar, ref.ADStar()),
    CodecCase(
        "dad-7",
        lambda seed: rec.DADStar(7, seed),
        ref.DADStar(7),
        exact=False,
        largest_index=2**8 - 1,
    ),
    CodecCase(
        "minimal-random-64",
        lambda seed: rec.MinimalRandomCoding(64, seed),
        ref.MinimalRandomCoding(64),
        exact=False,
        largest_index=64,
        ends_early=False,
    ),
    CodecCase(
        "ordered-random-64",
        lambda seed: rec.OrderedRandomCoding(64, seed),
        ref.OrderedRandomCoding(64),
        exact=False,
        largest_index=64,
    ),
]

# Methods whose blocks run through all axes: they have no message for an element.
ARRAY_CODECS = [
    CodecCase("polar-8", lambda seed: rec.PolarCoding(seed, block=8)),
    CodecCase("dither-8", lambda seed: rec.LayeredDither(seed, block=8)),
    CodecCase("shifted-8", lambda seed: rec.LayeredDither(seed, block=8, layers="shifted")),
]


@dataclass(frozen=True)
class PairCase:
    """A target's family and a proposal's, and sensible parameters for them.

    The target's location and scale are given in the proposal's: from -means to means and, evenly in
    the logarithm, from scales[0] to scales[1]. With `bounded_scales`, and means below 1, the bound
    of the ratio stays below about 6 bits.
    """

    target: str
    proposal: str
    means: float = 3.0
    scales: tuple[float, float] = (0.02, 1.5)
    bounded_scales: tuple[float, float] = (0.1, 0.9)

    @property
    def name(self) -> str:
        return f"{self.target}/{self.proposal}".lower()

    def parameters(self, unit: np.ndarray, *, bounded: bool = False) -> np.ndarray:
        """Map an array (4, ...) of numbers from 0 to 1 to parameters.

        Returns:
            The target's two parameters, then the proposal's: an array of the same shape.
        """
        means = min(self.means, 0.8) if bounded else self.means
        low, high = self.bounded_scales if bounded else self.scales
        mean = means * (2.0 * unit[0] - 1.0)
        scale = low * (high / low) ** unit[1]
        loc = 6.0 * unit[2] - 3.0
        width = np.exp(4.0 * unit[3] - 2.0)
        p = (loc - width, loc + width) if self.proposal == "Uniform" else (loc, width)
        if self.target != "Uniform":
            q = (loc + width * mean, width * scale)
        elif self.proposal != "Uniform":
            q = (loc + width * (mean - scale), loc + width * (mean + scale))
        else:  # inside the proposal, to the last bit
            scale = np.minimum(scale, 1.0)
            middle = (2.0 * unit[0] - 1.0) * (1.0 - scale)
            q = (
                np.maximum(p[0], loc + width * (middle - scale)),
                np.minimum(p[1], loc + width * (middle + scale)),
            )
        return np.array([*q, *p])

    def distributions(self, parameters: np.ndarray) -> tuple[rec.Distribution, rec.Distribution]:
        """Return target and proposal, of parameters' shape without its first axis."""
        a, b, c, d = parameters
        return getattr(rec, self.target)(a, b), getattr(rec, self.proposal)(c, d)

    def references(self, parameters: np.ndarray) -> list[tuple[Any, Any]]:
        """Return the reference's target and proposal of every element."""
        q, p = getattr(ref, self.target), getattr(ref, self.proposal)
        columns = parameters.reshape(4, -1).T.tolist()
        return [(q(a, b), p(c, d)) for a, b, c, d in columns]

    def random(
        self, rng: np.random.Generator, shape: int | tuple[int, ...], *, bounded: bool = False
    ) -> tuple[rec.Distribution, rec.Distribution]:
        """Return random targets and proposals."""
        shape = (shape,) if isinstance(shape, int) else shape
        return self.distributions(self.parameters(rng.random((4, *shape)), bounded=bounded))

    def strategy(self, size: int, *, bounded: bool = False) -> st.SearchStrategy[np.ndarray]:
        """Return a strategy for parameters of shape (4, size)."""
        unit = arrays(np.float64, (4, size), elements=st.floats(0.0, 1.0))
        return unit.map(lambda u: self.parameters(u, bounded=bounded))


PAIRS = [
    PairCase("Normal", "Normal"),
    PairCase("Laplace", "Laplace"),
    PairCase("Logistic", "Logistic"),
    PairCase("Uniform", "Normal"),
    PairCase("Uniform", "Laplace"),
    PairCase("Uniform", "Logistic"),
    PairCase("Uniform", "Uniform"),
    PairCase("Normal", "Laplace"),
    # The target's tails are the heavier: it must be narrow to stay within the proposal's support,
    # and narrower still for a small bound.
    PairCase("Laplace", "Normal", scales=(0.02, 0.9), bounded_scales=(0.05, 0.15)),
]

FAMILIES = ["Normal", "Laplace", "Logistic", "Uniform"]

each_codec = pytest.mark.parametrize("codec_case", CODECS, ids=lambda case: case.name)
each_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda case: case.name)
each_family = pytest.mark.parametrize("family", FAMILIES, ids=str.lower)


def shown(value: object) -> str:
    """Return a test's name for a value: its repr, without the address, another in every process."""
    return re.sub(" at 0x[0-9A-Fa-f]+", "", repr(value))


def same_bits(a: Any, b: Any) -> bool:
    """Return whether two arrays of floats are equal to the last bit."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def check_codec(codec: Any, target: Any, proposal: Any, **options: Any) -> Any:
    """Encode, decode, and require the same bits; return what `encode` returned."""
    encoded = codec.encode(target, proposal, **options)
    shape = np.broadcast_shapes(target.shape, proposal.shape)
    for array, dtype in zip(encoded, (codec.kind.dtype, np.float64, np.uint64), strict=True):
        assert array.shape == shape
        assert array.dtype == dtype
    least, largest = codec.message_range
    assert ((encoded.index >= least) & (encoded.index <= largest)).all()
    assert (encoded.steps >= 1).all()
    assert np.isfinite(encoded.sample).all()
    decoded = codec.decode(encoded.index, proposal, **options)
    assert same_bits(decoded, encoded.sample)
    return encoded
