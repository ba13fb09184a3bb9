"""docs/format.md and docs/tree_code.md are complete: a decoder made from them decodes all."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import astar_rec as rec
import format_decoder
from common import same_bits
from format_decoder import decode
from fuzz.layout import take_apart
from words import bare, compress, writer_of

pytestmark = pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")

ROOT = Path(__file__).parents[1]
VECTORS = ROOT / "tests" / "vectors"
PAGE = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
P = rec.Normal(0.0, 1.0)


def targets(*shape: int, scale: float = 0.3) -> rec.Normal:
    rng = np.random.default_rng(7)
    return rec.Normal(rng.uniform(-1.0, 1.0, size=shape), rng.uniform(scale, 0.9, size=shape))


def proposals(p: Any, shape: tuple[int, ...]) -> list[tuple[str, float, float]]:
    pair = (p.low, p.high) if isinstance(p, rec.Uniform) else (p.loc, p.scale)
    a, b = (np.broadcast_to(each, shape).ravel().tolist() for each in pair)
    return [(type(p).__name__, *each) for each in zip(a, b, strict=True)]


def check(data: bytes, p: Any = P, contexts: Any = None) -> None:
    """Require of both decoders the same bits."""
    expected = rec.decompress(data, p, contexts=contexts)
    flat = None if contexts is None else np.ravel(contexts).tolist()
    shape, samples = decode(data, proposals(p, expected.shape), flat)
    assert shape == expected.shape
    assert same_bits(samples, expected.ravel())


def opened(q: Any, contexts: Any = None, *, columns: bool = False, **options: Any) -> bytes:
    """Write what does not know how many rows it will have."""
    kind = "column" if columns else None if contexts is None else "given"
    file = io.BytesIO()
    with writer_of(file, contexts=kind, **options) as writer:
        writer.write(q, P, contexts)
    return file.getvalue()


# --- Vectors ------------------------------------------------------------------------------------


def test_philox() -> None:
    for line in (VECTORS / "philox.txt").read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            words = [int(word, 16) for word in line.split()]
            assert format_decoder.philox(words[:4], words[4:6]) == tuple(words[6:])


@pytest.mark.parametrize(
    "path", sorted((VECTORS / "containers").glob("*.txt")), ids=lambda p: p.stem
)
def test_vectors(path: Path) -> None:
    lines = path.read_text(encoding="ascii").splitlines()
    fields = dict(re.split(": ?", line, maxsplit=1) for line in lines if not line.startswith("#"))
    contexts = json.loads(fields["options"]).get("contexts")
    flat = np.ravel(contexts).tolist() if isinstance(contexts, list) else None
    first, second, expected = (
        [float.fromhex(number) for number in fields[name].split()]
        for name in ("proposal first", "proposal second", "sample")
    )
    given = [(fields["proposal"], *each) for each in zip(first, second, strict=True)]
    shape, samples = decode(bytes.fromhex(fields["container"]), given, flat)
    assert shape == tuple(int(length) for length in fields["shape"].split())
    assert same_bits(samples, expected)


# --- Fingerprints -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"block": 3}, {"chunk": 16}, {"method": "polar"}], ids=str)
@pytest.mark.parametrize("shape", [(), (7,), (50, 3), (2, 3, 700)], ids=str)
def test_fingerprints(shape: tuple[int, ...], options: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    loc, scale = rng.normal(size=shape), np.exp(rng.normal(size=shape))
    p = rec.Laplace(loc, scale)
    data = compress(rec.Laplace(loc, 0.5 * scale), p, fingerprint=True, offset=3, **options)
    check(data, p)
    check(data, rec.Laplace(loc * (1 + 1e-6), scale * (1 + 1e-6)))
    other = rec.Laplace(loc, 1.001 * scale)
    with pytest.raises(ValueError, match="another proposal"):
        decode(data, proposals(other, shape))
    with pytest.raises(rec.ParameterError, match="proposal"):
        rec.decompress(data, other)


# --- What the page says of the code, and of the tables ------------------------------------------


def test_page() -> None:
    data = compress(targets(3), P)
    assert f"# The container format, version {data[4]}\n" in PAGE
    assert f"| 4 | magic | `{data[:4].decode()}` |" in PAGE
    assert f"| 1 | version | {data[4]} |" in PAGE
    for name in re.findall(r"`(\w+\.inc)`", PAGE):
        assert (format_decoder.TABLES / name).is_file()
    for name in re.findall(r"\b(?:python|tests)/[\w/]+\.\w+", PAGE):
        assert (ROOT / name).is_file()


@pytest.mark.parametrize(("name", "rows"), [("log", 64), ("normal_quantile", 64 * 32)])
def test_tables(name: str, rows: int) -> None:
    table = format_decoder.table(f"{name}_table.inc")
    assert len(table) == rows
    assert all(len(row) == 8 for row in table)


# --- Containers of all kinds --------------------------------------------------------------------

METHODS: dict[str, dict[str, Any]] = {
    "ad": {"method": "ad"},
    "as": {"method": "as"},
    "dad": {"method": "dad", "depth": 6},
    "global": {"method": "global"},
    "global, limited": {"method": "global", "max_samples": 20},
    "mrc": {"method": "mrc", "candidates": 300},
    "grc": {"method": "grc"},
    "grc in half": {"method": "grc", "split": "half"},
    "gprs": {"method": "gprs"},
    "gprs in half": {"method": "gprs", "split": "half"},
    "orc": {"method": "orc", "candidates": 300},
    "ppr": {"method": "ppr", "alpha": 2.5},
    "hybrid": {"method": "hybrid", "candidates": 300, "halvings": 2},
}
CODES = [
    None,
    rec.GammaCode(),
    rec.DeltaCode(),
    rec.ZetaCode(1.5),
    rec.ZetaCode(1.25),
    rec.FixedCode(20),
]
SHAPES: list[tuple[int, ...]] = [(), (1,), (37,), (2, 3, 2), (0,), (4, 0)]
BLOCKED = [name for name in METHODS if name != "as" and not name.startswith(("gprs", "grc"))]
each_method = pytest.mark.parametrize("method", METHODS)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@each_method
@each_shape
@pytest.mark.parametrize("code", CODES, ids=repr)
def test_codes(method: str, code: Any, shape: tuple[int, ...]) -> None:
    check(compress(targets(*shape), P, code=code, chunk=16, seed=3, **METHODS[method]))


@pytest.mark.parametrize("method", BLOCKED)
@each_shape
@pytest.mark.parametrize("block", [2, 5, 16])
def test_blocks(method: str, block: int, shape: tuple[int, ...]) -> None:
    q = targets(*shape, scale=0.8)
    check(compress(q, P, block=block, chunk=16, seed=2**64 - 1, **METHODS[method]))


@pytest.mark.parametrize("block", [2, 5, 16])
def test_adaptive_blocks(block: int) -> None:
    q = targets(2, 3, 2, scale=0.8)
    check(compress(q, P, block=block, chunk=16, code="adaptive"))


@each_shape
def test_tree_of_single_elements(shape: tuple[int, ...]) -> None:
    check(compress(targets(*shape), P, code="tree", chunk=16, seed=3, offset=2**40))


@pytest.mark.parametrize("block", [1, 2, 3, 4, 8])
def test_what_the_tree_code_learns(block: int) -> None:
    """Enough indices, of two kinds, for shares, weights and ranges of hypotheses to move."""
    q = rec.Normal(np.linspace(-1.5, 1.5, 160), np.repeat([0.05, 0.8], 80))
    check(compress(q, P, block=block, code="tree"))


@pytest.mark.parametrize("family", [rec.Normal, rec.Laplace, rec.Logistic])
@pytest.mark.parametrize("block", [1, 2])
def test_families(family: Any, block: int) -> None:
    rng = np.random.default_rng(block)
    p = family(rng.normal(size=(4, 25)), rng.uniform(0.5, 3.0, size=(4, 25)))
    scale = 10.0 ** rng.uniform(-9.0, -0.1, size=(4, 25))
    q = family(p.loc + p.scale * rng.uniform(-2.0, 2.0, size=(4, 25)), p.scale * scale)
    check(compress(q, p, block=block), p)


@pytest.mark.parametrize("block", [1, 3])
def test_uniform(block: int) -> None:
    p = rec.Uniform(np.array([-1.0, 0.0, 5.0]), np.array([1.0, 1e-3, 8.0]))
    width = p.high - p.low
    q = rec.Uniform(p.low + 0.4 * width, p.low + 0.6 * width)
    check(compress(q, p, block=block), p)


@pytest.mark.parametrize("block", [1, 2, 5, 16])
def test_narrow_targets(block: int) -> None:
    """Paths of blocks go beyond 64 bits, and several keys."""
    q = rec.Normal(np.random.default_rng(1).uniform(-1.0, 1.0, size=(3, 17)), 1e-9)
    check(compress(q, P, block=block, seed=9, max_steps=2000))


@pytest.mark.parametrize("block", [2, 5, 16])
@pytest.mark.parametrize("hints", [[0, 9, 1, 3.3, 0.03, 2, 2], [4096] + [0] * 6])
@pytest.mark.parametrize("method", ["ad", "dad"])
def test_hints(block: int, hints: list[float], method: str) -> None:
    q = rec.Normal(np.zeros((3, 7)), 2.0 ** -np.minimum(hints, 9.0))
    options = {**METHODS[method], "max_steps": 2000}
    check(compress(q, P, block=block, bits_hint=hints, **options))


@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("shape", [(30,), (9, 5), (3, 3, 5)], ids=str)
def test_contexts(block: int, shape: tuple[int, ...]) -> None:
    q, options = targets(*shape), {"block": block, "chunk": 16}
    if len(shape) > 1:
        check(compress(q, P, contexts="column", **options))
        check(opened(q, columns=True, **options))
    given = np.random.default_rng(2).integers(0, 4, size=(*shape[:-1], -(-shape[-1] // block)))
    given[0] = 65_535
    check(compress(q, P, contexts=given, **options), contexts=given)
    check(opened(q, contexts=given, **options), contexts=given)


@pytest.mark.parametrize("block", [1, 7, 64, 5000])
@pytest.mark.parametrize("shape", [(30,), (9, 5), (3, 3, 5), (700, 4)], ids=str)
def test_contexts_of_elements(block: int, shape: tuple[int, ...]) -> None:
    if block < 64 and shape[0] == 700:
        pytest.skip("takes long")
    q = targets(*shape)
    options: dict[str, Any] = {"method": "polar", "block": block, "chunk": 2, "offset": 3}
    if len(shape) > 1:
        check(compress(q, P, contexts="column", **options))
        check(opened(q, columns=True, **options))
    given = np.random.default_rng(2).integers(0, 4, size=shape)
    given[0] = 65_535
    check(compress(q, P, contexts=given, **options), contexts=given)
    check(opened(q, contexts=given, **options), contexts=given)


@pytest.mark.parametrize("block", [1, 2, 7, 16])
@pytest.mark.parametrize("bits", [0.01, 1.0, 5.3, 32.0, 500.0])
def test_expected_bits(block: int, bits: float) -> None:
    check(compress(targets(32, scale=0.8), P, block=block, expected_bits=bits))


@each_shape
@pytest.mark.parametrize("chunk", [1, 2, 16])
@pytest.mark.parametrize("block", [1, 5, 16, 1 << 18])
def test_polar(block: int, chunk: int, shape: tuple[int, ...]) -> None:
    words = {"method": "polar", "block": block, "seed": 3}
    q = targets(*shape, scale=0.05)
    check(compress(q, P, **words, chunk=chunk, offset=2**48 - 100))
    if shape:
        check(opened(q, **words, chunk=chunk, dtype="float32"))
    header = format_decoder.Header(format_decoder.POLAR, 6, shape, block=block, seed=3)
    data = compress(q, P, **words, header=False)
    samples = format_decoder.decode_without_header(data, header, proposals(P, shape))
    assert same_bits(samples, bare(data, P, shape=shape, **words).ravel())


@each_shape
@pytest.mark.parametrize("chunk", [1, 16])
@pytest.mark.parametrize("block", [1, 5, 1 << 13])
def test_dither(block: int, chunk: int, shape: tuple[int, ...]) -> None:
    words = {"method": "dither", "block": block, "seed": 3}
    q = targets(*shape, scale=0.25)
    check(compress(q, P, **words, chunk=chunk, offset=2**48 - 100))
    if shape:
        check(opened(q, **words, chunk=chunk, dtype="float32"))


@pytest.mark.parametrize("family", [rec.Normal, rec.Laplace, rec.Logistic])
@pytest.mark.parametrize("proposal", [rec.Normal, rec.Laplace, rec.Logistic])
@pytest.mark.parametrize("layers", ["direct", "shifted"])
def test_dither_of_families(layers: str, family: Any, proposal: Any) -> None:
    words = {"method": "dither", "layers": layers}
    middle = np.linspace(-1.0, 1.0, 40)
    for scale in (2.0**-30, 0.1, [0.5, 0.25, 0.5, 0.125], 1.5):
        own = np.resize(scale, 40)
        mean = np.random.default_rng(1).normal(size=40)
        check(compress(family(mean, own), proposal(middle, 0.75), **words),
              proposal(middle, 0.75))  # fmt: skip
    mean[3] = 1e7  # raw bits
    check(compress(family(mean, 0.01), proposal(middle, 0.75), **words),
          proposal(middle, 0.75))  # fmt: skip


def test_universal_quantisation() -> None:
    mean = np.random.default_rng(1).normal(size=100)
    q = rec.Uniform(mean - 0.25, mean + 0.25)
    for p in (P, rec.Uniform(-4.0, 4.5)):
        check(compress(q, p, method="universal", block=30), p)


@pytest.mark.parametrize("bits", [0.0, 0.02, 0.5, 3.0])
@pytest.mark.parametrize("size", [255, 1000, 4095, 4096, 5000])
def test_polar_blocks(size: int, bits: float) -> None:
    """Large enough for all kinds of nodes, levels and headers."""
    scale = 2.0**-bits
    rng = np.random.default_rng(size)
    q = rec.Normal(rng.normal(size=size) * np.sqrt(1 - scale**2), scale)
    check(compress(q, P, method="polar", seed=2**64 - 1))


def test_polar_of_narrow_targets() -> None:
    mean = np.random.default_rng(1).normal(size=700)
    check(compress(rec.Normal(mean, 2.0**-45), P, method="polar"))


def test_polar_of_unlike_elements() -> None:
    scale = np.tile([2.0**-6, 1.0, 1.0, 1.0], 800)
    q = rec.Normal(np.random.default_rng(1).normal(size=3200) * (1 - scale), scale)
    check(compress(q, P, method="polar"))
    wide = rec.Normal(np.linspace(-2, 2, 700), 2.0)
    check(compress(wide, P, method="polar"))


def test_polar_bytes_that_are_filled_up() -> None:
    q = rec.Normal(np.zeros(60_000), 1.0)
    codec = rec.PolarCoding(0)
    assert codec.encode(q, P).message[0].endswith(b"\0")
    check(rec.compress(q, P, codec=codec))


@pytest.mark.parametrize("block", [1, 2])
@pytest.mark.parametrize("shape", [(0,), (16,), (17,), (0, 3), (16, 3), (5, 0), (6, 5)], ids=str)
def test_open(block: int, shape: tuple[int, ...]) -> None:
    check(opened(targets(*shape), block=block, chunk=16))
    if block == 1:
        check(opened(targets(*shape), chunk=16, code=rec.DeltaCode()))
    given = np.zeros((*shape[:-1], -(-shape[-1] // block)), np.int64)
    check(opened(targets(*shape), contexts=given, block=block, chunk=16), contexts=given)


def test_float32_and_offsets() -> None:
    wide = rec.Normal(0.0, 1e38)
    check(compress(targets(50), P, dtype=np.float32))
    check(compress(rec.Normal(np.zeros(50), 0.9e38), wide, dtype=np.float32), wide)
    check(compress(targets(50), P, dtype=np.float64, offset=2**48 - 50))
    check(compress(targets(5, 9), P, block=4, offset=2**32 - 20))


def index_codes() -> list[tuple[Any, int, int]]:
    zetas = [(rec.ZetaCode(1.0 + 1.0 / k), 3, k) for k in (1, 2, 3, 5, 7, 10, 63)]
    adaptive = [(rec.AdaptiveCode(block), 4, block) for block in (1, 3)]
    return [(rec.GammaCode(), 1, 0), (rec.DeltaCode(), 2, 0), *zetas, *adaptive]


@pytest.mark.parametrize(("code", "number", "parameter"), index_codes(), ids=repr)
def test_large_indices(code: Any, number: int, parameter: int) -> None:
    """Depths up to the last."""
    block = parameter if number == 4 else 1
    depths = [*range(0, 64 * block, 3), 64 * block - 1, 64 * block - 2, 1]
    rng = np.random.default_rng(4)
    indices = [1 << depth | int.from_bytes(rng.bytes(128), "little") % 2**depth for depth in depths]
    words = [[index >> 64 * word & (2**64 - 1) for word in range(block)] for index in indices]
    data = code.pack(np.array(words, np.uint64).reshape((-1, block) if block > 1 else -1))
    own = {"block": block} if number == 4 else {"parameter": parameter}
    header = format_decoder.Header(format_decoder.AD, number, (len(depths) * block,), **own)
    assert format_decoder.read_chunk(data, header, 0, len(depths), None) == indices


BARE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"code": rec.GammaCode()}, {"code": 1}),
    ({"block": 3, "expected_bits": 2.2}, {"code": 5, "block": 3, "start": 18}),
    (
        {"block": 2, "bits_hint": [0.03, 1.97, 3, 9, 1]},
        {"code": 5, "block": 2, "hints": (0, 32, 48, 144, 16)},
    ),
    ({"code": "tree"}, {"code": 5}),
    ({"block": 2, "code": "adaptive"}, {"block": 2}),
    ({"contexts": np.arange(5)}, {"contexts": format_decoder.GIVEN}),
    (
        {"method": "polar", "block": 16, "contexts": np.arange(5)},
        {"method": 5, "code": 6, "block": 16, "contexts": format_decoder.GIVEN},
    ),
    (
        {"method": "polar", "block": 16, "contexts": "column"},
        {"method": 5, "code": 6, "block": 16, "contexts": format_decoder.COLUMN},
    ),
]


@pytest.mark.parametrize(("options", "fields"), BARE, ids=range(len(BARE)))
def test_without_a_header(options: dict[str, Any], fields: dict[str, Any]) -> None:
    shape = (7, 5)
    data = compress(targets(*shape), P, header=False, seed=5, **options)
    expected = bare(data, P, shape=shape, seed=5, **options)
    said = {"method": format_decoder.AD, "code": 4, "shape": shape, "seed": 5} | fields
    header = format_decoder.Header(**said)
    contexts = [*range(5)] * 7
    samples = format_decoder.decode_without_header(data, header, proposals(P, shape), contexts)
    assert same_bits(samples, expected.ravel())


# --- What is refused ----------------------------------------------------------------------------


def refuse(data: bytes) -> None:
    """Require that both decoders refuse it."""
    with pytest.raises(ValueError):  # noqa: PT011
        decode(data, lambda _: ("Normal", 0.0, 1.0))
    with pytest.raises(rec.CorruptDataError):
        rec.decompress(data, P)


def crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")


def forge(fields: str, *payloads: str, rows: int | None = None) -> bytes:
    """Return a container, in which all checksums are right, of few enough indices and bytes."""
    header = b"A*RC" + bytes.fromhex(fields)
    header += crc(header)
    frames = b""
    for number, each in enumerate(payloads):
        payload = bytes.fromhex(each)
        is_last = rows is not None and number == len(payloads) - 1
        covered = header[-4:] + number.to_bytes(8, "little")
        covered += rows.to_bytes(8, "little") if is_last else b""
        start = bytes([0xE5, rows]) if is_last else b"\xc5"
        frames += start + bytes([number, len(payload)]) + payload + crc(covered + payload)
    return header + frames


#        version, method, flags, code, chunk; code's parameter, seed, method's; offset, axes, shape
GOOD: list[tuple[tuple[str, ...], int | None]] = [
    (("03 02 00 04 04 00 01 01 00 00 01 03", ""), None),
    (("03 02 00 01 04 01 01 00 00 01 03", "e0"), None),
    (("03 00 00 00 04 08 01 01 02 00 01 03", "01 02 01"), None),
    (("03 01 00 04 04 00 01 00 01 03", ""), None),
    (("03 03 00 04 04 00 01 02 7e 00 00 01 03", ""), None),
    (("03 04 00 00 04 08 01 01 02 00 01 03", "01 02 01"), None),
    (("03 02 00 04 04 00 01 02 03 01 02 03 00 01 03", ""), None),
    (("03 02 04 04 04 00 01 01 00 00 02 01 03", ""), None),
    (("03 02 00 05 04 00 01 01 00 00 01 03", ""), None),
    (("03 02 02 04 04 00 01 01 00 00 01 00", ""), 0),
    (("03 02 02 04 04 00 01 01 00 00 01 00", "", ""), 17),
]
REFUSED: list[tuple[tuple[str, ...], int | None]] = [
    (("02 02 00 04 04 00 01 01 00 00 01 03", ""), None),  # another version
    (("04 02 00 04 04 00 01 01 00 00 01 03", ""), None),
    (("03 06 00 04 04 00 01 01 00 00 01 03", ""), None),  # an unknown method
    (("03 05 00 04 04 00 01 01 00 00 01 03", ""), None),  # polar coding without bytes
    (("03 02 00 06 04 01 01 00 00 01 03", "00 00 00"), None),  # bytes of another method
    (("03 05 00 06 00 01 00 00 01 03", "00"), None),  # a block's size
    (("03 05 00 06 00 01 81 80 80 08 00 01 03", "00"), None),
    (("03 05 00 06 11 01 04 00 01 03", "00"), None),  # a chunk's size
    (("03 05 04 06 00 01 04 00 01 03", "00"), None),  # columns of one axis
    (("03 05 04 06 00 01 80 01 00 02 01 81 80 04", "00"), None),  # more than there are numbers
    (("03 0e 04 06 00 01 04 00 02 03 01", "00"), None),  # contexts of dithered quantisation
    (("03 05 00 06 00 01 04 00 01 03", "01"), None),  # bytes that are missing
    (("03 05 00 06 00 01 04 00 01 03", "00 00"), None),  # and too many
    (("03 05 00 06 00 01 04 00 01 03", "01 00"), None),  # a zero at the end
    (("03 05 00 06 00 01 04 00 01 03", "01 f8"), None),  # no such first level
    (("03 05 00 06 00 01 80 80 10 00 01 80 80 02", "02 0a 31"), None),  # too short
    (("03 80 00 04 04 00 01 01 00 00 01 03", ""), None),
    (("03 02 10 04 04 00 01 01 00 00 01 03", ""), None),  # unknown flags
    (("03 02 0c 04 04 00 01 01 00 00 01 03", ""), None),
    (("03 02 00 0f 04 00 01 01 00 00 01 03", ""), None),  # an unknown code
    (("03 02 00 00 04 00 01 01 00 00 01 00",), None),  # a code's parameter
    (("03 02 00 00 04 41 01 01 00 00 01 00",), None),
    (("03 02 00 03 04 00 01 01 00 00 01 03", "ff"), None),
    (("03 02 00 03 04 40 01 01 00 00 01 03", "ff"), None),
    (("03 02 00 04 04 80 02 01 01 00 00 01 03", ""), None),  # a code's start
    (("03 02 00 04 04 00 01 00 00 00 01 03", ""), None),  # a block's size
    (("03 02 00 04 04 00 01 11 00 00 01 03", ""), None),
    (("03 02 00 05 04 80 02 01 01 00 00 01 03", ""), None),
    (("03 03 00 05 04 00 01 01 05 00 00 01 03", ""), None),  # the tree code without AD*
    (("03 02 08 01 04 01 01 00 00 01 03", "e0"), None),  # contexts without a code that learns
    (("03 02 00 01 04 01 02 00 00 01 03", "e0"), None),  # blocks without it
    (("03 03 00 04 04 00 01 01 40 00 00 01 03", ""), None),  # the largest depth
    (("03 03 00 04 04 00 01 02 7f 00 00 01 03", ""), None),
    (("03 04 00 04 04 00 01 01 00 00 01 03", ""), None),  # the number of candidates
    (("03 04 00 04 04 00 01 01 81 80 80 80 10 00 01 03", ""), None),
    (("03 02 00 04 04 00 01 01 03 01 02 03 00 01 03", ""), None),  # hints without blocks
    (("03 02 00 04 04 00 01 02 02 01 02 00 01 03", ""), None),  # the number of hints
    (("03 02 00 04 04 00 01 02 04 01 02 03 04 00 01 03", ""), None),
    (("03 02 00 04 04 00 01 02 03 01 02 81 80 04 00 01 03", ""), None),  # a hint's size
    (("03 02 04 04 04 00 01 01 00 00 01 03", ""), None),  # columns of one axis
    (("03 02 00 04 03 00 01 01 00 00 01 03", ""), None),  # a chunk's size
    (("03 02 00 04 11 00 01 01 00 00 01 03", ""), None),
    (("03 02 00 04 04 00 81 00 01 00 00 01 03", ""), None),  # idle zeros
    (("03 02 00 04 04 00 01 01 00 00 21" + 33 * " 01", ""), None),  # axes
    (("03 02 00 04 04 00 01 01 00 fe ff ff ff ff ff 3f 01 03", ""), None),  # element numbers
    (("03 02 00 04 04 00 01 01 00 00 01 03",), None),  # frames
    (("03 02 00 04 04 00 01 01 00 00 01 03", "", ""), None),
    (("03 02 00 04 04 00 01 01 00 00 01 00", ""), None),
    (("03 02 00 04 04 00 01 01 00 00 01 03", ""), 3),  # an end that is not open's
    (("03 02 02 04 04 00 01 01 00 00 01 00",), None),  # an open container without one
    (("03 02 02 04 04 00 01 01 00 00 01 00", ""), None),
    (("03 02 02 04 04 00 01 01 00 00 01 03", ""), 3),
    (("03 02 02 04 04 00 01 01 00 00 00", ""), 1),
    (("03 02 02 04 04 00 01 01 00 00 01 00", ""), 17),
    (("03 02 02 04 04 00 01 01 00 00 01 00", "", ""), 16),
    (("03 02 02 04 04 00 01 01 00 00 01 00", "00"), 0),  # a payload without an index
    (("03 02 00 04 04 00 01 01 00 00 01 03", "00"), None),  # what no encoder writes
    (("03 02 00 04 04 00 01 01 00 00 01 03", 8 * "ff"), None),
    (("03 02 00 01 04 01 01 00 00 01 03", "e1"), None),
    (("03 02 00 01 04 01 01 00 00 01 03", "e0 00"), None),
    (("03 02 00 01 04 01 01 00 00 01 03", "c0"), None),
    (("03 02 00 01 04 01 01 00 00 01 01", 8 * "00" + "80" + 8 * "00"), None),  # 2^64
    (("03 02 00 00 04 08 01 01 00 00 01 03", "01 00 01"), None),  # an index of 0
    (("03 00 00 00 04 08 01 01 02 00 01 03", "01 03 01"), None),  # an index above the limit
    (("03 04 00 00 04 08 01 01 02 00 01 03", "01 03 01"), None),
    (("03 03 00 00 04 08 01 01 02 00 00 01 03", "01 08 01"), None),
]


@pytest.mark.parametrize(("parts", "rows"), GOOD)
def test_forged(parts: tuple[str, ...], rows: int | None) -> None:
    check(forge(*parts, rows=rows))


@pytest.mark.parametrize(("parts", "rows"), REFUSED)
def test_refused(parts: tuple[str, ...], rows: int | None) -> None:
    refuse(forge(*parts, rows=rows))


@pytest.mark.parametrize("is_open", [False, True])
def test_damage(is_open: bool) -> None:
    q = targets(20, 1)
    data = opened(q, chunk=16) if is_open else compress(q, P, chunk=16)
    for place in range(len(data)):
        refuse(data[:place])
        refuse(data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1 :])
    refuse(data + b"\0")


def test_damaged_polar_blocks() -> None:
    """With right checksums: refused by both, or decoded by both to the same."""
    data = compress(targets(300), P, method="polar", chunk=1, block=100)
    layout = take_apart(data)
    assert layout is not None
    decoded = 0
    for number, frame in enumerate(layout.frames):
        for place in range(1, len(frame.payload), 7):
            forged = bytearray(frame.payload)
            forged[place] ^= 1 << (place + number) % 8
            again = dataclasses.replace(frame, payload=bytes(forged))
            frames = [*layout.frames[:number], again, *layout.frames[number + 1 :]]
            whole = dataclasses.replace(layout, frames=frames).to_bytes()
            try:
                rec.decompress(whole, P)
            except rec.CorruptDataError:
                refuse(whole)
            else:
                check(whole)
                decoded += 1
    assert decoded > 0


def test_other_contexts_of_elements() -> None:
    contexts = np.arange(5)
    data = rec.compress(targets(5), P, codec=rec.PolarCoding(1), contexts=contexts)
    for other in (None, [0, 1, 2, 3], [0, 1, 2, 3, 5]):
        with pytest.raises(ValueError, match="contexts"):
            decode(data, proposals(P, (5,)), other)


def test_other_contexts() -> None:
    contexts = np.arange(5)
    data = compress(targets(5), P, contexts=contexts)
    for other in (None, [0, 1, 2, 3], [0, 1, 2, 3, 5]):
        with pytest.raises(ValueError, match="contexts"):
            decode(data, proposals(P, (5,)), other)
