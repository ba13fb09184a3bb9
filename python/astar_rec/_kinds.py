"""What other files begin with, for errors: whoever gives a wrong one learns what it is for."""

from __future__ import annotations

__all__ = ["CONTAINER", "IMAGES", "what_it_is"]

# With what containers and files of images begin.
CONTAINER = b"A*RC"
IMAGES = b"A*RI"

_KINDS = {
    CONTAINER: "a container of numbers, for `decode` (`decompress` of astar_rec)",
    IMAGES: "a file of images, for `decompress` (`ImageCodec` of astar_rec.images)",
    b"PK\x03\x04": "a zip file, as .npz files are, which are for `encode`",
    b"\x93NUMPY": "an .npy file, which are for `compress` if they hold images",
    b"\x89PNG": "a PNG file, which are for `compress`",
    b"\0\0\x08": "an IDX file, which are for `compress`",
}


def what_it_is(start: bytes) -> str:
    """Returns what a file is that begins so, as the end of an error; nothing if that is unknown."""
    for magic, kind in _KINDS.items():
        if start.startswith(magic):
            return f"; it is {kind}"
    return ""
