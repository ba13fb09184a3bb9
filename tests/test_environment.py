"""What a process has set for all its arithmetic changes no result, and lets nothing fail."""

from __future__ import annotations

import ctypes
import ctypes.util
import platform
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

import astar_rec as rec
from common import same_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from astar_rec.distributions import Distribution

P = rec.Normal(0.0, 1.0)
SCALES = np.array([1e-300, 1e-20, 0.1, 1.0, 1e5, 1e200])[:, None]
LOCS = np.array([0.0, 1e-300, 1e-160, 0.3, -3.0, 7.0, 1e5, 1e200])

PAIRS: list[tuple[Distribution, Distribution]] = [
    (family(LOCS, SCALES), proposal)
    for family in (rec.Normal, rec.Laplace, rec.Logistic)
    for proposal in (family(0.0, 1.0), family(1e-300, 1e-200))
]
PAIRS += [
    (rec.Normal(LOCS, SCALES), rec.Laplace(0.0, 1.0)),
    (rec.Laplace(LOCS, SCALES), rec.Normal(0.0, 1.0)),
    (rec.Uniform(LOCS, LOCS + np.maximum(SCALES, 1e-10 * np.abs(LOCS))), rec.Normal(0.0, 1.0)),
    (rec.Histogram([0.0, 1e-200, 1.0, 2.0, 1e200], [1e-300, 0.1, 0.5, 0.4]), P),
]


@pytest.mark.parametrize(("target", "proposal"), PAIRS)
def test_divergences_when_numpy_raises(target: Distribution, proposal: Distribution) -> None:
    expected = rec.kl_bits(target, proposal)  # without a warning: that would be an error
    with np.errstate(all="raise"):
        assert same_bits(rec.kl_bits(target, proposal), expected)


CALLS: dict[str, Callable[[], object]] = {
    "isokl_normal": lambda: rec.isokl_normal([0.0, 1e-200, 0.5], 50.0).scale,
    "isokl_normal, tiny": lambda: rec.isokl_normal(0.0, 1e-12).scale,
    "half precision": lambda: rec.Normal(np.array([1e-8, 0.1], np.float16), 1.0).loc,
    "long double": lambda: rec.Normal(np.ldexp(np.ones(1, np.longdouble), -1060), 1.0).loc,
    "histogram": lambda: rec.ADStar(seed=1).encode(
        rec.Histogram([-1.0, 0.0, 1.0], np.full((50, 2), 0.5)), P
    ).sample,
    "histogram as proposal": lambda: rec.ADStar(seed=1).encode(
        rec.Normal(np.linspace(-1, 1, 50), 0.1), rec.Histogram([-2.0, 0.0, 1e-300, 2.0], [1, 1, 1])
    ).sample,
    "plan": lambda: rec.plan(rec.Normal(np.full(50, 1e-200), 1e-200), P).codec.name,
    "polar": lambda: rec.PolarCoding(seed=1).encode(
        rec.Mixture([0.5, 0.5, 1e-300], np.zeros((50, 3)), [1.0, 0.1, 1e-200]), P
    ).sample,
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_calls_when_numpy_raises(call: str) -> None:
    expected = CALLS[call]()
    with np.errstate(all="raise"):
        made = CALLS[call]()
    assert np.array_equal(made, expected)  # type: ignore[arg-type]


def test_functions_of_the_users_keep_their_own_state() -> None:
    seen = []

    def log_ratio(x: np.ndarray) -> np.ndarray:
        seen.append(np.geterr())
        return np.zeros(x.shape)

    with np.errstate(all="raise"):
        rec.ADStar(seed=1).encode(rec.CustomTarget(log_ratio, mode=0.0, shape=(3,)), P)
    assert all(set(state.values()) == {"raise"} for state in seen)
    assert seen


# --- Subnormal numbers as zero -------------------------------------------------------------------

_MXCSR, _FLUSH_AND_ZERO = 28, 0x8040  # the place of the control register in fenv_t; FTZ and DAZ


@contextmanager
def flushing() -> Iterator[None]:
    """As it is once a library was loaded that was compiled with -ffast-math."""
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    before, after = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    library.fegetenv(before)
    library.fegetenv(after)
    register = ctypes.c_uint32.from_buffer(after, _MXCSR)
    register.value |= _FLUSH_AND_ZERO
    library.fesetenv(after)
    try:
        yield
    finally:
        library.fesetenv(before)


def is_refused(family: type[rec.Normal], scale: object) -> bool:
    try:
        family(0.0, scale)  # type: ignore[arg-type]
    except rec.ParameterError:
        return True
    return False


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="sets x86's own register"
)
@pytest.mark.parametrize("family", [rec.Normal, rec.Laplace, rec.Logistic])
def test_zero_is_no_scale_where_subnormal_numbers_are_zero(family: type[rec.Normal]) -> None:
    tiny, least = np.array([1e-310]), sys.float_info.min
    assert family(0.0, tiny).scale[0] == 1e-310
    with flushing():
        refused = [is_refused(family, scale) for scale in (0.0, -0.0, tiny, least)]
    assert refused == [True, True, True, False]
    assert family(0.0, tiny).scale[0] == 1e-310
