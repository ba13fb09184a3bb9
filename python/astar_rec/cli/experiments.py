"""The command `experiments`: those of the paper, as tables and pictures."""

from __future__ import annotations

import time
from pathlib import Path

import click

from .failures import MissingPackage, WrongUsage, about
from .progress import progress

__all__ = ["experiments"]

# What the experiments need, and the extra has.
_NEEDED = {"scipy": "SciPy", "matplotlib": "Matplotlib", "constriction": "constriction"}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="experiments",
    show_default=True,
    help="The folder for tables and pictures; made if need be.",
)
@click.option(
    "--quick/--full",
    default=True,
    show_default=True,
    help="All in about a minute, or with small errors in some ten.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of targets and codecs.")
def experiments(names: tuple[str, ...], output: Path, quick: bool, seed: int) -> None:
    """Runs the experiments of the paper, and those that came after it.

    NAME is one of steps, codelength, bias, blocks, families, distortion, methods and vectors; all
    of them by default. Each writes NAME.csv and NAME.png; docs/experiments.md says what they show.
    It needs the extra experiments.
    """
    try:
        from ..experiments.all import EXPERIMENTS, perform
        from ..experiments.experiment import Mode
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _NEEDED:
            raise
        needed = f"experiments need {_NEEDED[module]}: pip install 'astar_rec[experiments]'"
        raise MissingPackage(needed) from error

    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    for name in names:
        if name not in known:
            raise WrongUsage(f"no experiment {name!r}; expected some of {', '.join(known)}")
    with about("settings"):
        mode = Mode("quick" if quick else "full", seed)
    output.mkdir(parents=True, exist_ok=True)
    # Each once, and in the order of the list.
    for experiment in known.values():
        if names and experiment.name not in names:
            continue
        begin = time.monotonic()
        with progress(f"{experiment.name:10}") as report:
            table, picture = perform(experiment, mode, output, report)
        seconds = time.monotonic() - begin
        click.echo(f"{experiment.title}: {table}, {picture.name} ({seconds:.0f} s)")
