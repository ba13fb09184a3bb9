"""Targets and proposals: what they take, what they hold, and what becomes of other libraries'."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import astar_rec as rec
from astar_rec.codecs import methods
from common import ARRAY_CODECS, CODECS, FAMILIES, each_codec, each_family, same_bits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = rec.Normal(0.0, 1.0)
NAMES = {"Uniform": ("low", "high")}


def names(family: str) -> tuple[str, str]:
    return NAMES.get(family, ("loc", "scale"))


def parameters(d: rec.Distribution) -> tuple[np.ndarray, np.ndarray]:
    a, b = names(type(d).__name__)
    return getattr(d, a), getattr(d, b)


def values(d: rec.Distribution) -> tuple[Any, Any]:
    first, second = parameters(d)
    return first.tolist(), second.tolist()


# --- What they are ------------------------------------------------------------------------------


@each_family
def test_attributes(family: str) -> None:
    make = getattr(rec, family)
    d = make([[0.0], [1.0]], [2.0, 3.0, 4.0])
    first, second = parameters(d)
    assert d.shape == (2, 3)
    assert (first.shape, second.shape) == ((2, 1), (3,))
    assert first.dtype == second.dtype == np.float64
    a, b = names(family)
    assert values(make(**{a: 1.0, b: 2.0})) == (1.0, 2.0)


@each_family
def test_repr(family: str) -> None:
    a, b = names(family)
    make = getattr(rec, family)
    assert repr(make(0, 2)) == f"{family}({a}=0.0, {b}=2.0)"
    assert repr(make(np.zeros((2, 1)), 0.25)) == f"{family}({a}=[[0.0], [0.0]], {b}=0.25)"
    # Long arrays are not written out.
    assert repr(make(np.zeros((3, 3)), 0.25)) == f"{family}({a}=<array of shape (3, 3)>, {b}=0.25)"
    # Nor are those whose shape would be lost.
    assert repr(make(np.zeros((0, 3)), 0.25)) == f"{family}({a}=<array of shape (0, 3)>, {b}=0.25)"


@each_family
@settings(deadline=None, max_examples=30)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3), st.data())
def test_repr_makes_an_equal_distribution(
    family: str, shapes: hnp.BroadcastableShapes, data: st.DataObject
) -> None:
    first, second = (
        data.draw(hnp.arrays(np.float64, shape, elements=st.floats(low, high)))
        for shape, low, high in zip(shapes.input_shapes, (-3.0, 4.0), (3.0, 1e300), strict=True)
    )
    d = getattr(rec, family)(first, second)
    if first.size <= 8 and second.size <= 8:
        again = eval(repr(d), vars(rec))
        assert again == d
        assert repr(again) == repr(d)
    assert len(repr(d)) < 500


@each_family
def test_frozen(family: str) -> None:
    d = getattr(rec, family)([0.0, 1.0], 2.0)
    for name in (*names(family), "shape", "something_else"):
        with pytest.raises(AttributeError):
            setattr(d, name, (1,))
    for array in parameters(d):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 7.0
    assert d.shape == (2,)


@each_family
def test_arguments_stay_writable(family: str) -> None:
    first = np.zeros(3)
    getattr(rec, family)(first, 1.0)
    first[0] = 1.0
    assert first.flags.writeable


@each_family
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(family: str, protocol: int) -> None:
    d = getattr(rec, family)([[0.0], [1.0]], [2.0, 3.0])
    again = pickle.loads(pickle.dumps(d, protocol))
    assert type(again) is type(d)
    assert again.shape == d.shape
    assert values(again) == values(d)
    assert not parameters(again)[0].flags.writeable


@each_family
@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy])
def test_copy(family: str, make_copy: Callable[[Any], Any]) -> None:
    d = getattr(rec, family)([0.0, 1.0], 2.0)
    assert values(make_copy(d)) == values(d)


# --- Broadcasting -------------------------------------------------------------------------------


@settings(deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=4, max_dims=4, max_side=3))
def test_broadcasting_follows_numpy(shapes: hnp.BroadcastableShapes) -> None:
    rng = np.random.default_rng(0)
    a, c = (rng.uniform(-0.5, 0.5, size=shape) for shape in shapes.input_shapes[:2])
    b, d = (rng.uniform(0.5, 1.0, size=shape) for shape in shapes.input_shapes[2:])
    q, p = rec.Normal(a, b), rec.Normal(c, d)
    assert q.shape == np.broadcast_shapes(a.shape, b.shape)
    codec = rec.ADStar(seed=3)
    r = codec.encode(q, p)
    assert r.index.shape == r.sample.shape == r.steps.shape == shapes.result_shape
    # What broadcasts is what would have been written out.
    full = [np.broadcast_to(x, shapes.result_shape).copy() for x in (a, b, c, d)]
    assert same_bits(r.sample, codec.encode(rec.Normal(*full[:2]), rec.Normal(*full[2:])).sample)
    assert same_bits(codec.decode(r.index, p), r.sample)


# --- Arrays of all kinds ------------------------------------------------------------------------

GRID = np.arange(24).reshape(4, 6) / 32 - 0.25


def memory_mapped(array: np.ndarray, folder: Path) -> np.ndarray:
    np.save(folder / "a.npy", array)
    return np.load(folder / "a.npy", mmap_mode="r")


def unaligned(array: np.ndarray) -> np.ndarray:
    return np.frombuffer(b"x" + array.tobytes(), offset=1).reshape(array.shape)


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


def non_contiguous(array: np.ndarray) -> np.ndarray:
    wide = np.full((array.shape[0] * 2, array.shape[1] * 3), np.nan)
    wide[::2, ::3] = array
    return wide[::2, ::3]


LAYOUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(map(tuple, a.tolist())),
    "fortran": np.asfortranarray,
    "non-contiguous": non_contiguous,
    "negative strides": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": lambda a: a.T.copy().T,
    "big-endian": lambda a: a.astype(">f8"),
    "little-endian": lambda a: a.astype("<f8"),
    "read-only": read_only,
    "unaligned": unaligned,
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "longdouble": lambda a: a.astype(np.longdouble),
    "big-endian float32": lambda a: a.astype(">f4"),
    "structured field": lambda a: np.rec.fromarrays([a, a], names="x,y")["y"],
    "subclass": lambda a: a.view(np.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@each_codec
def test_memory_layouts(codec_case: Any, layout: str) -> None:
    codec = codec_case.make(5)
    expected = codec.encode(rec.Normal(GRID, 0.5), P)
    loc = LAYOUTS[layout](GRID)
    q = rec.Normal(loc, 0.5)
    assert q.loc.dtype == np.float64
    assert q.loc.dtype.isnative
    assert q.loc.tolist() == GRID.tolist()
    for a, b in zip(codec.encode(q, P), expected, strict=True):
        assert np.array_equal(a, b)
    # As a proposal's parameter, in encoding and decoding.
    p = rec.Normal(loc, 1.0)
    r = codec.encode(rec.Normal(GRID, 0.5), p)
    assert same_bits(codec.decode(r.index, p), r.sample)
    assert same_bits(codec.decode(r.index, rec.Normal(GRID, 1.0)), r.sample)


@each_family
def test_memory_mapped(family: str, tmp_path: Path) -> None:
    d = getattr(rec, family)(memory_mapped(GRID, tmp_path), 2.0)
    assert values(d) == (GRID.tolist(), 2.0)
    codec = rec.ADStar(0)
    p = getattr(rec, family)(-9.0, 9.0)
    assert same_bits(
        codec.encode(d, p).sample, codec.encode(getattr(rec, family)(GRID, 2.0), p).sample
    )


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u2"])
def test_integers(dtype: str) -> None:
    q = rec.Normal(np.array([0, 1, 2], dtype), np.array(3, dtype))
    assert values(q) == ([0.0, 1.0, 2.0], 3.0)
    assert values(rec.Uniform(0, 3)) == (0.0, 3.0)


def test_float64_is_held_without_a_copy() -> None:
    loc = np.zeros(5)
    assert np.shares_memory(rec.Normal(loc, 1.0).loc, loc)
    backwards = np.zeros(5)[::-1]
    assert np.shares_memory(rec.Normal(backwards, 1.0).loc, backwards)


@each_codec
def test_zero_dimensional(codec_case: Any) -> None:
    codec = codec_case.make(2)
    for loc in (0.25, np.float64(0.25), np.array(0.25), np.float32(0.25), np.float16(0.25)):
        q = rec.Normal(loc, 0.5)
        assert q.shape == ()
        r = codec.encode(q, P)
        assert r.index.shape == r.sample.shape == r.steps.shape == ()
        assert same_bits(codec.decode(r.index, P), r.sample)
        assert same_bits(codec.decode(int(r.index), P), r.sample)


@each_codec
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_empty(codec_case: Any, shape: tuple[int, ...]) -> None:
    codec = codec_case.make(2)
    q = rec.Normal(np.zeros(shape), np.ones(shape[-1:]))
    r = codec.encode(q, P)
    assert r.index.shape == r.sample.shape == r.steps.shape == shape
    assert codec.decode(r.index, P).shape == shape


@each_family
def test_empty_parameters(family: str) -> None:
    assert getattr(rec, family)([], 1.0).shape == (0,)
    assert getattr(rec, family)(np.empty((0, 1)), np.ones(4)).shape == (0, 4)


# --- Other libraries' distributions -------------------------------------------------------------


def same(d: rec.Distribution, expected: rec.Distribution) -> bool:
    return type(d) is type(expected) and values(d) == values(expected) and d.shape == expected.shape


@each_family
def test_own_distributions_are_returned_as_they_are(family: str) -> None:
    d = getattr(rec, family)([0.0, 1.0], 2.0)
    assert rec.as_distribution(d) is d


SCIPY = {"norm": "Normal", "laplace": "Laplace", "logistic": "Logistic"}


@pytest.mark.parametrize("family", SCIPY)
def test_scipy_frozen(family: str) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    make, mine = getattr(stats, family), getattr(rec, SCIPY[family])
    array = np.array([1.0, -2.0])
    for frozen, loc, scale in [
        (make(), 0.0, 1.0),
        (make(1.5), 1.5, 1.0),
        (make(1.5, 2.0), 1.5, 2.0),
        (make(1.5, scale=2.0), 1.5, 2.0),
        (make(loc=1.5), 1.5, 1.0),
        (make(scale=2), 0.0, 2.0),
        (make(scale=2.0, loc=1.5), 1.5, 2.0),
        (make(array), array, 1.0),
        (make(array, [[0.5], [0.25]]), array, [[0.5], [0.25]]),
        (make(loc=array.astype(np.float32)), array, 1.0),
    ]:
        assert same(rec.as_distribution(frozen), mine(loc, scale))


def test_scipy_uniform() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    # SciPy's are (low, width).
    for frozen, low, high in [
        (stats.uniform(), 0.0, 1.0),
        (stats.uniform(1.0), 1.0, 2.0),
        (stats.uniform(1, 2), 1.0, 3.0),
        (stats.uniform(loc=-1.0, scale=4.0), -1.0, 3.0),
        (stats.uniform(scale=[1.0, 2.0]), 0.0, [1.0, 2.0]),
        (stats.uniform([[1.0], [2.0]], [1.0, 2.0]), [[1.0], [2.0]], [[2.0, 3.0], [3.0, 4.0]]),
    ]:
        assert same(rec.as_distribution(frozen), rec.Uniform(low, high))


def test_scipy_normal_class() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    if not hasattr(stats, "Normal"):
        pytest.skip("the installed SciPy has no class Normal")
    assert same(rec.as_distribution(stats.Normal()), rec.Normal(0.0, 1.0))
    assert same(rec.as_distribution(stats.Normal(mu=1.0, sigma=2.0)), rec.Normal(1.0, 2.0))
    many = stats.Normal(mu=[1.0, 2.0], sigma=[[1.0], [3.0]])
    assert rec.as_distribution(many).shape == (2, 2)
    assert np.broadcast_to(rec.as_distribution(many).scale, (2, 2)).tolist() == [[1, 1], [3, 3]]
    with pytest.raises(rec.ParameterError):
        rec.as_distribution(2.0 * stats.Normal() + 1.0)


def test_scipy_uniform_class() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    if not hasattr(stats, "Uniform"):
        pytest.skip("the installed SciPy has no class Uniform")
    assert same(rec.as_distribution(stats.Uniform(a=-1.0, b=2.0)), rec.Uniform(-1.0, 2.0))


@each_codec
def test_codecs_convert_scipy(codec_case: Any) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    codec = codec_case.make(4)
    q, p = stats.norm([0.1, 0.2], 0.5), stats.norm()
    r = codec.encode(q, p)
    assert same_bits(r.sample, codec.encode(rec.Normal([0.1, 0.2], 0.5), P).sample)
    assert same_bits(codec.decode(r.index, p), r.sample)
    assert same_bits(
        rec.decompress(rec.compress(q, p, codec=rec.ADStar(0)), p),
        rec.ADStar(0).encode(q, p).sample,
    )


@pytest.mark.parametrize("family", ["expon", "cauchy", "t", "gamma", "norm-discrete"])
def test_scipy_families_without_a_counterpart(family: str) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    frozen = stats.poisson(3) if family == "norm-discrete" else None
    if frozen is None:
        frozen = getattr(stats, family)(*([2.0] if family in ("t", "gamma") else []))
    with pytest.raises(rec.ParameterError, match=r"expected Normal, Laplace, Logistic or Uniform"):
        rec.as_distribution(frozen)


def test_scipy_with_impossible_parameters() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    with pytest.raises(rec.ParameterError, match=r"scale is -1\.0"):
        rec.as_distribution(stats.norm(0.0, -1.0))
    with pytest.raises(rec.ParameterError, match="nan"):
        rec.as_distribution(stats.norm(np.nan))
    with pytest.raises(rec.ParameterError):
        rec.as_distribution(stats.uniform(0.0, 0.0))


def test_names_of_scipy_say_nothing() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")

    class Triangle(stats.rv_continuous):
        def _pdf(self, x: np.ndarray) -> np.ndarray:
            return np.maximum(1.0 - np.abs(x), 0.0)

    class Narrower(type(stats.norm)):
        def _pdf(self, x: np.ndarray) -> np.ndarray:
            return 2.0 * super()._pdf(2.0 * x)

    half = type(stats.norm)(a=0.0, name="norm")
    for impostor in (Triangle(a=-1.0, b=1.0, name="norm"), Narrower(name="norm"), half):
        for frozen in (impostor(), impostor(loc=1.0, scale=2.0)):
            with pytest.raises(rec.ParameterError, match="expected Normal, Laplace, Logistic or"):
                rec.as_distribution(frozen)
    # Another name for the same is the same.
    renamed = type(stats.norm)(name="gaussian")
    assert rec.as_distribution(renamed(1.0, 2.0)) == rec.Normal(1.0, 2.0)
    # What is not frozen has no parameters.
    with pytest.raises(rec.ParameterError):
        rec.as_distribution(stats.norm)


def test_subclass_of_scipy_class() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy's distributions are optional")
    if not hasattr(stats, "Normal"):
        pytest.skip("the installed SciPy has no class Normal")

    class Mine(stats.Normal):
        """Elsewhere, and a Normal."""

    assert rec.as_distribution(Mine(mu=1.0, sigma=2.0)) == rec.Normal(1.0, 2.0)


class FakeTorch:
    """Stands in for the module ``torch.distributions``: ancestry alone is asked for."""

    class Normal:
        """A normal distribution of PyTorch's."""

        def __init__(self, loc: object, scale: object) -> None:
            self.loc, self.scale = loc, scale

    class Independent:
        """Some distribution of which the last axes make up one event."""

        def __init__(self, base_dist: object, axes: int) -> None:
            self.base_dist, self.axes = base_dist, axes

    class Cauchy:
        """No family of this package."""

        loc = scale = 1.0


@pytest.mark.parametrize("wrap", [0, 1, 2])
def test_subclasses_of_torch(monkeypatch: pytest.MonkeyPatch, wrap: int) -> None:
    class Posterior(FakeTorch.Normal):
        """A user's own."""

    def wrapped(d: object) -> object:
        for _ in range(wrap):
            d = FakeTorch.Independent(d, 1)
        return d

    q = wrapped(Posterior([0.0, 1.0], 0.5))
    # Without the library, there is none of its distributions.
    monkeypatch.delitem(sys.modules, "torch.distributions", raising=False)
    with pytest.raises(rec.ParameterError):
        rec.as_distribution(q)
    monkeypatch.setitem(sys.modules, "torch.distributions", FakeTorch)
    assert rec.as_distribution(q) == rec.Normal([0.0, 1.0], 0.5)
    r = rec.ADStar(1).encode(q, wrapped(FakeTorch.Normal(0.0, 1.0)))
    assert same_bits(r.sample, rec.ADStar(1).encode(rec.Normal([0.0, 1.0], 0.5), P).sample)
    with pytest.raises(rec.ParameterError, match="expected Normal, Laplace, Logistic or Uniform"):
        rec.as_distribution(wrapped(FakeTorch.Cauchy()))


def test_names_of_torch_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.distributions", FakeTorch)
    impostor = type("Normal", (), {"loc": 0.0, "scale": 1.0, "__module__": "torch.distributions"})
    with pytest.raises(rec.ParameterError):
        rec.as_distribution(impostor())


def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch's distributions are optional")


@pytest.mark.parametrize("family", ["Normal", "Laplace", "Uniform"])
def test_torch(family: str) -> None:
    t = torch()
    mine = getattr(rec, family)
    make = getattr(t.distributions, family)
    loc, scale = t.tensor([[0.5], [1.5]]), t.tensor([2.0, 3.0, 4.0])
    d = rec.as_distribution(make(loc, scale))
    assert d.shape == (2, 3)
    expected = mine(loc.numpy(), scale.numpy())
    for a, b in zip(parameters(d), parameters(expected), strict=True):
        assert np.broadcast_to(a, (2, 3)).tolist() == np.broadcast_to(b, (2, 3)).tolist()
    assert same(rec.as_distribution(make(0.0, 1.0)), mine(0.0, 1.0))
    double = make(t.tensor(0.1, dtype=t.float64), t.tensor(0.3, dtype=t.float64))
    assert same(rec.as_distribution(double), mine(0.1, 0.3))


@pytest.mark.parametrize("family", ["Normal", "Laplace", "Uniform"])
def test_torch_independent(family: str) -> None:
    t = torch()
    base = getattr(t.distributions, family)(t.zeros(4, 3), t.ones(4, 3))
    for axes in (0, 1, 2):
        d = rec.as_distribution(t.distributions.Independent(base, axes))
        assert type(d).__name__ == family
        assert d.shape == (4, 3)
    twice = t.distributions.Independent(t.distributions.Independent(base, 1), 1)
    assert rec.as_distribution(twice).shape == (4, 3)


def test_torch_requires_grad() -> None:
    t = torch()
    loc = t.tensor([0.25, -0.5], requires_grad=True)
    scale = t.nn.Parameter(t.tensor([0.5, 0.25]))
    q = rec.as_distribution(t.distributions.Normal(loc, scale))
    assert values(q) == ([0.25, -0.5], [0.5, 0.25])
    assert values(rec.Normal(loc, scale)) == values(q)
    assert loc.requires_grad
    # And in the middle of a graph.
    assert values(rec.Normal(2 * loc, scale.exp().log() + 1.0))[0] == [0.5, -1.0]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_torch_dtypes(dtype: str) -> None:
    t = torch()
    loc = t.tensor([0.25, -0.5], dtype=getattr(t, dtype))
    q = rec.as_distribution(t.distributions.Normal(loc, t.ones_like(loc)))
    assert values(q) == ([0.25, -0.5], [1.0, 1.0])
    assert values(rec.Normal(loc, 1.0)) == ([0.25, -0.5], 1.0)


def test_torch_integers_and_layouts() -> None:
    t = torch()
    assert values(rec.Normal(t.tensor([1, 2]), t.tensor(3))) == ([1.0, 2.0], 3.0)
    grid = t.from_numpy(GRID.copy())
    assert rec.Normal(grid.t(), 1.0).loc.tolist() == GRID.T.tolist()
    assert rec.Normal(grid[::2, ::3], 1.0).loc.tolist() == GRID[::2, ::3].tolist()
    assert rec.Normal(t.zeros(()).expand(3), 1.0).shape == (3,)
    assert rec.Normal(t.empty(0), 1.0).shape == (0,)


@each_codec
def test_torch_through_codecs(codec_case: Any) -> None:
    t = torch()
    codec = codec_case.make(4)
    q = t.distributions.Normal(t.tensor([0.25, 0.5]), t.tensor(0.5))
    p = t.distributions.Independent(t.distributions.Normal(t.zeros(2), t.ones(2)), 1)
    r = codec.encode(q, p)
    assert same_bits(r.sample, codec.encode(rec.Normal([0.25, 0.5], 0.5), P).sample)
    assert same_bits(codec.decode(r.index, p), r.sample)


def test_torch_families_without_a_counterpart() -> None:
    t = torch()
    d = t.distributions
    base = d.Normal(t.zeros(2), t.ones(2))
    for other in (
        d.Cauchy(0.0, 1.0),
        d.LogNormal(0.0, 1.0),
        d.MultivariateNormal(t.zeros(2), t.eye(2)),
        d.TransformedDistribution(base, d.transforms.ExpTransform()),
        d.Independent(d.Cauchy(t.zeros(2), 1.0), 1),
        t.zeros(2),
    ):
        with pytest.raises(rec.ParameterError, match="expected Normal, Laplace, Logistic or"):
            rec.as_distribution(other)


def test_torch_with_impossible_parameters() -> None:
    t = torch()
    with pytest.raises(rec.ParameterError, match="nan"):
        rec.as_distribution(t.distributions.Normal(t.tensor(np.nan), 1.0, validate_args=False))
    with pytest.raises(rec.ParameterError, match="real numbers"):
        rec.Normal(t.tensor([1.0 + 2.0j]), 1.0)


class Normal:
    """Looks like a distribution, comes from nowhere."""

    loc = 0.0
    scale = 1.0


@pytest.mark.parametrize(
    "unknown",
    [Normal(), Normal, rec.Normal, None, 3, "norm", (0.0, 1.0), {"loc": 0.0}, np.zeros(2)],
)
def test_unknown_objects(unknown: object) -> None:
    with pytest.raises(rec.ParameterError) as caught:
        rec.as_distribution(unknown)
    assert caught.value.argument == "distribution"
    for call in (
        lambda: rec.ADStar(0).encode(unknown, P),
        lambda: rec.ADStar(0).encode(P, unknown),
        lambda: rec.ADStar(0).decode([1], unknown),
        lambda: rec.kl_bits(unknown, P),
        lambda: rec.compress(P, unknown),
    ):
        with pytest.raises(rec.ParameterError):
            call()


def test_neither_scipy_nor_torch_is_imported() -> None:
    program = """
import sys
import astar_rec as rec
class Fake:
    loc, scale = 0.0, 1.0
for module in ("scipy", "torch", "elsewhere"):
    Fake.__module__ = module + ".stats"
    try:
        rec.as_distribution(Fake())
    except rec.ParameterError:
        pass
p = rec.Normal(0.0, 1.0)
rec.as_distribution(p)
rec.decompress(rec.compress(rec.Normal([0.5], 0.5), p), p)
rec.kl_bits(rec.Logistic(0.0, 1.0), rec.Logistic(0.0, 1.0))
rec.isokl_normal(0.0, 1.0)
optional = {"scipy", "torch", "click", "PIL", "astar_rec.cli", "astar_rec.reference"}
print(sorted(optional & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


# --- Any numbers at all -------------------------------------------------------------------------

REALS = st.floats(width=64) | st.integers(-(2**70), 2**70) | st.booleans()


@settings(deadline=None)
@given(st.sampled_from(FAMILIES), REALS, REALS)
def test_any_parameters_are_held_or_refused(family: str, a: float, b: float) -> None:
    try:
        d = getattr(rec, family)(a, b)
    except rec.ParameterError as error:
        assert error.argument in names(family)  # noqa: PT017
    else:
        first, second = values(d)
        assert (first, second) == (float(a), float(b))
        assert second > (first if family == "Uniform" else 0.0)
        assert np.isfinite([first, second]).all()


def test_every_codec_is_in_the_shared_list() -> None:
    made = {type(case.make(0)) for case in [*CODECS, *ARRAY_CODECS]}
    # Uniform noise alone, normals alone, a seed of the sender's own, indices with gaps: they have
    # tests of their own.
    made |= {rec.UniversalQuantization, rec.GreedyPoissonRejection, rec.GreedyRejectionCoding}
    made |= {rec.PoissonPrivateRepresentation, rec.HybridCoding}
    assert made == {kind for kind in methods() if kind.__module__.startswith("astar_rec.")}
