"""What compare.py measures of this library: codecs, codes, files, blocks, threads, sizes, calls."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import astar_rec as rec
from compare_rows import SEED, Measurement, Plan, Row, Side, Work, checked, work

if TYPE_CHECKING:
    from collections.abc import Iterator

AD = "AD*"
AS = "AS*"
DAD = "DAD*"
MRC = "minimal random coding"
INDEX_CODE = "index code"
FILE = "file"
TREE_FILE = "file, tree code"
POLAR_FILE = "file, polar"
DITHER_FILE = "file, dither"
BLOCK_4 = "AD*, block 4"
BLOCK_8 = "AD*, block 8"
ONE_THREAD = "AD*, 1 thread"
ONE_ELEMENT = "AD*, one element"

# Minimal random coding is given so many bits beyond the information: about what AD*'s indices take.
BITS_BEYOND = 2
# DAD* may go so much deeper than there are bits of information.
LEVELS_BEYOND = 3
# At which sizes, threads and single calls are compared.
BITS = 3


def several_threads(count: int) -> str:
    """Return the name of the row of so many threads."""
    return f"AD*, {count} threads"


def of_size(elements: int) -> str:
    """Return the name of the row of so many elements."""
    return f"AD*, 10^{math.log10(elements):g}"


def sizes(largest: int) -> list[int]:
    """Return powers of ten from 10^4 up."""
    return [10**k for k in range(4, 19) if 10**k <= largest]


def by_codec(
    name: str,
    what: str,
    codec: rec.Codec,
    task: Work,
    *,
    sent: float | None = None,
    setting: str = "",
    wall: bool = False,
    at_hand: bool = False,
) -> Row:
    """Return the row of a codec from parameters to indices, and from indices to samples.

    They go into new arrays, or into the same `at_hand` again and again.
    """
    encoded = codec.encode(task.q, task.p)
    index, p = encoded.index, task.p
    same = np.array_equal(codec.decode(index, p), encoded.sample)
    verified = checked(same, name, "samples, bit for bit")
    if sent is None:
        sent = rec.AdaptiveCode(codec.block).bits(index) / task.elements
    places = encoded if at_hand else None
    samples = np.empty_like(encoded.sample) if at_hand else None
    sides = (
        Side(lambda: codec.encode(task.q, p, out=places)),
        Side(lambda: codec.decode(index, p, out=samples)),
    )
    common = name, what, verified, task.bits, task.elements, sent
    steps = float(encoded.steps.sum()) / task.elements
    return Row(*common, *sides, setting, wall, steps)


# --- Codecs: parameters to indices, indices to samples -------------------------------------------


def _ad_star(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        yield by_codec(AD, "indices", rec.ADStar(SEED, threads=1), task)


def _as_star(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        yield by_codec(AS, "indices", rec.ASStar(SEED, threads=1), task)


def _dad_star(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        depth = math.ceil(task.bits) + LEVELS_BEYOND
        codec = rec.DADStar(depth, SEED, threads=1)
        setting = f"depth {depth}"
        yield by_codec(DAD, "indices, approximate", codec, task, sent=depth + 1, setting=setting)


def _minimal_random_coding(plan: Plan) -> Iterator[Row]:
    for task in plan.works(share=5):
        bits = math.ceil(task.bits) + BITS_BEYOND
        codec = rec.MinimalRandomCoding(1 << bits, SEED, threads=1)
        setting = f"{1 << bits} candidates"
        yield by_codec(MRC, "indices, approximate", codec, task, sent=bits, setting=setting)


# --- Indices to bytes, and all the way -----------------------------------------------------------


def _index_code(plan: Plan) -> Iterator[Row]:
    code = rec.AdaptiveCode()
    for task in plan.works():
        index = rec.ADStar(SEED).encode(task.q, task.p).index
        data = code.pack(index)
        same = np.array_equal(code.unpack(data, index.size), index)
        verified = checked(same, INDEX_CODE, "indices")
        sides = (
            Side(lambda index=index: code.pack(index)),
            Side(lambda data=data, count=index.size: code.unpack(data, count)),
        )
        what = "AD*'s indices to bytes and back, adaptive code"
        sent = 8 * len(data) / task.elements
        yield Row(INDEX_CODE, what, verified, task.bits, task.elements, sent, *sides)


CODES = {"adaptive": rec.AdaptiveCode, "tree": rec.TreeCode}


def by_file(name: str, code: str, task: Work) -> Row:
    """Return the row of `compress` and `decompress`."""

    def encode() -> bytes:
        return rec.compress(task.q, task.p, codec=rec.ADStar(SEED, threads=1), code=CODES[code]())

    data = encode()

    def decode() -> np.ndarray:
        return rec.decompress(data, task.p, threads=1)

    samples = rec.ADStar(SEED).encode(task.q, task.p).sample
    verified = checked(np.array_equal(decode(), samples), name, "samples, bit for bit")
    what = f"AD*, {code} code, all of compress and decompress"
    sent = 8 * len(data) / task.elements
    return Row(name, what, verified, task.bits, task.elements, sent, Side(encode), Side(decode))


def _file(plan: Plan) -> Iterator[Row]:
    for task in plan.works():
        yield by_file(FILE, "adaptive", task)


def _file_by_tree(plan: Plan) -> Iterator[Row]:
    for task in plan.works(share=10):
        yield by_file(TREE_FILE, "tree", task)


def _file_by_blocks(name: str, what: str, codec: rec.Codec, plan: Plan) -> Iterator[Row]:
    """Yield rows of a method whose blocks run through all axes."""
    for task in plan.works():

        def encode(task: Work = task) -> bytes:
            return rec.compress(task.q, task.p, codec=codec)

        data = encode()

        def decode(task: Work = task, data: bytes = data) -> np.ndarray:
            return rec.decompress(data, task.p, threads=1)

        samples = codec.encode(task.q, task.p).sample
        verified = checked(np.array_equal(decode(), samples), name, "samples, bit for bit")
        sent = 8 * len(data) / task.elements
        sides = Side(encode), Side(decode)
        yield Row(name, what, verified, task.bits, task.elements, sent, *sides)


def _file_by_polar(plan: Plan) -> Iterator[Row]:
    what = "polar coding, all of compress and decompress"
    return _file_by_blocks(POLAR_FILE, what, rec.PolarCoding(SEED, threads=1), plan)


def _file_by_dither(plan: Plan) -> Iterator[Row]:
    what = "layered dither, all of compress and decompress; scales are shared"
    return _file_by_blocks(DITHER_FILE, what, rec.LayeredDither(SEED, threads=1), plan)


# --- Blocks --------------------------------------------------------------------------------------


def _blocks(plan: Plan) -> Iterator[Row]:
    for name, block, share in ((BLOCK_4, 4, 5), (BLOCK_8, 8, 50)):
        task = work(1, plan.part(share))
        codec = rec.ADStar(SEED, block, threads=1)
        yield by_codec(name, "indices of blocks, at 1 bit an element", codec, task)


# --- Threads, sizes, single calls ----------------------------------------------------------------


def _threads(plan: Plan) -> Iterator[Row]:
    task = work(BITS, plan.elements)
    for threads in (1, plan.threads):
        name = ONE_THREAD if threads == 1 else several_threads(threads)
        yield by_codec(name, "indices", rec.ADStar(SEED, threads=threads), task, wall=True)


def _sizes(plan: Plan) -> Iterator[Row]:
    for elements in sizes(plan.largest):
        task = work(BITS, elements)
        # The system takes longer to find memory for large arrays than for small ones, some 50 ns an
        # element the first time: here it is the library that is compared with itself.
        what = "indices, into arrays at hand"
        codec = rec.ADStar(SEED, threads=1)
        yield by_codec(of_size(elements), what, codec, task, at_hand=True)


def _one_element(_plan: Plan) -> Iterator[Row]:
    """Some calls for an element each, as their steps differ."""
    calls = 100
    task = work(BITS, calls)
    codec, p = rec.ADStar(SEED), task.p
    each = [rec.Normal(mean, float(task.q.scale)) for mean in task.q.loc.tolist()]
    sent = [codec.encode(q, p) for q in each]
    index = [encoded.index for encoded in sent]

    def encode() -> None:
        for q in each:
            codec.encode(q, p)

    def decode() -> list[np.ndarray]:
        return [codec.decode(one, p) for one in index]

    same = all(x == encoded.sample for x, encoded in zip(decode(), sent, strict=True))
    verified = checked(same, ONE_ELEMENT, "samples, bit for bit")
    what = "a call for one element, distributions at hand"
    yield Row(ONE_ELEMENT, what, verified, BITS, calls, None, Side(encode), Side(decode))


MEASUREMENTS = [
    Measurement(AD, _ad_star),
    Measurement(AS, _as_star),
    Measurement(DAD, _dad_star),
    Measurement(MRC, _minimal_random_coding),
    Measurement(INDEX_CODE, _index_code),
    Measurement(FILE, _file),
    Measurement(TREE_FILE, _file_by_tree),
    Measurement(POLAR_FILE, _file_by_polar),
    Measurement(DITHER_FILE, _file_by_dither),
    Measurement("blocks", _blocks),
    Measurement("threads", _threads),
    Measurement("sizes", _sizes),
    Measurement(ONE_ELEMENT, _one_element),
]
