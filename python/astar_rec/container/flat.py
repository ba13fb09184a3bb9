"""Runs of elements of a container: what follows each other in C order, wherever rows end."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .fingerprint import require_same

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._elements import Shape
    from ..distributions import Distribution
    from .reader import Reader

__all__ = ["decode_run", "whole_lines"]


def whole_lines(reader: Reader) -> bool:
    """Whether runs must be of whole rows of the last axis: blocks or contexts lie along it."""
    grid = reader._contents.grid
    along = grid.block > 1 and not grid.is_flat
    return (along or reader._header.contexts == "column") and len(grid.shape) > 1


def decode_run(reader: Reader, proposal: Distribution, elements: range) -> npt.NDArray[Any]:
    """Returns samples of consecutive elements, flat; the chunks they lie in are all that is read.

    Args:
        reader: The container's.
        proposal: Their proposals, flat; of no axes where all are the same.
        elements: Which; of whole rows where `whole_lines` says so.

    Raises:
        CorruptDataError: See `Reader.read`.
        ParameterError: A proposal that is not the encoder's, as far as the fingerprint tells.
    """
    _require_same(reader, proposal, elements)
    whole = reader._contents.grid
    shape: Shape = (whole.elements,)
    row = 1
    if whole_lines(reader):
        row = whole.shape[-1]
        shape = (whole.elements // row, row)
    flat = copy.copy(reader)
    flat._contents = replace(reader._contents, grid=replace(whole, shape=shape))
    flat.shape, flat._compares = shape, False
    size = len(elements)
    own = proposal if not proposal.shape else proposal.reshape(size // row, *shape[1:])
    rows = slice(elements.start // row, elements.stop // row)
    return np.ma.getdata(flat.read(own, rows)).reshape(size)


def _require_same(reader: Reader, proposal: Distribution, elements: range) -> None:
    """Refuses another proposal than the encoder's, where the fingerprint is of these elements."""
    fingerprint, shape = reader._header.fingerprint, reader._contents.grid.shape
    if fingerprint is None or not reader._compares or elements.start:
        return
    count = reader._header.fingerprinted(shape)
    if 0 < count <= len(elements):
        columns = shape[-1] if shape else 1
        require_same(fingerprint, proposal, (len(elements),), count, columns)
