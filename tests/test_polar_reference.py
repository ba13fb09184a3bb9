"""Polar blocks in the reference: exactness, round trips, damage, and the vectors.

Statistical tests have their false-alarm rates beside them; seeds are fixed.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from astar_rec.reference import polar
from astar_rec.reference.families import Laplace, Logistic, Normal, Uniform
from astar_rec.reference.functions import normal_upper_tail
from astar_rec.reference.polar import decode_block, encode_block, tilted_tail
from astar_rec.reference.polar_knowledge import (
    MOST_LEVELS,
    Knowledge,
    Levels,
    Window,
    family_tails,
    mass_between,
)
from astar_rec.reference.polar_transform import (
    SILENT,
    Drawing,
    FlipModel,
    Kind,
    Kinds,
    Level,
    Node,
    PolarRandom,
    add,
    multiply,
    start_table,
)
from astar_rec.reference.range_coder import Encoder

ROOT = Path(__file__).parents[1]
DIFFERENCES = [0.9, -0.5, 0.0, 0.3, -1.0, 0.7, 0.25, -0.1]
FAMILIES = {"normal": Normal, "laplace": Laplace, "logistic": Logistic}


def tilted(tilt: float):
    """Return tails of targets near 0 and, one in three, near 1."""
    return lambda element, edge: tilted_tail(tilt if element % 3 else 1.0 / tilt, edge)


def histogram(masses: list[float]):
    """Return tails of bins of equal width, the same for all elements."""
    edges = np.linspace(0.0, 1.0, len(masses) + 1)
    below = np.concatenate([[0.0], np.cumsum(masses)])

    def tail(_element: int, edge: int) -> tuple[float, float]:
        u = edge * 2.0**-64
        cdf = float(np.interp(u, edges, below))
        return u, cdf if cdf <= 0.5 else -max(1.0 - cdf, 5e-324)

    return tail


def transform(u: list[int]) -> list[int]:
    """Return u G."""
    if len(u) == 1:
        return u
    half = len(u) // 2
    first, second = transform(u[:half]), transform(u[half:])
    return [a ^ b for a, b in zip(first, second, strict=True)] + second


def law_of(d: list[float], u: list[int]) -> float:
    """Return the probability of u by successive cancellation."""
    if len(d) == 1:
        return 0.5 * (1.0 - d[0] if u[0] else 1.0 + d[0])
    half = len(d) // 2
    first = law_of(multiply(d[:half], d[half:]), u[:half])
    if first == 0.0:
        return 0.0
    return first * law_of(add(d[:half], d[half:], transform(u[:half])), u[half:])


def test_chain_rule_over_all_outcomes():
    """Successive cancellation gives each of the 2^8 outcomes its product law."""
    total = 0.0
    for u in itertools.product((0, 1), repeat=8):
        x = transform(list(u))
        product = math.prod(
            0.5 * (1.0 - d if b else 1.0 + d) for d, b in zip(DIFFERENCES, x, strict=True)
        )
        assert law_of(DIFFERENCES, list(u)) == pytest.approx(product, rel=1e-13, abs=1e-300)
        total += product
    assert total == pytest.approx(1.0)


def kinds_of_places(odds, real, n):
    """Return a node of n bits: of `real` of them in turn two of these odds each, then the rest."""
    sizes = [2] * (len(odds) - 1)
    sizes = [*sizes, real - sum(sizes), n - real]
    nodes = [*map(Node.from_odds, odds), SILENT]
    return Kinds(tuple(Kind(*kind) for kind in zip(nodes, sizes, strict=True) if kind[1]))


@pytest.mark.parametrize("real", [8, 6])
@pytest.mark.parametrize(
    "odds", [(600,), (240,), (1000,), (1000, 500, 240)], ids=["leaves", "empty", "full", "unlike"]
)
def test_draws_follow_the_product_law(odds, real):
    """Whatever is predicted of a level, its draws have the targets' law; also beside what fills up.

    Nine moments within 4.5 deviations: 6e-5 false alarms.
    """
    trials = 6_000
    d = np.array(DIFFERENCES)
    d[real:] = 0.0
    seen = np.zeros(len(d))
    pairs = 0
    model = FlipModel()
    for seed in range(trials):
        level = Level(Drawing(Encoder()), PolarRandom(seed, 1), 0, model, 1)
        x = level.draw(d.tolist(), len(d), kinds_of_places(odds, real, len(d)))
        seen += 1 - 2 * np.array(x)
        pairs += (1 - 2 * x[0]) * (1 - 2 * x[5])
    deviations = np.sqrt(np.maximum(1 - d * d, 1e-12) / trials)
    assert np.all(np.abs(seen / trials - d)[:real] <= 4.5 * deviations[:real])
    product = d[0] * d[5]
    assert abs(pairs / trials - product) < 4.5 * math.sqrt((1 - product**2) / trials)


@pytest.mark.parametrize("n", [1, 2, 16, 32])
@pytest.mark.parametrize("odds", [400, 600, 680, 1023])
@pytest.mark.parametrize("curvature", range(3))
def test_halves_share_the_information(n, odds, curvature):
    """Of all kinds of places, whatever their number; no half has more of them."""

    def information(kinds: Kinds) -> float:
        return sum(kind.size * kind.node.f for kind in kinds.all)

    def check(kinds: Kinds, n: int) -> None:
        assert sum(kind.size for kind in kinds.all) == n
        if n == 1:
            return
        both = kinds.halves(curvature)
        assert sum(map(information, both)) == pytest.approx(information(kinds), rel=1e-13)
        for half in both:
            assert len(half.all) <= len(kinds.all)
            check(half, n // 2)

    for real in range(1, n + 1):
        check(kinds_of_places((odds,), real, n), n)
        if real > 4:
            check(kinds_of_places((odds, 1023 - odds, 512), real, n), n)


@pytest.mark.parametrize("elements", [1, 2, 3, 100, 128, 255])
@pytest.mark.parametrize("levels", [None, Levels(1), Levels(5), Levels(2, True)], ids=str)
@pytest.mark.parametrize("tilt", [1.0, 3.0, 1000.0])
def test_round_trip(elements, levels, tilt):
    message, positions = encode_block(elements, 5, 2, tilted(tilt), levels)
    assert decode_block(elements, 5, 2, message) == positions
    assert all(0 <= position < 2**64 for position in positions)


@pytest.mark.parametrize("elements", [256, 200])
def test_positions_follow_the_targets(elements):
    """Kolmogorov's distance of positions, through the targets' own CDFs, from uniform."""
    tilt, u = 30.0, []
    for block in range(4):
        _, positions = encode_block(elements, 9, block, tilted(tilt))
        for element, position in enumerate(positions):
            x = (position + 0.5) * 2.0**-64
            c = tilt if element % 3 else 1 / tilt
            u.append(c * x / (1 + (c - 1) * x))
    n = len(u)
    distance = np.abs(np.sort(u) - (np.arange(n) + 0.5) / n).max() + 0.5 / n
    assert distance < 1.95 / math.sqrt(n)  # one in a thousand


@pytest.mark.parametrize(
    "masses",
    [[1, 3, 3, 1], [1, 3, 3, 1] * 8, [2, 2, 2, 2, 1, 3, 3, 1], [0] * 9 + [1, 1] + [0] * 21],
    ids=["once", "repeated", "one half", "peak"],
)
@pytest.mark.parametrize("levels", [None, Levels(1), Levels(2, True)], ids=str)
def test_symmetry_hides_nothing(masses, levels):
    """Where halves are alike, halves of halves need not be: levels go on.

    Each bin within 5 deviations: 2e-5 false alarms at 32 bins.
    """
    trials = 1_000
    p = np.array(masses) / sum(masses)
    seen = np.zeros(p.size)
    for seed in range(trials):
        message, (position,) = encode_block(1, seed, 0, histogram(p.tolist()), levels)
        assert decode_block(1, seed, 0, message) == [position]
        seen[position * p.size >> 64] += 1
    assert np.all(np.abs(seen - trials * p) <= 5 * np.sqrt(trials * p * (1 - p)))


@pytest.mark.parametrize("levels", [Levels(1), Levels(3)], ids=str)
def test_what_is_behind_the_levels_follows_the_targets(monkeypatch, levels):
    """Whatever is left to one draw: here all but a level or three, so that most elements flip.

    Three statistics beyond 5.5 deviations of a chi-square law: less than one in 10^4 times.
    """
    monkeypatch.setattr(polar, "LITTLE", 2.0)
    tilt, trials = 6.0, 1500
    counts = np.zeros((2, 16))
    pairs = np.zeros((4, 4))
    for seed in range(trials):
        message, positions = encode_block(3, seed, 0, tilted(tilt), levels)
        assert decode_block(3, seed, 0, message) == positions
        counts[0, positions[0] >> 60] += 1
        for position in positions[1:]:
            counts[1, position >> 60] += 1
        pairs[positions[1] >> 62, positions[2] >> 62] += 1
    u = np.linspace(0.0, 1.0, 17)

    def masses(c: float, u: np.ndarray) -> np.ndarray:
        return np.diff(c * u / (1.0 + (c - 1.0) * u))

    both = np.outer(masses(tilt, u[::4]), masses(tilt, u[::4]))
    for seen, law in [
        (counts[0], masses(1.0 / tilt, u) * trials),
        (counts[1], masses(tilt, u) * 2 * trials),
        (pairs, both * trials),
    ]:
        degrees = seen.size - 1
        statistic = float(((seen - law) ** 2 / law).sum())
        assert abs(statistic - degrees) < 5.5 * math.sqrt(2 * degrees)


def test_nothing_is_said_of_bits_that_are_as_shared():
    """With targets that are their proposals: the end, and that no bit flips."""
    message, _ = encode_block(4096, 3, 0, tilted(1.0))
    assert len(message) <= 4


def test_bits_are_near_the_information():
    """2,048 normal targets of 2 bits each take at most 0.3 bits more."""
    elements, scale = 2048, 0.25
    standard = NormalDist()
    means = np.random.default_rng(3).normal(size=elements) * math.sqrt(1 - scale**2)
    targets = [Normal(mean, scale) for mean in means.tolist()]
    tail = family_tails(targets, [Normal(0.0, 1.0)] * elements)
    message, positions = encode_block(elements, 9, 0, tail, Levels(6))
    samples = np.array([standard.inv_cdf((p + 0.5) * 2.0**-64) for p in positions])
    standardised = (samples - means) / scale
    assert abs(standardised.mean()) < 4 / math.sqrt(elements)
    assert abs(standardised.var() - 1) < 4 * math.sqrt(2 / elements)
    information = np.mean(np.log2(1 / scale) + (scale**2 + means**2 - 1) / (2 * math.log(2)))
    assert information - 0.1 < 8 * len(message) / elements < information + 0.3


def test_samples_of_narrow_targets():
    """45 bits and more: the window follows the mass, and samples lie where it is."""
    elements, scale = 200, 2.0**-45
    means = np.random.default_rng(4).normal(size=elements).tolist()
    tail = family_tails([Normal(m, scale) for m in means], [Normal(0.0, 1.0)] * elements)
    message, positions = encode_block(elements, 1, 0, tail)
    assert decode_block(elements, 1, 0, message) == positions
    z = np.array([(Normal.quantile(p) - m) / scale for p, m in zip(positions, means, strict=True)])
    assert np.abs(z).max() < 5
    assert abs(z.mean()) < 4 / math.sqrt(elements)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / elements)


def test_no_information_takes_hardly_a_byte():
    for elements in (1, 1000, 1024):
        message, _ = encode_block(elements, 1, 0, tilted(1.0))
        assert len(message) <= 4


@pytest.mark.parametrize("elements", [33, 64])
def test_damage_is_refused_or_seen(elements):
    message, positions = encode_block(elements, 3, 1, tilted(50.0))
    for at in range(len(message)):
        damaged = bytearray(message)
        damaged[at] ^= 0x10
        try:
            assert decode_block(elements, 3, 1, bytes(damaged)) != positions
        except ValueError:
            continue


def test_first_levels_that_are_none_are_refused():
    out = Encoder()
    out.raw(6, MOST_LEVELS + 1)
    out.raw(1, 0)
    with pytest.raises(ValueError, match="no such first level"):
        decode_block(1, 0, 0, out.finish())


@pytest.mark.parametrize("levels", [None, Levels(2), Levels(8, True), Levels(12)], ids=str)
def test_masses_that_are_none_are_refused(levels):
    with pytest.raises(ValueError, match="do not add up to 1"):
        encode_block(4, 1, 0, lambda _element, edge: (float(edge), math.nan), levels)


@pytest.mark.parametrize("levels", [None, Levels(2), Levels(8, True), Levels(12)], ids=str)
def test_jumps_are_laws(levels):
    """All mass in the first and the last cell, whatever their size."""
    ends = set()
    for seed in range(40):
        message, positions = encode_block(2, seed, 0, lambda _e, edge: (edge, 0.25), levels)
        assert decode_block(2, seed, 0, message) == positions
        ends |= {position >> 4 for position in positions}
    assert ends == {0, 2**60 - 1}


def test_a_cdf_of_few_digits_is_refused_far_up():
    """At 1/8 all but 2^-49 of the mass is below: masses of 1/8 to 1/4 are lost in a CDF."""

    def differences_there(*, precise_above: bool) -> list[float]:
        knowledge = Knowledge(
            lambda _element, edge: tilted_tail(2.0**52, edge),
            [0],
            Levels(1),
            precise_above=precise_above,
        )
        for bit in (0, 0, 1):
            knowledge.differences()
            knowledge.take([bit])
        return knowledge.differences()

    assert differences_there(precise_above=True) == [pytest.approx(1 / 3)]
    with pytest.raises(ValueError, match="give a survival function"):
        differences_there(precise_above=False)


def test_size_of_the_table():
    assert len(start_table()) == 3 * 96 * 48


# --- Levels, windows, tails ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "levels"),
    [
        (Normal(0.0, 1.0), Levels(2, mirrored=True)),
        (Normal(0.5, 0.25), Levels(4)),
        (Normal(0.5, 2.0**-45), Levels(47)),
    ],
    ids=str,
)
def test_levels_that_suit(target, levels):
    assert Levels.suiting(family_tails([target], [Normal(0.0, 1.0)]), 1) == levels


def test_windows_hold_what_matters():
    tail = family_tails([Normal(0.7, 2.0**-20)], [Normal(0.0, 1.0)])
    window = Window.whole(tail, 0, 1)
    while window.level < 24:
        window.refine()
    assert len(window.tails) < 500
    assert 0.0 <= 1.0 - math.fsum(window.masses()) < 2.0**-41 + 1e-15


def test_mirror_is_its_own_inverse():
    levels = Levels(5, mirrored=True)
    assert [levels.mirror(levels.mirror(cell)) for cell in range(32)] == list(range(32))
    assert [levels.mirror(cell) for cell in range(16)] == list(range(15, -1, -1))


def test_order_of_levels():
    levels = Levels(5)
    assert [levels.of(step) for step in range(8)] == [5, 4, 3, 2, 1, 6, 7, 8]


@pytest.mark.parametrize("family", [Normal, Laplace, Logistic])
def test_tails_of_families(family):
    """Tails are the inverse of quantiles, from both ends."""
    for shift in range(2, 64):
        for position in (2**shift, 2**shift * 3 // 2 % 2**64):
            u = (position + 0.5) * 2.0**-64
            if u >= 0.5:
                continue
            # A quantile's rounding error is relative, and grows in the tail.
            assert family.tail(family.quantile(position)) == pytest.approx(u, rel=1e-13)
            mirrored = 2**64 - 1 - position
            assert -family.tail(family.quantile(mirrored)) == pytest.approx(u, rel=1e-13)
    assert family.tail(0.0) == 0.5
    assert family.tail(1e9) < 0.0
    assert family.tail(math.inf) < 0.0
    assert family.tail(-math.inf) == 0.0


def test_tail_of_uniform():
    assert [Uniform.tail(z) for z in (-2.0, -1.0, -0.5, 0.0, 0.5)] == [0.0, 0.0, 0.25, 0.5, -0.25]
    assert Uniform.tail(1.0) < 0.0
    assert Uniform.tail(7.0) < 0.0


def test_mass_between_tails():
    assert mass_between(0.25, -0.25) == 0.5
    assert mass_between(0.0, -5e-324) == 1.0
    assert mass_between(-1e-300, -5e-324) == 1e-300
    assert mass_between(0.5, 0.25) == 0.0
    assert mass_between(math.nan, 0.25) == 0.0


def test_normal_upper_tail():
    """Against mpmath: 1.4 ulp up to 9, then 4.6 to where exp(-z^2 / 2) ends."""
    mp = pytest.importorskip("mpmath")
    z = np.concatenate([np.arange(0, 37 * 32) / 32, np.random.default_rng(5).random(2000) * 37.4])
    z = np.concatenate([z, np.nextafter(z[1:], 0.0)])
    with mp.workprec(160):
        for x in z.tolist():
            exact = mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2
            error = float(abs(mp.mpf(normal_upper_tail(x)) - exact) / math.ulp(float(exact)))
            assert error <= (1.5 if x < 9.0 else 6.0), x
    assert normal_upper_tail(0.0) == 0.5
    assert normal_upper_tail(38.0) == 0.0
    assert normal_upper_tail(math.inf) == 0.0
    assert normal_upper_tail(math.nan) == 0.0


# --- Vectors -------------------------------------------------------------------------------------


def lines_of_vectors() -> list[str]:
    lines = (ROOT / "tests/vectors/polar.txt").read_text(encoding="ascii").splitlines()
    return [line for line in lines if not line.startswith("#")]


def tails_of(fields: list[str]):
    """Return the tails of a line of the vectors."""
    elements, target, proposal = int(fields[0]), fields[5], fields[6]
    loc, spread, scale = map(float, fields[7:10])
    if target == "tilted":
        return tilted(loc)

    def member(family: str, middle: float, unit: float):
        if family == "uniform":
            return Uniform(middle - unit, middle + unit)
        return FAMILIES[family](middle, unit)

    middles = [loc + spread * ((e * 37 % 64 - 31.5) / 32.0) for e in range(elements)]
    targets = [member(target, middle, scale) for middle in middles]
    return family_tails(targets, [member(proposal, 0.0, 1.0)] * elements)


def test_number_of_vectors():
    assert len(lines_of_vectors()) >= 24


@pytest.mark.parametrize("line", [*range(19), 23])
def test_vectors(line):
    """All but some that take long. Up to 300 elements are encoded, too.

    The core's tests take all.
    """
    fields = lines_of_vectors()[line].split()
    elements, fine, mirrored, seed, first = map(int, fields[:5])
    contexts = [element % int(fields[10]) for element in range(elements)]
    message = b"" if fields[11] == "-" else bytes.fromhex(fields[11])
    positions = decode_block(elements, seed, first, message, contexts)
    assert sum(p * (2 * e + 1) for e, p in enumerate(positions)) % 2**64 == int(fields[12])
    mixed = 0
    for e, p in enumerate(positions):
        mixed ^= p * (2 * e + 1) % 2**64
    assert mixed == int(fields[13])
    if elements <= 300:
        levels = Levels(fine, bool(mirrored)) if fine else None
        smooth = set(fields[5:7]) <= {"normal", "logistic"}
        sent = encode_block(elements, seed, first, tails_of(fields), levels, smooth=smooth)
        assert sent == (message, positions)
