"""Vectors of little information: what diffusion codecs and coders of networks' weights send.

Targets are N(m, 1) against N(0, 1), with means that are normal, too, of so much information. What
is counted are messages: bytes of indices in a code of their own, or the method's bytes; no headers,
as whoever sends such vectors has a format of his own. Bias is that along the mean, block by block,
in standard deviations: a method that does not go far enough from the proposal falls short there.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..codecs import (
    GlobalAStar,
    MinimalRandomCoding,
    OrderedRandomCoding,
    PolarCoding,
    block_for_bits,
)
from ..codes import AdaptiveCode, FixedCode
from ..distributions import Normal
from ..information import kl_bits
from .drawing import BLACK, BLUE, GREEN, ORANGE, PURPLE, column, figure, finish, select
from .experiment import Experiment, Mode, Progress, Row, tracked
from .targets import STANDARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from .._elements import Floats
    from ..codecs import Codec
    from ..codes import IndexCode

__all__ = ["Vectors"]

# Bits of a block and of its candidates' number: what is done today, and larger blocks, without room
# and with as much. The last takes eight times as long: it is for one of the two methods, as samples
# have the same law, and for blocks that a vector has some of.
CHUNKS = ((10, 13), (16, 16))
LARGE_CHUNK = (16, 19)
# Candidates of the global bound, which takes no larger blocks.
GLOBAL_WIDTH, GLOBAL_BLOCK = 10, 16

_MARKS = {
    "polar": (BLUE, "o"),
    "minimal random coding, 10 bits from 2^13": (PURPLE, "<"),
    "minimal random coding, 16 bits from 2^16": (PURPLE, "s"),
    "ordered random coding, 10 bits from 2^13": (ORANGE, "<"),
    "ordered random coding, 16 bits from 2^16": (ORANGE, "s"),
    "ordered random coding, 16 bits from 2^19": (ORANGE, "D"),
    "global bound, sixteens": (GREEN, "^"),
}


@dataclass(frozen=True)
class _Method:
    name: str
    codec: Codec
    code: IndexCode | None  # None where messages are bytes
    block: int


class Vectors(Experiment):
    """Vectors of thousands of elements of next to no information."""

    name = "vectors"
    title = "Vectors of little information"

    def run(self, mode: Mode, progress: Progress = None) -> list[Row]:
        """Sends some vectors at each information by each method."""
        elements = mode.choose(tiny=256, quick=4096, full=12_288)
        rates = mode.choose(tiny=(0.05,), quick=(0.01, 0.05), full=(0.001, 0.01, 0.05))
        chunks = mode.choose(tiny=((4, 6),), quick=CHUNKS, full=(*CHUNKS, LARGE_CHUNK))
        # So many evaluations of a candidate's element for each row.
        work = mode.choose(tiny=1 << 14, quick=1 << 29, full=15 << 29)
        fewest = mode.choose(tiny=1, quick=1, full=4)
        cases = [
            (rate, method)
            for rate in rates
            for method in _methods(rate, chunks, elements, mode.seed)
        ]
        rows: list[Row] = []
        for rate, (width, method) in tracked(cases, progress):
            vectors = min(64, max(fewest, (work >> width) // elements))
            rows.append(_measured(method, rate, (vectors, elements), mode))
        return rows

    def draw(self, rows: Sequence[Row]) -> Figure:
        """Bits, time and bias against information."""
        made, (bits, bias, times) = figure(3)
        for name in dict.fromkeys(str(row["method"]) for row in rows):
            colour, mark = _MARKS.get(name, (BLACK, "x"))
            style: dict[str, Any] = {"color": colour, "marker": mark, "markersize": 4}
            own = select(rows, method=name)
            information = column(own, "information")
            bits.plot(information, column(own, "ratio"), label=name, **style)
            bias.errorbar(information, column(own, "bias"), column(own, "error"), **style)
            times.plot(information, column(own, "microseconds"), **style)
        bits.axhline(1.0, color=BLACK, linewidth=0.8, linestyle=":")
        bias.axhline(0.0, color=BLACK, linewidth=0.8, linestyle=":")
        across = "information, bits an element"
        finish(bits, xlabel=across, ylabel="bits of messages over KL", title="Bits",
               xscale="log", yscale="log")  # fmt: skip
        finish(bias, xlabel=across, ylabel="standard deviations of a block",
               title="Bias along the mean", xscale="log", legend=False)  # fmt: skip
        finish(times, xlabel=across, ylabel="µs an element, both ways", title="Time, one thread",
               xscale="log", yscale="log", legend=False)  # fmt: skip
        return made


def _methods(
    rate: float, chunks: tuple[tuple[int, int], ...], elements: int, seed: int
) -> list[tuple[int, _Method]]:
    """The methods, with the bits of their candidates' numbers."""
    found = [(0, _Method("polar", PolarCoding(seed, threads=1), None, elements))]
    for chunk_bits, width in chunks:
        block = min(elements, block_for_bits(chunk_bits, rate))
        is_large = (chunk_bits, width) == LARGE_CHUNK
        if is_large and block == elements:
            continue
        says = f"{chunk_bits} bits from 2^{width}"
        options: dict[str, Any] = {"block": block, "threads": 1}
        # Numbers from 1 to 2^width - 1 have words of so many bits.
        minimal = MinimalRandomCoding(2**width - 1, seed, **options)
        ordered = OrderedRandomCoding(2**width - 1, seed, **options)
        if not is_large:
            name = f"minimal random coding, {says}"
            found.append((width, _Method(name, minimal, FixedCode(width), block)))
        name = f"ordered random coding, {says}"
        found.append((width, _Method(name, ordered, AdaptiveCode(), block)))
    codec = GlobalAStar(seed, 2**GLOBAL_WIDTH - 1, block=GLOBAL_BLOCK, threads=1)
    code = AdaptiveCode(GLOBAL_BLOCK)
    sixteens = _Method("global bound, sixteens", codec, code, GLOBAL_BLOCK)
    # It is not in lanes, and takes as long as if it had many times the candidates.
    return [*found, (GLOBAL_WIDTH + 5, sixteens)]


def _measured(method: _Method, rate: float, shape: tuple[int, int], mode: Mode) -> Row:
    """Sends vectors, all of them in one array, an axis each."""
    rng = mode.rng("vectors", rate)
    q = Normal(rng.normal(0.0, math.sqrt(2.0 * math.log(2.0) * rate), shape), 1.0)
    start = time.process_time()
    encoded = method.codec.encode(q, STANDARD)
    if method.code is None:
        size = sum(len(message) for message in encoded.index.ravel())
        index = encoded.index
    else:
        data = method.code.pack(encoded.index)
        size = len(data)
        index = method.code.unpack(data, encoded.steps.size).reshape(encoded.index.shape)
    sample = method.codec.decode(index, STANDARD, shape=shape)
    spent = time.process_time() - start
    kl = float(kl_bits(q, STANDARD).sum())
    along = _along_the_means(sample - q.loc, q.loc, method.block)
    return {
        "method": method.name,
        "information": rate,
        "elements": shape[1],
        "vectors": shape[0],
        "block": method.block,
        "kl": kl / shape[0],
        "bits": 8.0 * size / shape[0],
        "ratio": 8.0 * size / kl,
        "bias": float(along.mean()),
        "error": 1.0 / math.sqrt(along.size),
        "microseconds": 1e6 * spent / (shape[0] * shape[1]),
    }


def _along_the_means(noise: Floats, means: Floats, block: int) -> Floats:
    """Returns how far samples are off in the direction of their means, a number for each block."""
    starts = np.arange(0, means.shape[-1], block)
    products = np.add.reduceat(noise * means, starts, axis=-1)
    squares = np.add.reduceat(means * means, starts, axis=-1)
    return products / np.sqrt(squares)
