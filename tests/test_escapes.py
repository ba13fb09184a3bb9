"""Elements that a method cannot say: one of them stops no array, and costs only itself.

Each case here raised `DivergenceError`, some of them after seconds.
"""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.codecs.difficulty import Difficulty, boxes_bits, difficulty, halving_order
from common import same_bits
from format_decoder import decode
from fuzz.layout import split, take_apart
from goodness import check_uniform

P = rec.Normal(0.0, 1.0)
ROWS, COLUMNS = 400, 8
EXACT: list[rec.Codec] = [
    rec.ADStar(5),
    rec.ADStar(5, 4),
    rec.ADStar(5, 8),
    rec.ASStar(5),
    rec.GlobalAStar(5),
    rec.GlobalAStar(5, block=2),
    rec.PolarCoding(5),
    rec.PolarCoding(5, block=100),
]
each_exact = pytest.mark.parametrize("codec", EXACT, ids=repr)


def parameters(rows: int = ROWS) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return 0.8 * rng.normal(size=(rows, COLUMNS)), np.full((rows, COLUMNS), 0.6)


def normal_cdf(x: Any) -> Any:
    from math import erfc

    return np.vectorize(lambda z: 0.5 * erfc(-z / 2**0.5))(x)


OUTLIERS = {
    "far out": (8.0, 1.0),
    "wide": (0.3, 1.5),
    "very wide": (0.0, 30.0),
    "65 bits": (0.5, 1e-20),
    "beyond": (-1e4, 1e-3),
}


@each_exact
@pytest.mark.parametrize("name", OUTLIERS)
def test_an_outlier_costs_itself(codec: rec.Codec, name: str) -> None:
    loc, scale = parameters()
    plain = rec.compress(rec.Normal(loc, scale), P, codec=codec)
    loc[7, 3], scale[7, 3] = OUTLIERS[name]
    began = time.monotonic()
    data, x = rec.compress(rec.Normal(loc, scale), P, codec=codec, return_sample=True)
    assert time.monotonic() - began < 5.0
    assert same_bits(rec.decompress(data, P), x)
    assert np.isfinite(x).all()
    assert abs(x[7, 3] - loc[7, 3]) < 6 * scale[7, 3] + 1e-15
    # Its sample, where it is, and what stands in its place.
    assert len(data) < len(plain) + 24


APPROXIMATE: list[rec.Codec] = [
    rec.DADStar(12, 5),
    rec.DADStar(20, 5, block=4),
    rec.MinimalRandomCoding(200, 5),
    rec.ADStar(5, 4, max_steps=500),
    rec.GlobalAStar(5, 300),
]


@pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")
@pytest.mark.parametrize("codec", APPROXIMATE, ids=repr)
def test_approximate_methods_carry_outliers(codec: rec.Codec) -> None:
    loc, scale = parameters()
    loc[7, 3] = 12.0
    data, x = rec.compress(rec.Normal(loc, scale), P, codec=codec, return_sample=True)
    assert same_bits(rec.decompress(data, P), x)
    assert abs(x[7, 3] - 12.0) < 6 * scale[7, 3]


def test_the_command_line_keeps_its_blocks() -> None:
    loc, scale = parameters()
    q = rec.Normal(loc, scale)
    block = rec.automatic_codec(q, P, seed=1, escapes=True).block
    loc[7, 3], scale[7, 4] = 8.0, 1.5
    wide = rec.Normal(loc, scale)
    assert rec.automatic_codec(wide, P, seed=1, escapes=True).block == block == 8
    assert rec.automatic_codec(wide, P, seed=1).block < block
    hard = rec.Normal(np.full((100, 8), 3.0), 1.0)
    assert rec.automatic_codec(hard, P, seed=1, escapes=True).block == 1


def test_escapes_of_a_block_do_not_depend_on_others() -> None:
    rng = np.random.default_rng(4)
    q = rec.Normal(rng.normal(size=(300, 8)), np.exp(rng.normal(-0.6, 0.5, size=(300, 8))))
    with rec.Reader(rec.compress(q, P, codec=rec.ADStar(1, 8))) as reader:
        whole = reader._escapes(0)
    assert 100 < len(whole) < 2000
    for row in range(0, 300, 7):
        with rec.Reader(rec.compress(q[row : row + 1], P, codec=rec.ADStar(1, 8))) as reader:
            own, part = reader._escapes(0), whole.within(8 * row, 8 * row + 8)
        assert own.searched.tolist() == part.searched.tolist()
        assert own.given.tolist() == part.given.tolist()


def test_the_rest_stays_as_it_is() -> None:
    loc, scale = parameters()
    codec = rec.ADStar(5, 4)
    _, before = rec.compress(rec.Normal(loc, scale), P, codec=codec, return_sample=True)
    loc[7, 3] = 8.0
    _, after = rec.compress(rec.Normal(loc, scale), P, codec=codec, return_sample=True)
    same = before == after
    assert same[:7].all()
    assert same[8:].all()
    assert same[7, 4:].all()
    assert not same[7, 3]


HARD: dict[str, tuple[float, float, int]] = {
    "N(3, 1) in fours": (3.0, 1.0, 4),
    "N(1, 1) in eights": (1.0, 1.0, 8),
    "1.5 times as wide": (0.0, 1.5, 4),
    "twice as wide, in twos": (0.0, 2.0, 2),
    "sixteens of 2 bits": (0.9, 0.25, 16),
    "far out": (9.0, 0.5, 4),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_blocks(name: str) -> None:
    """All of the array; in time, and exact."""
    mean, width, block = HARD[name]
    q = rec.Normal(np.full((500, 16), mean), width)
    began = time.monotonic()
    data, x = rec.compress(q, P, codec=rec.ADStar(11, block), return_sample=True)
    assert time.monotonic() - began < 30.0
    assert same_bits(rec.decompress(data, P), x)
    z = (x - mean) / width
    check_uniform(normal_cdf(z).reshape(-1))
    # Elements of a block are independent, whichever way they were coded.
    for j in range(1, 16):
        assert abs(np.corrcoef(z[:, 0], z[:, j])[0, 1]) < 0.22


def test_escaped_elements_beside_searched_ones_are_exact() -> None:
    loc, scale = parameters(4000)
    loc[:, 0], loc[:, 5], scale[:, 5] = 8.0, 0.0, 1.6
    _, x = rec.compress(rec.Normal(loc, scale), P, codec=rec.ADStar(3, 4), return_sample=True)
    z = (x - loc) / scale
    for j in range(COLUMNS):
        check_uniform(normal_cdf(z[:, j]))
    correlation = np.corrcoef(z.T) - np.eye(COLUMNS)
    assert np.abs(correlation).max() < 0.075


PAIRS = [
    (rec.Laplace, rec.Normal, (0.0, 1.5)),
    (rec.Logistic, rec.Logistic, (60.0, 1.0)),
    (rec.Laplace, rec.Laplace, (0.0, 1.3)),
    (rec.Normal, rec.Laplace, (50.0, 2.0)),
    (rec.Laplace, rec.Laplace, (20.0, 1e-17)),
    (rec.Uniform, rec.Normal, (8.0, 11.0)),
    (rec.Uniform, rec.Uniform, (0.0, 2.0**-61)),
]


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_families(pair: Any, block: int) -> None:
    family, other, hard = pair
    p = other(-1.0, 1.0) if other is rec.Uniform else other(0.0, 1.0)
    first, second = np.full((6, 8), 0.1), np.full((6, 8), 0.3)
    first[3, 2], second[3, 2] = hard
    q = family(first, second)
    data, x = rec.compress(q, p, codec=rec.ADStar(2, block), return_sample=True)
    assert same_bits(rec.decompress(data, p), x)
    independent(data, p, x)


def independent(data: bytes, p: Any, x: Any) -> None:
    pair = (p.low, p.high) if isinstance(p, rec.Uniform) else (p.loc, p.scale)
    own = [(type(p).__name__, *map(float, pair))] * x.size
    shape, samples = decode(data, own)
    assert shape == x.shape
    assert same_bits(samples, x.reshape(-1))


# --- In containers ------------------------------------------------------------------------------


def hard_targets(rows: int = 60) -> rec.Normal:
    loc, scale = parameters(rows)
    loc[3, 2], loc[40, 0], loc[rows - 1, 7] = 8.0, -9.0, 30.0
    loc[10:14], scale[10:14] = 2.5, 1.0
    return rec.Normal(loc, scale)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("codec", [rec.ADStar(5, 4), rec.ADStar(5), rec.PolarCoding(5, block=64)])
def test_rows_pieces_and_parts(codec: rec.Codec, dtype: str) -> None:
    q = hard_targets()
    options: dict[str, Any] = {"codec": codec, "dtype": dtype}
    options["chunk"] = 1 if codec.runs_through else 16
    data, x = rec.compress(q, P, return_sample=True, offset=7, **options)
    independent(data, P, x)
    for shape in (q.shape, None):
        file = io.BytesIO()
        with rec.Writer(file, shape=shape, offset=7, **options) as writer:
            for rows in (slice(0, 8), slice(8, 32), slice(32, 60)):
                piece = writer.write(q[rows], P)
                assert same_bits(piece.sample, x[rows])
        assert shape is None or file.getvalue() == data
        assert same_bits(rec.decompress(file.getvalue(), P), x)
        independent(file.getvalue(), P, x)
        with rec.Reader(file.getvalue()) as reader:
            for rows in (slice(3, 4), slice(5, 12), slice(13, 41), slice(59, 60)):
                assert same_bits(reader.read(P, rows), x[rows])
    file = io.BytesIO()
    with rec.Writer(file, offset=7, **options) as writer:
        for rows in (slice(0, 8), slice(8, 60)):
            at = 7 + COLUMNS * rows.start
            writer.append(rec.compress(q[rows], P, offset=at, **options))
    assert same_bits(rec.decompress(file.getvalue(), P), x)


def test_damage_and_inspection() -> None:
    q = hard_targets()
    data, x = rec.compress(q, P, codec=rec.ADStar(5, 4), chunk=16, return_sample=True)
    found = rec.inspect(data)
    assert found.bits["escapes"] > 8 * 8 * 3
    assert sum(found.bits.values()) == found.total_bits == 8 * len(data)
    assert "escapes" in str(found)
    easy = rec.compress(rec.Normal(*parameters(60)), P, codec=rec.ADStar(5, 4), chunk=16)
    assert "escapes" not in rec.inspect(easy).bits
    head, frames = split(data)
    marks = {frame[0] for frame in frames}
    assert marks == {0xC5, 0xC6}
    for number, frame in enumerate(frames):
        # Without escapes, or with some: the checksum knows.
        changed = [*frames[:number], bytes([frame[0] ^ 3]) + frame[1:], *frames[number + 1 :]]
        with pytest.raises(rec.CorruptDataError, match=f"checksum of chunk {number}"):
            rec.decompress(head + b"".join(changed), P)
    frame = bytearray(frames[0])
    frame[len(frame) // 2] ^= 8
    damaged = head + bytes(frame) + b"".join(frames[1:])
    left = rec.decompress(damaged, P, on_corrupt="skip")
    assert left.mask[:8].all()
    assert not left.mask[8:].any()
    assert same_bits(left.data[8:], x[8:])


def test_escapes_depend_on_targets_alone() -> None:
    q = hard_targets()
    found = set()
    for seed in range(20):
        with rec.Reader(rec.compress(q, P, codec=rec.ADStar(seed, 4))) as reader:
            escapes = reader._escapes(0)
        found.add((*escapes.searched.tolist(), -1, *escapes.given.tolist()))
    assert len(found) == 1
    (only,) = found
    assert {3 * COLUMNS + 2, 40 * COLUMNS, 60 * COLUMNS - 1} <= set(only)


@each_exact
def test_messages_alone_do_not_carry_them(codec: rec.Codec) -> None:
    q = rec.Normal([0.0, 8.0], 1.0)
    with pytest.raises(rec.DivergenceError, match="compress and Writer code such elements"):
        codec.encode(q, P)
    with pytest.raises(rec.DivergenceError):
        rec.compress(q, P, codec=codec, header=False)


def forged(section: bytes) -> bytes:
    """A container of eight elements whose only chunk has escapes, with all checksums right."""
    layout = take_apart(rec.compress(rec.Normal(np.zeros(8), 1.0), P, codec=rec.ADStar(5)))
    assert layout is not None
    (frame,) = layout.frames
    frame.payload, frame.escapes = bytes([len(section)]) + section + frame.payload, 1
    return layout.to_bytes()


ONE = np.float64(0.5).tobytes()
SECTIONS = {
    "none": b"\0\0",
    "too long": b"\0\1\7\2" + ONE + ONE,
    "an empty run": b"\0\1\0\0",
    "runs that touch": b"\0\2\0\1\0\1" + ONE + ONE,
    "samples are missing": b"\0\1\0\2" + ONE,
    "bytes behind": b"\0\1\0\1" + ONE + b"\1",
    "not finite": b"\0\1\0\1" + np.float64(np.inf).tobytes(),
    "twice": b"\1\0\1\1\0\1" + ONE,
    "far too many": b"\1\0" + b"\xff" * 8 + b"\x7f\0",
}


@pytest.mark.parametrize("name", SECTIONS)
def test_forged_escapes(name: str) -> None:
    good = forged(b"\0\1\3\1" + ONE)
    assert rec.decompress(good, P)[3] == 0.5
    data = forged(SECTIONS[name])
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P)
    with pytest.raises(rec.CorruptDataError):
        rec.inspect(data)
    with pytest.raises(ValueError):  # noqa: PT011
        decode(data, [("Normal", 0.0, 1.0)] * 8)


# --- How hard blocks are ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loc", "scale", "block"),
    [(0.0, 0.5, 8), (0.9, 0.25, 8), (0.1, 1.01, 8), (0.5, 0.01, 8), (0.1, 1.05, 4), (0.3, 1.0, 8)],
)
def test_boxes_are_as_many_as_steps(loc: float, scale: float, block: int) -> None:
    q = rec.Normal(np.full((32, block), loc), scale)
    steps = rec.ADStar(1, block).encode(q, P).steps
    own = difficulty(rec.Normal(np.full(block, loc), scale), P, np.arange(block), (1, block))
    shaped = Difficulty(own.supremum[None], own.renyi[None])
    bits = boxes_bits(shaped, block, halving_order((0.0,) * block), 10_000, 100.0)
    assert -2.5 < np.log2(np.median(steps)) - bits[0] < 3.5


@pytest.mark.parametrize("pair", [(0.3, 0.5), (3.0, 1.0), (0.0, 1.4), (0.1, 0.01)])
def test_difficulty_of_normals_and_of_any(pair: tuple[float, float]) -> None:
    """The closed form is what nodes give."""
    from astar_rec.codecs import difficulty as module

    q, one = rec.Normal([pair[0]], pair[1]), np.zeros(1, int)
    closed = difficulty(q, P, one, (1,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_are_normal", lambda *_: False)
        nodes = difficulty(q, P, one, (1,))
    assert np.abs(closed.supremum - nodes.supremum) < 0.3
    assert np.abs(closed.renyi - nodes.renyi)[0, 3:].max() < 0.35


@pytest.mark.parametrize("block", [4, 8, 16])
def test_no_block_that_is_left_stalls(block: int) -> None:
    """Those just below the limit: all take fewer steps than a second has."""
    rng, rows = np.random.default_rng(11), 3000
    loc = np.concatenate([0.8 * rng.normal(size=(rows, 1)) + np.zeros(block),
                          0.5 * rng.normal(size=(rows, block))])  # fmt: skip
    scale = np.exp(rng.normal(-0.3, 0.4, size=(2 * rows, 1))) + np.zeros(block)
    scale[rows:] = 0.7
    scale[rows:, 0] = 1.0 + 0.6 * rng.random(rows)
    shape = (2 * rows, block)
    own = difficulty(rec.Normal(loc, scale), P, np.arange(loc.size), shape)
    shaped = Difficulty(own.supremum.reshape(shape), own.renyi.reshape(*shape, -1))
    bits = boxes_bits(shaped, block, halving_order((0.0,) * block), 10_000, 30.0)
    near = np.flatnonzero((bits > 16.0) & (bits <= 18.0))[:40]
    assert near.size == 40
    steps = rec.ADStar(3, block).encode(rec.Normal(loc[near], scale[near]), P).steps
    assert 1 << 16 < steps.max() < 1 << 22
