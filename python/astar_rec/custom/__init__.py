"""Targets and proposals of the user's own, given as vectorised callables.

| file | one idea |
|---|---|
| `distributions.py` | the two public classes |
| `signed.py` | a distribution at a point in one number, precise in both tails |
| `callables.py` | functions of the user's, or of a family's, with checked results |
| `foreign.py` | targets from other libraries' distributions |
| `pairs.py` | pairs of families that the core does not have, as custom targets and proposals |
| `lockstep.py` | the searches, which advance in lockstep |
"""

from .distributions import CustomProposal, CustomTarget, as_proposal
from .foreign import as_target

__all__ = ["CustomProposal", "CustomTarget", "as_proposal", "as_target"]
