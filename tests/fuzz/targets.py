"""What is fuzzed in Python: every way from bytes and files to samples.

A target takes any bytes. They are refused with an error that `allowed` knows, or they are the very
bytes that an encoder writes for what they decode to; memory stays below `MEMORY`. `run` raises
whatever is not so. How long it takes is for the caller to watch.
"""

from __future__ import annotations

import io
import os
import random
import tempfile
import tracemalloc
import warnings
import zlib
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import astar_rec as rec
from astar_rec.cli.arrays import read_proposal, read_targets
from astar_rec.cli.commands import astar_rec as command
from astar_rec.cli.failures import Failure
from astar_rec.cli.places import Input
from astar_rec.container.escape_section import write_section
from astar_rec.images.files import read_images, write_images
from astar_rec.images.png import to_png
from words import compress as compress_words
from words import said, writer_of

from .layout import take_apart
from .mutation import mutate, mutate_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

P = rec.Normal(0.0, 1.0)

# Samples asked for; decoding more is only a matter of time.
MOST = 1 << 10

# Bytes that Python and NumPy may hold beyond the data: two chunks of 2^16 indices of 16 words.
MEMORY = 24 << 20
MEMORY_PER_BYTE = 64

OPTIONS: list[dict[str, Any]] = [
    {},
    {"open": True},
    {"block": 4},
    {"block": 8, "open": True},
    {"block": 16, "chunk": 65536, "code": "adaptive"},
    {"code": "tree"},
    {"code": "tree", "open": True, "contexts": "column"},
    {"block": 4, "code": "adaptive"},
    {"method": "as"},
    {"method": "as", "code": rec.ZetaCode(1.5)},
    {"method": "dad", "depth": 6},
    {"method": "dad", "depth": 20, "block": 2},
    {"method": "global"},
    {"method": "global", "max_samples": 30, "block": 2},
    {"method": "mrc", "candidates": 30},
    {"method": "grc", "split": "half"},
    {"method": "gprs"},
    {"method": "gprs", "split": "never"},
    {"method": "mrc", "candidates": 30, "block": 2},
    {"method": "orc", "candidates": 30, "block": 700},
    {"method": "ppr", "alpha": 2, "block": 3},
    {"method": "hybrid", "candidates": 30, "halvings": 3, "narrow": True},
    {"method": "hybrid", "candidates": 30, "halvings": 2, "block": 70, "narrow": True},
    {"method": "polar", "block": 16},
    {"method": "polar", "block": 5, "chunk": 2, "open": True},
    {"method": "polar"},
    {"method": "polar", "block": 16, "contexts": "column"},
    {"method": "polar", "block": 16, "contexts": "given", "open": True},
    {"method": "dither", "block": 16},
    {"method": "dither", "block": 5, "chunk": 2, "open": True},
    {"method": "dither", "block": 16, "layers": "shifted"},
    {"code": rec.GammaCode()},
    {"code": rec.DeltaCode(), "offset": 12345},
    {"contexts": "column"},
    {"contexts": "column", "block": 3, "open": True},
    {"contexts": "given"},
    {"contexts": "given", "shape": (1, 60)},
    {"block": 3, "bits_hint": [0, 1, 2, 1, 0.5, 0.5, 3]},
    {"shape": (101,), "block": 2},
    {"shape": (37,), "open": True},
    {"dtype": "float32", "open": True},
    {"expected_bits": 2},
    {"shape": ()},
    {"shape": (3, 0), "block": 4},
    {"shape": (0, 5), "open": True},
    {"shape": (2, 3, 2, 2)},
    {"fingerprint": True},
    {"fingerprint": True, "open": True, "block": 2, "contexts": "given"},
    {"outliers": True},
    {"outliers": True, "block": 4, "open": True},
    {"outliers": True, "block": 3, "contexts": "given", "dtype": "float32"},
    {"outliers": True, "method": "polar", "block": 16},
]


def container(options: dict[str, Any]) -> bytes:
    """A small valid container."""
    options = {"shape": (9, 7), "chunk": 16, "seed": 3, **options}
    shape, known = options.pop("shape"), not options.pop("open", False)
    hard, narrow = options.pop("outliers", False), options.pop("narrow", False)
    rng = np.random.default_rng(8)
    loc, scale = rng.normal(size=shape) * 0.4, rng.uniform(0.4, 0.7, size=shape)
    if narrow:
        scale *= 2.0**-5
    if hard:
        loc[1, 3], loc[5, 2:4], scale[6, :5] = 9.0, -30.0, 1.4
    q = rec.Normal(loc, scale)
    file = io.BytesIO()
    with writer_of(file, shape=shape if known else None, **options) as writer:
        writer.write(q, P, 0 if options.get("contexts") == "given" else None)
    return file.getvalue()


def containers() -> list[bytes]:
    """A container of every kind."""
    return [container(options) for options in OPTIONS]


# --- Containers ----------------------------------------------------------------------------------


def contexts_of(data: bytes) -> Any:
    """The contexts with which a container is tried: 0 for all where it asks for any."""
    return 0 if len(data) > 6 and data[6] >> 2 & 3 == 2 else None


def draws(data: bytes) -> random.Random:
    """Choices that the data make."""
    return random.Random(zlib.crc32(data))


def is_one_of(data: bytes, many: int, salt: int) -> bool:
    """Whether the data are one of so many for which a check is made that takes longer."""
    return zlib.crc32(data, salt) % many == 0


def takes_long(reader: rec.Reader) -> bool:
    """Whether there is much to decode that need not have bytes; that is only a matter of time."""
    if not reader.codec.runs_through and not isinstance(reader._header.code, rec.TreeCode):
        return False
    grid, chunks = reader._contents.grid, reader._contents.frames
    most = MOST if reader.codec.runs_through else 16 * MOST
    return sum(len(grid.elements_of(*reader._range(number))) for number in chunks) > most


def most_elements(data: bytes) -> int | None:
    """The limit: `MOST`, and now and then the default one, which takes longer.

    That of polar coding is more than the memory that is allowed here: 8192 samples for each byte.
    The tree code has that many without any bytes, and draws a tree for each.
    """
    is_long = data[5:6] == bytes([rec.PolarCoding.number])
    is_long = is_long or data[7:8] == bytes([rec.TreeCode.number])
    return None if not is_long and is_one_of(data, 500, 1) else MOST


def threads_of(data: bytes) -> int | None:
    """One thread, as starting more takes most of the time, and now and then all."""
    return None if is_one_of(data, 100, 2) else 1


def are_samples(x: Any) -> bool:
    """Whether numbers are what P has; float32 ones may be escaped samples beyond its range."""
    return bool((~np.isnan(x) if x.dtype == np.float32 else np.isfinite(x)).all())


def size_of(shape: tuple[int, ...]) -> int:
    """The number of elements."""
    return int(np.prod(shape, dtype=object))


def rows_of(reader: rec.Reader, rng: random.Random) -> slice | None:
    """Some rows, no more than `MOST` samples of them; None for an array without axes."""
    if not reader.shape:
        return None
    rows = min(reader.shape[0], MOST // max(1, size_of(reader.shape[1:])))
    begin = rng.randint(0, reader.shape[0] - rows)
    return slice(begin, begin + rng.randint(0, rows))


def decompress(data: bytes) -> None:
    """Whole arrays. What decodes has right checksums, and is what an encoder writes."""
    contexts = contexts_of(data)
    most, threads = most_elements(data), threads_of(data)
    x = rec.decompress(data, P, contexts=contexts, max_elements=most, threads=threads)
    assert are_samples(x)
    layout = take_apart(data)
    assert layout is not None
    assert layout.to_bytes() == data, "a wrong checksum passed"
    with rec.Reader(data, contexts=contexts) as reader:
        header = reader._header
        assert header.to_bytes() == data[: reader._begin], "a header that no encoder writes"
        assert reader.shape == x.shape
        assert reader.dtype == x.dtype
        for number in range(reader._contents.grid.chunks):
            index, known = reader._unpack(number)
            packed = reader._code(number, known).pack(index, reader._contexts(number, known))
            payload = b"".join(checksum for _, checksum in known.checksums()) + packed
            if layout.frames[number].escapes:
                payload = write_section(reader._escapes(number)) + payload
            assert payload == layout.frames[number].payload, "a payload that no encoder writes"


def rescue(data: bytes) -> None:
    """What is left of damaged ones."""
    x = rec.decompress(
        data,
        P,
        on_corrupt="skip",
        contexts=contexts_of(data),
        max_elements=most_elements(data),
        threads=threads_of(data),
    )
    assert are_samples(x.data[~x.mask])
    assert np.isnan(x.data[x.mask]).all()


def rescue_rows(data: bytes) -> None:
    """Rows of what is left; those are missing of which that is said."""
    contexts, threads = contexts_of(data), threads_of(data)
    with rec.Reader(data, on_corrupt="skip", contexts=contexts, threads=threads) as reader:
        if takes_long(reader):
            return
        rows = rows_of(reader, draws(data))
        part = reader.read(P, rows)
        begin = size_of(reader.shape[1:]) * (0 if rows is None else rows.start)
        missing = np.zeros(part.size, bool)
        for gap in reader.missing:
            missing[max(0, gap.start - begin) : max(0, gap.stop - begin)] = True
        assert (np.ma.getmaskarray(part).reshape(-1) == missing).all()


def read_rows(data: bytes) -> None:
    """Some rows, in any order, of a file; they are those of the whole array."""
    rng, contexts, threads = draws(data), contexts_of(data), threads_of(data)
    with rec.Reader(io.BytesIO(data), contexts=contexts, threads=threads) as reader:
        if takes_long(reader):
            return
        whole = reader.read(P) if size_of(reader.shape) <= MOST else None
        for _ in range(2):
            rows = rows_of(reader, rng)
            part = reader.read(P, rows)
            if whole is not None:
                assert part.tobytes() == (whole if rows is None else whole[rows]).tobytes()


def inspect(data: bytes) -> None:
    """Where the bits are."""
    with rec.Reader(data, contexts=contexts_of(data)) as reader:
        # To tell bits by level or depth is to decode.
        if takes_long(reader):
            return
    info = rec.inspect(data, contexts=contexts_of(data))
    assert sum(info.bits.values()) == info.total_bits == 8 * len(data)
    assert all(bits >= 0 for bits in info.bits.values()), info.bits
    assert len(str(info)) < 20_000


def append(data: bytes) -> None:
    """Parts for a writer; what it makes of them decodes to the same samples."""
    contexts = contexts_of(data)
    with rec.Reader(data, contexts=contexts) as reader:
        if takes_long(reader):
            return
        header, shape = reader._header, reader.shape
    file = io.BytesIO()
    with rec.Writer(
        file,
        shape=None if shape else (),
        contexts=None if header.contexts == "none" else header.contexts,
        codec=header.codec,
        code=header.code,
        dtype=header.dtype,
        chunk=header.chunk,
        offset=header.offset,
    ) as writer:
        writer.append(data, contexts)
    if size_of(shape) <= MOST:
        # Words that are no index of the method are copied as they are.
        x = rec.decompress(data, P, contexts=contexts, threads=1)
        again = rec.decompress(file.getvalue(), P, contexts=contexts, threads=1)
        assert x.shape == again.shape
        assert x.tobytes() == again.tobytes()


BARE: list[dict[str, Any]] = [
    {},
    {"block": 4},
    {"block": 16, "code": "adaptive"},
    {"code": "tree"},
    {"method": "as"},
    {"method": "dad", "depth": 6},
    {"method": "dad", "depth": 30, "block": 2},
    {"method": "global", "max_samples": 30},
    {"method": "global", "block": 3},
    {"method": "mrc", "candidates": 30},
    {"method": "polar"},
    {"method": "polar", "block": 4},
    {"method": "polar", "block": 8, "contexts": "column"},
    {"method": "dither", "block": 4},
    {"method": "dither", "block": 4, "layers": "shifted"},
    {"code": rec.GammaCode()},
    {"code": rec.DeltaCode()},
    {"code": rec.ZetaCode(1.4)},
    {"code": rec.FixedCode(20)},
    {"contexts": "column"},
    {"contexts": "column", "block": 3},
    {"block": 4, "bits_hint": [0, 1, 2, 1, 0.5, 0.5, 3]},
    {"method": "grc", "split": "half"},
    {"method": "gprs"},
    {"method": "orc", "candidates": 30, "block": 4},
    {"method": "ppr", "alpha": 2, "block": 3},
]
BARE_SAID = [said(**options) for options in BARE]
SHAPES = [(), (1,), (7,), (3, 7), (0,), (2, 0, 3), (40,), (2, 3, 5)]


def bare(data: bytes) -> None:
    """Bits alone; the first two bytes say of what."""
    kind = (data[0] if data else 0) % len(BARE)
    shape = SHAPES[(data[1] if len(data) > 1 else 0) % len(SHAPES)]
    if "bits_hint" in BARE[kind] or ("contexts" in BARE[kind] and len(shape) < 2):
        shape = (3, 7)
    x = rec.decompress(data[2:], P, shape=shape, threads=1, **BARE_SAID[kind])
    assert x.shape == shape
    assert are_samples(x)


# --- Files ---------------------------------------------------------------------------------------


def scratch(name: str) -> Path:
    """A file for this process alone, in memory where that is possible."""
    folder = Path("/dev/shm")
    folder = folder if folder.is_dir() else Path(tempfile.gettempdir())
    return folder / f"astar_rec-fuzz-{os.getpid()}-{name}"


def npz(data: bytes) -> None:
    """Proposals and targets in .npz files."""
    path = scratch("p.npz")
    try:
        path.write_bytes(data)
        read_targets(Input(path)) if draws(data).random() < 0.7 else read_proposal(Input(path))
    finally:
        path.unlink(missing_ok=True)


def cli(data: bytes) -> None:
    """The commands `decode` and `inspect`."""
    with suppress(rec.RecError), rec.Reader(data, contexts=contexts_of(data)) as reader:
        if takes_long(reader):
            return
    path, output, rng = scratch("c.rec"), scratch("o.npy"), draws(data)
    arguments = ["inspect", str(path)]
    if rng.random() < 0.5:
        arguments = ["decode", str(path), "-o", str(output), "--max-elements", str(MOST)]
        arguments += ["--on-corrupt", rng.choice(["raise", "skip"]), "--threads", "1"]
    try:
        path.write_bytes(data)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            command(arguments, standalone_mode=False)
    finally:
        path.unlink(missing_ok=True)
        output.unlink(missing_ok=True)


def image_files(data: bytes) -> None:
    """Files of images; what is read can be written, and reads the same."""
    path, output = scratch("i"), scratch(draws(data).choice(["o.npy", "o.idx", "o.gz"]))
    try:
        path.write_bytes(data)
        pixels, names = read_images(path)
        assert names is None
        write_images(output, pixels)
        again = read_images(output).pixels
        assert again.shape == pixels.shape
        assert again.tobytes() == pixels.tobytes()
    finally:
        path.unlink(missing_ok=True)
        output.unlink(missing_ok=True)


# --- All -----------------------------------------------------------------------------------------


def npz_files() -> list[bytes]:
    """Files as NumPy writes them."""
    files = []
    arrays = [
        {"loc": np.zeros(3), "scale": np.ones(3)},
        {"loc": np.float32([[1, 2], [3, 4]]), "scale": np.float64(0.5)},
        {
            "loc": np.arange(4),
            "scale": np.ones(4),
            "proposal_loc": np.zeros(()),
            "proposal_scale": np.ones(1),
        },
    ]
    for save in (np.savez, np.savez_compressed):
        for each in arrays:
            file = io.BytesIO()
            save(file, **each)
            files.append(file.getvalue())
    return files


def files_of_images() -> list[bytes]:
    """Files of images of each kind."""
    pixels = np.random.default_rng(0).integers(0, 256, (2, 28, 28), np.uint8) // 64
    files = [to_png(pixels[0])]
    for name in ("s.npy", "s.idx", "s.gz"):
        path = scratch(name)
        write_images(path, pixels)
        files.append(path.read_bytes())
        path.unlink()
    return files


def bare_streams() -> list[bytes]:
    """What ``compress(header=False)`` writes, after the two bytes that say of what."""
    streams = []
    for kind, options in enumerate(BARE):
        q = rec.Normal(np.linspace(-0.5, 0.5, 21).reshape(3, 7), 0.6)
        body = compress_words(q, P, header=False, **options)
        streams.append(bytes([kind, 3]) + body)
    return streams


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "decompress": (decompress, containers),
    "rescue": (rescue, containers),
    "rescue_rows": (rescue_rows, containers),
    "read_rows": (read_rows, containers),
    "inspect": (inspect, containers),
    "append": (append, containers),
    "bare": (bare, bare_streams),
    "npz": (npz, npz_files),
    "image_files": (image_files, files_of_images),
    "cli": (cli, containers),
}


def damage(
    name: str,
    data: bytes,
    others: Sequence[bytes],
    rng: random.Random,
    change: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Returns damaged data for a target; see `mutation.mutate`."""
    return mutate_zip(data, rng, change) if name == "npz" else mutate(data, others, rng, change)


def allowed(error: Exception) -> bool:
    """Whether damaged data may be answered with an error."""
    if isinstance(error, (rec.CorruptDataError, Failure)):
        return 5 < len(str(error)) < 400 and "\n" not in str(error)
    if not isinstance(error, rec.ParameterError):
        return False
    # Of files of images, what they hold: "dtype of PATH".
    return error.argument in ("max_elements", "contexts", "proposal") or " of " in error.argument


def run(name: str, data: bytes) -> None:
    """Runs a target on bytes; on one of 64 of them memory is measured too."""
    target, _ = TARGETS[name]
    measured = is_one_of(data, 64, 3)
    if measured:
        tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of what is in .npy files
            target(data)
        _, peak = tracemalloc.get_traced_memory()
    except Exception as error:
        if not allowed(error):
            raise
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    most = MEMORY + MEMORY_PER_BYTE * len(data)
    assert peak <= most, f"{peak} bytes of memory for {len(data)} bytes"
