"""Messages that are bytes already: one after the other, each with its length."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._validate import ELEMENT_LIMIT, Buffer, as_bytes, integer
from .._varint import read_varint, varint
from ..errors import CorruptDataError, ParameterError
from ..index_codes import IndexCode, Parts
from .messages import BYTES, Message

__all__ = ["ByteCode"]


class ByteCode(IndexCode):
    """The code for methods whose messages are bytes; no other code goes with them.

    Examples:
        >>> import numpy as np
        >>> message = np.array([b"ab", b"", b"c"], object)
        >>> ByteCode().pack(message).hex()
        '026162000163'
        >>> ByteCode().unpack(ByteCode().pack(message), 3).tolist()
        [b'ab', b'', b'c']
    """

    def parts(self, index: Any, contexts: Any = None) -> Parts:
        """Returns where the bits go: lengths, and the bytes themselves."""
        message = BYTES.checked("message", index)
        path = 8 * sum(map(len, message.flat))
        return Parts(8 * len(self.pack(message, contexts)) - path, path, 0)

    def pack(self, index: Any, contexts: Any = None) -> bytes:
        """Returns all messages as bytes, in C order: see `IndexCode.pack`."""
        self._refuse(contexts)
        message = BYTES.checked("message", index)
        return b"".join(varint(len(each)) + each for each in message.flat)

    def unpack(self, data: Buffer, count: int, contexts: Any = None) -> Message:
        """Returns the messages that bytes hold: see `IndexCode.unpack`."""
        self._refuse(contexts)
        view, at = as_bytes(data), 0
        if integer("count", count, 0, ELEMENT_LIMIT) > len(view):
            raise CorruptDataError(f"{len(view)} bytes for {count} messages")
        message = np.empty(count, object)
        for number in range(count):
            length, at = read_varint(view, at)
            if length > len(view) - at:
                raise CorruptDataError(f"the data end at byte {len(view)}, in message {number}")
            message[number], at = bytes(view[at : at + length]), at + length
        if at != len(view):
            raise CorruptDataError(f"{len(view) - at} bytes after the last message")
        return message

    def _refuse(self, contexts: Any) -> None:
        if contexts is not None:
            raise ParameterError("contexts", contexts, "None: only codes that learn have contexts")
