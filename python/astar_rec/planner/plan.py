"""The choice of a method, as an object that says why."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .._arrays import real_array
from .._validate import broadcast_shape
from ..codecs import ADStar, Codec, PolarCoding
from ..codecs.automatic import BLOCKS, column_hints, fresh_seed, trial_steps
from ..codes import IndexCode, TreeCode
from ..custom import CustomTarget, Tails, as_proposal, as_target
from ..distributions import Distribution
from ..distributions.families import CoreFamily
from ..errors import ParameterError
from . import predictions
from .information import mean_information

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._elements import Shape
    from ..custom import CustomProposal
    from ..distributions import ProposalLike, TargetLike

    Target = Distribution | CustomTarget
    Proposal = Distribution | CustomProposal

__all__ = ["DEFAULT_TIME", "Plan", "PlanRow", "plan", "plan_for", "seconds_of"]

# Seconds an element: blocks of eight are in, where they take no more than a thousand steps each.
DEFAULT_TIME = 1e-4

# The most elements of a polar block: 400 MB of memory to encode it, on each thread. Four times as
# many as `PolarCoding` has by itself, and three quarters of the bits over the information.
_POLAR_BLOCK = 1 << 20

# Of more elements, which polar coding takes in fewer bits, nobody looks for the hardest blocks.
_SEARCHED = 1 << 16
_TOO_LONG = "a trial search took more than 40,000 steps"


@dataclass(frozen=True)
class PlanRow:
    """What one method would take.

    Attributes:
        name: The method, in words.
        codec: The codec.
        code: The index code; None for the codec's own.
        bits: Predicted bits an element, of messages without a container's header; NaN where nothing
            is known of the information.
        seconds: Predicted seconds an element, to encode and decode on one thread; infinite where a
            trial says that there is no end to it.
        remark: Why it was not chosen, or cannot be; empty for what was.
    """

    name: str
    codec: Codec
    code: IndexCode | None
    bits: float
    seconds: float
    remark: str = ""


@dataclass(frozen=True)
class Plan:
    """What `plan` returns. Its text is a table.

    Attributes:
        elements: How many elements there are.
        information: Their mean KL divergence, in bits, estimated; NaN where nothing is known of it.
        time: The budget: seconds an element.
        chosen: The method that gives the fewest bits within the budget, or the fastest where none
            is within.
        rows: All methods that were looked at, the chosen one included.
    """

    elements: int
    information: float
    time: float
    chosen: PlanRow
    rows: tuple[PlanRow, ...]

    @property
    def codec(self) -> Codec:
        """The chosen codec."""
        return self.chosen.codec

    @property
    def code(self) -> IndexCode | None:
        """The index code that goes with it, for ``compress(code=)``; None for the codec's own."""
        return self.chosen.code

    def __str__(self) -> str:
        known = "unknown" if math.isnan(self.information) else f"{self.information:.3f} bits each"
        lines = [
            f"{self.elements:,} elements, information {known}; "
            f"at most {1e6 * self.time:g} µs an element",
            f"{'':2}{'method':24}{'bits':>9}{'µs':>10}  ",
        ]
        for row in self.rows:
            mark = "> " if row is self.chosen else "  "
            bits = "?" if math.isnan(row.bits) else f"{row.bits:.3f}"
            time = "?" if math.isinf(row.seconds) else f"{1e6 * row.seconds:.2f}"
            lines.append(f"{mark}{row.name:24}{bits:>9}{time:>10}  {row.remark}".rstrip())
        return "\n".join(lines)


def plan(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    time: float = DEFAULT_TIME,
    seed: int | None = None,
    random_access: bool = False,
    threads: int | None = None,
) -> Plan:
    """Returns which codec `compress` takes for some targets without being told, and why.

    That is the one with the fewest bits that needs no more than a time for each element: polar
    coding for arrays, blocks of AD* for some elements, AD* alone for a single one. Bits and times
    are predicted from the number of elements and from the targets' KL divergence; where blocks of
    AD* come into question, from the steps of some trial searches, too. The trials have random
    numbers of their own, and no clock is looked at: a choice depends on the targets and on nothing
    else, so samples stay exact.

    What a method cannot take is in the table, with the reason: targets without a CDF are for
    searches, those without a density ratio for polar coding.

    Args:
        target: The targets Q; any shape that broadcasts with the proposal's.
        proposal: The proposal P.
        time: The most seconds for an element, to encode and decode it on one thread of a server
            core; above 0, infinite for no limit. Where no method is as fast, the fastest is taken.
        seed: The codec's seed; None for a fresh one.
        random_access: Whether single elements must be decoded without the rest: leaves AD* alone.
        threads: As for the codecs.

    Raises:
        ParameterError: A pair that no method takes; a time that is none; shapes that do not
            broadcast.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.random.default_rng(0).normal(size=10_000) * np.sqrt(15 / 16)
        >>> q, p = rec.Normal(means, 0.25), rec.Normal(0.0, 1.0)
        >>> rec.plan(q, p, seed=1).codec
        PolarCoding(seed=1)
        >>> rec.plan(q[:8], p, seed=1).codec
        ADStar(seed=1, block=8)
        >>> rec.plan(q, p, seed=1, time=1e-6).codec
        ADStar(seed=1)
    """
    return plan_for(
        target, proposal, time=time, seed=seed, single=random_access, code=None, threads=threads
    )


def plan_for(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    time: float = DEFAULT_TIME,
    seed: int | None = None,
    single: bool = False,
    contexts: int = 0,
    code: IndexCode | None = None,
    piece: int | None = None,
    threads: int | None = None,
) -> Plan:
    """Returns the plan within what else is asked for.

    Args:
        target: As for `plan`.
        proposal: As for `plan`.
        time: As for `plan`.
        seed: As for `plan`.
        single: Whether single elements must be decoded without the rest.
        contexts: How many different contexts there are; 0 for none. Of searches, every element then
            has an index of its own.
        code: The index code that the codec must go with; None for any.
        piece: Where more elements may follow these, a multiple of so many: units end where any such
            multiple does. None for all that there are.
        threads: As for `plan`.

    Raises:
        ParameterError: As for `plan`.
    """
    limit = seconds_of(time)
    q, p = as_target(target), as_proposal(proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    elements = math.prod(shape)
    known = mean_information(q, p, shape) if elements else 0.0
    information = math.nan if known is None else known
    own = fresh_seed() if seed is None else seed
    case = _Case(q, p, shape, elements, information, own, threads, piece, contexts)
    found = [*case.searches(single or contexts > 0)]
    if not single:
        found.append(case.polar())
    rows = [row for row in found if code is None or _go_together(code, row.codec)]
    usable = [row for row in rows if not row.remark]
    if not usable:
        reason = "; ".join(f"{row.name}: {row.remark}" for row in found if row.remark)
        raise ParameterError("target", target, f"one that some method takes ({reason or code!r})")
    within = [row for row in usable if row.seconds <= limit]
    chosen = (
        min(within, key=lambda row: (_or_none(row.bits), row.seconds))
        if within
        else min(usable, key=lambda row: row.seconds)
    )
    said = tuple(row if row is chosen else _with_remark(row, limit) for row in rows)
    return Plan(elements, case.information, limit, chosen, said)


@dataclass(frozen=True)
class _Case:
    """What is to be coded."""

    target: Target
    proposal: Proposal
    shape: Shape
    elements: int
    information: float
    seed: int
    threads: int | None
    piece: int | None
    contexts: int

    def searches(self, single: bool) -> Iterator[PlanRow]:
        """Yields AD* alone, by either code, and in blocks."""
        alone = ADStar(self.seed, threads=self.threads)
        remark, called = self._refusal(alone), not self._in_core
        bits, count = self.information, self.elements
        # Searches for single elements take as many steps as there are bits, and one or two.
        steps = 1.2 if math.isnan(bits) else 1.2 + bits
        adaptive = self._each(predictions.adaptive_bits(bits, count))
        seconds = predictions.adaptive_time(steps, called=called)
        yield PlanRow("AD*", alone, None, adaptive, seconds, remark)
        expected = None if math.isnan(bits) else min(bits, 64.0)
        tree = self._each(predictions.tree_bits(bits, count, 1))
        known = 0.0 if math.isnan(bits) else bits
        seconds = predictions.tree_time(known, steps, called=called)
        code = TreeCode(expected_bits=expected)
        yield PlanRow("AD*, tree code", alone, code, tree, seconds, remark)
        columns = self.shape[-1] if self.shape else 1
        in_rows = self.piece is None or len(self.shape) > 1
        if single or not self.elements or not in_rows:
            return
        hints = self._hints()
        for block in reversed(BLOCKS):
            if block <= columns:
                yield self._blocks(block, hints)

    def polar(self) -> PlanRow:
        """Returns polar coding."""
        codec = PolarCoding(self.seed, threads=self.threads)
        if self.elements > codec.block:
            codec = replace(codec, block=_POLAR_BLOCK)
        if self.piece:
            codec = replace(codec, block=_largest_divisor(self.piece, codec.block))
        remark = ""
        try:
            Tails(self.target, self.proposal, self.shape)
        except ParameterError as error:
            remark = str(error)
        if not self.elements:
            remark = "nothing to code"
        count = max(1, self.elements)
        bits = predictions.polar_bits(self.information, count, codec.block, self.contexts)
        known = 0.0 if math.isnan(self.information) else self.information
        seconds = predictions.polar_time(known, count, codec.block, called=not self._in_core)
        return PlanRow("polar", codec, None, self._each(bits), seconds, remark)

    def _blocks(self, block: int, hints: tuple[float, ...] | None) -> PlanRow:
        codec = ADStar(self.seed, block, bits_hint=hints, threads=self.threads)
        remark, seconds = self._refusal(codec), math.inf
        bits = self._each(predictions.tree_bits(self.information, self.elements, block))
        if not remark:
            assert isinstance(self.target, Distribution)
            assert isinstance(self.proposal, Distribution)
            few = self.elements <= _SEARCHED
            steps = trial_steps(block, self.target, self.proposal, hints, hardest=few)
            remark = "" if math.isfinite(steps) else _TOO_LONG
            known = 0.0 if math.isnan(self.information) else self.information
            seconds = predictions.tree_time(known, steps / block)
        return PlanRow(f"AD* in blocks of {block}", codec, None, bits, seconds, remark)

    @property
    def _in_core(self) -> bool:
        return isinstance(self.target, CoreFamily) and isinstance(self.proposal, CoreFamily)

    def _hints(self) -> tuple[float, ...] | None:
        try:
            return column_hints(self.target, self.proposal)
        except ParameterError:
            return None

    def _refusal(self, codec: ADStar) -> str:
        """Returns why a codec cannot take the pair; nothing if it can."""
        try:
            codec.pair(self.target, self.proposal)
        except ParameterError as error:
            return str(error)
        return ""

    def _each(self, bits: float) -> float:
        return bits / max(1, self.elements)


def _largest_divisor(number: int, most: int) -> int:
    """Returns the largest divisor of a number that is no larger than another."""
    if number <= most:
        return number
    lower = [each for each in range(1, math.isqrt(number) + 1) if number % each == 0]
    return max(each for one in lower for each in (one, number // one) if each <= most)


def _go_together(code: object, codec: Codec) -> bool:
    if not isinstance(code, IndexCode):
        return True  # whoever takes it refuses it
    return code.suits(codec) and code.block in (None, codec.words)


def _with_remark(row: PlanRow, limit: float) -> PlanRow:
    if row.remark:
        return PlanRow(row.name, row.codec, row.code, math.nan, math.inf, row.remark)
    longer = row.seconds > limit or math.isnan(row.bits)
    remark = "takes longer" if longer else "more bits"
    return PlanRow(row.name, row.codec, row.code, row.bits, row.seconds, remark)


def _or_none(bits: float) -> float:
    return math.inf if math.isnan(bits) else bits


def seconds_of(value: object) -> float:
    """Returns a time that was asked for, checked."""
    expected = "a number of seconds above 0"
    number = real_array("time", value, math.inf, expected)
    if number.ndim or not number > 0:
        raise ParameterError("time", value, expected)
    return float(number)
