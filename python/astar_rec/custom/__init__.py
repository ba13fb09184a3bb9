"""Targets and proposals of the user's own, given as vectorised callables.

| file | one idea |
|---|---|
| `distributions.py` | the two public classes |
| `signed.py` | signed tails from functions of the user's |
| `resolution.py` | how finely functions of probabilities tell positions apart |
| `callables.py` | functions of the user's, or of a family's, with checked results |
| `foreign.py` | targets from other libraries' distributions |
| `pairs.py` | pairs of families that the core does not have, as custom targets and proposals |
| `tails.py` | what polar coding asks of a pair |
| `halving.py` | a pair as masses of cells, which are halved until halving tells no more |
| `divergence.py` | KL divergences by masses of cells |
| `lockstep.py` | the searches, which advance in lockstep |
| `reached.py` | what these refuse before any work: bounds, and targets that are cut off |
"""

from .distributions import CustomProposal, CustomTarget, as_proposal
from .divergence import divergence_bits
from .foreign import as_target
from .halving import Cells, halved_cells
from .tails import Tails, tails_at

__all__ = [
    "Cells",
    "CustomProposal",
    "CustomTarget",
    "Tails",
    "as_proposal",
    "as_target",
    "divergence_bits",
    "halved_cells",
    "tails_at",
]
