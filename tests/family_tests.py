"""What holds for every family: a class of tests, for those of the package and for any other.

A subclass says in its fixture `case` which: tests/test_families.py takes the package's families,
tests/extension/test_toy_family.py one that is not in the package.
"""

from __future__ import annotations

import copy
import io
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.codecs.engine import samples_at
from astar_rec.distributions import Distribution, families, family_named
from common import CODECS, CodecCase, check_codec, each_codec, same_bits
from goodness import ALPHA, check_uniform, seed_for

if TYPE_CHECKING:
    from collections.abc import Callable

each_exact_codec = pytest.mark.parametrize(
    "codec_case", [case for case in CODECS if case.exact], ids=lambda case: case.name
)
assert ALPHA == 1e-4  # the probability that one test of exactness fails by chance


@dataclass(frozen=True)
class FamilyCase:
    """A family, and what the tests must know of it."""

    name: str
    family: type[Distribution]
    # Of a generator and a shape: targets with small bounds against the proposal.
    targets: Callable[[np.random.Generator, tuple[int, ...]], Distribution]
    proposal: Distribution
    # Of points and a distribution: its probabilities below.
    cdf: Callable[[np.ndarray, Distribution], np.ndarray]


class FamilyTests:
    """The tests."""

    pytestmark = pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")

    @pytest.fixture
    def case(self) -> FamilyCase:
        raise NotImplementedError

    @pytest.fixture
    def q(self, case: FamilyCase) -> Distribution:
        return case.targets(np.random.default_rng(seed_for("family", case.name)), (6, 4))

    # --- What a family says of itself ---

    def test_it_is_registered(self, case: FamilyCase) -> None:
        assert case.family in families()
        assert family_named(case.family.__name__) is case.family

    def test_parameters(self, case: FamilyCase, q: Distribution) -> None:
        names = [parameter.name for parameter in case.family._declared]
        given = {name: getattr(q, name) for name in names}
        for name, array in given.items():
            assert array.dtype == np.float64
            assert not array.flags.writeable
            assert getattr(case.family, name).__doc__
            with pytest.raises(AttributeError, match="frozen"):
                setattr(q, name, array)
        assert case.family(**given) == q == case.family(*given.values())
        assert np.broadcast_shapes(*(array.shape for array in given.values())) == q.shape
        for name in ("shape", "anything"):
            with pytest.raises(AttributeError):
                setattr(q, name, (1,))
        with pytest.raises(TypeError):
            case.family(*given.values(), 1.0)

    def test_shapes_of_parameters(self, case: FamilyCase) -> None:
        values = [float(each.flat[0]) for each in case.proposal._parameters]
        for place in range(len(values)):
            given: list[Any] = list(values)
            given[place] = np.full((3, 1), values[place])
            given[place - 1] = np.full(2, values[place - 1])
            d = case.family(*given)
            assert d.shape == (3, 2)
            assert d == case.family(*(np.full((3, 2), value) for value in values))
            given[place] = np.full(3, values[place])
            with pytest.raises(rec.ParameterError, match="shape of"):
                case.family(*given)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1.7e308, None, "1", 1j, True])
    def test_parameters_that_are_none(self, case: FamilyCase, q: Distribution, bad: object) -> None:
        for place, parameter in enumerate(case.family._declared):
            given: list[Any] = list(q._broadcast(q.shape))
            given[place] = bad
            with pytest.raises(rec.ParameterError) as caught:
                case.family(*given)
            assert caught.value.argument == parameter.name
            if isinstance(bad, float):
                given[place] = np.array(q._broadcast(q.shape)[place])
                given[place][2, 1:] = bad
                with pytest.raises(rec.ParameterError) as caught:
                    case.family(*given)
                assert caught.value.position == (2, 1)
            if parameter.positive:
                given[place] = -1.0
                with pytest.raises(rec.ParameterError, match=f"{parameter.name} is -1.0; expected"):
                    case.family(*given)

    # --- As a value, and as an array ---

    @pytest.mark.parametrize("again", [lambda q: pickle.loads(pickle.dumps(q)), copy.deepcopy])
    def test_copies(self, q: Distribution, again: Any) -> None:
        other = again(q)
        assert type(other) is type(q)
        assert other == q
        assert hash(other) == hash(q)
        assert not any(each.flags.writeable for each in other._parameters)

    def test_repr(self, case: FamilyCase, q: Distribution) -> None:
        for small in (q[0, 0], q[1], q[:2, :3], case.proposal):
            again = eval(repr(small), {case.family.__name__: case.family})
            assert again == small
            assert repr(again) == repr(small)
        assert len(repr(q)) < 60 * (1 + len(q._parameters))
        assert "<array of shape (6, 4)>" in repr(q)

    def test_comparison(self, case: FamilyCase, q: Distribution) -> None:
        for place in range(len(q._parameters)):
            changed = [np.array(each) for each in q._broadcast(q.shape)]
            assert case.family(*changed) == q
            changed[place][5, 2] = np.nextafter(changed[place][5, 2], 0.0)
            assert case.family(*changed) != q
        assert q != rec.Normal(0.0, 1.0)
        assert q[0] != q[1]

    def test_slices(self, q: Distribution) -> None:
        full = q._broadcast(q.shape)
        mask = full[0] > np.median(full[0])
        keys: list[Any] = [0, (2, 3), slice(1, 4), (..., None), mask, (slice(None), [0, 2]), ()]
        for key in keys:
            part = q[key]
            assert part.shape == full[0][key].shape
            for a, b in zip(part._broadcast(part.shape), full, strict=True):
                assert same_bits(a, b[key])
        assert q.reshape(4, -1) == q.reshape([4, 6])
        assert q.reshape(-1)[7] == q[1, 3]
        assert (len(q), q.size, q.ndim, len(list(q))) == (6, 24, 2, 6)
        with pytest.raises(TypeError, match="no array"):
            np.asarray(q)

    # --- As a distribution ---

    def test_density(self, case: FamilyCase, q: Distribution) -> None:
        """Between two quantiles, the density's integral is what the CDF says."""
        nodes, weights = np.polynomial.legendre.leggauss(40)
        levels = np.linspace(0.02, 0.98, 25)
        for d in (q[0, 0], q[3, 1], case.proposal):
            position = (levels * 2.0**64).astype(np.uint64)
            ends = samples_at(d, position)
            assert (np.diff(ends) > 0).all()
            assert np.abs(case.cdf(ends, d) - levels).max() < 1e-9
            half = np.diff(ends)[:, None] / 2
            x = (ends[:-1, None] + half + half * nodes).reshape(-1)
            density = np.exp(d.log_density(x, *d._broadcast(x.shape))).reshape(half.size, -1)
            mass = (half * weights * density).sum(axis=1)
            # A kink inside of a piece costs some digits.
            assert np.abs(mass - np.diff(levels)).max() < 1e-4
            assert np.median(np.abs(mass - np.diff(levels))) < 1e-9

    def test_divergence(self, case: FamilyCase, q: Distribution) -> None:
        bits = rec.kl_bits(q, case.proposal)
        assert bits.shape == q.shape
        assert rec.kl_bits(case.proposal, case.proposal) == pytest.approx(0.0, abs=1e-12)
        u = (np.arange(200_000) + 0.5) / 200_000
        for where in ((0, 0), (3, 1), (5, 3)):
            x = samples_at(q[where], (u * 2.0**64).astype(np.uint64))
            ratio = q.log_density(x, *q[where]._broadcast(x.shape)) - case.proposal.log_density(
                x, *case.proposal._broadcast(x.shape)
            )
            assert ratio.mean() / np.log(2) == pytest.approx(bits[where], rel=1e-3, abs=1e-4)

    # --- In codecs ---

    @each_codec
    def test_round_trip(self, case: FamilyCase, q: Distribution, codec_case: CodecCase) -> None:
        codec = codec_case.make(2**63 + 11)
        r = check_codec(codec, q, case.proposal, offset=3)
        for begin, end in ((0, 1), (1, 6)):
            part = codec.encode(q[begin:end], case.proposal, offset=3 + 4 * begin)
            assert np.array_equal(part.index, r.index[begin:end])
            assert same_bits(part.sample, r.sample[begin:end])
        assert check_codec(codec, q[2, 2], case.proposal).sample.shape == ()
        assert check_codec(codec, q[:0], case.proposal).sample.shape == (0, 4)

    @each_codec
    def test_proposals_that_differ(self, case: FamilyCase, codec_case: CodecCase) -> None:
        """A family against itself: no information, and any shapes."""
        q = case.targets(np.random.default_rng(3), (3,))
        codec = codec_case.make(8)
        same = case.proposal[None, None][[0, 0, 0]]
        assert check_codec(codec, case.proposal, same).sample.shape == (3, 1)
        r = check_codec(codec, q, q[None])
        if codec_case.exact and codec_case.ends_early:
            assert (r.steps <= 2).all()

    @each_codec
    def test_container(self, case: FamilyCase, q: Distribution, codec_case: CodecCase) -> None:
        data, sample = rec.compress(
            q, case.proposal, codec=codec_case.make(9), chunk=16, return_sample=True
        )
        assert same_bits(rec.decompress(data, case.proposal), sample)
        info = rec.inspect(data, q, case.proposal)
        assert info.kl_bits == pytest.approx(rec.kl_bits(q, case.proposal).sum())
        file = io.BytesIO()
        with rec.Writer(file, codec=codec_case.make(9), chunk=16) as writer:
            for rows in (slice(0, 2), slice(2, 6)):
                writer.write(q[rows], case.proposal)
        with rec.Reader(file.getvalue()) as reader:
            assert same_bits(reader.read(case.proposal, slice(1, 5)), sample[1:5])

    def test_without_a_codec(self, case: FamilyCase, q: Distribution) -> None:
        data, sample = rec.compress(q, case.proposal, return_sample=True)
        assert same_bits(rec.decompress(data, case.proposal), sample)
        codec = rec.automatic_codec(q, case.proposal, seed=4)
        assert same_bits(
            codec.decode(codec.encode(q, case.proposal).index, case.proposal, shape=q.shape),
            codec.encode(q, case.proposal).sample,
        )

    @each_exact_codec
    def test_exact(self, case: FamilyCase, codec_case: CodecCase) -> None:
        """Kolmogorov and Smirnov's test of 5,000 samples: a false alarm in 10,000 tests."""
        seed = seed_for("exact", case.name, codec_case.name)
        q = case.targets(np.random.default_rng(seed), (5_000,))
        r = codec_case.make(seed).encode(q, case.proposal)
        check_uniform(case.cdf(r.sample, q), f"{case.name} by {codec_case.name}")

    def test_too_much_information(self, case: FamilyCase) -> None:
        low, high = (float(samples_at(case.proposal, np.uint64(p))) for p in (2**60, 2**63))
        q = self.far_away(case, low, high)
        with pytest.raises(rec.DivergenceError) as caught:
            rec.ADStar(1).encode(q, case.proposal)
        assert caught.value.element == (1,)

    def far_away(self, case: FamilyCase, low: float, high: float) -> Distribution:
        """Return two distributions, of which the second is too narrow for any index."""
        raise NotImplementedError
