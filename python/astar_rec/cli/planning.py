"""The command `plan`: which method `compress` would take, and why."""

from __future__ import annotations

import math

import click

from ..planner import DEFAULT_TIME
from ..planner import plan as plan_of
from .arrays import read_targets
from .failures import about
from .places import INPUT, Input, say

__all__ = ["plan"]

_MICROSECOND = 1e-6


@click.command()
@click.argument("posteriors", type=INPUT)
@click.option(
    "--time",
    type=float,
    default=DEFAULT_TIME / _MICROSECOND,
    show_default=True,
    help="The most microseconds for an element, to encode and decode it.",
)
@click.option(
    "--random-access", is_flag=True, help="Single elements must be decoded without the rest."
)
def plan(posteriors: Input, time: float, random_access: bool) -> None:
    """Says which method gives the fewest bits for POSTERIORS, and what others would take.

    POSTERIORS is an .npz file as for `encode`. Bits and microseconds are predictions, for an
    element: see docs/planner.md.
    """
    target, proposal = read_targets(posteriors)
    limit = time * _MICROSECOND if math.isfinite(time) else time
    with about(posteriors):
        say(str(plan_of(target, proposal, time=limit, random_access=random_access)))
