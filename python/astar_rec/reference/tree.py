"""The tree code: AD*'s indices, predicted from the tree that both sides draw.

An index of AD* names the node of a tree that won. The receiver can draw the tree: every node's
arrival and sample. Given these, most nodes can hardly win. So a path is said in decisions, at every
node "does it stop here?" and then "does it go right?", each with the probability that a model gives
it for what the tree looks like.

>>> from astar_rec.reference import ADStar, Normal, encode
>>> proposal = Normal(0.0, 1.0)
>>> targets = [Normal(mean, 0.25) for mean in (0.4, -1.2, 0.1, 0.9, -0.3)]
>>> sent = [encode(ADStar(), q, proposal, seed=7, element=i).index for i, q in enumerate(targets)]
>>> data = pack(sent, seed=7, start=16)
>>> data.hex(), unpack(data, 5, seed=7, start=16) == sent
('5f1e', True)

In three parts: contests say how likely a drawn node is to win, under each of 16 hypotheses about
the information (`LineContest` for one element, `BoxContest` for blocks); `DrawnTree` keeps the part
of the tree around a path; `TreeModel` makes probabilities of the nodes' weights, and learns.
docs/tree_code.md derives the formulas.

What is coded is exact, whatever the probabilities are. But both sides must compute the same: floats
with +, -, *, / and square roots alone, in the order written here, and `portable_log` and
`portable_exp`. (`sum` is not used for floats: from Python 3.12 on it is more accurate than that.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import sequence
from .box_contest import BoxContest
from .boxes import halving_order
from .drawn_tree import STOP, DrawnTree
from .line_contest import LineContest
from .random_bits import NodeRandom
from .tree_model import TreeModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sequence import Coder


@dataclass(frozen=True)
class Array:
    """Whose indices are coded: both sides know it.

    Attributes:
        seed: That of the codec.
        offset: The number of the array's first element.
        block: Elements of an index.
        hints: The codec's, one for each column of the array. Single elements have one column.
        begin: The number in the array of the first index that is coded.
        start: See `astar_rec.reference.start_of`.
        contexts: A number for every index that is coded; or none.
    """

    seed: int
    offset: int
    block: int
    hints: Sequence[float]
    begin: int
    start: int
    contexts: Sequence[int] | None


class TreePaths:
    """Paths to winners, through the trees of the indices that are coded."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.model = TreeModel(array.start)

    def code_path(self, i: int, coder: Coder) -> None:
        """Code the i-th index."""
        array = self.array
        columns = len(array.hints)
        row, place = divmod(array.begin + i, -(-columns // array.block))
        first = place * array.block
        order = halving_order(array.hints[first : first + array.block])
        dimensions = min(array.block, columns - first)
        random = NodeRandom(array.seed, array.offset + row * columns + first)
        hypotheses = self.model.begin(None if array.contexts is None else array.contexts[i])
        contest = (LineContest if dimensions == 1 else BoxContest)(hypotheses, dimensions)
        tree = DrawnTree(contest, order, random)
        for depth in range(len(order)):  # at the deepest level it is clear that it stops
            way = self.model.decide(coder, tree, depth)
            if way == STOP:
                break
            tree.descend(way)
        self.model.end()


def pack(
    indices: Sequence[int],
    seed: int,
    offset: int = 0,
    block: int = 1,
    hints: Sequence[float] = (0.0,),
    begin: int = 0,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> bytes:
    """Return the bytes of indices that follow each other in an array.

    Args:
        indices: Of AD*, no deeper than it goes; of blocks, as integers of any length.
        seed: See `Array`, also for what follows.
        offset: The number of the array's first element.
        block: Elements of an index.
        hints: One for each column of the array.
        begin: The number in the array of the first index.
        start: Expected bits an element, in eighths; 0 if unknown.
        contexts: A number for every index, which the receiver also has; or none.
    """
    array = Array(seed, offset, block, hints, begin, start, contexts)
    return sequence.pack(indices, TreePaths(array))


def unpack(
    data: bytes,
    count: int,
    seed: int,
    offset: int = 0,
    block: int = 1,
    hints: Sequence[float] = (0.0,),
    begin: int = 0,
    start: int = 0,
    contexts: Sequence[int] | None = None,
) -> list[int]:
    """Return what was packed; ValueError for bytes that `pack` did not write."""
    array = Array(seed, offset, block, hints, begin, start, contexts)
    return sequence.unpack(data, count, TreePaths(array))
