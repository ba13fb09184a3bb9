"""Codes of indices: published words, round trips over all 64 bits, and what no encoder wrote."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from astar_rec import reference as ref
from extension.toy_code import FibonacciCode

LARGEST = 2**64 - 1
ZETAS = {k: rec.ZetaCode(1 + 1 / k) for k in (*range(1, 13), 21, 31, 32, 33, 62, 63)}
FIXED = {width: rec.FixedCode(width) for width in (1, 2, 3, 8, 31, 32, 33, 63, 64)}
UNIVERSAL = [rec.GammaCode(), rec.DeltaCode(), *ZETAS.values()]
OURS = [*UNIVERSAL, *FIXED.values()]
CODES = [*OURS, FibonacciCode()]  # and one that a user may have written
each_code = pytest.mark.parametrize("code", CODES, ids=repr)
each_universal_code = pytest.mark.parametrize("code", UNIVERSAL, ids=repr)

# Every length of path alike, and the integers next to powers of two.
INDICES = st.one_of(
    st.integers(1, 70),
    st.integers(1, LARGEST),
    st.integers(0, 63).flatmap(lambda depth: st.integers(2**depth, 2 ** (depth + 1) - 1)),
    st.integers(0, 63).map(lambda depth: 2**depth),
    st.integers(1, 64).map(lambda depth: 2**depth - 1),
)


def largest_of(code: rec.IndexCode) -> int:
    return 2**code.width - 1 if isinstance(code, rec.FixedCode) else LARGEST


def bits_of(data: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in data)


def bytes_of(bits: str) -> bytes:
    padded = bits + "0" * (-len(bits) % 8)
    return bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8))


def word(code: rec.IndexCode, n: int) -> str:
    return bits_of(code.pack([n]))[: code.bits([n])]


def reference_word(code: rec.IndexCode, n: int) -> str:
    if isinstance(code, rec.FixedCode):
        return ref.code_fixed(n, code.width)
    if isinstance(code, rec.ZetaCode):
        return ref.code_zeta(n, code.k)
    return (ref.code_gamma if isinstance(code, rec.GammaCode) else ref.code_delta)(n)


# --- Published words ----------------------------------------------------------------------------

# P. Elias, "Universal codeword sets and representations of the integers", 1975; gamma in the usual
# order of its bits, zeros first.
GAMMA = ["1", "010", "011", "00100", "00101", "00110", "00111", "0001000", "0001001"]
DELTA = {
    1: "1",
    2: "0100",
    3: "0101",
    4: "01100",
    5: "01101",
    6: "01110",
    7: "01111",
    8: "00100000",
    9: "00100001",
    15: "00100111",
    16: "001010000",
    17: "001010001",
    31: "001011111",
    32: "0011000000",
    64: "00111000000",
    100: "00111100100",
}
# P. Boldi, S. Vigna, "Codes for the World Wide Web", 2005, table 2.
ZETA = {
    1: ["1", "010", "011", "00100", "00101", "00110", "00111", "0001000"],
    2: ["10", "110", "111", "01000", "01001", "01010", "01011", "011000"],
    3: ["100", "1010", "1011", "1100", "1101", "1110", "1111", "0100000"],
    4: ["1000", "10010", "10011", "10100", "10101", "10110", "10111", "11000"],
}


def test_published_gamma_words() -> None:
    assert [word(rec.GammaCode(), n) for n in range(1, 10)] == GAMMA
    assert word(rec.GammaCode(), 17) == "000010001"
    assert word(rec.GammaCode(), 2**63) == "0" * 63 + "1" + "0" * 63
    assert word(rec.GammaCode(), LARGEST) == "0" * 63 + "1" * 64


def test_published_delta_words() -> None:
    for n, expected in DELTA.items():
        assert word(rec.DeltaCode(), n) == expected
    # 64 bits: 64 in gamma, then 63 ones.
    assert word(rec.DeltaCode(), LARGEST) == "000000" + "1000000" + "1" * 63


@pytest.mark.parametrize("k", ZETA)
def test_published_zeta_words(k: int) -> None:
    assert [word(ZETAS[k], n) for n in range(1, 9)] == ZETA[k]


def test_zeta_3_continued() -> None:
    zeta = ZETAS[3]
    assert [word(zeta, n) for n in (9, 15, 16, 63, 64)] == [
        "0100001",
        "0100111",
        "01010000",
        "01111111",
        "00100000000",
    ]


@pytest.mark.parametrize("width", FIXED)
def test_fixed_words(width: int) -> None:
    for n in {1, 2**width - 1, 2 ** (width - 1)}:
        assert word(FIXED[width], n) == f"{n:0{width}b}"


def test_zeta_1_is_gamma() -> None:
    assert ZETAS[1].k == 1
    for n in (*range(1, 300), 2**40 + 12345, 2**63, LARGEST):
        assert word(ZETAS[1], n) == word(rec.GammaCode(), n)


def test_words_follow_each_other() -> None:
    assert bits_of(rec.GammaCode().pack([1, 2, 3, 4])) == "1010011001000000"
    assert rec.GammaCode().pack([]) == b""
    assert (
        bits_of(rec.FixedCode(3).pack([[1, 2], [3, 7]])) == "001" + "010" + "011" + "111" + "0000"
    )


@pytest.mark.parametrize("code", OURS, ids=repr)
@settings(deadline=None, max_examples=50)
@given(n=INDICES)
def test_words_are_the_references(code: rec.IndexCode, n: int) -> None:
    n = min(n, largest_of(code))
    assert word(code, n) == reference_word(code, n)


# --- Lengths ------------------------------------------------------------------------------------


def depth_of(n: int) -> int:
    return n.bit_length() - 1


@settings(deadline=None)
@given(INDICES)
def test_lengths_are_as_documented(n: int) -> None:
    depth = depth_of(n)
    assert rec.GammaCode().bits([n]) == 2 * depth + 1
    assert rec.DeltaCode().bits([n]) == depth + 2 * depth_of(depth + 1) + 1
    for k, code in ZETAS.items():
        block = depth // k
        longest = block + 1 + min(k * (block + 1), 64)
        assert code.bits([n]) in (longest - 1, longest)
    assert rec.FixedCode(64).bits([n]) == 64


@each_code
@settings(deadline=None, max_examples=50)
@given(values=st.lists(INDICES, max_size=20))
def test_bits_are_the_packed_length(code: rec.IndexCode, values: list[int]) -> None:
    values = [min(n, largest_of(code)) for n in values]
    bits = code.bits(values)
    assert type(bits) is int
    assert bits == sum(code.bits([n]) for n in values)
    assert len(code.pack(values)) == -(-bits // 8)


@each_universal_code
def test_prefix_free_and_complete(code: rec.IndexCode) -> None:
    words = sorted(word(code, n) for n in range(1, 600))
    assert not any(b.startswith(a) for a, b in itertools.pairwise(words))
    # Kraft: as many words as there can be, almost.
    assert sum(2.0 ** -len(w) for w in words) < 1.0 + 1e-12


@pytest.mark.parametrize("exponent", [1.01, 1.1, 4 / 3, 1.5, 1.75, 2.0, 3.0, 1e300])
def test_parameter_of_zeta(exponent: float) -> None:
    k = rec.ZetaCode(exponent).k
    assert 1 <= k <= 63
    assert k == max(1, min(63, round(1 / (exponent - 1))))


# --- Round trips --------------------------------------------------------------------------------


@each_code
@settings(deadline=None, max_examples=100)
@given(values=st.lists(INDICES, max_size=30))
def test_round_trip(code: rec.IndexCode, values: list[int]) -> None:
    values = [min(n, largest_of(code)) for n in values]
    data = code.pack(values)
    assert type(data) is bytes
    back = code.unpack(data, len(values))
    assert back.dtype == np.uint64
    assert back.tolist() == values


@each_code
def test_every_depth(code: rec.IndexCode) -> None:
    values = sorted(
        {n for d in range(64) for n in (2**d, 2**d + 1, 3 * 2**d // 2, 2 ** (d + 1) - 1)}
    )
    values = [n for n in values if n <= largest_of(code)]
    assert code.unpack(code.pack(values), len(values)).tolist() == values
    for n in values:
        assert code.unpack(code.pack([n]), 1).tolist() == [n]


@each_code
def test_arrays(code: rec.IndexCode) -> None:
    largest = largest_of(code)
    rng = np.random.default_rng(0)
    index = rng.integers(1, largest, size=(30, 40), dtype=np.uint64, endpoint=True)
    data = code.pack(index)
    assert (code.unpack(data, index.size).reshape(index.shape) == index).all()
    # In C order, wherever they lie in memory.
    for other in (
        np.asfortranarray(index),
        index.astype(">u8"),
        index[::-1].copy()[::-1],
        np.repeat(index, 2, axis=1)[:, ::2],
        index.tolist(),
    ):
        assert code.pack(other) == data
        assert code.bits(other) == code.bits(index)
    read_only = index.copy()
    read_only.flags.writeable = False
    assert code.pack(read_only) == data
    assert code.pack(np.empty((0, 3), np.uint64)) == b""
    assert code.unpack(b"", 0).shape == (0,)
    assert code.pack(np.uint64(1)) == code.pack([1]) == code.pack(1)


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, lambda d: np.frombuffer(d, "u1")])
def test_buffers(wrap: Any) -> None:
    data = rec.DeltaCode().pack([5, 6, 7])
    assert rec.DeltaCode().unpack(wrap(data), 3).tolist() == [5, 6, 7]


@each_universal_code
def test_many(code: rec.IndexCode) -> None:
    rng = np.random.default_rng(1)
    depths = rng.integers(0, 64, size=100_000).astype(np.uint64)
    index = (rng.integers(0, 2**64, size=depths.size, dtype=np.uint64) | np.uint64(2**63)) >> depths
    assert np.array_equal(code.unpack(code.pack(index), index.size), index)


# --- Bits that no encoder wrote -----------------------------------------------------------------


def assert_corrupt(code: rec.IndexCode, data: bytes, count: int) -> None:
    with pytest.raises(rec.CorruptDataError):
        code.unpack(data, count)


@each_code
def test_truncation(code: rec.IndexCode) -> None:
    values = [min(n, largest_of(code)) for n in (1, 5, 2**20 + 3, LARGEST, 2)]
    data = code.pack(values)
    for length in range(len(data)):
        assert_corrupt(code, data[:length], len(values))


@each_code
def test_wrong_counts(code: rec.IndexCode) -> None:
    # So many that padding cannot pass for one more.
    values = [min(n, largest_of(code)) for n in [3, 5, 2**20 + 3, LARGEST] * 10]
    data = code.pack(values)
    for count in (0, 1, 2, 20, 39, 41, 80, 8 * len(data) + 1, 2**40):
        assert_corrupt(code, data, count)
    assert_corrupt(code, b"", 1)
    assert_corrupt(code, b"\x80", 0)


@each_code
def test_bytes_too_many(code: rec.IndexCode) -> None:
    data = code.pack([1, 1])
    for more in (b"\0", b"\x80", b"\xff" * 9, bytes(1000)):
        assert_corrupt(code, data + more, 2)


@each_code
def test_padding_is_zero(code: rec.IndexCode) -> None:
    data = code.pack([1])
    for bit in range(len(data) * 8 - code.bits([1])):
        assert_corrupt(code, data[:-1] + bytes([data[-1] | 1 << bit]), 1)


@each_universal_code
def test_unary_without_end(code: rec.IndexCode) -> None:
    assert_corrupt(code, bytes(10_000), 1)
    assert_corrupt(code, bytes(8), 1)
    assert_corrupt(code, bytes(9) + b"\xff" * 20, 1)


def test_delta_beyond_64_bits() -> None:
    for octave in (65, 66, 100, 127, 2**32, LARGEST):
        bits = ref.code_gamma(octave) + "1" * 300
        assert_corrupt(rec.DeltaCode(), bytes_of(bits), 1)
    assert rec.DeltaCode().unpack(bytes_of(ref.code_gamma(64) + "0" * 63), 1).tolist() == [2**63]


def test_zeta_beyond_64_bits() -> None:
    for k in (3, 5, 7, 33, 63):
        # The last block is cut at 2^64: there is no further one.
        blocks = 63 // k
        assert_corrupt(ZETAS[k], bytes_of("0" * (blocks + 1) + "1" * 200), 1)


def test_index_0_in_fixed_width() -> None:
    for width, code in FIXED.items():
        assert_corrupt(code, bytes_of("0" * width), 1)
        assert_corrupt(code, bytes_of(f"{1:0{width}b}" + "0" * width), 2)


@each_code
@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=40), count=st.integers(0, 50))
def test_garbage(code: rec.IndexCode, data: bytes, count: int) -> None:
    """Garbage is refused, or it is the one way to write what it decodes to."""
    try:
        index = code.unpack(data, count)
    except rec.CorruptDataError:
        return
    assert code.pack(index) == data


@pytest.mark.parametrize("count", [-1, 2**48 + 1, 2**64, 1.0, None, "1", True])
def test_bad_counts(count: Any) -> None:
    with pytest.raises(rec.ParameterError, match="count"):
        rec.GammaCode().unpack(b"\x80", count)


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((2, 2), "u1"), memoryview(b"abcd")[::2]])
def test_no_bytes(bad: Any) -> None:
    with pytest.raises((rec.RecError, TypeError)):
        rec.GammaCode().unpack(bad, 1)


# --- Indices that a code cannot hold ------------------------------------------------------------


@each_code
def test_index_0(code: rec.IndexCode) -> None:
    for call in (code.pack, code.bits):
        with pytest.raises(rec.ParameterError) as caught:
            call(np.array([[1, 1], [0, 1]], np.uint64))
        error = caught.value
        assert (error.argument, error.value, error.position) == ("index", 0, (1, 0))
        assert "from 1 to" in str(error)


@pytest.mark.parametrize("width", [1, 2, 31, 32, 33, 63])
def test_too_large_for_fixed_width(width: int) -> None:
    for call in (FIXED[width].pack, FIXED[width].bits):
        with pytest.raises(rec.ParameterError, match=rf"from 1 to 2\^{width} - 1") as caught:
            call([1, 2**width - 1, 2**width])
        assert caught.value.position == (2,)
        with pytest.raises(rec.ParameterError):
            call([LARGEST])


# --- The choice of a code -----------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(st.lists(INDICES, min_size=1, max_size=20))
def test_shortest_code(values: list[int]) -> None:
    shortest = rec.shortest_code(values)
    for code in [
        rec.GammaCode(),
        rec.DeltaCode(),
        *(rec.ZetaCode(1 + 1 / k) for k in range(1, 33)),
    ]:
        assert shortest.bits(values) <= code.bits(values)
    assert shortest.unpack(shortest.pack(values), len(values)).tolist() == values


def test_shortest_code_of_nothing() -> None:
    code = rec.shortest_code(np.empty(0, np.uint64))
    assert code.pack([]) == b""


def test_shortest_code_of_what_has_no_code() -> None:
    for bad in ([0], [1, 0], np.array([1]), [1.0], [2**64]):
        with pytest.raises(rec.ParameterError):
            rec.shortest_code(bad)


@each_code
def test_repr(code: rec.IndexCode) -> None:
    again = eval(repr(code), {**vars(rec), "FibonacciCode": FibonacciCode})
    assert type(again) is type(code)
    assert again.pack([1]) == code.pack([1])
