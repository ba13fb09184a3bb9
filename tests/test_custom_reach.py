"""Custom targets of which a part lies beyond positions: they were cut off in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import astar_rec as rec
from common import CODECS

P = rec.Normal(0.0, 1.0)
LOST = {"far up": (8.0, 1.0), "beyond": (12.0, 0.9), "nowhere": (-50.0, 1.0), "wide": (0.0, 4.5)}


class Ratio:
    """Normal targets against N(0, 1), by their ratio; says how often it was called."""

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = (np.array(each) for each in np.broadcast_arrays(loc, scale))
        self.asked = 0

    def __call__(self, x: Any, i: Any) -> Any:
        self.asked += x.size
        return self.at(x, i)

    def at(self, x: Any, i: Any) -> Any:
        m, s = self.loc[i], self.scale[i]
        return 0.5 * x * x - 0.5 * ((x - m) / s) ** 2 - np.log(s)

    def bound(self, low: Any, high: Any, i: Any) -> Any:
        m, s = self.loc[i], self.scale[i]
        narrow = s < 1
        vertex = np.where(narrow, m / np.where(narrow, 1 - s * s, 1.0), low)
        inside = self.at(np.clip(vertex, low, high), i)
        return np.maximum(inside, np.maximum(self.at(low, i), self.at(high, i)))

    def target(self, **words: Any) -> rec.CustomTarget:
        return rec.CustomTarget(self, bound=self.bound, shape=self.loc.shape, **words)

    def with_cdf(self) -> rec.CustomTarget:
        return self.target(
            cdf=lambda x, i: special.ndtr((x - self.loc[i]) / self.scale[i]),
            sf=lambda x, i: special.ndtr((self.loc[i] - x) / self.scale[i]),
        )


def one_of_many(loc: float, scale: float, *, other: float = 0.6) -> Ratio:
    locs, scales = np.full(300, 0.5), np.full(300, other)
    locs[77], scales[77] = loc, scale
    return Ratio(locs, scales)


@pytest.mark.parametrize(
    "codec_case", [case for case in CODECS if case.name != "global"], ids=lambda case: case.name
)
@pytest.mark.parametrize("lost", LOST)
def test_a_part_beyond_is_refused(codec_case: Any, lost: str) -> None:
    ratio = one_of_many(*LOST[lost])
    for q, by in ((ratio.target(), "at least"), (ratio.with_cdf(), "of the target lies")):
        with pytest.raises(rec.DivergenceError, match="outside") as caught:
            codec_case.make(3).encode(q, P)
        assert caught.value.element == (77,)
        assert by in str(caught.value)
        assert "wider" in str(caught.value)


def test_containers_say_what_to_do_or_carry_it() -> None:
    ratio = one_of_many(8.0, 1.0)
    with pytest.raises(rec.DivergenceError, match="give cdf and sf"):
        rec.compress(ratio.target(), P, codec=rec.ADStar(1))
    data, x = rec.compress(ratio.with_cdf(), P, codec=rec.ADStar(1), return_sample=True)
    assert np.array_equal(rec.decompress(data, P), x)
    assert abs(x[77] - 8.0) < 6.0


@pytest.mark.parametrize("mode", [12.0, -12.0])
def test_by_mode_and_against_other_proposals(mode: float) -> None:
    """Laplace's, and one by functions, with its upper tail as fine as the lower and without."""
    up = np.sign(mode)

    def log_ratio(x: Any) -> Any:  # N(50 up, 3²) against Laplace(0, 1)
        return np.log(2) + abs(x) - 0.5 * ((x - 50 * up) / 3) ** 2 - 0.5 * np.log(18 * np.pi)

    q = rec.CustomTarget(log_ratio, mode=59.0 * up, shape=20)
    law = stats.laplace()
    for p in (
        rec.Laplace(0.0, 1.0),
        rec.CustomProposal(law.ppf),
        rec.CustomProposal(lambda u: law.ppf(u)),
    ):
        with pytest.raises(rec.DivergenceError, match="outside"):
            rec.ADStar(1).encode(q, p)


def test_all_that_is_within_reach_passes() -> None:
    """Wherever normal targets are, up to what built-in ones are refused for."""
    loc = np.linspace(-9.0, 9.0, 61)[:, None]
    scale = np.concatenate([2.0 ** np.arange(-20.0, 0.0), [0.9, 1.0, 1.1, 1.5, 2.0, 2.7]])
    loc, scale = (np.ascontiguousarray(each) for each in np.broadcast_arrays(loc, scale))
    outside = special.ndtr((loc - 9.155) / scale) + special.ndtr((-9.155 - loc) / scale)
    bits = np.maximum(loc**2 / 2 / np.log(2) - np.log2(scale), 0.0)
    good = (outside < 2.0**-10) & (bits < 45.0)
    ratio = Ratio(loc[good], scale[good])
    assert good.sum() > 1000
    encoded = rec.ADStar(1, max_steps=3).encode(ratio.target(), P)
    assert np.isfinite(encoded.sample).all()
    # Two at each end, and what the search itself asks for.
    assert ratio.asked <= 4 * good.sum() + 3 * int(encoded.steps.sum()) + 16


def test_what_ends_at_the_last_position_passes() -> None:
    """Its ratio is as that of a target which goes on; but nothing is missing inside."""
    inside = special.ndtr(9.1553 - 8.0)

    def log_ratio(x: Any) -> Any:
        return 8.0 * x - 32.0 - np.log(inside)

    q = rec.CustomTarget(log_ratio, mode=10.0, shape=50)
    x = rec.ADStar(1).encode(q, P).sample
    assert 6.0 < x.mean() < 9.0


def test_constants_and_strange_ends_are_let_be() -> None:
    low = rec.CustomTarget(lambda x: -1.5 * x * x - 7.0, mode=0.0, shape=30)
    rec.ADStar(1).encode(low, P)

    def strange(x: Any) -> Any:
        return np.where(np.abs(x) > 9.0, np.nan, -1.5 * x * x + np.log(2.0))

    rec.ADStar(1).encode(rec.CustomTarget(strange, mode=0.0, shape=30), P)
    with np.errstate(all="raise"):
        rec.ADStar(1).encode(rec.CustomTarget(lambda x: np.log(2 * x), mode=1.0), rec.Uniform(0, 1))


def test_functions_that_fail_far_out_are_let_be() -> None:
    """A search reaches 9 with a probability of 10^-15: it may do without."""

    class Tabulated(Ratio):
        def at(self, x: Any, i: Any) -> Any:
            if np.any(np.abs(x) > 8.0):
                raise ValueError("beyond the table")
            return super().at(x, i)

        def bound(self, low: Any, high: Any, i: Any) -> Any:
            return super().bound(np.clip(low, -7.9, 7.9), np.clip(high, -7.9, 7.9), i)

    ratio = Tabulated(np.full(50, 0.5), np.full(50, 0.6))
    found = rec.ADStar(3).encode(ratio.target(), P)
    assert np.array_equal(rec.ADStar(3).decode(found.message, P), found.sample)


def test_a_cdf_that_rounds_at_hard_ends_is_let_be() -> None:
    """1 - 2^-53 at the end of the proposal is no part beyond it."""
    weights, shapes = (0.7, 0.2, 0.1), ((2.0, 3.0), (5.0, 1.5), (1.5, 1.5))
    parts = list(zip(weights, shapes, strict=True))

    def cdf(x: Any, _i: Any) -> Any:
        return sum(w * stats.beta.cdf(x, *ab) for w, ab in parts) * (1.0 - 2.0**-53)

    def log_ratio(x: Any, _i: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.log(sum(w * stats.beta.pdf(x, *ab) for w, ab in parts))

    target = rec.CustomTarget(log_ratio, bound=np.log(6.0), cdf=cdf, shape=40)
    p = rec.Uniform(0.0, 1.0)
    for codec in (rec.ADStar(1), rec.PolarCoding(1)):
        found = codec.encode(target, p)
        assert np.array_equal(codec.decode(found.message, p, shape=(40,)), found.sample)
