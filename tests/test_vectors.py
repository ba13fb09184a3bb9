"""Golden vectors: a failure here means that what was encoded before no longer decodes.

tests/vectors/golden.txt says what its columns are, and what a change calls for.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import astar_rec as rec
from astar_rec import reference as ref
from astar_rec.reference import decode_block, decode_number
from common import same_bits
from words import compress, writer_of

FOLDER = Path(__file__).parent / "vectors"
SPLITS: tuple[Any, ...] = ("sample", "half", "never")


class Vector(NamedTuple):
    """A line of golden.txt."""

    method: str
    limit: int
    seed: int
    element: int
    target: tuple[str, float, float]
    proposal: tuple[str, float, float]
    index: int
    sample: float
    steps: int

    @property
    def codec(self) -> rec.Codec:
        if self.method == "global":
            return rec.GlobalAStar(self.seed, self.limit or None)
        if self.method == "dad*":
            return rec.DADStar(self.limit, self.seed)
        if self.method == "minimal-random":
            return rec.MinimalRandomCoding(self.limit, self.seed)
        if self.method == "greedy-poisson":
            return rec.GreedyPoissonRejection(self.seed, split=SPLITS[self.limit])
        if self.method == "greedy-rejection":
            return rec.GreedyRejectionCoding(self.seed, split=SPLITS[self.limit])
        if self.method == "ordered-random":
            return rec.OrderedRandomCoding(self.limit, self.seed)
        if self.method == "hybrid":
            return rec.HybridCoding(500, self.seed, self.limit)
        return {"as*": rec.ASStar, "ad*": rec.ADStar}[self.method](self.seed)

    @property
    def reference(self) -> ref.Method:
        if self.method == "global":
            return ref.GlobalAStar(self.limit or None)
        if self.method == "dad*":
            return ref.DADStar(self.limit)
        if self.method == "minimal-random":
            return ref.MinimalRandomCoding(self.limit)
        partitions = (ref.AtSample(), ref.Dyadic(), ref.WholeSpace())
        if self.method == "greedy-poisson":
            return ref.GreedyPoissonRejection(partitions[self.limit])
        if self.method == "greedy-rejection":
            return ref.GreedyRejectionCoding(partitions[self.limit])
        if self.method == "ordered-random":
            return ref.OrderedRandomCoding(self.limit)
        if self.method == "hybrid":
            return ref.HybridCoding(500, self.limit)
        return {"as*": ref.ASStar, "ad*": ref.ADStar}[self.method]()


def lines_of(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def vector_of(line: str) -> Vector:
    method, *words = line.split()
    limit, seed, element = map(int, words[:3])
    families = [
        (name, float.fromhex(first), float.fromhex(second))
        for name, first, second in (words[3:6], words[6:9])
    ]
    sample = float.fromhex(words[10])
    return Vector(method, limit, seed, element, *families, int(words[9]), sample, int(words[11]))


def distribution(family: str, first: object, second: object) -> rec.Distribution:
    return getattr(rec, family)(first, second)


VECTORS = [vector_of(line) for line in lines_of(FOLDER / "golden.txt")]
CONTAINERS = sorted((FOLDER / "containers").glob("*.txt"))


def test_vectors_are_there() -> None:
    assert len(VECTORS) >= 200
    searches = {"global", "as*", "ad*", "dad*", "greedy-poisson", "greedy-rejection"}
    assert {v.method for v in VECTORS} == searches | {"minimal-random", "ordered-random", "hybrid"}
    assert len({(v.target[0], v.proposal[0]) for v in VECTORS}) == 9
    assert len(CONTAINERS) == 33


def test_decode() -> None:
    for v in VECTORS:
        index = np.array(v.index, np.uint64)
        sample = v.codec.decode(index, distribution(*v.proposal), offset=v.element)
        assert same_bits(sample, v.sample), v


def test_encode() -> None:
    for v in VECTORS:
        q, p = distribution(*v.target), distribution(*v.proposal)
        index, sample, steps = v.codec.encode(q, p, offset=v.element)
        assert (int(index), float(sample), int(steps)) == (v.index, v.sample, v.steps), v


def test_reference() -> None:
    for v in VECTORS:
        q, p = (
            getattr(ref, v.target[0])(*v.target[1:]),
            getattr(ref, v.proposal[0])(*v.proposal[1:]),
        )
        sent = ref.encode(v.reference, q, p, v.seed, v.element)
        assert (sent.index, sent.sample, sent.steps) == (v.index, v.sample, v.steps), v
        assert ref.decode(v.reference, v.index, p, v.seed, v.element) == v.sample, v


@pytest.mark.parametrize("path", CONTAINERS, ids=lambda path: path.stem)
def test_containers(path: Path) -> None:
    fields = dict(line.split(":", 1) for line in lines_of(path))
    shape = tuple(map(int, fields["shape"].split()))

    def floats(key: str) -> np.ndarray:
        return np.array([float.fromhex(x) for x in fields[key].split()]).reshape(shape)

    q, p = (
        distribution(fields[role].strip(), floats(f"{role} first"), floats(f"{role} second"))
        for role in ("target", "proposal")
    )
    data = bytes.fromhex(fields["container"])
    options = json.loads(fields["options"])
    opened, contexts = options.pop("open", False), options.get("contexts")
    given = contexts if isinstance(contexts, list) else None
    sample = rec.decompress(data, p, contexts=given)
    assert same_bits(sample.astype(float), floats("sample"))
    assert sample.dtype == options.get("dtype", "float64")
    if opened:
        file = io.BytesIO()
        with writer_of(file, **options) as writer:
            writer.write(q, p)
        assert file.getvalue() == data
    else:
        assert compress(q, p, **options) == data
    inspection = rec.inspect(data, contexts=given)
    assert (inspection.method, inspection.shape) == (options.get("method", "ad"), shape)
    assert inspection.total_bits == 8 * len(data)


# --- Blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", lines_of(FOLDER / "blocks.txt"), ids=lambda line: line[:40])
def test_blocks(line: str) -> None:
    case, number, samples, steps = line.split(" : ")
    method, limit, seed, element, family, bits, hints, *means = case.split()
    known = None if hints == "-" else [float(hint) for hint in hints.split(",")]
    size, sample = len(means), np.array([float.fromhex(x) for x in samples.split()])
    if method == "dad*":
        codec: rec.Codec = rec.DADStar(int(limit), int(seed), block=size, bits_hint=known)
    elif method == "global":
        codec = rec.GlobalAStar(int(seed), int(limit), block=size)
    elif method == "minimal-random":
        codec = rec.MinimalRandomCoding(int(limit), int(seed), block=size)
    elif method == "ordered-random":
        codec = rec.OrderedRandomCoding(int(limit), int(seed), block=size)
    elif method == "hybrid":
        codec = rec.HybridCoding(500, int(seed), int(limit), block=size)
    else:
        codec = rec.ADStar(int(seed), size, bits_hint=known)
    words = [int(number) >> (64 * i) & (2**64 - 1) for i in range(codec.words)]
    index = np.array([words if codec.words > 1 else words[0]], np.uint64)
    make = getattr(rec, family)
    r = codec.encode(
        make(list(map(float, means)), 2.0 ** -float(bits)), make(0, 1), offset=int(element)
    )
    assert np.array_equal(r.index, index)
    assert same_bits(r.sample, sample)
    assert r.steps.tolist() == [int(steps)]
    x = codec.decode(index, make(0, 1), shape=(size,), offset=int(element))
    assert same_bits(x, sample)
    proposals = [getattr(ref, family)(0.0, 1.0)] * size
    if method in ("global", "minimal-random", "ordered-random"):
        decoded = decode_number(int(number), proposals, int(seed), int(element))
    elif method == "hybrid":
        hybrid = ref.HybridCoding(500, int(limit))
        decoded = hybrid.decode_block(int(number), proposals, int(seed), int(element))
    else:
        decoded = decode_block(int(number), proposals, int(seed), int(element), known)
    assert decoded == sample.tolist()
