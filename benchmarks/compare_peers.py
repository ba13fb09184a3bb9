"""What compare.py puts the codecs beside.

The first is the yardstick, what a user would take instead: quantise, and code the integers by
constriction's range coder with a mean and a scale for each. Symbols are samples of the targets in
units of a step, which is chosen so that a symbol takes the bits that a target has of information.
Beside it, the same coder with the means as symbols and the proposal as their model.

The others need NumPy and SciPy alone, or nothing: minimal random coding as it is usually written,
the part of an entropy coder that SciPy can do, and this project's reference in pure Python. They
are given fewer elements.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import constriction
import numpy as np

import astar_rec as rec
from astar_rec import reference as ref
from compare_codecs import BITS, BITS_BEYOND
from compare_rows import SEED, Measurement, Plan, Row, Side, Work, checked, work

if TYPE_CHECKING:
    from collections.abc import Iterator

Array = np.ndarray[Any, Any]

YARDSTICK = "constriction"
PRIOR = "constriction, prior"
ONE_BY_YARDSTICK = "constriction, one element"
NUMPY = "minimal random coding, NumPy"
SCIPY = "intervals, SciPy"
REFERENCE = "AD*, pure Python"


def step_of(scale: float, bits: float) -> float:
    """Return the step with which a normal of that scale has about so many bits of entropy.

    A sample and its error, uniform over a step, are together nearly normal: the entropy of that
    normal, in units of the step.
    """
    return scale / math.sqrt(4.0**bits / (2 * math.pi * math.e) - 1 / 12)


def symbols_of(values: Array, step: float) -> Array:
    """Return values in units of a step, rounded."""
    return np.rint(values / step).astype(np.int32)


def samples_of(task: Work) -> Array:
    """Return a sample of each target, from NumPy."""
    noise = np.random.default_rng(SEED + 1).normal(size=task.elements)
    return task.q.loc + noise * task.q.scale


def by_constriction(
    name: str, what: str, task: Work, step: float, values: Array, means: Array, scale: float
) -> Row:
    """Return the row of a range coder for values in steps, with a normal for each of them."""
    symbols = symbols_of(values, step)
    means, scales = means / step, np.full(task.elements, scale / step)
    most = int(np.abs(symbols).max()) + 1
    model = constriction.stream.model.QuantizedGaussian(-most, most)

    def encode() -> Array:
        encoder = constriction.stream.queue.RangeEncoder()
        encoder.encode(symbols, model, means, scales)
        return encoder.get_compressed()

    words = encode()

    def decode() -> Array:
        return constriction.stream.queue.RangeDecoder(words).decode(model, means, scales)

    verified = checked(np.array_equal(decode(), symbols), name, "symbols")
    sent = 32 * words.size / task.elements
    sides = Side(encode), Side(decode)
    setting = f"step {step:.4g}"
    return Row(name, what, verified, task.bits, task.elements, sent, *sides, setting)


def _samples(name: str, what: str, task: Work) -> Row:
    scale = float(task.q.scale)
    step = step_of(scale, task.bits)
    return by_constriction(name, what, task, step, samples_of(task), task.q.loc, scale)


def _constriction(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        yield _samples(YARDSTICK, "samples in steps, each coded with its own mean and scale", task)


def _constriction_prior(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        step, zeros = step_of(1.0, task.bits), np.zeros(task.elements)
        what = "means in steps, each coded with the proposal"
        yield by_constriction(PRIOR, what, task, step, task.q.loc, zeros, 1.0)


def _constriction_alone(_plan: Plan) -> Iterator[Row]:
    yield _samples(ONE_BY_YARDSTICK, "a call for one symbol, with its coder", work(BITS, 1))


# --- NumPy and SciPy -----------------------------------------------------------------------------


class ImportanceSampling:
    """Minimal random coding in NumPy: of K samples of the proposal one, chosen by its weight.

    M. Havasi, R. Peharz, J. M. Hernández-Lobato, "Minimal Random Code Learning", ICLR 2019. Its
    samples are biased. The receiver draws all candidates again.
    """

    def __init__(self, task: Work, candidates: int) -> None:
        self._task = task
        self._candidates = candidates
        self._rows = max(1, 1 << 16 // candidates)  # candidates of a chunk stay in the cache

    def encode(self) -> tuple[Array, Array]:
        """Return indices and samples."""
        index = np.empty(self._task.elements, np.int64)
        sample = np.empty(self._task.elements)
        own = np.random.default_rng(SEED + 2)  # the sender's alone
        scale = float(self._task.q.scale)
        for chunk, x in self._chunks():
            surprise = (x - self._task.q.loc[chunk, np.newaxis]) / scale
            log_weight = 0.5 * (x * x - surprise * surprise)
            # Gumbel's trick: the largest is any of them with the probability of its weight.
            index[chunk] = np.argmax(log_weight + own.gumbel(size=x.shape), axis=1)
            sample[chunk] = x[np.arange(len(x)), index[chunk]]
        return index, sample

    def decode(self, index: Array) -> Array:
        """Return the samples that indices stand for."""
        sample = np.empty(self._task.elements)
        for chunk, x in self._chunks():
            sample[chunk] = x[np.arange(len(x)), index[chunk]]
        return sample

    def _chunks(self) -> Iterator[tuple[slice, Array]]:
        shared = np.random.Generator(np.random.Philox(SEED))
        for begin in range(0, self._task.elements, self._rows):
            chunk = slice(begin, min(begin + self._rows, self._task.elements))
            yield chunk, shared.standard_normal((chunk.stop - begin, self._candidates))


def _importance_sampling(plan: Plan) -> Iterator[Row]:
    for task in plan.works(share=20):
        bits = math.ceil(task.bits) + BITS_BEYOND
        coder = ImportanceSampling(task, 1 << bits)
        index, sample = coder.encode()
        verified = checked(np.array_equal(coder.decode(index), sample), NUMPY, "samples")
        sides = Side(coder.encode), Side(lambda c=coder, i=index: c.decode(i))
        what, setting = "indices, approximate", f"{1 << bits} candidates"
        yield Row(NUMPY, what, verified, task.bits, task.elements, bits, *sides, setting)


def _scipy(plan: Plan) -> Iterator[Row]:
    """The model of an entropy coder: a symbol's interval of the CDF, and which symbol's that is."""
    try:
        norm = importlib.import_module("scipy.stats").norm
    except ModuleNotFoundError:
        return
    for task in plan.works(share=20):
        step = step_of(float(task.q.scale), task.bits)
        means, scale, samples = task.q.loc / step, float(task.q.scale) / step, samples_of(task)

        def encode(s: float = step, m: Array = means, sd: float = scale, x: Array = samples) -> Any:
            symbols = symbols_of(x, s)
            return symbols, norm.cdf(symbols - 0.5, m, sd), norm.cdf(symbols + 0.5, m, sd)

        symbols, low, high = encode()
        inside = 0.5 * (low + high)

        def decode(at: Array = inside, m: Array = means, sd: float = scale) -> Array:
            return np.rint(norm.ppf(at, m, sd)).astype(np.int32)

        verified = checked(np.array_equal(decode(), symbols), SCIPY, "symbols")
        what = "an entropy coder's model alone: scipy.stats.norm.cdf of both ends, and ppf"
        sides = Side(encode), Side(decode)
        yield Row(SCIPY, what, verified, task.bits, task.elements, None, *sides)


# --- The reference -------------------------------------------------------------------------------


def _reference(plan: Plan) -> Iterator[Row]:
    method, p = ref.ADStar(), ref.Normal(0.0, 1.0)
    for bits in plan.bits:
        task = work(bits, min(plan.elements, 200))
        targets = [ref.Normal(mean, float(task.q.scale)) for mean in task.q.loc.tolist()]

        def encode(targets: list[ref.Normal] = targets) -> list[int]:
            return [ref.encode(method, q, p, SEED, i).index for i, q in enumerate(targets)]

        index = encode()

        def decode(index: list[int] = index) -> list[float]:
            return [ref.decode(method, n, p, SEED, i) for i, n in enumerate(index)]

        core = rec.ADStar(SEED, threads=1).encode(task.q, task.p)
        same = core.index.tolist() == index and core.sample.tolist() == decode()
        verified = checked(same, REFERENCE, "the core's indices and samples")
        sent = rec.AdaptiveCode().bits(core.index) / task.elements
        what = "astar_rec.reference, an element at a time"
        yield Row(REFERENCE, what, verified, bits, task.elements, sent, Side(encode), Side(decode))


MEASUREMENTS = [
    Measurement(YARDSTICK, _constriction),
    Measurement(PRIOR, _constriction_prior),
    Measurement(ONE_BY_YARDSTICK, _constriction_alone),
    Measurement(NUMPY, _importance_sampling),
    Measurement(SCIPY, _scipy),
    Measurement(REFERENCE, _reference),
]
