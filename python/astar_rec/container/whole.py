"""Whole arrays: `compress` and `decompress`."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

from .._validate import ELEMENT_LIMIT, broadcast_shape, integer
from ..codecs import Codec
from ..codecs.knowing import encode_knowing
from ..custom import as_proposal, as_target
from ..errors import ParameterError
from ..planner import DEFAULT_TIME
from .chunks import code_at, indices_of
from .code_choice import code_for
from .draft import codec_of, require_bare
from .format import Header, as_received, check_shape, dtype_of
from .known import (
    Given,
    code_contexts,
    contexts_given,
    hints_given,
    with_given_hints,
)
from .reader import Reader, context_kind
from .writer import Writer, warn_if_cut

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape
    from ..codecs import Encoded, Progress
    from ..codes import IndexCode
    from ..distributions import ProposalLike, TargetLike
    from .source import File

__all__ = ["compress", "decompress"]


@overload
def compress(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec | None = None,
    time: float | None = None,
    code: IndexCode | None = None,
    contexts: Any = None,
    bits_hint: Any = None,
    dtype: Any = None,
    header: bool = True,
    chunk: int | None = None,
    offset: int = 0,
    fingerprint: bool | None = None,
    return_sample: Literal[False] = False,
    progress: Progress | None = None,
) -> bytes: ...
@overload
def compress(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec | None = None,
    time: float | None = None,
    code: IndexCode | None = None,
    contexts: Any = None,
    bits_hint: Any = None,
    dtype: Any = None,
    header: bool = True,
    chunk: int | None = None,
    offset: int = 0,
    fingerprint: bool | None = None,
    return_sample: Literal[True],
    progress: Progress | None = None,
) -> tuple[bytes, npt.NDArray[Any]]: ...
def compress(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec | None = None,
    time: float | None = None,
    code: IndexCode | None = None,
    contexts: Any = None,
    bits_hint: Any = None,
    dtype: Any = None,
    header: bool = True,
    chunk: int | None = None,
    offset: int = 0,
    fingerprint: bool | None = None,
    return_sample: bool = False,
    progress: Progress | None = None,
) -> bytes | tuple[bytes, npt.NDArray[Any]]:
    """Encodes one sample of every target into bytes that the proposal alone decodes.

    Args:
        target: The distribution Q to be sampled; any shape that broadcasts with the proposal's.
        proposal: The distribution P that the receiver has too.
        codec: How samples are found: see `astar_rec.codecs`. The header holds its seed and all else
            that decoding needs. None for what `astar_rec.plan` chooses: polar coding for arrays,
            blocks of `ADStar` for some elements, `ADStar` alone for one; with a fresh seed, so that
            items which are compressed one by one do not share their random numbers. With a codec
            that has a budget, a search that is cut gives an approximate sample, and an
            `ApproximationWarning`.
        time: Without a codec: the most seconds for an element, to encode and decode it, as for
            `astar_rec.plan`; None for a tenth of a millisecond.
        code: The code for the indices: any `IndexCode`; with blocks only those that learn, which
            get the codec's block unless they have one. `TreeCode` for the fewest bits, with
            `ADStar` only (some 2 µs an element), `AdaptiveCode` for a fast one. None for the one
            that suits the codec: fixed width for `DADStar` and `MinimalRandomCoding`, the tree code
            for blocks of `ADStar`, and otherwise the adaptive one; those that learn start from what
            suits the first chunk. Without a codec, one is chosen that goes with the code, and with
            contexts polar coding, or `ADStar` with an index for each element.
        contexts: What should be told apart because it carries more information, or less, than the
            rest: None for nothing, ``"column"`` for the place on the last axis, or an array of
            integers from 0 to 65,535, which the receiver needs too. With `PolarCoding` of elements:
            of a shape that broadcasts to the samples', such as channels or bins of the proposal's
            scale. Otherwise of indices, for a code that learns: of a shape that broadcasts to the
            indices' (with blocks, one for each).
        bits_hint: Expected bits of information for each element, from 0 to 4,096, of a shape that
            broadcasts to the samples', which the receiver needs, too. Those of a block with more
            are halved sooner and deeper. A codec's own ``bits_hint`` stands in the header; of this
            there is a checksum in each chunk, and nothing else. For an `ADStar` or `DADStar` with
            blocks, where rows are whole blocks or there is one axis.
        dtype: The type in which samples are returned: float64, or float32 to have them rounded.
        header: False for the bits alone: `decompress` then needs the same arguments again, and
            nothing is checked. A codec must be given.
        chunk: Indices in a chunk, a power of two from 16 (of codecs with one message for many
            elements, from 1) to 65,536: what damage costs, and what is decoded at least. Smaller
            ones take more bytes. None for 65,536 elements, 16,384 with the tree code (where reading
            a row takes some 30 ms), or of polar coding a block.
        offset: The number of the first element, where the arrays are a part of larger ones.
        fingerprint: Whether the header says 8 bytes of the proposal, by which the receiver knows a
            wrong one: of another scale, or with its columns in another order. None where the first
            chunk has 1,024 elements or more. One that differs by rounding passes.
        return_sample: Whether to return the samples, too.
        progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

    Returns:
        The container; see docs/format.md. With ``return_sample``, the container and the samples
        that `decompress` will return, to the last bit.

    Raises:
        ParameterError: A code that does not go with the codec; no codec where there is no header;
            a time beside a codec; and what `Codec.encode` and `plan` raise.
        DivergenceError: See `Codec.encode`. With a header, elements that a codec would refuse, or
            search for endlessly, are coded by themselves instead; all but those of a custom target
            without ``cdf``.
        BoundError: See `Codec.encode`.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.linspace(-2, 2, 10_000)
        >>> q, p = rec.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> data, sample = rec.compress(q, p, codec=rec.ADStar(seed=1), return_sample=True)
        >>> x = rec.decompress(data, p)
        >>> bool((x == sample).all()), 3.0 < 8 * len(data) / x.size < 8.0
        (True, True)

        One number as bits alone, in a format of one's own:

        >>> q, codec, code = rec.Normal(0.9, 0.25), rec.ADStar(seed=1), rec.AdaptiveCode()
        >>> bits = rec.compress(q, p, codec=codec, code=code, header=False)
        >>> len(bits) < 3, rec.decompress(bits, p, codec=codec, code=code, shape=()).shape
        (True, ())
    """
    if codec is None and bits_hint is not None:
        raise ParameterError("codec", None, "an ADStar or DADStar with blocks, with bits_hint")
    data, encoded = (_framed if header else _bare)(
        target,
        proposal,
        codec=codec,
        time=time,
        code=code,
        contexts=contexts,
        bits_hint=bits_hint,
        dtype=dtype,
        chunk=chunk,
        offset=offset,
        fingerprint=fingerprint,
        progress=progress,
    )
    warn_if_cut(encoded, codec or Codec)
    return (data, encoded.sample) if return_sample else data


def decompress(
    data: File,
    proposal: ProposalLike,
    *,
    codec: Codec | None = None,
    code: IndexCode | None = None,
    shape: int | Shape | None = None,
    dtype: Any = None,
    offset: int = 0,
    on_corrupt: str = "raise",
    contexts: Any = None,
    bits_hint: Any = None,
    max_elements: int | None = None,
    threads: int | None = None,
    fingerprint: bool = True,
    progress: Progress | None = None,
) -> npt.NDArray[Any]:
    """Decodes a container.

    Args:
        data: What `compress` returned, bytes or another contiguous buffer of them; or a path, or a
            file object opened for reading bytes.
        proposal: The proposal that it was encoded with.
        codec: The codec, exactly where there is no header (``compress(header=False)``). The other
            arguments of `compress` must be given again then, too.
        code: Without a header: what `compress` was given.
        shape: Without a header: the samples' shape.
        dtype: Without a header: what `compress` was given.
        offset: Without a header: what `compress` was given.
        on_corrupt: ``"raise"``, or ``"skip"`` for what is left of a damaged container: a masked
            array, NaN where samples are missing. See `Reader`, which says which they are, too.
        contexts: What `compress` was given as ``contexts``, if it was an array; without a header,
            whatever it was given.
        bits_hint: What `compress` was given as ``bits_hint``.
        max_elements: The most samples to allow. None for 2^20 and 8,192 for each byte of data: all
            that `compress` writes, unless it is asked for larger chunks of targets that hardly
            differ from the proposal; and no forged header fills the memory.
        threads: Number of threads; None for all processors, or the given codec's.
        fingerprint: False to decode with any proposal, also one that the header's fingerprint says
            is not the encoder's.
        progress: Called as ``progress(done, total)`` with numbers of indices, now and then.

    Returns:
        The samples, bit-identical to the encoder's; float64 unless it was asked for float32.

    Raises:
        CorruptDataError: Bytes that `compress` did not write, or not all of them.
        ParameterError: A proposal that does not broadcast to the shape in the container, or is not
            the encoder's, rounding apart, as far as its fingerprint tells; more samples than
            ``max_elements``; contexts that are not the encoder's; a codec without a shape, or what
            only goes with a codec.
        OSError: The file cannot be read.
    """
    with Reader(
        data,
        codec=codec,
        code=code,
        shape=shape,
        dtype=dtype,
        offset=offset,
        on_corrupt=on_corrupt,
        contexts=contexts,
        bits_hint=bits_hint,
        threads=threads,
        fingerprint=fingerprint,
    ) as reader:
        if codec is None:
            _check_elements(reader, max_elements)
        return reader.read(proposal, progress=progress)


def _check_elements(reader: Reader, max_elements: int | None) -> None:
    """Refuses more samples than the caller allows, or expects."""
    size, length = reader._contents.grid.elements, reader._source.size
    most = reader._expected_elements
    if max_elements is not None:
        most = integer("max_elements", max_elements, 0, ELEMENT_LIMIT)
    if size > most:
        raise ParameterError(
            "max_elements", max_elements, f"at least {size}, for so many from {length} bytes"
        )


def _framed(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec | None,
    time: float | None,
    contexts: Any,
    bits_hint: Any,
    progress: Progress | None,
    **options: Any,
) -> tuple[bytes, Encoded]:
    """Returns a container, by a `Writer`, and what was encoded."""
    kind = context_kind(contexts)
    if isinstance(codec, Codec):
        codec = with_given_hints(codec, bits_hint)
        q, p = codec.pair(target, proposal)
    else:  # one that `Writer` chooses, or refuses
        q, p = as_target(target), as_proposal(proposal)
        time = DEFAULT_TIME if time is None else time
    file = io.BytesIO()
    with Writer(
        file,
        codec=codec,
        time=time,
        shape=broadcast_shape(target=q.shape, proposal=p.shape),
        contexts=None if kind == "none" else kind,
        **options,
    ) as writer:
        own = contexts if kind == "given" else None
        encoded = writer._add(writer._encode(target, proposal, own, bits_hint, progress))
    return file.getvalue(), encoded


# --- Without a header ----------------------------------------------------------------------------


def _bare(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec | None,
    time: float | None,
    chunk: int | None,
    fingerprint: bool | None,
    **options: Any,
) -> tuple[bytes, Encoded]:
    """Returns the bits alone, and what was encoded; refuses what only goes with a header."""
    known = codec_of(codec, time, header=False)
    assert known is not None
    require_bare(chunk, fingerprint)
    return compress_bare(target, proposal, codec=known, **options)


def compress_bare(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    codec: Codec,
    code: IndexCode | None,
    contexts: Any = None,
    bits_hint: Any = None,
    dtype: Any = None,
    offset: int = 0,
    progress: Progress | None = None,
) -> tuple[bytes, Encoded]:
    """Returns all indices as one chunk, without anything around it, and what was encoded.

    The same as a `Writer` without a header, and thrice as fast for a few elements. Arguments are
    those of `compress`. Nobody is warned of searches that were cut.
    """
    name, kind = dtype_of(dtype), context_kind(contexts)
    codec = with_given_hints(codec, bits_hint)
    chosen = code_for(codec, code, contexts=kind != "none")
    q, p = codec.pair(target, proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    check_shape(codec, kind, shape)
    header = Header(codec, chosen, kind, offset, shape, False, name, ELEMENT_LIMIT)
    grid = header.grid()
    hints = hints_given(codec, bits_hint, shape)
    own = contexts_given(codec, contexts, grid) if kind == "given" else None
    given = Given(header, grid, own, hints)
    known, numbers = given.known(), given.numbers()
    encoded, _ = encode_knowing(codec, numbers, q, p, offset, progress, escaping=False)
    bound = code_at(header, shape, 0, grid.indices, known)
    told = code_contexts(header, grid, 0, grid.indices, known)
    data = bound.pack(indices_of(codec, encoded.message), told)
    return data, replace(encoded, sample=as_received(encoded.sample, name))
