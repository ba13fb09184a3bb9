"""The compiled core against its executable specification, bit for bit."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import astar_rec as rec
from astar_rec import _core
from astar_rec import reference as ref
from common import (
    FAMILIES,
    SEEDS,
    CodecCase,
    PairCase,
    check_codec,
    each_codec,
    each_family,
    each_pair,
    same_bits,
)

ELEMENTS = 5  # from 4 on the core uses lanes
OFFSETS = st.integers(0, 2**48 - 1000)
WORDS = st.integers(0, 2**64 - 1)
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

EXTREMES = [
    *range(4),
    *(2**k + d for k in range(2, 64) for d in (-1, 0, 1)),
    *(2**64 - 2**k + d for k in range(2, 64) for d in (-1, 0, 1)),
    *(2**64 - 1 - k for k in range(3)),
]


def random_words(count: int) -> np.ndarray:
    """Return random integers of 64 bits, of all magnitudes from either end, and the extremes."""
    rng = np.random.default_rng(20240229)
    words = rng.integers(2**64, size=count, dtype=np.uint64)
    small = words >> rng.integers(64, size=count, dtype=np.uint64)
    return np.concatenate((words, small, ~small, np.array(EXTREMES, np.uint64)))


# --- Functions -----------------------------------------------------------------------------------


def test_philox() -> None:
    rng = np.random.default_rng(1)
    for words in rng.integers(2**32, size=(200, 6)).tolist():
        counter, key = tuple(words[:4]), tuple(words[4:])
        assert tuple(_core.philox(counter, key)) == ref.philox4x32(counter, key)


def test_philox_known_answers() -> None:
    path = Path(__file__).parent / "vectors" / "philox.txt"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        words = tuple(int(word, 16) for word in line.split())
        assert ref.philox4x32(words[:4], words[4:6]) == words[6:]


def test_log() -> None:
    bits = random_words(2000) >> np.uint64(1)
    x = bits.view(np.float64)
    x = x[np.isfinite(x) & (x > 0)]
    x = np.concatenate((x, 1.0 + np.arange(-20, 20) * 2.0**-53, np.linspace(0.01, 3, 999)))
    assert same_bits(_core.log(x), [ref.portable_log(v) for v in x.tolist()])


def test_exp() -> None:
    rng = np.random.default_rng(2)
    x = np.concatenate(
        (rng.uniform(-720, 700, 3000), rng.normal(size=1000), [-700.0, 700.0, 0.0, -0.0, 1e-300])
    )
    assert same_bits(_core.exp(x), [ref.portable_exp(v) for v in x.tolist()])


def test_exponential() -> None:
    words = random_words(2000)
    assert same_bits(_core.exponential(words), [ref.exponential(k) for k in words.tolist()])


def test_next_arrival() -> None:
    rng = np.random.default_rng(3)
    for bits in random_words(100).tolist():
        after, mass = float(rng.exponential()), float(rng.uniform(2.0**-64, 1.0))
        assert _core.next_arrival(after, mass, bits) == ref.next_arrival(after, mass, bits)


@each_family
def test_quantile(family: str) -> None:
    words = random_words(2000)
    expected = [getattr(ref, family).quantile(k) for k in words.tolist()]
    assert same_bits(_core.quantile(family.lower(), words), expected)


def test_truncated_gumbel_is_an_arrival_time() -> None:
    rng = np.random.default_rng(4)
    for depth in range(60):
        mass, after = 2.0**-depth, float(rng.exponential())
        bits = int(rng.integers(2**61, 2**63, dtype=np.uint64))
        gumbel = ref.gumbel_of(ref.next_arrival(after, mass, bits))
        bound, u = ref.gumbel_of(after), (bits | 1) / 2**64
        assert ref.truncated_gumbel(math.log(mass), bound, u) == pytest.approx(gumbel, abs=1e-12)


@given(
    location=st.floats(-1e4, 1e4),
    bound=st.floats(-1e4, 1e4) | st.just(math.inf),
    u=st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
)
def test_truncated_gumbel_is_truncated(location: float, bound: float, u: float) -> None:
    gumbel = ref.truncated_gumbel(location, bound, u)
    assert math.isfinite(gumbel)
    assert gumbel <= bound


# --- Codecs --------------------------------------------------------------------------------------


def expected_of(
    case: CodecCase, pair: PairCase, parameters: np.ndarray, seed: int, offset: int
) -> list[ref.Encoded | None]:
    """Return the reference's results; None where it finds no index."""

    def encode(element: int, q: ref.Distribution, p: ref.Distribution) -> ref.Encoded | None:
        try:
            return ref.encode(case.reference, q, p, seed, element)
        except ref.TooMuchInformationError:
            return None

    return [encode(offset + i, q, p) for i, (q, p) in enumerate(pair.references(parameters))]


def require_equal(encoded: rec.Encoded, expected: list[ref.Encoded]) -> None:
    assert encoded.index.reshape(-1).tolist() == [e.index for e in expected]
    assert same_bits(encoded.sample.reshape(-1), [e.sample for e in expected])
    assert encoded.steps.reshape(-1).tolist() == [e.steps for e in expected]
    assert encoded.cut == sum(e.cut for e in expected)


def compare(case: CodecCase, pair: PairCase, parameters: np.ndarray, seed: int, offset: int) -> int:
    """Compare a codec with the reference; return how many elements could be encoded."""
    codec = case.make(seed)
    expected = expected_of(case, pair, parameters, seed, offset)
    if None in expected:
        with pytest.raises(rec.DivergenceError) as error:
            codec.encode(*pair.distributions(parameters), offset=offset)
        assert error.value.element == (expected.index(None),)
    for i, result in enumerate(expected):
        if result is not None:
            q, p = pair.distributions(parameters[:, i : i + 1])
            require_equal(check_codec(codec, q, p, offset=offset + i), [result])
            assert same_bits(
                ref.decode(
                    case.reference,
                    result.index,
                    pair.references(parameters)[i][1],
                    seed,
                    offset + i,
                ),
                result.sample,
            )
    return len(expected) - expected.count(None)


@each_codec
@each_pair
@few
@given(data=st.data(), seed=SEEDS, offset=OFFSETS)
def test_encode(
    codec_case: CodecCase, pair: PairCase, data: st.DataObject, seed: int, offset: int
) -> None:
    parameters = data.draw(pair.strategy(ELEMENTS, bounded=codec_case.needs_bound))
    compare(codec_case, pair, parameters, seed, offset)


@each_codec
@each_pair
def test_encode_random(codec_case: CodecCase, pair: PairCase) -> None:
    """Hypothesis prefers simple numbers; here they are arbitrary."""
    rng = np.random.default_rng(5)
    parameters = pair.parameters(rng.random((4, 20)), bounded=codec_case.needs_bound)
    assert compare(codec_case, pair, parameters, seed=11, offset=0) > 10


# Location and scale of the target in the proposal's. The first is the proposal itself, the only one
# for codecs that need a small bound.
EDGES = [
    (0.0, 1.0),
    (0.0, 1.0 - 2.0**-53),
    (0.0, 1.0 + 2.0**-52),
    (0.5, 1.0),
    (-0.5, 1.0 - 2.0**-53),
    (5.0, 0.9),
    (-8.0, 0.01),
    (0.0, 1e-9),
    (1.0, 1e-13),
    (1e-300, 0.5),
]


def edge_parameters(pair: PairCase, mean: float, scale: float) -> np.ndarray | None:
    """Return parameters for a standard proposal; None where the target leaves its support."""
    if (pair.target, pair.proposal) == ("Laplace", "Normal") and abs(mean) + 6.0 * scale > 9.0:
        return None
    q, p = (mean, scale), (0.0, 1.0)
    if pair.target == "Uniform":
        q = (mean - scale, mean + scale)
    if pair.proposal == "Uniform":
        p = (-1.0, 1.0)
        if q[0] < -1.0 or q[1] > 1.0:
            return None
    return np.array([*q, *p]).reshape(4, 1)


@each_codec
@each_pair
def test_encode_edges(codec_case: CodecCase, pair: PairCase) -> None:
    if codec_case.needs_bound and pair.target != pair.proposal:
        return
    for mean, scale in EDGES[:1] if codec_case.needs_bound else EDGES:
        parameters = edge_parameters(pair, mean, scale)
        if parameters is not None:
            compare(codec_case, pair, parameters, seed=3, offset=17)


@each_codec
@each_pair
def test_elements_are_numbered_in_c_order(codec_case: CodecCase, pair: PairCase) -> None:
    rng = np.random.default_rng(6)
    grid = pair.parameters(rng.random((4, 2, 3)), bounded=codec_case.needs_bound)
    grid[2:] = grid[2:, :1, :1]  # one proposal for all
    if pair.target == pair.proposal == "Uniform":
        grid[:2] = grid[:2, :1, :1]
    if None in (expected := expected_of(codec_case, pair, grid, 2**63, 5)):
        return  # compared elsewhere
    q, _ = pair.distributions(grid)
    _, p = pair.distributions(grid[:, :1, 0])
    encoded = check_codec(codec_case.make(2**63), q, p, offset=5)
    assert encoded.index.shape == (2, 3)
    require_equal(encoded, expected)


@each_codec
@each_family
@few
@given(data=st.data(), seed=SEEDS, offset=OFFSETS)
def test_decode_any_index(
    codec_case: CodecCase, family: str, data: st.DataObject, seed: int, offset: int
) -> None:
    """Every index stands for a sample, also one that no encoder has sent."""
    indices = data.draw(st.lists(st.integers(1, codec_case.largest_index), min_size=1, max_size=8))
    parameters = (-0.75, 3.5)
    decoded = codec_case.make(seed).decode(
        np.array(indices, np.uint64), getattr(rec, family)(*parameters), offset=offset
    )
    p = getattr(ref, family)(*parameters)
    expected = [
        ref.decode(codec_case.reference, index, p, seed, offset + i)
        for i, index in enumerate(indices)
    ]
    assert same_bits(decoded, expected)


# --- Ratios of one's own -------------------------------------------------------------------------


class Parabola:
    """A log ratio with its mode inside: log of a narrower normal, but for a constant."""

    def __init__(self, mode: float, sharpness: float) -> None:
        self.mode, self.sharpness = mode, sharpness

    def __call__(self, x: float) -> float:
        return -self.sharpness * (x - self.mode) * (x - self.mode)

    def supremum(self, a: float, b: float) -> float:
        return self(max(a, min(self.mode, b)))


def search(case: CodecCase, ratio: Parabola, proposal: ref.Normal, element: int) -> ref.Found:
    """Search with a ratio whose argument is the sample itself."""
    return case.reference.find(
        ratio,
        lambda position: proposal.sample(proposal.quantile(position)),
        ref.NodeRandom(8, element),
    )


@each_codec
def test_custom_target(codec_case: CodecCase) -> None:
    mode, sharpness, count = 1.25, 4.0, 50
    target = rec.CustomTarget(
        log_ratio=lambda x: -sharpness * (x - mode) * (x - mode), mode=mode, shape=(count,)
    )
    encoded = check_codec(codec_case.make(8), target, rec.Normal(0.5, 2.0))
    proposal = ref.Normal(0.5, 2.0)
    for i in range(count):
        found = search(codec_case, Parabola(mode, sharpness), proposal, i)
        assert (encoded.index[i], encoded.steps[i]) == (found.index, found.steps)
        assert encoded.sample[i] == proposal.sample(proposal.quantile(found.position))


@pytest.mark.parametrize("name", ["ASStar", "ADStar"])
def test_too_much_information(name: str) -> None:
    """A target narrower than the distance of two positions, 1.4e-19 in the middle."""
    mode, sharpness = 1e-10, 1e60
    target = rec.CustomTarget(log_ratio=lambda x: -sharpness * (x - mode) * (x - mode), mode=mode)
    with pytest.raises(rec.DivergenceError):
        getattr(rec, name)(8).encode(target, rec.Normal(0.0, 1.0))
    with pytest.raises(ref.TooMuchInformationError):
        ref.search(
            getattr(ref, name)(),
            Parabola(mode, sharpness),
            ref.normal_quantile,
            ref.NodeRandom(8, 0),
        )


@pytest.mark.parametrize("family", FAMILIES[:3])
def test_no_log_ratio(family: str) -> None:
    with pytest.raises(TypeError, match="uniform"):
        ref.log_ratio(getattr(ref, family)(0.0, 0.1), ref.Uniform(-1.0, 1.0))
    if family != "Logistic":
        with pytest.raises(TypeError, match="no log ratio"):
            ref.log_ratio(ref.Logistic(0.0, 0.1), getattr(ref, family)(0.0, 1.0))


# --- Index codes ---------------------------------------------------------------------------------

CODES = [
    ("fixed", 64),
    ("gamma", 0),
    ("delta", 0),
    *(("zeta", k) for k in (1, 2, 3, 4, 5, 7, 16, 31, 32, 33, 62, 63)),
]


def in_bytes(bits: str) -> bytes:
    padded = bits + "0" * (-len(bits) % 8)
    return bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8))


@pytest.mark.parametrize(("name", "parameter"), CODES)
def test_index_codes(name: str, parameter: int) -> None:
    extra = (parameter,) if parameter else ()
    write, read = getattr(ref, f"code_{name}"), getattr(ref, f"read_{name}")
    code = getattr(_core.Code, name)
    words = random_words(100)
    indices = words[words > 0]
    codes = [write(n, *extra) for n in indices.tolist()]
    bits = "".join(codes)
    assert _core.pack(indices, code, parameter) == in_bytes(bits)
    assert _core.coded_bits(indices, code, parameter) == len(bits)
    stream = iter(bits)
    assert [read(stream, *extra) for _ in codes] == indices.tolist()
    assert next(stream, None) is None


@pytest.mark.parametrize("width", [1, 2, 8, 33, 63, 64])
def test_fixed_code(width: int) -> None:
    indices = [1, 2**width - 1, 2 ** (width - 1)]
    bits = "".join(ref.code_fixed(n, width) for n in indices)
    assert _core.pack(np.array(indices, np.uint64), _core.Code.fixed, width) == in_bytes(bits)
    with pytest.raises(ValueError, match="does not fit"):
        ref.code_fixed(2**width, width)


@pytest.mark.parametrize(("name", "parameter"), CODES)
@few
@given(bits=st.text("01", max_size=200))
def test_arbitrary_bits(name: str, parameter: int, bits: str) -> None:
    """Both readers take any bits for the same index, or neither does."""
    extra = (parameter,) if parameter else ()
    stream = iter(bits + "0" * (-len(bits) % 8))
    try:
        n = getattr(ref, f"read_{name}")(stream, *extra)
    except ValueError:
        with pytest.raises(_core.CoreCorruptDataError):
            _core.unpack(in_bytes(bits), 1, getattr(_core.Code, name), parameter)
        return
    assert 1 <= n < 2**64
    code = getattr(ref, f"code_{name}")(n, *extra)
    assert bits.startswith(code) or (bits + "0" * 7).startswith(code)
    packed = in_bytes(code)
    assert _core.unpack(packed, 1, getattr(_core.Code, name), parameter).tolist() == [n]
