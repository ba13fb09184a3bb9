"""The index codes of containers, each by its number, and what goes with which codec."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..codecs import ByteCode
from ..errors import CorruptDataError, ParameterError
from ..index_codes import (
    AdaptiveCode,
    DeltaCode,
    FixedCode,
    GammaCode,
    IndexCode,
    LearningCode,
    ZetaCode,
)
from ..tree_code import TreeCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..codecs import Codec

__all__ = ["code_for", "code_number", "code_parameters", "read_code"]

_STARTS_PER_BIT = 8


@dataclass(frozen=True)
class _Row:
    """A code in containers.

    Attributes:
        kind: Its class.
        count: How many numbers a header holds of it.
        parameters: These numbers.
        read: Makes it of these, and of the number of words that an index has.
        carried: The dtype of what it codes.
    """

    kind: type[IndexCode]
    count: int
    parameters: Callable[[IndexCode], tuple[int, ...]]
    read: Callable[..., IndexCode]
    carried: type[np.generic] = np.uint64


def _none(code: IndexCode) -> tuple[int, ...]:
    del code
    return ()


def _parameter(code: IndexCode) -> tuple[int, ...]:
    return (code._parameter,)


def _start(code: IndexCode) -> tuple[int, ...]:
    assert isinstance(code, LearningCode)
    return (code._start,)


def _fixed(width: int, words: int) -> IndexCode:
    del words
    return FixedCode(width)


def _zeta(k: int, words: int) -> IndexCode:
    del words
    if not 1 <= k <= 63:
        raise ParameterError("k", k, "an integer from 1 to 63")
    return ZetaCode(1 + 1 / k)


def _learning(kind: type[LearningCode], start: int, words: int) -> IndexCode:
    if start > 255:
        raise ParameterError("start", start, "an integer from 0 to 255")
    return kind(words, expected_bits=start * words / _STARTS_PER_BIT if start else None)


_CODES = {
    0: _Row(FixedCode, 1, _parameter, _fixed),
    1: _Row(GammaCode, 0, _none, lambda _: GammaCode()),
    2: _Row(DeltaCode, 0, _none, lambda _: DeltaCode()),
    3: _Row(ZetaCode, 1, _parameter, _zeta),
    4: _Row(AdaptiveCode, 1, _start, partial(_learning, AdaptiveCode)),
    5: _Row(TreeCode, 1, _start, partial(_learning, TreeCode)),
    6: _Row(ByteCode, 0, _none, lambda _: ByteCode(), np.object_),
}


def code_number(code: IndexCode) -> int:
    """Returns a code's number in a header.

    Raises:
        ParameterError: Not a code of containers.
    """
    for number, row in _CODES.items():
        if type(code) is row.kind:
            return number
    names = ", ".join(row.kind.__name__ for row in _CODES.values())
    raise ParameterError("code", code, f"None, or one of {names}")


def code_parameters(code: IndexCode) -> tuple[int, ...]:
    """Returns what a header holds of a code beside its number."""
    return _CODES[code_number(code)].parameters(code)


def read_code(number: int, take: Callable[[], int]) -> Callable[[int], IndexCode]:
    """Reads what a header holds of a code.

    Args:
        number: The code's number.
        take: Returns the header's next number.

    Returns:
        What makes the code, once it is known how many words its indices have.

    Raises:
        CorruptDataError: There is no code of that number.
    """
    if number not in _CODES:
        raise CorruptDataError(f"code {number}, which is unknown here")
    row = _CODES[number]
    taken = [take() for _ in range(row.count)]
    return lambda words: row.read(*taken, words)


def code_for(codec: Codec, code: IndexCode | None, *, contexts: bool) -> IndexCode:
    """Returns the code for a codec's messages: the one that is given, or the codec's own.

    A code that learns and was made without a block gets the codec's.

    Args:
        codec: Whose messages.
        code: The code, or None.
        contexts: Whether there are contexts.

    Raises:
        ParameterError: A code that does not go with the codec, or with contexts.
    """
    if code is None:
        code = codec.default_code(contexts=contexts)
    if _CODES[code_number(code)].carried is not codec.kind.carried:
        raise ParameterError("code", code, f"another one, with {codec!r}")
    if isinstance(code, LearningCode) and code.block == 1 < codec.words:
        code = type(code)(codec.words, expected_bits=code.expected_bits)
    words = code.block if isinstance(code, LearningCode) else 1
    if words != codec.words:
        raise ParameterError("code", code, f"a code for blocks of {codec.words}, or None")
    if isinstance(code, TreeCode) and not codec.draws_tree:
        raise ParameterError("code", code, f"another one, with {codec!r}")
    if contexts and not isinstance(code, LearningCode):
        raise ParameterError("contexts", "given", f"None, with {code!r}")
    return code
