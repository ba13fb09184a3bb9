"""Polar coding as a method: what goes in and comes out, what it refuses, what files hold of it.

What holds for every method is in method_tests.py, and what samples follow in
test_polar_exactness.py.
"""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

import astar_rec as rec
from common import same_bits
from goodness import check_uniform

if TYPE_CHECKING:
    from pathlib import Path

P = rec.Normal(0.0, 1.0)
CODEC = rec.PolarCoding(seed=3)


def targets(shape: Any, bits: float = 2.0, seed: int = 0) -> rec.Normal:
    scale = 2.0**-bits
    loc = np.random.default_rng(seed).normal(size=shape) * np.sqrt(1 - scale**2)
    return rec.Normal(loc, scale)


# --- Refusals ------------------------------------------------------------------------------------


def test_a_cdf_without_a_survival_function() -> None:
    # Upper tails as multiples of 2^-53 are enough for all that is ever drawn.
    q = rec.CustomTarget(cdf=stats.norm(0.5, 0.3).cdf, shape=20_000)
    for p in (rec.Normal(0.0, 1.0), rec.Uniform(-40.0, 40.0)):
        r = CODEC.encode(q, p)
        assert same_bits(CODEC.decode(r.message, p, shape=(20_000,)), r.sample)
        check_uniform(stats.norm(0.5, 0.3).cdf(r.sample))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=3), "CustomTarget with cdf"),
        (rec.Categorical(np.ones((3, 2))), "Categorical against Normal.*a continuous target"),
        (stats.poisson(3.0), "a continuous distribution, or a rec.Categorical"),
    ],
)
def test_targets_that_do_not_go_with_it(target: Any, text: str) -> None:
    for call in (CODEC.encode, lambda q, p: rec.compress(q, p, codec=CODEC)):
        with pytest.raises(rec.ParameterError, match=text) as caught:
            call(target, P)
        assert caught.value.argument == "target"


def test_results_that_are_no_probabilities() -> None:
    def wrong(x: Any, element: Any) -> Any:
        return np.where(element == 4, np.nan, stats.norm.cdf(x))

    with pytest.raises(rec.ParameterError, match=r"result of cdf\(.*\) at \[1, 1\] is nan") as info:
        CODEC.encode(rec.CustomTarget(cdf=wrong, shape=(2, 3)), P)
    assert info.value.position == (1, 1)


def test_errors_of_functions_come_through() -> None:
    def broken(x: Any) -> Any:
        return 1 // (0 * x.size)

    with pytest.raises(ZeroDivisionError):
        CODEC.encode(rec.CustomTarget(cdf=broken, shape=10), P)


@pytest.mark.parametrize("other", [rec.Normal, rec.Laplace, rec.Logistic, rec.Uniform])
def test_mass_outside_the_proposals_support(other: Any) -> None:
    # Element [1, 2] alone.
    middle, width = np.zeros((2, 3)), 2.0**-7
    middle[1, 2] = 0.999
    q = other(middle - width, middle + width) if other is rec.Uniform else other(middle, width)
    with pytest.raises(rec.DivergenceError) as caught:
        CODEC.encode(q, rec.Uniform(-1.0, 1.0))
    assert caught.value.element == (1, 2)
    # A container carries it.
    p = rec.Uniform(-1.0, 1.0)
    data, x = rec.compress(q, p, codec=rec.PolarCoding(1, block=2), return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    assert np.abs(x[1, 2] - 0.999) < 30 * width
    with rec.Reader(data) as reader:
        assert reader._escapes(1).given.size == 0
        assert reader._escapes(2).given.tolist() == [1]


def test_targets_beyond_all_positions() -> None:
    # Nearly all mass lies above the last of 2^64 positions, which are within 9.2 of a normal's.
    loc = np.array([0.0, 3.0, 40.0])
    with pytest.raises(rec.DivergenceError) as caught:
        CODEC.encode(rec.Normal(loc, 0.25), P)
    assert caught.value.element == (2,)
    assert caught.value.bits > 64


@pytest.mark.parametrize("bad", [b"\x80", b"\xff" * 9, b"\0", 7, None, "text"])
def test_messages_that_no_encoder_makes(bad: Any) -> None:
    codec = rec.PolarCoding(1, block=100)
    r = codec.encode(targets((3, 100)), P)
    message = r.message.copy()
    message[1] = bad
    with pytest.raises(rec.ParameterError) as caught:
        codec.decode(message, P, shape=(3, 100))
    assert caught.value.argument == "message"
    assert caught.value.position in ((1,), ())


@pytest.mark.parametrize("block", [0, -1, 2**24 + 1, 1.5, "8"])
def test_blocks_that_are_none(block: Any) -> None:
    with pytest.raises(rec.ParameterError) as caught:
        rec.PolarCoding(1, block=block)
    assert caught.value.argument == "block"


# --- What goes in, what comes out ----------------------------------------------------------------


@pytest.mark.parametrize("block", [100, 256, 1 << 18])
def test_threads_never_change_the_result(block: int) -> None:
    q = targets((40, 101), 1.0)
    codec = rec.PolarCoding(5, block=block)
    first, data = codec.with_threads(1).encode(q, P), rec.compress(q, P, codec=codec)
    for threads in (2, 5, None):
        own = codec.with_threads(threads)
        r = own.encode(q, P)
        assert r.message.tolist() == first.message.tolist()
        assert same_bits(r.sample, first.sample)
        assert (r.steps == first.steps).all()
        assert same_bits(own.decode(r.message, P, shape=(40, 101)), first.sample)
        assert rec.compress(q, P, codec=own) == data
        assert same_bits(rec.decompress(data, P, threads=threads), first.sample)


def test_progress_never_changes_the_result() -> None:
    codec, told = rec.PolarCoding(5, block=64, threads=2), []
    q = targets((10, 101))
    r = codec.encode(q, P, progress=lambda *now: told.append(now))
    assert r.message.tolist() == codec.encode(q, P).message.tolist()
    assert told == sorted(set(told))
    assert told[-1] == (1010, 1010)
    assert len(told) == 8

    class Enough(Exception):  # noqa: N818
        pass

    def stop(*_: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        codec.encode(q, P, progress=stop)


def test_an_offset_is_another_block() -> None:
    q = targets(1000)
    codec = rec.PolarCoding(5, block=256)
    whole = codec.encode(q, P, offset=2**40)
    for begin in (0, 256, 768):
        part = codec.encode(rec.Normal(q.loc[begin:], q.scale), P, offset=2**40 + begin)
        assert part.message.tolist() == whole.message[begin // 256 :].tolist()
        assert same_bits(part.sample, whole.sample[begin:])
    assert whole.message.tolist() != codec.encode(q, P).message.tolist()
    last = codec.encode(rec.Normal(q.loc[:256], q.scale), P, offset=2**48 - 256)
    assert same_bits(codec.decode(last.message, P, shape=(256,), offset=2**48 - 256), last.sample)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_parameters_of_any_type(dtype: Any) -> None:
    loc = np.array([[1, -2, 0, 0], [3, 0, -1, 1]], dtype)
    r = CODEC.encode(rec.Normal(loc, np.array(0.5, np.float16)), P)
    again = CODEC.encode(rec.Normal(loc.astype(np.float64), 0.5), P)
    assert r.message.tolist() == again.message.tolist()
    assert r.sample.dtype == np.float64


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    q = targets((20, 30))
    own = torch.distributions.Normal(torch.tensor(np.asarray(q.loc)), 0.25)
    r, again = CODEC.encode(own, P), CODEC.encode(q, P)
    assert r.message.tolist() == again.message.tolist()
    x = torch.distributions.Gumbel(torch.zeros(500, dtype=torch.float64), 1.0)
    wide = rec.Logistic(0.0, 2.0)
    r = CODEC.encode(x, wide)
    assert same_bits(CODEC.decode(r.message, wide, shape=(500,)), r.sample)


def test_into_arrays_at_hand_that_are_not_contiguous_elsewhere() -> None:
    q = rec.Normal(np.asarray(targets((30, 20)).loc).T[::2], 0.25)
    r = CODEC.encode(q, P)
    copied = CODEC.encode(rec.Normal(np.ascontiguousarray(q.loc), 0.25), P)
    assert r.message.tolist() == copied.message.tolist()
    out = rec.Encoded(*map(np.empty_like, r))  # type: ignore[arg-type]
    assert CODEC.encode(q, P, out=out).sample is out.sample
    assert same_bits(out.sample, r.sample)
    with pytest.raises(rec.ParameterError, match="out"):
        CODEC.decode(r.message, P, shape=(10, 30), out=np.empty((30, 10)).T)


def test_pickles() -> None:
    r = CODEC.encode(targets((3, 50)), P)
    again = pickle.loads(pickle.dumps(r))
    assert again.message.tolist() == r.message.tolist()
    assert same_bits(again.sample, r.sample)
    assert pickle.loads(pickle.dumps(CODEC)) == CODEC


@pytest.mark.parametrize("proposal", ["histogram", "mixture", "custom"])
def test_functions_and_core_draw_alike(proposal: str) -> None:
    # Families of which the core knows nothing, through containers and in pieces.
    proposals: dict[str, Any] = {
        "histogram": rec.Histogram([-9.0, 0.0, 1.0, 9.0], [1.0, 2.0, 1.0]),
        "mixture": rec.Mixture([1.0, 2.0], [-1.0, 1.0], [1.0, 0.8]),
        "custom": rec.CustomProposal(stats.logistic.ppf),
    }
    p = proposals[proposal]
    q = rec.Mixture(np.ones((90, 2)), np.linspace(-1, 1, 180).reshape(90, 2), 0.2)
    codec = rec.PolarCoding(9, block=32)
    data, x = rec.compress(q, p, codec=codec, return_sample=True, offset=64)
    assert same_bits(rec.decompress(data, p), x)
    assert same_bits(codec.encode(q, p, offset=64).sample, x)


# --- Files ---------------------------------------------------------------------------------------


def test_a_chunk_is_a_block() -> None:
    q = targets((64, 50))
    codec = rec.PolarCoding(2, block=320)
    data, x = rec.compress(q, P, codec=codec, return_sample=True)
    with rec.Reader(data) as reader:
        assert reader._contents.grid.chunks == 10
        for rows in (slice(0, 1), slice(6, 7), slice(5, 40), slice(63, 64), slice(0, 0)):
            assert same_bits(reader.read(P, rows), x[rows])
        frames = reader._contents.frames
    # Damage costs it alone.
    damaged = bytearray(data)
    damaged[frames[4].begin + 20] ^= 4
    with pytest.raises(rec.CorruptDataError, match="chunk 4"):
        rec.decompress(damaged, P)
    there: Any = rec.decompress(damaged, P, on_corrupt="skip")
    lost = np.ma.getmaskarray(there).reshape(-1)
    assert lost.nonzero()[0].tolist() == list(range(4 * 320, 5 * 320))
    assert same_bits(there.data.reshape(-1)[~lost], x.reshape(-1)[~lost])
    with rec.Reader(damaged, on_corrupt="skip") as reader:
        some = reader.read(P, slice(24, 40))
    assert np.ma.getmaskarray(some).sum() == 320


@pytest.mark.parametrize("cuts", [[], [4, 8], [16, 32, 48], [60]])
def test_writers_take_pieces(tmp_path: Path, cuts: list[int]) -> None:
    q, codec = targets((64, 50)), rec.PolarCoding(2, block=200)
    with rec.Writer(tmp_path / "x.rec", codec=codec, shape=(64, 50)) as writer:
        for begin, end in zip([0, *cuts], [*cuts, 64], strict=True):
            writer.write(rec.Normal(q.loc[begin:end], q.scale), P)
    assert (tmp_path / "x.rec").read_bytes() == rec.compress(q, P, codec=codec)


def test_pieces_end_where_blocks_do() -> None:
    q, codec = targets((64, 50)), rec.PolarCoding(2, block=200)
    with rec.Writer(io.BytesIO(), codec=codec) as writer:
        writer.write(rec.Normal(q.loc[:5], q.scale), P)
        with pytest.raises(rec.ParameterError, match="200") as caught:
            writer.write(rec.Normal(q.loc[5:], q.scale), P)
    assert "piece" in str(caught.value)


def test_parts_are_joined() -> None:
    q, codec = targets((64, 50)), rec.PolarCoding(2, block=200)
    parts = [
        rec.compress(
            rec.Normal(q.loc[begin : begin + 32], q.scale), P, codec=codec, offset=50 * begin
        )
        for begin in (0, 32)
    ]
    file = io.BytesIO()
    with rec.Writer(file, codec=codec, shape=(64, 50)) as writer:
        for part in parts:
            writer.append(part)
    assert file.getvalue() == rec.compress(q, P, codec=codec)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_header(dtype: str) -> None:
    q = targets((3, 500))
    data, x = rec.compress(
        q, P, codec=CODEC, header=False, dtype=dtype, offset=7, return_sample=True
    )
    with_header = rec.compress(q, P, codec=CODEC, dtype=dtype, offset=7)
    assert 0 < len(with_header) - len(data) < 40
    again = rec.decompress(data, P, codec=CODEC, shape=(3, 500), dtype=dtype, offset=7)
    assert again.tobytes() == x.tobytes()
    assert again.dtype == dtype


def test_bits_by_level() -> None:
    q = targets((3, 20_000))
    data = rec.compress(q, P, codec=rec.PolarCoding(2, block=25_000))
    info = rec.inspect(data, q, P)
    behind, *names = info.parts
    assert behind == "behind levels"
    assert 0.0 < info.parts[behind] < 0.01 * info.total_bits
    levels = [int(name.removeprefix("level ")) for name in names]
    assert sorted(levels) == list(range(1, max(levels) + 1))
    # The finest first, then the coarser, then what is behind.
    finest = levels[0]
    assert levels == [*range(finest, 0, -1), *range(finest + 1, max(levels) + 1)]
    assert 0.0 <= info.bits["path"] - sum(info.parts.values()) < 3 * 64
    assert f"level 1       {info.parts['level 1']:.1f}  (0.99" in str(info)
    assert sum(info.bits.values()) == info.total_bits
    assert rec.inspect(rec.compress(q, P, codec=rec.ADStar(1))).parts == {}


# --- Little information, and forged headers ------------------------------------------------------


@pytest.mark.parametrize("block", [1 << 13, 1 << 18, 1 << 21])
@pytest.mark.parametrize("bits", [0.0, 1e-4])
def test_little_information_decodes_unasked(block: int, bits: float) -> None:
    rng = np.random.default_rng(1)
    loc = rng.normal(size=(3, 500_000)) * np.sqrt(2 * np.log(2) * bits)
    codec = rec.PolarCoding(1, block=block)
    data, x = rec.compress(rec.Normal(loc, 1.0), P, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, P), x)
    assert 8 * len(data) / loc.size < bits + 0.005 + 160 / block
    bare = rec.compress(rec.Normal(loc, 1.0), P, codec=codec, header=False)
    assert same_bits(rec.decompress(bare, P, codec=codec, shape=loc.shape), x)


def test_a_block_of_few_bytes_is_refused() -> None:
    q = rec.Normal(np.zeros(100_000), 1.0)
    r = CODEC.encode(q, P)
    assert len(r.message[0]) == 100_000 // 8192
    for wrong in (r.message[0][:-1], r.message[0].rstrip(b"\0"), r.message[0] + b"\0"):
        message = np.empty(1, object)
        message[0] = wrong
        with pytest.raises(rec.ParameterError, match="message"):
            CODEC.decode(message, P, shape=(100_000,))


def test_more_elements_than_bytes_can_stand_for() -> None:
    # Blocks of no bytes, which no encoder writes: eight bytes of file for 2^24 elements.
    from astar_rec.container.format import Header, write_frame

    codec = rec.PolarCoding(1, block=2**24)
    header = Header(codec, codec.default_code(), "none", 0, (2**30,), False, "float64", 1 << 16)
    head = header.to_bytes()
    data = head + write_frame(head, 0, bytes(2**6))
    with pytest.raises(rec.ParameterError, match="max_elements is None; expected at least 1073741"):
        rec.decompress(data, P)
    assert rec.inspect(data).parts == {}


def test_chunks_beyond_all_elements_are_damage() -> None:
    from astar_rec.container.format import Header, write_frame

    codec = rec.PolarCoding(1, block=2**24)
    header = Header(codec, codec.default_code(), "none", 0, (0, 7), True, "float64", 1)
    head = header.to_bytes()
    for number in (2**24, 2**40):
        data = head + write_frame(head, number, b"\0")
        with rec.Reader(data, on_corrupt="skip") as reader:
            assert reader.shape == (0, 7)
            assert reader.read(P).shape == (0, 7)
