"""Independent work in threads, with results in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from . import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Future

__all__ = ["in_order"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Generator[Result, None, None]:
    """Yields the results of some work, in the order of what it is for.

    There are no more results in memory than twice the number of threads. With one thread, and for
    one item, no other is started. Errors are raised where their results would be; work that has not
    begun is then left out, as it is when the generator is closed, and long calls of the core end.

    Args:
        work: Called in any order, by several threads at once.
        items: What it is called with; taken one by one, by the caller's thread.
        threads: How many threads.
    """
    left = iter(items)
    first = list(islice(left, 2 if threads > 1 else 0))
    if len(first) < 2:
        for one in (*first, *left):
            yield work(one)
        return
    stop = _core.Stop()
    with ThreadPoolExecutor(threads) as pool:

        def begun(one: Item) -> Future[Result]:
            return pool.submit(stop.run, work, one)

        try:
            waiting: deque[Future[Result]] = deque(map(begun, first))
            waiting.extend(map(begun, islice(left, 2 * threads - 2)))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(map(begun, islice(left, 1)))
        except BaseException:
            stop.set()  # only the main thread hears signals
            pool.shutdown(cancel_futures=True)
            raise
