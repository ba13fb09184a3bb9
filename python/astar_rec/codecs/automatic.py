"""Choosing a codec: a fresh seed, the block that pays, and hints for its columns."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._validate import SEED_LIMIT, broadcast_shape
from ..custom import CustomProposal, CustomTarget
from ..distributions import Normal, as_distribution
from ..distributions.families import CoreFamily
from ..distributions.ratios import peaks_of
from ..errors import DivergenceError
from ..information import kl_bits
from .a_star import ADStar
from .engine import has_built_in_ratio
from .escapes import without_escapes
from .units import MOST_HINT, MOST_HINTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Floats, Shape
    from ..distributions import Distribution, ProposalLike, TargetLike

__all__ = ["BLOCKS", "automatic_codec", "column_hints", "fresh_seed", "trial_steps"]

# Hints that differ by less than this within a block, in bits, are not worth their bytes.
_ALIKE = 1.0

# Nor are hints for rows fewer than these.
_ROWS = 16

# A block pays if a search takes no more steps than this on average (some 0.1 ms an element with
# blocks of eight), and none of the pilot's blocks this many.
_STEPS = 2_500
_MOST_STEPS = 40_000
_PILOT = 64
# Beside the pilot's blocks, so many of those that are the hardest by each of two measures; and how
# many elements are measured at once. They may take this many steps: less than the time of a second.
_HARDEST = 4
_HARDEST_STEPS = 1 << 18
# Escapes take more bits than blocks do: a block pays where they are so few.
_FEW_ESCAPES = 1 / 64
_MEASURED = 1 << 18
BLOCKS = (8, 4, 2)


def fresh_seed() -> int:
    """Returns a seed that nobody has used before.

    Items that are coded one by one with the same seed get the same random numbers each time. Each
    sample follows its target then, but all of them together do not follow theirs.
    """
    return secrets.randbelow(SEED_LIMIT)


def automatic_codec(
    target: TargetLike,
    proposal: ProposalLike,
    *,
    seed: int | None = None,
    hints: bool = True,
    max_steps: int | None = None,
    within: float | None = None,
    threads: int | None = None,
    escapes: bool = False,
) -> ADStar:
    """Returns an `ADStar` for some targets: with the block that pays, and hints where they help.

    The block is the largest of 8, 4, 2 and 1 with which a search of some of the array's blocks
    takes at most 2,500 steps on average (0.1 ms an element) and 40,000 at most. That is found out
    with random numbers of their own: the choice depends on the targets alone, so samples stay
    exact. Hints are the columns' mean KL divergences, where these differ by more than a bit within
    a block and there are rows enough.

    Args:
        target: The targets Q; any shape that broadcasts with the proposal's.
        proposal: The proposal P.
        seed: The codec's seed; None for a fresh one.
        hints: Whether there may be hints.
        max_steps: As for `ADStar`.
        within: As for `ADStar`, where a block of normals is chosen; ones with it are larger.
        threads: As for `ADStar`.
        escapes: Whether the array goes into a container (`compress`, `Writer`), where single
            elements that are too hard for a block are coded by themselves: they need not make all
            blocks smaller then. `Codec.encode` may refuse such an array.

    Raises:
        ParameterError: A pair of families that no codec takes; shapes that do not broadcast.

    Examples:
        >>> import numpy as np
        >>> import astar_rec as rec
        >>> means = np.random.default_rng(0).normal(size=(500, 8)) * np.sqrt(0.75)
        >>> rec.automatic_codec(rec.Normal(means, 0.5), rec.Normal(0.0, 1.0), seed=1)
        ADStar(seed=1, block=8)
    """
    own = fresh_seed() if seed is None else seed
    alone = ADStar(own, max_steps=max_steps, threads=threads)
    if within is not None:
        within = ADStar(own, 2, within=within).within  # checked, whatever the targets are
    if isinstance(target, CustomTarget) or isinstance(proposal, CustomProposal):
        return alone
    q, p = as_distribution(target), as_distribution(proposal)
    alone.pair(q, p)  # refuses what it cannot take
    if peaks_of(q, p) is not None and not has_built_in_ratio(q, p):
        return alone  # in lockstep, which has no blocks
    expected = column_hints(q, p) if hints else None
    doubt = within if type(q) is type(p) is Normal else None
    block = _block(q, p, expected, within=doubt, escapes=escapes and max_steps is None)
    if block == 1:
        return alone
    return ADStar(
        own, block, bits_hint=expected, max_steps=max_steps, within=doubt, threads=threads
    )


def column_hints(
    target: TargetLike, proposal: ProposalLike, block: int = BLOCKS[0]
) -> tuple[float, ...] | None:
    """Returns the columns' mean divergences; None where blocks are even, or the rows few.

    Args:
        target: The targets.
        proposal: The proposal.
        block: The block.
    """
    q, p = as_distribution(target), as_distribution(proposal)
    shape = broadcast_shape(target=q.shape, proposal=p.shape)
    size, columns = math.prod(shape), shape[-1] if shape else 1
    if size < _ROWS * max(1, columns) or columns > MOST_HINTS:
        return None
    total, length = np.zeros(columns), columns * max(1, _MEASURED // columns)
    for begin in range(0, size, length):
        element = np.arange(begin, min(size, begin + length))
        parts = (type(each)(*each._at(element, shape)) for each in (q, p))
        total += kl_bits(*parts).reshape(-1, columns).sum(axis=0)
    hints = (total * columns / max(1, size)).clip(0, MOST_HINT)
    starts = range(0, columns, max(1, block))
    uneven = max(float(np.ptp(hints[begin : begin + block])) for begin in starts)
    return tuple(hints.tolist()) if uneven > _ALIKE else None


def _block(
    target: Distribution,
    proposal: Distribution,
    bits_hint: Any,
    *,
    within: float | None,
    escapes: bool,
) -> int:
    """Returns the largest block of 8, 4, 2 and 1 that pays."""
    shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
    columns = shape[-1] if shape else 1
    if 0 in shape:
        return 1
    for block in BLOCKS:
        if block > columns:
            continue
        steps = trial_steps(
            block,
            target,
            proposal,
            bits_hint,
            within=within,
            hardest=not escapes,
            escapes=escapes,
        )
        if steps <= _STEPS:
            return block
    return 1


def trial_steps(
    block: int,
    target: Distribution,
    proposal: Distribution,
    bits_hint: Any = None,
    *,
    within: float | None = None,
    hardest: bool = True,
    escapes: bool = False,
) -> float:
    """Returns how many steps a search of the array's blocks takes, as far as a few of them show.

    They are searched with random numbers of their own: what follows from the steps depends on the
    targets alone. Blocks that look hardest are tried too, and count where they cannot be searched:
    so a single wide target among many thousands does not fail with a block that others would take.

    Args:
        block: The block: no more than there are columns.
        target: The targets.
        proposal: The proposal.
        bits_hint: As for `ADStar`.
        within: As for `ADStar`.
        hardest: Whether to look for the hardest blocks, which takes the longer the more there are.
        escapes: Whether elements that are too hard are coded by themselves, if they are few.

    Returns:
        The mean; infinite where more than one in 64 elements of a part would be coded by
        themselves, where one search takes more than 40,000, one of the hardest more than 262,144,
        or one cannot be made.
    """
    shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
    targets, proposals = _rows(target, shape), _rows(proposal, shape)

    def steps_of(rows: npt.NDArray[np.intp], place: int, most: int) -> float:
        columns = slice(place * block, (place + 1) * block)
        q, p = targets[rows, columns], proposals[rows, columns]
        hint = None if bits_hint is None else bits_hint[columns]
        codec = ADStar(_PILOT, block, bits_hint=hint, max_steps=most, within=within)
        if escapes and isinstance(q, CoreFamily) and isinstance(p, CoreFamily):
            unlimited = replace(codec, max_steps=None)
            own = broadcast_shape(target=q.shape, proposal=p.shape)
            q, count = without_escapes(unlimited, q, p, own)
            if count > _FEW_ESCAPES * math.prod(own):
                return math.inf
        try:
            encoded = codec.encode(q, p)
        except DivergenceError:
            return math.inf
        return math.inf if encoded.cut else float(encoded.steps.sum())

    per_row = shape[-1] // block
    rows = np.arange(math.prod(shape[:-1]))
    places = np.linspace(0, per_row - 1, min(per_row, 8)).astype(int)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _PILOT // len(places))).astype(int)]
    steps = 0.0
    for place in places:
        steps += steps_of(rows, place, _MOST_STEPS)
        if math.isinf(steps):
            return math.inf
    for row, place in _hardest(block, targets, proposals) if hardest else ():
        if math.isinf(steps_of(np.array([row]), place, _HARDEST_STEPS)):
            return math.inf
    return steps / (len(places) * len(rows))


def _hardest(block: int, targets: Distribution, proposals: Distribution) -> list[tuple[int, int]]:
    """Returns rows of the blocks that are hardest to search, and their places in these.

    Both have the same two axes. A search takes long where targets have tails beyond their
    proposal's, so that the log ratio is largest where there is nothing of the target; and where one
    element has all information.
    """
    rows, columns = targets.shape
    per_row = columns // block
    length = max(1, _MEASURED // (per_row * block))
    found: list[list[tuple[float, int]]] = [[], []]
    for begin in range(0, rows, length):
        part = (slice(begin, begin + length), slice(0, per_row * block))
        q, p = targets[part], proposals[part]
        blocks = (-1, block)
        measures = (
            _tail_ratio(q, p).reshape(blocks).sum(axis=-1),
            kl_bits(q, p).reshape(blocks).max(axis=-1),
        )
        for best, measure in zip(found, measures, strict=True):
            most = np.argsort(measure)[-_HARDEST:]
            here = zip(measure[most].tolist(), (begin * per_row + most).tolist(), strict=True)
            best[:] = sorted([*best, *here])[-_HARDEST:]
    numbers = {number for best in found for measure, number in best if measure > 0}
    return [divmod(number, per_row) for number in sorted(numbers)]


def _tail_ratio(target: Distribution, proposal: Distribution) -> Floats:
    """Returns by how much the log ratio at the proposal's ends exceeds 0, in nats; flat."""
    shape = target.shape
    element = np.arange(math.prod(shape))
    q, p = target._at(element, shape), proposal._at(element, shape)
    most = np.zeros(element.size)
    with np.errstate(all="ignore"):
        for end in (0, 2**64 - 1):
            x = proposal._samples(np.full(element.size, end, np.uint64), *p)
            ratio = target.log_density(x, *q) - proposal.log_density(x, *p)
            most = np.fmax(most, ratio)
    return most


def _rows(distribution: Distribution, shape: Shape) -> Distribution:
    """Returns the elements of a shape, where all axes but the last make up the rows.

    Once for all parts: parameters that have to be repeated for it are copied.
    """
    return distribution._spread(shape).reshape(-1, shape[-1])
