"""Methods whose work the compiled core does: the only file that calls its encoders and decoders.

(With `custom`, which searches for targets of the user's own in lockstep.)
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .. import _core
from .._elements import unravel
from .._validate import threads_of
from ..custom import CustomProposal, CustomTarget, as_proposal
from ..custom.lockstep import Sampler, decode_custom, encode_custom
from ..custom.pairs import PairTarget, in_lockstep, pair_in_lockstep
from ..custom.reached import require_searchable
from ..distributions import Distribution, as_distribution
from ..distributions.families import CoreFamily
from ..errors import DivergenceError, ParameterError
from .codec import Codec
from .encoded import Ended
from .units import MAX_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Floats, Indices, Shape
    from ..distributions import ProposalLike, TargetLike
    from .codec import Progress, Proposal, Target
    from .encoded import Arrays
    from .messages import Message

AnyProposal = TypeVar("AnyProposal", "Distribution", "Distribution | CustomProposal")

__all__ = ["CoreCodec", "has_built_in_ratio", "samples_at"]

# Units of a call whose time is not known yet, of which someone waits for news; and how often they
# hear, in seconds, roughly.
_PIECE = 1 << 8
_NEWS = 0.1

_NO_HINT = np.zeros(1)

# What errors of built-in targets end with: containers take what messages alone do not.
CARRIED = "; compress and Writer code such elements by themselves"


class CoreCodec(Codec):
    """A method of the core: indices of 64 bits, or of as many words as a block has elements."""

    largest_block = MAX_BLOCK

    @property
    def numbers(self) -> dict[str, int]:
        """What the core's method of this name is made from."""
        return {}

    @property
    def _method(self) -> _core.Method:
        return _core.Method(self.name, **self.numbers)

    @property
    def words(self) -> int:
        """A word for each element of a block: a path has up to 64 bits for each."""
        return self.block

    @property
    def message_range(self) -> tuple[int, int]:
        """From 1 to the largest index; of several words, each may be anything."""
        return (1, self._method.largest_index) if self.words == 1 else (0, 2**64 - 1)

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal that the core has, or that go together in lockstep."""
        if isinstance(target, CustomTarget):
            if target._log_ratio is None:
                expected = "one with log_ratio, and with mode or bound, to be searched for"
                raise ParameterError("target", target, expected)
            if self.block > 1:
                raise ParameterError("target", target, "a built-in distribution, with blocks")
            return target, in_lockstep(_continuous("proposal", as_proposal(proposal)))
        if isinstance(proposal, CustomProposal):
            raise ParameterError("target", target, "a CustomTarget, to go with a CustomProposal")
        q = _continuous("target", as_distribution(target))
        p = _continuous("proposal", as_distribution(proposal))
        if has_built_in_ratio(q, p):
            return q, p
        pair = pair_in_lockstep(q, p)
        if pair is None:
            raise ParameterError(
                "target",
                f"{type(q).__name__} against {type(p).__name__}",
                "a pair with a built-in log ratio (see astar_rec.codecs), or a CustomTarget",
            )
        if self.block > 1:
            raise ParameterError("target", q, "a distribution with a built-in ratio, with blocks")
        return pair

    def proposal(self, proposal: ProposalLike) -> Proposal:
        """Returns a proposal that the core has; any, without blocks."""
        p = in_lockstep(_continuous("proposal", super().proposal(proposal)))
        if self.block > 1 and isinstance(p, CustomProposal):
            raise ParameterError("proposal", p, "a built-in distribution, with blocks")
        return p

    def check_message(self, message: Message) -> None:
        """Leaves it to the core, which sees every index anyway."""

    def encode_into(
        self,
        target: Target,
        proposal: Proposal,
        offset: int,
        out: Arrays,
        progress: Progress | None,
    ) -> int | Ended:
        """Searches: see `Codec.encode_into`."""
        try:
            if isinstance(target, CustomTarget):
                method, shape = self._method, out[1].shape
                require_searchable(method, target, proposal, shape, unbounded=self.unbounded)
                return encode_custom(method, self.seed, offset, target, proposal, out, progress)
            assert isinstance(target, CoreFamily)
            assert isinstance(proposal, CoreFamily)
            return self._encode_built_in(target, proposal, offset, out, progress)
        except _core.CoreDivergenceError as error:
            reason, element, bits, limit = error.args
            has_limit = self.numbers.keys() - {"within_bits"}
            if self.exact and not has_limit and _is_carried(target):
                reason += CARRIED
            raise DivergenceError(unravel(element, out[1].shape), bits, limit, reason) from None

    def _encode_built_in(
        self,
        target: CoreFamily,
        proposal: CoreFamily,
        offset: int,
        out: Arrays,
        progress: Progress | None,
    ) -> Ended:
        shape, size = out[1].shape, out[1].size
        if not size:
            return Ended(0, 0.0)
        method, threads, hints = self._method, threads_of(self.threads, size), self._hints(shape)
        q, p = target._bound, proposal._bound
        cut = doubts = 0
        for begin, end in _pieces(out[2].size, self.block, size, progress):
            more, high, low = _core.encode(
                method, self.seed, offset, threads, self.block, hints, q, p, begin, end, *out
            )
            cut += more
            doubts += (high << 32) + low  # whole 2^-63ths, whatever the pieces
        return Ended(cut, doubts / 2**63)

    def _hints(self, shape: Shape) -> Floats:
        return _NO_HINT if self.block == 1 else self.blocks.hints(shape)

    def decode_into(
        self, message: Message, proposal: Proposal, offset: int, sample: Floats
    ) -> None:
        """Replays paths: see `Codec.decode_into`."""
        try:
            if isinstance(proposal, CustomProposal):
                decode_custom(self._method, self.seed, offset, message, proposal, sample)
                return
            assert isinstance(proposal, CoreFamily)
            if sample.size:
                _core.decode(
                    self._method,
                    self.seed,
                    offset,
                    threads_of(self.threads, sample.size),
                    self.block,
                    self._hints(sample.shape),
                    message,
                    proposal._bound,
                    sample,
                )
        except _core.CoreIndexError as error:
            reason, unit = error.args
            where = unravel(unit, self.blocks.steps_shape(sample.shape))
            value, expected = message[where].tolist(), self._expected_index(reason)
            raise ParameterError("index", value, expected, where) from None

    def _expected_index(self, reason: str) -> str:
        """Says which indices there are, and which reason the core had to refuse one."""
        if self.words > 1:
            return f"the index of a block ({reason})"
        return f"an integer from 1 to {self._method.largest_index}"


def _is_carried(target: Target) -> bool:
    """Whether containers draw from what is refused here: by a family, or by a CDF."""
    return isinstance(target, (CoreFamily, PairTarget)) or (
        isinstance(target, CustomTarget) and target._cdf is not None
    )


def _continuous(argument: str, distribution: AnyProposal) -> AnyProposal:
    """Refuses discrete distributions, of which searches know nothing."""
    if isinstance(distribution, Distribution) and distribution._discrete:
        raise ParameterError(argument, distribution, "continuous; PolarCoding takes discrete ones")
    return distribution


def has_built_in_ratio(target: Distribution, proposal: Distribution) -> bool:
    """Whether the core has the log ratio of two families, and its suprema."""
    if not isinstance(target, CoreFamily) or not isinstance(proposal, CoreFamily):
        return False
    return _core.has_log_ratio(target._family, proposal._family)


def samples_at(proposal: Proposal, position: Indices) -> Floats:
    """Returns what a proposal has at 64-bit positions in its CDF, for methods outside of the core.

    Args:
        proposal: The proposal, of a shape that broadcasts to the positions'.
        position: Positions x, which stand for the probabilities (x + ½) / 2^64; uint64.
    """
    sampler = Sampler(proposal, position.shape)
    flat = np.ascontiguousarray(position).reshape(-1)
    return sampler(flat, np.arange(flat.size)).reshape(position.shape)


def _pieces(
    units: int, block: int, size: int, progress: Progress | None
) -> Iterator[tuple[int, int]]:
    """Yields where pieces of units begin and end: all, or piece by piece where someone watches.

    Pieces become longer while they take less time than someone waits for, whatever a unit takes.
    """
    length = units if progress is None else _PIECE
    end = 0
    while end < units:
        begin, end = end, min(units, end + length)
        began = monotonic()
        yield begin, end
        if progress is not None:
            progress(size if end == units else min(size, end * block), size)
        seconds = monotonic() - began
        if seconds < _NEWS / 2:
            length *= 2
        elif seconds > _NEWS * 2:
            length = max(1, length // 2)
