"""Distributions as arrays and as values: sliced, reshaped, iterated, compared."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import astar_rec as rec
from common import FAMILIES, each_family, same_bits

if TYPE_CHECKING:
    from astar_rec.distributions import Distribution

P = rec.Normal(0.0, 1.0)


def full(d: Distribution) -> list[np.ndarray]:
    return [np.array(each) for each in d._broadcast(d.shape)]


def same(d: Distribution, kind: type, expected: list[np.ndarray]) -> bool:
    assert all(not each.flags.writeable for each in d._parameters)
    return type(d) is kind and all(
        d.shape == b.shape and same_bits(a, b) for a, b in zip(full(d), expected, strict=True)
    )


@st.composite
def distributions(draw: st.DrawFn, min_dims: int = 0) -> Distribution:
    shapes = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=3, max_side=4)
    )
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    a, b = shapes.input_shapes
    if len(shapes.result_shape) < min_dims:
        a = (2,) * min_dims
        b = ()
    make = getattr(rec, draw(st.sampled_from(FAMILIES)))
    return make(rng.uniform(-2.0, 0.0, size=a), rng.uniform(0.5, 1.0, size=b))


# --- As arrays ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(distributions(), st.data())
def test_slices(d: Distribution, data: st.DataObject) -> None:
    key = data.draw(hnp.basic_indices(d.shape, allow_newaxis=True, max_dims=6))
    assert same(d[key], type(d), [each[key] for each in full(d)])


@settings(deadline=None)
@given(distributions(), st.data())
def test_masks(d: Distribution, data: st.DataObject) -> None:
    mask = data.draw(hnp.arrays(bool, d.shape))
    assert same(d[mask], type(d), [each[mask] for each in full(d)])
    if d.shape:
        rows = mask.reshape(d.shape[0], -1).any(axis=1) if mask.size else np.zeros(len(d), bool)
        assert same(d[rows], type(d), [each[rows] for each in full(d)])


@settings(deadline=None)
@given(distributions(min_dims=1), st.data())
def test_lists_of_numbers(d: Distribution, data: st.DataObject) -> None:
    if 0 in d.shape:
        return
    key = data.draw(hnp.integer_array_indices(d.shape))
    assert same(d[key], type(d), [each[key] for each in full(d)])
    rows = data.draw(st.lists(st.integers(-d.shape[0], d.shape[0] - 1), min_size=1))
    assert same(d[rows], type(d), [each[rows] for each in full(d)])


@pytest.mark.parametrize("key", [5, -5, (0, 0, 0), "loc", 1.5, [7], (..., ...), int])
def test_no_indices(key: Any) -> None:
    with pytest.raises(IndexError):
        rec.Normal(np.zeros((4, 3)), 1.0)[key]
    with pytest.raises(IndexError):
        P[0]


def test_slices_share_memory() -> None:
    loc, scale = np.zeros((1000, 8)), np.ones(8)
    q = rec.Normal(loc, scale)
    for part in (q[3:7], q[..., None], q[5], q[::-1, 2], q.reshape(-1, 4, 2)):
        assert np.shares_memory(part.loc, loc)
    assert np.shares_memory(q[3:7].scale, scale)
    # What is the same for all elements stays one number, whatever is chosen.
    narrow = rec.Normal(loc, 0.5)
    for part in (narrow[3:7], narrow[loc == 0], narrow[[1, 2]], narrow.reshape(8000)):
        assert part.scale.shape == ()
        assert np.shares_memory(part.scale, narrow.scale)
    # One number in all does not become as many as there are elements.
    wide = P[None, None][np.zeros(10**6, int)]
    assert wide.shape == (10**6, 1)
    assert wide.scale.nbytes == 8


@each_family
def test_length(family: str) -> None:
    make = getattr(rec, family)
    d = make(np.zeros((2, 1)), np.ones(3))
    assert (len(d), d.size, d.ndim) == (2, 6, 2)
    alone = make(0.0, 1.0)
    assert (alone.size, alone.ndim) == (1, 0)
    with pytest.raises(TypeError, match="no length"):
        len(alone)
    nothing = make([], 1.0)
    assert (len(nothing), nothing.size) == (0, 0)
    # A distribution is something, however many there are.
    assert bool(alone)
    assert bool(nothing)


@each_family
def test_items(family: str) -> None:
    d = getattr(rec, family)(-np.arange(6.0).reshape(2, 3), np.ones(3))
    items = list(d)
    assert [each.shape for each in items] == [(3,), (3,)]
    assert items == [d[0], d[1]]
    assert [each.shape for each in items[0]] == [(), (), ()]
    with pytest.raises(TypeError, match="no items"):
        iter(items[0][0])
    assert list(getattr(rec, family)(np.zeros((0, 3)), 1.0)) == []


@settings(deadline=None)
@given(distributions(), st.data())
def test_reshape(d: Distribution, data: st.DataObject) -> None:
    flat = d.reshape(-1) if d.size else d.reshape(0)
    expected = [each.reshape(flat.shape) for each in full(d)]
    assert same(flat, type(d), expected)
    shape = data.draw(st.permutations(d.shape))
    for again in (flat.reshape(shape), flat.reshape(*shape), d.reshape(tuple(shape))):
        assert same(again, type(d), [each.reshape(shape) for each in full(d)])


@pytest.mark.parametrize(
    "shape", [(7,), (-1, -1), (5, -1), (-2, -3), (1.0, 6), ("6",), (None,), (), ([6, 1.0],)]
)
def test_no_shapes(shape: Any) -> None:
    with pytest.raises(rec.ParameterError) as caught:
        rec.Normal(np.zeros((2, 3)), 1.0).reshape(*shape)
    assert caught.value.argument == "shape"


@each_family
def test_it_is_no_array(family: str) -> None:
    d = getattr(rec, family)([0.0, 1.0], 2.0)
    for make in (np.asarray, np.array, np.sort, lambda x: np.asarray(x, object), np.atleast_1d):
        with pytest.raises(TypeError, match="is no array; its parameters are"):
            make(d)
    for operation in (lambda: d + 1.0, lambda: np.ones(2) * d, lambda: np.float64(1.0) - d):
        with pytest.raises(TypeError):
            operation()
    with pytest.raises(TypeError):
        np.exp(d)


def test_slices_in_codecs() -> None:
    rng = np.random.default_rng(3)
    q = rec.Normal(rng.normal(size=(40, 6)), rng.uniform(0.1, 0.5, size=6))
    for codec in (rec.ADStar(1), rec.ADStar(1, 3)):
        whole = codec.encode(q, P)
        part = codec.encode(q[10:30], P, offset=60)
        assert same_bits(part.sample, whole.sample[10:30])
        assert same_bits(codec.encode(q.reshape(4, 10, 6), P).sample.reshape(40, 6), whole.sample)
        p = rec.Normal(q.loc, 2.0)
        r = codec.encode(q, p)
        assert same_bits(codec.decode(r.index[5:9], p[5:9], shape=(4, 6), offset=30), r.sample[5:9])


# --- As values ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(distributions())
def test_equal(d: Distribution) -> None:
    written_out = type(d)(*full(d))
    for other in (d, written_out, written_out[...], pickle.loads(pickle.dumps(d))):
        assert (d == other) is True
        assert (d != other) is False
        assert hash(d) == hash(other)
        assert len({d, other}) == 1


@settings(deadline=None)
@given(distributions(), st.data())
def test_different(d: Distribution, data: st.DataObject) -> None:
    others: list[Any] = [d[None], full(d)[0], None, "distribution", type(d)]
    if d.size:
        for place in range(2):
            changed = full(d)
            where = tuple(data.draw(st.integers(0, n - 1)) for n in d.shape)
            changed[place][where] = np.nextafter(changed[place][where], np.inf)
            others.append(type(d)(*changed))
    for other in others:
        assert (d == other) is False
        assert (d != other) is True


def test_equal_to_the_bit() -> None:
    assert rec.Normal(0.0, 1.0) != rec.Normal(-0.0, 1.0)
    assert rec.Normal(0.0, 1.0) != rec.Laplace(0.0, 1.0)
    assert rec.Normal([0.0], 1.0) != rec.Normal(0.0, 1.0)
    assert rec.Normal([0.0, 0.0], 1.0) == rec.Normal(0.0, [1.0, 1.0])
    assert (rec.Normal(np.zeros(2), 1.0) == np.zeros(2)) is False

    class Own(rec.Normal):
        """Another family, if of the same densities."""

    assert Own(0.0, 1.0) != rec.Normal(0.0, 1.0)


def test_hashes_differ() -> None:
    rng = np.random.default_rng(1)
    many = {rec.Normal(rng.normal(size=3), 1.0) for _ in range(100)}
    assert len({hash(each) for each in many}) == len(many) == 100
    # They take no longer for large arrays: only some of the elements are looked at.
    large = rec.Normal(np.zeros(1)[np.zeros(10**6, int)], 1.0)
    assert hash(large) == hash(rec.Normal(np.zeros(10**6), np.ones(10**6)))


@pytest.mark.parametrize("axes", [(), (0, 1, 2), (2, 0, 1), (-1, 0, 1), (1, -1, 0)], ids=str)
def test_transpose(axes: tuple[int, ...]) -> None:
    loc, scale = np.arange(24.0).reshape(2, 3, 4), np.arange(1.0, 4.0)[:, None]
    order = tuple(axis % 3 for axis in axes) or (2, 1, 0)
    q = rec.Normal(loc, scale)
    for turned in (q.transpose(*axes), q.transpose(axes)):
        assert turned == rec.Normal(loc.transpose(order), (loc * 0 + scale).transpose(order))
    masses = np.random.default_rng(1).dirichlet(np.ones(5), size=(2, 3, 4))
    h = rec.Histogram(np.arange(6.0), masses).transpose(*axes)
    assert same_bits(h.masses, masses.transpose(*order, 3))
    assert rec.Normal(0.0, 1.0).transpose() == rec.Normal(0.0, 1.0)
    codec = rec.ADStar(1, 2)
    means = loc / 24.0
    expected = codec.encode(rec.Normal(means.transpose(order), 0.5), P).sample
    assert same_bits(codec.encode(rec.Normal(means, 0.5).transpose(axes), P).sample, expected)


@pytest.mark.parametrize("axes", [(0,), (0, 1), (0, 0, 1), (0, 1, 3), (0, 1, 2, 2), (0, 1, 1.5)])
def test_axes_that_are_none(axes: tuple[Any, ...]) -> None:
    with pytest.raises(rec.ParameterError, match="axes"):
        rec.Normal(np.zeros((2, 3, 4)), 1.0).transpose(*axes)
