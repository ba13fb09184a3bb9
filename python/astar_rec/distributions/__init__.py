"""Targets and proposals: frozen, broadcasting parameter classes.

Parameters may be anything that NumPy makes an array of, of any memory order; they are held as
float64 and broadcast against each other like NumPy's operands. Float64 arrays are held without a
copy: don't change them while the distribution is in use.

Each class is at the same time a target (what a sender wants a sample of) and a proposal (what
sender and receiver share). Which pairs there are, `astar_rec.codecs` says.

| file | one idea |
|---|---|
| `distribution.py` | what all families share: parameters, shapes, indexing, comparison |
| `parameter.py` | a parameter: what it may be, and how many numbers of it an element has |
| `families.py` | the families that the core has |
| `histogram.py`, `mixture.py`, `categorical.py` | families by NumPy, a file each |
| `partition.py` | positions cut in proportion to masses, to the bit |
| `normal_tail.py` | the normal's tail, the same bits everywhere |
| `mixture_quantile.py` | tails and quantile of mixtures, the same bits everywhere |
| `rows.py` | sorted rows of numbers, one for each element or for all |
| `registry.py` | all families, by name: a row each |
| `ratios.py` | where log ratios peak, by pairs, for families that the core does not have |
| `tails.py` | signed tails, and pairs of which they are told by position |
| `convert.py` | distributions of SciPy and PyTorch |
| `stored.py` | distributions whose parameters are read piece by piece |
| `likes.py` | what is understood where a target or a proposal is asked for, as types |
"""

from .categorical import Categorical
from .convert import as_distribution
from .distribution import Distribution
from .families import Laplace, Logistic, Normal, Uniform
from .histogram import Histogram
from .likes import ProposalLike, TargetLike
from .mixture import Mixture
from .parameter import Parameter
from .ratios import register_peaks
from .registry import families, family_named, register

__all__ = [
    "Categorical",
    "Distribution",
    "Histogram",
    "Laplace",
    "Logistic",
    "Mixture",
    "Normal",
    "Parameter",
    "ProposalLike",
    "TargetLike",
    "Uniform",
    "as_distribution",
    "families",
    "family_named",
    "register",
    "register_peaks",
]
