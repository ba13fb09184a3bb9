"""Chunks that are made run by run, in any order, are those of a container that is made at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import astar_rec as rec
from astar_rec.codecs.escapes import encode_with_escapes
from astar_rec.container.draft import Draft
from astar_rec.container.runs import Plan, begun, chunks_of
from astar_rec.distributions.stored import Stored, boxes_of

CASES: dict[str, dict[str, Any]] = {
    "single": {"codec": rec.ADStar(3)},
    "single, gamma": {"codec": rec.ADStar(3), "code": rec.GammaCode()},
    "blocks": {"codec": rec.ADStar(3, 4)},
    "blocks, start": {"codec": rec.ADStar(3, 4), "code": rec.TreeCode(expected_bits=4.0)},
    "columns": {"codec": rec.ADStar(3, 4), "contexts": "column"},
    "hints": {"codec": rec.ADStar(3, 4, bits_hint=np.arange(10) / 4)},
    "polar": {"codec": rec.PolarCoding(3, block=64), "chunk": 1},
    "polar, columns": {"codec": rec.PolarCoding(3, block=64), "chunk": 2, "contexts": "column"},
    "depths": {"codec": rec.DADStar(6, 3)},
    "float32, offset": {"codec": rec.ADStar(3, 4), "dtype": "float32", "offset": 77},
    "fingerprint": {"codec": rec.ADStar(3, 4), "fingerprint": True},
    "no fingerprint": {"codec": rec.ADStar(3, 4), "fingerprint": False},
}
SHAPES = [(), (1,), (700,), (70, 10), (7, 10, 10), (0, 10), (700, 0)]


def parameters(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.normal(size=shape) * 0.8, np.exp(rng.normal(size=shape[-1:]) * 0.3 - 1.0)


def in_runs(q: Stored, p: Stored, order: int = 1, elements: int = 150, **words: Any) -> bytes:
    """The container of runs that are made one by one, from the last to the first with -1."""
    code, fingerprint = words.get("code"), words.pop("fingerprint", None)
    shape = np.broadcast_shapes(q.shape, p.shape)
    given = {"code": None, "contexts": None, "dtype": None, "chunk": 16, **words}
    codec = given.pop("codec")
    header = Draft.of(shape=shape, **given).header(codec, code)
    plan = Plan.of(header, fits=code is None, elements=elements)
    first = len(plan.first_elements())
    own = [each.run(0, first, shape) for each in (q, p)]
    header = begun(plan, *own, fingerprint)
    made = {}
    for numbers, elements_of in list(plan.runs())[::order]:
        ends = elements_of.start, elements_of.stop, shape
        made[numbers.start] = chunks_of(header, numbers, q.run(*ends), p.run(*ends)).data
    return header.to_bytes() + b"".join(made[each] for each in sorted(made))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_the_bytes_of_one_pass(name: str, shape: tuple[int, ...]) -> None:
    words = {"chunk": 16, **CASES[name]}
    if name == "hints" and shape[-1:] != (10,):
        shape = (30, 10)
    if words.get("contexts") == "column" and len(shape) < 2:
        shape = (30, 10)
    loc, scale = parameters(shape)
    expected = rec.compress(rec.Normal(loc, scale), rec.Normal(0.1, 1.0), **words)
    q, p = Stored(rec.Normal, [loc, scale]), Stored.of(rec.Normal(0.1, 1.0))
    assert in_runs(q, p, -1, **words) == expected


def test_one_distribution_for_all() -> None:
    q, p = rec.Normal(np.full((40, 10), 0.5), 0.3), rec.Normal(0.0, 1.0)
    expected = rec.compress(q, p, codec=rec.ADStar(1, 8), chunk=16)
    own = Stored(rec.Normal, [np.broadcast_to(0.5, (40, 10)), np.float64(0.3)])
    assert in_runs(own, Stored.of(p), codec=rec.ADStar(1, 8)) == expected


def test_escapes_stay_with_their_elements() -> None:
    loc = np.zeros((50, 10))
    loc[3, 4] = loc[20, 9] = loc[49, 0] = 1e9
    q, p = rec.Normal(loc, 0.5), rec.Normal(0.0, 1.0)
    for codec in (rec.ADStar(1), rec.ADStar(1, 4), rec.PolarCoding(1, block=64)):
        chunk = 1 if isinstance(codec, rec.PolarCoding) else 16
        expected = rec.compress(q, p, codec=codec, chunk=chunk)
        made = in_runs(Stored.of(q), Stored.of(p), codec=codec, chunk=chunk)
        assert made == expected


@pytest.mark.parametrize("family", ["Histogram", "Mixture", "Categorical"])
def test_families_with_an_axis_of_their_own(family: str) -> None:
    rng = np.random.default_rng(1)
    masses = rng.random((30, 10, 5)) + 0.1
    q, p = {
        "Histogram": (rec.Histogram(np.linspace(-1, 1, 6), masses), rec.Uniform(-1.0, 1.0)),
        "Mixture": (rec.Mixture(masses, np.linspace(-1, 1, 5), 0.3), rec.Normal(0.0, 1.0)),
        "Categorical": (rec.Categorical(masses), rec.Categorical(np.ones(5))),
    }[family]
    codec = rec.PolarCoding(5, block=64)
    expected = rec.compress(q, p, codec=codec)
    assert in_runs(Stored.of(q), Stored.of(p), codec=codec, chunk=1) == expected


def test_errors_name_the_element_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    loc = np.zeros((50, 10))
    loc[31, 7] = np.nan
    q, p = Stored(rec.Normal, [loc, np.float64(1.0)]), Stored.of(rec.Normal(0.0, 1.0))
    with pytest.raises(rec.ParameterError, match=r"loc at \[31, 7\] is nan; expected a finite"):
        in_runs(q, p, codec=rec.ADStar(1))

    # Every element of these families can be coded. One that cannot is told by its place in a piece.
    def refuses_fives(codec: Any, target: Any, proposal: Any, shape: Any, *rest: Any) -> Any:
        for place in zip(*np.nonzero(np.broadcast_to(target.loc, shape) == 5.0), strict=True):
            raise rec.DivergenceError(tuple(map(int, place)), 99.0, 64.0, "too hard")
        return encode_with_escapes(codec, target, proposal, shape, *rest)

    monkeypatch.setattr("astar_rec.codecs.knowing.encode_with_escapes", refuses_fives)
    loc[31, 7] = 5.0
    for codec in (rec.ADStar(1), rec.ADStar(1, 4)):
        with pytest.raises(rec.DivergenceError) as found:
            in_runs(q, p, codec=codec)
        assert found.value.element == (31, 7)


@given(st.lists(st.integers(1, 5), max_size=4), st.data())
def test_boxes_are_runs(sizes: list[int], data: st.DataObject) -> None:
    count = math.prod(sizes)
    begin = data.draw(st.integers(0, count))
    end = data.draw(st.integers(begin, count))
    array = np.arange(count).reshape(sizes)
    boxes = list(boxes_of(tuple(sizes), begin, end))
    parts = [array[box].reshape(-1) for box in boxes]
    assert np.concatenate([np.empty(0, int), *parts]).tolist() == list(range(begin, end))
    assert len(boxes) <= max(1, 2 * len(sizes) - 1)
