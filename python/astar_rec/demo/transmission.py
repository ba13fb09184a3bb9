"""Sending samples of targets to another process, by one method, and what it took."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..container import Reader, compress
from ..distributions import Normal
from ..errors import RecError
from .stopwatch import fastest

if TYPE_CHECKING:
    from .._validate import Floats

__all__ = ["Method", "Transmission", "transmit"]


@dataclass(frozen=True)
class Method:
    """A way of sending: its name in the table, and the keywords that `compress` knows it by."""

    name: str
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Transmission:
    """What has been sent, and what it took.

    Attributes:
        samples: What the receiver holds, to the last bit what the sender found.
        bits: Of the whole container.
        steps: Nodes that the search evaluated, on average of all elements.
        encode_ns: Wall-clock nanoseconds per element, from targets to container.
        decode_ns: Wall-clock nanoseconds per element, from container to samples.
    """

    samples: Floats
    bits: int
    steps: float
    encode_ns: float
    decode_ns: float


def transmit(target: Normal, method: Method, seed: int) -> Transmission:
    """Encodes samples against N(0, 1), has them decoded in another process, and compares.

    Raises:
        RecError: The receiver holds other samples than the sender found, or none.
    """
    proposal = Normal(0.0, 1.0)
    data, encode_ns = fastest(lambda: compress(target, proposal, seed=seed, **method.keywords))
    samples, decode_ns = _received(data)
    # The same search again: `compress` keeps neither the samples nor the numbers of steps.
    with Reader(data) as reader:
        sent = reader.codec.encode(target, proposal)
    if samples.shape != sent.sample.shape or samples.tobytes() != sent.sample.tobytes():
        raise RecError(f"{method.name}: the receiver's samples are not the sender's")
    size = samples.size
    return Transmission(
        samples, 8 * len(data), float(sent.steps.sum()) / size, encode_ns / size, decode_ns / size
    )


def _received(data: bytes) -> tuple[Floats, int]:
    """Returns what another process decodes, and its nanoseconds."""
    with tempfile.TemporaryDirectory(prefix="astar_rec-") as folder:
        container, samples = Path(folder, "container.rec"), Path(folder, "samples.npy")
        container.write_bytes(data)
        command = [sys.executable, "-m", "astar_rec.demo.receiver", str(container), str(samples)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().rpartition("\n")[2]
            raise RecError(f"the receiver ended with status {done.returncode}: {reason}")
        return np.load(samples, allow_pickle=False), int(done.stdout)
