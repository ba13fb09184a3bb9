"""`Writer` and `Reader`: arrays in pieces, any rows of them, and writers that are killed."""

from __future__ import annotations

import gc
import io
import mmap
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from common import same_bits
from words import compress, writer_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

P = rec.Normal(0.0, 1.0)
SHAPES = [(1,), (7,), (300,), (40, 3), (25, 11), (6, 5, 7), (0,), (0, 4), (5, 0)]
BLOCKS = (1, 3, 8)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
each_block = pytest.mark.parametrize("block", BLOCKS)
each_kind = pytest.mark.parametrize("known", [True, False], ids=["shape known", "open"])


def targets(shape: tuple[int, ...], seed: int = 1) -> rec.Normal:
    rng = np.random.default_rng(seed)
    return rec.Normal(0.5 * rng.normal(size=shape), rng.uniform(0.3, 0.6, size=shape))


def rows_of(q: rec.Normal, begin: int, end: int) -> rec.Normal:
    return rec.Normal(q.loc[begin:end], q.scale[begin:end])


def write(
    q: rec.Normal, cuts: list[int], known: bool = True, contexts: Any = None, **options: Any
) -> bytes:
    """Writes rows in the pieces between cuts."""
    file = io.BytesIO()
    kind = "given" if isinstance(contexts, np.ndarray) else contexts
    shape = q.shape if known else None
    with writer_of(file, shape=shape, contexts=kind, **options) as writer:
        for begin, end in zip([0, *cuts], [*cuts, q.shape[0]], strict=True):
            own = contexts[begin:end] if kind == "given" else None
            encoded = writer.write(rows_of(q, begin, end), P, own)
            assert encoded.sample.shape == (end - begin, *q.shape[1:])
    assert writer.rows == q.shape[0]
    return file.getvalue()


def cuts_of(q: rec.Normal, block: int, seed: int) -> list[int]:
    """Random places between rows; multiples of the block where it runs along them."""
    unit = block if len(q.shape) == 1 else 1
    places = np.arange(0, q.shape[0] + 1, unit)
    rng = np.random.default_rng(seed)
    return sorted(int(c) for c in rng.choice(places, size=min(len(places), 4)))


# --- Pieces --------------------------------------------------------------------------------------


@each_shape
@each_block
@each_kind
def test_pieces(shape: tuple[int, ...], block: int, known: bool) -> None:
    q, options = targets(shape), {"block": block, "seed": 9, "offset": 5, "chunk": 32}
    whole = write(q, [], known, **options)
    expected = rec.ADStar(9, block).encode(q, P, offset=5).sample
    assert same_bits(rec.decompress(whole, P), expected)
    if known:
        assert whole == compress(q, P, **options)
    for seed in range(3):
        assert write(q, cuts_of(q, block, seed), known, **options) == whole


@pytest.mark.parametrize(
    "options",
    [
        {"method": "as"},
        {"method": "dad", "depth": 7},
        {"method": "dad", "depth": 30, "block": 4},
        {"method": "global"},
        {"method": "global", "max_samples": 50, "block": 2},
        {"code": rec.GammaCode()},
        {"code": rec.ZetaCode(1.5)},
        {"expected_bits": 1.5},
        {"dtype": "float32"},
        {"contexts": "column"},
        {"contexts": "column", "block": 4},
        {"method": "polar", "contexts": "column", "block": 8},
        {"block": 4, "bits_hint": [0, 0.5, 1, 2, 2, 1, 0.25, 0]},
    ],
    ids=str,
)
@each_kind
def test_options(options: dict[str, Any], known: bool) -> None:
    q = targets((50, 8))
    whole = write(q, [], known, chunk=16, **options)
    assert write(q, [3, 17, 17, 48], known, chunk=16, **options) == whole
    if known:
        assert whole == compress(q, P, chunk=16, **options)
    x = rec.decompress(whole, P)
    with rec.Reader(whole) as reader:
        assert same_bits(reader.read(P, slice(20, 31)), x[20:31])
        assert reader.dtype == x.dtype == np.dtype(options.get("dtype", "float64"))
    assert rec.inspect(whole).total_bits == 8 * len(whole) == sum(rec.inspect(whole).bits.values())


@each_kind
def test_given_contexts(known: bool) -> None:
    q, contexts = targets((60, 5)), np.random.default_rng(3).integers(0, 9, size=(60, 5))
    whole = write(q, [], known, contexts, chunk=16)
    assert write(q, [1, 30], known, contexts, chunk=16) == whole
    x = rec.decompress(whole, P, contexts=contexts)
    assert same_bits(x, rec.ADStar(0).encode(q, P).sample)
    with rec.Reader(whole, contexts=contexts) as reader:
        assert same_bits(reader.read(P, slice(7, 9)), x[7:9])
    other = contexts.copy()
    other[31, 2] += 1
    with pytest.raises(rec.ParameterError, match="contexts"):
        rec.decompress(whole, P, contexts=other)
    for missing in (lambda: rec.decompress(whole, P), lambda: rec.Reader(whole)):
        with pytest.raises(rec.ParameterError, match="contexts"):
            missing()
    with pytest.raises(rec.ParameterError, match="contexts"):
        rec.decompress(compress(q, P), P, contexts=contexts)


def test_more_than_memory_holds_of_a_chunk() -> None:
    """Chunks of the usual size, over several of them."""
    q = targets((150_000,))
    assert write(q, [10, 70_000, 131_072]) == compress(q, P)
    open_ended = write(q, [65_536], known=False)
    assert same_bits(rec.decompress(open_ended, P), rec.decompress(compress(q, P), P))


def test_a_piece_is_refused_and_the_writer_goes_on() -> None:
    q, file = targets((30, 4)), io.BytesIO()
    with writer_of(file, shape=(30, 4), block=2) as writer:
        writer.write(rows_of(q, 0, 10), P)
        for wrong in (targets((10, 5)), targets((21, 4)), targets((4,)), targets((2, 5, 4))):
            with pytest.raises(rec.ParameterError, match="shape of piece"):
                writer.write(wrong, P)
        with pytest.raises(rec.ParameterError, match="with blocks"):
            writer.write(rec.CustomTarget(lambda x, _: 0.0 * x, bound=0.0, shape=(3, 4)), P)
        writer.write(rows_of(q, 10, 30), P)
    assert file.getvalue() == compress(q, P, block=2)


def test_blocks_along_the_only_axis() -> None:
    with writer_of(io.BytesIO(), block=4) as writer:
        writer.write(targets((8,)), P)
        writer.write(targets((3,)), P)
        with pytest.raises(rec.ParameterError, match="multiple of the block"):
            writer.write(targets((4,)), P)


def test_rows_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "latents.rec"
    writer = writer_of(path, shape=(30, 4))
    writer.write(targets((10, 4)), P)
    with pytest.raises(rec.ParameterError, match="number of rows is 10"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_writer() -> None:
    writer = writer_of(io.BytesIO())
    writer.write(targets((3, 2)), P)
    writer.close()
    writer.close()
    with pytest.raises(rec.ParameterError, match="closed"):
        writer.write(targets((3, 2)), P)


def test_columns_of_one_axis() -> None:
    writer = writer_of(io.BytesIO(), contexts="column")
    with pytest.raises(rec.ParameterError, match="contexts"):
        writer.write(targets((9,)), P)
    with pytest.raises(rec.ParameterError, match="contexts"):
        compress(targets((9,)), P, contexts="column")


def test_hints_that_are_not_one_for_each_column() -> None:
    hints = {"block": 2, "bits_hint": [1.0, 1.0, 1.0]}
    for shape in ((0,), (5, 0), (5, 4), (4,), ()):
        with pytest.raises(rec.ParameterError, match="bits_hint"):
            compress(targets(shape), P, **hints)
        with pytest.raises(rec.ParameterError, match="bits_hint"):
            writer_of(io.BytesIO(), shape=shape, **hints)
    for rows in ((3,), (5, 4)):
        writer = writer_of(io.BytesIO(), **hints)
        with pytest.raises(rec.ParameterError, match="bits_hint"):
            writer.write(targets(rows), P)


def test_unknown_options() -> None:
    with pytest.raises(TypeError, match="blocks"):
        rec.Writer(io.BytesIO(), blocks=3)  # type: ignore[call-arg]
    for options in (
        {"codec": "ad"},
        {"codec": rec.ADStar},
        {"contexts": "row"},
        {"contexts": "column", "code": rec.GammaCode()},
        {"chunk": 100},
        {"chunk": 8},
        {"chunk": 2**17},
        {"dtype": "float16"},
        {"dtype": "nothing"},
        {"offset": -1},
        {"offset": 2**48 + 1},
        {"shape": (-1,)},
        {"code": "tree"},
        {"code": rec.TreeCode},
        {"codec": rec.DADStar(5, 0), "code": rec.TreeCode()},
        {"codec": rec.ADStar(0, 4), "code": rec.GammaCode()},
        {"codec": rec.ADStar(0, 4), "code": rec.AdaptiveCode(2)},
    ):
        with pytest.raises(rec.ParameterError):
            rec.Writer(io.BytesIO(), **options)
    for codec in (
        lambda: rec.ADStar(0, 2, bits_hint=[[1.0]]),
        lambda: rec.ADStar(0, 2, bits_hint=[1.0, -1.0]),
        lambda: rec.ADStar(0, 2, bits_hint=[1.0, np.nan]),
        lambda: rec.ADStar(0, 2, bits_hint=[1.0, 5000.0]),
        lambda: rec.ADStar(0, bits_hint=[1.0, 1.0]),
        lambda: rec.ADStar(0, max_steps=0),
    ):
        with pytest.raises(rec.ParameterError):
            codec()


def test_samples_are_the_receivers() -> None:
    """What `write` and `compress` give is what is decoded, rounding included."""
    q = targets((30, 4))
    for dtype in (None, "float32"):
        file = io.BytesIO()
        with rec.Writer(file, dtype=dtype) as writer:
            sample = writer.write(q, P).sample
        x = rec.decompress(file.getvalue(), P)
        assert sample.dtype == x.dtype
        assert sample.tobytes() == x.tobytes()
        data, sample = rec.compress(q, P, dtype=dtype, return_sample=True)
        x = rec.decompress(data, P)
        assert sample.dtype == x.dtype
        assert sample.tobytes() == x.tobytes()
        codec = rec.ADStar(7, 2)
        data, sample = rec.compress(
            q, P, codec=codec, dtype=dtype, header=False, return_sample=True
        )
        with rec.Reader(data, codec=codec, shape=(30, 4), dtype=dtype) as reader:
            assert reader.read(P).tobytes() == sample.tobytes()
            assert reader.read(P, slice(7, 11)).tobytes() == sample[7:11].tobytes()


@pytest.mark.parametrize("scale", [1e38, 1e-40])
def test_samples_beyond_single_precision_are_the_receivers(scale: float) -> None:
    q, p = rec.Normal(np.linspace(-4, 4, 60) * scale, 0.5 * scale), rec.Normal(0.0, scale)
    file = io.BytesIO()
    with np.errstate(all="raise"):
        with rec.Writer(file, codec=rec.ADStar(1), dtype="float32") as writer:
            written = writer.write(q, p).sample
        data, sample = rec.compress(q, p, codec=rec.ADStar(1), dtype="float32", return_sample=True)
        x = rec.decompress(data, p)
    assert written.tobytes() == sample.tobytes() == x.tobytes()
    assert np.isinf(x).any() == (scale > 1)
    assert rec.decompress(file.getvalue(), p).tobytes() == x.tobytes()


def test_codes_get_the_codecs_block() -> None:
    q, codec = targets((30, 4)), rec.ADStar(1, 4)
    for code in (rec.TreeCode, rec.AdaptiveCode):
        alike = rec.compress(q, P, codec=codec, code=code(4))
        assert rec.compress(q, P, codec=codec, code=code()) == alike
        assert rec.inspect(alike).code.block == 4


def test_cut_searches_are_said() -> None:
    q = rec.Normal(np.linspace(-3, 3, 400).reshape(40, 10), 0.01)
    with (
        writer_of(io.BytesIO(), max_steps=4) as writer,
        pytest.warns(rec.ApproximationWarning, match="of 400 searches were cut"),
    ):
        encoded = writer.write(q, P)
    assert writer.cut == encoded.cut > 0
    with pytest.warns(rec.ApproximationWarning):
        data = compress(q, P, max_steps=4)
    assert same_bits(rec.decompress(data, P), encoded.sample)


# --- Parts ---------------------------------------------------------------------------------------


def compress_part(task: tuple[Any, int, dict[str, Any]]) -> bytes:
    q, offset, options = task
    return compress(q, P, offset=offset, threads=1, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"block": 4},
        {"method": "dad", "depth": 6},
        {"contexts": "column"},
        {"block": 8, "bits_hint": np.linspace(0.25, 2, 11)},
        {"dtype": "float32", "code": rec.DeltaCode()},
    ],
    ids=str,
)
@each_kind
def test_parts_of_other_processes(options: dict[str, Any], known: bool) -> None:
    q, cuts = targets((90, 11)), [0, 10, 11, 64, 90]
    tasks = [
        (rows_of(q, begin, end), 11 * begin, {"seed": 4, **options})
        for begin, end in pairwise(cuts)
    ]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        parts = pool.map(compress_part, tasks)
    file = io.BytesIO()
    with writer_of(
        file,
        shape=q.shape if known else None,
        seed=4,
        chunk=32,
        **{**options, "contexts": options.get("contexts")},
    ) as writer:
        for part in parts:
            writer.append(part)
    assert file.getvalue() == write(q, [], known, seed=4, chunk=32, **options)


def test_parts_with_contexts_and_from_files(tmp_path: Path) -> None:
    q, contexts = targets((40, 6)), np.random.default_rng(3).integers(0, 5, size=(40, 6))
    path = tmp_path / "part.rec"
    path.write_bytes(compress(rows_of(q, 10, 25), P, offset=60, contexts=contexts[10:25]))
    file = io.BytesIO()
    with writer_of(file, contexts="given") as writer:
        writer.write(rows_of(q, 0, 10), P, contexts[:10])
        writer.append(path, contexts[10:25])
        writer.write(rows_of(q, 25, 40), P, contexts[25:])
    assert file.getvalue() == write(q, [], False, contexts)


def test_parts_that_do_not_fit() -> None:
    q = targets((8, 4))
    with writer_of(io.BytesIO(), block=2, seed=3) as writer:
        writer.append(compress(q, P, block=2, seed=3))
        for name, options in (
            ("codec", {"seed": 4}),
            ("codec", {"block": 4}),
            ("code", {"code": rec.AdaptiveCode()}),
            ("offset", {"offset": 31}),
            ("dtype", {"dtype": "float32"}),
            ("codec", {"bits_hint": [1, 2, 3, 4]}),
            ("contexts", {"contexts": "column"}),
            ("codec", {"method": "dad", "depth": 9}),
        ):
            part = compress(q, P, **{"block": 2, "seed": 3, "offset": 32, **options})
            with pytest.raises(rec.ParameterError, match=f"{name} of part"):
                writer.append(part)
        with pytest.raises(rec.ParameterError, match="shape of piece"):
            writer.append(compress(targets((8, 5)), P, block=2, seed=3, offset=32))
        with pytest.raises(rec.CorruptDataError):
            writer.append(b"A*RC")


def narrow(scale: npt.NDArray[np.float64]) -> rec.CustomTarget:
    """N(0, scale^2), of which nobody knows that it is that: no escape saves it."""
    own = scale.reshape(-1)

    def log_ratio(x: Any, element: Any) -> Any:
        return 0.5 * x * x - 0.5 * (x / own[element]) ** 2 - np.log(own[element])

    return rec.CustomTarget(log_ratio, mode=0.0, shape=scale.shape)


@pytest.mark.parametrize("custom", [False, True], ids=["divergence", "bound"])
def test_errors_say_which_row_of_the_container(custom: bool) -> None:
    """A piece's third row is the container's thirteenth, and `element` says the same."""
    q = targets((10, 4))
    scale = np.full((5, 4), 0.5)
    scale[2, 1] = 1e-30
    wrong = narrow(scale)
    if custom:
        top = np.where(scale == 0.5, 1.0, -1.0)
        wrong = rec.CustomTarget(np.zeros_like, bound=top, shape=(5, 4))
    kind = rec.BoundError if custom else rec.DivergenceError
    with writer_of(io.BytesIO(), seed=3) as writer:
        writer.write(q, P)
        with pytest.raises(kind, match=r"element \[12, 1\]") as found:
            writer.write(wrong, P)
        assert found.value.element == (12, 1)
        assert writer.rows == 10
        writer.write(q, P)


@each_kind
def test_what_was_complete_is_kept(known: bool, tmp_path: Path) -> None:
    """A target that cannot be encoded, in the middle of a long run."""
    q, path = targets((90, 8)), tmp_path / "kept.rec"
    options: dict[str, Any] = {"seed": 3, "chunk": 16, "shape": q.shape if known else None}

    def fail(**more: Any) -> None:
        with writer_of(path, **options, **more) as writer:
            writer.write(rows_of(q, 0, 31), P)
            writer.write(narrow(np.full((9, 8), 1e-30)), P)

    with pytest.raises(rec.DivergenceError):
        fail()
    assert not list(tmp_path.iterdir())
    with pytest.raises(rec.DivergenceError):
        fail(keep=True)
    assert [each.name for each in tmp_path.iterdir()] == ["kept.rec"]
    x = rec.ADStar(3).encode(q, P).sample
    if known:
        with rec.Reader(path, on_corrupt="skip") as reader:
            assert reader.missing == [range(240, 720)]
            found = reader.read(P)
            assert same_bits(found[:30].data, x[:30])
            assert found[30:].mask.all()
    else:
        assert same_bits(rec.decompress(path, P), x[:31])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of files are Unix's")
def test_what_was_complete_is_kept_when_the_disk_is_full(tmp_path: Path) -> None:
    """A child process that may write files of 200 bytes."""
    path = tmp_path / "kept.rec"
    program = f"""
import resource, signal, numpy as np, astar_rec as rec
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
p = rec.Normal(0.0, 1.0)
with rec.Writer({str(path)!r}, codec=rec.ADStar(3), chunk=16, keep=True) as writer:
    for _ in range(100):
        writer.write(rec.Normal(np.zeros(16), 0.25), p)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "OSError" in ended.stderr, ended.stderr
    with rec.Reader(path, on_corrupt="skip") as reader:
        assert reader.shape[0] >= 48
        x = rec.ADStar(3).encode(rec.Normal(np.zeros(reader.shape), 0.25), P).sample
        assert same_bits(reader.read(P).data, x)


# --- Rows ----------------------------------------------------------------------------------------


@each_shape
@each_block
@each_kind
def test_any_rows(shape: tuple[int, ...], block: int, known: bool) -> None:
    q, rng = targets(shape), np.random.default_rng(5)
    data = write(q, [], known, block=block, chunk=16, seed=2)
    p = rec.Normal(rng.normal(size=shape), rng.uniform(0.5, 2.0, size=shape))
    whole = rec.decompress(data, p)
    with rec.Reader(data) as reader:
        assert reader.shape == shape
        for _ in range(20):
            begin, end = sorted(int(i) for i in rng.integers(0, shape[0] + 1, size=2))
            own = rows_of(p, begin, end)
            assert same_bits(reader.read(own, slice(begin, end)), whole[begin:end])
        assert same_bits(reader.read(rows_of(p, 0, 0), slice(3, 1)), whole[3:1])
        assert same_bits(reader.read(p), whole)


def test_rows_as_slices_say() -> None:
    q = targets((50, 3))
    whole = rec.decompress(compress(q, P, chunk=16), P)
    with rec.Reader(compress(q, P, chunk=16)) as reader:
        for rows in (slice(None), slice(-5, None), slice(None, 7), slice(48, 99), slice(-99, 2)):
            assert same_bits(reader.read(P, rows), whole[rows])
        for wrong in (slice(0, 9, 2), slice(9, 0, -1), 3, (0, 3), "rows", slice("a", None)):
            with pytest.raises(rec.ParameterError, match="rows"):
                reader.read(P, wrong)  # type: ignore[arg-type]
        with pytest.raises(rec.ParameterError, match="shape of"):
            reader.read(rec.Normal(np.zeros((50, 3)), 1.0), slice(0, 7))
    with rec.Reader(compress(rec.Normal(0.5, 0.5), P)) as reader:
        assert reader.read(P).shape == reader.shape == ()
        with pytest.raises(rec.ParameterError, match="rows"):
            reader.read(P, slice(0, 1))


class Counting(io.BytesIO):
    """Bytes that say how many of them were read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_only_what_is_needed_is_read() -> None:
    q = targets((100_000, 2))
    data = compress(q, P, chunk=1024)
    file = Counting(data)
    with rec.Reader(file) as reader:
        opened = file.count
        x = reader.read(P, slice(70_000, 70_010))
        # A chunk is about 500 bytes; opening reads 31 bytes of each of 196, and the header.
        assert file.count - opened < 1500
        assert same_bits(x, rec.decompress(data, P)[70_000:70_010])
        again = file.count
        reader.read(P, slice(70_020, 70_030))
        assert file.count == again


# --- Files ---------------------------------------------------------------------------------------


def test_paths_and_file_objects(tmp_path: Path) -> None:
    q = targets((20, 3))
    expected = compress(q, P)
    path = tmp_path / "latents.rec"
    for name in (path, str(path)):
        with writer_of(name, shape=(20, 3)) as writer:
            writer.write(q, P)
            assert not path.exists()
        assert path.read_bytes() == expected
        with rec.Reader(name) as reader:
            assert reader.read(P).shape == (20, 3)
        assert rec.inspect(name).shape == (20, 3)
        path.unlink()
    with path.open("wb") as file:
        file.write(b"before")
        with writer_of(file, shape=(20, 3)) as writer:
            writer.write(q, P)
        assert not file.closed
    assert path.read_bytes() == b"before" + expected
    with path.open("rb") as file:
        file.seek(6)
        with rec.Reader(file) as reader:
            assert same_bits(reader.read(P), rec.decompress(expected, P))
        assert not file.closed
    with path.open("r", encoding="latin-1") as text, pytest.raises(rec.ParameterError):
        rec.Reader(text)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="No such file"):
        rec.Reader(tmp_path / "nothing.rec")
    with pytest.raises(OSError, match="No such file"):
        writer_of(tmp_path / "nowhere" / "latents.rec")


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@each_kind
def test_pipes(known: bool) -> None:
    q = targets((200, 3))
    read, write_end = os.pipe()
    shape = q.shape if known else None
    with os.fdopen(write_end, "wb") as sink, writer_of(sink, shape=shape) as writer:
        writer.write(q, P)
    with os.fdopen(read, "rb") as source, rec.Reader(source) as reader:
        assert same_bits(reader.read(P), rec.decompress(compress(q, P), P))


class Bare:
    """A file with nothing but what its class says."""

    def __init__(self, data: bytes = b"") -> None:
        self.file = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)


class Seekable(Bare):
    """One that can be sought in and, as `mmap` before Python 3.13, does not say so."""

    def tell(self) -> int:
        return self.file.tell()

    def seek(self, place: int, whence: int = 0) -> None:
        self.file.seek(place, whence)


@pytest.mark.parametrize("kind", [Bare, Seekable])
def test_files_that_have_what_is_needed_alone(kind: type[Bare]) -> None:
    q = targets((1000,))
    data, expected = rec.compress(q, P, codec=rec.ADStar(seed=1), return_sample=True)
    with rec.Reader(kind(data)) as reader:  # type: ignore[arg-type]
        assert same_bits(reader.read(P, slice(10, 20)), expected[10:20])
    assert same_bits(rec.decompress(kind(data), P), expected)  # type: ignore[arg-type]
    assert rec.inspect(kind(data)).shape == (1000,)  # type: ignore[arg-type]
    after = kind(b"before" + data)
    after.read(6)
    assert same_bits(rec.decompress(after, P), expected)  # type: ignore[arg-type]


def test_mapped_files(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    expected = rec.compress(targets((1000,)), P, return_sample=True)
    path.write_bytes(expected[0])
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert same_bits(rec.decompress(mapped, P), expected[1])  # type: ignore[arg-type]


def test_a_closed_reader_lets_go_of_memory() -> None:
    data = bytearray(rec.compress(targets((1000,)), P))
    reader = rec.Reader(data)
    reader.read(P, slice(0, 10))
    reader.close()
    data.append(0)  # refused while anyone looks at the memory
    with pytest.raises(rec.ParameterError, match="closed"):
        reader.read(P)
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P)
    data.pop()
    with pytest.raises(rec.ParameterError):
        rec.Reader(data, contexts=np.zeros(1000, int))
    data.append(0)


class PathLike:
    """A path that can also write, as `py.path.local`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)

    def write(self, *_: Any) -> None:
        raise AssertionError("taken for a file")

    read = write


def test_paths_that_have_methods_of_files(tmp_path: Path) -> None:
    path = PathLike(tmp_path / "x.rec")
    with rec.Writer(path) as writer:
        expected = writer.write(targets((1000,)), P).sample
    assert same_bits(rec.decompress(path, P), expected)


@pytest.mark.parametrize("path", [True, False])
def test_a_writer_that_is_dropped_says_so(path: bool, tmp_path: Path) -> None:
    writer = rec.Writer(tmp_path / "x.rec" if path else io.BytesIO())
    writer.write(targets((7, 3)), P)
    kept = [writer]
    del writer
    with pytest.warns(ResourceWarning, match="after 7 rows without being closed"):
        kept.clear()
    assert not list(tmp_path.iterdir())


def test_a_writer_that_was_refused_says_nothing() -> None:
    with pytest.raises(rec.ParameterError):
        rec.Writer(io.BytesIO(), chunk=7)
    gc.collect()  # a warning would be an error


def test_what_is_no_file() -> None:
    with pytest.raises(rec.ParameterError, match="a path, or a file object"):
        rec.Writer(7)  # type: ignore[arg-type]


def test_what_goes_wrong_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "latents.rec"
    path.write_bytes(b"what was there")

    def interrupted() -> None:
        with writer_of(path) as writer:
            writer.write(targets((50_000, 2)), P)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["latents.rec"]
    assert path.read_bytes() == b"what was there"


WRITE_FOREVER = """
import sys
import numpy as np
import astar_rec as rec

with rec.Writer(sys.argv[1], codec=rec.ADStar(seed=7), chunk=1024) as writer:
    for piece in range(1_000_000):
        q = rec.Normal(np.linspace(-2, 2, 3000).reshape(1000, 3), 0.2)
        writer.write(q, rec.Normal(0.0, 1.0))
        print(writer.rows, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_writer(tmp_path: Path) -> None:
    """No file under the final name; the temporary one holds all chunks that were complete."""
    path = tmp_path / "latents.rec"
    command = [sys.executable, "-c", WRITE_FOREVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        rows = 0
        while rows < 30_000:
            rows = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not path.exists()
    (part,) = tmp_path.iterdir()
    assert part.name.startswith(".astar_rec-")
    with pytest.raises(rec.CorruptDataError, match="end"):
        rec.Reader(part)
    with rec.Reader(part, on_corrupt="skip") as reader:
        assert not reader.complete
        # All but what waits for the chunk to be full, and the chunk that may be the last.
        assert reader.shape[0] * 3 >= 3 * rows - 2 * 1024 - 3
        x = reader.read(P)
    one = np.linspace(-2, 2, 3000).reshape(1000, 3)
    count = -(-reader.shape[0] // 1000)
    q = rec.Normal(np.tile(one, (count, 1))[: reader.shape[0]], 0.2)
    expected = rec.ADStar(7).encode(q, P).sample
    there = ~np.ma.getmaskarray(x)
    assert there.sum() == reader.shape[0] * 3 - sum(map(len, reader.missing))
    assert there[:-1].all()
    assert same_bits(x.data[there], expected[there])


# --- Size ----------------------------------------------------------------------------------------

MEASURE = """
import sys
import numpy as np
import astar_rec as rec

path, pieces, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
p = rec.Normal(0.0, 1.0)
with rec.Writer(path, codec=rec.ADStar(seed=7)) as writer:
    for piece in range(pieces):
        rng = np.random.default_rng(piece)
        writer.write(rec.Normal(rng.normal(size=(rows, 4)), 0.5), p)
total = 0.0
with rec.Reader(path) as reader:
    for piece in range(pieces):
        total += float(reader.read(p, slice(piece * rows, (piece + 1) * rows)).sum())
# Unlike getrusage's, this peak is not that of the process that started this one.
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(line.split()[1]) // 1024)
"""


def test_memory_does_not_grow(tmp_path: Path) -> None:
    """Four times the latents take no more memory."""
    if not sys.platform.startswith("linux"):
        pytest.skip("resident memory is measured on Linux")
    if "libasan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("the address sanitizer has memory of its own")

    def peak(pieces: int) -> int:
        command = [sys.executable, "-c", MEASURE, str(tmp_path / "latents.rec"), str(pieces)]
        done = subprocess.run([*command, "50000"], capture_output=True, text=True, check=True)
        return int(done.stdout)

    few, many = peak(4), peak(16)  # 0.8 and 3.2 million latents: 26 MB as float64
    assert many - few < 10
    assert many < 300


# --- Anything ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_writer_and_reader(data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(0, 30 if axis == 0 else 6)) for axis in range(axes))
    block = data.draw(st.integers(1, 5))
    known = data.draw(st.booleans())
    options: dict[str, Any] = {
        "block": block,
        "chunk": data.draw(st.sampled_from([16, 32, 64])),
        "seed": data.draw(st.integers(0, 2**64 - 1)),
        "offset": data.draw(st.integers(0, 2**40)),
        "contexts": data.draw(st.sampled_from([None, "column"])) if axes > 1 else None,
    }
    q = targets(shape, data.draw(st.integers(0, 99)))
    unit = block if axes == 1 else 1
    cuts = sorted(
        unit * cut for cut in data.draw(st.lists(st.integers(0, shape[0] // unit), max_size=4))
    )
    written = write(q, cuts, known, **options)
    x = rec.ADStar(options["seed"], block).encode(q, P, offset=options["offset"]).sample
    assert same_bits(rec.decompress(written, P), x)
    begin = data.draw(st.integers(0, shape[0]))
    end = data.draw(st.integers(begin, shape[0]))
    with rec.Reader(written) as reader:
        assert same_bits(reader.read(P, slice(begin, end)), x[begin:end])


def test_warnings_pickle() -> None:
    warning = pickle.loads(pickle.dumps(rec.ApproximationWarning("approximate")))
    assert isinstance(warning, rec.ApproximationWarning)
