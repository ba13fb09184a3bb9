"""Runs a target of `targets.py` under Atheris: ``python -m fuzz.one NAME [libFuzzer's options]``.

In the folder tests. Seeds are made at the start, in the first folder among the arguments; options
are libFuzzer's. To see one input again: ``python -m fuzz.one NAME FILE``.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
from importlib.util import find_spec
from pathlib import Path

import atheris

# What reads bytes is traced; of what computes with what was read, tracing would take a quarter of
# the time.
TRACED = ("_bytes", "_npy", "_varint", "cli", "codes", "container", "images")


def untraced() -> set[str]:
    """The modules of the package that are not traced."""
    found = find_spec("astar_rec")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    modules = (path.relative_to(package).with_suffix("").parts for path in package.rglob("*.py"))
    return {
        ".".join(["astar_rec", *(part for part in parts if part != "__init__")])
        for parts in modules
        if parts[0] not in TRACED
    }


with atheris.instrument_imports(include=["astar_rec"], exclude=untraced()):
    from . import targets


def main() -> None:
    """Runs the target that the arguments name."""
    name, *arguments = sys.argv[1:]
    if not hasattr(ctypes.CDLL(None), "LLVMFuzzerCustomMutator"):
        # libFuzzer would change bytes alone, and checksums refuse all of these.
        sys.exit("fuzz.one: atheris/custom_mutator*.so is not in LD_PRELOAD: see noxfile.py")
    os.environ.pop(
        "LD_PRELOAD", None
    )  # which is for Python, and not for programs started from here
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
