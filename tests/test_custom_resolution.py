"""Custom proposals in both tails: exact, or refused where their functions cannot say enough."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.custom.resolution import resolved_bits
from goodness import check_uniform

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

SIZE = 2000
METHODS = pytest.mark.parametrize(
    "codec", [rec.ADStar(5), rec.ASStar(5), rec.PolarCoding(5)], ids=lambda codec: codec.name
)
EXPONENTIAL = rec.CustomProposal(lambda u: -np.log1p(-u))
BOTH = rec.CustomProposal(lambda u: -np.log1p(-u), isf=lambda u: -np.log(u))


def slab(low: float, sign: float = 1.0, loose: float = 0.0) -> rec.CustomTarget:
    """Uniform on [low, low + 1/2], against an exponential; with a sign of -1 both are mirrored."""

    def inside(x: Array) -> Any:
        return (sign * x >= low) & (sign * x <= low + 0.5)

    def log_ratio(x: Array) -> Array:
        return np.where(inside(x), sign * x + np.log(2), -np.inf)

    def bound(first: Array, last: Array) -> Array:
        least, most = (first, last) if sign > 0 else (-last, -first)
        meets = (most >= low) & (least <= low + 0.5)
        more = np.where(last - first > 1, loose, 0.0)
        return np.where(meets, np.minimum(most, low + 0.5) + np.log(2) + more, -np.inf)

    def below(x: Array) -> Array:
        return np.clip(2 * (sign * x - low), 0, 1)

    def above(x: Array) -> Array:
        return np.clip(2 * (low + 0.5 - sign * x), 0, 1)

    cdf, sf = (below, above) if sign > 0 else (above, below)
    return rec.CustomTarget(log_ratio, bound=bound, cdf=cdf, sf=sf, shape=SIZE)


def check_slab(u: Array) -> None:
    """Uniform on [0, 1], but for some positions at its ends, which polar coding takes whole."""
    assert np.abs(u - np.clip(u, 0, 1)).max() < 5e-3
    check_uniform(np.clip(u, 0, 1))


def exact(codec: rec.Codec, target: rec.CustomTarget, proposal: Any) -> Array:
    r = codec.encode(target, proposal)
    x = codec.decode(r.message, proposal, shape=(SIZE,))
    assert (x == r.sample).all()
    return x


@METHODS
@pytest.mark.parametrize("low", [1.0, 20.0, 34.0, 36.0])
def test_upper_tails_are_exact_with_isf(codec: rec.Codec, low: float) -> None:
    x = exact(codec, slab(low), BOTH)
    check_slab(2 * (x - low))
    # Positions themselves are some 2^64 exp(-low) / 3.
    there = 2.0**64 * np.exp(-low) / 3
    assert len(np.unique(x)) > 0.9 * there * -np.expm1(-SIZE / there)


@METHODS
def test_tails_mirror_each_other(codec: rec.Codec) -> None:
    mirrored = rec.CustomProposal(lambda u: np.log(u), isf=lambda u: np.log1p(-u))
    x = exact(codec, slab(34.0, -1.0), mirrored)
    check_slab(2 * (-x - 34.0))
    assert len(np.unique(x)) > 1700


@METHODS
def test_without_isf_what_is_too_fine_is_refused(codec: rec.Codec) -> None:
    check_slab(2 * (exact(codec, slab(24.0), EXPONENTIAL) - 24.0))
    for low in (34.0, 36.0):
        with pytest.raises(rec.DivergenceError, match=r"give it isf.* bits, limit 45\)") as caught:
            codec.encode(slab(low), EXPONENTIAL)
        assert caught.value.limit == 45.0
        assert caught.value.bits > 45.0
        assert caught.value.element == (0,)
    # The lower tail needs no function of its own.
    exact(codec, slab(34.0, -1.0), rec.CustomProposal(lambda u: np.log(u)))


def test_loose_bounds_are_no_reason() -> None:
    x = exact(rec.ADStar(5), slab(20.0, loose=15.0), EXPONENTIAL)
    assert (x == exact(rec.ADStar(5), slab(20.0), EXPONENTIAL)).all()


@METHODS
@pytest.mark.parametrize("bits", [36, 50])
def test_the_middle(codec: rec.Codec, bits: int) -> None:
    """Near the median u and 1 - u are both coarse, and so are all functions of them."""
    half = 2.0 ** -(bits + 1)
    target = rec.CustomTarget(
        lambda x: np.where(np.abs(x) <= half, bits * np.log(2), -np.inf),
        mode=0.0,
        cdf=lambda x: np.clip((x + half) / (2 * half), 0, 1),
        sf=lambda x: np.clip((half - x) / (2 * half), 0, 1),
        shape=SIZE,
    )
    proposal = rec.CustomProposal(lambda u: u - 0.5, isf=lambda u: 0.5 - u)
    if bits == 36:
        check_slab((exact(codec, target, proposal) + half) / (2 * half))
    else:
        with pytest.raises(rec.DivergenceError, match="limit 46"):
            codec.encode(target, proposal)


def test_bits_that_are_resolved() -> None:
    octaves = np.array([2**64 - 1, 2**63, 2**63 - 1, 2**62, 2**62 - 1, 2**53, 2**52, 0], np.uint64)
    assert resolved_bits(octaves, False).tolist() == [53, 53, 53, 54, 54, 63, 64, 64]
    assert resolved_bits(~octaves, True).tolist() == resolved_bits(octaves, True).tolist()
    assert resolved_bits(octaves, True).tolist() == [64, 53, 53, 54, 54, 63, 64, 64]


def test_samples_never_go_back_at_the_median() -> None:
    """Functions of different rounding, or of a user who is off by a little."""
    off = rec.CustomProposal(lambda u: u, isf=lambda u: 1.0 - 1e-9 - u)
    positions = np.array([2**63 - 2**20, 2**63 - 1, 2**63, 2**63 + 2**20, 2**64 - 1], np.uint64)
    x = off._samples(positions, np.arange(5), (5,))
    assert (np.diff(x) >= 0).all()
    target = rec.CustomTarget(lambda x: np.log(2 * np.clip(x, 1e-99, None)), mode=1.0, shape=SIZE)
    exact(rec.ASStar(3), target, off)


def test_functions_of_elements() -> None:
    rates = np.linspace(1, 3, SIZE)
    proposal = rec.CustomProposal(
        lambda u, element: -np.log1p(-u) / rates[element],
        isf=lambda u, element: -np.log(u) / rates[element],
        shape=SIZE,
    )
    target = rec.CustomTarget(
        lambda x, element: np.log(2.0) - rates[element] * x, mode=0.0, shape=SIZE
    )
    x = exact(rec.ADStar(3), target, proposal)
    check_uniform(np.exp(-2 * rates * x))


def test_rows_of_a_file() -> None:
    file = io.BytesIO()
    with rec.Writer(file, codec=rec.PolarCoding(3, block=256)) as writer:
        x = writer.write(slab(34.0), BOTH).sample
    with rec.Reader(file.getvalue()) as reader:
        assert (reader.read(BOTH, slice(700, 900)) == x[700:900]).all()


def test_isf_must_be_callable() -> None:
    with pytest.raises(rec.ParameterError, match="isf is 3"):
        rec.CustomProposal(np.log, isf=3)  # type: ignore[arg-type]


# --- SciPy and families -----------------------------------------------------------------------


def test_scipy_brings_isf_along() -> None:
    stats = pytest.importorskip("scipy.stats")
    x = exact(rec.ADStar(5), slab(34.0), rec.CustomProposal(stats.expon().ppf))
    assert np.allclose(x, exact(rec.ADStar(5), slab(34.0), BOTH), rtol=1e-12)

    class Plain(stats.rv_continuous):
        """SciPy takes its isf from 1 - u."""

        def _ppf(self, u: Array) -> Array:
            return -np.log1p(-u)

    for quantile in (Plain(a=0.0)().ppf, lambda u: stats.expon.ppf(u)):
        with pytest.raises(rec.DivergenceError, match="give it isf"):
            rec.ADStar(5).encode(slab(34.0), rec.CustomProposal(quantile))
    if hasattr(stats, "make_distribution"):
        normal = stats.Normal(mu=1.0, sigma=2.0)
        proposal = rec.CustomProposal(normal.icdf)
        far = proposal._samples(np.array([2**64 - 1], np.uint64), np.zeros(1, int), ())
        assert far == pytest.approx(1.0 + 2.0 * stats.norm.isf(2.0**-65), rel=1e-9)


def test_families_with_a_quantile_alone() -> None:
    class Exponential(rec.distributions.Distribution):
        rate = rec.distributions.Parameter("The rate.", positive=True)

        @classmethod
        def quantile(cls, u: Array, *parameters: Array) -> Array:
            return np.asarray(-np.log1p(-u) / parameters[0])

    class Finer(Exponential):
        @classmethod
        def _samples(cls, position: Any, *parameters: Array) -> Array:
            above = ((~position).astype(np.float64) + 0.5) * 2.0**-64
            return np.asarray(-np.log(above) / parameters[0])

    codec = rec.ADStar(5)
    exact(codec, slab(20.0), Exponential(1.0))
    with pytest.raises(rec.DivergenceError, match="limit 45"):
        codec.encode(slab(34.0), Exponential(1.0))
    assert len(np.unique(exact(codec, slab(34.0), Finer(1.0)))) > 1700
