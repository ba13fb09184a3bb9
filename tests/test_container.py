"""Containers: every way through them, and that nothing but a container passes for one."""

from __future__ import annotations

import functools
import io
import math
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import astar_rec as rec
from common import FAMILIES, PAIRS, each_pair, same_bits
from fuzz.layout import crc, split
from fuzz.layout import number as number_bytes
from words import bare, compress, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")

P = rec.Normal(0.0, 1.0)
METHODS: dict[str, dict[str, Any]] = {
    "ad": {"method": "ad"},
    "as": {"method": "as"},
    "dad": {"method": "dad", "depth": 6},
    "global": {"method": "global"},
    "global, limited": {"method": "global", "max_samples": 20},
    "mrc": {"method": "mrc", "candidates": 30},
    "orc": {"method": "orc", "candidates": 30},
}
CODES = [None, rec.GammaCode(), rec.DeltaCode(), rec.ZetaCode(1.5), rec.FixedCode(64)]
each_method = pytest.mark.parametrize("method", METHODS)
each_code = pytest.mark.parametrize("code", CODES, ids=repr)


def targets(shape: tuple[int, ...]) -> rec.Normal:
    rng = np.random.default_rng(7)
    return rec.Normal(rng.uniform(-1.0, 1.0, size=shape), rng.uniform(0.3, 0.9, size=shape))


def may_find_nothing(pair: Any, method: str) -> bool:
    return pair.target == "Uniform" and method in ("dad", "global, limited", "mrc", "orc")


def same_code(a: rec.IndexCode, b: rec.IndexCode) -> bool:
    if isinstance(a, rec.ZetaCode) and isinstance(b, rec.ZetaCode):
        return a.k == b.k
    return repr(a) == repr(b)


def check_container(q: Any, p: Any = P, **options: Any) -> bytes:
    """Compress, decompress, inspect; return the bytes."""
    data = compress(q, p, **options)
    assert type(data) is bytes
    x = rec.decompress(data, p)
    info = rec.inspect(data)
    shape = np.broadcast_shapes(q.shape, p.shape)
    assert x.shape == info.shape == shape
    assert x.dtype == np.float64
    r = info.codec.encode(q, p, offset=options.get("offset", 0))
    assert same_bits(x, r.sample)

    assert info.method == info.codec.name == options.get("method", "ad")
    assert info.codec.parameters == said(**options)["codec"].parameters
    assert info.offset == options.get("offset", 0)
    assert info.codec.seed == options.get("seed", 0)
    if options.get("code") is not None:
        assert same_code(info.code, options["code"])
    assert info.total_bits == 8 * len(data) == sum(info.bits.values())
    assert all(bits >= 0 for part, bits in info.bits.items() if part != "padding")
    divergence = rec.kl_bits(q, p).sum()
    told = rec.inspect(data, q, p)
    assert told.kl_bits == pytest.approx(divergence)
    assert told.overhead_bits == pytest.approx(told.total_bits - divergence)
    assert told.bits == info.bits
    block = info.codec.block
    words = r.index.reshape(-1, block)
    depths = [int.from_bytes(w.astype("<u8").tobytes(), "little").bit_length() - 1 for w in words]
    tree = isinstance(info.code, rec.TreeCode)
    if not tree:
        assert info.bits["path"] <= sum(depths)  # less where zero bytes are left out
        assert info.bits["path"] == sum(depths) or info.bits["padding"] == info.bits["depth"] == 0
    chunks = [words[begin : begin + 2**16] for begin in range(0, len(words), 2**16)]
    for part in () if tree or "contexts" in options else ("depth", "path", "padding"):
        parts = [info.code.parts(chunk[:, 0] if block == 1 else chunk) for chunk in chunks]
        assert info.bits[part] == sum(getattr(each, part) for each in parts)
    # The range coder's end may lie a byte off what the information takes.
    assert info.bits["padding"] < 16 * max(1, math.ceil(x.size / 65_536))
    if depths:
        assert info.mean_depth == pytest.approx(np.mean(depths))
        assert info.bits_per_element == info.total_bits / x.size
    else:
        assert math.isnan(info.mean_depth)
        assert math.isnan(info.bits_per_element)
    for part in (info.method, str(info.shape), str(info.total_bits), repr(info.code)):
        assert part in str(info)
    return data


# --- Round trips --------------------------------------------------------------------------------


@each_method
@each_code
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3, 4), (1, 1, 5, 1)])
def test_round_trip(method: str, code: rec.IndexCode | None, shape: tuple[int, ...]) -> None:
    check_container(targets(shape), code=code, **METHODS[method])


@each_method
@each_code
@pytest.mark.parametrize("shape", [(0,), (0, 3), (4, 0), (2, 0, 5)])
def test_empty(method: str, code: rec.IndexCode | None, shape: tuple[int, ...]) -> None:
    check_container(rec.Normal(np.zeros(shape), 1.0), code=code, **METHODS[method])


@each_method
@pytest.mark.parametrize("seed", [0, 1, 127, 128, 2**32, 2**64 - 1])
@pytest.mark.parametrize("offset", [0, 127, 2**32 + 5, 2**48 - 6])
def test_seeds_and_offsets(method: str, seed: int, offset: int) -> None:
    check_container(targets((6,)), seed=seed, offset=offset, **METHODS[method])


@each_pair
@each_method
def test_families(pair: Any, method: str) -> None:
    if may_find_nothing(pair, method):
        pytest.skip("may find no sample inside a uniform target")
    q, p = pair.random(np.random.default_rng(1), (3, 5), bounded=method == "global")
    check_container(q, p, **METHODS[method])


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(PAIRS),
    st.sampled_from(list(METHODS)),
    st.sampled_from(CODES),
    hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**47),
)
def test_any_container(
    pair: Any, method: str, code: Any, shape: tuple[int, ...], seed: int, offset: int
) -> None:
    assume(not may_find_nothing(pair, method))
    q, p = pair.random(np.random.default_rng(seed), shape, bounded=method == "global")
    check_container(q, p, code=code, seed=seed, offset=offset, **METHODS[method])


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 200_000])
def test_several_chunks(size: int) -> None:
    q = rec.Normal(np.linspace(-1.0, 1.0, size), 0.5)
    data = check_container(q, seed=3)
    assert same_bits(rec.decompress(data, P, threads=3), rec.ADStar(3).encode(q, P).sample)


def test_dad_star_is_of_fixed_width() -> None:
    data = check_container(targets((100,)), method="dad", depth=6)
    assert same_code(rec.inspect(data).code, rec.FixedCode(7))
    other = check_container(rec.Normal(np.zeros(100), 1.0), method="dad", depth=6)
    assert len(other) == len(data)


def test_no_code_is_shorter() -> None:
    q = targets((5000,))
    size = len(compress(q, P))
    for code in CODES[1:]:
        assert size <= len(compress(q, P, code=code))


def test_short_messages_are_short() -> None:
    # One latent of some bits: magic, version, checksums and all in fewer than 30 bytes.
    assert len(compress(rec.Normal(0.5, 0.25), P)) < 30


def test_custom() -> None:
    q = rec.CustomTarget(lambda x: np.log(2.0 * x), mode=1.0, shape=(4, 5))
    p = rec.CustomProposal(lambda u: u)
    data = compress(q, p, seed=4)
    assert same_bits(rec.decompress(data, p), rec.ADStar(4).encode(q, p).sample)


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, lambda d: np.frombuffer(d, "u1")])
def test_buffers(wrap: Callable[[bytes], Any]) -> None:
    data = compress(targets((9,)), P)
    assert same_bits(rec.decompress(wrap(data), P), rec.decompress(data, P))
    assert rec.inspect(wrap(data)).bits == rec.inspect(data).bits


def test_a_view_into_a_larger_buffer() -> None:
    data = compress(targets((9,)), P)
    larger = memoryview(b"before" + data + b"after")
    assert same_bits(rec.decompress(larger[6:-5], P), rec.decompress(data, P))


@pytest.mark.parametrize("bad", [None, 7, ["A*RC"], object()])
def test_no_bytes(bad: Any) -> None:
    with pytest.raises(rec.ParameterError, match="data"):
        rec.decompress(bad, P)
    with pytest.raises(rec.ParameterError, match="data"):
        rec.inspect(bad)


def test_paths_and_files(tmp_path: Path) -> None:
    data, path = compress(targets((9,)), P), tmp_path / "latents.rec"
    with pytest.raises(FileNotFoundError):
        rec.decompress(path, P)
    path.write_bytes(data)
    for file in (path, str(path), io.BytesIO(data)):
        assert same_bits(rec.decompress(file, P), rec.decompress(data, P))


@each_method
def test_pieces(method: str) -> None:
    # An array compressed and decompressed in pieces is the same array.
    q, options = targets((40, 5)), METHODS[method]
    whole = rec.decompress(compress(q, P, seed=9, **options), P)
    pieces = []
    for begin, end in ((0, 1), (1, 20), (20, 40)):
        piece = rec.Normal(q.loc[begin:end], q.scale[begin:end])
        data = check_container(piece, seed=9, offset=5 * begin, **options)
        pieces.append(rec.decompress(data, P))
    assert same_bits(np.concatenate(pieces), whole)


@pytest.mark.parametrize("threads", [1, 2, 3, 8, None])
def test_threads(threads: int | None) -> None:
    q = targets((3000,))
    data = compress(q, P, threads=threads)
    assert data == compress(q, P, threads=1)
    assert same_bits(rec.decompress(data, P, threads=threads), rec.decompress(data, P, threads=1))


def test_progress() -> None:
    q = rec.Normal(np.zeros(600_000), 0.9)
    done: list[tuple[int, int]] = []
    data = compress(q, P, progress=lambda *now: done.append(now))
    assert data == compress(q, P)
    rec.decompress(data, P, progress=lambda *now: done.append(now))
    assert {total for _, total in done} == {600_000}
    assert [now for now, _ in done].count(600_000) == 2
    assert all(0 < now <= total for now, total in done)


def test_wrong_proposal() -> None:
    data = compress(targets((2, 3)), P)
    for shape in ((4,), (2,), (3, 3), (1, 2, 3)):
        with pytest.raises(rec.ParameterError, match="shape"):
            rec.decompress(data, rec.Normal(np.zeros(shape), 1.0))
    with pytest.raises(rec.ParameterError):
        rec.decompress(data, "a proposal")
    # Shapes that do: other samples, but of the right shape.
    assert rec.decompress(data, rec.Normal(np.zeros((2, 1)), np.ones(3))).shape == (2, 3)
    for family in FAMILIES:
        assert rec.decompress(data, getattr(rec, family)(0.0, 2.0)).shape == (2, 3)


# --- Seeds --------------------------------------------------------------------------------------


def test_items_one_by_one_follow_their_law() -> None:
    """Each item has random numbers of its own, though all have the same element number.

    The variance of 3,000 standard normal samples has a standard error of 0.026. A true library
    fails once in 10^7: that is at 5.3 of these.
    """
    q = rec.Normal(0.5, 0.5)
    sample = np.array([rec.decompress(rec.compress(q, P), P) for _ in range(3000)])
    z = (sample - 0.5) / 0.5
    assert abs(np.mean(z)) < 5.3 / np.sqrt(3000)
    assert abs(np.var(z) - 1) < 5.3 * np.sqrt(2 / 3000)
    alike = [compress(q, P) for _ in range(3)]
    assert alike[0] == alike[1] == alike[2]
    # The same holds for writers and for what `automatic_codec` returns.
    seeds = {rec.inspect(rec.compress(q, P)).codec.seed for _ in range(50)}
    seeds |= {rec.Writer(io.BytesIO()).codec.seed for _ in range(50)}
    seeds |= {rec.automatic_codec(q, P).seed for _ in range(50)}
    assert len(seeds) == 150


# --- Damage -------------------------------------------------------------------------------------


@functools.cache
def small_containers() -> dict[str, bytes]:
    containers = {
        f"{method}, {code!r}": compress(targets((3, 4)), P, seed=5, code=code, **options)
        for method, options in METHODS.items()
        for code in CODES
    }
    containers["empty"] = compress(rec.Normal([], 1.0), P)
    containers["scalar"] = compress(rec.Normal(0.5, 0.5), P)
    containers["large numbers"] = compress(targets((1, 2)), P, seed=2**64 - 1, offset=2**47)
    return containers


each_container = pytest.mark.parametrize("name", [*small_containers()])


def assert_corrupt(data: bytes) -> None:
    for call in (lambda: rec.decompress(data, P), lambda: rec.inspect(data)):
        with pytest.raises(rec.CorruptDataError) as caught:
            call()
        assert 5 < len(str(caught.value)) < 200


@each_container
def test_every_flipped_bit_is_noticed(name: str) -> None:
    data = small_containers()[name]
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        assert_corrupt(bytes(damaged))


@each_container
def test_every_truncation_is_noticed(name: str) -> None:
    data = small_containers()[name]
    for length in range(len(data)):
        assert_corrupt(data[:length])
        assert_corrupt(data[length + 1 :])


@each_container
def test_appended_bytes_are_noticed(name: str) -> None:
    data = small_containers()[name]
    for more in (b"\0", b"\0" * 4, b"x", b"\xff" * 100, data):
        assert_corrupt(data + more)


@each_container
def test_every_deleted_or_doubled_byte_is_noticed(name: str) -> None:
    data = small_containers()[name]
    for i in range(len(data)):
        assert_corrupt(data[:i] + data[i + 1 :])
        assert_corrupt(data[:i] + data[i : i + 1] + data[i:])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_damage_is_noticed(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([*small_containers().values()]))
    begin = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(begin, min(len(good), begin + 12)))
    damaged = good[:begin] + data.draw(st.binary(max_size=12)) + good[end:]
    if damaged != good:
        assert_corrupt(damaged)


@settings(deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"A*RC", b"A*RC\x03", b"A*RC\x03\x02\x00\x04\x10"]),
)
def test_any_bytes(tail: bytes, start: bytes) -> None:
    assert_corrupt(start + tail)


def test_chunks_cannot_change_places() -> None:
    # Each chunk's checksum covers its number and the header.
    q = rec.Normal(np.linspace(-1.0, 1.0, 3 * 65_536), 0.5)
    data = compress(q, P)
    head, chunks = split(data)
    assert b"".join([head, *chunks]) == data
    assert_corrupt(b"".join([head, chunks[1], chunks[0], chunks[2]]))
    assert_corrupt(b"".join([head, chunks[0], chunks[0], chunks[2]]))
    assert_corrupt(b"".join([head, chunks[0], chunks[2]]))
    other_head, _ = split(compress(q, P, seed=1))
    assert_corrupt(b"".join([other_head, *chunks]))


def test_unknown_versions() -> None:
    data = bytearray(compress(targets((3,)), P))
    for version in (0, 1, 2, 4, 255):
        data[4] = version
        for call in (lambda: rec.decompress(data, P), lambda: rec.inspect(data)):
            with pytest.raises(rec.CorruptDataError, match=rf"version {version}; .* version 3"):
                call()


def test_other_files() -> None:
    for other in (b"\x89PNG\r\n\x1a\n" + bytes(50), b"PK\x03\x04" + bytes(50), b"a*rc" + bytes(50)):
        with pytest.raises(rec.CorruptDataError, match="not an astar_rec container"):
            rec.decompress(other, P)


# --- Forgeries: nonsense with the right checksums -----------------------------------------------


def forge_header(
    method: int = 2,
    flags: int = 0,
    code: int = 1,
    chunk: int = 16,
    parameter: int = 0,
    seed: int = 0,
    block: int = 1,
    limit: int = 0,
    hints: tuple[int, ...] = (),
    offset: int = 0,
    shape: tuple[int, ...] = (4,),
    axes: int | None = None,
) -> bytes:
    own = {0: (block, limit), 2: (block,), 3: (block, limit), 4: (block, limit)}.get(method, ())
    numbers = [parameter] if code in (0, 3, 4, 5) else []
    numbers += [seed, *own]
    if method in (2, 3):
        numbers += [len(hints), *hints]
    numbers += [offset, len(shape) if axes is None else axes, *shape]
    body = b"A*RC" + bytes([3, method, flags, code, chunk]) + b"".join(map(number_bytes, numbers))
    return body + crc(body)


def forge(*payloads: bytes, rows: int | None = None, **fields: Any) -> bytes:
    head = forge_header(**fields)
    parts = [head]
    for number, payload in enumerate(payloads):
        mark, place = b"\xc5", number.to_bytes(8, "little")
        if rows is not None and number == len(payloads) - 1:
            mark, place = b"\xe5" + number_bytes(rows), place + rows.to_bytes(8, "little")
        checksum = crc(head[-4:] + place + payload)
        parts += [mark, number_bytes(number), number_bytes(len(payload)), payload, checksum]
    return b"".join(parts)


FOUR = rec.GammaCode().pack([1, 2, 3, 4])


def test_the_forger_can_write_containers() -> None:
    assert rec.decompress(forge(FOUR), P).tolist() == rec.ADStar(0).decode([1, 2, 3, 4], P).tolist()
    q = targets((5, 6))
    for code in (rec.DeltaCode(), rec.ZetaCode(1.25)):
        index = rec.ADStar(300).encode(q, P, offset=700).index
        number = {rec.DeltaCode: 2, rec.ZetaCode: 3}[type(code)]
        forged = forge(
            code.pack(index),
            code=number,
            parameter=getattr(code, "k", 0),
            seed=300,
            offset=700,
            shape=(5, 6),
        )
        assert forged == compress(q, P, seed=300, offset=700, code=code)


@pytest.fixture
def little() -> Iterator[None]:
    """Whatever happens may take but little memory and time."""
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < 1_300_000
        assert time.perf_counter() - begin < 10.0
    finally:
        tracemalloc.stop()


HUGE = [2**20, 2**31, 2**32, 2**40, 2**47, 2**48, 2**48 + 1, 2**63 - 1, 2**63, 2**64 - 1]


@pytest.mark.usefixtures("little")
def test_forged_shapes() -> None:
    for huge in HUGE:
        for shape in ((huge,), (1, huge), (huge, huge), (2, huge, 3), (huge,) * 64):
            assert_corrupt(forge(FOUR, shape=shape))
            assert_corrupt(forge(shape=shape))
            assert_corrupt(forge(FOUR * 1000, shape=shape))
    for shape in ((3,), (5,), (2, 3), (33,), (1, 1, 1), (65_537,)):
        assert_corrupt(forge(FOUR, shape=shape))


@pytest.mark.usefixtures("little")
def test_forged_empty_shapes() -> None:
    # Nothing to decode, in shapes that no array may have: refused or empty, and no other error.
    for huge in HUGE:
        for shape in ((0, huge), (huge, 0), (huge, 0, huge), (0,) + (huge,) * 63):
            data = forge(shape=shape)
            assert_corrupt(forge(FOUR, shape=shape))
            try:
                assert rec.decompress(data, P).shape == shape
                assert rec.inspect(data).shape == shape
            except rec.CorruptDataError:
                pass


@pytest.mark.usefixtures("little")
def test_forged_axes() -> None:
    for axes in (0, 2, 3, 64, 65, 1000, 2**32, 2**64 - 1):
        assert_corrupt(forge(FOUR, axes=axes))
    for axes in (33, 63, 64, 65, 100):
        data = forge(rec.GammaCode().pack([1]), shape=(1,) * axes)
        try:
            assert rec.decompress(data, P).shape == (1,) * axes
        except rec.CorruptDataError:
            assert axes > 32


@pytest.mark.usefixtures("little")
def test_forged_offsets() -> None:
    for offset in (2**48 - 3, 2**48, 2**48 + 1, 2**63, 2**64 - 1):
        assert_corrupt(forge(FOUR, offset=offset))
    assert rec.decompress(forge(FOUR, offset=2**48 - 4), P).shape == (4,)


@pytest.mark.usefixtures("little")
def test_forged_methods_codes_and_limits() -> None:
    for method in (5, 127, 255):
        assert_corrupt(forge(FOUR, method=method))
    for code in (6, 15, 0x11, 255):
        assert_corrupt(forge(FOUR, code=code))
    for flags in (4, 8, 12, 16, 128, 255):  # contexts that gamma has not, and unknown ones
        assert_corrupt(forge(FOUR, flags=flags))
    for chunk in (0, 3, 17, 63, 255):
        assert_corrupt(forge(FOUR, chunk=chunk))
    assert_corrupt(forge(FOUR, hints=(16, 16, 16, 16)))
    two = rec.AdaptiveCode(2).pack([[1, 0]] * 2)
    blocks: dict[str, Any] = {"code": 4, "block": 2}
    assert rec.decompress(forge(two, hints=(1, 2, 3, 4), **blocks), P).shape == (4,)
    for hints in ((1, 2, 3), (1, 2, 3, 2**16 + 1), (1, 2, 3, 2**64 - 1), (1,) * 5):
        assert_corrupt(forge(two, hints=hints, **blocks))
    for code, parameter in ((0, 0), (0, 65), (0, 255), (3, 0), (3, 64), (3, 255), (4, 256)):
        assert_corrupt(forge(FOUR, code=code, parameter=parameter))
    for limit in (64, 65, 256, 2**64 - 1):
        assert_corrupt(forge(FOUR, method=3, limit=limit))
    for limit in (0, 2**32 + 1, 2**64 - 1):
        assert_corrupt(forge(FOUR, method=4, limit=limit))
    for method in (0, 2, 3, 4):
        for block in (0, 17, 2**64 - 1):
            assert_corrupt(forge(FOUR, method=method, block=block, limit=9))
        assert_corrupt(forge(FOUR, method=method, block=2, limit=9))  # words for gamma
    # The tree code is AD*'s alone.
    for method in (0, 1, 3, 4):
        assert_corrupt(forge(method=method, code=5, limit=9, shape=(0,)))


@pytest.mark.usefixtures("little")
def test_forged_rows() -> None:
    opened = {"flags": 2, "shape": (0,)}
    assert rec.decompress(forge(FOUR, rows=4, **opened), P).shape == (4,)
    for rows in (0, 3, 5, 65_537, 2**40, 2**48, 2**63, 2**64 - 1):
        assert_corrupt(forge(FOUR, rows=rows, **opened))
        assert_corrupt(forge(FOUR, rows=rows))
    assert_corrupt(forge(FOUR, **opened))
    assert_corrupt(forge(**opened))
    assert_corrupt(forge(FOUR, rows=4, flags=2, shape=(4,)))
    assert_corrupt(forge(FOUR, rows=4, flags=2, shape=()))
    assert rec.decompress(forge(b"", rows=0, **opened), P).shape == (0,)
    for huge in HUGE:
        assert_corrupt(forge(b"", rows=huge, flags=2, shape=(0, huge)))


@pytest.mark.usefixtures("little")
def test_forged_indices() -> None:
    # Indices that the codec of the header cannot make.
    assert_corrupt(forge(rec.GammaCode().pack([1, 2, 3, 8]), method=3, limit=2))
    assert_corrupt(forge(rec.GammaCode().pack([1, 2, 3, 8]), method=0, limit=7))
    assert rec.decompress(forge(FOUR, method=3, limit=2), P).shape == (4,)
    assert rec.decompress(forge(FOUR, method=0, limit=4), P).shape == (4,)
    assert_corrupt(forge(FOUR, method=4, limit=3))
    assert rec.decompress(forge(FOUR, method=4, limit=4), P).shape == (4,)
    assert_corrupt(forge(b"\x00\x12", code=0, parameter=4))  # zeros among them
    # The largest of all decode to something, and soon.
    for method in (0, 1, 2):
        last = forge(rec.GammaCode().pack([2**64 - 1] * 4), method=method)
        assert np.isfinite(rec.decompress(last, P)).all()


@pytest.mark.usefixtures("little")
def test_forged_payloads() -> None:
    assert_corrupt(forge())
    assert_corrupt(forge(b""))
    assert_corrupt(forge(FOUR, FOUR))
    assert_corrupt(forge(FOUR, b""))
    assert_corrupt(forge(FOUR + b"\0"))
    assert_corrupt(forge(FOUR[:-1]))
    assert_corrupt(forge(bytes(1000)))
    assert_corrupt(forge(b"\xff"))
    head = forge_header()
    for length in (len(FOUR) + 1, 2**31, 2**62, 2**63, 2**64 - 1):
        assert_corrupt(head + b"\xc5\x00" + number_bytes(length) + FOUR + bytes(4))
    # Numbers written longer than need be, or endlessly.
    checksum = crc(head[-4:] + bytes(8) + FOUR)
    assert rec.decompress(head + b"\xc5\x00\x02" + FOUR + checksum, P).shape == (4,)
    assert_corrupt(head + b"\xc5\x00\x82\x00" + FOUR + checksum)
    assert_corrupt(head + b"\xc5\x80\x00\x02" + FOUR + checksum)
    assert_corrupt(head + b"\xc5" + b"\x80" * 1000)
    assert_corrupt(b"A*RC\x03\x02\x00\x01\x10" + b"\xff" * 10_000)
    assert_corrupt(b"A*RC\x03\x02\x00\x01\x10" + b"\x80" * 8 + b"\x80\x02")


@pytest.mark.usefixtures("little")
def test_forged_padding() -> None:
    for bit in range(len(FOUR) * 8 - rec.GammaCode().bits([1, 2, 3, 4])):
        assert_corrupt(forge(FOUR[:-1] + bytes([FOUR[-1] | 1 << bit])))


@settings(deadline=None, max_examples=300)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "method": st.integers(0, 5) | st.integers(0, 255),
            "flags": st.integers(0, 3) | st.integers(0, 255),
            "code": st.integers(0, 5) | st.integers(0, 255),
            "parameter": st.integers(0, 70),
            "chunk": st.integers(0, 20),
            "block": st.integers(0, 3),
            "hints": st.lists(st.integers(0, 70), max_size=4).map(tuple),
            "rows": st.none() | st.integers(0, 9) | st.sampled_from(HUGE),
            "limit": st.integers(0, 70) | st.integers(0, 2**64 - 1),
            "seed": st.integers(0, 2**64 - 1),
            "offset": st.integers(0, 2**64 - 1) | st.integers(0, 9),
            "shape": st.lists(st.integers(0, 5) | st.sampled_from(HUGE), max_size=4).map(tuple),
        },
    ),
    st.lists(st.binary(max_size=20) | st.just(FOUR), max_size=3),
)
def test_any_forgery(fields: dict[str, Any], payloads: list[bytes]) -> None:
    try:
        x = rec.decompress(forge(*payloads, **fields), P)
    except rec.CorruptDataError:
        return
    except rec.ParameterError as error:
        assert error.argument in ("contexts", "max_elements")  # noqa: PT017
        return
    assert np.isfinite(x).all()
    if fields.get("rows") is None:
        assert x.shape == fields.get("shape", (4,))


# --- Blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ad", "dad", "global", "mrc"])
@pytest.mark.parametrize("block", [2, 3, 8, 16])
@pytest.mark.parametrize("shape", [(), (5,), (3, 16), (2, 2, 7), (0,), (4, 0)])
def test_blocks(method: str, block: int, shape: tuple[int, ...]) -> None:
    limits = {
        "dad": {"depth": 9},
        "global": {"max_samples": 40},
        "mrc": {"candidates": 30},
    }.get(method, {})
    q = rec.Normal(np.full(shape, 0.3), 0.9)
    data = compress(q, P, method=method, block=block, seed=5, offset=7, **limits)
    info = rec.inspect(data)
    assert info.codec.block == block
    assert info.shape == shape
    assert sum(info.bits.values()) == info.total_bits == 8 * len(data)
    r = info.codec.encode(q, P, offset=7)
    assert same_bits(rec.decompress(data, P), r.sample)


def test_sizes_of_blocks() -> None:
    """At 2 bits of information, everything included: 3.76 bits alone, 2.69 in fours."""
    scale, means = 0.25, np.random.default_rng(3).normal(size=(25_000, 4)) * np.sqrt(1 - 0.25**2)
    q = rec.Normal(means, scale)
    for block, most in ((1, 3.80), (4, 2.72)):
        data = compress(q, P, block=block, seed=3)
        assert 8 * len(data) / means.size < most
        assert rec.decompress(data, P).shape == means.shape


def test_damage_of_blocks() -> None:
    q = rec.Normal(np.full((3, 4), 0.4), 0.2)
    data = compress(q, P, block=4, seed=5)
    for end in range(len(data)):
        with pytest.raises(rec.CorruptDataError):
            rec.decompress(data[:end], P)
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(rec.CorruptDataError):
            rec.decompress(damaged, P)


def test_blocks_that_do_not_go_together() -> None:
    q = rec.Normal(np.zeros(4), 0.5)
    for options in (
        {"block": 0},
        {"block": 17},
        {"block": 4, "code": rec.GammaCode()},
        {"block": 4, "code": rec.AdaptiveCode(3)},
    ):
        with pytest.raises(rec.ParameterError):
            compress(q, P, **options)


# --- What the sender may choose -------------------------------------------------------------------


def marginal(bits: Any, shape: tuple[int, ...], seed: int = 2) -> rec.Normal:
    """Targets of so many bits of information whose marginal is the proposal."""
    scale = 2.0 ** -np.broadcast_to(np.asarray(bits, float), shape)
    means = np.random.default_rng(seed).normal(size=shape) * np.sqrt(1 - scale**2)
    return rec.Normal(means, scale)


def test_automatic_blocks() -> None:
    for shape, bits, block in (
        ((500, 8), 1.0, 8),
        ((500, 5), 1.0, 4),
        ((500, 3), 1.0, 2),
        ((500, 1), 1.0, 1),
        ((4000,), 0.5, 8),
        ((), 1.0, 1),
        ((0, 8), 1.0, 1),
    ):
        codec = rec.automatic_codec(marginal(bits, shape), P, seed=5, max_steps=10**6, threads=1)
        assert codec == rec.ADStar(5, block, max_steps=10**6)
        assert codec.threads == 1
    # Where elements of a block differ too much, and nothing says so: smaller ones.
    uneven = marginal([18, 0, 0, 0, 0, 0, 0, 0], (500, 8))
    assert rec.automatic_codec(uneven, P, hints=False).block < 8
    assert rec.automatic_codec(uneven, P).block == 8
    custom = rec.CustomTarget(lambda x: np.log(2 * x), mode=1.0, shape=(50, 8))
    assert rec.automatic_codec(custom, rec.Uniform(0.0, 1.0), seed=3) == rec.ADStar(3)


@pytest.mark.parametrize(
    "outlier",
    [
        (0.0, 1.5),  # wider than its proposal
        (3.0, 1.0),
        (-2.0, 1.2),
        (5.0, 0.002),
    ],
)
def test_one_outlier_does_not_stop_an_array(outlier: tuple[float, float]) -> None:
    q = marginal(1.0, (2000, 8))
    loc, scale = q.loc.copy(), q.scale.copy()
    loc[1234, 3], scale[1234, 3] = outlier
    target = rec.Normal(loc, scale)
    for hints in (True, False):
        codec = rec.automatic_codec(target, P, seed=1, hints=hints)
        r = codec.encode(target, P)
        assert r.cut == 0
        assert r.steps.max() < 10**6


def test_wide_targets_in_blocks_that_are_chosen() -> None:
    rng = np.random.default_rng(1)
    for target in (
        rec.Normal(3.0, np.ones((20, 4))),
        rec.Normal(rng.normal(size=(300, 8)) * 0.05, rng.uniform(0.95, 1.05, (300, 8))),
        rec.Laplace(0.0, np.full((20, 8), 1.2)),
        rec.Uniform(-np.full((20, 8), 3.0), 3.0),
    ):
        p = type(target)(0.0, 1.0) if isinstance(target, rec.Laplace) else P
        codec = rec.automatic_codec(target, p, seed=1)
        assert codec.encode(target, p).cut == 0


def test_automatic_hints() -> None:
    bits = np.array([3, 0.1, 0.1, 2, 1, 0.1, 0.1, 0.1])
    uneven = marginal(bits, (400, 8))
    codec = rec.automatic_codec(uneven, P, seed=5)
    assert codec.block == 8
    assert codec.bits_hint is not None
    hint = np.array(codec.bits_hint)
    assert np.abs(hint - bits).max() < 0.5
    assert np.array_equal(hint * 16, np.rint(hint * 16))
    assert rec.inspect(rec.compress(uneven, P, codec=codec)).codec == codec
    # None where they would not be worth their bytes.
    for q in (marginal(1.0, (400, 8)), marginal(bits, (4, 8)), marginal(bits[:1], (400,))):
        assert rec.automatic_codec(q, P).bits_hint is None


def test_contexts_save_bits() -> None:
    q = marginal(np.array([0.1, 0.5, 1, 2, 3, 5]), (3000, 6))
    plain = len(compress(q, P))
    columns = len(check_container(q, contexts="column"))
    assert columns < 0.93 * plain
    # What the receiver has, too: here, which of the columns of odd number it is.
    given = np.broadcast_to([0, 1, 2, 3, 4, 5], (3000, 6))
    data = compress(q, P, contexts=given)
    assert abs(len(data) - columns) < 12
    assert same_bits(
        rec.decompress(data, P, contexts=[0, 1, 2, 3, 4, 5]), rec.decompress(compress(q, P), P)
    )
    info = rec.inspect(data, q, P, contexts=given)
    assert info.contexts == "given"
    assert sum(info.bits.values()) == 8 * len(data)


@pytest.mark.parametrize(
    "contexts", [-1, 65_536, 0.5, "row", [0, 1], np.zeros((7, 1), int), [[0] * 6] * 2], ids=repr
)
def test_contexts_that_are_none(contexts: Any) -> None:
    with pytest.raises(rec.ParameterError, match="contexts"):
        compress(targets((3, 6)), P, contexts=contexts)


def test_expected_bits() -> None:
    q = marginal(2.0, (20,))
    sizes = [len(compress(q, P, expected_bits=bits)) for bits in (2.0, 30.0)]
    assert sizes[0] < sizes[1]
    # Chosen by the encoder, where it is not given.
    assert len(compress(q, P)) <= sizes[0] + 1
    isokl = rec.isokl_normal(np.linspace(-1, 1, 50), 2.0, proposal=P)
    check_container(isokl, expected_bits=2.0)
    for bad in (-1.0, np.nan, np.inf, "two", True):
        with pytest.raises(rec.ParameterError, match="expected_bits"):
            rec.AdaptiveCode(expected_bits=bad)


def test_float32() -> None:
    q = targets((30, 3))
    x = rec.decompress(compress(q, P, dtype=np.float32), P)
    assert x.dtype == np.float32
    assert (x == rec.ADStar(0).encode(q, P).sample.astype(np.float32)).all()
    assert rec.inspect(compress(q, P, dtype="float32")).dtype == np.float32


def test_no_more_elements_than_allowed() -> None:
    nothing = rec.Normal(np.zeros(1_500_000), 1.0)
    data = compress(nothing, P, block=16, chunk=2**16)
    with pytest.raises(rec.ParameterError, match="max_elements is None; expected at least 1500000"):
        rec.decompress(data, P)
    assert rec.decompress(data, P, max_elements=1_500_000).shape == (1_500_000,)
    with pytest.raises(rec.ParameterError, match="max_elements"):
        rec.decompress(compress(targets((4,)), P), P, max_elements=3)


@pytest.mark.parametrize(
    "options",
    [{}, {"block": 3}, {"block": 16}, {"code": "tree"}, {"block": 16, "code": "adaptive"}],
    ids=str,
)
def test_what_was_written_is_read_however_little_it_says(options: dict[str, Any]) -> None:
    """Targets that are the proposal: some bytes for millions of elements."""
    data = compress(rec.Normal(np.zeros(1_100_000), 1.0), P, **options)
    assert 64 * len(data) + 2**20 < 1_100_000
    assert rec.decompress(data, P).shape == (1_100_000,)


@pytest.mark.parametrize("block", [1, 3, 8, 16])
def test_chunks_hold_no_more_than_a_row_should_wait_for(block: int) -> None:
    tree = compress(targets((4, block)), P, block=block, code="tree")
    adaptive = compress(targets((4, block)), P, block=block, code="adaptive")
    assert 2**13 < rec.inspect(tree).chunk * block <= 2**14
    assert 2**15 < rec.inspect(adaptive).chunk * block <= 2**16


# --- Short messages -------------------------------------------------------------------------------


@each_method
@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("shape", [(), (1,), (9,), (5, 6), (0, 3)])
def test_without_a_header(method: str, block: int, shape: tuple[int, ...]) -> None:
    if method == "as" and block > 1:
        pytest.skip("AS* has no blocks")
    options = {**METHODS[method], "block": block, "seed": 3, "offset": 8}
    q = targets(shape)
    several: list[dict[str, Any]] = [{}, {"expected_bits": 1.0}, {"dtype": "float32"}]
    for more in [*several, {"contexts": "column"}] if len(shape) > 1 else several:
        data = compress(q, P, header=False, **options, **more)
        x = bare(data, P, shape=shape, **options, **more)
        expected = rec.decompress(compress(q, P, **options, **more), P)
        assert same_bits(x, expected)


def test_without_a_header_all_must_be_given_again() -> None:
    q, codec, code = targets((9,)), rec.ADStar(5), rec.GammaCode()
    data = rec.compress(q, P, codec=codec, code=code, header=False)
    again: dict[str, Any] = {"codec": codec, "code": code}
    assert rec.decompress(data, P, shape=9, **again).shape == (9,)
    for call in (rec.decompress, lambda data, _, **given: rec.Reader(data, **given)):
        with pytest.raises(rec.ParameterError, match="shape"):
            call(data, P, **again)
        with pytest.raises(rec.ParameterError, match="on_corrupt"):
            call(data, P, shape=9, on_corrupt="skip", **again)
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P, shape=(100,), **again)
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P, shape=(0,), **again)
    whole = rec.compress(q, P)
    for name, value in {"shape": (9,), "code": code, "dtype": "float32", "offset": 3}.items():
        with pytest.raises(rec.ParameterError, match=name):
            rec.decompress(whole, P, **{name: value})


def test_a_seed_is_not_lost() -> None:
    """Without a header nobody would know a seed that is drawn."""
    with pytest.raises(rec.ParameterError, match="codec is None"):
        rec.compress(targets((9,)), P, header=False)


def test_one_latent_takes_a_byte() -> None:
    """At 2 bits of information: on average, without a header; a container costs 26 bytes more."""
    q = marginal(2.0, (1000,))
    sizes = []
    for i in range(1000):
        one = rec.Normal(q.loc[i], q.scale[i])
        bits = compress(one, P, header=False, seed=i % 128, expected_bits=2.0)
        x = bare(bits, P, shape=(), seed=i % 128, expected_bits=2.0)
        container = compress(one, P, seed=i % 128)
        assert same_bits(x, rec.decompress(container, P))
        assert len(container) <= len(bits) + 26
        sizes.append(len(bits))
    # The standard error is 0.02.
    assert np.mean(sizes) <= 1.0
