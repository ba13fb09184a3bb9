"""Encoding what is larger than memory: run by run, by the bytes of one pass."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from .._validate import broadcast_shape
from ..container.draft import Draft
from ..container.runs import Plan, in_runs
from ..errors import ApproximationWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Shape
    from ..codecs import Codec, Progress
    from ..codes import IndexCode
    from ..distributions import Distribution
    from ..distributions.stored import Stored

__all__ = ["Large"]

_TYPICAL = 1 << 18  # elements that a codec is chosen by
_AT_ONCE = 1 << 20  # and that are in memory


class Large:
    """Targets and proposals that are read piece by piece.

    Args:
        target: The targets.
        proposal: The proposals.

    Attributes:
        shape: The shape that both broadcast to.
        has_whole_rows: Whether `typical` has whole rows of the last axis.

    Raises:
        ParameterError: They do not broadcast.
    """

    def __init__(self, target: Stored, proposal: Stored) -> None:
        self.target, self.proposal = target, proposal
        self.shape: Shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
        self.has_whole_rows = (self.shape[-1] if self.shape else 1) <= _TYPICAL

    def typical(self) -> tuple[Distribution, Distribution]:
        """Returns the first elements, in rows if that is possible: a codec is chosen by these."""
        count = min(_TYPICAL, math.prod(self.shape))
        shape: Shape = (count,)
        if len(self.shape) > 1 and self.has_whole_rows and count:
            row = self.shape[-1]
            shape = (count // row, row)
        first = math.prod(shape)
        q, p = (each.run(0, first, self.shape) for each in (self.target, self.proposal))
        shared = p.reshape(shape) if p.shape else p
        return q._spread((first,)).reshape(shape), shared

    def encoded(
        self,
        codec: Codec,
        code: IndexCode | None,
        contexts: str | None,
        chunk: int | None,
        progress: Progress | None,
    ) -> Iterator[bytes]:
        """Yields the container piece by piece; arguments are those of `compress`."""
        draft = Draft.of(code=code, contexts=contexts, shape=self.shape, dtype=None, chunk=chunk)
        header = draft.header(codec, code)
        plan, cut = Plan.of(header, fits=code is None, elements=_AT_ONCE), 0
        for run in in_runs(plan, self.target, self.proposal, progress=progress):
            cut += run.cut
            yield run.data
        if cut:
            said = f"{cut} {codec.cut_means}: their samples are approximate"
            warnings.warn(said, ApproximationWarning, stacklevel=2)
