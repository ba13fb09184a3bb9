"""What a container is to be like, and the header that follows once its codec is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import CONTEXT_LIMIT
from .._validate import ELEMENT_LIMIT, broadcast_shape, integer, shape_of
from ..codecs import ADStar, Codec
from ..codecs.automatic import fresh_seed
from ..codecs.contexts import contexts_of
from ..custom import as_proposal, as_target
from ..errors import ParameterError
from ..planner import plan_for
from .code_choice import code_for
from .envelope import Bare, Framed
from .format import CONTEXTS, MAX_CHUNK, Header, check_shape, dtype_of, least_chunk
from .grid import Grid

if TYPE_CHECKING:
    from .._elements import Shape
    from ..codes import IndexCode
    from ..distributions import ProposalLike, TargetLike
    from .envelope import Envelope

__all__ = ["Draft", "codec_of", "require_bare"]


@dataclass(frozen=True)
class Draft:
    """What a container is to be like, beside its codec: arguments of `compress` and `Writer`.

    Attributes:
        code: The code; None for the codec's own.
        contexts: Where contexts come from: one of `CONTEXTS`.
        shape: The samples' shape; None where the number of rows is not known.
        dtype: The samples' type.
        chunk: How many indices a chunk holds; None for as many as suit the code.
        offset: The number of the first element.
        envelope: What is written around chunks.
    """

    code: IndexCode | None
    contexts: str
    shape: Shape | None
    dtype: str
    chunk: int | None
    offset: int
    envelope: Envelope

    @classmethod
    def of(
        cls,
        *,
        code: IndexCode | None,
        contexts: str | None,
        shape: int | Shape | None,
        dtype: Any,
        chunk: int | None,
        offset: int = 0,
        header: bool = True,
    ) -> Draft:
        """Returns what is asked for by arguments, which are checked.

        Raises:
            ParameterError: What no container has.
        """
        if contexts not in (None, *CONTEXTS[1:]):
            raise ParameterError("contexts", contexts, 'None, "column" or "given"')
        return cls(
            code=code,
            contexts=contexts or "none",
            shape=None if shape is None else shape_of("shape", shape),
            dtype=dtype_of(dtype),
            chunk=chunk,
            offset=integer("offset", offset, 0, ELEMENT_LIMIT),
            envelope=Framed() if header else Bare(),
        )

    def header(self, codec: Codec, code: IndexCode | None) -> Header:
        """Returns the header of a codec and a code, the codec's own code in place of None."""
        chosen = code_for(codec, code, contexts=self.contexts != "none")
        header = Header(
            codec=codec,
            code=chosen,
            contexts=self.contexts,
            offset=self.offset,
            shape=(0,) if self.shape is None else self.shape,
            open=self.shape is None,
            dtype=self.dtype,
            chunk=self._chunk(codec, chosen),
        )
        if self.shape is not None:
            check_shape(codec, self.contexts, self.shape)
        return header

    def planned(
        self, target: TargetLike, proposal: ProposalLike, time: float, contexts: Any = None
    ) -> tuple[Codec, IndexCode | None]:
        """Returns a codec and a code for rows like the first ones, within a time for each element.

        Whatever rows follow: units lie within a row, unless these are all there are.

        Args:
            target: The first rows' targets.
            proposal: Their proposal.
            time: As for `plan`.
            contexts: Those of the first rows, where they are given.
        """
        shape = broadcast_shape(
            target=as_target(target).shape, proposal=as_proposal(proposal).shape
        )
        made = plan_for(
            target,
            proposal,
            time=time,
            contexts=self._different_contexts(contexts, shape),
            code=self.code,
            piece=None if shape == self.shape else math.prod(shape[1:]),
        )
        return made.codec, made.code if self.code is None else self.code

    def _different_contexts(self, given: Any, shape: Shape) -> int:
        """Returns how many different contexts there may be; of rows of a shape some are given."""
        if self.contexts == "none":
            return 0
        if self.contexts == "column":
            return max(1, shape[-1] if shape else 1)
        own = contexts_of(given)
        if own is None or shape != self.shape:
            return CONTEXT_LIMIT  # who knows what follows
        return max(1, int(np.count_nonzero(np.bincount(own.numbers))))

    def _chunk(self, codec: Codec, code: IndexCode) -> int:
        """Returns how many indices a chunk holds: as asked, what suits the code, or bare, all."""
        if not self.envelope.copies:
            if self.shape is None:
                return ELEMENT_LIMIT
            return max(1, Grid(self.shape, codec.block, 1, codec.runs_through).indices)
        least = least_chunk(codec)
        if self.chunk is None:
            indices = max(least, code.elements_in_chunk // codec.block)
            return min(codec.default_chunk, 1 << (indices.bit_length() - 1))
        chunk = integer("chunk", self.chunk, least, MAX_CHUNK)
        if chunk & (chunk - 1):
            raise ParameterError("chunk", chunk, f"a power of two from {least} to {MAX_CHUNK}")
        return chunk


def codec_of(codec: object, time: object, *, header: bool) -> Codec | None:
    """Returns a writer's codec; None where the first rows decide.

    Args:
        codec: A codec, or None.
        time: The time that a codec is to be chosen for, or None.
        header: Whether there is a header, which says what was chosen.

    Raises:
        ParameterError: Something else; a time beside a codec; none without a header.
    """
    if codec is None and not header:
        raise ParameterError("codec", None, "one, without a header: its seed would be lost")
    if codec is None:
        return ADStar(fresh_seed()) if time is None else None
    if not isinstance(codec, Codec):
        raise ParameterError("codec", codec, "a Codec, such as ADStar(seed=1), or None")
    if time is not None:
        raise ParameterError("time", time, "None, with a codec")
    return codec


def require_bare(chunk: int | None, fingerprint: bool | None) -> None:
    """Refuses what only goes with a header."""
    if chunk is not None:
        raise ParameterError("chunk", chunk, "None, without a header: there is one chunk")
    if fingerprint:
        raise ParameterError("fingerprint", fingerprint, "None or False, without a header")
