"""One line of elements to a string and back: an item, or a whole batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..codecs.escapes import any_escapes
from ..container import compress, decompress
from ..errors import CorruptDataError
from .methods import CONTAINED, GIVEN, choose, codec_of
from .strings import Item, String, seed_of_item

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..codecs import Codec
    from ..codes import IndexCode
    from ..distributions import Distribution
    from .grid import GridPrior, PriorGrid
    from .items import Lines

    Floats = npt.NDArray[np.float64]

__all__ = ["Coder"]


@dataclass(frozen=True)
class Coder:
    """What sender and receiver have in common of all strings.

    Attributes:
        seed: The module's seed.
        grid: The grid of priors.
        codec: The codec that both sides were given; None for one that each string says.
        code: The code that goes with it.
        threads: How many threads a codec takes that nobody gave.
    """

    seed: int
    grid: PriorGrid
    codec: Codec | None
    code: IndexCode | None
    threads: int | None

    def encode(
        self, target: Distribution, prior: GridPrior, lines: Lines, number: int
    ) -> tuple[bytes, Floats]:
        """Returns a line's string and its samples.

        Args:
            target: The line's posteriors.
            prior: Their priors.
            lines: What the line is one of.
            number: The number of its first item.

        Raises:
            DivergenceError: See `Codec.encode`.
        """
        item, proposal = self._item(prior, lines, number), self._proposal(prior)
        method = choose(target, proposal) if self.codec is None else GIVEN
        codec, code = self._codec(method, item)
        if any_escapes(codec, target, proposal):
            method = CONTAINED
            message, sample = compress(
                target, proposal, codec=codec, code=code, fingerprint=False, return_sample=True
            )
        else:
            message, sample = compress(
                target, proposal, codec=codec, code=code, header=False, return_sample=True
            )
        items = lines.shape[0] if lines.together else None
        return String(method, item.check(method, message), items, message).to_bytes(), sample

    def decode(self, string: String, prior: GridPrior, lines: Lines, number: int) -> Floats:
        """Returns the samples of a line's string.

        Raises:
            CorruptDataError: What the sender did not write, or not for what this side has.
        """
        item = self._item(prior, lines, number)
        if item.check(string.method, string.message) != string.check:
            what = "another prior, seed, number or shape than the sender's, or damaged"
            raise CorruptDataError(f"string of item {number}: {what}")
        proposal = self._proposal(prior)
        if string.method == CONTAINED:
            sample = decompress(string.message, proposal)
            if sample.shape != (lines.size,):
                raise CorruptDataError(f"string of item {number}: samples of another shape")
            return sample
        codec, code = self._codec(string.method, item)
        return decompress(string.message, proposal, codec=codec, code=code, shape=lines.size)

    def _item(self, prior: GridPrior, lines: Lines, number: int) -> Item:
        return Item(seed_of_item(self.seed, number), lines.item, prior, self.grid.bits)

    def _proposal(self, prior: GridPrior) -> Distribution:
        return prior.family.own(*self.grid.parameters(prior.loc, prior.log_scale))

    def _codec(self, method: int, item: Item) -> tuple[Codec, IndexCode | None]:
        given = None if self.codec is None else (self.codec, self.code)
        return codec_of(method, item.seed, given, self.threads)
