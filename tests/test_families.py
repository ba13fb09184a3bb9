"""What holds for every family, of those that the package has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scipy import stats

import astar_rec as rec
from astar_rec.distributions import Distribution, Parameter, families, family_named, register
from common import FAMILIES, PairCase
from family_tests import FamilyCase, FamilyTests

if TYPE_CHECKING:
    import numpy as np

WIDEST = {"Uniform": rec.Uniform(-3.0, 5.0)}


def case_of(name: str) -> FamilyCase:
    family, pair = getattr(rec, name), PairCase(name, name)
    proposal = WIDEST.get(name, family(0.5, 2.0))

    def targets(rng: np.random.Generator, shape: tuple[int, ...]) -> Distribution:
        unit = rng.random((4, *shape))
        q, p = pair.distributions(pair.parameters(unit, bounded=True))
        first, second = q._parameters
        # From the pair's proposal to the one here.
        low, width = p._parameters
        if name == "Uniform":
            width = width - low
            first, second = ((x - low) / width * 7.9 - 2.95 for x in (first, second))
            return family(first, second)
        return family((first - low) / width * 2.0 + 0.5, second / width * 2.0)

    def cdf(x: np.ndarray, d: Any) -> np.ndarray:
        if name == "Uniform":
            return (x - d.low) / (d.high - d.low)
        return getattr(stats, name.lower().replace("normal", "norm")).cdf(x, d.loc, d.scale)

    return FamilyCase(name, family, targets, proposal, cdf)


class TestFamilies(FamilyTests):
    """The package's."""

    @pytest.fixture(params=FAMILIES, ids=str.lower)
    def case(self, request: pytest.FixtureRequest) -> FamilyCase:
        return case_of(request.param)

    def far_away(self, case: FamilyCase, low: float, high: float) -> Distribution:
        if case.name == "Uniform":
            return rec.Uniform([low, 0.0], [high, 1e-19])
        return case.family(high, [0.5, 1e-20])


def test_all_families_are_tested() -> None:
    own = [kind.__name__ for kind in families() if kind.__module__.startswith("astar_rec.")]
    # Families with axes of their own: tests/test_histogram.py and so on.
    assert own == [*FAMILIES, "Mixture", "Histogram", "Categorical"]


def test_what_is_not_registered() -> None:
    with pytest.raises(rec.ParameterError, match="family is 'Cauchy'; expected one of Normal"):
        family_named("Cauchy")
    another = type("Normal", (Distribution,), {"loc": Parameter("Some number.")})
    with pytest.raises(rec.ParameterError, match="name of family is 'Normal'"):
        register(another)
    with pytest.raises(rec.ParameterError, match="a Parameter for each argument"):
        register(type("Nothing", (Distribution,), {}))
    assert "Nothing" not in [kind.__name__ for kind in families()]
    assert register(rec.Normal) is rec.Normal  # again
