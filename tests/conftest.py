"""Fixtures that several files use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Has PyTorch compute with one thread: tests side by side would have a thread for each CPU."""
    torch = pytest.importorskip("torch", reason="astar_rec.torch needs PyTorch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
