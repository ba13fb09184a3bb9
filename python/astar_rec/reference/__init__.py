"""A* coding in plain Python, from random bits to code bits: the executable specification.

The compiled core must give the same indices, samples and numbers of steps as this package, bit for
bit. It is written to be read, in the order below, and codes one element at a time, a thousand times
slower than the core.

**The problem.** A sender knows a *target* distribution Q, a receiver only the *proposal* P; both
know a seed. The sender names an integer, the *index*, from which the receiver makes a sample whose
law is Q, exactly. That takes little more than KL[Q || P].

**The idea.** The seed determines an infinite tree of samples of P, each with a random number of
its own, a Gumbel. Of all nodes, the one with the largest *Gumbel + log dQ/dP at its sample* has a
sample distributed as Q. The sender finds it by A* search and sends its index; the receiver makes
that one node, for which it needs neither Q nor the Gumbels.

**The variants** differ only in how a node's region is split among its children: see `Partition`.
Minimal random coding, which the field compares itself with, searches nothing: see
`MinimalRandomCoding`. Methods that choose as it does are beside it. Greedy Poisson
rejection sampling searches the trees of A* for the first node that is good enough: see
`GreedyPoissonRejection`. Greedy rejection coding goes down one path of them: see
`GreedyRejectionCoding`.

====================  ===========================================================================
file                  one idea
====================  ===========================================================================
`random_bits`         random numbers by address: (seed, element, node)
`positions`           64-bit positions in the proposal's CDF; dyadic cells
`functions`           logarithm, exponential and normal quantile, the same bits everywhere
`gumbels`             truncated Gumbels as arrival times
`families`            normal, Laplace, logistic, uniform: position to sample
`cells`               positions in proportion to masses: histograms and categories
`mixture`             mixtures of normals: tails, and position to sample
`ratios`              log density ratios and their suprema
`methods`             what sender and receiver agree on
`a_star`              the one A* search
`partitions`          how regions split: global, AS*, AD*, DAD*
`excess`              a target's mass above a multiple of the proposal's density,
`stretch`             the graph made from it,
`greedy_poisson`      and the first arrival below that;
`greedy_rejection`    samples that are each given as much of the target as they can take
`elements`            an element encoded and decoded
`boxes`, `blocks`     several elements as one,
`doubts`              and what a search of them may have missed
`candidates`          one of numbered samples, chosen without a tree:
`minimal_random`      of K by its weight,
`ordered_random`      so with low numbers the likelier,
`poisson_private`     and exactly, by a message that is differentially private;
`hybrid`              or of samples that are brought to where the target is
`words`               codes of single indices
`range_coder`         decisions and raw bits as one number
`sequence`            arrays of indices as decisions of a model that learns
`depths`, `adaptive`  the adaptive code: depths learnt, paths in raw bits
`hypotheses`          the tree code: how much information an element may carry,
`normal_tables`       two functions of the normal,
`contests`            nodes that both sides draw,
`line_contest`        which of them wins, for one element
`winner_table`        and for blocks, by a table
`box_contest`         that is looked up,
`drawn_tree`          the part of the tree around a path,
`tree_model`          probabilities of the ways on, learnt,
`tree`                and paths said with these
`polar_transform`     polar blocks, many elements at once: bits through the polar transform,
`polar_knowledge`     what the sender knows of the next ones, from tails at edges of cells,
`polar_rest`          all bits behind those that have levels, in one draw,
`polar`               and blocks of levels of them
`dithered`            rounding on lattices that both sides draw: an exact error law without a search
====================  ===========================================================================

>>> target, proposal = Normal(1.5, 0.1), Normal(0.0, 1.0)
>>> sent = encode(ADStar(), target, proposal, seed=7, element=0)
>>> sent
Encoded(index=123, sample=1.4762179413085126, steps=8, cut=False)
>>> code_gamma(sent.index)
'0000001111011'
>>> decode(ADStar(), sent.index, proposal, seed=7, element=0) == sent.sample
True

What the receiver computes uses integers and IEEE double +, -, *, / alone, in the order written
here, and so is the same on every machine. (A float of Python's is an IEEE double, `float` rounds an
integer to the nearest, ties to even, and `math.ldexp` multiplies by a power of two, exactly here.)
Log ratios, Gumbels and bounds are in nats, lengths of codes in bits.

Not here: the checks that refuse invalid parameters and indices, targets that no 64-bit index can
serve, and searches with more than 2^22 nodes waiting. They never change a result.

The files name the papers that they come from. The codes are those of G. Flamich, S. Markou, J. M.
Hernández-Lobato, "Fast relative entropy coding with A* coding", ICML 2022.
"""

from __future__ import annotations

from . import adaptive, tree
from .a_star import search
from .blocks import EncodedBlock, decode_block, encode_block
from .boxes import BoxAddress, halving_order
from .candidates import choose_block, decode_number
from .depths import depth_prior, start_of
from .elements import Encoded, decode, encode
from .excess import normal_excess, normal_excess_between
from .families import Distribution, Laplace, LocationScale, Logistic, Normal, Uniform
from .functions import (
    log_one_plus,
    negative_log_fraction,
    normal_quantile,
    portable_exp,
    portable_log,
)
from .greedy_poisson import GreedyPoissonRejection
from .greedy_rejection import GreedyRejectionCoding
from .gumbels import exponential, gumbel_of, next_arrival, truncated_gumbel
from .hybrid import HybridCoding
from .methods import Found, Method, TooMuchInformationError
from .minimal_random import MinimalRandomCoding
from .ordered_random import OrderedRandomCoding
from .partitions import (
    ADStar,
    ASStar,
    AtSample,
    DADStar,
    Dyadic,
    GlobalAStar,
    Partition,
    WholeSpace,
)
from .poisson_private import PoissonPrivateRepresentation
from .positions import cell_depth, cell_first, cell_last, mass_of, position_within, tail_of
from .random_bits import Address, NodeBits, NodeRandom, philox4x32
from .ratios import LogRatio, log_ratio
from .stretch import Stretch
from .words import (
    code_delta,
    code_fixed,
    code_gamma,
    code_zeta,
    read_delta,
    read_fixed,
    read_gamma,
    read_zeta,
)

__all__ = [
    "ADStar",
    "ASStar",
    "Address",
    "AtSample",
    "BoxAddress",
    "DADStar",
    "Distribution",
    "Dyadic",
    "Encoded",
    "EncodedBlock",
    "Found",
    "GlobalAStar",
    "GreedyPoissonRejection",
    "GreedyRejectionCoding",
    "HybridCoding",
    "Laplace",
    "LocationScale",
    "LogRatio",
    "Logistic",
    "Method",
    "MinimalRandomCoding",
    "NodeBits",
    "NodeRandom",
    "Normal",
    "OrderedRandomCoding",
    "Partition",
    "PoissonPrivateRepresentation",
    "Stretch",
    "TooMuchInformationError",
    "Uniform",
    "WholeSpace",
    "adaptive",
    "cell_depth",
    "cell_first",
    "cell_last",
    "choose_block",
    "code_delta",
    "code_fixed",
    "code_gamma",
    "code_zeta",
    "decode",
    "decode_block",
    "decode_number",
    "depth_prior",
    "encode",
    "encode_block",
    "exponential",
    "gumbel_of",
    "halving_order",
    "log_one_plus",
    "log_ratio",
    "mass_of",
    "negative_log_fraction",
    "next_arrival",
    "normal_excess",
    "normal_excess_between",
    "normal_quantile",
    "philox4x32",
    "portable_exp",
    "portable_log",
    "position_within",
    "read_delta",
    "read_fixed",
    "read_gamma",
    "read_zeta",
    "search",
    "start_of",
    "tail_of",
    "tree",
    "truncated_gumbel",
]
