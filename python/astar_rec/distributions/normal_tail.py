"""The standard normal's tail by + - * / only: the same bits on every machine.

For z >= 0, the tail 1 - Φ(z) is exp(-z²/2) r(z), with r by Chebyshev's series in
y = (z - 4) / (z + 4), divided by z + 4. The square is taken with its rounding error, as the
exponential would blow that up. The core's exponential is made of the same four operations.

The relative error is below 2^-50 as far as the tail is above 1e-300, z = 37 (measured against
mpmath in tests/test_mixture.py); beyond z = 37.4 the result is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _core

if TYPE_CHECKING:
    from .._elements import Floats

__all__ = ["SERIES", "normal_tail"]

_CENTRE = 4.0
# Beyond, there is nothing left; and its square must not overflow.
_FARTHEST = 40.0
# 2^27 + 1: what splits a double into two of half the bits.
_SPLITTER = 134217729.0

# scripts/generate_normal_tail.py makes these.
_HEXADECIMAL = (
    "0x1.f0defaf3f340fp-1",
    "-0x1.80dffa60e1b1dp-1",
    "0x1.c70d6a380ea91p-3",
    "-0x1.8d751a70edad5p-5",
    "0x1.c5e5aa06abb51p-8",
    "-0x1.502bff672b0ecp-12",
    "-0x1.a5b9f08f7db9dp-14",
    "0x1.3d255a0a93303p-16",
    "0x1.0f37324cef4cap-20",
    "-0x1.49ecd6717db23p-21",
    "-0x1.d0af11e7df529p-29",
    "0x1.6364397fe6cc4p-26",
    "-0x1.f036d2e3bb180p-34",
    "-0x1.ab6189ab290c8p-31",
    "-0x1.5dc863792f4fcp-37",
    "0x1.173b004b642b5p-35",
    "0x1.034e5cd2d6ffap-39",
    "-0x1.7189a6cce1f9ap-40",
    "-0x1.8828bb0636fb0p-43",
    "0x1.ba020903269f7p-45",
    "0x1.d1e6f7f604414p-47",
    "-0x1.5f156ed9350b3p-50",
    "-0x1.d02cb8aa765a7p-51",
    "-0x1.07d581aa4d8d8p-55",
    "0x1.7632ba29676d0p-55",
)
SERIES = tuple(float.fromhex(value) for value in _HEXADECIMAL)


def normal_tail(z: Floats) -> Floats:
    """Returns 1 - Φ(z) for z >= 0: the operations and their order are part of the format.

    Args:
        z: Points from 0 on; flat.
    """
    z = np.minimum(z, _FARTHEST)
    y = (z - _CENTRE) / (z + _CENTRE)
    twice = y + y
    # Clenshaw's recurrence: next = (2 y last - before) + coefficient.
    last, before, new = np.full(z.shape, SERIES[-1]), np.zeros(z.shape), np.empty(z.shape)
    for coefficient in SERIES[-2:0:-1]:
        np.multiply(twice, last, out=new)
        new -= before
        new += coefficient
        last, before, new = new, last, before
    series = (y * last - before) + SERIES[0]
    square, error = _square(z)
    power = _core.exp(np.ascontiguousarray(-0.5 * square))
    return np.asarray(power * (1.0 - 0.5 * error) * (series / (z + _CENTRE)))


def _square(z: Floats) -> tuple[Floats, Floats]:
    """Returns z² and its rounding error, which add up exactly: Dekker's product."""
    square = z * z
    scaled = _SPLITTER * z
    high = scaled - (scaled - z)
    low = z - high
    return square, ((high * high - square) + 2.0 * (high * low)) + low * low
