"""Contexts of elements: polar coding tells elements apart by numbers that both sides have."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from common import same_bits

P = rec.Normal(0.0, 1.0)
BITS = np.array([0.02, 0.1, 0.5, 1.0, 2.0, 4.0])


def unlike(rows: int, seed: int = 1) -> rec.Normal:
    """Rows whose columns differ in information; the marginal is the proposal."""
    means = np.random.default_rng(seed).normal(size=(rows, BITS.size))
    return rec.Normal(means * np.sqrt(1 - 0.25**BITS), 0.5**BITS)


Q = unlike(60)
GIVEN = np.random.default_rng(2).integers(0, 5, size=(60, 6))


# --- The codec by itself -------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 16, 100, 1 << 18])
def test_round_trip(block: int) -> None:
    codec = rec.PolarCoding(7, block=block).with_contexts(GIVEN)
    r = codec.encode(Q, P, offset=5)
    assert same_bits(codec.decode(r.message, P, shape=Q.shape, offset=5), r.sample)


def test_they_save_bits() -> None:
    q, codec = unlike(5000), rec.PolarCoding(3)
    columns = np.broadcast_to(np.arange(6), q.shape)
    plain, knowing = (each.encode(q, P) for each in (codec, codec.with_contexts(columns)))
    excess = [8 * len(r.message[0]) - rec.kl_bits(q, P).sum() for r in (plain, knowing)]
    assert excess[1] < 0.8 * excess[0]
    # What says nothing costs next to nothing.
    rng = np.random.default_rng(4)
    nothing = codec.with_contexts(rng.integers(0, 6, size=q.shape)).encode(q, P)
    assert len(nothing.message[0]) < 1.01 * len(plain.message[0])


def test_samples_are_of_a_law_that_does_not_depend_on_them() -> None:
    q = rec.Normal(np.full((4000, 3), 0.5), 0.3)
    codec = rec.PolarCoding(5).with_contexts(np.broadcast_to(np.arange(3), q.shape))
    z = (codec.encode(q, P).sample - 0.5) / 0.3
    assert (np.abs(z.mean(axis=0)) < 0.07).all()
    assert (np.abs(z.var(axis=0) - 1) < 0.1).all()


def test_targets_by_their_cdf() -> None:
    """What functions of Python say of targets is told apart in the same way."""
    shapes = rec.Mixture(np.full((60, 6, 2), 0.5), [-0.5, 0.5], 0.5 ** BITS[:, None])
    codec = rec.PolarCoding(7, block=64).with_contexts(np.broadcast_to(np.arange(6), (60, 6)))
    r = codec.encode(shapes, P)
    assert same_bits(codec.decode(r.message, P, shape=(60, 6)), r.sample)


def test_as_a_value() -> None:
    plain = rec.PolarCoding(7)
    codec = plain.with_contexts([[0, 1], [1, 65_535]])
    same = rec.PolarCoding(7, contexts=np.array([0, 1, 1, 65_535], np.int64))
    assert codec == same
    assert hash(codec) == hash(same)
    assert codec != plain != plain.with_contexts([0, 1, 1, 2])
    assert eval(repr(codec), vars(rec)) == codec
    for made in (pickle.loads(pickle.dumps(codec)), copy.deepcopy(codec), codec.with_threads(1)):
        assert made == codec
    assert np.asarray(codec.contexts).tolist() == [0, 1, 1, 65_535]
    many = plain.with_contexts(np.arange(10_000) % 64)
    assert repr(many) == "PolarCoding(seed=7, contexts=<10000 numbers>)"
    assert many.with_contexts(None) == plain
    given = np.zeros(3, np.uint16)
    of_their_own = plain.with_contexts(given)
    given[:] = 1
    assert of_their_own == plain.with_contexts([0, 0, 0])


@pytest.mark.parametrize(
    ("contexts", "argument", "said"),
    [
        ([0, 1, -1], "contexts", "at [2] is -1; expected an integer from 0 to 65535"),
        ([0, 65_536, 1], "contexts", "at [1] is 65536; expected an integer from 0 to 65535"),
        ([0.5], "contexts", "expected integers"),
        ("column", "contexts", "contexts"),
        (np.zeros(359, int), "number of contexts", "is 359; expected 360, one for each element"),
        (np.zeros((), int), "number of contexts", "is 1; expected 360"),
    ],
)
def test_refused(contexts: Any, argument: str, said: str) -> None:
    with pytest.raises(rec.ParameterError) as found:
        rec.PolarCoding(1).with_contexts(contexts).encode(Q, P)
    assert found.value.argument == argument
    assert said in str(found.value)


def test_as_many_as_there_are_elements() -> None:
    """Contexts of too few elements are joined; any number of them is as good."""
    for block in (64, 100, 360):
        codec = rec.PolarCoding(1, block=block).with_contexts(np.arange(360))
        r = codec.encode(Q, P)
        assert same_bits(codec.decode(r.message, P, shape=Q.shape), r.sample)
        assert r.message.tolist() == rec.PolarCoding(1, block=block).encode(Q, P).message.tolist()


def test_methods_without() -> None:
    for codec in (rec.ADStar(1), rec.LayeredDither(1), rec.DADStar(3, 1, block=2)):
        assert not codec.takes_contexts
        with pytest.raises(rec.ParameterError, match="contexts is 'given'; expected none"):
            codec.with_contexts([0])


def test_a_budget_and_escapes() -> None:
    """What is out of reach stays with the elements that it is of."""
    loc = np.array(Q.loc)
    loc[3, 4], loc[50, :2] = 1e9, -40.0
    q = rec.Normal(loc, Q.scale)
    data, x = rec.compress(
        q, P, codec=rec.PolarCoding(1, block=64), contexts=GIVEN, return_sample=True
    )
    assert rec.inspect(data, contexts=GIVEN).bits["escapes"] > 0
    assert same_bits(rec.decompress(data, P, contexts=GIVEN), x)
    assert abs(x[3, 4] - 1e9) < 1


# --- Containers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 8, 100, 1 << 18])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("contexts", ["column", "given", "of rows"])
def test_containers(block: int, dtype: str, contexts: Any) -> None:
    codec = rec.PolarCoding(7, block=block)
    given = {"column": "column", "given": GIVEN, "of rows": GIVEN[:, :1]}[contexts]
    told = None if contexts == "column" else given
    numbers = np.arange(6) if contexts == "column" else given
    knowing = codec.with_contexts(np.broadcast_to(numbers, Q.shape))
    data, x = rec.compress(
        Q, P, codec=codec, contexts=given, dtype=dtype, chunk=4, offset=9, return_sample=True
    )
    assert same_bits(x, knowing.encode(Q, P, offset=9).sample.astype(dtype))
    assert same_bits(rec.decompress(data, P, contexts=told), x)
    with rec.Reader(data, contexts=told) as reader:
        for rows in (slice(11, 31), slice(0, 1), slice(59, 60), slice(7, 7)):
            assert same_bits(reader.read(P, rows), x[rows])
    again = pickle.loads(pickle.dumps(rec.Reader(data, contexts=told)))
    assert same_bits(again.read(P), x)
    info = rec.inspect(data, contexts=told)
    assert info.codec == codec
    assert info.contexts == ("column" if contexts == "column" else "given")
    assert sum(info.bits.values()) == info.total_bits == 8 * len(data)
    assert any(name.startswith("level") for name in info.parts)
    bare = rec.compress(Q, P, codec=codec, contexts=given, offset=9, header=False)
    known: dict[str, Any] = {"codec": codec, "shape": Q.shape, "offset": 9, "contexts": given}
    assert same_bits(rec.decompress(bare, P, dtype=dtype, **known), x)


@pytest.mark.parametrize("shape", [(), (7,), (0,), (3, 0), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("header", [True, False])
def test_shapes(shape: tuple[int, ...], header: bool) -> None:
    q = rec.Normal(np.full(shape, 0.5), 0.3)
    contexts = np.arange(q.size).reshape(shape) % 3
    codec = rec.PolarCoding(3, block=4)
    kinds = [contexts, "column"] if len(shape) > 1 else [contexts]
    for own in kinds:
        data, x = rec.compress(q, P, codec=codec, contexts=own, header=header, return_sample=True)
        more: dict[str, Any] = {} if header else {"codec": codec, "shape": shape}
        if not isinstance(own, str) or not header:
            more["contexts"] = own
        assert same_bits(rec.decompress(data, P, **more), x)


def test_other_contexts_are_told() -> None:
    codec = rec.PolarCoding(7, block=64)
    data, x = rec.compress(Q, P, codec=codec, contexts=GIVEN, return_sample=True)
    other = GIVEN.copy()
    other[59, 5] += 1
    with pytest.raises(rec.ParameterError, match=r"contexts is.*in chunk 5"):
        rec.decompress(data, P, contexts=other)
    with rec.Reader(data, contexts=other) as reader:  # which reads what is not concerned
        assert same_bits(reader.read(P, slice(0, 40)), x[:40])
    for call in (
        lambda: rec.decompress(data, P),
        lambda: rec.Reader(data, on_corrupt="skip"),
        lambda: rec.decompress(data, P, contexts=GIVEN[:, :4]),
        lambda: rec.decompress(rec.compress(Q, P, codec=codec), P, contexts=GIVEN),
    ):
        with pytest.raises(rec.ParameterError, match="contexts"):
            call()


def test_what_is_said_without_them() -> None:
    data = rec.compress(Q, P, codec=rec.PolarCoding(7, block=64), contexts=GIVEN)
    info = rec.inspect(data)
    assert (info.contexts, info.parts) == ("given", {})
    assert set(info.bits) == {"header", "chunks", "framing"}
    assert sum(info.bits.values()) == 8 * len(data)


@pytest.mark.parametrize("contexts", ["column", "given"])
def test_what_is_left_of_damaged_ones(contexts: str) -> None:
    given: Any = "column" if contexts == "column" else GIVEN
    told = None if contexts == "column" else GIVEN
    data, x = rec.compress(
        Q, P, codec=rec.PolarCoding(7, block=32), contexts=given, return_sample=True
    )
    for place in range(60, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(rec.CorruptDataError):
            rec.decompress(bytes(damaged), P, contexts=told)
        left = rec.decompress(bytes(damaged), P, contexts=told, on_corrupt="skip")
        there = ~np.ma.getmaskarray(left)
        assert there.sum() == x.size - 32 or there.sum() == x.size - x.size % 32
        assert same_bits(left.data[there], x[there])


def test_columns_that_are_too_many() -> None:
    huge = rec.Normal(np.zeros((1, 65_537)), 0.5)
    codec = rec.PolarCoding(1)
    shape_unknown = rec.Writer(io.BytesIO(), codec=codec, contexts="column")
    calls = [
        lambda: rec.compress(huge, P, codec=codec, contexts="column"),
        lambda: rec.compress(huge, P, codec=codec, contexts="column", header=False),
        lambda: rec.decompress(b"", P, codec=codec, contexts="column", shape=(1, 65_537)),
        lambda: shape_unknown.write(huge, P),
    ]
    for call in calls:
        with pytest.raises(rec.ParameterError, match=r"'65537 columns'; .*at most 65536"):
            call()
    most = rec.Normal(np.zeros((1, 65_536)), 0.5)
    data, x = rec.compress(most, P, codec=codec, contexts="column", return_sample=True)
    assert same_bits(rec.decompress(data, P), x)


def test_a_codec_that_has_them_already() -> None:
    codec = rec.PolarCoding(1).with_contexts(GIVEN)
    for call in (
        lambda: rec.compress(Q, P, codec=codec),
        lambda: rec.compress(Q, P, codec=codec, contexts=GIVEN),
        lambda: rec.compress(Q, P, codec=codec, header=False),
        lambda: rec.Writer(io.BytesIO(), codec=codec).write(Q, P),
        lambda: rec.decompress(b"", P, codec=codec, shape=Q.shape),
    ):
        with pytest.raises(rec.ParameterError, match=r"codec is .*expected one without contexts"):
            call()


@pytest.mark.parametrize("known", [True, False])
def test_parts_that_are_coded_anew(known: bool) -> None:
    """Parts with other chunks are taken apart; contexts stay with their elements."""
    codec = rec.PolarCoding(4, block=6)
    file = io.BytesIO()
    shape = Q.shape if known else None
    with rec.Writer(file, codec=codec, shape=shape, contexts="given", chunk=8) as writer:
        for begin, end in ((0, 5), (5, 44), (44, 60)):
            rows = slice(begin, end)
            part = rec.compress(
                Q[rows], P, codec=codec, contexts=GIVEN[rows], chunk=2, offset=6 * begin
            )
            own = GIVEN[rows].copy()
            writer.append(part, own)
            own[:] = 9  # which is the caller's again
    expected = io.BytesIO()
    with rec.Writer(expected, codec=codec, shape=shape, contexts="given", chunk=8) as writer:
        writer.write(Q, P, GIVEN)
    assert file.getvalue() == expected.getvalue()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_writer_and_reader(data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(0, 30 if axis == 0 else 6)) for axis in range(axes))
    block = data.draw(st.sampled_from([1, 2, 5, 8, 64]))
    kind = data.draw(st.sampled_from(["given", "column"])) if axes > 1 else "given"
    known = data.draw(st.booleans())
    chunk = data.draw(st.sampled_from([1, 2, 8]))
    codec = rec.PolarCoding(data.draw(st.integers(0, 2**64 - 1)), block=block)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    q = rec.Normal(rng.normal(size=shape) * 0.8, rng.uniform(0.1, 0.9, size=shape))
    columns = np.broadcast_to(np.arange(shape[-1]), shape)
    contexts = columns if kind == "column" else rng.integers(0, 9, size=shape)
    row = int(np.prod(shape[1:]))
    cuts = data.draw(st.lists(st.integers(0, shape[0]), max_size=4))
    whole = [cut for cut in sorted(cuts) if cut * row % block == 0]
    file = io.BytesIO()
    with rec.Writer(
        file, codec=codec, shape=shape if known else None, contexts=kind, chunk=chunk
    ) as writer:
        for begin, end in zip([0, *whole], [*whole, shape[0]], strict=True):
            own = contexts[begin:end] if kind == "given" else None
            writer.write(q[begin:end], P, own)
    x = codec.with_contexts(contexts).encode(q, P).sample
    told = contexts if kind == "given" else None
    assert same_bits(rec.decompress(file.getvalue(), P, contexts=told), x)
    begin = data.draw(st.integers(0, shape[0]))
    end = data.draw(st.integers(begin, shape[0]))
    with rec.Reader(file.getvalue(), contexts=told) as reader:
        assert same_bits(reader.read(P, slice(begin, end)), x[begin:end])
