"""The commands of ``astar-rec``, on top of `compress`, `decompress` and `inspect`."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from .._kinds import IMAGES
from .._validate import broadcast_shape
from .._version import __version__
from ..codecs import ADStar, automatic_codec
from ..codecs.automatic import column_hints
from ..codecs.registry import method_named
from ..codes import AdaptiveCode, IndexCode, TreeCode
from ..container import compress, decompress
from ..container import inspect as inspect_container
from ..distributions import Normal
from ..errors import ApproximationWarning, ParameterError
from ..information import kl_bits
from ..planner import plan_for
from . import images
from .arrays import read_proposal, read_targets, stored_targets
from .as_json import as_object
from .experiments import experiments
from .failures import Group, about
from .large import Large
from .methods import AUTOMATIC, DEFAULT, codec_of, method_options, takes
from .places import INPUT, OUTPUT, Input, Output, say
from .planning import plan
from .progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..codecs import Codec
    from ..distributions import Distribution

__all__ = ["astar_rec"]


def _block(_context: click.Context, _option: click.Parameter, value: str) -> int | str:
    """Returns an integer, or "auto"."""
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither an integer nor auto") from None


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def astar_rec() -> None:
    """Relative entropy coding with A* coding.

    A sender has a target distribution Q, sender and receiver share a proposal P. `encode` finds an
    exact sample of every target and names it in about KL[Q || P] bits; `decode` needs those bits
    and the proposal, and returns the same samples, bit for bit.

    In the place of a file, - is standard input or output.

    `compress` and `decompress` do that with the latents of a model of images, and so send images
    without loss.
    """


@astar_rec.command()
@click.argument("posteriors", type=INPUT)
@click.option(
    "-o",
    "--output",
    type=OUTPUT,
    required=True,
    help="The container to write; - for standard output.",
)
@method_options(
    "auto takes what `plan` says, polar for arrays and ad for few; with --block or a limit, ad. "
    "dad and mrc are approximate; global takes long where targets are narrow.",
    automatic=True,
)
@click.option(
    "--block",
    callback=_block,
    default="auto",
    show_default=True,
    help="Elements of the last axis that share an index, 1 to 16: fewer bits, more time. auto is, "
    "with ad, 8 where a few trial searches take at most 2500 steps on average (else 4, 2 or 1). "
    "With polar, elements one after the other, 1 to 2^24; auto is 2^18. 1 with other methods.",
)
@click.option(
    "--bits-hint",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="auto has the container say how much information each column of the last axis has, where "
    "columns differ: blocks of unequal columns are searched faster.",
)
@click.option(
    "--contexts",
    type=click.Choice(["none", "column"]),
    default="none",
    show_default=True,
    help="column tells the columns of the last axis apart, where some have more information than "
    "others: with polar each says its information, with others learns how long its indices are.",
)
@click.option(
    "--code",
    type=click.Choice(["auto", "tree", "adaptive"]),
    default="auto",
    show_default=True,
    help="How indices become bits: tree takes the fewest, with ad only, and some microseconds for "
    "each sample; auto is tree for blocks.",
)
@click.option(
    "--chunk",
    type=int,
    help="Indices that share a checksum, a power of two: what damage costs, and reading a row. By "
    "default those of 65536 elements, of 16384 with the tree code; with polar 1, which is a block.",
)
def encode(
    posteriors: Input,
    output: Output,
    method: str,
    block: int | str,
    bits_hint: str,
    contexts: str,
    code: str,
    chunk: int | None,
    seed: int | None,
    threads: int | None,
    **limits: float | None,
) -> None:
    """Encodes a sample of every distribution in POSTERIORS.

    POSTERIORS is an .npz file with the arrays `loc` and `scale`, the targets' means and standard
    deviations; and, where the proposal is not N(0, 1), `proposal_loc` and `proposal_scale`. They
    broadcast against each other.

    What is larger than memory is a folder of zarr with the same arrays, or an .npy file of two
    rows, all means and then all standard deviations: these are read piece by piece.

    Other families are named by a string, `family` or `proposal_family`: Laplace, Logistic (`loc`,
    `scale`), Uniform (`low`, `high`), Histogram (`edges`, `masses`), Mixture (`weights`, `loc`,
    `scale`) and Categorical (`masses`), the last two with polar alone. In a folder of zarr they
    are attributes.
    """
    output.check(posteriors)
    stored = stored_targets(posteriors)
    large = None
    with about(posteriors):
        large = None if stored is None else Large(*stored)
        target, proposal = read_targets(posteriors) if large is None else large.typical()
    size = 0
    with (
        about(posteriors),
        progress("encoding") as report,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always", ApproximationWarning)
        own = _CODES[code]()
        shape = broadcast_shape(target=target.shape, proposal=proposal.shape)
        shape = shape if large is None else large.shape
        asks = block != "auto" or any(n is not None for n in limits.values())
        if method == AUTOMATIC and not asks:
            different = 0 if contexts == "none" else max((1, *shape[-1:]))
            made = plan_for(
                target, proposal, seed=seed, contexts=different, code=own, threads=threads
            )
            codec, own = made.codec, made.code if own is None else own
        else:
            name = DEFAULT if method == AUTOMATIC else method
            hints = bits_hint == "auto" and (large is None or large.has_whole_rows)
            codec = _codec(target, proposal, name, block, hints, seed, threads, limits)
        columns = None if contexts == "none" else contexts
        pieces: Iterable[bytes]
        if large is not None:
            pieces = large.encoded(codec, own, columns, chunk, report)
        else:
            data = compress(
                target,
                proposal,
                codec=codec,
                code=own,
                contexts=columns,
                chunk=chunk,
                progress=report,
            )
            pieces = [data]
        with output.whole() as file:
            for piece in pieces:
                file.write(piece)
                size += len(piece)
    for warning in warned:
        say(f"{posteriors}: {warning.message}", err=True)
    output.say(f"{output}: {_samples(shape)} in {size} bytes by {_said(codec)}")
    if count := math.prod(shape):
        known = _mean_divergence(target, proposal)
        part = "" if large is None or count <= target.size else f" of the first {target.size}"
        said = "" if known is None else f"; KL divergence{part} {known:.3f}"
        output.say(f"{8 * size / count:.3f} bits per sample{said}")
        shared = proposal if large is None or not proposal.shape else large.proposal
        output.say(f"proposal {shared}, which decoding needs too")


@astar_rec.command()
@click.argument("container", type=INPUT)
@click.option(
    "-o", "--output", type=OUTPUT, required=True, help="The .npy to write; - for standard output."
)
@click.option(
    "--proposal",
    type=INPUT,
    help="An .npz file with the proposal's loc and scale, or another family and its parameters; "
    "N(0, 1) by default.",
)
@click.option(
    "--on-corrupt",
    type=click.Choice(["raise", "skip"]),
    default="raise",
    show_default=True,
    help="skip decodes what is left of a damaged container; what is missing is NaN.",
)
@click.option(
    "--max-elements",
    type=int,
    help="Decode up to so many samples; by default a million, and 8192 more for each byte.",
)
@click.option("--threads", type=int, help="All processors by default; never changes the result.")
def decode(
    container: Input,
    output: Output,
    proposal: Input | None,
    on_corrupt: str,
    max_elements: int | None,
    threads: int | None,
) -> None:
    """Decodes the samples in CONTAINER into an .npy file.

    They are float64, of the targets' shape. The proposal must be the one that they were encoded
    with: the container doesn't hold it.
    """
    output.check(container, proposal)
    shared = Normal(0.0, 1.0) if proposal is None else read_proposal(proposal)
    with container.opened() as file, about(container), progress("decoding") as report:
        samples = decompress(
            file,
            shared,
            on_corrupt=on_corrupt,
            max_elements=max_elements,
            threads=threads,
            progress=report,
        )
    missing = int(np.ma.getmaskarray(samples).sum())
    with output.whole() as file:
        np.save(file, np.ma.getdata(samples), allow_pickle=False)
    output.say(f"{output}: {_samples(samples.shape)}")
    if missing:
        say(f"{missing} of them are missing: {container} is damaged", err=True)


@astar_rec.command()
@click.argument("container", type=INPUT)
@click.option("--json", "as_json", is_flag=True, help="An object of JSON, for programs.")
def inspect(container: Input, as_json: bool) -> None:
    """Says what is in CONTAINER, and where its bits went.

    CONTAINER is what `encode` or `compress` wrote.
    """
    with container.opened() as file, about(container):
        begin = file.tell()
        start = file.read(len(IMAGES))
        file.seek(begin)
        found = images.inspected(file) if start == IMAGES else inspect_container(file)
    say(as_object(found) if as_json else str(found))


@astar_rec.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=".",
    help="The folder for the picture; made if need be. The current one by default.",
)
def demo(output: Path) -> None:
    """Compresses 100 images of MNIST by each method, losslessly.

    The receiver is another process, which gets the file alone. Prints a table, beside other codecs,
    and draws a picture, astar_rec_demo.png. It needs the extra images, too.
    """
    from ..demo.run import run

    run(output, echo=click.echo)


_CODES: dict[str, Callable[[], IndexCode | None]] = {
    "auto": lambda: None,
    "tree": TreeCode,
    "adaptive": AdaptiveCode,
}


def _codec(
    target: Distribution,
    proposal: Distribution,
    method: str,
    block: int | str,
    hints: bool,
    seed: int | None,
    threads: int | None,
    limits: Mapping[str, float | None],
) -> Codec:
    """Returns the codec that options name for some targets."""
    own = None if block == "auto" else int(block)
    known = None
    if hints and own is not None and own > 1 and takes(method_named(method), "bits_hint"):
        known = column_hints(target, proposal, own)
    within = limits.get("within")
    if block == "auto" and method == ADStar.name:
        limits = {**limits, "within": None}  # which is for blocks: these are chosen below
    codec = codec_of(method, limits, block=own, bits_hint=known, seed=seed, threads=threads)
    if block == "auto" and isinstance(codec, ADStar):
        return automatic_codec(
            target,
            proposal,
            seed=codec.seed,
            hints=hints,
            max_steps=codec.max_steps,
            within=within,
            threads=threads,
            escapes=True,
        )
    return codec


def _said(codec: Codec) -> str:
    """What a codec is, in the options' words."""
    return codec.name if codec.block == 1 else f"{codec.name}, block {codec.block}"


def _mean_divergence(target: Distribution, proposal: Distribution) -> float | None:
    """Returns the mean KL divergence in bits; None for pairs of families without one."""
    try:
        return float(kl_bits(target, proposal).mean())
    except ParameterError:
        return None


def _samples(shape: tuple[int, ...]) -> str:
    return f"samples of shape {shape}"


for command in (plan, images.compress, images.decompress, images.train, experiments):
    astar_rec.add_command(command)
