"""A decoder of containers from docs/format.md and docs/tree_code.md alone, in plain Python.

It shares nothing with the library but the tables of coefficients that the pages name. `decode`, at
the end, is what to call. `basics.py` has what several parts need, `tree.py` the tree code; the rest
is here, in the order of docs/format.md.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from .basics import (
    MASK,
    TABLES,
    RangeDecoder,
    begin_with,
    child,
    order,
    philox,
    place_word,
    random_words,
    require,
    standard,
    table,
)
from .dither import read_dithered
from .polar import read_polar
from .tree import read_tree

__all__ = ["TABLES", "philox", "table"]

Proposal = tuple[str, float, float]  # family; loc and scale, or low and high
Proposals = Callable[[int], Proposal] | Sequence[Proposal]

# --- Conventions --------------------------------------------------------------------------------


class Source:
    """Bytes, read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, count: int) -> bytes:
        require(self.place + count <= len(self.data), "bytes are missing")
        self.place += count
        return self.data[self.place - count : self.place]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = shift = 0
        while (byte := self.byte()) >= 128:
            value |= (byte - 128) << shift
            shift += 7
            require(shift < 70, "a number of more than ten bytes")
        require(byte > 0 or shift == 0, "a number with idle zeros")
        value |= byte << shift
        require(value < 2**64, "a number of more than 64 bits")
        return value


def checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")


# --- Layout -------------------------------------------------------------------------------------

GLOBAL, AS, AD, DAD, MRC, POLAR = range(6)
UNIVERSAL, DITHER = 13, 14
ORC, PPR = 17, 18
WHOLE = (POLAR, UNIVERSAL, DITHER)  # blocks run through all axes, and have bytes
GREEDY = (15, 16)  # their indices are those of the methods that split alike
HYBRID = 19
NUMBERED = (MRC, ORC, PPR)  # an index of one word, whatever the block
FIXED, GAMMA, DELTA, ZETA, ADAPTIVE, TREE, BYTES = range(7)
LEARNING = (ADAPTIVE, TREE)
NO_CONTEXTS, COLUMN, GIVEN = range(3)


@dataclass
class Header:
    """The header's fields."""

    method: int
    code: int
    shape: tuple[int, ...]
    parameter: int = 0
    block: int = 1
    seed: int = 0
    offset: int = 0
    contexts: int = NO_CONTEXTS
    start: int = 0
    limit: int = 0
    halvings: int = 0
    chunk: int = 16
    hints: tuple[int, ...] = ()
    is_float32: bool = False
    is_open: bool = False
    fingerprint: tuple[float, float] | None = None
    checksum: bytes = b""

    @property
    def columns(self) -> int:
        return self.shape[-1] if self.shape else 1

    @property
    def words(self) -> int:
        """How many words of 64 bits an index has."""
        if self.method == HYBRID:
            return -(-(33 + self.halvings * self.block) // 64)
        return 1 if self.method in NUMBERED else self.block

    @property
    def row_blocks(self) -> int:
        """How many blocks there are in a row of the last axis."""
        return -(-self.columns // self.block)

    @property
    def index_count(self) -> int:
        if self.method in WHOLE:
            return -(-math.prod(self.shape) // self.block)
        return math.prod(self.shape[:-1]) * self.row_blocks

    def check_elements(self) -> None:
        count = math.prod(max(1, length) for length in self.shape)
        require(self.offset + count <= 2**48, "element numbers beyond 2^48")


def read_header(source: Source) -> Header:
    require(source.take(4) == b"A*RC", "not a container")
    require(source.byte() == 3, "another version")
    method, flags, code, chunk = source.take(4)
    contexts = flags >> 2 & 3
    known = method <= POLAR or method in (*WHOLE, *NUMBERED, *GREEDY, HYBRID)
    require(known, "an unknown method")
    require(contexts <= GIVEN and flags < 32, "unknown flags")
    require(code <= BYTES, "an unknown code")
    require((code == BYTES) == (method in WHOLE), "bytes and another method")
    require((0 if method in WHOLE else 4) <= chunk <= 16, "a chunk's size")
    known = code in LEARNING or method == POLAR or contexts == NO_CONTEXTS
    require(known, "contexts without a code that learns")
    require(code != TREE or method == AD, "the tree code without AD*")
    header = Header(method, code, (), chunk=chunk, contexts=contexts)
    header.is_float32, header.is_open = bool(flags & 1), bool(flags & 2)
    if code in (FIXED, ZETA):
        header.parameter = source.number()
        require(1 <= header.parameter <= (64 if code == FIXED else 63), "a code's parameter")
    if code in LEARNING:
        header.start = source.number()
        require(header.start <= 255, "a code's start")
    header.seed = source.number()
    read_method(source, header)
    require(header.words == 1 or code in (*LEARNING, BYTES), "words without a code that learns")
    header.offset = source.number()
    axes = source.number()
    require(axes <= 32, "too many axes")
    header.shape = tuple(source.number() for _ in range(axes))
    header.check_elements()
    if header.is_open:
        require(axes > 0 and header.shape[0] == 0, "an open container's first axis")
    require(contexts != COLUMN or axes > 1, "columns as contexts of one axis")
    if method == POLAR and contexts == COLUMN:
        require(header.columns <= 65_536, "more columns than contexts")
    if header.hints:
        require(len(header.hints) == header.columns, "hints for other columns")
    if flags & 16:
        header.fingerprint = struct.unpack("<ff", source.take(8))
        location, spread = header.fingerprint
        require(math.isfinite(location) and 0 <= spread < math.inf, "a fingerprint")
    header.checksum = checksum(source.data[: source.place])
    require(source.take(4) == header.checksum, "the header's checksum")
    return header


def read_method(source: Source, header: Header) -> None:
    """Read what the method has beside the seed."""
    if header.method == AS:
        return
    if header.method in GREEDY:
        split = source.number()
        require(split < 3, "an unknown split")
        header.method = (AS, AD, GLOBAL)[split]
        return
    header.block = source.number()
    large = dict.fromkeys((UNIVERSAL, DITHER, *NUMBERED), 2**16) | {POLAR: 2**24, HYBRID: 991}
    largest = large.get(header.method, 16)
    require(1 <= header.block <= largest, "a block's size")
    if header.method not in (AD, *WHOLE):
        header.limit = source.number()
    require(header.method != DAD or header.limit <= 63 * header.block, "the largest depth")
    if header.method in (MRC, ORC, HYBRID):
        require(1 <= header.limit <= 2**32, "the number of candidates")
    if header.method == HYBRID:
        header.halvings = source.number()
        require(1 <= header.halvings <= 31, "the number of halvings")
        require(header.halvings * header.block <= 991, "a block's size")
    require(header.method != PPR or header.limit <= 2**20, "the exponent")
    if header.method in (AD, DAD):
        count = source.number()
        require(count <= 2**18, "too many hints")
        require(count == 0 or header.block > 1, "hints without blocks")
        header.hints = tuple(source.number() for _ in range(count))
        require(all(hint <= 2**16 for hint in header.hints), "a hint's size")


def read_frames(source: Source, header: Header) -> tuple[list[bytes], list[bool]]:
    """Return the payloads, and which have escapes; an open header gets the number of rows."""
    payloads: list[bytes] = []
    escaped: list[bool] = []
    is_last = False
    while source.place < len(source.data):
        require(not is_last, "bytes after the last frame")
        mark = source.byte()
        escaped.append(mark in (0xC6, 0xE6))
        is_last = mark - escaped[-1] == 0xE5
        require(mark - escaped[-1] == 0xC5 or (is_last and header.is_open), "no frame")
        covered = header.checksum
        rows = source.number() if is_last else 0
        number, length = source.number(), source.number()
        covered += number.to_bytes(8, "little")
        if is_last:
            header.shape = (rows, *header.shape[1:])
            header.check_elements()
            covered += rows.to_bytes(8, "little")
        if escaped[-1]:
            covered += b"\1"
        payloads.append(source.take(length))
        require(source.take(4) == checksum(covered + payloads[-1]), "a frame's checksum")
        require(number == len(payloads) - 1, "a frame out of order")
    require(is_last == header.is_open, "the last frame is missing")
    chunks = -(-header.index_count >> header.chunk)
    require(len(payloads) == max(chunks, header.is_open), "the number of frames")
    return payloads, escaped


# --- Codes 0 to 3: words ------------------------------------------------------------------------


class Bits:
    """Bits, the most significant of a byte first."""

    def __init__(self, data: bytes) -> None:
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.place = 0

    def take(self, count: int) -> int:
        require(self.place + count <= len(self.bits), "bits are missing")
        self.place += count
        return int("0" + self.bits[self.place - count : self.place], 2)

    def zeros(self) -> int:
        """Return how many zeros there are, and go to the one that follows."""
        end = self.bits.find("1", self.place)
        require(end >= 0, "bits are missing")
        count, self.place = end - self.place, end
        return count

    def end(self) -> None:
        rest = self.bits[self.place :]
        require(len(rest) < 8 and "1" not in rest, "bits after the last word")


def read_word(bits: Bits, code: int, parameter: int) -> int:
    if code == FIXED:
        return bits.take(parameter)
    if code == GAMMA:
        return bits.take(bits.zeros() + 1)
    if code == DELTA:
        depth = bits.take(bits.zeros() + 1) - 1
        require(depth < 64, "an index of more than 64 bits")
        return 1 << depth | bits.take(depth)
    low = bits.zeros() * parameter
    require(bits.take(1) == 1 and low < 64, "an index of more than 64 bits")
    high = min(low + parameter, 64)
    value = bits.take(high - 1)
    if value >= 2**low:
        value = (value << 1 | bits.take(1)) - 2**low
    return 2**low + value


def read_words(payload: bytes, header: Header, count: int) -> list[int]:
    bits = Bits(payload)
    indices = [read_word(bits, header.code, header.parameter) for _ in range(count)]
    bits.end()
    require(all(1 <= index < 2**64 for index in indices), "an index of 0 or of more than 64 bits")
    return indices


# --- Code 4: adaptive ---------------------------------------------------------------------------


class Frequency:
    """How often a level was reached, and how often the depth ended there."""

    def __init__(self) -> None:
        self.reached = self.ended = 0

    def probability(self, prior: int, weight: int) -> int:
        p = ((self.ended << 24) + weight * prior) // (self.reached + weight)
        return min(max(p, 1), 2**24 - 1)

    def count(self, answer: bool) -> None:
        self.reached += 1
        self.ended += answer
        if self.reached == 2**20:
            self.reached //= 2
            self.ended //= 2


@cache
def prior(level: int, block: int, start: int) -> tuple[int, int]:
    """Return the prior of the shared frequency of a level, and its weight."""
    if start == 0:
        return 2**23, 1
    o = block.bit_length() - 1
    log2k = (o - 1) * 256 + ((block << 8) >> o)

    def f(a: int, b: int, c: int, d: int) -> int:
        over = (256 * c + d * log2k) * 8
        share = abs(over) // (start + 4)
        return 256 * a + b * log2k + (share if over >= 0 else -share)

    plateau = min(max(f(201, -47, 11, 19), 2**16 // 5), 2**16 - 2**16 // 50)
    shift = f(-156, 46, -408, 18) + 2**13 * start * block
    steepness = f(245, -44, 70, -13)
    power = (steepness * (shift - 2**16 * level)) >> 16
    octave = min(max(power >> 16, -12), 12)
    odds = ((2**16 + power % 2**16) << 12) >> (12 - octave)
    return (plateau << 24) // (2**16 + odds), 32


def read_adaptive(payload: bytes, header: Header, begin: int, contexts: Sequence[int]) -> list[int]:
    """Read an index for each context; all of them are 0 if there are none."""
    del begin
    shared: dict[int, Frequency] = defaultdict(Frequency)
    of_context: dict[tuple[int, int], Frequency] = defaultdict(Frequency)
    coder = RangeDecoder(payload)

    def ends(level: int, context: int) -> bool:
        frequency = shared[level]
        probability = frequency.probability(*prior(level, header.words, header.start))
        frequencies = [frequency]
        if header.contexts != NO_CONTEXTS:
            frequencies.append(of_context[context, level])
            probability = frequencies[1].probability(probability, 16)
        answer = coder.decision(probability)
        for each in frequencies:
            each.count(answer)
        return answer

    indices = []
    for context in contexts:
        depth = 0
        while not ends(depth, context):
            depth += 1
            require(depth < 64 * header.words, "an index of more than its words")
        index = 1
        for word in (depth % 64, *[64] * (depth // 64)):
            for piece in (*[16] * (word // 16), word % 16):
                index = index << piece | coder.raw(piece)
        indices.append(index)
    coder.end()
    return indices


def read_chunk(
    payload: bytes, header: Header, begin: int, count: int, contexts: Sequence[int] | None
) -> list[int]:
    """Return the indices from number `begin` on that a payload holds."""
    if count == 0:
        require(payload == b"", "a payload without an index")
        return []
    if header.code not in LEARNING:
        return read_words(payload, header, count)
    read = read_tree if header.code == TREE else read_adaptive
    numbers = range(begin, begin + count)
    if header.contexts == NO_CONTEXTS:
        return read(payload, header, begin, [0] * count)
    if header.contexts == COLUMN:
        return read(payload, header, begin, [n % header.row_blocks for n in numbers])
    require(contexts is not None and len(contexts) == header.index_count, "contexts are needed")
    here = [contexts[n] for n in numbers]
    if header.checksum:
        told = b"".join(context.to_bytes(2, "little") for context in here)
        require(payload[:4] == checksum(told), "other contexts than the encoder's")
        payload = payload[4:]
    return read(payload, header, begin, here)


# --- Code 6: bytes ------------------------------------------------------------------------------


def read_messages(payload: bytes, count: int) -> list[bytes]:
    source = Source(payload)
    messages = [source.take(source.number()) for _ in range(count - 1)]
    require(count > 0 or not payload, "bytes for no message")
    return [*messages, payload[source.place :]][:count]


def polar_payload(
    payload: bytes, header: Header, begin: int, count: int, contexts: Sequence[int] | None
) -> bytes:
    """Return what a payload holds behind the checksum of contexts, if there is one."""
    if header.contexts != GIVEN:
        return payload
    require(contexts is not None, "contexts are needed")
    elements = math.prod(header.shape)
    require(len(contexts) == elements, "contexts are needed")
    if not header.checksum or not count:
        return payload
    here = contexts[begin * header.block : min((begin + count) * header.block, elements)]
    told = b"".join(context.to_bytes(2, "little") for context in here)
    require(payload[:4] == checksum(told), "other contexts than the encoder's")
    return payload[4:]


def polar_positions(
    header: Header, messages: Sequence[bytes], contexts: Sequence[int] | None
) -> list[int]:
    """Return the positions of all elements."""
    if header.contexts == COLUMN:
        contexts = [n % header.columns for n in range(math.prod(header.shape))]
    elements = math.prod(header.shape)
    positions: list[int] = []
    for message in messages:
        first = len(positions)
        size = min(header.block, elements - first)
        own = None if contexts is None else contexts[first : first + size]
        positions += read_polar(message, header.seed, header.offset + first, size, own)
    return positions


def middle(proposal: Proposal) -> float:
    family, a, b = proposal
    return 0.5 * a + 0.5 * b if family == "Uniform" else a


def dithered_samples(
    header: Header, messages: Sequence[bytes], proposals: Sequence[Proposal]
) -> list[float]:
    """Return the samples of all elements."""
    samples: list[float] = []
    for message in messages:
        first = len(samples)
        middles = [middle(each) for each in proposals[first : first + header.block]]
        if header.method == UNIVERSAL:
            require(message[:1] == b"\3", "universal quantisation of other noise")
        samples += read_dithered(message, header.seed, header.offset + first, middles)
    return samples


# --- Position -----------------------------------------------------------------------------------


def split(index: int) -> tuple[int, int]:
    """Return an index's depth and path."""
    depth = index.bit_length() - 1
    return depth, index - (1 << depth)


def check_limit(header: Header, index: int) -> None:
    if header.method in (GLOBAL, MRC, ORC):
        require(header.limit == 0 or index <= header.limit, "an index above the limit")
    require(header.method != PPR or index <= 2**44, "an index above the limit")
    if header.method == DAD:
        require(index.bit_length() - 1 <= header.limit, "an index deeper than the limit")


def position_as(seed: int, index: int, element: int) -> int:
    depth, path = split(index)
    cell_first, cell_last = begin_with(path, depth, 0), begin_with(path, depth, MASK)
    first, last, node, lane = 0, MASK, 1, 0
    while True:
        b, _ = random_words(seed, node, element, lane)
        x = first + (b * (last - first + 1) >> 64)
        if cell_first <= x <= cell_last:
            return x
        if x < cell_first:
            first, lane = x + 1, 2
        else:
            last, lane = x - 1, 1
        node = x


def positions_in_cells(header: Header, index: int, element: int, size: int) -> list[int]:
    """Return the positions of a block of hybrid coding."""
    bits = header.halvings
    number = index >> bits * size
    require(1 <= number <= header.limit, "a number above the limit")
    cells = [index >> bits * (size - 1 - j) & (1 << bits) - 1 for j in range(size)]
    words = [place_word(header.seed, number, element, j) for j in range(size)]
    return [begin_with(cell, bits, b) for cell, b in zip(cells, words, strict=True)]


def position(header: Header, index: int, element: int) -> int:
    if header.method == HYBRID:
        return positions_in_cells(header, index, element, 1)[0]
    check_limit(header, index)
    if header.method == AS:
        return position_as(header.seed, index, element)
    b, _ = random_words(header.seed, index, element, 0)
    return b if header.method in (GLOBAL, *NUMBERED) else begin_with(*reversed(split(index)), b)


def block_positions(header: Header, index: int, element: int, column: int) -> list[int]:
    """Return the positions of a block, whose first column is given."""
    check_limit(header, index)
    size = min(header.block, header.columns - column)
    if header.method == HYBRID:
        return positions_in_cells(header, index, element, size)
    paths, depths = [0] * size, [0] * size
    key, node = header.seed, 1
    if header.method in (GLOBAL, *NUMBERED):
        require(index < 2**64, "an index of more than 64 bits")
        node = index
    else:
        hints = header.hints[column : column + size] or (0,) * size
        depth, path = split(index)
        require(depth <= 63 * size, "an index deeper than its block")
        columns = order(hints)
        for level in range(depth):
            s = path >> (depth - 1 - level) & 1
            chosen = columns[level]
            paths[chosen] = 2 * paths[chosen] + s
            depths[chosen] += 1
            key, node = child(key, node, element, s)
    words = [place_word(key, node, element, j) for j in range(size)]
    return [begin_with(*each) for each in zip(paths, depths, words, strict=True)]


# --- Sample -------------------------------------------------------------------------------------


def to_float32(x: float) -> float:
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def sample(proposal: Proposal, x: int) -> float:
    """Return the sample at a position."""
    family, a, b = proposal
    z = standard(family, x)
    if family != "Uniform":
        return a + b * z
    return min(max((0.5 * a + 0.5 * b) + (0.5 * b - 0.5 * a) * z, a), b)


# --- Escapes ------------------------------------------------------------------------------------


def first_element(header: Header, index: int) -> int:
    """Return the first element that is behind all those of the indices before one."""
    if header.method in WHOLE:
        return min(index * header.block, math.prod(header.shape))
    row, in_row = divmod(index, header.row_blocks)
    return row * header.columns + min(in_row * header.block, header.columns)


def read_runs(source: Source, elements: int) -> list[int]:
    found: list[int] = []
    after = 0
    for number in range(source.number()):
        gap, length = source.number(), source.number()
        require(length > 0 and (gap > 0 or number == 0), "runs that touch each other")
        require(after + gap + length <= elements, "an escape beyond the chunk")
        found += range(after + gap, after + gap + length)
        after += gap + length
    return found


def read_escapes(
    payload: bytes, header: Header, chunk: int, proposals: Proposals, escapes: dict[int, float]
) -> bytes:
    """Add a chunk's escaped samples to `escapes`, and return the rest of the payload."""
    begin = chunk << header.chunk
    end = min(begin + (1 << header.chunk), header.index_count)
    first, last = first_element(header, begin), first_element(header, end)
    whole = Source(payload)
    section = Source(whole.take(whole.number()))
    searched, given = read_runs(section, last - first), read_runs(section, last - first)
    require(searched or given, "no escapes")
    require(not set(searched) & set(given), "an element that is escaped twice")
    for element in given:
        escapes[first + element] = struct.unpack("<d", section.take(8))[0]
        require(math.isfinite(escapes[first + element]), "a sample that is not finite")
    seed, _ = random_words(header.seed, 0, 0, 65534)
    alone = Header(AD, ADAPTIVE, (len(searched),), seed=seed)
    rest = section.data[section.place :]
    require(searched or not rest, "bytes after the escapes")
    indices = read_adaptive(rest, alone, 0, [0] * len(searched)) if searched else []
    get = proposals if callable(proposals) else proposals.__getitem__
    for element, index in zip(searched, indices, strict=True):
        x = position(alone, index, header.offset + first + element)
        escapes[first + element] = sample(get(first + element), x)
    return payload[whole.place :]


# --- Fingerprint --------------------------------------------------------------------------------


def random_number(x: int) -> float:
    z = (x + 1) * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return ((z ^ z >> 31) >> 32) / 2**32


def check_fingerprint(header: Header, proposals: Proposals) -> None:
    """Require that the proposals are the encoder's, rounding apart."""
    indices = min(1 << header.chunk, header.index_count)
    elements = first_element(header, indices)
    elements = min(elements, 4096)
    get = proposals if callable(proposals) else proposals.__getitem__
    location = spread = size = 0.0
    for number in range(elements):
        row, column = divmod(number, header.columns)
        weight = 1 + (random_number(2 * row) + random_number(2 * column + 1)) / 2
        x = 0x3C6EF372FE94F82A
        low, high = sample(get(number), x), sample(get(number), MASK - x)
        middle = low / 2 + high / 2
        location += weight * middle / elements
        spread += weight * (high - low) / elements
        size += weight * (abs(middle) + high - low) / elements
    most = size / 2**14 + 2.0**-120
    if header.fingerprint and elements:
        require(abs(header.fingerprint[0] - location) <= most, "another proposal's location")
        require(abs(header.fingerprint[1] - spread) <= most, "another proposal's spread")


# --- All together -------------------------------------------------------------------------------


def decode_payloads(
    header: Header,
    payloads: Sequence[bytes],
    proposals: Proposals,
    contexts: Sequence[int] | None,
) -> list[float]:
    """Return the samples of all chunks, in C order, escapes apart."""
    messages: list[bytes] = []
    indices: list[int] = []
    for payload in payloads:
        begin = len(messages) + len(indices)
        count = min(1 << header.chunk, header.index_count - begin)
        if header.code == BYTES:
            own = polar_payload(payload, header, begin, count, contexts)
            messages += read_messages(own, count)
        else:
            indices += read_chunk(payload, header, begin, count, contexts)
    if header.code != BYTES:
        return decode_indices(header, indices, proposals)
    get = proposals if callable(proposals) else proposals.__getitem__
    if header.method == POLAR:
        positions = polar_positions(header, messages, contexts)
        samples = [sample(get(number), x) for number, x in enumerate(positions)]
    else:
        given = [get(number) for number in range(math.prod(header.shape))]
        samples = dithered_samples(header, messages, given)
    return [to_float32(x) for x in samples] if header.is_float32 else samples


def decode_indices(header: Header, indices: Sequence[int], proposals: Proposals) -> list[float]:
    """Return the samples of all indices, in C order."""
    samples = []
    get = proposals if callable(proposals) else proposals.__getitem__
    for number, index in enumerate(indices):
        row, in_row = divmod(number, header.row_blocks)
        column = in_row * header.block
        first = row * header.columns + column
        if header.block == 1:
            positions = [position(header, index, header.offset + first)]
        else:
            positions = block_positions(header, index, header.offset + first, column)
        samples += [sample(get(first + j), x) for j, x in enumerate(positions)]
    return [to_float32(x) for x in samples] if header.is_float32 else samples


def decode(
    data: bytes, proposals: Proposals, contexts: Sequence[int] | None = None
) -> tuple[tuple[int, ...], list[float]]:
    """Decode a container.

    Args:
        data: The container.
        proposals: The family and the two parameters of every element, in C order.
        contexts: If they were given to the encoder: that of every index; of polar coding, of every
            element.

    Returns:
        The samples' shape, and the samples in C order.

    Raises:
        ValueError: It is not as the page says.
    """
    source = Source(data)
    header = read_header(source)
    payloads, escaped = read_frames(source, header)
    if header.fingerprint:
        check_fingerprint(header, proposals)
    escapes: dict[int, float] = {}
    for number, is_escaped in enumerate(escaped):
        if is_escaped:
            payloads[number] = read_escapes(payloads[number], header, number, proposals, escapes)
    samples = decode_payloads(header, payloads, proposals, contexts)
    for element, x in escapes.items():
        samples[element] = to_float32(x) if header.is_float32 else x
    return header.shape, samples


def decode_without_header(
    data: bytes, header: Header, proposals: Proposals, contexts: Sequence[int] | None = None
) -> list[float]:
    """Decode what `compress(header=False)` returned, with what a header would have said."""
    header.chunk = 48  # all are in one chunk
    return decode_payloads(header, [data], proposals, contexts)
