"""Sending images to another process, by one method, and what it took."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import RecError

if TYPE_CHECKING:
    from ..images import ImageCodec
    from .methods import Method
    from .sample import Images

__all__ = ["Transmission", "transmit"]


@dataclass(frozen=True)
class Transmission:
    """What has been sent, and how long it took.

    Attributes:
        data: The file.
        encode_ns: Wall-clock nanoseconds from images to file.
        decode_ns: Wall-clock nanoseconds from file to images.
    """

    data: bytes
    encode_ns: int
    decode_ns: int


def transmit(codec: ImageCodec, images: Images, method: Method, seed: int) -> Transmission:
    """Compresses images, has them restored in another process, and compares.

    Args:
        codec: That of the model which comes with the package: the receiver has no other.
        images: uint8, shape (n, 28, 28).
        method: How latents are sent.
        seed: Of the random numbers that both sides share.

    Raises:
        RecError: The receiver holds other images than were sent, or none.
    """
    begin = time.perf_counter_ns()
    data = codec.compress(images, codec=method.codec(seed))
    encode_ns = time.perf_counter_ns() - begin
    restored, decode_ns = _received(data)
    if restored.dtype != images.dtype or not np.array_equal(restored, images):
        raise RecError(f"{method.name}: the receiver's images are not the sender's")
    return Transmission(data, encode_ns, decode_ns)


def _received(data: bytes) -> tuple[Images, int]:
    """Returns what another process restores, and its nanoseconds."""
    with tempfile.TemporaryDirectory(prefix="astar_rec-") as folder:
        file, images = Path(folder, "images.rec"), Path(folder, "images.npy")
        file.write_bytes(data)
        command = [sys.executable, "-m", "astar_rec.demo.receiver", str(file), str(images)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().rpartition("\n")[2]
            raise RecError(f"the receiver ended with status {done.returncode}: {reason}")
        return np.load(images, allow_pickle=False), int(done.stdout)
