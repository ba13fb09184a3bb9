"""The codecs: which sample of a target, as an index that needs the proposal alone.

============  =====================  ===================================  =======================
codec         regions are split      steps on average                     decoding an index
============  =====================  ===================================  =======================
GlobalAStar   not at all             2^D∞: for little information only    O(1)
ASStar        at the sample          O(D∞), proved if unimodal            O(depth)
ADStar        at the proposal's      O(D∞), observed                      O(1)
              median
DADStar       so, to a given depth   O(depth)                             O(1), fixed width
============  =====================  ===================================  =======================

Beside these, the codecs of the paper, there is `MinimalRandomCoding`, with which the field compares
itself: one of K samples, by its importance weight; K steps, O(1) decoding, fixed width.

`ADStar` is the one to start with. `ASStar` takes fewer steps where the target is wider than the
proposal. `DADStar` is approximate: every index fits in ``depth + 1`` bits, and samples are biased,
the less the deeper. `GlobalAStar` is the yardstick, and right for a few bits in unusual ratios.
`MinimalRandomCoding` is approximate too, and takes 2 to the power of its bits in time.

Targets and proposals may be normal, Laplace or logistic against their own family, uniform targets
against any, normal against Laplace and the reverse, and custom (`CustomTarget`, `CustomProposal`).

With ``block=k``, k elements of the last axis are coded together, with one search and one index (an
array of 64-bit words, the lowest first: shape ``(..., blocks, k)``). The overhead over the
information is paid once a block and hardly grows with it: at 2 bits of information an index takes
3.74 bits an element alone, 2.67 in fours, 2.42 in eights. Steps grow with k, not with the
information: some 50 for four elements, 600 to 1,800 for eight. Elements of a block should carry
about the same information; where they do not, ``bits_hint`` (a number of bits for each column,
which the receiver needs too) says which are to be halved sooner.

With ``max_steps`` (for `GlobalAStar`, ``max_samples``) a search has a budget. One that finishes
within it gives exactly what it gives without. One that does not is cut: it ends with the best that
it has seen, and `Encoded.cut` counts it. The receiver need not know the budget.

Random numbers are addressed by (seed, element, node), where elements are numbered in C order over
the broadcast shape, from ``offset``. So the same arrays give the same indices in one call or in
pieces, on one thread or many, on any machine. They are not for cryptography.

Reference: G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast Relative Entropy Coding with A*
coding", ICML 2022. M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal Random Code Learning:
Getting Bits Back from Compressed Model Parameters", ICLR 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import _core
from ._validate import (
    ELEMENT_LIMIT,
    Floats,
    Shape,
    broadcast_shape,
    checked_size,
    index_array,
    integer,
    output_array,
    seed_of,
    shape_of,
    threads_of,
    unravel,
)
from .blocks import MAX_BLOCK, Blocks, decode_blocks, encode_blocks
from .custom import CustomProposal, CustomTarget, as_proposal, decode_custom, encode_custom
from .distributions import as_distribution
from .encoded import Encoded, output_arrays
from .errors import DivergenceError, ParameterError

__all__ = [
    "ADStar",
    "ASStar",
    "Codec",
    "DADStar",
    "Encoded",
    "GlobalAStar",
    "MinimalRandomCoding",
]

Progress = Callable[[int, int], None]

# Elements between two calls of a progress callback.
_PIECE = 1 << 18


class Codec:
    """What all codecs share.

    Attributes:
        seed: The seed, which sender and receiver share.
        threads: How many threads to use; None for all processors. Calls of less than 0.1 ms use
            one. Results do not depend on it.
        max_steps: The most steps of a search; None for no budget (`GlobalAStar`: ``max_samples``).
    """

    _variant: _core.Variant

    def __init__(
        self,
        seed: int = 0,
        *,
        threads: int | None = None,
        limit: int = 0,
        block: int = 1,
        bits_hint: object = None,
        max_steps: int | None = None,
    ) -> None:
        self.seed = seed_of(seed)
        self.threads = threads
        threads_of(threads, 1)
        self.blocks = Blocks(block, bits_hint)
        self.max_steps: int | None = None
        if max_steps is not None:
            self.max_steps = integer("max_steps", max_steps, 1, 2**64 - 1)
        self._limit = limit

    @property
    def _method(self) -> _core.Method:
        return _core.Method(self._variant, self._limit, self.max_steps or 0)

    @property
    def _budget_repr(self) -> str:
        return "" if self.max_steps is None else f", max_steps={self.max_steps}"

    @property
    def block(self) -> int:
        """How many elements of the last axis are coded together."""
        return self.blocks.block

    def encode(
        self,
        target: Any,
        proposal: Any,
        *,
        offset: int = 0,
        out: Encoded | None = None,
        progress: Progress | None = None,
    ) -> Encoded:
        """Finds a sample of the target for every element, and its index.

        Args:
            target: The distribution Q to be sampled. Any shape that broadcasts with the proposal's.
            proposal: The distribution P that the receiver has too.
            offset: The number of the first element, where the arrays are a part of larger ones.
            out: What an earlier call returned for as many: its arrays are filled anew, which spares
                a loop fresh memory. They must be writable and C-contiguous, of the shapes and
                dtypes of those that would be returned, and not the parameters of a distribution.
                After an error they hold anything. None for new ones.
            progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

        Returns:
            Indices, samples and steps, each of the broadcast shape; with blocks, there are indices
            (of ``block`` words) and steps for each block. And how many searches were cut. With
            ``out``, a new `Encoded` of its arrays.

        Raises:
            ParameterError: Shapes that do not broadcast; a pair of families without a built-in
                ratio; arrays of ``out`` that do not fit.
            DivergenceError: An element with more information than an index holds; a target of
                which more than 2^-10 lies beyond the proposal's outermost 64-bit positions; one
                that has no density at any of the samples within the codec's limit or budget.
            BoundError: A custom ratio above its own bound.

        Examples:
            >>> import astar_rec as rec
            >>> codec = rec.ADStar(seed=1)
            >>> q, p = rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0)
            >>> index, sample, steps = codec.encode(q, p)
            >>> bool((codec.decode(index, p) == sample).all())
            True

            Into the same arrays again and again:

            >>> places = codec.encode(q, p)
            >>> for step in range(3):
            ...     r = codec.encode(rec.Normal([0.5, -1.0], 0.5**step), p, out=places)
            >>> r.sample is places.sample
            True
        """
        offset = integer("offset", offset, 0, ELEMENT_LIMIT)
        q, p = self._pair(target, proposal)
        shape = broadcast_shape(target=q.shape, proposal=p.shape)
        size = checked_size(shape, offset)
        arrays = output_arrays(out, *self.blocks.shapes(shape))
        method, threads = self._method, threads_of(self.threads, size)
        cut = 0
        try:
            if isinstance(q, CustomTarget):
                cut = encode_custom(method, self.seed, offset, q, p, arrays, progress)
            elif self.block > 1:
                cut = encode_blocks(method, self.seed, offset, threads, self.blocks, q, p, arrays)
                if progress is not None:
                    progress(size, size)
            else:
                for begin, end in _pieces(size, progress):
                    cut += _core.encode(
                        method,
                        self.seed,
                        offset,
                        threads,
                        q._family,
                        q._first,
                        q._second,
                        p._family,
                        p._first,
                        p._second,
                        begin,
                        end,
                        *arrays,
                    )
        except _core.CoreDivergenceError as error:
            reason, element, bits, limit = error.args
            raise DivergenceError(unravel(element, shape), bits, limit, reason) from None
        return Encoded(*arrays, cut)

    def _pair(self, target: Any, proposal: Any) -> tuple[Any, Any]:
        """Returns a target and a proposal that this codec can encode."""
        if isinstance(target, CustomTarget):
            if self.block > 1:
                raise ParameterError("target", target, "a built-in distribution, with blocks")
            return target, as_proposal(proposal)
        if isinstance(proposal, CustomProposal):
            raise ParameterError("target", target, "a CustomTarget, to go with a CustomProposal")
        q, p = as_distribution(target), as_distribution(proposal)
        if not _core.has_built_in_ratio(q._family, p._family):
            raise ParameterError(
                "target",
                f"{type(q).__name__} against {type(p).__name__}",
                "a pair with a built-in log ratio (see astar_rec.codecs), or a CustomTarget",
            )
        return q, p

    def decode(
        self,
        index: Any,
        proposal: Any,
        *,
        shape: Shape | None = None,
        offset: int = 0,
        out: Floats | None = None,
    ) -> Floats:
        """Returns the samples that indices stand for, bit-identical to the encoder's.

        Args:
            index: Indices, an array of uint64 (or Python integers), of any shape.
            proposal: The proposal P of the encoder, of a shape that broadcasts to the indices'.
            shape: The samples' shape. Needed only with blocks, and only where the last block of a
                row is short and neither the proposal nor ``bits_hint`` has the last axis.
            offset: As for `encode`.
            out: Where to put the samples: a writable, C-contiguous float64 array of the samples'
                shape. None for a new one.

        Returns:
            The samples, float64, of the indices' shape.

        Raises:
            ParameterError: Indices of another dtype, an index of 0 or beyond what the codec can
                produce, a proposal that does not broadcast to the indices' shape.
        """
        offset = integer("offset", offset, 0, ELEMENT_LIMIT)
        codes = index_array("index", index)
        proposal = as_proposal(proposal)
        if self.block > 1 and isinstance(proposal, CustomProposal):
            raise ParameterError("proposal", proposal, "a built-in distribution, with blocks")
        if self.block > 1:
            given = None if shape is None else shape_of("shape", shape)
            shape = self.blocks.samples_shape(codes.shape, proposal.shape, given)
        elif shape is None or shape_of("shape", shape) == codes.shape:
            shape = codes.shape
        else:
            raise ParameterError("shape", shape, f"the indices' {codes.shape}, without blocks")
        size = checked_size(shape, offset)
        if broadcast_shape(proposal=proposal.shape, samples=shape) != shape:
            raise ParameterError(
                "shape of proposal", proposal.shape, f"one that broadcasts to the samples' {shape}"
            )
        samples = np.empty(shape) if out is None else output_array("out", out, np.float64, shape)
        threads = threads_of(self.threads, size)
        try:
            if isinstance(proposal, CustomProposal):
                decode_custom(self._method, self.seed, offset, codes, proposal, samples)
            elif self.block > 1:
                decode_blocks(
                    self._method, self.seed, offset, threads, self.blocks, codes, proposal, samples
                )
            elif size:
                _core.decode(
                    self._method,
                    self.seed,
                    offset,
                    threads,
                    codes,
                    proposal._family,
                    proposal._first,
                    proposal._second,
                    samples,
                )
        except _core.CoreIndexError as error:
            reason, number = error.args
            if self.block > 1:
                block = unravel(number, self.blocks.steps_shape(shape))
                expected = f"the index of a block ({reason})"
                raise ParameterError("index", codes[block].tolist(), expected, block) from None
            position = unravel(number, shape)
            raise ParameterError(
                "index",
                int(codes[position]),
                f"an integer from 1 to {self._method.largest_index}",
                position,
            ) from None
        return samples


class GlobalAStar(Codec):
    """Global-bound A* coding, equivalent to the Poisson functional representation.

    The index is the number of the winning sample. The search draws samples one after the other
    until none that follows can win: 2^D∞ of them on average, so it refuses ratios of more than
    2^32.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        max_samples: Give up after so many samples and take the best: approximate where the search
            would have gone on (see `Encoded.cut`), for any ratio.
        block: Elements of the last axis that are coded together, 1 to 16.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022; C. T. Li, A. El Gamal, "Strong functional representation lemma
    and applications to coding theorems", IEEE Trans. Inf. Theory 64, 2018.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.GlobalAStar(seed=7)
        >>> int(codec.encode(rec.Normal(0.0, 1.0), rec.Normal(0.0, 1.0)).index)
        1
    """

    _variant = _core.Variant.global_bound

    def __init__(
        self,
        seed: int = 0,
        max_samples: int | None = None,
        *,
        block: int = 1,
        threads: int | None = None,
    ) -> None:
        limit = 0
        if max_samples is not None:
            limit = integer("max_samples", max_samples, 1, 2**64 - 1)
        super().__init__(seed, threads=threads, limit=limit, block=block)
        self.max_samples = max_samples

    def __repr__(self) -> str:
        return f"GlobalAStar(seed={self.seed}, max_samples={self.max_samples})"


class ASStar(Codec):
    """AS* coding: regions are split at their own sample.

    Exact. Where the density ratio is unimodal only one side of a split can win, and the search is
    one path of O(D∞) steps; where it is not, the heap takes care of it. The index is that of the
    largest dyadic cell that holds the winner and none of the samples met on the way to it, which is
    shorter than the path itself: see docs/as_star_index.md.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        max_steps: End a search after so many steps with the best so far: see `Encoded.cut`.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, AS* coding.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.ASStar(seed=7)
        >>> q, p = rec.Laplace(1.0, 0.1), rec.Laplace(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool(codec.decode(r.index, p) == r.sample)
        True
    """

    _variant = _core.Variant.as_star

    def __init__(
        self, seed: int = 0, *, max_steps: int | None = None, threads: int | None = None
    ) -> None:
        super().__init__(seed, threads=threads, max_steps=max_steps)

    def __repr__(self) -> str:
        return f"ASStar(seed={self.seed}{self._budget_repr})"


class ADStar(Codec):
    """AD* coding: regions are halved in the proposal's CDF.

    Exact. The index is the node's number in the binary tree (root 1, children 2H and 2H + 1): its
    depth, and as many bits of path. Decoding one takes one random number and one quantile.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 16.
        bits_hint: With blocks: expected bits for each column of the last axis, which the receiver
            needs too; None where all are alike.
        max_steps: End a search after so many steps with the best so far: see `Encoded.cut`.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, AD* coding.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.ADStar(seed=7)
        >>> q, p = rec.Normal(2.0, 0.1), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool(codec.decode(r.index, p) == r.sample)
        True

        With a budget, of which the receiver need not know:

        >>> hasty = rec.ADStar(seed=7, max_steps=3)
        >>> r = hasty.encode(q, p)
        >>> r.cut, int(r.steps), bool(codec.decode(r.index, p) == r.sample)
        (1, 3, True)
    """

    _variant = _core.Variant.ad_star

    def __init__(
        self,
        seed: int = 0,
        block: int = 1,
        *,
        bits_hint: object = None,
        max_steps: int | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            seed, threads=threads, block=block, bits_hint=bits_hint, max_steps=max_steps
        )

    def __repr__(self) -> str:
        return f"ADStar(seed={self.seed}, block={self.block}{self._budget_repr})"


class DADStar(Codec):
    """DAD* coding: AD* with a limit on the depth. Approximate, with indices of fixed width.

    Nodes deeper than ``depth`` are never made, so an index fits in ``depth + 1`` bits and no length
    need be sent. The sample is the best of what is left: biased towards the proposal, the less the
    deeper (a few bits beyond the KL divergence suffice).

    Args:
        depth: The largest depth, 0 to 63 for each element of a block. With 0 the sample is the
            proposal's.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 16.
        bits_hint: As for `ADStar`.
        max_steps: As for `ADStar`. What the depth leaves out does not count as cut.
        threads: Number of threads; None for all processors.

    Reference: Flamich et al. 2022, DAD* coding.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.DADStar(depth=7, seed=7)
        >>> r = codec.encode(rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0))
        >>> bool((r.index < 2**8).all())
        True
    """

    _variant = _core.Variant.dad_star

    def __init__(
        self,
        depth: int,
        seed: int = 0,
        *,
        block: int = 1,
        bits_hint: object = None,
        max_steps: int | None = None,
        threads: int | None = None,
    ) -> None:
        most = 63 * integer("block", block, 1, MAX_BLOCK)
        self.depth = integer("depth", depth, 0, most)
        super().__init__(
            seed,
            threads=threads,
            limit=self.depth,
            block=block,
            bits_hint=bits_hint,
            max_steps=max_steps,
        )

    def __repr__(self) -> str:
        return (
            f"DADStar(depth={self.depth}, seed={self.seed}, block={self.block}{self._budget_repr})"
        )


class MinimalRandomCoding(Codec):
    """Minimal random coding: one of K samples of the proposal, by its importance weight.

    Approximate. Candidate i of K is chosen with a probability proportional to dQ/dP at its sample.
    Indices run from 1 to K, so they need log2 K bits and no length; of whole bits w, K = 2^w - 1
    makes the most (``FixedCode(w)``; 0 is no index). The bias falls with K, which must exceed 2 to
    the KL divergence in bits. Bits are paid for in time: each candidate is a step, where `DADStar`
    with indices as long takes some ``w`` of them.

    The candidates are the samples of `GlobalAStar` of that seed, and ``GlobalAStar(max_samples=K)``
    chooses among the same. But it has a criterion by which a sample is known to be exact, and knows
    which of its choices did not meet it. Here there is none: every choice is approximate, all
    `Encoded.steps` are K, and `Encoded.cut` is 0, as nothing is ended before its end.

    Custom targets and proposals are evaluated for many candidates in each call.

    Args:
        candidates: K, from 1 to 2^32. With 1 the sample is the proposal's.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        block: Elements of the last axis that are coded together, 1 to 16: candidates are samples of
            all of them.
        threads: Number of threads; None for all processors.

    Reference: M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal Random Code Learning: Getting
    Bits Back from Compressed Model Parameters", ICLR 2019, algorithm 1.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.MinimalRandomCoding(2**7 - 1, seed=7)
        >>> q, p = rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all()), r.steps.tolist(), r.cut
        (True, [127, 127], 0)
        >>> rec.FixedCode(7).bits(r.index)
        14
    """

    _variant = _core.Variant.minimal_random

    def __init__(
        self, candidates: int, seed: int = 0, *, block: int = 1, threads: int | None = None
    ) -> None:
        self.candidates = integer("candidates", candidates, 1, 2**32)
        super().__init__(seed, threads=threads, limit=self.candidates, block=block)

    def __repr__(self) -> str:
        return (
            f"MinimalRandomCoding(candidates={self.candidates}, seed={self.seed}, "
            f"block={self.block})"
        )


def _pieces(size: int, progress: Progress | None) -> Iterator[tuple[int, int]]:
    """Yields where pieces begin and end: all at once, or piece by piece where someone watches."""
    length = size if progress is None else _PIECE
    for begin in range(0, size, max(1, length)):
        end = min(size, begin + length)
        yield begin, end
        if progress is not None:
            progress(end, size)
