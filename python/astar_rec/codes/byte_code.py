"""Messages that are bytes already: one after the other, each but the last with its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import bytes_array
from .._varint import read_varint, varint
from ..errors import CorruptDataError
from .code import IndexCode

if TYPE_CHECKING:
    import numpy.typing as npt

    from .code import Contexts

    Message = npt.NDArray[Any]

__all__ = ["ByteCode"]


@dataclass(frozen=True)
class ByteCode(IndexCode):
    """The code for methods whose messages are bytes; no other code goes with them.

    The last message is what remains.

    Examples:
        >>> import numpy as np
        >>> message = np.array([b"ab", b"", b"c"], object)
        >>> ByteCode().pack(message).hex()
        '0261620063'
        >>> ByteCode().unpack(ByteCode().pack(message), 3).tolist()
        [b'ab', b'', b'c']
    """

    name = "bytes"
    number = 6
    carried = np.object_

    def _array(self, index: Any) -> Message:
        return bytes_array("message", index)

    def _pack(self, codes: Message, contexts: Contexts) -> tuple[bytes, int]:
        del contexts
        messages = codes.ravel().tolist()
        data = b"".join(varint(len(each)) + each for each in messages[:-1])
        data += b"".join(messages[-1:])
        return data, 8 * len(data)

    def _unpack(self, data: memoryview, count: int, contexts: Contexts) -> Message:
        del contexts
        at = 0
        if count > len(data) + 1:
            raise CorruptDataError(f"{len(data)} bytes for {count} messages")
        message = np.empty(count, object)
        for number in range(count - 1):
            length, at = read_varint(data, at)
            if length > len(data) - at:
                raise CorruptDataError(f"the data end at byte {len(data)}, in message {number}")
            message[number], at = bytes(data[at : at + length]), at + length
        if count > 0:
            message[-1] = bytes(data[at:])
        elif len(data) > 0:
            raise CorruptDataError(f"{len(data)} bytes for no message")
        return message

    def _path_bits(self, codes: Message) -> int:
        """All but the lengths."""
        return 8 * sum(map(len, codes.flat))
