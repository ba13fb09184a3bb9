"""What holds for every method, of those that the package has, alone and in blocks."""

from __future__ import annotations

import pytest

import astar_rec as rec
from astar_rec.codecs import Codec, method_named, register
from astar_rec.codecs.registry import method_numbered
from common import ARRAY_CODECS, CODECS, CodecCase
from method_tests import MethodTests

pytestmark = pytest.mark.filterwarnings("ignore::astar_rec.ApproximationWarning")

BLOCKS = [
    CodecCase("ad in threes", lambda seed: rec.ADStar(seed, 3)),
    CodecCase("dad in twos", lambda seed: rec.DADStar(9, seed, block=2)),
    CodecCase("global in twos", lambda seed: rec.GlobalAStar(seed, 90, block=2)),
    CodecCase(
        "minimal random in twos",
        lambda seed: rec.MinimalRandomCoding(50, seed, block=2),
    ),
    CodecCase("ordered random in fours", lambda seed: rec.OrderedRandomCoding(60, seed, block=4)),
    CodecCase("private", lambda seed: rec.PoissonPrivateRepresentation(2.0, seed, private_seed=77)),
    CodecCase(
        "private in twos",
        lambda seed: rec.PoissonPrivateRepresentation(3, seed, block=2, private_seed=1),
    ),
    CodecCase("hybrid", lambda seed: rec.HybridCoding(60, seed, 1)),
    CodecCase("hybrid in dozens", lambda seed: rec.HybridCoding(30, seed, 6, block=12)),
    CodecCase("ad with a budget", lambda seed: rec.ADStar(seed, max_steps=9)),
]

# For normals alone.
GREEDY = [
    CodecCase("greedy Poisson", rec.GreedyPoissonRejection),
    CodecCase("greedy Poisson in half", lambda s: rec.GreedyPoissonRejection(s, split="half")),
    CodecCase("greedy Poisson unsplit", lambda s: rec.GreedyPoissonRejection(s, split="never")),
    CodecCase("greedy rejection", rec.GreedyRejectionCoding),
    CodecCase("greedy rejection in half", lambda s: rec.GreedyRejectionCoding(s, split="half")),
    CodecCase("greedy rejection unsplit", lambda s: rec.GreedyRejectionCoding(s, split="never")),
]


class TestMethods(MethodTests):
    """The shared list, and blocks."""

    @pytest.fixture(params=[*CODECS, *BLOCKS, *ARRAY_CODECS, *GREEDY], ids=lambda case: case.name)
    def codec_case(self, request: pytest.FixtureRequest) -> CodecCase:
        case: CodecCase = request.param
        return case


def test_numbers_are_for_ever() -> None:
    """They stand in containers: another number is another format."""
    numbers = {
        "global": 0,
        "as": 1,
        "ad": 2,
        "dad": 3,
        "mrc": 4,
        "polar": 5,
        "universal": 13,
        "dither": 14,
        "grc": 15,
        "gprs": 16,
        "orc": 17,
        "ppr": 18,
        "hybrid": 19,
    }
    for name, number in numbers.items():
        assert method_named(name).number == number


def test_what_is_not_registered() -> None:
    with pytest.raises(rec.CorruptDataError, match="method 77"):
        method_numbered(77)
    for name, number in (("ad", 201), ("other", 2), ("ad*", 201), ("", 201), ("x", 256), ("x", -1)):
        kind = type("Other", (Codec,), {"name": name, "number": number})
        with pytest.raises(rec.ParameterError):
            register(kind)
    assert register(rec.ADStar) is rec.ADStar  # again


def test_hints_are_held_as_headers_hold_them() -> None:
    codec = rec.ADStar(1, 2, bits_hint=[0.03, 1.97, 3])
    assert codec.bits_hint == (0.0, 2.0, 3.0)
    assert codec == rec.ADStar(1, 2, bits_hint=(0.01, 2.01, 3.0))
    assert repr(codec) == "ADStar(seed=1, block=2, bits_hint=(0.0, 2.0, 3.0))"
