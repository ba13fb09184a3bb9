"""Compressed arrays of samples: `compress`, `decompress`, `inspect`.

A container holds the indices of an array of samples and what is needed to decode them, but for the
proposal. Its layout, in bytes; numbers are unsigned LEB128, checksums CRC-32, little-endian:

    header   magic "A*RC", version 1, method (1 byte), code (1 byte), code's parameter (1 byte),
             method's limit, seed, offset, number of axes, each axis's length,
             checksum of all before
    chunks   for every 65,536 elements in C order (the last chunk may hold fewer): length of the
             payload, payload (the indices in the code), checksum of the chunk's number (8 bytes,
             little-endian), the header's checksum and the payload

Nothing follows the last chunk. A header that does not check, a payload that does not, or data that
end early or late are refused as a whole.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ._validate import ELEMENT_LIMIT, MAX_AXES, Buffer, Floats, Indices, Shape, as_bytes
from .codecs import ADStar, ASStar, Codec, DADStar, GlobalAStar
from .errors import CorruptDataError, ParameterError
from .index_codes import DeltaCode, FixedCode, GammaCode, IndexCode, ZetaCode, shortest_code

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Inspection", "compress", "decompress", "inspect"]

MAGIC = b"A*RC"
VERSION = 1
CHUNK = 1 << 16

_METHODS = {"global": 0, "as*": 1, "ad*": 2, "dad*": 3}
_CODES: dict[int, type[IndexCode]] = {0: FixedCode, 1: GammaCode, 2: DeltaCode, 3: ZetaCode}


def compress(
    target: Any,
    proposal: Any,
    *,
    method: str = "ad*",
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
        seed: Any seed; it is written into the header.
        depth: For ``"dad*"``: the largest depth.
        max_samples: For ``"global"``: the most samples, or None.
        code: The code for the indices. None for fixed width with ``"dad*"``, and otherwise for the
            shortest of gamma, delta and zeta.
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
    codec = _codec(method, seed, depth, max_samples, threads)
    if code is not None and type(code) not in _CODES.values():
        raise ParameterError("code", code, "a FixedCode, GammaCode, DeltaCode or ZetaCode")
    index = codec.encode(target, proposal, offset=offset, progress=progress).index
    if code is None:
        code = FixedCode(codec.depth + 1) if isinstance(codec, DADStar) else shortest_code(index)
    header = _Header(method, code, codec._limit, codec.seed, offset, index.shape)
    head = header.to_bytes()
    parts = [head]
    flat = index.reshape(-1)
    for number, begin in enumerate(range(0, flat.size, CHUNK)):
        payload = code.pack(flat[begin : begin + CHUNK])
        parts += (_varint(len(payload)), payload, _chunk_checksum(number, head, payload))
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
    return codec.decode(index.reshape(header.shape), proposal, offset=header.offset)


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
    path = int(_depths(index).sum())
    coded = header.code.bits(index)
    in_header = 8 * len(header.to_bytes())
    payload = 8 * sum(len(header.code.pack(part)) for part in _chunks_of(index))
    bits = {
        "header": in_header,
        "depth": coded - path,
        "path": path,
        "padding": payload - coded,
        "framing": 8 * len(data) - in_header - payload,
    }
    return Inspection(
        method=header.method,
        codec=header.codec(None),
        code=header.code,
        shape=header.shape,
        offset=header.offset,
        bits=bits,
        total_bits=8 * len(data),
        mean_depth=path / index.size if index.size else float("nan"),
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
        body = MAGIC + fields + b"".join(_varint(number) for number in numbers)
        return body + _checksum(body)

    def codec(self, threads: int | None) -> Codec:
        if self.limit and self.method not in ("dad*", "global"):
            raise ParameterError("limit", self.limit, f"0 with method {self.method}")
        depth = self.limit if self.method == "dad*" else None
        max_samples = self.limit or None if self.method == "global" else None
        return _codec(self.method, self.seed, depth, max_samples, threads)


def _codec(
    method: str, seed: int, depth: int | None, max_samples: int | None, threads: int | None
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
        return DADStar(depth, seed, threads=threads)
    if method == "global":
        return GlobalAStar(seed, max_samples, threads=threads)
    return (ASStar if method == "as*" else ADStar)(seed, threads=threads)


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
        number = shift = 0
        while True:
            byte = self.bytes(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift > 63:
                raise CorruptDataError(f"a number of more than 64 bits at byte {self.at}")
        if number >= 2**64 or (byte == 0 and shift > 7):
            raise CorruptDataError(f"a number out of range, or with idle zeros, at byte {self.at}")
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
    size = int(np.prod(header.shape, dtype=object))
    # An index takes a bit at least: a forged size must not allocate more than the data's worth.
    if size > 8 * reader.left:
        raise CorruptDataError(f"{size} elements in {reader.left} bytes")
    index = np.empty(size, np.uint64)
    largest = header.codec(None)._method.largest_index
    for number, begin in enumerate(range(0, size, CHUNK)):
        part = index[begin : begin + CHUNK]
        payload = reader.bytes(reader.varint())
        if reader.bytes(4) != _chunk_checksum(number, head, payload):
            raise CorruptDataError(f"the checksum of chunk {number} does not match")
        part[:] = header.code.unpack(payload, part.size)
        if part.max() > largest:
            raise CorruptDataError(f"chunk {number} holds an index above {largest}")
        if progress is not None:
            progress(begin + part.size, size)
    if reader.left:
        raise CorruptDataError(f"{reader.left} bytes after the last chunk")
    return header, index


def _chunks_of(index: Indices) -> list[Indices]:
    return [index[begin : begin + CHUNK] for begin in range(0, index.size, CHUNK)]


def _depths(index: Indices) -> Indices:
    """⌊log2 index⌋, exactly (a float's exponent would be rounded up just below powers of two)."""
    depth = np.zeros(index.shape, np.uint64)
    rest = index.copy()
    for step in (32, 16, 8, 4, 2, 1):
        large = rest >> np.uint64(step) > 0
        depth += np.uint64(step) * large
        rest = np.where(large, rest >> np.uint64(step), rest)
    return depth


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _checksum(data: bytes, start: int = 0) -> bytes:
    return zlib.crc32(data, start).to_bytes(4, "little")


def _chunk_checksum(number: int, head: bytes, payload: bytes) -> bytes:
    start = zlib.crc32(number.to_bytes(8, "little") + head[-4:])
    return _checksum(payload, start)
