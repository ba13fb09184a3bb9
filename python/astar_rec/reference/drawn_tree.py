"""The part of a tree that both sides draw on the way to a winner."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from .boxes import BoxAddress
from .contests import Contest, Node, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .hypotheses import Floats
    from .random_bits import NodeRandom

# The ways on from a node: to end there, or to a child. The numbers of the children are their places
# in `DrawnTree.at`, too.
STOP, LEFT, RIGHT = 0, 1, 2


class DrawnTree:
    """A node of the path, its children and grandchildren; and some that were left behind.

    `at` is a heap: the children of at[i] are at[2 i + 1] and at[2 i + 2]. There are no
    grandchildren where the deepest level is near.
    """

    def __init__(self, contest: Contest, order: Sequence[int], random: NodeRandom) -> None:
        self.contest, self.order = contest, order
        self.rivals: deque[Node] = deque(maxlen=contest.most_rivals)
        root = draw(BoxAddress(random), 0, [1] * contest.dimensions, 0.0)
        contest.enter(root, None)
        self.at = [root]
        self._draw_children(3)

    def weigh(self) -> list[Floats]:
        """Return the weights of the three ways on."""
        out = [[self.contest.least_weight for _ in self.contest.hypotheses] for _ in range(3)]

        def add(way: int, weights: Floats) -> None:
            out[way] = [a + b for a, b in zip(out[way], weights, strict=True)]

        add(STOP, self.contest.weight(self.at[0]))
        for i in range(1, len(self.at)):
            way = LEFT if i in (1, 3, 4) else RIGHT
            add(way, self.contest.weight(self.at[i]))
            if i >= 3:
                add(way, self.contest.weight_below(self.at[i]))
        return out

    def descend(self, way: int) -> None:
        """Go on to a child, and draw what comes into view."""
        other = 3 - way
        left = [2 * other + 1, 2 * other + 2, other, 0]
        self.rivals.extend(self.at[i] for i in left if i < len(self.at))
        self.at = self.at[way : way + 1] + self.at[2 * way + 1 : 2 * way + 3]
        if self.at[0].depth + 2 <= len(self.order):
            self._draw_children(3)

    def _draw_children(self, parents: int) -> None:
        """Draw what children there are not yet of the first nodes."""
        for i in range(len(self.at), 2 * parents + 1):
            parent, side = self.at[(i - 1) // 2], (i - 1) % 2
            cells = list(parent.cells)
            j = self.order[parent.depth]
            cells[j] = 2 * cells[j] + side
            node = draw(parent.address.child(side), parent.depth + 1, cells, parent.arrival)
            self.contest.enter(node, parent)
            if self.contest.nodes_meet():
                for rival in self.rivals:
                    self.contest.meet(node, rival)
                for present in self.at:
                    self.contest.meet(node, present)
                    self.contest.meet(present, node)
            self.at.append(node)
