"""Elements that a method cannot say, of families that the core does not have, and of the user's.

One of them stops no array, and costs only itself. Each case raised `DivergenceError`, or gave
samples of a target that was cut off where positions end, or as coarse as positions are.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import astar_rec as rec
from astar_rec.custom.inversion import inverted
from common import same_bits
from fuzz.layout import split
from goodness import check_uniform

P = rec.Normal(0.0, 1.0)
ROWS, COLUMNS = 10, 8
OUTLIER = (7, 3)
NUMBER = OUTLIER[0] * COLUMNS + OUTLIER[1]
SEARCHES: list[rec.Codec] = [rec.ADStar(5), rec.ASStar(5), rec.GlobalAStar(5)]
BLOCKS: list[rec.Codec] = [rec.PolarCoding(5, block=size) for size in (4, 8, 48)]

# Where an outlier is, and how wide: beyond the proposal's positions, in part, and too narrow.
OUTLIERS = {
    "far out": (12.0, 1.0),
    "in part": (8.0, 1.5),
    "very wide": (0.0, 30.0),
    "too narrow": (0.0, 1e-25),
    "narrow and far out": (-50.0, 1e-3),
}


def parameters(rows: int = ROWS) -> tuple[Any, Any]:
    loc = 0.8 * np.random.default_rng(1).normal(size=(rows, COLUMNS))
    return loc, np.full((rows, COLUMNS), 0.6)


def histogram(loc: Any, scale: Any) -> rec.Histogram:
    edges = loc[..., None] + scale[..., None] * np.linspace(-1.0, 1.0, 5)
    return rec.Histogram(edges, [1.0, 2.0, 4.0, 1.0])


def mixture(loc: Any, scale: Any) -> rec.Mixture:
    offsets = scale[..., None] * np.array([-0.5, 0.5])
    return rec.Mixture([0.25, 0.75], loc[..., None] + offsets, scale[..., None])


def custom(loc: Any, scale: Any, *, searched: bool) -> rec.CustomTarget:
    """The same normals, by functions."""
    m, s = loc.reshape(-1), scale.reshape(-1)

    def log_ratio(x: Any, i: Any) -> Any:
        return 0.5 * x * x - 0.5 * ((x - m[i]) / s[i]) ** 2 - np.log(s[i])

    def supremum(low: Any, high: Any, i: Any) -> Any:
        vertex = np.where(s[i] < 1, m[i] / np.where(s[i] < 1, 1 - s[i] ** 2, 1), low)
        inside = log_ratio(np.clip(vertex, low, high), i)
        return np.maximum(inside, np.maximum(log_ratio(low, i), log_ratio(high, i)))

    words: dict[str, Any] = {"log_ratio": log_ratio, "bound": supremum} if searched else {}
    return rec.CustomTarget(
        cdf=lambda x, i: special.ndtr((x - m[i]) / s[i]),
        sf=lambda x, i: special.ndtr((m[i] - x) / s[i]),
        shape=loc.shape,
        **words,
    )


def foreign(loc: Any, scale: Any) -> Any:
    return stats.t(df=5.0, loc=loc, scale=0.5 * scale)


FAMILIES: dict[str, tuple[Any, list[rec.Codec]]] = {
    "histograms": (histogram, [*SEARCHES, *BLOCKS]),
    "mixtures": (mixture, BLOCKS),
    "ratios": (lambda *own: custom(*own, searched=True), [*SEARCHES, *BLOCKS]),
    "CDFs": (lambda *own: custom(*own, searched=False), BLOCKS),
    "SciPy's": (foreign, BLOCKS),
}
CASES = [
    pytest.param(make, codec, id=f"{name} {codec!r}")
    for name, (make, codecs) in FAMILIES.items()
    for codec in codecs
]
PROPOSALS = {
    "normal": P,
    "histogram": rec.Histogram(np.linspace(-6, 6, 25), np.full(24, 1.0)),
    "mixture": rec.Mixture([0.5, 0.5], [-0.5, 0.5], [1.0, 1.0]),
}


@pytest.mark.parametrize("outlier", OUTLIERS)
@pytest.mark.parametrize(("make", "codec"), CASES)
def test_an_outlier_costs_itself(make: Any, codec: rec.Codec, outlier: str) -> None:
    loc, scale = parameters()
    plain = rec.compress(make(loc, scale), P, codec=codec)
    loc[OUTLIER], scale[OUTLIER] = OUTLIERS[outlier]
    began = time.monotonic()
    data, x = rec.compress(make(loc, scale), P, codec=codec, return_sample=True)
    assert time.monotonic() - began < 20.0
    assert same_bits(rec.decompress(data, P), x)
    assert abs(x[OUTLIER] - loc[OUTLIER]) < 20 * scale[OUTLIER]
    assert x[OUTLIER] != loc[OUTLIER] or scale[OUTLIER] < 1e-15
    with rec.Reader(data) as reader:
        number = NUMBER // codec.block if codec.runs_through else 0
        found = [reader._escapes(each) for each in reader._contents.frames]
    given = [len(each.given) for each in found]
    assert sum(given) == given[number] == 1
    assert len(data) < len(plain) + 40


@pytest.mark.parametrize(("make", "codec"), CASES)
def test_given_samples_follow_their_targets(make: Any, codec: rec.Codec) -> None:
    """Half of them in reach, and half of them not, row by row."""
    loc, scale = parameters(60)
    loc[1::2] += 25.0
    if codec.block == 4:
        pytest.skip("as in eights, and twice as long")
    x = rec.compress(make(loc, scale), P, codec=codec, return_sample=True)[1]
    if make is histogram:
        z = (x - loc) / scale
        u = np.interp(z, np.linspace(-1, 1, 5), np.array([0, 1, 3, 7, 8]) / 8)
    elif make is mixture:
        u = sum(
            share * special.ndtr((x - loc) / scale - offset)
            for share, offset in ((0.25, -0.5), (0.75, 0.5))
        )
    elif make is foreign:
        u = foreign(loc, scale).cdf(x)
    else:
        u = special.ndtr((x - loc) / scale)
    check_uniform(np.asarray(u)[::2].reshape(-1))
    check_uniform(np.asarray(u)[1::2].reshape(-1))


@pytest.mark.parametrize("name", ["histogram", "mixture"])
@pytest.mark.parametrize(("make", "codec"), CASES)
def test_other_proposals(make: Any, codec: rec.Codec, name: str) -> None:
    p = PROPOSALS[name]
    if not codec.by_masses and (make is not histogram or name == "mixture"):
        pytest.skip("a pair that searches do not take")
    if codec.block == 4:
        pytest.skip("as in eights, and twice as long")
    loc, scale = 0.3 * parameters(4)[0], parameters(4)[1]
    scale *= 0.2
    loc[3, 3], scale[3, 3] = 80.0, 1.0
    data, x = rec.compress(make(loc, scale), p, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    assert abs(x[3, 3] - 80.0) < 20.0


@pytest.mark.parametrize("codec", [*SEARCHES, rec.PolarCoding(5, block=8)], ids=repr)
def test_where_the_proposal_has_a_gap(codec: rec.Codec) -> None:
    p = rec.Histogram([-2.0, -1.0, 0.0, 1.0, 2.0], [1.0, 1.0, 0.0, 1.0])
    edges = np.tile([-1.5, -0.5, -0.2], (5, 8, 1))
    edges[2, 2] += 1.0
    q = rec.Histogram(edges, [1.0, 2.0])
    data, x = rec.compress(q, p, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    assert -0.5 <= x[2, 2] <= 0.8
    with pytest.raises(rec.DivergenceError, match="the proposal has none") as caught:
        codec.encode(q, p)
    assert caught.value.element == (2, 2)


def test_categories_that_the_proposal_lacks() -> None:
    masses = np.tile([0.5, 0.5, 0.0], (20, 1))
    masses[4] = [0.0, 0.2, 0.8]
    q, p = rec.Categorical(masses), rec.Categorical([0.5, 0.5, 0.0])
    data, x = rec.compress(q, p, codec=rec.PolarCoding(3), return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    assert x[4] in (1.0, 2.0)
    assert rec.inspect(data).bits["escapes"] > 64


def test_a_narrow_component_is_seen() -> None:
    """A tenth of a mixture, far from where most of it is, and finer than positions."""
    loc = np.tile([0.0, 1.5], (3000, 1))
    q = rec.Mixture([0.1, 0.9], loc, np.tile([1e-25, 0.1], (3000, 1)))
    x = rec.compress(q, P, codec=rec.PolarCoding(3), return_sample=True)[1]
    near = x[np.abs(x) < 0.5]
    assert abs(len(near) / 3000 - 0.1) < 0.02
    check_uniform(special.ndtr(near / 1e-25))


@pytest.mark.parametrize("share", [0.03, 2.0**-20, 2.0**-41])
@pytest.mark.parametrize("p", [P, *PROPOSALS.values(), rec.CustomProposal(special.ndtri)])
def test_a_small_narrow_component_is_seen(share: float, p: Any) -> None:
    """Less than a sixteenth of a mixture: it had one position, or a few, for all of its samples."""
    loc = np.tile([0.0, 1.5], (500, 1))
    scale = np.tile([0.3, 0.2], (500, 1))
    scale[100:, 0] = 1e-25
    q = rec.Mixture([share, 1.0 - share], loc, scale)
    data, x = rec.compress(q, p, codec=rec.PolarCoding(3), return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    with rec.Reader(data) as reader:
        escapes = reader._escapes(0)
    assert escapes.given.tolist() == list(range(100, 500))
    if share == 0.03:
        near = x[100:][np.abs(x[100:]) < 1e-3]
        assert len(np.unique(near)) == len(near) > 3
        assert np.abs(near).max() < 1e-23
    check_uniform((1 - share) * special.ndtr((x[100:] - 1.5) / 0.2) + share * (x[100:] > 0))


def test_components_of_next_to_nothing_cost_nothing() -> None:
    q = rec.Mixture([0.0, 1e-300, 1.0], np.tile([0.0, 1.0, 1.5], (50, 1)), [1e-25, 1e-200, 0.2])
    data = rec.compress(q, P, codec=rec.PolarCoding(3))
    assert "escapes" not in rec.inspect(data).bits or not rec.inspect(data).bits["escapes"]


# --- Which, and what cannot be -------------------------------------------------------------------


@pytest.mark.parametrize(("make", "codec"), CASES)
def test_which_depends_on_targets_alone(make: Any, codec: rec.Codec) -> None:
    """On no seed, and on no other element."""
    loc, scale = parameters(4)
    loc[1, 1], loc[2, 6], loc[3, 0], scale[3, 0] = 12.0, -30.0, 0.0, 1e-25
    kind: Any = type(codec)
    more = {"block": codec.block} if codec.runs_through else {}
    found = set()
    for seed in range(4):
        with rec.Reader(rec.compress(make(loc, scale), P, codec=kind(seed, **more))) as reader:
            own = [
                reader._escapes(each).given + each * codec.block for each in reader._contents.frames
            ]
        found.add(tuple(np.concatenate(own).tolist()))
    assert found == {(9, 22, 24)}


@pytest.mark.parametrize("codec", SEARCHES, ids=repr)
def test_what_cannot_be_said_is_named_before_the_work(codec: rec.Codec) -> None:
    """A ratio alone tells nobody how to draw from a target that no index names."""
    called = []

    def log_ratio(x: Any) -> Any:
        called.append(x.size)
        return np.full(x.shape, 0.0)

    bound = np.full(200_000, 0.1)
    bound[150_003] = 60.0
    q = rec.CustomTarget(log_ratio, bound=bound)
    for encode in (codec.encode, lambda q, p: rec.compress(q, p, codec=codec)):
        with pytest.raises(rec.DivergenceError, match="too large") as caught:
            encode(q, P)
        assert caught.value.element == (150_003,)
    assert not called


def test_constant_bounds_that_would_take_hours() -> None:
    """A search with one bound for all intervals takes steps to its power."""
    bound = np.full((10, 8), 0.7)
    bound[3, 3] = 25.0
    ratio = {"log_ratio": lambda x: 0.5 * x * x - 0.5 * (x / 0.5) ** 2 + np.log(2.0)}
    blind = rec.CustomTarget(**ratio, bound=bound)
    with pytest.raises(rec.DivergenceError, match="too large") as caught:
        rec.compress(blind, P, codec=rec.ADStar(1))
    assert caught.value.element == (3, 3)
    seeing = rec.CustomTarget(**ratio, bound=bound, cdf=lambda x: special.ndtr(2 * x))
    data, x = rec.compress(seeing, P, codec=rec.ADStar(1), return_sample=True)
    assert same_bits(rec.decompress(data, P), x)
    assert rec.inspect(data).bits["escapes"] > 64


def test_blocks_of_searches_refuse_families_before_the_work() -> None:
    for q in (histogram(*parameters()), custom(*parameters(), searched=True)):
        with pytest.raises(rec.ParameterError, match="with blocks"):
            rec.compress(q, P, codec=rec.ADStar(1, 4))


# --- Samples by a CDF turned around --------------------------------------------------------------


def test_inversion_is_exact_to_the_last_bit() -> None:
    position = np.array([0, 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 2**40, 2**64 - 1], np.uint64)
    wide = np.concatenate([position, np.random.default_rng(2).integers(0, 2**64, 500, np.uint64)])
    for law in (
        stats.norm(3.0, 1e-12),
        stats.expon(),
        stats.uniform(-1e300, 2e300),
        stats.cauchy(),
    ):

        def tails(x: Any, law: Any = law) -> Any:
            return np.where(law.cdf(x) <= 0.5, law.cdf(x), -np.maximum(law.sf(x), 5e-324))

        x = inverted(tails, wide)
        order = np.argsort(wide)
        assert (np.diff(x[order]) >= 0).all()
        u = (wide.astype(np.float64) + 0.5) * 2.0**-64
        lower = wide < 2**63
        assert (law.cdf(x[lower]) >= u[lower] * (1 - 2.0**-50)).all()
        assert (law.cdf(np.nextafter(x[lower], -np.inf)) <= u[lower] * (1 + 2.0**-50)).all()
        above = ((~wide[~lower]).astype(np.float64) + 0.5) * 2.0**-64
        assert (law.sf(x[~lower]) <= above * (1 + 2.0**-50)).all()
        # To within SciPy's own rounding, by which its functions go back here and there.
        assert (law.sf(np.nextafter(x[~lower], -np.inf)) >= above * (1 - 2.0**-50)).all()


# --- The fingerprint -----------------------------------------------------------------------------


def test_containers_of_searches_know_their_histogram() -> None:
    """The fingerprint is of the proposal that the receiver has; it was another, and refused it."""
    p = rec.Histogram(np.linspace(-3, 3, 7), [1.0, 2.0, 1.0, 3.0, 2.0, 1.0])
    q = rec.Histogram(np.linspace(-1, 1, 5), np.tile([1.0, 2.0, 1.0, 0.5], (2000, 1)))
    data, x = rec.compress(q, p, codec=rec.ADStar(1), return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    assert len(split(data)[1]) == 1
    with pytest.raises(rec.ParameterError, match="proposal"):
        rec.decompress(data, rec.Histogram(np.linspace(-3, 4, 7), [1.0, 2, 1, 3, 2, 1]))
