"""Rate against squared error: an exact sample beside rounding with entropy coding.

A sample is the number with normal noise, sent by polar coding; the receiver takes the mean of what
it may have been. For a normal source that is the optimal test channel: error D at ½ log2(1/D) bits
of information. Rounding is to a multiple of a step, chosen so that its error is what the sample's
was, coded with the masses of cells as the source's model has them; the receiver takes the mean of
the cell. With dither both sides share where cells begin, a number for each element.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import constriction
import numpy as np

from ..codecs import PolarCoding
from ..container import compress, decompress
from ..distributions import Normal
from .drawing import BLACK, BLUE, GREEN, VERMILION, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .sources import LaplaceSource, Latents, NormalSource, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from .._elements import Floats

__all__ = ["Distortion", "Rounding"]

SAMPLE, ROUNDED, DITHERED = "exact sample", "rounding", "rounding with dither"
_COLOURS = {SAMPLE: BLUE, ROUNDED: VERMILION, DITHERED: GREEN}
_SOURCES: dict[str, Source] = {
    source.name: source for source in (NormalSource(), LaplaceSource(), Latents())
}
_MARKS = {"normal": "o", "Laplace": "s", "latents": "^"}
# Rows of masses of cells at a time.
_TOGETHER = 4096


class Distortion(Experiment):
    """Rate against squared error."""

    name = "distortion"
    title = "Bytes at equal squared error, exact samples and rounding"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Sends each source at each rate; bits are those of real bytes, headers included."""
        count = mode.choose(tiny=1 << 10, quick=1 << 14, full=1 << 18)
        rates = mode.choose(
            tiny=(1.0, 3.0),
            quick=(0.25, 0.5, 1.0, 2.0, 3.0, 4.0),
            full=(0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0),
        )
        cases = [(name, rate) for name in _SOURCES for rate in rates]
        drawn: dict[str, Floats] = {}
        rows: list[Row] = []
        for name, rate in tracked(cases, progress):
            source = _SOURCES[name]
            if name not in drawn:
                # What is learnt at a million normal numbers takes minutes of a model of images.
                own = count if name == "normal" else min(count, 1 << 16)
                drawn[name] = source.draw(own, mode.rng(self.name, name))
            rows += self._rows(source, drawn[name], rate, mode)
        return rows

    def _rows(self, source: Source, x: Floats, rate: float, mode: Mode) -> list[Row]:
        bits, error = _sampled(source, x, rate, mode)
        common: Row = {"source": source.name, "rate": rate, "elements": x.size}
        bound = 0.5 * math.log2(1.0 / error)
        rows: list[Row] = [
            {**common, "method": SAMPLE, "error": error, "bits": bits, "gaussian_bound": bound}
        ]
        # Rounding's bits hardly depend on how many there are; some are enough.
        some = x[: 1 << 16]
        own = error if some.size == x.size else _sampled(source, some, rate, mode)[1]
        for method in (ROUNDED, DITHERED):
            dithered = method == DITHERED
            shift = mode.rng(self.name, rate).uniform(-0.5, 0.5, some.size) if dithered else None
            step = _step_of(source, some, shift, own)
            rounding = Rounding(source, step, shift)
            symbols = rounding.symbols(some)
            size, read = rounding.compressed(symbols)
            if not np.array_equal(read, symbols):
                raise AssertionError("what was rounded does not come back")
            found = rounding.error(some)
            rows.append(
                {
                    **common,
                    "method": method,
                    "error": found * error / own,
                    "bits": 8.0 * size / some.size,
                    "gaussian_bound": bound,
                }
            )
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """Bits of a normal source beyond the bound; sources' bytes in rounding's."""
        made, (beyond, ratio) = figure(2)
        for method, colour in _COLOURS.items():
            own = select(rows, source="normal", method=method)
            bound = np.array(column(own, "gaussian_bound"))
            beyond.plot(
                bound, np.array(column(own, "bits")) - bound, "o-", color=colour,
                markersize=4, label=method,
            )  # fmt: skip
        beyond.axhline(0.0, color=BLACK, linewidth=0.8, label="½ log2(1 / error), the least")
        finish(
            beyond,
            xlabel="½ log2(1 / error), bits",
            ylabel="bits an element beyond it",
            title="A normal source",
        )
        for name, mark in _MARKS.items():
            rounded = select(rows, source=name, method=ROUNDED)
            share = [
                s / r
                for s, r in zip(
                    column(select(rows, source=name, method=SAMPLE), "bits"),
                    column(rounded, "bits"),
                    strict=True,
                )
            ]
            ratio.plot(
                column(rounded, "gaussian_bound"), share, "-", marker=mark, markersize=4, label=name
            )
        ratio.axhline(1.0, color=BLACK, linewidth=0.8)
        finish(
            ratio,
            xlabel="½ log2(variance / error), bits",
            ylabel="bytes of the sample in those of rounding",
            title="At equal error",
        )
        return made


class Rounding:
    """A uniform quantiser with entropy coding, and reconstruction at the mean of the cell.

    Args:
        source: What the numbers come from.
        step: The cells' width.
        shift: Where cells begin, in steps, of each number; None for cells around 0.
    """

    def __init__(self, source: Source, step: float, shift: Floats | None) -> None:
        self._source = source
        self._step = step
        self._shift: Floats | float = 0.0 if shift is None else shift

    def symbols(self, x: Floats) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """Returns the numbers of cells."""
        return np.rint(x / self._step - self._shift).astype(np.int32)

    def error(self, x: Floats) -> float:
        """Returns the mean squared error."""
        low = np.asarray((self.symbols(x) + self._shift - 0.5) * self._step, np.float64)
        high = low + self._step
        mass = self._source.below(high) - self._source.below(low)
        inside = self._source.moment(high) - self._source.moment(low)
        middle = 0.5 * (low + high)
        centroid = np.divide(inside, mass, out=middle.copy(), where=mass > 1e-12)
        return float(np.mean((x - np.clip(centroid, low, high)) ** 2))

    def compressed(
        self, symbols: np.ndarray[tuple[int], np.dtype[np.int32]]
    ) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int32]]]:
        """Returns how many bytes symbols take, and what is read from them again."""
        most = int(np.abs(symbols).max()) + 1
        model = constriction.stream.model.Categorical(perfect=False)
        if isinstance(self._shift, float):
            masses = self._masses(np.zeros(1), most)[0]
            known = constriction.stream.model.Categorical(masses, perfect=False)
            encoder = constriction.stream.queue.RangeEncoder()
            encoder.encode(symbols + most, known)
            words = encoder.get_compressed()
            read = constriction.stream.queue.RangeDecoder(words).decode(known, symbols.size)
            return 4 * words.size, read - most
        encoder = constriction.stream.queue.RangeEncoder()
        batches = range(0, symbols.size, _TOGETHER)
        for begin in batches:
            own = slice(begin, begin + _TOGETHER)
            encoder.encode(symbols[own] + most, model, self._masses(self._shift[own], most))
        words = encoder.get_compressed()
        decoder = constriction.stream.queue.RangeDecoder(words)
        parts = [
            decoder.decode(model, self._masses(self._shift[begin : begin + _TOGETHER], most))
            for begin in batches
        ]
        return 4 * words.size, np.concatenate(parts) - most

    def _masses(self, shift: Floats, most: int) -> Floats:
        edges = (np.arange(-most, most + 2)[np.newaxis] - 0.5 + shift[:, np.newaxis]) * self._step
        masses = np.diff(self._source.below(edges), axis=1) + 1e-9
        return np.asarray(masses / masses.sum(axis=1, keepdims=True))


def _sampled(source: Source, x: Floats, rate: float, mode: Mode) -> tuple[float, float]:
    """Returns bits and the squared error of samples at about so many bits of information."""
    noise = 1.0 / math.sqrt(4.0**rate - 1.0)
    p = source.proposal(noise)
    data = compress(Normal(x, noise), p, codec=PolarCoding(mode.seed))
    read = source.mean_given(decompress(data, p), noise)
    return 8.0 * len(data) / x.size, float(np.mean((x - read) ** 2))


def _step_of(source: Source, x: Floats, shift: Floats | None, error: float) -> float:
    """Returns the step with which rounding makes that error, to a thousandth."""
    low, high = math.sqrt(error), 64.0
    while high > low * 1.0005:
        middle = math.sqrt(low * high)
        if Rounding(source, middle, shift).error(x) < error:
            low = middle
        else:
            high = middle
    return low
