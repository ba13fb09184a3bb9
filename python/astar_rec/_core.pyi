"""The compiled core, as the Python layer calls it. Not a public interface.

Arrays are C-contiguous and of exactly the dtype given, unless called a parameter: parameters are
float64 arrays of any strides that broadcast to the batch's shape, which is that of its samples.
What is checked there guards memory; users' arguments are checked before they come here. Errors are
``ValueError`` and the three below.
"""

import enum
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]
_Words = npt.NDArray[np.uint64]

class CoreDivergenceError(Exception):
    """args: reason, element in C order, bits, limit."""

class CoreIndexError(Exception):
    """args: reason, element in C order."""

class CoreCorruptDataError(Exception):
    """args: reason."""

def first_outside(numbers: _Floats, low: float, high: float) -> int:
    """Returns the number of the first element outside [low, high], or NaN; the size if none is."""

class Family(enum.Enum):
    normal = ...
    laplace = ...
    logistic = ...
    uniform = ...

class Variant(enum.Enum):
    global_bound = ...
    as_star = ...
    ad_star = ...
    dad_star = ...
    minimal_random = ...

class Method:
    """A variant, its limit and its budget.

    The limit is the most samples (0: none) for the global bound, the depth for DAD*, the candidates
    (1 to 2^32) for minimal random coding. The budget is the most steps of a search (0: none); the
    global bound has its limit for it, and minimal random coding none.
    """

    def __init__(self, variant: Variant, limit: int = 0, max_steps: int = 0) -> None: ...
    @property
    def limit(self) -> int: ...
    @property
    def splits(self) -> bool:
        """Whether regions are split: otherwise a node's one child is the same region."""

    @property
    def max_bound_bits(self) -> float:
        """The largest bound of a log ratio with which a search is begun."""

    @property
    def largest_index(self) -> int: ...

class Code(enum.Enum):
    fixed = ...
    gamma = ...
    delta = ...
    zeta = ...

class Lockstep:
    """Searches over values that the caller computes, in rounds: start, then request and supply."""

    def __init__(self, method: Method, seed: int, first_element: int, count: int) -> None: ...
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

def has_built_in_ratio(target: Family, proposal: Family) -> bool: ...
def encode(
    method: Method,
    seed: int,
    first_element: int,
    threads: int,
    target: Family,
    target_first: _Floats,
    target_second: _Floats,
    proposal: Family,
    proposal_first: _Floats,
    proposal_second: _Floats,
    begin: int,
    end: int,
    index: _Words,
    sample: _Floats,
    steps: _Words,
) -> int:
    """Encodes the batch's elements from `begin` to before `end`.

    Returns how many searches were cut.
    """

def decode(
    method: Method,
    seed: int,
    first_element: int,
    threads: int,
    index: _Words,
    proposal: Family,
    proposal_first: _Floats,
    proposal_second: _Floats,
    sample: _Floats,
) -> None: ...
def encode_blocks(
    method: Method,
    seed: int,
    first_element: int,
    threads: int,
    block: int,
    hints: _Floats,
    target: Family,
    target_first: _Floats,
    target_second: _Floats,
    proposal: Family,
    proposal_first: _Floats,
    proposal_second: _Floats,
    index: _Words,
    sample: _Floats,
    steps: _Words,
) -> int:
    """Encodes a batch in blocks of its rows, which are as long as there are hints.

    Returns how many searches were cut.
    """

def decode_blocks(
    method: Method,
    seed: int,
    first_element: int,
    threads: int,
    block: int,
    hints: _Floats,
    index: _Words,
    proposal: Family,
    proposal_first: _Floats,
    proposal_second: _Floats,
    sample: _Floats,
) -> None: ...
def replay(
    method: Method,
    seed: int,
    first_element: int,
    index: _Words,
    position: _Words,
) -> None: ...
def coded_bits(index: _Words, code: Code, parameter: int = 0) -> int: ...
def pack(index: _Words, code: Code, parameter: int = 0) -> bytes: ...
def unpack(data: memoryview, count: int, code: Code, parameter: int = 0) -> _Words: ...
def pack_adaptively(
    index: _Words, words: int, start: int, contexts: npt.NDArray[np.uint16]
) -> tuple[bytes, int]:
    """Returns the bytes and how much information they hold, in bits, rounded up."""

def unpack_adaptively(
    data: memoryview, words: int, start: int, contexts: npt.NDArray[np.uint16], index: _Words
) -> None: ...
def path_bits(index: _Words, words: int) -> int: ...
def depth_prior(words: int, start: int, level: int) -> int:
    """Returns the probability, of 2^24, with which the adaptive code starts at a level."""

def pack_tree(
    index: _Words,
    seed: int,
    first_element: int,
    block: int,
    hints: _Floats,
    begin: int,
    start: int,
    contexts: npt.NDArray[np.uint16],
) -> tuple[bytes, int]: ...
def unpack_tree(
    data: bytes | memoryview,
    seed: int,
    first_element: int,
    block: int,
    hints: _Floats,
    begin: int,
    start: int,
    contexts: npt.NDArray[np.uint16],
    index: _Words,
) -> None: ...
def available_instructions() -> tuple[str, ...]:
    """The sets of instructions that this build and this processor have for the code in lanes."""

def instructions() -> str:
    """The one that is used, for all calls."""

def use_instructions(name: str) -> None: ...
def quantile(family: Family, positions: _Words) -> _Floats: ...
def samples(family: Family, first: _Floats, second: _Floats, positions: _Words) -> _Floats: ...
def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]: ...
def log(x: _Floats) -> _Floats: ...
def exp(x: _Floats) -> _Floats: ...
def exponential(bits: _Words) -> _Floats: ...
def next_arrival(after: float, mass: float, bits: int) -> float: ...
def log_table() -> _Floats: ...
def normal_quantile_table() -> _Floats: ...
