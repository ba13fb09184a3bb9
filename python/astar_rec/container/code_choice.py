"""Which index code goes with a codec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..codes import codes
from ..errors import ParameterError

if TYPE_CHECKING:
    from ..codecs import Codec
    from ..codes import IndexCode

__all__ = ["code_for"]


def code_for(codec: Codec, code: IndexCode | None, *, contexts: bool) -> IndexCode:
    """Returns the code for a codec's messages: the one that is given, or the codec's own.

    A code that was made without a block gets the codec's.

    Args:
        codec: Whose messages.
        code: The code, or None.
        contexts: Whether there are contexts: of elements where the codec takes them, of which the
            code need not know, or else of indices.

    Raises:
        ParameterError: A code that is not registered, or does not go with the codec or contexts.
    """
    if code is None:
        code = codec.default_code(contexts=contexts)
    if type(code) not in codes():
        names = ", ".join(kind.__name__ for kind in codes())
        raise ParameterError("code", code, f"None, or one of {names}")
    if not code.suits(codec):
        raise ParameterError("code", code, f"another one, with {codec!r}")
    if contexts and not (codec.takes_contexts or code.takes_contexts):
        raise ParameterError("contexts", "given", f"None, with {code!r}")
    return code.with_block(codec.words)
