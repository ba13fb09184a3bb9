"""Names of images: of the files that they came from and may become again.

A name that came with a file of images is a stranger's: it must not lead out of the folder that
images are written to. What is refused is the same on all systems, so that a file of images made on
one can be unpacked on another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_BYTES", "checked_names", "numbered"]

# What file systems take.
MOST_BYTES = 255

# Separators, and what Windows has other uses for.
_SPECIAL = frozenset('/\\:*?"<>|')

# Windows' devices, which have these names in all folders and with all suffixes.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"]
)

_EXPECTED = (
    f"the plain name of a file on all systems: at most {MOST_BYTES} bytes of UTF-8, no "
    f"{' '.join(sorted(_SPECIAL))} or control characters, no . or space at its end, no device's "
    "(CON, say)"
)


def checked_names(names: Sequence[str], count: int, argument: str = "names") -> list[str]:
    """Returns names of images, after checking that files in one folder could have them.

    Args:
        names: A name for each image.
        count: How many images there are.
        argument: What error messages call the names.

    Raises:
        ParameterError: Names that are no plain names of files, or appear twice; too few or many.

    Example:
        >>> checked_names(["7.png", "8.png"], 2)
        ['7.png', '8.png']
    """
    if isinstance(names, str) or len(names) != count:
        found = names if isinstance(names, str) else f"{len(names)} names"
        raise ParameterError(argument, found, f"{count} names, one for each image")
    seen: set[str] = set()
    for number, name in enumerate(names):
        if not isinstance(name, str) or not _plain(name):
            raise ParameterError(argument, name, _EXPECTED, (number,))
        if name in seen:
            raise ParameterError(argument, name, "a name that no image before has", (number,))
        seen.add(name)
    return list(names)


def numbered(count: int) -> list[str]:
    """Returns the names of PNG files for images that have none: numbers of the same length.

    Example:
        >>> numbered(11)[:2]
        ['00.png', '01.png']
    """
    digits = len(str(max(count - 1, 0)))
    return [f"{number:0{digits}}.png" for number in range(count)]


def _plain(name: str) -> bool:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:  # a name that is not text, as the system has it
        return False
    return (
        0 < size <= MOST_BYTES
        and name[-1] not in ". "
        and name.partition(".")[0].rstrip(" ").lower() not in _DEVICES
        and not any(c in _SPECIAL or ord(c) < 32 or 127 <= ord(c) < 160 for c in name)
    )
