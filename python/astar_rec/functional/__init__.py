"""Functional information: what exact codes of single samples, or of blocks, take at least.

| file | one idea |
|---|---|
| `information.py` | the public function: cells, and how good they are |
| `entropy.py` | the functional information of pairs that have finitely many log ratios |
| `sums.py` | the law of a block's log ratio |
"""

from .information import functional_information

__all__ = ["functional_information"]
