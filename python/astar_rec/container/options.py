"""What the arguments of `compress`, `Writer` and `decompress` mean: a codec and a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from .._validate import real_array, require_all
from ..codecs import ADStar, ASStar, Codec, DADStar, GlobalAStar
from ..codes import AdaptiveCode, FixedCode, IndexCode, LearningCode, TreeCode, codes
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

# By their numbers in a header.
METHODS = ("global", "as*", "ad*", "dad*")
DEFAULT_CHUNK = MAX_CHUNK = 1 << 16
MIN_CHUNK = 1 << 4
DTYPES = ("float64", "float32")

# How a header holds hints.
HINTS_PER_BIT = 16
MOST_HINT = 1 << 16  # of sixteenths
MOST_HINTS = 1 << 18


class Again(TypedDict, total=False):
    """The arguments of `compress` that are to be given again where there is no header."""

    method: str
    block: int
    seed: int
    depth: int | None
    max_samples: int | None
    max_steps: int | None
    bits_hint: Any
    code: IndexCode | str | None
    expected_bits: float | None
    dtype: Any
    chunk: int
    offset: int


class Options(Again, total=False):
    """The arguments that `Writer` has in common with `compress`, which describes them."""

    threads: int | None


def refuse_unknown(function: str, given: Iterable[str], known: type[Any]) -> None:
    """Raises TypeError for an argument that a function does not have, as Python does."""
    if unknown := set(given) - known.__annotations__.keys():
        raise TypeError(f"{function}() got an unexpected keyword argument {min(unknown)!r}")


def make_codec(
    method: str,
    *,
    block: int = 1,
    seed: int = 0,
    depth: int | None = None,
    max_samples: int | None = None,
    max_steps: int | None = None,
    bits_hint: Any = None,
    threads: int | None = None,
) -> Codec:
    """Returns a method's codec; refuses arguments that it does not have."""
    if not isinstance(method, str) or method not in METHODS:
        raise ParameterError("method", method, f"one of {', '.join(map(repr, METHODS))}")
    if depth is not None and method != "dad*":
        raise ParameterError("depth", depth, f'None with method "{method}"')
    if max_samples is not None and method != "global":
        raise ParameterError("max_samples", max_samples, f'None with method "{method}"')
    if method == "global":
        if max_steps is not None:
            raise ParameterError("max_steps", max_steps, "None, and max_samples, with global A*")
        if bits_hint is not None:
            raise ParameterError("bits_hint", "given", 'None with method "global"')
        return GlobalAStar(seed, max_samples, block=block, threads=threads)
    if method == "as*":
        if block != 1 or bits_hint is not None:
            raise ParameterError("block", block, '1, and no bits_hint, with method "as*"')
        return ASStar(seed, max_steps=max_steps, threads=threads)
    hints = {"bits_hint": bits_hint, "max_steps": max_steps, "threads": threads}
    if method == "ad*":
        return ADStar(seed, block, **hints)
    if depth is None:
        raise ParameterError("depth", None, 'an integer from 0 to 63, with method "dad*"')
    return DADStar(depth, seed, block=block, **hints)


def codec_of(options: Options) -> tuple[Codec, tuple[int, ...]]:
    """Returns the codec that options mean, and its hints as a header holds them."""
    hints = _hints(options.get("bits_hint"))
    codec = make_codec(
        options.get("method", "ad*"),
        block=options.get("block", 1),
        seed=options.get("seed", 0),
        depth=options.get("depth"),
        max_samples=options.get("max_samples"),
        max_steps=options.get("max_steps"),
        bits_hint=np.array(hints, float) / HINTS_PER_BIT if hints else None,
        threads=options.get("threads"),
    )
    return codec, hints


def dtype_of(value: Any) -> str:
    """Returns the name of a type of samples."""
    try:
        name = "float64" if value is None else np.dtype(value).name
    except TypeError:
        name = ""
    if name not in DTYPES:
        raise ParameterError("dtype", value, " or ".join(DTYPES))
    return name


def _hints(value: object) -> tuple[int, ...]:
    if value is None:
        return ()
    hints = real_array("bits_hint", value)
    if hints.ndim != 1 or not 0 < hints.size <= MOST_HINTS:
        raise ParameterError("shape of bits_hint", hints.shape, "one axis: a number per column")
    most = MOST_HINT // HINTS_PER_BIT
    require_all("bits_hint", hints, (hints >= 0) & (hints <= most), f"a number from 0 to {most}")
    return tuple(int(hint) for hint in np.rint(hints * HINTS_PER_BIT))


def make_code(
    codec: Codec,
    code: IndexCode | str | None,
    expected_bits: float | None,
    contexts: bool,
) -> IndexCode:
    """Returns the code for a codec's indices: the one that is given, or the codec's own.

    Args:
        codec: Whose indices.
        code: The code, its name, or None.
        expected_bits: Where the depths' model starts, or None.
        contexts: Whether there are contexts.
    """
    if code is None or isinstance(code, str):
        plain = codec.block == 1 and expected_bits is None and not contexts
        if code is None and isinstance(codec, DADStar) and plain:
            return FixedCode(codec.depth + 1)
        if isinstance(expected_bits, (int, float)) and not isinstance(expected_bits, bool):
            expected_bits *= codec.block
        return _learning(codec, code)(codec.block, expected_bits=expected_bits)
    if type(code) not in codes():
        names = ", ".join(kind.__name__ for kind in codes())
        raise ParameterError("code", code, f'"tree", "adaptive" or one of {names}')
    if expected_bits is not None:
        raise ParameterError("expected_bits", expected_bits, "None, where a code is given")
    if not code.suits(codec):
        raise ParameterError("code", code, f"another one, with {codec!r}")
    if contexts and not code.takes_contexts:
        raise ParameterError("contexts", "given", f"None, with {code!r}")
    return code.with_block(codec.block)


def block_of(code: IndexCode) -> int:
    """Elements that share an index of this code."""
    return code.block or 1


def _learning(codec: Codec, name: str | None) -> type[LearningCode]:
    """The code that learns of a name; by default the one that suits a codec."""
    exact = isinstance(codec, ADStar)
    if name is None:
        return TreeCode if exact and codec.block > 1 else AdaptiveCode
    if name == "adaptive":
        return AdaptiveCode
    if name != "tree" or not exact:
        expected = '"tree" or "adaptive"' if exact else f'"adaptive", with {codec!r}'
        raise ParameterError("code", name, f"{expected}, or an index code")
    return TreeCode
