"""Greedy Poisson rejection sampling: the first arrival below a graph."""

from __future__ import annotations

from dataclasses import dataclass

from .greedy import GreedyCodec

__all__ = ["GreedyPoissonRejection"]


@dataclass(frozen=True, repr=False)
class GreedyPoissonRejection(GreedyCodec):
    """Greedy Poisson rejection sampling: the first arrival of a Poisson process below a graph.

    Exact, for normal targets and proposals. Nodes of a tree arrive in time, each with a sample of
    the proposal. The first is taken that comes before a time which is the longer, the denser the
    target is at its sample; where A* coding goes on until no node can be better, this ends at once.
    So it takes few steps where the information is little and the largest density ratio huge: the
    steps on average are below 2.26 KL + 10 where regions are split at the sample and the ratio has
    one mode, that is for targets narrower than the proposal, however narrow.

    Each step takes an integral of the sender, some microseconds; decoding is that of `ASStar`,
    `ADStar` or `GlobalAStar`, whose indices these are.

    Args:
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        split: ``"sample"``: regions are split at their own sample, as in `ASStar`. ``"half"``: they
            are halved in the proposal's CDF, as in `ADStar`; somewhat more steps, and an index is
            decoded in one. ``"never"``: the index is the number of the arrival, as in
            `GlobalAStar`, and steps are some 2^D∞; ratios of more than 2^32 are refused.
        threads: Number of threads; None for all processors.

    Reference: G. Flamich, "Greedy Poisson Rejection Sampling", NeurIPS 2023.

    Examples:
        >>> import astar_rec as rec
        >>> codec = rec.GreedyPoissonRejection(seed=7)
        >>> q, p = rec.Normal([0.5, -1.0], [0.25, 1e-6]), rec.Normal(0.0, 1.0)
        >>> r = codec.encode(q, p)
        >>> bool((codec.decode(r.index, p) == r.sample).all())
        True
    """

    name = "gprs"
    number = 16
    _called = "greedy Poisson rejection sampling"
