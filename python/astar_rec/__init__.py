"""astar_rec: relative entropy coding with A* coding.

A sender has a target distribution Q, sender and receiver share a proposal P and a seed. `compress`
(or a codec's `encode`) finds an exact sample of Q and names it in about KL[Q ‖ P] bits;
`decompress` (`decode`) turns them into the same sample, bit for bit, on any machine.

>>> import astar_rec as rec
>>> q, p = rec.Normal([0.3, -1.2], [0.1, 0.2]), rec.Normal(0.0, 1.0)
>>> data = rec.compress(q, p)
>>> sample = rec.decompress(data, p)

Reference: G. Flamich, S. Markou, J. M. Hernández-Lobato, "Fast Relative Entropy Coding with A*
coding", ICML 2022, https://arxiv.org/abs/2201.12857.
"""

from ._version import __version__
from .codecs import (
    ADStar,
    ASStar,
    Codec,
    DADStar,
    Encoded,
    GlobalAStar,
    GreedyPoissonRejection,
    GreedyRejectionCoding,
    HybridCoding,
    LayeredDither,
    MinimalRandomCoding,
    OrderedRandomCoding,
    PoissonPrivateRepresentation,
    PolarCoding,
    UniversalQuantization,
    automatic_codec,
    block_for_bits,
)
from .codes import (
    AdaptiveCode,
    DeltaCode,
    FixedCode,
    GammaCode,
    IndexCode,
    TreeCode,
    ZetaCode,
    shortest_code,
)
from .container import Inspection, Reader, Writer, compress, decompress, inspect
from .custom import CustomProposal, CustomTarget
from .distributions import (
    Categorical,
    Distribution,
    Histogram,
    Laplace,
    Logistic,
    Mixture,
    Normal,
    ProposalLike,
    TargetLike,
    Uniform,
    as_distribution,
)
from .errors import (
    ApproximationWarning,
    BoundError,
    CorruptDataError,
    DivergenceError,
    ParameterError,
    RecError,
)
from .functional import functional_information
from .information import kl_bits
from .isokl import isokl_normal
from .planner import Plan, PlanRow, plan

__all__ = [
    "ADStar",
    "ASStar",
    "AdaptiveCode",
    "ApproximationWarning",
    "BoundError",
    "Categorical",
    "Codec",
    "CorruptDataError",
    "CustomProposal",
    "CustomTarget",
    "DADStar",
    "DeltaCode",
    "Distribution",
    "DivergenceError",
    "Encoded",
    "FixedCode",
    "GammaCode",
    "GlobalAStar",
    "GreedyPoissonRejection",
    "GreedyRejectionCoding",
    "Histogram",
    "HybridCoding",
    "IndexCode",
    "Inspection",
    "Laplace",
    "LayeredDither",
    "Logistic",
    "MinimalRandomCoding",
    "Mixture",
    "Normal",
    "OrderedRandomCoding",
    "ParameterError",
    "Plan",
    "PlanRow",
    "PoissonPrivateRepresentation",
    "PolarCoding",
    "ProposalLike",
    "Reader",
    "RecError",
    "TargetLike",
    "TreeCode",
    "Uniform",
    "UniversalQuantization",
    "Writer",
    "ZetaCode",
    "__version__",
    "as_distribution",
    "automatic_codec",
    "block_for_bits",
    "compress",
    "decompress",
    "functional_information",
    "inspect",
    "isokl_normal",
    "kl_bits",
    "plan",
    "shortest_code",
]
