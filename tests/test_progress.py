"""Progress is the share of the time that has gone, and not of one part of the work."""

from __future__ import annotations

import io
import time
from itertools import pairwise

import numpy as np
import pytest

import astar_rec as rec
from astar_rec.container import stages
from astar_rec.container.stages import Stages

P = rec.Normal(0.0, 1.0)
Q = rec.Normal(np.random.default_rng(0).normal(size=(25_000, 8)) * 0.8, 0.5)


@pytest.mark.parametrize("written", [False, True], ids=["compress", "Writer"])
def test_a_tree_code_is_half_done_at_half_of_the_time(written: bool) -> None:
    """Packing takes nearly all of it: the first half was 100 % before."""
    codec, told = rec.ADStar(1, threads=1), list[tuple[float, int, int]]()

    def hear(done: int, total: int) -> None:
        told.append((time.thread_time(), done, total))

    began = time.thread_time()
    if written:
        with rec.Writer(io.BytesIO(), codec=codec, code=rec.TreeCode()) as writer:
            writer.write(Q, P, progress=hear)
    else:
        rec.compress(Q, P, codec=codec, code=rec.TreeCode(), progress=hear)
    ended = told[-1][0]
    assert {total for _, _, total in told} == {200_000}
    assert told[-1][1] == 200_000
    assert all(a < b for (_, a, _), (_, b, _) in pairwise(told))
    middle = [done for when, done, _ in told if when < began + (ended - began) / 2]
    assert middle[-1] < 150_000
    assert len(told) > 8


def test_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first stage of 2 s, and a second that takes 8 s and was thought to take 2."""
    clock, told = [0.0], list[tuple[int, int]]()
    monkeypatch.setattr(stages, "monotonic", lambda: clock[0])
    both = Stages(lambda *now: told.append(now), 1000, 2.0)
    for done in (1, 2):
        clock[0] += 1
        both.first(done, 2)
    assert told == [(250, 1000), (500, 1000)]
    for done in range(1, 9):
        clock[0] += 1
        both.second(done, 8)
    both.end()
    assert told[2:] == [
        (600, 1000),
        (700, 1000),
        (800, 1000),
        (900, 1000),
        (999, 1000),
        (1000, 1000),
    ]


def test_nothing_to_do() -> None:
    told: list[tuple[int, int]] = []
    rec.compress(
        rec.Normal(np.zeros(0), 1.0), P, codec=rec.ADStar(1), progress=lambda *n: told.append(n)
    )
    assert all(total == 0 for _, total in told)
