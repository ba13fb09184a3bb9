"""Families of which an element has arrays of numbers: as values, as arrays, and to the bit."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import astar_rec as rec
from astar_rec.codecs.engine import samples_at
from astar_rec.distributions import Distribution, Parameter, families, family_named
from astar_rec.reference.cells import categorical_sample, histogram_sample
from astar_rec.reference.mixture import mixture_sample
from common import same_bits

Array = np.ndarray
VECTORS = Path(__file__).parent / "vectors/families.txt"
FAMILIES = ["Histogram", "Mixture", "Categorical"]
each_family = pytest.mark.parametrize("family", FAMILIES, ids=str.lower)
POSITIONS = st.integers(0, 2**64 - 1) | st.integers(0, 100) | st.integers(2**64 - 100, 2**64 - 1)


def make(family: str, rng: np.random.Generator, shapes: Any, count: int = 3) -> Distribution:
    """Return a distribution whose first parameter has one shape, and all others another."""
    first, other = shapes
    if family == "Histogram":
        edges = np.sort(rng.normal(size=(*first, count + 1)), axis=-1)
        return rec.Histogram(edges, rng.random((*other, count)) + 0.01)
    if family == "Mixture":
        loc, scale = rng.normal(size=(2, *other, count))
        return rec.Mixture(rng.random((*first, count)) + 0.01, loc, np.exp(scale))
    return rec.Categorical(rng.random((*np.broadcast_shapes(first, other), count)))


def full(d: Distribution) -> list[Array]:
    return [np.array(each) for each in d._broadcast(d.shape)]


def same(d: Distribution, kind: type, shape: Any, expected: list[Array]) -> bool:
    assert all(not each.flags.writeable for each in d._parameters)
    return (
        type(d) is kind
        and d.shape == shape
        and all(same_bits(a, b) for a, b in zip(full(d), expected, strict=True))
    )


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return make(draw(st.sampled_from(FAMILIES)), rng, shapes.input_shapes, draw(st.integers(1, 4)))


# --- As values ---


@each_family
def test_registered(family: str) -> None:
    assert family_named(family) is getattr(rec, family)
    assert getattr(rec, family) in families()


@settings(deadline=None)
@given(distributions())
def test_copies(d: Distribution) -> None:
    for again in (pickle.loads(pickle.dumps(d)), copy.deepcopy(d), copy.copy(d)):
        assert type(again) is type(d)
        assert again == d
        assert hash(again) == hash(d)
        assert same(again, type(d), d.shape, full(d))


@settings(deadline=None)
@given(distributions())
def test_repr(d: Distribution) -> None:
    assert len(repr(d)) < 1000
    if all(each.size <= 8 for each in d._parameters) and d.size:
        assert eval(repr(d), vars(rec)) == d


@each_family
def test_comparison(family: str) -> None:
    d = make(family, np.random.default_rng(1), ((2, 1), (3,)))
    kind = type(d)
    assert kind(*full(d)) == d
    for place in range(len(full(d))):
        changed = full(d)
        changed[place][1, 2, -1] = np.nextafter(changed[place][1, 2, -1], 9.0)
        assert kind(*changed) != d
    assert make(family, np.random.default_rng(1), ((2, 1), (3,)), 2) != d
    assert d[0] != d[1]
    assert d != rec.Normal(0.0, 1.0)
    one = rec.Categorical([1.0])
    assert one != rec.Categorical([1.0, 1.0])
    assert one == rec.Categorical(1.0)


@each_family
def test_frozen(family: str) -> None:
    d = make(family, np.random.default_rng(1), ((2,), (2,)))
    for parameter in type(d)._declared:
        assert parameter.__doc__
        with pytest.raises(AttributeError, match="frozen"):
            setattr(d, parameter.name, 1.0)
        with pytest.raises(ValueError, match="read-only"):
            getattr(d, parameter.name)[...] = 1.0


# --- As arrays ---


@settings(deadline=None)
@given(distributions(), st.data())
def test_slices(d: Distribution, data: st.DataObject) -> None:
    key = data.draw(hnp.basic_indices(d.shape, allow_newaxis=True, max_dims=6))
    shape = np.empty(d.shape)[key].shape
    spread = [np.moveaxis(each, -1, 0) for each in full(d)]
    expected = [np.stack([each[key] for each in rows], axis=-1) for rows in spread]
    assert same(d[key], type(d), shape, expected)


@settings(deadline=None)
@given(distributions(), st.data())
def test_masks_and_lists(d: Distribution, data: st.DataObject) -> None:
    mask = data.draw(hnp.arrays(bool, d.shape))
    assert same(d[mask], type(d), mask[mask].shape, [each[mask] for each in full(d)])
    if d.shape and 0 not in d.shape:
        key = data.draw(hnp.integer_array_indices(d.shape))
        assert same(d[key], type(d), mask[key].shape, [each[key] for each in full(d)])


@settings(deadline=None)
@given(distributions())
def test_reshapes(d: Distribution) -> None:
    flat = d.reshape(-1) if d.size else d.reshape(0)
    own = [each.reshape(d.size, each.shape[-1]) for each in full(d)]
    assert same(flat, type(d), (d.size,), own)
    assert flat.reshape(d.shape) == d
    if d.shape:
        assert list(d) == [d[i] for i in range(len(d))]
    numbers = np.random.default_rng(0).permutation(d.size)
    for a, b in zip(d._at(numbers, d.shape), own, strict=True):
        assert same_bits(a, b[numbers])


def test_slices_share_memory() -> None:
    masses = np.random.default_rng(1).random((5, 4))
    d = rec.Categorical(masses)
    assert np.shares_memory(d.masses, masses)
    assert np.shares_memory(d[1:4:2].masses, masses)
    assert np.shares_memory(d[:, None].masses, masses)
    # Numbers of an element lie side by side.
    turned = rec.Categorical(masses.T)
    assert turned.shape == (4,)
    assert turned == rec.Categorical(masses.T.copy())
    assert turned[2] == rec.Categorical(masses[:, 2])


def test_parameters_that_all_elements_share_are_held_once() -> None:
    q = rec.Mixture([0.5, 0.5], np.zeros((1000, 2)), 1.0)
    assert q.weights.shape == (2,)
    assert q.scale.shape == (2,)
    assert q[3:7].weights.shape == (2,)
    weights, _, scale = q._at(np.arange(1000), (1000,))
    assert weights.shape == scale.shape == (1000, 2)
    assert weights.strides[0] == 0


def test_parameters_broadcast_along_their_axis() -> None:
    q = rec.Mixture(1.0, [[0.0, 1.0], [2.0, 3.0]], [0.5])
    assert q.shape == (2,)
    assert q == rec.Mixture([1.0, 1.0], [[0.0, 1.0], [2.0, 3.0]], [0.5, 0.5])
    assert rec.Mixture(1.0, 2.0, 3.0).shape == ()
    assert q.weights.tolist() == [1.0, 1.0]


def test_a_family_with_and_without_axes() -> None:
    class Shifted(Distribution):
        __slots__ = ()
        loc = Parameter("A number.")
        knots = Parameter("Some numbers.", axis="knot")

        def __init__(self, loc: object, knots: object) -> None:
            super().__init__(loc, knots)

    d = Shifted([[0.0], [1.0]], np.arange(12.0).reshape(3, 4))
    assert d.shape == (2, 3)
    assert d[1].loc.tolist() == [1.0, 1.0, 1.0]
    assert d[:, 2].knots.tolist() == [[8.0, 9.0, 10.0, 11.0]] * 2
    loc, knots = d._at(np.array([4, 0]), (2, 3))
    assert loc.tolist() == [1.0, 0.0]
    assert knots.tolist() == [[4.0, 5.0, 6.0, 7.0], [0.0, 1.0, 2.0, 3.0]]
    assert Shifted(0.0, [1.0, 2.0])[None, None].shape == (1, 1)


# --- What is refused ---

BAD: list[tuple[Any, tuple[Any, ...], str, str]] = [
    (rec.Histogram, ([0.0, 1.0], [1.0, 2.0]), "shape of edges", "expected 3 along the last axis"),
    (rec.Histogram, (0.0, 1.0), "shape of edges", "expected 2 along the last axis"),
    (rec.Histogram, ([0.0, 2.0, 1.0], [1, 1]), "edges", r"edges at \[2\] is 1.0"),
    (rec.Histogram, ([[0, 1], [3, 3]], [1]), "edges", r"edges at \[1, 1\] is 3.0"),
    (rec.Histogram, ([0.0, np.inf], [1]), "edges", r"edges at \[1\] is inf"),
    (rec.Histogram, ([0, 1, 2], [1, -1]), "masses", r"masses at \[1\] is -1.0; .*at least 0"),
    (rec.Histogram, ([0, 1, 2], [[1, 1], [0, 0]]), "sum of masses", r"at \[1\] is 0.0"),
    (rec.Histogram, ([0, 1, 2], [np.nan, 1]), "masses", "nan"),
    (rec.Histogram, (np.ones((2, 3)).cumsum(1), np.ones((3, 2))), "shape of masses", "broadcasts"),
    (rec.Histogram, ([0, 1], np.ones((2, 0))), "shape of masses", "at least one cell"),
    (rec.Mixture, ([1, 2], [0, 1, 2], 1.0), "shape of weights", "3 along the last axis, or 1"),
    (rec.Mixture, ([0, 0], [0, 1], 1.0), "sum of weights", "a positive, finite number"),
    (rec.Mixture, ([1, 1], [0, 1], [1, 0]), "scale", r"scale at \[1\] is 0.0"),
    (rec.Mixture, ([1, -1], [0, 1], 1.0), "weights", "at least 0"),
    (rec.Mixture, (1.0, np.nan, 1.0), "loc", "nan"),
    (rec.Mixture, (np.ones((2, 3)), np.ones((4, 3)), 1.0), "shape of", "broadcasts"),
    (rec.Categorical, ([],), "shape of masses", "at least one category"),
    (rec.Categorical, ([[1, 0], [0, 0]],), "sum of masses", r"at \[1\]"),
    (rec.Categorical, ([-1.0, 2.0],), "masses", r"at \[0\] is -1.0"),
    (rec.Categorical, (["a"],), "masses", "real numbers"),
    (rec.Categorical, (np.full(1000, 1e306),), "sum of masses", "finite"),
]


@pytest.mark.parametrize(("family", "values", "argument", "text"), BAD)
def test_what_is_refused(family: Any, values: Any, argument: str, text: str) -> None:
    with pytest.raises(rec.ParameterError, match=text) as caught:
        family(*values)
    assert caught.value.argument.startswith(argument)


# --- To the bit ---


def test_golden_samples() -> None:
    lines = [line.split() for line in VECTORS.read_text().splitlines() if line[0] != "#"]
    assert {line[0] for line in lines} == set(FAMILIES)
    for family, *parameters, position, sample in lines:
        rows = [[float.fromhex(value) for value in row.split(",")] for row in parameters]
        d = getattr(rec, family)(*rows)
        made = samples_at(d, np.array([int(position)], np.uint64))
        assert made[0].hex() == sample, (family, parameters, position)


REFERENCE = {
    "Histogram": histogram_sample,
    "Mixture": lambda *row: mixture_sample(row[:-1], row[-1]),
    "Categorical": categorical_sample,
}


@settings(deadline=None)
@given(distributions(), st.lists(POSITIONS, min_size=1, max_size=6), st.integers(-3, 3))
def test_samples_are_the_references(d: Distribution, positions: list[int], power: int) -> None:
    if not d.size:
        return
    if isinstance(d, rec.Mixture):
        d = rec.Mixture(d.weights, d.loc, d.scale * 10.0**power)
    number = positions[0] % d.size
    one = d.reshape(-1)[number]
    expected = [
        REFERENCE[type(d).__name__](*(each.tolist() for each in one._parameters), position)
        for position in positions
    ]
    position = np.array(positions, np.uint64)
    assert samples_at(one, position).tolist() == expected
    # And as one of many elements.
    grid = np.broadcast_to(position.reshape(-1, *[1] * d.ndim), (position.size, *d.shape))
    many = samples_at(d, np.ascontiguousarray(grid)).reshape(position.size, -1)
    assert many[:, number].tolist() == expected


@each_family
def test_samples_of_many_elements_do_not_depend_on_how_many(family: str) -> None:
    rng = np.random.default_rng(4)
    position = rng.integers(0, 2**64, 20_000, dtype=np.uint64)
    one = make(family, rng, ((), ()))
    whole = samples_at(one, position)
    repeated = type(one)(*(np.tile(each, (20_000, 1)) for each in one._parameters))
    assert same_bits(samples_at(repeated, position), whole)
    for part in (slice(0, 1), slice(5, 8), slice(3, 900), slice(8190, 16_400)):
        assert same_bits(samples_at(one, position[part]), whole[part])


@each_family
@settings(deadline=None)
@given(st.data())
def test_samples_do_not_decrease(family: str, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    d = make(family, rng, ((), ()), data.draw(st.integers(1, 5)))
    start = data.draw(st.sampled_from([0, 2**63 - 2000, 2**64 - 4001, 2**62]) | POSITIONS)
    near = (np.arange(4000, dtype=np.uint64) + np.uint64(min(start, 2**64 - 4001))).astype(
        np.uint64
    )
    far = np.sort(rng.integers(0, 2**64, 1000, dtype=np.uint64))
    for position in (near, far):
        assert (np.diff(samples_at(d, position)) >= 0).all()
