"""Compressed arrays of samples: `compress`, `decompress`, `inspect`.

A container holds the indices of an array of samples and what is needed to decode them, but for the
proposal. Its layout, in bytes; numbers are unsigned LEB128, checksums CRC-32, little-endian:

    header   magic "A*RC", version 1, method (1 byte), code (1 byte), code's parameter (1 byte),
             method's limit, seed, offset, number of axes, each axis's length,
             checksum of all before
    chunks   for every 65,536 indices in C order (the last chunk may hold fewer): length of the
             payload, payload (the indices in the code), checksum of the chunk's number (8 bytes,
             little-endian), the header's checksum and the payload

The codes are fixed width (0, its parameter the width), gamma (1), delta (2), zeta (3, k) and
adaptive (4, the block: the elements of the last axis that share an index). The adaptive code's
model starts afresh in every chunk.

Nothing follows the last chunk. A header that does not check, a payload that does not, or data that
end early or late are refused as a whole.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._validate import ELEMENT_LIMIT, MAX_AXES, Buffer, Floats, Indices, Shape, as_bytes
from ._varint import read_varint, varint
from .blocks import Blocks
from .codecs import ADStar, ASStar, Codec, DADStar, GlobalAStar
from .errors import CorruptDataError, ParameterError
from .index_codes import AdaptiveCode, DeltaCode, FixedCode, GammaCode, IndexCode, ZetaCode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Inspection", "compress", "decompress", "inspect"]

MAGIC = b"A*RC"
VERSION = 1
CHUNK = 1 << 16

_METHODS = {"global": 0, "as*": 1, "ad*": 2, "dad*": 3}
_CODES: dict[int, type[IndexCode]] = {
    0: FixedCode,
    1: GammaCode,
    2: DeltaCode,
    3: ZetaCode,
    4: AdaptiveCode,
}


def compress(
    target: Any,
    proposal: Any,
    *,
    method: str = "ad*",
    block: int = 1,
    seed: int = 0,
    depth: int | None = None,
    max_samples: int | None = None,
    code: IndexCode | None = None,
    offset: int = 0,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> bytes:
    """Encodes one sample of every target into bytes that the proposal alone decodes.

    Args:
        target: The distribution Q to be sampled; any shape that broadcasts with the proposal's.
        proposal: The distribution P that the receiver has too.
        method: ``"ad*"``, ``"as*"``, ``"dad*"`` (give ``depth``) or ``"global"``.
        block: Elements of the last axis that are coded together, 1 to 16; not with ``"as*"``.
        seed: Any seed; it is written into the header.
        depth: For ``"dad*"``: the largest depth.
        max_samples: For ``"global"``: the most samples, or None.
        code: The code for the indices, without blocks. None for fixed width with ``"dad*"``, and
            otherwise for `AdaptiveCode`, which blocks always have.
        offset: The number of the first element, where the arrays are a part of larger ones.
        threads: Number of threads; None for all processors.
        progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

    Returns:
        The container.

    Raises:
        ParameterError: An unknown method; ``depth`` or ``max_samples`` with another method; and
            what `Codec.encode` raises.
        DivergenceError: See `Codec.encode`.
        BoundError: See `Codec.encode`.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.linspace(-2, 2, 10_000)
        >>> q, p = rec.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> data = rec.compress(q, p, seed=1)
        >>> x = rec.decompress(data, p)
        >>> x.shape, 3.0 < 8 * len(data) / x.size < 8.0
        ((10000,), True)
    """
    codec = _codec(method, block, seed, depth, max_samples, threads)
    if code is None:
        fixed = isinstance(codec, DADStar) and codec.block == 1
        code = FixedCode(codec._limit + 1) if fixed else AdaptiveCode(codec.block)
    elif type(code) not in _CODES.values():
        raise ParameterError(
            "code", code, f"one of {', '.join(c.__name__ for c in _CODES.values())}"
        )
    elif _block_of(code) != codec.block:
        raise ParameterError("code", code, f"None, or AdaptiveCode({codec.block}), with blocks")
    encoded = codec.encode(target, proposal, offset=offset, progress=progress)
    header = _Header(method, code, codec._limit, codec.seed, offset, encoded.sample.shape)
    head = header.to_bytes()
    parts = [head]
    for number, chunk in enumerate(_chunks_of(encoded.index, codec.block)):
        payload = code.pack(chunk)
        parts += (varint(len(payload)), payload, _chunk_checksum(number, head, payload))
    return b"".join(parts)


def decompress(
    data: Buffer,
    proposal: Any,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Decodes a container.

    Args:
        data: What `compress` returned; bytes or another contiguous buffer of them.
        proposal: The proposal that it was encoded with.
        threads: Number of threads; None for all processors.
        progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

    Returns:
        The samples, float64, bit-identical to the encoder's.

    Raises:
        CorruptDataError: Bytes that `compress` did not write, or not all of them.
        ParameterError: A proposal that does not broadcast to the shape in the container.
    """
    header, index = _read(data, progress)
    codec = header.codec(threads)
    try:
        return codec.decode(index, proposal, shape=header.shape, offset=header.offset)
    except ParameterError as error:
        if error.argument == "index":  # of a block, beyond what the codec makes
            raise CorruptDataError(str(error)) from None
        raise


@dataclass(frozen=True)
class Inspection:
    """What `inspect` says of a container.

    Attributes:
        method: The name that `compress` was given.
        codec: The codec that decodes it.
        code: The code of the indices.
        shape: The shape of the samples.
        offset: The number of the first element.
        bits: Bits by part: ``header``, ``depth`` (what the code spends on depths), ``path`` (the
            bits of the paths themselves), ``padding`` and ``framing`` (lengths and checksums of the
            chunks). They add up to ``total_bits``.
        total_bits: Eight times the number of bytes.
        mean_depth: Mean depth of the indices, ⌊log2 index⌋.
    """

    method: str
    codec: Codec
    code: IndexCode
    shape: Shape
    offset: int
    bits: dict[str, int]
    total_bits: int
    mean_depth: float

    @property
    def bits_per_element(self) -> float:
        """All bits over the number of elements; NaN where there is none."""
        size = int(np.prod(self.shape, dtype=object))
        return self.total_bits / size if size else float("nan")

    def __str__(self) -> str:
        rows = [
            ("method", f"{self.method}  {self.codec}"),
            ("shape", f"{self.shape}"),
            ("code", f"{self.code}"),
            ("mean depth", f"{self.mean_depth:.3f}"),
            *((f"{part} bits", f"{bits}") for part, bits in self.bits.items()),
            ("total bits", f"{self.total_bits}  ({self.bits_per_element:.4f} per element)"),
        ]
        return "\n".join(f"{name:<13} {value}" for name, value in rows)


def inspect(data: Buffer) -> Inspection:
    """Says what is in a container, and where its bits went.

    Args:
        data: What `compress` returned; bytes or another contiguous buffer of them.

    Raises:
        CorruptDataError: Bytes that `compress` did not write, or not all of them.

    Examples:
        >>> import astar_rec as rec
        >>> data = rec.compress(rec.Normal([0.1, 0.2], 0.1), rec.Normal(0, 1), seed=5)
        >>> info = rec.inspect(data)
        >>> info.method, info.shape, sum(info.bits.values()) == info.total_bits == 8 * len(data)
        ('ad*', (2,), True)
    """
    header, index = _read(data, None)
    chunks = _chunks_of(index, _block_of(header.code))
    parts = [header.code.parts(chunk) for chunk in chunks]
    in_header = 8 * len(header.to_bytes())
    bits = {
        "header": in_header,
        "depth": sum(part.depth for part in parts),
        "path": sum(part.path for part in parts),
        "padding": sum(part.padding for part in parts),
        "framing": 8 * len(data) - in_header - sum(map(sum, parts)),
    }
    return Inspection(
        method=header.method,
        codec=header.codec(None),
        code=header.code,
        shape=header.shape,
        offset=header.offset,
        bits=bits,
        total_bits=8 * len(data),
        mean_depth=_core.path_bits(index, _block_of(header.code)) / header.indices
        if header.indices
        else float("nan"),
    )


@dataclass(frozen=True)
class _Header:
    method: str
    code: IndexCode
    limit: int
    seed: int
    offset: int
    shape: Shape

    def to_bytes(self) -> bytes:
        code = next(number for number, kind in _CODES.items() if type(self.code) is kind)
        fields = bytes([VERSION, _METHODS[self.method], code, self.code._parameter])
        numbers = (self.limit, self.seed, self.offset, len(self.shape), *self.shape)
        body = MAGIC + fields + b"".join(varint(number) for number in numbers)
        return body + _checksum(body)

    def codec(self, threads: int | None) -> Codec:
        if self.limit and self.method not in ("dad*", "global"):
            raise ParameterError("limit", self.limit, f"0 with method {self.method}")
        depth = self.limit if self.method == "dad*" else None
        max_samples = self.limit or None if self.method == "global" else None
        return _codec(self.method, _block_of(self.code), self.seed, depth, max_samples, threads)

    @property
    def blocks(self) -> Blocks:
        """How the elements fall into blocks."""
        return Blocks(_block_of(self.code), None)

    @property
    def indices(self) -> int:
        """The number of indices."""
        return int(np.prod(self.blocks.steps_shape(self.shape), dtype=object))


def _block_of(code: IndexCode) -> int:
    return code.block if isinstance(code, AdaptiveCode) else 1


def _codec(
    method: str,
    block: int,
    seed: int,
    depth: int | None,
    max_samples: int | None,
    threads: int | None,
) -> Codec:
    if method not in _METHODS:
        raise ParameterError("method", method, f"one of {', '.join(map(repr, _METHODS))}")
    if depth is not None and method != "dad*":
        raise ParameterError("depth", depth, f'None with method "{method}"')
    if max_samples is not None and method != "global":
        raise ParameterError("max_samples", max_samples, f'None with method "{method}"')
    if method == "dad*":
        if depth is None:
            raise ParameterError("depth", None, 'an integer from 0 to 63, with method "dad*"')
        return DADStar(depth, seed, block=block, threads=threads)
    if method == "global":
        return GlobalAStar(seed, max_samples, block=block, threads=threads)
    if method == "ad*":
        return ADStar(seed, block, threads=threads)
    if block != 1:
        raise ParameterError("block", block, '1 with method "as*"')
    return ASStar(seed, threads=threads)


class _Reader:
    """Reads a container from its start; refuses to go past its end."""

    def __init__(self, data: Buffer) -> None:
        self._data = as_bytes(data)
        self.at = 0

    def bytes(self, count: int) -> bytes:
        if count > len(self._data) - self.at:
            raise CorruptDataError(
                f"the data end at byte {len(self._data)}, in the middle of a part"
            )
        self.at += count
        return bytes(self._data[self.at - count : self.at])

    def varint(self) -> int:
        number, self.at = read_varint(self._data, self.at)
        return number

    @property
    def left(self) -> int:
        return len(self._data) - self.at


def _read_header(reader: _Reader) -> tuple[_Header, bytes]:
    begin = reader.at
    if reader.bytes(len(MAGIC)) != MAGIC:
        raise CorruptDataError("not an astar_rec container: it does not start with A*RC")
    version, method, code, parameter = reader.bytes(4)
    if version != VERSION:
        raise CorruptDataError(f"container version {version}; this release reads version {VERSION}")
    limit, seed, offset, axes = (reader.varint() for _ in range(4))
    if axes > MAX_AXES:
        raise CorruptDataError(f"{axes} axes")
    shape = tuple(reader.varint() for _ in range(axes))
    body = bytes(reader._data[begin : reader.at])
    checksum = reader.bytes(4)
    if checksum != _checksum(body):
        raise CorruptDataError("the header's checksum does not match")
    names = [name for name, number in _METHODS.items() if number == method]
    try:
        header = _Header(names[0], _make_code(code, parameter), limit, seed, offset, shape)
        header.codec(None)
    except (IndexError, KeyError, ParameterError) as error:
        raise CorruptDataError(f"a header that no encoder writes: {error}") from None
    # Empty axes do not make the others any shorter: NumPy refuses such shapes, so none was written.
    size = int(np.prod([max(1, length) for length in shape], dtype=object))
    if size > ELEMENT_LIMIT - min(offset, ELEMENT_LIMIT):
        raise CorruptDataError("more than 2^48 elements")
    return header, body + checksum


def _make_code(number: int, parameter: int) -> IndexCode:
    kind = _CODES[number]
    if kind is FixedCode:
        return FixedCode(parameter)
    if kind is AdaptiveCode:
        return AdaptiveCode(parameter)
    if kind is ZetaCode:
        if not 1 <= parameter <= 63:
            raise ParameterError("k", parameter, "an integer from 1 to 63")
        return ZetaCode(1 + 1 / parameter)
    if parameter:
        raise ParameterError("parameter", parameter, "0")
    return kind()


def _read(data: Buffer, progress: Callable[[int, int], None] | None) -> tuple[_Header, Indices]:
    reader = _Reader(data)
    header, head = _read_header(reader)
    size, block = header.indices, _block_of(header.code)
    # A forged size must not allocate more than the data's worth: an index takes a bit at least, and
    # in the adaptive code a chunk of them 5 bytes.
    most = (
        CHUNK * -(-reader.left // 5) if isinstance(header.code, AdaptiveCode) else 8 * reader.left
    )
    if size > most:
        raise CorruptDataError(f"{size} indices in {reader.left} bytes")
    index = np.empty(
        header.shape if block == 1 else header.blocks.index_shape(header.shape), np.uint64
    )
    codec = header.codec(None)
    largest = codec._method.largest_index if block == 1 else 2**64 - 1
    for number, part in enumerate(_chunks_of(index, block)):
        payload = reader.bytes(reader.varint())
        if reader.bytes(4) != _chunk_checksum(number, head, payload):
            raise CorruptDataError(f"the checksum of chunk {number} does not match")
        part[:] = header.code.unpack(payload, len(part))
        if part.max() > largest:
            raise CorruptDataError(f"chunk {number} holds an index above {largest}")
        if progress is not None:
            progress(min(size, (number + 1) * CHUNK), size)
    if reader.left:
        raise CorruptDataError(f"{reader.left} bytes after the last chunk")
    return header, index


def _chunks_of(index: Indices, block: int) -> list[Indices]:
    """The indices in chunks, each of shape (n,) or (n, block): views."""
    flat = index.reshape(-1) if block == 1 else index.reshape(-1, block)
    return [flat[begin : begin + CHUNK] for begin in range(0, len(flat), CHUNK)]


def _checksum(data: bytes, start: int = 0) -> bytes:
    return zlib.crc32(data, start).to_bytes(4, "little")


def _chunk_checksum(number: int, head: bytes, payload: bytes) -> bytes:
    start = zlib.crc32(number.to_bytes(8, "little") + head[-4:])
    return _checksum(payload, start)
