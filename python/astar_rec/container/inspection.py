"""What is in a container, and where its bits went."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from .._parallel import in_order
from .._validate import broadcast_shape
from ..codecs.units import GIVEN
from ..custom import as_proposal, as_target
from ..distributions import Distribution
from ..errors import DivergenceError, ParameterError
from ..functional import functional_information
from ..information import kl_bits
from .chunks import threads_for
from .escape_section import write_section
from .reader import Reader

if TYPE_CHECKING:
    from .._elements import Indices, Shape
    from ..codecs import Codec
    from ..codes import IndexCode
    from ..codes.code import Parts
    from ..distributions import ProposalLike, TargetLike
    from .format import Header
    from .source import File

__all__ = ["Inspection", "inspect"]

# Elements whose functional information is computed, which takes milliseconds each: others are taken
# to be like them.
_LOOKED_AT = 256


@dataclass(frozen=True)
class Inspection:
    """What `inspect` says of a container.

    Attributes:
        method: The name of the codec's method: ``"ad"``, say.
        codec: The codec that decodes it.
        code: The code of the indices.
        contexts: Where contexts come from: ``"none"``, ``"column"`` or ``"given"``.
        shape: The shape of the samples.
        dtype: Their type.
        offset: The number of the first element.
        chunk: Indices in a chunk.
        fingerprint: What the header says of the proposal: the weighted means of the first elements'
            locations and spreads; None where it says nothing.
        bits: Bits by part: ``header``, ``depth`` (what the code spends on depths), ``path`` (what
            it spends on the paths themselves; `TreeCode` on both), ``padding`` and ``framing``
            (what surrounds the chunks); and ``escapes``, if elements were coded by themselves.
            ``header``, ``chunks`` and ``framing``, where contexts or hints were given to `compress`
            and not to `inspect`. They add up to ``total_bits``.
        total_bits: Eight times the number of bytes.
        mean_depth: Mean depth of the indices, ⌊log2 index⌋; of bytes, their mean number of bits.
            NaN where there are none, or none could be read.
        kl_bits: The sum of the targets' KL divergences; None unless targets were given.
        functional_bits: The sum of the targets' functional information: what no code takes less
            than on average that is exact and codes units by themselves, as the method does: blocks,
            or else single elements. Of many targets it is estimated from 256, evenly spaced. None
            without targets, or for those that `functional_information` does not take, or for more
            than 256 that are no `Distribution`.
        parts: What the messages' bits were for, as far as the method says it: of `PolarCoding`
            bits behind levels, and by level, in order of drawing; of others, and of a container of
            so many elements that `decompress` would not decode it unasked, nothing.
    """

    method: str
    codec: Codec
    code: IndexCode
    contexts: str
    shape: Shape
    dtype: np.dtype[Any]
    offset: int
    chunk: int
    fingerprint: tuple[float, float] | None
    bits: dict[str, int]
    total_bits: int
    mean_depth: float
    kl_bits: float | None
    functional_bits: float | None
    parts: dict[str, float]

    @property
    def bits_per_element(self) -> float:
        """All bits over the number of elements; NaN where there is none."""
        size = math.prod(self.shape)
        return self.total_bits / size if size else float("nan")

    @property
    def overhead_bits(self) -> float | None:
        """What was spent beyond the targets' information; None unless targets were given."""
        return None if self.kl_bits is None else self.total_bits - self.kl_bits

    def _of_proposal(self) -> list[tuple[str, str]]:
        if self.fingerprint is None:
            return []
        location, spread = self.fingerprint
        return [("proposal", f"mean location {location:.6g}, mean spread {spread:.6g}")]

    def __str__(self) -> str:
        rows = [
            ("method", f"{self.method}  {self.codec}"),
            ("shape", f"{self.shape}  {self.dtype}"),
            ("code", f"{self.code}, contexts: {self.contexts}"),
            *self._of_proposal(),
            ("mean depth", f"{self.mean_depth:.3f}"),
            *((f"{part} bits", f"{bits}") for part, bits in self.bits.items()),
            ("total bits", f"{self.total_bits}  ({self.bits_per_element:.4f} per element)"),
        ]
        size = math.prod(self.shape)
        for part, bits in self.parts.items():
            rows.append((part, f"{bits:.1f}  ({bits / size:.4f} per element)"))
        if self.kl_bits is not None and self.total_bits:
            share = self.kl_bits / self.total_bits
            rows.append(("KL bits", f"{self.kl_bits:.1f}  ({share:.1%} of all)"))
            rows.append(("overhead", f"{self.overhead_bits:.1f} bits"))
        if self.functional_bits is not None:
            block = _unit(self.codec, self.shape)
            units = "elements alone" if block == 1 else f"blocks of {block}"
            rows.append(("functional", f"{self.functional_bits:.1f}  (the least for {units})"))
        return "\n".join(f"{name:<13} {value}" for name, value in rows)


def inspect(
    data: File,
    target: TargetLike | None = None,
    proposal: ProposalLike | None = None,
    *,
    contexts: Any = None,
    bits_hint: Any = None,
) -> Inspection:
    """Says what is in a container, and where its bits went.

    Args:
        data: What `compress` returned; or a path, or a file object opened for reading bytes.
        target: The targets that were encoded, to be told how much of it was information.
        proposal: The proposal, where targets are given.
        contexts: What `compress` was given as ``contexts``, if it was an array; None to be told no
            more than what the header says, and the sizes.
        bits_hint: What `compress` was given as ``bits_hint``; None likewise.

    Raises:
        CorruptDataError: Bytes that `compress` did not write, or not all of them.
        ParameterError: Targets without a proposal, or of another shape.

    Examples:
        >>> import astar_rec as rec
        >>> q, p = rec.Normal([0.1, 0.2], 0.1), rec.Normal(0, 1)
        >>> data = rec.compress(q, p, codec=rec.ADStar(seed=5))
        >>> info = rec.inspect(data, q, p)
        >>> info.method, info.shape, sum(info.bits.values()) == info.total_bits == 8 * len(data)
        ('ad', (2,), True)
        >>> round(info.kl_bits, 2), round(info.functional_bits, 2)
        (5.25, 6.28)
    """
    with _Looking(data, contexts=contexts, bits_hint=bits_hint) as reader:
        header, contents = reader._header, reader._contents
        divergence = _divergence(target, proposal, reader.shape)
        total = 8 * reader._source.size
        depths, said = 0, dict[str, float]()
        bits = {"header": 8 * reader._begin}
        threads = threads_for(header.codec, header.code)
        measure = partial(_measured, reader)
        chunks = range(contents.grid.chunks)
        if reader.sees_all:
            bits |= {"depth": 0, "path": 0, "padding": 0}
        else:
            bits["chunks"] = 8 * sum(contents.frames[number].length for number in chunks)
        found = in_order(measure, chunks if reader.sees_all else (), threads)
        for of_paths, escaped, parts, breakdown in found:
            depths += of_paths
            if escaped:
                bits["escapes"] = bits.get("escapes", 0) + escaped
            bits["depth"] += parts.depth
            bits["path"] += parts.path
            bits["padding"] += parts.padding
            for part, more in breakdown.items():
                said[part] = said.get(part, 0.0) + more
        bits["framing"] = total - sum(bits.values())
        indices = contents.grid.indices
        return Inspection(
            method=header.codec.name,
            codec=header.codec,
            code=header.code,
            contexts=header.contexts,
            shape=reader.shape,
            dtype=reader.dtype,
            offset=header.offset,
            chunk=header.chunk,
            fingerprint=_means_of(header),
            bits=bits,
            total_bits=total,
            mean_depth=depths / indices if indices and reader.sees_all else float("nan"),
            kl_bits=divergence,
            functional_bits=_functional(header.codec, target, proposal, reader.shape),
            parts=said,
        )


class _Looking(Reader):
    """A reader that opens without what was given with the elements, too."""

    _needs_all = False

    @property
    def sees_all(self) -> bool:
        """Whether it can read the indices."""
        header = self._header
        contexts = header.contexts != "given" or self._given.contexts is not None
        return contexts and (header.codec.bits_hint != GIVEN or self._given.hints is not None)


def _measured(reader: Reader, number: int) -> tuple[int, int, Parts, dict[str, float]]:
    """The depths of a chunk's indices, added up, the bits of escapes, and where the rest went."""
    index, known = reader._unpack(number)
    parts = reader._code(number, known).parts(index, reader._contexts(number, known))
    is_number = reader.codec.kind.is_number
    depths = _core.path_bits(index, reader.codec.words) if is_number else parts.path
    escapes = reader._escapes(number)
    escaped = 8 * len(write_section(escapes)) if len(escapes) else 0
    return depths, escaped, parts, _breakdown(reader, number, index)


def _means_of(header: Header) -> tuple[float, float] | None:
    """What the header says of the proposal."""
    own = header.fingerprint
    return None if own is None else (own.location, own.spread)


def _breakdown(reader: Reader, number: int, index: Indices) -> dict[str, float]:
    """Where the bits of a chunk's messages went; nothing if `decompress` would not decode them."""
    codec, grid = reader.codec, reader._contents.grid
    if grid.elements > reader._expected_elements:
        return {}
    first = number * grid.chunk
    own = grid.elements_of(first, first + len(index))
    offset = reader._header.offset + own.start
    known = reader._given.numbers(own.start, own.stop)
    codec = codec if known is None else codec.with_known(known)
    return codec.breakdown(codec.kind.from_index(index), len(own), offset)


def _divergence(
    target: TargetLike | None, proposal: ProposalLike | None, shape: Shape
) -> float | None:
    if target is None and proposal is None:
        return None
    if target is None or proposal is None:
        missing = "target" if target is None else "proposal"
        raise ParameterError(missing, None, "one, where the other is given")
    divergence = kl_bits(target, proposal)
    if broadcast_shape(target=divergence.shape, samples=shape) != shape:
        raise ParameterError("shape of target", divergence.shape, f"the samples' {shape}")
    return float(np.broadcast_to(divergence, shape).sum())


def _unit(codec: Codec, shape: Shape) -> int:
    """How many elements are coded by themselves; 1 where all are coded at once."""
    return 1 if codec.runs_through or not shape else max(1, min(codec.block, shape[-1]))


def _functional(
    codec: Codec, target: TargetLike | None, proposal: ProposalLike | None, shape: Shape
) -> float | None:
    size, block = math.prod(shape), _unit(codec, shape)
    if target is None or proposal is None or size == 0:
        return None
    q, p = as_target(target), as_proposal(proposal)
    try:
        if size <= _LOOKED_AT:
            return float(functional_information(q, p, block=block).sum())
        if not (isinstance(q, Distribution) and isinstance(p, Distribution)):
            return None
        # Whole blocks: the last one of a row may be shorter.
        whole = shape[-1] // block
        units = math.prod(shape[:-1]) * whole
        some = np.linspace(0, units - 1, max(1, _LOOKED_AT // block)).astype(np.int64)
        row, column = np.divmod(some, whole)
        own = (row * shape[-1] + column * block)[:, None] + np.arange(block)
        q, p = (each._spread(shape).reshape(-1)[own] for each in (q, p))
        bits = functional_information(q, p, block=block)
        return float(bits.mean()) / block * size
    except (DivergenceError, ParameterError):
        return None
