"""Errors: one family, each saying which argument, which value, which element."""

from __future__ import annotations

import contextlib
import copy
import io
import pickle
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import astar_rec as rec
from astar_rec.codecs import method_named
from common import CODECS, FAMILIES, each_codec, each_family, same_bits, shown

if TYPE_CHECKING:
    from collections.abc import Callable

P = rec.Normal(0.0, 1.0)
Q = rec.Normal([0.25, -0.5], 0.5)
EXACT = [case for case in CODECS if case.exact]
each_exact_codec = pytest.mark.parametrize("codec_case", EXACT, ids=lambda case: case.name)


def refused(call: Callable[[], Any]) -> rec.ParameterError:
    """Return the ParameterError of a call, after a look at its message."""
    with pytest.raises(rec.ParameterError) as caught:
        call()
    error = caught.value
    message = str(error)
    assert message.startswith(error.argument)
    assert " is " in message
    assert "; expected " in message
    assert len(message) < 400
    assert "\n" not in message
    if error.position:
        assert f"at {list(error.position)}" in message
        assert all(type(i) is int for i in error.position)
    return error


# --- The family ---------------------------------------------------------------------------------

ERRORS = [
    rec.ParameterError("scale", -1.0, "a positive number", (1, 2)),
    rec.DivergenceError((3,), 70.5, 60.0, "too far"),
    rec.BoundError((0, 1), 0.5, 2.0, 1.5),
    rec.CorruptDataError("no checksum"),
]
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


@each_error
def test_one_family(error: rec.RecError) -> None:
    assert isinstance(error, rec.RecError)
    assert isinstance(error, ValueError)
    assert type(error).__doc__


@each_error
def test_attributes_stand_in_the_message(error: rec.RecError) -> None:
    message = str(error)
    for value in vars(error).values():
        if isinstance(value, tuple):
            assert str(list(value)) in message
        else:
            assert re.search(re.escape(f"{value}".removesuffix(".0")), message)


def pickled(error: rec.RecError) -> Any:
    return pickle.loads(pickle.dumps(error))


@each_error
@pytest.mark.parametrize("again", [pickled, copy.copy], ids=["pickle", "copy"])
def test_errors_can_be_pickled(error: rec.RecError, again: Callable[[Any], Any]) -> None:
    # So that a process pool can hand them to its parent.
    other = again(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert vars(other) == vars(error)


def test_long_values_are_shortened() -> None:
    error = refused(lambda: rec.compress(Q, P, code="x" * 1000))
    assert "..." in str(error)
    assert error.value == "x" * 1000


# --- Parameters ---------------------------------------------------------------------------------


@each_family
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_not_finite(family: str, bad: float, which: int) -> None:
    good = [np.zeros((2, 3)), np.ones((2, 3))]
    good[which][1, 1:] = bad
    error = refused(lambda: getattr(rec, family)(*good))
    name = ("low", "high") if family == "Uniform" else ("loc", "scale")
    assert error.argument == name[which]
    assert error.position == (1, 1)
    assert same_bits(error.value, bad)
    assert "finite" in str(error)


@pytest.mark.parametrize("family", ["Normal", "Laplace", "Logistic"])
@pytest.mark.parametrize("bad", [0.0, -0.0, -1.0, -1e-300])
def test_scale_not_positive(family: str, bad: float) -> None:
    scale = np.array([[1.0, 2.0, 1.0], [5e-324, bad, -7.0]])
    error = refused(lambda: getattr(rec, family)(0.0, scale))
    assert (error.argument, error.value, error.position) == ("scale", bad, (1, 1))
    assert "positive" in str(error)
    # The first in C order, also of an array that lies in memory in another.
    transposed = np.asfortranarray(scale)
    assert refused(lambda: getattr(rec, family)(0.0, transposed)).position == (1, 1)
    # No array, no position to speak of.
    alone = refused(lambda: getattr(rec, family)(0.0, bad))
    assert not alone.position
    assert "at [" not in str(alone)


def test_high_not_above_low() -> None:
    error = refused(lambda: rec.Uniform([[0.0], [1.0]], [2.0, 1.0, 0.5]))
    assert (error.argument, error.value, error.position) == ("high", 1.0, (1, 1))
    assert refused(lambda: rec.Uniform(1.0, 1.0)).argument == "high"


@each_family
def test_too_large(family: str) -> None:
    error = refused(lambda: getattr(rec, family)([-1.7e308, 0.0], 1.0))
    assert error.position == (0,)
    refused(lambda: getattr(rec, family)(0.0, 1.7e308))


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max,
    reason="long doubles are no longer than doubles here",
)
def test_longdouble_beyond_float64() -> None:
    loc = np.array([0.0, 1.0], np.longdouble)
    loc[1] = np.finfo(np.longdouble).max
    error = refused(lambda: rec.Normal(loc, 1.0))
    assert error.position == (1,)


@each_family
@pytest.mark.parametrize(
    "bad",
    [
        None,
        "1.0",
        b"1",
        1j,
        [1.0, None],
        [1.0, "a"],
        [[1.0], [1.0, 2.0]],
        {"a": 1},
        {1.0, 2.0},
        object(),
        np.array([1.0], object),
        np.array(["2020-01-01"], "M8[D]"),
        np.zeros(2, "i4,f8"),
        10**30,
        True,
        lambda: 1.0,
        range,
    ],
    ids=shown,
)
def test_no_real_numbers(family: str, bad: object) -> None:
    error = refused(lambda: getattr(rec, family)(bad, 1.0))
    assert error.argument in ("loc", "low")
    assert "real numbers" in str(error)
    refused(lambda: getattr(rec, family)(0.0, bad))


def test_shapes_that_do_not_broadcast() -> None:
    for call in (
        lambda: rec.Normal(np.zeros(2), np.ones(3)),
        lambda: rec.ADStar(0).encode(rec.Normal(np.zeros(2), 1.0), rec.Normal(np.zeros(3), 1.0)),
        lambda: rec.kl_bits(rec.Normal(np.zeros(2), 1.0), rec.Normal(np.zeros(3), 1.0)),
        lambda: rec.isokl_normal(np.zeros(2), np.ones(3)),
        lambda: rec.CustomTarget(np.log, mode=np.zeros(2), shape=(3,)),
        lambda: rec.ADStar(0).encode(
            rec.CustomTarget(np.log, mode=np.zeros(2)), rec.Uniform(np.zeros(3), 1.0)
        ),
        lambda: rec.ADStar(0).decode([1, 2], rec.Normal(np.zeros(3), 1.0)),
        # A proposal must not make more of the indices than there are.
        lambda: rec.ADStar(0).decode([1], rec.Normal(np.zeros(2), 1.0)),
        lambda: rec.ADStar(0).decode(1, rec.Normal(np.zeros((1, 1)), 1.0)),
        lambda: rec.ADStar(0).decode([1], rec.CustomProposal(np.log, shape=(2,))),
    ):
        error = refused(call)
        assert error.argument.startswith("shape of ")
        assert str(error).count("(") >= 2  # both shapes are there


# What NumPy allows, and what is left where indices of blocks need an axis for their words.
MOST_AXES = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32
AXES = [axes for axes in (31, 32, 33, 40, 63, 64) if axes <= MOST_AXES]
SINGLE: list[rec.Codec] = [rec.ADStar(0), rec.PolarCoding(0), rec.MinimalRandomCoding(8, 0)]
# What compress chooses, too.
IN_WORDS: list[rec.Codec] = [rec.ADStar(0, 2), rec.DADStar(9, 0, block=2), rec.ADStar(0, 3)]


def of_many_axes(axes: int) -> rec.Normal:
    return rec.Normal(np.full((1,) * axes, 0.25), np.ones(3) / 2)


def there_and_back(q: rec.Normal, codec: rec.Codec | None) -> None:
    """By arrays and by containers, if the codec is not left open."""
    if codec is not None:
        r = codec.encode(q, P)
        assert same_bits(codec.decode(r.message, P, shape=q.shape), r.sample)
    data, x = rec.compress(q, P, codec=codec, return_sample=True)
    assert x.shape == q.shape
    assert same_bits(rec.decompress(data, P), x)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("codec", [*SINGLE, *IN_WORDS, None], ids=repr)
def test_many_axes(codec: rec.Codec | None, axes: int) -> None:
    if axes > 32:
        assert refused(lambda: of_many_axes(axes)).argument == "shape of loc"
        return
    q = of_many_axes(axes)
    if axes < MOST_AXES or codec in SINGLE:
        there_and_back(q, codec)
        return
    for call in (
        lambda: there_and_back(q, codec),
        lambda: rec.compress(q, P, codec=codec),
        lambda: rec.ADStar(0, 2).decode(np.ones((1, 2, 2), np.uint64), P, shape=q.shape),
    ):
        error = refused(call)
        assert error.argument == "shape of samples"
        assert "at most 31 axes with blocks" in str(error)


def test_a_container_of_blocks_and_many_axes() -> None:
    """What NumPy 2 wrote is read with it, and refused by name with older ones."""
    data = bytes.fromhex(f"412a5243030200050d010502000020{'01' * 31}03d8a22706c500016e420be960")
    if MOST_AXES > 32:
        x = rec.decompress(data, P)
        assert same_bits(x, rec.ADStar(5, 2).encode(of_many_axes(32), P).sample)
    else:
        assert refused(lambda: rec.decompress(data, P)).argument == "shape of samples"


# --- Indices ------------------------------------------------------------------------------------


@each_codec
@pytest.mark.parametrize("dtype", ["i8", "f8", "?", "O", "u4", "i1", "c16", "U1", "M8[s]"])
def test_dtypes_of_indices(codec_case: Any, dtype: str) -> None:
    index = np.ones(3, "i8").astype(dtype)
    error = refused(lambda: codec_case.make(0).decode(index, P))
    assert error.argument == "dtype of index"
    assert error.value == str(index.dtype)
    assert "uint64" in str(error)
    for code in (rec.GammaCode(), rec.FixedCode(8)):
        refused(lambda: code.pack(index))  # noqa: B023
        refused(lambda: code.bits(index))  # noqa: B023


@pytest.mark.parametrize("bad", [-1, 2**64, 1.0, True, None, "1", [1], np.float64(1.0), np.True_])
def test_sequences_of_indices(bad: object) -> None:
    error = refused(lambda: rec.ADStar(0).decode([[1, 2], [3, bad]], P))
    assert error.argument == "index"
    assert error.position in ((1, 1), (1,))  # (1,) where the sequences are ragged


@each_codec
def test_indices_out_of_range(codec_case: Any) -> None:
    codec, largest = codec_case.make(0), codec_case.largest_index
    indices = np.array([[1, 1, 1], [1, 0, 0]], np.uint64)
    error = refused(lambda: codec.decode(indices, P))
    assert (error.argument, error.value, error.position) == ("index", 0, (1, 1))
    assert f"from 1 to {largest}" in str(error)
    indices[indices == 0] = largest
    assert np.isfinite(codec.decode(indices, P)).all()
    if largest < 2**64 - 1:
        indices[1, 2] = largest + 1
        error = refused(lambda: codec.decode(indices, P))
        assert (error.value, error.position) == (largest + 1, (1, 2))


@each_codec
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_first_bad_index_of_many(codec_case: Any, threads: int) -> None:
    codec = codec_case.make(0)
    codec = codec.with_threads(threads)
    indices = np.ones((300, 1000), np.uint64)
    indices[123, 456:] = 0
    indices[200:] = 0
    assert refused(lambda: codec.decode(indices, P)).position == (123, 456)


@each_codec
def test_bad_index_for_a_custom_proposal(codec_case: Any) -> None:
    p = rec.CustomProposal(lambda u: u)
    # Custom proposals go through batches: the position is that in the whole.
    for size, where in ((10, 7), (200_000, 7), (200_000, 70_000), (200_000, 199_999)):
        indices = np.ones(size, np.uint64)
        indices[where] = 0
        error = refused(lambda: codec_case.make(0).decode(indices, p))  # noqa: B023
        assert (error.argument, error.value, error.position) == ("index", 0, (where,))


@pytest.mark.parametrize(
    "out",
    [
        np.ones(2, np.float32),
        np.ones(2, ">f8"),
        np.ones(2, np.uint64),
        np.ones(3),
        np.ones((2, 1)),
        np.ones(()),
        np.ones((2, 2))[:, 0],
        np.ones(4)[::-2],
        np.broadcast_to(np.ones(1), 2),
        [0.0, 0.0],
        "out",
        3.0,
    ],
    ids=shown,
)
def test_out(out: Any) -> None:
    before = np.array(out, copy=True)
    error = refused(lambda: rec.ADStar(0).decode([1, 2], P, out=out))
    assert error.argument == "out"
    assert "float64" in str(error)
    assert np.asarray(out).tobytes() == before.tobytes()


def test_out_read_only() -> None:
    out = np.zeros(2)
    out.flags.writeable = False
    assert refused(lambda: rec.ADStar(0).decode([1, 2], P, out=out)).argument == "out"
    assert out.tolist() == [0.0, 0.0]


@each_codec
def test_out_is_filled_and_returned(codec_case: Any) -> None:
    codec = codec_case.make(3)
    out = np.zeros((2, 2))
    indices = [[1, 2], [3, 4]]
    assert codec.decode(indices, P, out=out) is out
    assert same_bits(out, codec.decode(indices, P))
    p = rec.CustomProposal(lambda u: u)
    assert codec.decode(indices, p, out=out) is out
    assert same_bits(out, codec.decode(indices, p))


WORDS, FLOATS = np.zeros(2, np.uint64), np.zeros(2)
READ_ONLY = np.broadcast_to(np.zeros(1), 2)
UNALIGNED = np.frombuffer(bytearray(17), np.uint8)[1:].view(np.float64)


@pytest.mark.parametrize(
    ("argument", "out"),
    [
        ("out", (WORDS, FLOATS, WORDS.copy())),
        ("out", FLOATS),
        ("out.index", rec.Encoded(FLOATS, FLOATS, WORDS)),
        ("out.index", rec.Encoded(WORDS.astype("i8"), FLOATS, WORDS)),
        ("out.index", rec.Encoded(WORDS[:1], FLOATS, WORDS)),
        ("out.index", rec.Encoded([1, 2], FLOATS, WORDS)),
        ("out.sample", rec.Encoded(WORDS, FLOATS.astype(np.float32), WORDS.copy())),
        ("out.sample", rec.Encoded(WORDS, np.zeros((1, 2)), WORDS.copy())),
        ("out.sample", rec.Encoded(WORDS, np.zeros(4)[::2], WORDS.copy())),
        ("out.sample", rec.Encoded(WORDS, READ_ONLY, WORDS.copy())),
        ("out.sample", rec.Encoded(WORDS, UNALIGNED, WORDS.copy())),
        ("out.sample", rec.Encoded(WORDS, WORDS.view(np.float64), WORDS.copy())),
        ("out.steps", rec.Encoded(WORDS, FLOATS, None)),
        ("out.steps", rec.Encoded(WORDS, FLOATS, np.zeros(3, np.uint64))),
        ("out.steps", rec.Encoded(WORDS, FLOATS, WORDS[::-1])),
        ("out.steps", rec.Encoded(WORDS, FLOATS, WORDS)),
        ("out.steps", rec.Encoded(WORDS, FLOATS, FLOATS.view(np.uint64))),
    ],
)
def test_out_of_encode(argument: str, out: Any) -> None:
    for q in (Q, rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=2)):
        error = refused(lambda: rec.ADStar(0).encode(q, P, out=out))  # noqa: B023
        assert error.argument == argument
    assert not WORDS.any()
    assert not FLOATS.any()


def test_out_of_encode_with_blocks() -> None:
    codec = rec.ADStar(0, block=2)
    error = refused(lambda: codec.encode(Q, P, out=rec.ADStar(0).encode(Q, P)))
    assert error.argument == "out.index"
    assert "uint64 array of shape (1, 2)" in str(error)


# --- Numbers ------------------------------------------------------------------------------------

NO_INTEGERS = [1.0, 1.5, "1", None, True, np.True_, [1], (1, 2), np.float32(1), 1j, object()]
MAKERS = [
    rec.GlobalAStar,
    rec.ASStar,
    rec.ADStar,
    lambda **options: rec.DADStar(5, **options),
    lambda **options: rec.MinimalRandomCoding(5, **options),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("bad", [-1, 2**64, -(2**200), 2**200, *NO_INTEGERS], ids=shown)
def test_seed(make: Callable[..., Any], bad: object) -> None:
    error = refused(lambda: make(seed=bad))
    assert error.argument == "seed"
    assert error.value is bad


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("bad", [0, -1, 4097, 2**200, *NO_INTEGERS], ids=shown)
def test_threads(make: Callable[..., Any], bad: object) -> None:
    if bad is None:
        make(seed=0, threads=None)
        return
    error = refused(lambda: make(seed=0, threads=bad))
    assert error.argument == "threads"
    assert error.value is bad


@pytest.mark.parametrize("bad", [0, 4097, 1.5, "2"])
def test_threads_set_later(bad: Any) -> None:
    codec = rec.ADStar(0)
    assert refused(lambda: codec.with_threads(bad)).argument == "threads"


def test_codecs_are_frozen() -> None:
    for codec in (rec.ADStar(0), rec.DADStar(5, 0), rec.MinimalRandomCoding(5, 0)):
        for name in ("threads", "seed", "anything"):
            with pytest.raises(AttributeError):
                setattr(codec, name, 1)


def test_no_codec_has_a_seed_by_default() -> None:
    for make in (rec.GlobalAStar, rec.ASStar, rec.ADStar):
        with pytest.raises(TypeError, match="seed"):
            make()
    for make in (rec.DADStar, rec.MinimalRandomCoding):
        with pytest.raises(TypeError, match="seed"):
            make(5)


@pytest.mark.parametrize("bad", [-1, 64, *NO_INTEGERS], ids=shown)
def test_depth(bad: Any) -> None:
    error = refused(lambda: rec.DADStar(bad, 0))
    assert error.argument == "depth"
    assert "from 0 to 63" in str(error)


@pytest.mark.parametrize("bad", [0, -1, 2**64, *NO_INTEGERS], ids=shown)
def test_max_samples(bad: Any) -> None:
    if bad is not None:
        assert refused(lambda: rec.GlobalAStar(0, max_samples=bad)).argument == "max_samples"


CUSTOM = rec.CustomTarget(lambda x: 0.0 * x, bound=0.0, shape=(2,))


@pytest.mark.parametrize("bad", [-1, 2**48 - 1, 2**48, 2**48 + 1, 2**64, *NO_INTEGERS], ids=shown)
def test_offset(bad: Any) -> None:
    for call in (
        lambda: rec.ADStar(0).encode(Q, P, offset=bad),
        lambda: rec.ADStar(0).encode(CUSTOM, P, offset=bad),
        lambda: rec.ADStar(0).decode([1, 2], P, offset=bad),
        lambda: rec.ADStar(0).decode([1, 2], rec.CustomProposal(np.log), offset=bad),
        lambda: rec.compress(Q, P, offset=bad),
    ):
        assert refused(call).argument == "offset"


@each_codec
def test_largest_offset(codec_case: Any) -> None:
    codec, last = codec_case.make(0), 2**48 - 2
    for target in (Q, CUSTOM):
        r = codec.encode(target, P, offset=last)
        assert same_bits(codec.decode(r.index, P, offset=last), r.sample)
    assert codec.encode(rec.Normal([], 1.0), P, offset=2**48).index.shape == (0,)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.uint64(2**64 - 1), np.int8(3)])
def test_integers_of_all_kinds(seed: Any) -> None:
    a = rec.ADStar(seed, threads=np.int32(1)).encode(Q, P, offset=np.uint8(3))
    b = rec.ADStar(int(seed), threads=1).encode(Q, P, offset=3)
    assert same_bits(a.sample, b.sample)


@pytest.mark.parametrize("bad", ["x", "AD*", "ad*", "", None, 2, b"ad"])
def test_method(bad: Any) -> None:
    error = refused(lambda: method_named(bad))
    assert error.argument == "method"
    assert "global, as, ad, dad, mrc" in str(error)


@pytest.mark.parametrize("bad", ["ad", 2, rec.ADStar, rec.GammaCode()], ids=shown)
def test_no_codec(bad: Any) -> None:
    for call in (
        lambda: rec.compress(Q, P, codec=bad),
        lambda: rec.compress(Q, P, codec=bad, header=False),
        lambda: rec.decompress(b"", P, codec=bad, shape=(2,)),
        lambda: rec.Writer(io.BytesIO(), codec=bad),
        lambda: rec.Reader(b"", codec=bad, shape=(2,)),
    ):
        assert refused(call).argument == "codec"


class OtherCode(rec.GammaCode):
    """Nothing that a container could name."""


@pytest.mark.parametrize(
    "bad", ["gamma", 5, rec.GammaCode, rec.IndexCode(), OtherCode()], ids=shown
)
def test_code(bad: Any) -> None:
    assert refused(lambda: rec.compress(Q, P, code=bad)).argument == "code"


def test_code_too_narrow() -> None:
    q = rec.Normal([0.0, 3.0], [1.0, 0.001])
    error = refused(lambda: rec.compress(q, P, code=rec.FixedCode(2)))
    assert error.argument == "index"
    assert error.position == (1,)
    assert "2^2" in str(error)


@pytest.mark.parametrize("bad", [0, 65, -1, *NO_INTEGERS], ids=shown)
def test_width(bad: Any) -> None:
    assert refused(lambda: rec.FixedCode(bad)).argument == "width"


@pytest.mark.parametrize(
    "bad",
    [1, 1.0, 0.5, -2.0, np.nan, np.inf, 10**400, 1 + 1e-17, "2", None, 2j, [2.0], True],
    ids=lambda bad: repr(bad)[:20],
)
def test_exponent(bad: Any) -> None:
    assert refused(lambda: rec.ZetaCode(bad)).argument == "exponent"


@pytest.mark.parametrize("good", [2, 1.5, np.float64(1.5), np.float32(1.5), np.nextafter(1, 2)])
def test_exponents_of_all_kinds(good: Any) -> None:
    assert 1 <= rec.ZetaCode(good).k <= 63


def test_kl_and_isokl() -> None:
    assert refused(lambda: rec.isokl_normal(0.0, [1.0, 0.0])).position == (1,)
    assert refused(lambda: rec.isokl_normal(0.0, [1.0, -1.0])).argument == "kl_bits"
    error = refused(lambda: rec.isokl_normal([0.0, 5.0], 1.0))
    assert (error.argument, error.value, error.position) == ("loc", 5.0, (1,))
    error = refused(lambda: rec.isokl_normal(0.0, 1.0, rec.Laplace(0.0, 1.0)))
    assert (error.argument, error.value) == ("proposal", "Laplace")
    assert refused(lambda: rec.isokl_normal(np.nan, 1.0)).argument == "loc"
    assert refused(lambda: rec.isokl_normal(0.0, np.inf)).argument == "kl_bits"


@pytest.mark.parametrize(("loc", "bits"), [(0.0, 1e308), (0.0, 5000.0), (1e200, 1.0)])
def test_isokl_far_out(loc: float, bits: float) -> None:
    # Refused, and without a warning of NumPy's on the way.
    refused(lambda: rec.isokl_normal(loc, bits))


@pytest.mark.parametrize(
    ("target", "proposal"),
    [
        ("Normal", "Uniform"),
        ("Logistic", "Normal"),
        ("Laplace", "Logistic"),
        ("Laplace", "Uniform"),
    ],
)
def test_unknown_pairs(target: str, proposal: str) -> None:
    q, p = getattr(rec, target)(0.0, 1.0), getattr(rec, proposal)(0.0, 1.0)
    calls = [lambda case=case: case.make(0).encode(q, p) for case in CODECS]
    for call in (*calls, lambda: rec.kl_bits(q, p)):
        error = refused(call)
        assert (error.argument, error.value) == ("target", f"{target} against {proposal}")


def test_custom_where_it_does_not_belong() -> None:
    target = rec.CustomTarget(lambda x: 0.0 * x, bound=0.0)
    proposal = rec.CustomProposal(lambda u: u)
    error = refused(lambda: rec.ADStar(0).encode(P, proposal))
    assert error.argument == "target"
    assert "CustomTarget" in str(error)
    refused(lambda: rec.ADStar(0).encode(proposal, P))
    refused(lambda: rec.ADStar(0).encode(P, target))
    refused(lambda: rec.ADStar(0).decode([1], target))
    refused(lambda: rec.kl_bits(target, P))
    refused(lambda: rec.kl_bits(P, proposal))


# --- Custom callables ---------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, 3, "x", [len]])
def test_not_callable(bad: Any) -> None:
    assert refused(lambda: rec.CustomTarget(bad, mode=0.0)).argument == "log_ratio"
    assert refused(lambda: rec.CustomProposal(bad)).argument == "quantile"


def test_mode_and_bound() -> None:
    refused(lambda: rec.CustomTarget(np.log))
    refused(lambda: rec.CustomTarget(np.log, mode=0.0, bound=0.0))
    assert refused(lambda: rec.CustomTarget(np.log, mode=np.nan)).argument == "mode"
    assert refused(lambda: rec.CustomTarget(np.log, bound=[0.0, np.inf])).argument == "bound"
    assert refused(lambda: rec.CustomTarget(np.log, bound="x")).argument == "bound"


@pytest.mark.parametrize("bad", [-1, 1.5, "ab", (2, -1), (2, 1.0), [None], 2**48 + 1, True])
def test_shape(bad: Any) -> None:
    assert refused(lambda: rec.CustomTarget(np.log, mode=0.0, shape=bad)).argument == "shape"
    assert refused(lambda: rec.CustomProposal(np.log, shape=bad)).argument == "shape"


WRONG_RESULTS = {
    "nan": (lambda x: x * np.nan, "a number"),
    "nan at one": (lambda x: np.where(np.arange(x.size) == 1, np.nan, -x * x), "a number"),
    "a number": (lambda _: 0.0, "of shape"),
    "None": (lambda _: None, "of shape"),
    "too short": (lambda x: -x[1:], "of shape"),
    "too long": (lambda x: np.append(x, 0.0), "of shape"),
    "a column": (lambda x: x[:, None], "of shape"),
    "complex": (lambda x: x + 0j, "real numbers"),
    "bool": (lambda x: x > 0, "real numbers"),
    "objects": (lambda x: x.astype(object), "real numbers"),
    "strings": (lambda x: x.astype(str), "real numbers"),
    "a generator": (lambda x: (v for v in x), "real numbers"),
    "ragged": (lambda _: [[1.0], [1.0, 2.0]], "real numbers"),
    "itself": (lambda _: np.log, "real numbers"),
}


@pytest.mark.parametrize("name", WRONG_RESULTS)
def test_wrong_results(name: str) -> None:
    function, message = WRONG_RESULTS[name]
    shape = (2, 3)
    bound = rec.CustomTarget(lambda x: -x * x, bound=lambda low, _high: function(low), shape=shape)
    fine = rec.CustomTarget(lambda x: 0.0 * x, bound=0.0, shape=shape)
    proposal = rec.CustomProposal(function)
    for what, call in {
        "log_ratio": lambda: rec.ADStar(0).encode(rec.CustomTarget(function, mode=0.0, shape=6), P),
        "log_ratio ": lambda: rec.ASStar(0).encode(
            rec.CustomTarget(function, bound=9.0, shape=6), P
        ),
        "bound": lambda: rec.ADStar(0).encode(bound, P),
        "quantile": lambda: rec.ADStar(0).encode(fine, proposal),
        "quantile ": lambda: rec.ADStar(0).decode(np.full(shape, 5, np.uint64), proposal),
    }.items():
        error = refused(call)
        assert f"result of {what.strip()}" in error.argument
        assert message in str(error)


def test_nan_names_element_and_point() -> None:
    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        return np.where(element == 4, np.nan, -x * x)

    target = rec.CustomTarget(log_ratio, bound=0.0, shape=(2, 3))
    error = refused(lambda: rec.ADStar(0).encode(target, P))
    assert error.position == (1, 1)
    assert re.fullmatch(r"result of log_ratio\(-?[\d.e-]+\)", error.argument)


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinite_quantiles(infinite: float) -> None:
    target = rec.CustomTarget(lambda x: 0.0 * x, bound=0.0, shape=3)
    proposal = rec.CustomProposal(lambda u: np.where(u > 0.5, u, infinite))
    error = refused(lambda: rec.ADStar(0).encode(target, proposal))
    assert "quantile" in error.argument


def test_decoded_infinite_quantiles() -> None:
    proposal = rec.CustomProposal(lambda u: u * np.inf)
    error = refused(lambda: rec.ADStar(0).decode([1, 1, 1], proposal))
    assert "quantile" in error.argument


def test_decreasing_quantiles() -> None:
    target = rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=(2, 2))
    for quantile in (lambda u: -u, lambda u: np.abs(u - 0.5), lambda u: np.sin(20 * u) + u):
        error = refused(lambda: rec.ADStar(0).encode(target, rec.CustomProposal(quantile)))  # noqa: B023
        assert "quantile" in error.argument
        assert "non-decreasing" in str(error)


@each_codec
def test_infinite_ratio(codec_case: Any) -> None:
    # Infinite density ratios are no densities: refused, never taken for the best sample there is.
    for options in ({"mode": 0.5}, {"bound": 5.0}, {"bound": lambda low, high: 5.0 + low - high}):
        target = rec.CustomTarget(
            lambda x: np.where(np.abs(x) < 0.6, np.inf, 0.0), shape=3, **options
        )
        with pytest.raises(rec.RecError):
            codec_case.make(0).encode(target, P)


@each_codec
def test_no_density_at_all(codec_case: Any) -> None:
    # A search that finds nothing must end, and say so.
    for options in ({"mode": 0.5}, {"bound": lambda low, _high: np.full(low.shape, -np.inf)}):
        target = rec.CustomTarget(lambda x: np.full(x.shape, -np.inf), shape=(1, 2), **options)
        with pytest.raises(rec.DivergenceError) as caught:
            codec_case.make(0).encode(target, P)
        assert caught.value.element == (0, 0)


class OwnError(Exception):
    """Not of the family."""


def fail(*_: object) -> np.ndarray:
    raise OwnError("the user's own")


@each_codec
def test_errors_of_callables_pass_through(codec_case: Any) -> None:
    codec = codec_case.make(0)
    good = rec.CustomTarget(lambda x: -x * x, mode=0.0)
    for call in (
        lambda: codec.encode(rec.CustomTarget(fail, mode=0.0), P),
        lambda: codec.encode(rec.CustomTarget(lambda x: -x, bound=fail), P),
        lambda: codec.encode(good, rec.CustomProposal(fail)),
        lambda: codec.decode([1], rec.CustomProposal(fail)),
        lambda: codec.encode(Q, P, progress=fail),
        lambda: codec.encode(good, P, progress=fail),
    ):
        with pytest.raises(OwnError, match="the user's own"):
            call()
    # And the codec is none the worse for it.
    assert same_bits(codec.encode(Q, P).sample, codec_case.make(0).encode(Q, P).sample)


# --- Too much information -----------------------------------------------------------------------


def diverges(
    codec: rec.Codec, target: Any, proposal: Any, element: tuple[int, ...]
) -> rec.DivergenceError:
    with pytest.raises(rec.DivergenceError) as caught:
        codec.encode(target, proposal)
    error = caught.value
    assert error.element == element
    assert all(type(i) is int for i in error.element)
    assert error.bits > error.limit
    assert f"element {list(element)}" in str(error)
    assert f"{error.bits:.4g} bits, limit {error.limit:.4g}" in str(error)
    return error


def grid(at_fault: float, otherwise: float) -> np.ndarray:
    values = np.full((2, 3), otherwise)
    values[1, 1:] = at_fault
    return values


@each_exact_codec
def test_target_too_far_away(codec_case: Any) -> None:
    codec = codec_case.make(0)
    for family in ("Normal", "Laplace", "Logistic"):
        make = getattr(rec, family)
        for loc in (200.0, -200.0, 1e300):
            error = diverges(codec, make(grid(loc, 0.25), 0.5), make(0.0, 1.0), (1, 1))
            assert error.bits == np.inf
            assert "wider proposal" in str(error)


@each_exact_codec
def test_target_too_narrow(codec_case: Any) -> None:
    codec = codec_case.make(0)
    for family in ("Normal", "Laplace", "Logistic"):
        make = getattr(rec, family)
        for scale in (1e-25, 1e-300):
            error = diverges(codec, make(0.25, grid(scale, 0.5)), make(0.0, 1.0), (1, 1))
            assert 60.0 < error.bits < 2000.0
            assert "wider target" in str(error)
    if not codec_case.needs_bound:
        q = rec.Uniform(grid(0.5, 0.0), np.nextafter(0.5, 1.0))
        error = diverges(codec, q, rec.Normal(0.0, 1e9), (1, 1))
        assert error.bits > 80.0


@each_exact_codec
def test_target_too_wide(codec_case: Any) -> None:
    codec = codec_case.make(0)
    for family in ("Normal", "Laplace", "Logistic"):
        make = getattr(rec, family)
        error = diverges(codec, make(0.0, grid(100.0, 0.5)), make(0.0, 1.0), (1, 1))
        assert error.bits == np.inf
        assert "outside" in str(error)


@each_codec
def test_uniform_outside_uniform(codec_case: Any) -> None:
    codec = codec_case.make(0)
    p = rec.Uniform(0.0, 1.0)
    for low, high in ((2.0, 3.0), (0.5, 2.0), (-1.0, 2.0), (0.5, np.nextafter(1.0, 2.0))):
        q = rec.Uniform(grid(low, 0.25), grid(high, 0.75))
        error = diverges(codec, q, p, (1, 1))
        assert error.bits == np.inf
        assert "outside [0, 1]" in str(error)
    r = codec.encode(rec.Uniform(0.5, 1.0), p)  # to the very end is fine
    assert 0.5 <= r.sample <= 1.0


def test_global_bound_too_large() -> None:
    error = diverges(rec.GlobalAStar(0), rec.Normal(grid(8.0, 0.0), 0.1), P, (1, 1))
    assert 32.0 < error.bits < 60.0
    assert error.limit == 32.0
    assert "max_samples" in str(error)
    r = rec.GlobalAStar(0, max_samples=100).encode(rec.Normal(grid(8.0, 0.0), 0.1), P)
    assert r.index.max() <= 100


def test_far_away_for_approximate_codecs() -> None:
    # They take the best of what they have, unless next to nothing of the target can be had.
    q = rec.Normal(0.25, 1e-25)
    for codec in (rec.DADStar(5, 0), rec.GlobalAStar(0, max_samples=10)):
        assert np.isfinite(codec.encode(q, P).sample)
        diverges(codec, rec.Normal([0.0, 100.0], 1.0), P, (1,))


def test_nothing_found_by_approximate_codecs() -> None:
    # Of a narrow uniform target a shallow search may meet no sample at all.
    q, p = rec.Uniform(grid(0.5, 0.0), 0.5 + 1e-9), rec.Uniform(0.0, 1.0)
    for codec in (rec.DADStar(5, 0), rec.GlobalAStar(0, max_samples=10)):
        error = diverges(codec, q, p, (1, 1))
        assert error.bits == pytest.approx(-np.log2(1e-9), rel=1e-3)
        assert error.limit <= 6.0
        assert "limit" in str(error)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_first_diverging_element(threads: int) -> None:
    scale = np.full((100, 1000), 0.5)
    scale[42, 17:] = 1e-30
    scale[77] = 1e-35
    diverges(rec.ADStar(0, threads=threads), rec.Normal(0.0, scale), P, (42, 17))


@each_exact_codec
def test_custom_target_too_narrow(codec_case: Any) -> None:
    if codec_case.needs_bound:
        pytest.skip("would take 2 to the power of the bits samples")
    # Around the median, samples are some 1e-19 apart: one element falls between two.
    mean, scale = 1.4e-19, grid(1e-30, 0.5)

    def log_ratio(x: np.ndarray, element: np.ndarray) -> np.ndarray:
        s = scale.reshape(-1)[element]
        return 0.5 * x * x - 0.5 * ((x - mean) / s) ** 2 - np.log(s)

    target = rec.CustomTarget(log_ratio, mode=mean / (1.0 - scale**2))
    error = diverges(codec_case.make(0), target, P, (1, 1))
    assert error.limit <= 64.0


# --- Bounds that do not hold --------------------------------------------------------------------


@each_codec
def test_bound_error(codec_case: Any) -> None:
    target = rec.CustomTarget(
        lambda _, element: np.where(element == 4, 2.0, 0.5), bound=1.0, shape=(2, 3)
    )
    with pytest.raises(rec.BoundError) as caught:
        codec_case.make(0).encode(target, P)
    error = caught.value
    assert (error.element, error.log_ratio, error.bound) == ((1, 1), 2.0, 1.0)
    assert np.isfinite(error.point)
    for part in ("element [1, 1]", repr(error.point), "2 nats", "bound of 1"):
        assert part in str(error)


# --- Junk ---------------------------------------------------------------------------------------

SMALL_ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(t) for t in ("f8", "f4", "f2", "i8", "u8", "u1", "?", "c16", "U2")]),
    hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=4),
    st.binary(max_size=12),
    SMALL_ARRAYS,
    st.sampled_from([np.float64(0.5), np.float32(2.0), np.uint64(3), np.int8(1), np.True_]),
    st.sampled_from(
        [len, np.exp, lambda x: x, lambda x: -x * x, lambda x, y: x - y, object(), int]
    ),
    st.sampled_from([memoryview(b"A*RC"), bytearray(b"A*RC\x01"), range(3), slice(2), ...]),
    st.lists(st.none() | st.integers(-1, 3) | st.floats() | st.text(max_size=1), max_size=3),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=2),
    st.sampled_from([P, Q, rec.Uniform(0.0, 1.0), rec.Laplace([0.0, 1.0], 0.5), rec.Normal]),
    st.sampled_from([CUSTOM, rec.CustomProposal(lambda u: u), rec.GammaCode(), rec.ADStar(0)]),
)
CODEC_JUNK = st.sampled_from(
    [
        rec.ADStar(0),
        rec.ASStar(0),
        rec.DADStar(4, 0),
        rec.GlobalAStar(0, max_samples=9),
        rec.MinimalRandomCoding(9, 0),
    ]
)


def tolerates(call: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Call, and let pass what may come of junk: a result, or an error that fits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(rec.RecError, TypeError, OSError):  # a string may be a path
            call(*args, **options)


junk_settings = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow]
)


@junk_settings
@given(st.sampled_from(FAMILIES), JUNK, JUNK)
@example("Normal", np.zeros((0, 2)), np.ones((0, 1)))
def test_junk_for_distributions(family: str, a: Any, b: Any) -> None:
    tolerates(getattr(rec, family), a, b)


@junk_settings
@given(JUNK, JUNK, JUNK)
def test_junk_for_functions(a: Any, b: Any, c: Any) -> None:
    tolerates(rec.as_distribution, a)
    tolerates(rec.kl_bits, a, b)
    tolerates(rec.isokl_normal, a, b)
    tolerates(rec.isokl_normal, a, b, c)
    tolerates(rec.shortest_code, a)
    tolerates(rec.inspect, a)
    tolerates(rec.decompress, a, b)
    tolerates(rec.decompress, a, P, threads=b)


@junk_settings
@given(JUNK, JUNK, JUNK)
@example(10**400, 0, 0)
def test_junk_for_constructors(a: Any, b: Any, c: Any) -> None:
    for codec in (
        rec.GlobalAStar,
        rec.ASStar,
        rec.ADStar,
        rec.DADStar,
        rec.MinimalRandomCoding,
    ):
        tolerates(codec, a)
        tolerates(codec, a, b)
        tolerates(codec, a, threads=c)
    for code in (rec.FixedCode, rec.ZetaCode, rec.GammaCode, rec.IndexCode):
        tolerates(code, a)
    tolerates(rec.CustomTarget, a, mode=b)
    tolerates(rec.CustomTarget, a, bound=b, shape=c)
    tolerates(rec.CustomTarget, np.log, mode=b, shape=c)
    tolerates(rec.CustomProposal, a, shape=b)


@junk_settings
@given(CODEC_JUNK, JUNK, JUNK, JUNK)
def test_junk_for_codecs(codec: rec.Codec, a: Any, b: Any, c: Any) -> None:
    for target, proposal in ((a, b), (a, P), (Q, b)):
        tolerates(codec.encode, target, proposal)
        tolerates(codec.encode, target, proposal, offset=c)
    tolerates(codec.encode, Q, P, progress=a)
    tolerates(codec.decode, a, b)
    tolerates(codec.decode, a, P, offset=b)
    tolerates(codec.decode, [1, 2], a, out=b)
    tolerates(codec.decode, [1, 2], P, out=b)


@junk_settings
@given(CODEC_JUNK, JUNK, JUNK, JUNK)
def test_junk_for_custom_callables(codec: rec.Codec, a: Any, b: Any, c: Any) -> None:
    for target in (
        lambda: rec.CustomTarget(lambda _: a, mode=0.0, shape=2),
        lambda: rec.CustomTarget(lambda x: x * 0.0, bound=lambda *_: b, shape=2),
    ):
        tolerates(lambda t=target: codec.encode(t(), P))
        tolerates(lambda t=target: codec.encode(t(), rec.CustomProposal(lambda _: c)))
    for limited in (rec.DADStar(4, 0), rec.GlobalAStar(0, max_samples=9)):
        tolerates(lambda c=limited: c.encode(rec.CustomTarget(lambda x: x * 0.0, bound=b), P))
    tolerates(codec.decode, [1, 2], rec.CustomProposal(lambda _: c))


@junk_settings
@given(st.data(), JUNK, JUNK)
def test_junk_for_compress(data: st.DataObject, a: Any, b: Any) -> None:
    options = ("method", "seed", "depth", "max_samples", "code", "offset", "threads", "progress")
    first, second = (data.draw(st.sampled_from(options)) for _ in range(2))
    tolerates(rec.compress, Q, P, **{first: a, second: b})
    tolerates(
        rec.compress,
        Q,
        P,
        method="dad",
        **({"depth": 3} | {first: a} if first != "method" else {}),
    )
    tolerates(rec.compress, a, b)


@junk_settings
@given(
    st.sampled_from([rec.GammaCode(), rec.DeltaCode(), rec.ZetaCode(1.5), rec.FixedCode(7)]),
    JUNK,
    JUNK,
)
def test_junk_for_codes(code: rec.IndexCode, a: Any, b: Any) -> None:
    tolerates(code.bits, a)
    tolerates(code.pack, a)
    tolerates(code.unpack, a, b)
    tolerates(code.unpack, a, 3)
    tolerates(code.unpack, b"\xff\xff", b)


@junk_settings
@given(JUNK, JUNK)
def test_junk_for_the_adaptive_code(a: Any, b: Any) -> None:
    tolerates(rec.AdaptiveCode, a, expected_bits=b)
    for code in (rec.AdaptiveCode(), rec.AdaptiveCode(2, expected_bits=3)):
        for call in (code.bits, code.pack, code.parts):
            tolerates(call, a, b)
            tolerates(call, np.ones((3, 2), np.uint64), a)
        tolerates(code.unpack, b"\xff\xff", 3, a)
        tolerates(code.unpack, a, 3, b)


EXTREMES = st.floats(-1e306, 1e306) | st.sampled_from([0.0, 5e-324, 1e-300, 1.0, 1e15, 1.3e306])
WIDTHS = st.floats(5e-324, 1e306) | st.sampled_from([5e-324, 1e-300, 1e-18, 1.0, 40.0, 1.3e306])


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(
        [
            rec.ADStar(0),
            rec.ASStar(0),
            rec.DADStar(9, 0),
            rec.GlobalAStar(0, max_samples=50),
            rec.MinimalRandomCoding(50, 0),
            rec.ADStar(0, max_steps=20),
            rec.ASStar(0, max_steps=20),
        ]
    ),
    st.sampled_from(FAMILIES),
    st.sampled_from(FAMILIES),
    EXTREMES,
    WIDTHS,
    EXTREMES,
    WIDTHS,
)
def test_extreme_parameters(
    codec: rec.Codec, target: str, proposal: str, a: float, b: float, c: float, d: float
) -> None:
    """Any two distributions: a sample that decodes to the same bits, or an error; never a hang."""
    try:
        q = getattr(rec, target)(a, b if target != "Uniform" else a + b)
        p = getattr(rec, proposal)(c, d if proposal != "Uniform" else c + d)
        r = codec.encode(q, p)
    except rec.RecError:
        return
    assert np.isfinite(r.sample)
    assert same_bits(codec.decode(r.index, p), r.sample)
