"""A method that the package does not have passes the general tests."""

from __future__ import annotations

import numpy as np
import pytest

import astar_rec as rec
from common import CodecCase, check_codec, each_family
from extension.toy_method import NearestShift, ShiftInBytes
from method_tests import MethodTests

BYTES = CodecCase("toy-bytes", lambda seed: ShiftInBytes(40, seed), exact=False)
TOY = CodecCase("toy", lambda seed: NearestShift(40, seed), exact=False)
P = rec.Normal(0.0, 1.0)


class TestToyMethod(MethodTests):
    """The general tests."""

    @pytest.fixture(params=[TOY, BYTES], ids=lambda case: case.name)
    def codec_case(self, request: pytest.FixtureRequest) -> CodecCase:
        case: CodecCase = request.param
        return case


@each_family
def test_any_proposal(family: str) -> None:
    p = getattr(rec, family)(np.array([-1.0, 0.0]), 2.0)
    check_codec(TOY.make(3), rec.Normal(np.zeros((50, 1)), 0.5), p)
    custom = rec.CustomProposal(np.log, shape=2)
    check_codec(TOY.make(3), rec.Normal(np.zeros((50, 1)), 0.5), custom)


def test_it_sends_signed_integers() -> None:
    q = rec.Normal(np.random.default_rng(1).normal(size=3000), 0.1)
    r = NearestShift(40, 1).encode(q, P)
    assert r.message.dtype == np.int64
    assert r.message.min() < -20
    assert r.message.max() > 20
    assert np.abs(r.sample - q.loc).mean() < 0.1


def test_what_it_refuses() -> None:
    with pytest.raises(rec.ParameterError, match="reach is 0"):
        NearestShift(0, 1)
    with pytest.raises(rec.ParameterError, match="location"):
        NearestShift(4, 1).encode(rec.Uniform(0.0, 1.0), P)
    with pytest.raises(rec.ParameterError, match="code"):
        rec.compress(P, P, codec=NearestShift(4, 1), code=rec.TreeCode())


def test_bytes_that_no_encoder_writes() -> None:
    code = rec.codes.ByteCode()
    assert code.unpack(b"", 0).shape == (0,)
    for data, count in ((b"", 2), (b"\x02a", 2), (b"a", 0), (b"\0", 3), (b"\x80\x00", 2)):
        with pytest.raises(rec.CorruptDataError):
            code.unpack(data, count)
    with pytest.raises(rec.ParameterError, match="message"):
        code.pack(np.array([b"a", "b"], object))
    codec = ShiftInBytes(40, 1)
    for codec_of_numbers in (rec.ADStar(1), NearestShift(40, 1)):
        with pytest.raises(rec.ParameterError, match="code"):
            rec.compress(P, P, codec=codec_of_numbers, code=code)
    data = rec.compress(P, P, codec=codec, header=False)
    with pytest.raises(rec.CorruptDataError, match="number as text"):
        rec.decompress(b"\x02x1", P, codec=codec, shape=())
    assert rec.decompress(data, P, codec=codec, shape=()).shape == ()
