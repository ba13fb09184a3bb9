"""The compiled core, as the Python layer calls it. Not a public interface.

Arrays are C-contiguous and of exactly the dtype given, unless called a parameter: parameters are
float64 arrays of any strides that broadcast to the batch's shape, which is that of its samples.
What is checked there guards memory; users' arguments are checked before they come here. Errors are
``ValueError`` and the three below.
"""

import enum
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_Floats = npt.NDArray[np.float64]
_Words = npt.NDArray[np.uint64]
_Contexts = npt.NDArray[np.uint16]
_Elements = npt.NDArray[np.int64]

class CoreDivergenceError(Exception):
    """args: reason, element in C order, bits, limit."""

class CoreIndexError(Exception):
    """args: reason, element in C order."""

class CoreCorruptDataError(Exception):
    """args: reason."""

def first_outside(numbers: _Floats, low: float, high: float) -> int:
    """Returns the number of the first element outside [low, high], or NaN; the size if none is."""

class Stop:
    """What ends long calls in other threads, which raise KeyboardInterrupt then."""

    def __init__(self) -> None:
        """One that is set ends calls for those which are made within its calls, too."""

    def set(self) -> None: ...
    def run(self, work: Callable[[_Item], _Result], item: _Item) -> _Result:
        """Returns what work makes of an item; calls of this module within it can be ended."""

class Method:
    """A method by its name, with its numbers: budgets of 0 are none.

    ``global`` has max_samples, ``as`` max_steps, ``ad`` max_steps and within_bits (those of a
    float64), ``dad`` both and depth, ``mrc`` and ``orc`` candidates, ``ppr`` alpha (in 1024ths, 0
    for infinite) and private_seed, ``gprs`` and ``grc`` split: 0 at the sample, 1 in half, 2 never;
    ``hybrid`` candidates and halvings.
    """

    def __init__(self, name: str, **numbers: int) -> None: ...
    @property
    def largest_index(self) -> int:
        """Of blocks of one."""

class Distribution:
    """A family by its name, and its parameters, which must not change while it is in use."""

    def __init__(self, family: str, parameters: Sequence[_Floats]) -> None: ...

def families() -> dict[str, tuple[str, ...]]:
    """Returns the names of all families, each with those of its parameters."""

class Code(enum.Enum):
    fixed = ...
    gamma = ...
    delta = ...
    zeta = ...

class Lockstep:
    """Searches over values that the caller computes, in rounds: start, then request and supply."""

    def __init__(self, method: Method, seed: int, offset: int, count: int) -> None: ...
    @property
    def splits(self) -> bool:
        """Whether regions are split: otherwise a node's one child is the same region."""

    @property
    def most_bound_bits(self) -> float:
        """The largest bound of a log ratio with which a search is begun."""

    def start(self, x_first: _Floats, x_last: _Floats, supremum: _Floats) -> None: ...
    def request(self, width: int) -> tuple[_Words, _Words, _Words, _Floats, _Floats, _Floats]:
        """Returns element, sample, cut, x_first, x_last, supremum of the nodes asked for."""

    def supply(
        self,
        log_ratio: _Floats,
        x_cut: _Floats,
        first_supremum: _Floats,
        second_supremum: _Floats,
    ) -> None: ...
    def results(self) -> tuple[_Words, _Words, _Words, int]:
        """Returns index, position and steps of every element, and how many searches were cut."""

def has_log_ratio(target: str, proposal: str) -> bool: ...
def has_excess(target: str, proposal: str) -> bool: ...
def encode(
    method: Method,
    seed: int,
    offset: int,
    threads: int,
    block: int,
    hints: _Floats,
    target: Distribution,
    proposal: Distribution,
    begin: int,
    end: int,
    message: _Words,
    sample: _Floats,
    steps: _Words,
) -> tuple[int, int, int]:
    """Encodes the arrays' blocks from `begin` to before `end`, into their places.

    `hints` is a number for each column of the last axis; of blocks of one, anything. Returns how
    many searches were cut, and what they and others leave in doubt: high * 2^-31 + low * 2^-63.
    """

def decode(
    method: Method,
    seed: int,
    offset: int,
    threads: int,
    block: int,
    hints: _Floats,
    message: _Words,
    proposal: Distribution,
    sample: _Floats,
) -> None: ...
def replay(method: Method, seed: int, offset: int, message: _Words, position: _Words) -> None:
    """Fills in the positions that the messages of single elements name."""

def coded_bits(index: _Words, code: Code, parameter: int = 0) -> int: ...
def pack(index: _Words, code: Code, parameter: int = 0) -> bytes: ...
def unpack(data: memoryview, count: int, code: Code, parameter: int = 0) -> _Words: ...
def pack_adaptively(
    index: _Words, words: int, start: int, contexts: _Contexts
) -> tuple[bytes, int]:
    """Returns the bytes and how much information they hold, in bits, rounded up."""

def unpack_adaptively(
    data: memoryview, words: int, start: int, contexts: _Contexts, index: _Words
) -> None: ...
def path_bits(index: _Words, words: int) -> int: ...
def depth_prior(words: int, start: int, level: int) -> int:
    """Returns the probability, of 2^24, with which the adaptive code starts at a level."""

def pack_tree(
    index: _Words,
    seed: int,
    offset: int,
    block: int,
    hints: _Floats,
    begin: int,
    start: int,
    contexts: _Contexts,
) -> tuple[bytes, int]: ...
def unpack_tree(
    data: bytes | memoryview,
    seed: int,
    offset: int,
    block: int,
    hints: _Floats,
    begin: int,
    start: int,
    contexts: _Contexts,
    index: _Words,
) -> None: ...
def available_instructions() -> tuple[str, ...]:
    """The sets of instructions that this build and this processor have for the code in lanes."""

def instructions() -> str:
    """The one that is used, for all calls."""

def use_instructions(name: str) -> None: ...
def quantile(family: str, positions: _Words) -> _Floats: ...
def samples(family: str, parameters: Sequence[_Floats], positions: _Words) -> _Floats: ...
def tails(family: str, parameters: Sequence[_Floats], places: _Floats) -> _Floats:
    """Returns signed tails: the CDF where it is at most 1/2, else minus the survival function."""

def polar_encode(
    seed: int,
    offset: int,
    threads: int,
    block: int,
    target: Distribution,
    proposal: Distribution,
    begin: int,
    end: int,
    position: _Words,
    levels: _Words,
    contexts: _Contexts,
) -> list[bytes]:
    """Encodes the blocks from `begin` to before `end`; fills their elements' positions, and levels.

    Blocks are consecutive elements in C order. `levels` has a number for each block of all, and
    `contexts` one for each element, or none at all.
    """

def polar_encode_called(
    seed: int,
    offset: int,
    block: int,
    tails: Callable[[_Elements, _Words], tuple[_Floats, _Floats]],
    precise_above: bool,
    begin: int,
    end: int,
    position: _Words,
    levels: _Words,
    contexts: _Contexts,
) -> list[bytes]:
    """The same for ``tails(element, edge)``, which returns places and signed tails there."""

def polar_decode(
    seed: int,
    offset: int,
    threads: int,
    block: int,
    messages: list[bytes],
    position: _Words,
    contexts: _Contexts,
) -> None: ...
def polar_levels(
    seed: int, first: int, elements: int, message: bytes, contexts: _Contexts
) -> list[tuple[int, float]]:
    """Returns each level's number, and its bits an element, of the block from an element on."""

def dither_encode(
    seed: int,
    offset: int,
    threads: int,
    block: int,
    shifted: bool,
    target: Distribution,
    proposal: Distribution,
    begin: int,
    end: int,
    sample: _Floats,
) -> list[bytes]:
    """Encodes the blocks from `begin` to before `end`; fills their elements' samples."""

def dither_decode(
    seed: int,
    offset: int,
    threads: int,
    block: int,
    messages: list[bytes],
    proposal: Distribution,
    sample: _Floats,
) -> None:
    """Fills samples; those of empty messages, which no encoder writes, with NaN."""

def dither_header(message: bytes, elements: int) -> int:
    """Returns how many bytes of the message of so many elements are families and scales."""

def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]: ...
def log(x: _Floats) -> _Floats: ...
def exp(x: _Floats) -> _Floats: ...
def exponential(bits: _Words) -> _Floats: ...
def next_arrival(after: float, mass: float, bits: int) -> float: ...
def log_table() -> _Floats: ...
def normal_quantile_table() -> _Floats: ...
