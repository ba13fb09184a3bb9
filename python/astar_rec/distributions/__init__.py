"""Targets and proposals: frozen, broadcasting parameter classes.

Parameters may be anything that NumPy makes an array of, of any memory order; they are held as
float64 and broadcast against each other like NumPy's operands. Float64 arrays are held without a
copy: don't change them while the distribution is in use.

Each class is at the same time a target (what a sender wants a sample of) and a proposal (what
sender and receiver share). Which pairs there are, `astar_rec.codecs` says.

| file | one idea |
|---|---|
| `distribution.py` | what all families share: parameters, shapes, indexing, comparison |
| `families.py` | the families that the core has |
| `registry.py` | all families, by name: a row each |
| `ratios.py` | where log ratios peak, by pairs, for families that the core does not have |
| `convert.py` | distributions of SciPy and PyTorch |
| `likes.py` | what is understood where a target or a proposal is asked for, as types |
"""

from .convert import as_distribution
from .distribution import Distribution, Parameter
from .families import Laplace, Logistic, Normal, Uniform
from .likes import ProposalLike, TargetLike
from .ratios import register_peaks
from .registry import families, family_named, register

__all__ = [
    "Distribution",
    "Laplace",
    "Logistic",
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
