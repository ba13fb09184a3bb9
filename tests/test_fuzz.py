"""A short run of the fuzzers' targets, and what they found; `nox -s fuzz` has the long runs."""

from __future__ import annotations

import base64
import io
import random
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

import astar_rec as rec
from astar_rec._npy import mapped_npy
from astar_rec.cli.arrays import read_targets
from astar_rec.cli.failures import Failure
from astar_rec.cli.places import Input
from fuzz import targets
from fuzz.layout import take_apart
from words import bare

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", targets.TARGETS)
def test_damage(name: str) -> None:
    _, make_seeds = targets.TARGETS[name]
    seeds = make_seeds()
    for seed in seeds:
        targets.run(name, seed)
    rng = random.Random(1)
    for _ in range(150):
        targets.run(name, targets.damage(name, rng.choice(seeds), seeds, rng))


# --- What they found -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        # Rows of no columns, more than have numbers.
        "412a524302420401040003000200006853a576e58780808080808020000098ecfd6e",
        # A frame without indices, whose checksum no one looked at.
        "412a52430242040104000300020005e7a7cf06e5000000ab2d6219",
    ],
)
def test_refused(data: str) -> None:
    targets.run("decompress", bytes.fromhex(data))
    with pytest.raises(rec.CorruptDataError):
        rec.Reader(bytes.fromhex(data))


def test_contexts_are_not_spread_out() -> None:
    layout = take_apart(targets.container({"contexts": "given"}))
    assert layout is not None
    *_, rows, _columns = range(len(layout.numbers))
    layout.numbers[rows] = 2**33
    data = layout.to_bytes()
    tracemalloc.start()
    with rec.Reader(data, on_corrupt="skip", contexts=0) as reader:
        assert reader.read(targets.P, slice(0, 6)).count() == 42
    assert tracemalloc.get_traced_memory()[1] < 1 << 23
    tracemalloc.stop()


@pytest.mark.parametrize(
    "found",
    [
        "QSpSQwMCAAUQIQIQAAAClwmHBM3hAYTFAAUAAAAcYdO6qQg=",
        "QSpSQwMCAAUQIQIQAAAClwmHBM3hAYTFAAXwPVEcQb2uzBQ=",
        "QSpSQwMCAAUQAAYQAICAQAKIQA/IC+ZBxQAKXEtLS0tLS1xc1/31uzA=",
    ],
)
def test_few_bytes_are_no_tree_of_many_decisions(found: str) -> None:
    """To unpack 600,000 elements, each a thousand levels deep, took 7 s; there were 10 bytes."""
    data = base64.b64decode(found)
    with pytest.raises(rec.CorruptDataError, match="more decisions than its bytes can hold"):
        rec.inspect(data)


def test_no_block_is_decoded_of_which_nothing_is_known() -> None:
    """Polar ones of a damaged header, of 1.5 million elements: 88 MB for 126 samples."""
    data = base64.b64decode(
        "QSpSQwMFAAYE////////P4KAYAAC//8DP7Nx14RjMTBJbmTFAQWc+hs6cWtF3DbFAgF+WHv9XQ=="
    )
    with rec.Reader(data, on_corrupt="skip") as reader:
        tracemalloc.start()
        x = reader.read(targets.P, slice(3, 5))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
        tracemalloc.stop()
    assert x.shape == x.mask.shape == (2, 63)
    assert x.mask.all()
    assert np.isnan(x.data).all()


@pytest.mark.parametrize("layers", ["direct", "shifted"])
def test_dithered_blocks_have_bytes(layers: str) -> None:
    """Without any, their samples were no numbers."""
    with pytest.raises(rec.CorruptDataError, match="a message of less than 1 bytes"):
        bare(b"", targets.P, shape=(3,), method="dither", block=4, layers=layers, threads=1)


def test_no_rows_decode_no_chunk() -> None:
    """A chunk was decoded where no rows were asked for, inside of it, and refused if damaged."""
    data = targets.container({"shape": (40, 7)})
    with rec.Reader(data) as reader:
        reader._unpack = None  # type: ignore[method-assign, assignment]
        assert reader.read(targets.P, slice(5, 5)).shape == (0, 7)


@pytest.mark.parametrize("what", ["npz", "npy"])
def test_headers_are_not_larger_than_their_files(tmp_path: Path, what: str) -> None:
    """One of 662 MB was made room for, in a file of 526 bytes."""
    member = b"\x93NUMPY\x02\x00" + (662 << 20).to_bytes(4, "little") + b"{'descr': '<f8'"
    path = tmp_path / f"forged.{what}"
    if what == "npy":
        path.write_bytes(member)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("loc.npy", member)
            archive.writestr("scale.npy", member)
        # As much as the header says, by its own account
        sizes = len(member).to_bytes(4, "little") * 2
        path.write_bytes(path.read_bytes().replace(sizes, (1 << 30).to_bytes(4, "little") * 2))
    tracemalloc.start()
    with pytest.raises((Failure, ValueError)):
        read_targets(Input(path)) if what == "npz" else mapped_npy(str(path))
    assert tracemalloc.get_traced_memory()[1] < 1 << 23
    tracemalloc.stop()


def test_arrays_are_not_larger_than_their_files(tmp_path: Path) -> None:
    header = io.BytesIO()
    claimed = {"descr": "<f8", "fortran_order": False, "shape": (2**30,)}
    np.lib.format.write_array_header_1_0(header, claimed)
    path = tmp_path / "forged.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("loc.npy", header.getvalue())
        archive.writestr("scale.npy", header.getvalue())
    tracemalloc.start()
    with pytest.raises(Failure, match=r"not an \.npz file of plain numbers"):
        read_targets(Input(path))
    assert tracemalloc.get_traced_memory()[1] < 1 << 23
    tracemalloc.stop()
