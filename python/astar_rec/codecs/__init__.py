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
`OrderedRandomCoding` has samples of the same law and spends fewer bits, and
`PoissonPrivateRepresentation` is exact and has messages that are differentially private
(docs/candidates.md). Their blocks may have thousands of elements, and one number for an index.
`HybridCoding` is ordered random coding for targets of more information, of which it says a part by
dithered intervals: biased, too, but in a time that does not grow with that part.
And `GreedyPoissonRejection`, for normals: over the trees of A*, it takes the first arrival below a
graph instead of the largest value, in a number of steps that grows with KL and not with D∞.
`GreedyRejectionCoding`, for normals too, goes down the same trees along one path.

Without a search, `PolarCoding` codes whole arrays, and `LayeredDither` means with noise of which
the receiver knows the scale; `UniversalQuantization` is its sibling for uniform noise alone.

`ADStar` is the one to start with. `ASStar` takes fewer steps where the target is wider than the
proposal. `DADStar` is approximate: every index fits in ``depth + 1`` bits, and samples are biased,
the less the deeper. `GlobalAStar` is the yardstick, and right for a few bits in unusual ratios.
`MinimalRandomCoding` is approximate too, and takes 2 to the power of its bits in time.

Targets and proposals may be normal, Laplace or logistic against their own family, uniform targets
against any, normal against Laplace and the reverse, histograms against all of these and the
reverse, and custom (`CustomTarget`, `CustomProposal`).

With ``block=k``, k elements of the last axis are coded together, with one search and one index (an
array of 64-bit words, the lowest first: shape ``(..., blocks, k)``). The overhead over the
information is paid once a block and hardly grows with it: at 2 bits of information an index takes
3.74 bits an element alone, 2.67 in fours, 2.42 in eights. Steps grow with k, not with the
information: some 50 for four elements, 600 to 1,800 for eight. Elements of a block should carry
about the same information; where they do not, ``bits_hint`` (a number of bits for each column,
which the receiver needs too) says which are to be halved sooner.

With ``max_steps`` (for `GlobalAStar`, ``max_samples``) a search has a budget. One that finishes
within it gives exactly what it gives without. One that does not is cut: it ends with the best that
it has seen, and `Encoded.cut` counts it. The receiver need not know the budget. With ``within``,
a search of a block of normals ends when it is proven that another winner has a probability of no
more than that: blocks of wide targets take a thousandth of the steps.

Random numbers are addressed by (seed, element, node), where elements are numbered in C order over
the broadcast shape, from ``offset``. So the same arrays give the same indices in one call or in
pieces, on one thread or many, on any machine. They are not for cryptography.

A method is a subclass of `Codec` in one file, which says of itself what the rest must know: its
name, its number in containers, its limits, its units, its messages, its index code. `register`
makes it known; `methods` lists them all.

Reference: G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast Relative Entropy Coding with A*
coding", ICML 2022. M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal Random Code Learning:
Getting Bits Back from Compressed Model Parameters", ICLR 2019.
"""

from .a_star import ADStar, ASStar, DADStar, GlobalAStar
from .automatic import automatic_codec
from .candidates import block_for_bits
from .codec import Codec, Progress
from .dither import LayeredDither, UniversalQuantization
from .encoded import Encoded
from .greedy_poisson import GreedyPoissonRejection
from .greedy_rejection import GreedyRejectionCoding
from .hybrid import HybridCoding
from .messages import BYTES, INDICES, INTEGERS, Message, MessageKind
from .minimal_random import MinimalRandomCoding
from .ordered_random import OrderedRandomCoding
from .poisson_private import PoissonPrivateRepresentation
from .polar import PolarCoding
from .registry import method_named, method_numbered, methods, register

__all__ = [
    "BYTES",
    "INDICES",
    "INTEGERS",
    "ADStar",
    "ASStar",
    "Codec",
    "DADStar",
    "Encoded",
    "GlobalAStar",
    "GreedyPoissonRejection",
    "GreedyRejectionCoding",
    "HybridCoding",
    "LayeredDither",
    "Message",
    "MessageKind",
    "MinimalRandomCoding",
    "OrderedRandomCoding",
    "PoissonPrivateRepresentation",
    "PolarCoding",
    "Progress",
    "UniversalQuantization",
    "automatic_codec",
    "block_for_bits",
    "method_named",
    "method_numbered",
    "methods",
    "register",
]
