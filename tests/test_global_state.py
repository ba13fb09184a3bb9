"""What calls change of the process ends with them, in any number of threads."""

from __future__ import annotations

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("constriction")
threadpoolctl = pytest.importorskip("threadpoolctl")

from astar_rec import images  # noqa: E402
from astar_rec.images.blas import _libraries, one_blas_thread  # noqa: E402

DIGITS = images.load("mnist").sample(12, seed=1)
# Searches of few steps are cut, of which users of arrays are told, and those of images are not.
HASTY = rec.ADStar(3, 8, max_steps=20)


def blas_threads() -> list[int]:
    found = threadpoolctl.threadpool_info()
    return [each["num_threads"] for each in found if each["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def _two_blas_threads() -> Iterator[None]:
    # Other tests may have loaded a BLAS since: SciPy's, which images have no use for.
    _libraries.cache_clear()
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        yield


def compress(model: Any, number: int) -> None:
    model.compress(DIGITS[: 2 + number], codec=HASTY)


def compress_bare(model: Any, number: int) -> None:
    model.compress(DIGITS[: 2 + number], codec=HASTY, header=False)


def restore(model: Any, number: int) -> None:
    model.decompress(model.compress(DIGITS[: 2 + number], codec=HASTY))


def measure(model: Any, number: int) -> None:
    latents = np.random.default_rng(number).normal(size=(10, model.latents))
    model.likelihood_bits(DIGITS[:10], latents)


def sample(model: Any, number: int) -> None:
    model.sample(10, seed=number)


@pytest.mark.parametrize("work", [compress, compress_bare, restore, measure, sample])
def test_images_in_threads(work: Callable[[Any, int], None]) -> None:
    model, filters, threads = images.load("mnist"), list(warnings.filters), blas_threads()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: work(model, number), range(8)))
    assert blas_threads() == threads
    assert list(warnings.filters) == filters


def test_cuts_are_told_while_images_are_compressed() -> None:
    """One thread compresses images, whose cuts nobody is told of; another asks to be told."""
    model = images.load("mnist")
    begun, ended = threading.Event(), threading.Event()

    def progress(*_: int) -> None:
        begun.set()
        assert ended.wait(60)

    def compress_images() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.compress(DIGITS, codec=HASTY, threads=1, progress=progress)

    q, p = rec.Normal(np.linspace(-3, 3, 400), 0.01), rec.Normal(0.0, 1.0)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(compress_images)
        assert begun.wait(60)
        with pytest.warns(rec.ApproximationWarning):
            rec.compress(q, p, codec=rec.ADStar(1, max_steps=4))
        ended.set()
        done.result()


@pytest.mark.parametrize("header", [True, False])
def test_warnings_name_the_call(header: bool) -> None:
    q, p = rec.Normal(np.linspace(-3, 3, 400), 0.01), rec.Normal(0.0, 1.0)
    with pytest.warns(rec.ApproximationWarning) as told:
        rec.compress(q, p, codec=rec.ADStar(1, max_steps=4), header=header)
    assert [each.filename for each in told] == [__file__]


def test_the_last_call_puts_back_what_was_there() -> None:
    threads = blas_threads()
    one = [1] * len(threads)
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    assert blas_threads() == one
    first.__exit__(None, None, None)  # in the order in which threads may end
    assert blas_threads() == one
    second.__exit__(None, None, None)
    assert blas_threads() == threads
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert blas_threads() == threads


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forks_while_images_are_compressed() -> None:
    threads = blas_threads()
    with one_blas_thread():
        child = os.fork()
        if not child:
            code = 2
            try:
                free = blas_threads() == threads
                with one_blas_thread():
                    held = blas_threads() == [1] * len(threads)
                code = 0 if free and held and blas_threads() == threads else 1
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert blas_threads() == threads
