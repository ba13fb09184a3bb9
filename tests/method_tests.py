"""What holds for every method: a class of tests, for those of the package and for any other.

A subclass says in its fixture `codec_case` which: tests/test_methods.py takes the shared list,
tests/extension/test_toy_method.py a method that is not in the package.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.codecs import method_named, method_numbered, methods
from common import CodecCase, same_bits

P = rec.Normal(0.0, 1.0)
SHAPES: list[tuple[int, ...]] = [(), (1,), (33,), (9, 7), (2, 3, 5), (0,), (3, 0)]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def targets(shape: tuple[int, ...]) -> rec.Normal:
    rng = np.random.default_rng(4)
    return rec.Normal(rng.uniform(-0.8, 0.8, size=shape), rng.uniform(0.3, 0.9, size=shape))


def rows_of(q: rec.Normal, begin: int, end: int) -> rec.Normal:
    return rec.Normal(q.loc[begin:end], q.scale[begin:end])


class MethodTests:
    """The tests."""

    @pytest.fixture
    def codec_case(self) -> CodecCase:
        raise NotImplementedError

    @pytest.fixture
    def codec(self, codec_case: CodecCase) -> rec.Codec:
        return codec_case.make(2**63 + 5)

    # --- What a method says of itself ---

    def test_it_is_registered(self, codec: rec.Codec) -> None:
        kind = type(codec)
        assert kind in methods()
        assert method_named(kind.name) is method_numbered(kind.number) is kind
        fields = {field.name: field for field in dataclasses.fields(kind)}
        assert set(kind.limits) <= set(fields)
        assert fields["seed"].default is dataclasses.MISSING
        assert not fields["threads"].compare
        assert isinstance(kind.exact, bool)

    def test_parameters_are_all_that_decoding_needs(self, codec: rec.Codec) -> None:
        numbers = codec.parameters
        assert all(isinstance(number, int) and 0 <= number < 2**64 for number in numbers)
        left = iter(numbers)
        other = type(codec).from_parameters(left.__next__, codec.seed)
        assert list(left) == []
        assert other.parameters == numbers
        r = codec.encode(targets((9,)), P)
        assert same_bits(other.decode(r.message, P, shape=(9,)), r.sample)

    # --- As a value ---

    def test_value(self, codec: rec.Codec, codec_case: CodecCase) -> None:
        alike, other = codec_case.make(2**63 + 5), codec_case.make(1)
        assert codec == alike
        assert hash(codec) == hash(alike)
        assert codec != other
        assert len({codec, alike, other}) == 2
        assert codec.with_threads(3) == codec
        assert codec.with_threads(3).threads == 3
        for name in ("seed", "threads", "anything"):
            with pytest.raises(AttributeError):
                setattr(codec, name, 1)

    def test_repr(self, codec: rec.Codec) -> None:
        names = {kind.__name__: kind for kind in methods()}
        for each in (codec, codec.with_threads(2)):
            again = eval(repr(each), names)
            assert again == each
            assert again.threads == each.threads
            assert repr(again) == repr(each)

    @pytest.mark.parametrize("again", [lambda c: pickle.loads(pickle.dumps(c)), copy.deepcopy])
    def test_copies(self, codec: rec.Codec, again: Any) -> None:
        q = targets((20,))
        other = again(codec.with_threads(2))
        assert other == codec
        assert other.threads == 2
        r, s = codec.encode(q, P), other.encode(q, P)
        assert np.array_equal(r.message, s.message)
        assert same_bits(r.sample, s.sample)
        assert len(repr(r)) < 200

    # --- Arrays ---

    @each_shape
    def test_round_trip(self, codec: rec.Codec, shape: tuple[int, ...]) -> None:
        q = targets(shape)
        r = codec.encode(q, P, offset=5)
        message, sample, steps = r
        assert message is r.message is r.index
        assert message.dtype == codec.kind.dtype
        assert message.shape == codec.blocks.message_shape(shape)
        assert steps.shape == codec.blocks.steps_shape(shape)
        assert sample.shape == shape
        x = codec.decode(message, P, shape=shape, offset=5)
        assert x.dtype == np.float64
        assert same_bits(x, sample)
        codec.check_message(codec.kind.checked("message", message))

    def test_pieces(self, codec: rec.Codec) -> None:
        q = targets((30, 8))
        whole = codec.encode(q, P, offset=7)
        for begin, end in ((0, 1), (1, 13), (13, 30)):
            part = codec.encode(rows_of(q, begin, end), P, offset=7 + 8 * begin)
            assert np.array_equal(part.message, whole.message[begin:end])
            assert same_bits(part.sample, whole.sample[begin:end])

    def test_proposals_that_differ(self, codec: rec.Codec) -> None:
        rng = np.random.default_rng(3)
        p = rec.Normal(rng.normal(size=(6, 1)), rng.uniform(1.0, 2.0, size=8))
        q = rec.Normal(p.loc + 0.1, 0.5 * p.scale)
        r = codec.encode(q, p)
        assert r.sample.shape == (6, 8)
        assert same_bits(codec.decode(r.message, p, shape=(6, 8)), r.sample)

    def test_arrays_at_hand(self, codec: rec.Codec) -> None:
        q = targets((6, 4))
        r = codec.encode(q, P)
        places = rec.Encoded(*(np.zeros_like(array) for array in r))
        again = codec.encode(q, P, out=places)
        assert again.sample is places.sample
        assert again.message is places.message
        assert same_bits(again.sample, r.sample)
        out = np.zeros((6, 4))
        assert codec.decode(r.message, P, shape=(6, 4), out=out) is out
        assert same_bits(out, r.sample)

    def test_progress(self, codec: rec.Codec) -> None:
        told: list[tuple[int, int]] = []
        codec.encode(targets((40,)), P, progress=lambda *now: told.append(now))
        assert told[-1] == (40, 40)

    # --- Containers ---

    def test_breakdown(self, codec: rec.Codec) -> None:
        data = rec.compress(targets((9, 7)), P, codec=codec)
        parts = rec.inspect(data).parts
        assert all(bits >= 0 for bits in parts.values())
        assert sum(parts.values()) <= 8 * len(data)
        assert all(part in str(rec.inspect(data)) for part in parts)

    @each_shape
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_container(self, codec: rec.Codec, shape: tuple[int, ...], dtype: str) -> None:
        q = targets(shape)
        data, sample = rec.compress(
            q, P, codec=codec, dtype=dtype, offset=9, chunk=16, return_sample=True
        )
        expected = codec.encode(q, P, offset=9).sample.astype(dtype)
        assert sample.tobytes() == expected.tobytes()
        x = rec.decompress(data, P)
        assert x.dtype == dtype
        assert x.shape == shape
        assert x.tobytes() == expected.tobytes()
        info = rec.inspect(data)
        assert info.method == codec.name
        assert (info.codec.parameters, info.codec.seed) == (codec.parameters, codec.seed)
        assert info.total_bits == 8 * len(data) == sum(info.bits.values())
        assert repr(info.codec) in str(info)

    @each_shape
    def test_without_a_header(self, codec: rec.Codec, shape: tuple[int, ...]) -> None:
        q = targets(shape)
        data, sample = rec.compress(q, P, codec=codec, header=False, offset=9, return_sample=True)
        x = rec.decompress(data, P, codec=codec, shape=shape, offset=9)
        assert x.tobytes() == sample.tobytes()

    @pytest.mark.parametrize("code", [rec.AdaptiveCode(), rec.GammaCode(), rec.FixedCode(64)])
    def test_codes(self, codec: rec.Codec, code: rec.IndexCode) -> None:
        if codec.words > 1 and not isinstance(code, rec.AdaptiveCode):
            pytest.skip("words of several are for codes that learn")
        q = targets((9, 7))
        if not codec.kind.is_number:
            with pytest.raises(rec.ParameterError, match="code"):
                rec.compress(q, P, codec=codec, code=code)
            return
        data, sample = rec.compress(q, P, codec=codec, code=code, return_sample=True)
        assert rec.decompress(data, P).tobytes() == sample.tobytes()

    def test_contexts(self, codec: rec.Codec) -> None:
        q = targets((9, 7))
        if not (codec.kind.is_number or codec.takes_contexts):
            with pytest.raises(rec.ParameterError, match="contexts"):
                rec.compress(q, P, codec=codec, contexts="column")
            return
        data, sample = rec.compress(q, P, codec=codec, contexts="column", return_sample=True)
        assert rec.decompress(data, P).tobytes() == sample.tobytes()

    @pytest.mark.parametrize("known", [True, False], ids=["shape known", "open"])
    @pytest.mark.parametrize("shape", [(72,), (56, 7)], ids=str)
    def test_writer_and_reader(self, codec: rec.Codec, shape: tuple[int, ...], known: bool) -> None:
        q = targets(shape)
        expected = codec.encode(q, P, offset=4).sample

        def write(cuts: list[int]) -> bytes:
            file = io.BytesIO()
            own = shape if known else None
            with rec.Writer(file, codec=codec, shape=own, chunk=16, offset=4) as writer:
                for begin, end in zip([0, *cuts], [*cuts, shape[0]], strict=True):
                    encoded = writer.write(rows_of(q, begin, end), P)
                    assert same_bits(encoded.sample, expected[begin:end])
            return file.getvalue()

        data = write([])
        assert write([24, 48]) == data
        if known:
            assert rec.compress(q, P, codec=codec, chunk=16, offset=4) == data
        with rec.Reader(data) as reader:
            for rows in (slice(None), slice(7, 11), slice(-3, None), slice(5, 5)):
                assert same_bits(reader.read(P, rows), expected[rows])

    def test_parts_are_joined(self, codec: rec.Codec) -> None:
        q, file = targets((24, 6)), io.BytesIO()
        with rec.Writer(file, codec=codec, shape=(24, 6)) as writer:
            for begin, end in ((0, 16), (16, 24)):
                offset = 6 * begin
                writer.append(rec.compress(rows_of(q, begin, end), P, codec=codec, offset=offset))
        assert same_bits(rec.decompress(file.getvalue(), P), codec.encode(q, P).sample)

    # --- Errors ---

    def test_damage_is_noticed(self, codec: rec.Codec) -> None:
        data = rec.compress(targets((5, 4)), P, codec=codec)
        for place in range(len(data)):
            for damaged in (
                data[:place],
                data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :],
            ):
                with pytest.raises(rec.CorruptDataError):
                    rec.decompress(damaged, P)

    def test_what_is_left_of_a_damaged_container(self, codec: rec.Codec) -> None:
        q = targets((40, 8))
        data, sample = rec.compress(q, P, codec=codec, chunk=16, return_sample=True)
        damaged = bytearray(data)
        damaged[2 * len(data) // 3] ^= 1
        x = rec.decompress(bytes(damaged), P, on_corrupt="skip")
        there = ~np.ma.getmaskarray(x)
        assert 0 < there.sum() < x.size
        assert same_bits(x.data[there], sample[there])

    def test_messages_that_the_codec_cannot_make(self, codec: rec.Codec) -> None:
        least, largest = codec.message_range
        good = codec.encode(targets((3, 4)), P).message
        kind = codec.kind
        beyond = [bad for bad in (least - 1, largest + 1) if kind.least <= bad <= kind.largest]
        for bad in beyond if codec.words == 1 and kind.is_number else []:
            message = good.copy()
            message[(1, *(0,) * (good.ndim - 1))] = bad
            with pytest.raises(rec.ParameterError, match=str(bad)) as caught:
                codec.decode(message, P, shape=(3, 4))
            assert caught.value.argument == kind.argument
            assert caught.value.position == (1, *(0,) * (good.ndim - 1))
        for wrong in (np.ones(good.shape, np.int32), np.ones(good.shape)):
            with pytest.raises(rec.ParameterError, match="dtype"):
                codec.decode(wrong, P, shape=(3, 4))

    def test_arguments_that_do_not_fit(self, codec: rec.Codec, codec_case: CodecCase) -> None:
        q = targets((3, 4))
        r = codec.encode(q, P)
        wide = rec.Normal(np.zeros((5, 4)), 1.0)
        for argument, call in (
            ("offset", lambda: codec.encode(q, P, offset=2**48)),
            ("offset", lambda: codec.decode(r.message, P, shape=(3, 4), offset=-1)),
            ("shape of proposal", lambda: codec.encode(q, wide)),
            ("shape of proposal", lambda: codec.decode(r.message, wide, shape=(3, 4))),
            ("distribution", lambda: codec.encode(q, "normal")),
            ("seed", lambda: codec_case.make(-1)),
            ("threads", lambda: codec.with_threads(0)),
        ):
            with pytest.raises(rec.ParameterError) as caught:
                call()
            assert caught.value.argument == argument
