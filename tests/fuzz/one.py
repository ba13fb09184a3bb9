"""Runs a target of `targets.py` under Atheris: ``python -m fuzz.one NAME [libFuzzer's options]``.

In the folder tests. Seeds are made at the start, in the first folder among the arguments; options
are libFuzzer's. To see one input again: ``python -m fuzz.one NAME FILE``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["astar_rec"]):
    from . import targets


def main() -> None:
    """Runs the target that the arguments name."""
    name, *arguments = sys.argv[1:]
    _, make_seeds = targets.TARGETS[name]
    seeds = make_seeds()
    for folder in (Path(argument) for argument in arguments if not argument.startswith("-")):
        if folder.is_dir():
            for number, seed in enumerate(seeds):
                (folder / f"seed-{number}").write_bytes(seed)
            break

    def custom(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)

        def change(part: bytes) -> bytes:
            return atheris.Mutate(part, len(part) + 16)

        return targets.damage(name, data, seeds, rng, change)[:most]

    atheris.Setup(
        [sys.argv[0], *arguments], lambda data: targets.run(name, data), custom_mutator=custom
    )
    atheris.Fuzz()


main()
