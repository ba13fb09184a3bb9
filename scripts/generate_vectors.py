"""Generate the golden vectors: what encoders and decoders of this format must give, bit for bit.

    python scripts/generate_vectors.py [--check]

writes tests/vectors/golden.txt, blocks.txt, images.txt and containers/*.txt; ``--check`` compares
them with what the installed library gives instead. Parameters are written out, so that no reader of
the files needs to know how they were chosen.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

import astar_rec as rec
from astar_rec import codecs, images

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "tests/vectors"

HEADER = """\
# Golden vectors: what encoders and decoders of this format must give, bit for bit.
#
# A change of any line here is a change of the wire format: what was encoded before will no longer
# decode to the same samples. It calls for a new version of the container and an entry in
# CHANGELOG.md.
#
# Made by scripts/generate_vectors.py; every line by itself says all that is needed to redo it.
#
#   method    global, as*, ad*, dad*, minimal-random, ordered-random, greedy-poisson,
#             greedy-rejection or hybrid
#   limit     global: the most samples, 0 for no limit; dad*: the largest depth; minimal-random and
#             ordered-random: the number of candidates; greedy-poisson and greedy-rejection: how
#             regions are split, 0 at the sample, 1 in half, 2 never; hybrid: the number of
#             halvings, of 500 candidates; otherwise 0
#   seed      64 bits
#   element   the element's number (offset + place in the array), below 2^48
#   target    family and two parameters: loc and scale, for the uniform low and high
#   proposal  likewise
#   index     what is sent
#   sample    what the decoder makes of it
#   steps     nodes that the encoder's search evaluates
#
# Floating-point numbers are binary64 in C's hexadecimal notation.
"""

COLUMNS = "# method limit seed element  target a b  proposal a b  index sample steps\n"

CONTAINER_HEADER = """\
# A container, what it was made from and what it decodes to. A change of the bytes or of the samples
# is a change of the wire format: see ../golden.txt. Made by scripts/generate_vectors.py.
"""

METHODS = [("global", 0), ("global", 40), ("as*", 0), ("ad*", 0), ("dad*", 7), ("dad*", 63)]

PAIRS = [
    ("Normal", "Normal"),
    ("Laplace", "Laplace"),
    ("Logistic", "Logistic"),
    ("Uniform", "Normal"),
    ("Uniform", "Laplace"),
    ("Uniform", "Logistic"),
    ("Uniform", "Uniform"),
    ("Normal", "Laplace"),
    ("Laplace", "Normal"),
]

# Target and proposal, each by family and parameters.
NARROW_WIDE_AND_FAR = [
    ("Normal", 0.7, 1.25 * 2.0**-45, "Normal", 0.0, 1.0),
    ("Normal", -8.0, 0.125, "Normal", 0.0, 1.0),
    ("Normal", 0.0, 2.0, "Normal", 0.0, 1.0),
    ("Normal", 0.25, 1.0, "Normal", 0.0, 1.0),
    ("Laplace", -0.3, 1.25 * 2.0**-45, "Laplace", 0.0, 1.0),
    ("Laplace", 20.0, 0.5, "Laplace", 0.0, 1.0),
    ("Laplace", 1.0, 2.5, "Laplace", 0.0, 1.0),
    ("Logistic", 0.1, 1.25 * 2.0**-45, "Logistic", 0.0, 1.0),
    ("Logistic", -25.0, 0.25, "Logistic", 0.0, 1.0),
    ("Logistic", 1.0, 3.0, "Logistic", 0.0, 1.0),
    ("Uniform", 6.5, 6.75, "Normal", 0.0, 1.0),
    ("Uniform", -30.0, 10.0, "Laplace", 0.0, 1.0),
    ("Uniform", -3.0, 40.0, "Logistic", 0.0, 1.0),
    ("Uniform", 0.5, 0.5 + 2.0**-44, "Uniform", 0.0, 1.0),
    ("Normal", 30.0, 0.5, "Laplace", 0.0, 1.0),
    ("Normal", 0.0, 4.0, "Laplace", 0.0, 1.0),
    ("Laplace", 5.0, 0.25, "Normal", 0.0, 1.0),
]

# Parameters near the ends of what floats can hold.
SCALES = [
    ("Normal", 1.5e300, 1e299, "Normal", 1e300, 1e300),
    ("Laplace", 1e-300, 1e-301, "Laplace", 0.0, 1e-300),
    ("Logistic", -1e6, 1e-3, "Logistic", -1e6, 0.1),
    ("Uniform", 1e9 + 1, 1e9 + 2, "Uniform", 1e9, 1e9 + 1000.0),
]

SEEDS = [0, 1, 2**32, 2**63, 2**64 - 1]
ELEMENTS = [0, 1, 2**32 - 1, 2**32, 2**48 - 1]


class Case(NamedTuple):
    """What is encoded, and how."""

    method: str
    limit: int
    seed: int
    element: int
    target: str
    target_first: float
    target_second: float
    proposal: str
    proposal_first: float
    proposal_second: float


def typical(draws: random.Random, target: str, proposal: str, bounded: bool) -> tuple[float, ...]:
    """Return parameters in 64ths; with `bounded`, of a ratio that suits the global bound."""

    def between(low: float, high: float) -> float:
        # Random.random alone is the same in all versions of Python.
        return round(64 * (low + (high - low) * draws.random())) / 64

    p = (between(-3, 3), between(0.5, 4))
    mean = between(-0.5, 0.5) if bounded else between(-3, 3)
    scale = between(0.1, 0.15) if bounded else between(0.05, 0.5)
    q = (p[0] + p[1] * mean, p[1] * scale)
    if proposal == "Uniform":
        mean = between(-0.4, 0.4)
        q = (p[0] + p[1] * mean, p[1] * scale)
        p = (p[0] - p[1], p[0] + p[1])
    if target == "Uniform":
        q = (q[0] - q[1], q[0] + q[1])
    return (*q, *p)


def cases() -> Iterator[Case]:
    """Yield everything that golden.txt holds."""
    draws = random.Random(1)
    element = 0
    for target, proposal in PAIRS:
        for method, limit in METHODS:
            for _ in range(2):
                a, b, c, d = typical(draws, target, proposal, method == "global")
                yield Case(method, limit, 2024, element, target, a, b, proposal, c, d)
                element += 1
    for parameters in NARROW_WIDE_AND_FAR:
        for method, limit in METHODS[2:4]:
            yield Case(method, limit, 2025, element, *parameters)
            element += 1
    for parameters in SCALES:
        for method, limit in METHODS[2:]:
            yield Case(method, limit, 2026, element, *parameters)
            element += 1
    usual = ("Normal", 0.75, 0.125, "Normal", 0.0, 1.0)
    for seed in SEEDS:
        for number in ELEMENTS:
            yield Case("ad*", 0, seed, number, *usual)
    for seed, number in zip(SEEDS, reversed(ELEMENTS), strict=True):
        yield Case("as*", 0, seed, number, *usual)
        yield Case("global", 0, seed, number, *usual)
    for depth in (0, 1, 2, 20, 40):
        yield Case("dad*", depth, 2027, 5, *usual)
    for most in (1, 2, 2**64 - 1):
        yield Case("global", most, 2027, 5, *usual)
    draws, element = random.Random(2), 0
    for target, proposal in PAIRS:
        for candidates in (100, 2**9 - 1):
            a, b, c, d = typical(draws, target, proposal, bounded=True)
            yield Case("minimal-random", candidates, 2028, element, target, a, b, proposal, c, d)
            element += 1
    for candidates, seed, number in zip((1, 2, 3, 64, 100), SEEDS, ELEMENTS, strict=True):
        yield Case("minimal-random", candidates, seed, number, *usual)
        yield Case("ordered-random", candidates, seed, number, *usual)
    for target, proposal in PAIRS:
        a, b, c, d = typical(draws, target, proposal, bounded=True)
        yield Case("ordered-random", 2**9, 2029, element, target, a, b, proposal, c, d)
        element += 1
    draws, element = random.Random(3), 0
    hard = [NARROW_WIDE_AND_FAR[:4], NARROW_WIDE_AND_FAR[:4], NARROW_WIDE_AND_FAR[3:4]]
    for method in ("greedy-poisson", "greedy-rejection"):
        for split in (0, 1, 2):
            for _ in range(8):
                a, b, c, d = typical(draws, "Normal", "Normal", bounded=split == 2)
                yield Case(method, split, 2029, element, "Normal", a, b, "Normal", c, d)
                element += 1
        for split, targets in enumerate(hard):
            for parameters in [*targets, usual]:
                yield Case(method, split, 2030, element, *parameters)
                element += 1
    for halvings in (1, 4):
        for target, proposal in PAIRS:
            a, b, c, d = typical(draws, target, proposal, bounded=True)
            if target == "Uniform":
                middle, half = 0.5 * (a + b), 0.5 * (b - a) / 2**halvings
                a, b = middle - half, middle + half
            else:
                b = b / 2**halvings
            yield Case("hybrid", halvings, 2031, element, target, a, b, proposal, c, d)
            element += 1
    for halvings in (2, 31):
        for parameters in [*NARROW_WIDE_AND_FAR[:4], usual]:
            if halvings < 31 or parameters[2] < 1e-9:
                yield Case("hybrid", halvings, 2032, element, *parameters)
                element += 1


SPLITS: tuple[Literal["sample", "half", "never"], ...] = ("sample", "half", "never")


def codec_of(method: str, limit: int, seed: int) -> rec.Codec:
    """Return the codec."""
    if method == "global":
        return rec.GlobalAStar(seed, limit or None)
    if method == "dad*":
        return rec.DADStar(limit, seed)
    if method == "minimal-random":
        return rec.MinimalRandomCoding(limit, seed)
    if method == "greedy-poisson":
        return rec.GreedyPoissonRejection(seed, split=SPLITS[limit])
    if method == "greedy-rejection":
        return rec.GreedyRejectionCoding(seed, split=SPLITS[limit])
    if method == "ordered-random":
        return rec.OrderedRandomCoding(limit, seed)
    if method == "hybrid":
        return rec.HybridCoding(500, seed, limit)
    return {"as*": rec.ASStar, "ad*": rec.ADStar}[method](seed)


def line_of(case: Case) -> str:
    """Return a case and its result as a line."""
    q = getattr(rec, case.target)(case.target_first, case.target_second)
    p = getattr(rec, case.proposal)(case.proposal_first, case.proposal_second)
    codec = codec_of(case.method, case.limit, case.seed)
    index, sample, steps = codec.encode(q, p, offset=case.element)
    words = [word.hex() if isinstance(word, float) else str(word) for word in case]
    return " ".join([*words, str(int(index)), float(sample).hex(), str(int(steps))]) + "\n"


BLOCK_HEADER = """\
# Golden blocks: one a line. A change of any is a change of the wire format, as in golden.txt.
# method limit seed element family bits hints means : index (one number) : samples : steps
# "-" stands for no hints; scales are 2^-bits, proposals have location 0 and scale 1.
"""


def block_lines() -> Iterator[str]:
    """Yield blocks of all sizes, with paths of one word and of several."""
    rng = np.random.default_rng(16)
    for family in ("Normal", "Laplace", "Logistic"):
        for dimensions, bits in ((2, 2.0), (3, 30.0), (4, 40.0), (5, 1.0), (8, 0.5), (16, 0.125)):
            for hints in ("-", ",".join(str(j % 3) for j in range(dimensions))):
                method, limit = ("dad*", 9) if bits == 0.125 else ("ad*", 0)
                seed, element = (int(rng.integers(2**63)) for _ in range(2))
                means = [round(mean, 3) for mean in rng.normal(size=dimensions).tolist()]
                yield block_line(method, limit, seed, element % 2**47, family, bits, hints, means)
    for method, dimensions in (
        ("global", 2),
        ("minimal-random", 3),
        ("minimal-random", 16),
        ("ordered-random", 40),
    ):
        seed, element = (int(rng.integers(2**63)) for _ in range(2))
        means = [round(mean, 3) for mean in rng.normal(size=dimensions).tolist()]
        yield block_line(method, 500, seed, element % 2**47, "Normal", 0.5, "-", means)
    for halvings, dimensions, bits in ((1, 3, 4.0), (3, 20, 6.0), (31, 2, 36.0), (9, 40, 14.0)):
        seed, element = (int(rng.integers(2**63)) for _ in range(2))
        means = [round(mean, 3) for mean in rng.normal(size=dimensions).tolist()]
        element %= 2**47
        yield block_line("hybrid", halvings, seed, element, "Laplace", bits, "-", means)


def block_line(
    method: str,
    limit: int,
    seed: int,
    element: int,
    family: str,
    bits: float,
    hints: str,
    means: list[float],
) -> str:
    """Return a block and its result as a line."""
    known = None if hints == "-" else [float(hint) for hint in hints.split(",")]
    if method == "dad*":
        codec: rec.Codec = rec.DADStar(limit, seed, block=len(means), bits_hint=known)
    elif method == "global":
        codec = rec.GlobalAStar(seed, limit, block=len(means))
    elif method == "minimal-random":
        codec = rec.MinimalRandomCoding(limit, seed, block=len(means))
    elif method == "ordered-random":
        codec = rec.OrderedRandomCoding(limit, seed, block=len(means))
    elif method == "hybrid":
        codec = rec.HybridCoding(500, seed, limit, block=len(means))
    else:
        codec = rec.ADStar(seed, len(means), bits_hint=known)
    make = getattr(rec, family)
    index, sample, steps = codec.encode(make(means, 2.0**-bits), make(0.0, 1.0), offset=element)
    number = sum(int(word) << (64 * i) for i, word in enumerate(index.reshape(-1)))
    words = [method, limit, seed, element, family, bits, hints, *means]
    samples = " ".join(float(x).hex() for x in sample)
    return " ".join(map(str, words)) + f" : {number} : {samples} : {int(steps[0])}\n"


Parameters = tuple[str, object, object]  # a family's name and its two parameters


CODES = {"tree": rec.TreeCode, "adaptive": rec.AdaptiveCode}
CONTAINER_WORDS = ("contexts", "dtype", "chunk", "offset", "fingerprint")


def arguments_of(options: dict[str, object]) -> dict[str, object]:
    """Return what options, which are written into the files, are as arguments of `compress`."""
    method = codecs.method_named(str(options.get("method", "ad")))
    given = {field.name for field in dataclasses.fields(method)} & options.keys()
    codec = method(**{name: options[name] for name in given - {*CONTAINER_WORDS}})
    code = None
    if "code" in options:
        expected = options.get("expected_bits")
        bits = None if expected is None else float(str(expected)) * codec.block
        code = CODES[str(options["code"])](codec.words, expected_bits=bits)
    rest = {name: options[name] for name in CONTAINER_WORDS if name in options}
    return {"codec": codec, "code": code, **rest}


def container_text(options: dict[str, object], target: Parameters, proposal: Parameters) -> str:
    """Return a container's file. The option `open` leaves the number of rows to its end."""
    q, p = (getattr(rec, family)(first, second) for family, first, second in (target, proposal))
    if options.get("open"):
        file = io.BytesIO()
        with rec.Writer(file, **arguments_of(options)) as writer:
            writer.write(q, p)
        data = file.getvalue()
    else:
        data = rec.compress(q, p, **arguments_of(options))
    contexts = options.get("contexts")
    sample = rec.decompress(data, p, contexts=contexts if isinstance(contexts, list) else None)

    def floats(array: object) -> str:
        return " ".join(float(x).hex() for x in np.broadcast_to(array, sample.shape).flat)

    fields = {"options": json.dumps(options), "shape": " ".join(map(str, sample.shape))}
    for role, (family, first, second) in (("target", target), ("proposal", proposal)):
        fields |= {role: family, f"{role} first": floats(first), f"{role} second": floats(second)}
    fields |= {"container": data.hex(), "sample": floats(sample)}
    lines = [f"{key}: {value}".rstrip() for key, value in fields.items()]
    return CONTAINER_HEADER + "\n".join(lines) + "\n"


def containers() -> Iterator[tuple[str, str]]:
    """Yield names and contents of the containers' files."""
    mean = [[0.5, -1.25, 0.0], [2.0, -0.25, 3.5]]
    options: dict[str, object] = {"method": "ad", "seed": 1}
    target: Parameters = ("Normal", mean, [0.125, 0.25, 0.5])
    yield "ad", container_text(options, target, ("Normal", 0.0, 1.0))

    options = {"method": "as", "seed": 2**64 - 1, "offset": 2**40 + 7}
    target = ("Laplace", [1.0, -2.5, 0.0, 6.0, -0.75], 0.0625)
    yield "as", container_text(options, target, ("Laplace", -0.5, 1.5))

    options = {"method": "dad", "seed": 3, "depth": 9}
    target = ("Logistic", [[1.0], [-0.5], [0.25]], 0.125)
    yield "dad", container_text(options, target, ("Logistic", 0.0, [0.5]))

    options = {"method": "global", "seed": 4, "max_samples": 1000}
    yield "global", container_text(options, ("Uniform", 0.25, 0.375), ("Uniform", -1.0, 1.0))

    mean = [[0.25 * ((7 * row + 3 * column) % 11 - 5) for column in range(5)] for row in range(9)]
    target, normal = ("Normal", mean, [0.5, 0.25, 0.125, 0.5, 0.25]), ("Normal", 0.0, 1.0)
    options = {
        "code": "adaptive",
        "block": 3,
        "seed": 5,
        "bits_hint": [1.0, 2.0, 3.0, 1.0, 2.0],
        "chunk": 16,
    }
    yield "blocks", container_text(options, target, normal)
    options = {"seed": 6, "contexts": "column", "chunk": 16, "open": True, "dtype": "float32"}
    yield "open", container_text(options, target, normal)
    contexts = [[(row * column) % 3 for column in range(5)] for row in range(9)]
    options = {
        "code": "adaptive",
        "seed": 7,
        "contexts": contexts,
        "expected_bits": 2.0,
        "chunk": 32,
    }
    yield "contexts", container_text(options, target, normal)
    options = {"code": "tree", "seed": 9, "offset": 7, "contexts": "column", "chunk": 32}
    yield "tree", container_text(options, target, normal)
    options = {"code": "tree", "block": 2, "seed": 10, "expected_bits": 2.0, "chunk": 16}
    yield "tree_blocks", container_text(options, target, normal)
    options = {"method": "dad", "depth": 30, "block": 2, "seed": 8, "offset": 45, "chunk": 2**16}
    yield "dad_blocks", container_text(options, target, normal)
    options = {"method": "mrc", "candidates": 2**7 - 1, "seed": 12, "offset": 3, "chunk": 16}
    yield "mrc", container_text(options, target, normal)
    options = {"method": "mrc", "candidates": 300, "block": 3, "seed": 13, "chunk": 2**16}
    yield "mrc_blocks", container_text(options, target, normal)
    options = {"method": "orc", "candidates": 900, "seed": 22, "offset": 3, "chunk": 16}
    yield "orc", container_text(options, target, normal)
    options = {"method": "orc", "candidates": 5000, "block": 5, "seed": 23}
    yield "orc_blocks", container_text(options, target, normal)
    options = {"method": "ppr", "alpha": 2.0, "seed": 24, "private_seed": 25, "offset": 3}
    yield "ppr", container_text(options, target, normal)
    options = {"method": "ppr", "alpha": 1.5, "seed": 26, "private_seed": 27, "block": 3}
    yield "ppr_blocks", container_text(options, ("Laplace", mean, 1.0), ("Laplace", 0.0, 1.0))
    options = {"method": "hybrid", "candidates": 200, "halvings": 1, "seed": 29, "offset": 3}
    yield "hybrid", container_text(options, ("Normal", mean, 0.0625), normal)
    options = {"method": "hybrid", "candidates": 900, "halvings": 12, "block": 5, "seed": 30}
    narrow: Parameters = ("Laplace", mean, 2.0**-16)
    yield "hybrid_blocks", container_text(options, narrow, ("Laplace", 0.0, 1.0))
    options = {"method": "polar", "seed": 14, "offset": 2**40 + 7}
    yield "polar", container_text(options, target, normal)
    options = {"method": "polar", "block": 14, "seed": 15, "chunk": 2, "open": True}
    yield "polar_open", container_text({**options, "dtype": "float32"}, target, normal)
    options = {"method": "polar", "block": 14, "seed": 31, "contexts": contexts, "chunk": 2}
    yield "polar_contexts", container_text(options, target, normal)
    options = {"method": "gprs", "seed": 19, "offset": 11, "chunk": 16}
    yield "gprs", container_text(options, target, normal)
    yield "gprs_half", container_text({**options, "split": "half"}, target, normal)
    options = {"method": "grc", "seed": 28, "offset": 12, "chunk": 16}
    yield "grc", container_text(options, target, normal)
    yield "grc_half", container_text({**options, "split": "half"}, target, normal)
    options = {"method": "ad", "seed": 17, "offset": 5, "chunk": 32, "fingerprint": True}
    proposal: Parameters = ("Logistic", [0.5, -0.25, 0.0, 3.0, 0.125], [1.0, 2.0, 1.5, 4.0, 1.25])
    yield "fingerprint", container_text({**options, "block": 2}, ("Logistic", mean, 0.5), proposal)
    wide: Parameters = (
        "Normal",
        [*mean[:7], [8.0, 3.0, 2.75, 3.0, 1e3], mean[8]],
        [*[1.0] * 4, 0.25],
    )
    options = {"block": 4, "seed": 18, "offset": 3, "chunk": 16, "code": "adaptive"}
    yield "escapes", container_text(options, wide, normal)
    shared: Parameters = ("Normal", mean, 0.5)
    options = {"method": "dither", "seed": 19, "offset": 2**32 - 5, "block": 20}
    yield "dither", container_text(options, shared, normal)
    uneven: Parameters = ("Laplace", mean, [0.5, 0.25, 0.5, 1.5, 0.125])
    options = {"method": "dither", "seed": 20, "block": 15, "chunk": 2, "open": True}
    yield "dither_open", container_text({**options, "dtype": "float32"}, uneven, normal)
    options = {"method": "dither", "seed": 21, "offset": 9, "block": 20, "layers": "shifted"}
    yield "dither_shifted", container_text(options, ("Logistic", mean, 0.5), normal)
    # Other families, and very unlike targets in one block.
    target = ("Laplace", [[2.0], [-9.0], [0.5]], [0.5, 3.0, 0.001])
    yield (
        "polar_laplace",
        container_text({"method": "polar", "seed": 2**64 - 1}, target, ("Logistic", 0.25, 1.5)),
    )
    target = ("Uniform", [-0.75, 0.0, 0.125, -1.0], [0.75, 0.5, 0.1328125, 1.0])
    yield (
        "polar_uniform",
        container_text({"method": "polar", "block": 3, "seed": 16}, target, ("Uniform", -1.0, 1.0)),
    )
    target = ("Uniform", [-0.75, 0.0, 0.125, -3.0], [-0.25, 0.5, 0.625, -2.5])
    yield (
        "universal",
        container_text({"method": "universal", "block": 3, "seed": 21}, target, ("Normal", 0, 1)),
    )


IMAGE_HEADER = """\
# An image file: what a decoder with the weights that come with the package must restore.
#
# A change of the file is a change of the format or of the weights; see CHANGELOG.md.
#
# Made by scripts/generate_vectors.py.
#
#   file      its bytes
#   pixels    those of the three images, row by row
"""


def image_text() -> str:
    """The file of an image file: a ramp, a chequered one, a blank one."""
    rows, columns = np.indices((28, 28))
    ramp, chequered = rows * columns % 256, (rows + columns) % 2 * 200
    pixels = np.stack([ramp, chequered, 0 * rows]).astype(np.uint8)
    data = images.load("mnist").compress(
        pixels,
        codec=rec.ADStar(seed=11, block=8),
        chunk=2,
        names=["a", "b", "c"],
    )
    return f"{IMAGE_HEADER}file: {data.hex()}\npixels: {pixels.tobytes().hex()}\n"


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    files = {FOLDER / "golden.txt": HEADER + COLUMNS + "".join(map(line_of, cases()))}
    files[FOLDER / "blocks.txt"] = BLOCK_HEADER + "".join(block_lines())
    files |= {FOLDER / f"containers/{name}.txt": text for name, text in containers()}
    files[FOLDER / "images.txt"] = image_text()
    if check:
        differing = [
            path for path, text in files.items() if path.read_text(encoding="utf-8") != text
        ]
        print(f"{len(files)} files checked, {len(differing)} differ", *differing)
        return 1 if differing else 0
    for path, text in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
