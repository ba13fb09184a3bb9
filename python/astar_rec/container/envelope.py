"""What stands around the codes of chunks: a container's header and frames, or nothing at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from .format import write_frame

if TYPE_CHECKING:
    from .format import Header
    from .known import Known

__all__ = ["Bare", "Envelope", "Framed"]


class Envelope(ABC):
    """What a `ChunkWriter` writes around the codes of chunks.

    Class attributes:

    Attributes:
        copies: Whether chunks of other containers may be copied into it as they are.
    """

    copies: ClassVar[bool]

    @abstractmethod
    def head(self, header: Header) -> bytes:
        """Returns what comes before the first chunk."""

    @abstractmethod
    def payload(self, coded: bytes, known: Known) -> bytes:
        """Returns what a chunk holds, of its code and of what was given with its indices."""

    @abstractmethod
    def chunk(
        self, head: bytes, number: int, payload: bytes, rows: int | None, escapes: bytes
    ) -> bytes:
        """Returns a chunk as it is written.

        Args:
            head: What `head` returned.
            number: The chunk's number.
            payload: What `payload` returned.
            rows: For the last chunk of an open container: how many rows there are.
            escapes: The section of its escapes, if it has any.
        """


class Framed(Envelope):
    """A container: see docs/format.md."""

    copies = True

    def head(self, header: Header) -> bytes:
        """Returns the header."""
        return header.to_bytes()

    def payload(self, coded: bytes, known: Known) -> bytes:
        """Returns checksums of what was given, and the code."""
        return b"".join(checksum for _, checksum in known.checksums()) + coded

    def chunk(
        self, head: bytes, number: int, payload: bytes, rows: int | None, escapes: bytes
    ) -> bytes:
        """Returns a frame."""
        return write_frame(head, number, payload, rows, escapes=escapes)


class Bare(Envelope):
    """The bits alone, of all indices as one chunk; there are no escapes."""

    copies = False

    def head(self, header: Header) -> bytes:
        """Returns nothing."""
        del header
        return b""

    def payload(self, coded: bytes, known: Known) -> bytes:
        """Returns the code."""
        del known
        return coded

    def chunk(
        self, head: bytes, number: int, payload: bytes, rows: int | None, escapes: bytes
    ) -> bytes:
        """Returns what it holds."""
        del head, number, rows
        assert not escapes
        return payload
