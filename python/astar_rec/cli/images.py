"""The commands for images: `compress`, `decompress` and `train`.

What they need (the codec, PyTorch) is imported when they run: ``astar-rec --help`` stays fast.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import numpy as np

from .failures import WrongUsage, about
from .methods import AUTOMATIC, DEFAULT, codec_of, method_options
from .places import INPUT, OUTPUT, Input, Output, say
from .progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from ..images.inspection import ImageReport

__all__ = ["compress", "decompress", "inspected", "train"]

# Latents that share an index, by method; as many as the method has by default with others.
_BLOCKS = {"ad": 8}

_PATH = click.Path(path_type=Path)

_weights = click.option(
    "--weights",
    default="mnist",
    show_default=True,
    help="The model: mnist, which comes with the package, or an .npz file that `train` wrote.",
)
_threads = click.option(
    "--threads", type=int, help="All processors by default; never changes the result."
)


def _which(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> int | slice | None:
    """Returns the number or the slice that a text like 7, -1, 3:5 or 100: means."""
    if value is None:
        return None
    match = re.fullmatch(r"\s*(-?[0-9]{1,18})?\s*(:?)\s*(-?[0-9]{1,18})?\s*", value)
    if match is None or (match[1] is None and not match[2]) or (match[3] and not match[2]):
        raise click.BadParameter(f"{value!r} is neither a number nor a range like 3:5")
    begin, end = (None if m is None else int(m) for m in match.group(1, 3))
    return slice(begin, end) if match[2] else begin


@click.command()
@click.argument("images", type=INPUT)
@click.option(
    "-o", "--output", type=OUTPUT, required=True, help="The file to write; - for standard output."
)
@_weights
@method_options(
    "How latents are sent. Images are exact with each; auto: polar for many images, ad for few.",
    automatic=True,
)
@click.option(
    "--block",
    type=int,
    help="Latents that share an index, 1 to 16: fewer bits, more time. 8 with ad by default, 2^18 "
    "with polar, 1 otherwise.",
)
@click.option(
    "--chunk",
    type=int,
    default=256,
    show_default=True,
    help="Images in a group, 1 to 1024: what is decoded at least for one of them.",
)
def compress(
    images: Input,
    output: Output,
    weights: str,
    method: str,
    block: int | None,
    seed: int | None,
    chunk: int,
    threads: int | None,
    **limits: float | None,
) -> None:
    """Compresses IMAGES without loss.

    IMAGES have 28 by 28 pixels of 8 bits, as MNIST's. They are an .npy file (uint8, of shape
    (n, 28, 28)), an IDX file (gzipped or not), a greyscale PNG file, or a folder of these, whose
    names are kept.
    """
    output.check(images)
    from .. import images as codecs
    from ..images.files import read_images

    with _file_or_folder(images) as source:
        pixels, names = read_images(source)
    codec = codecs.load(weights)
    with about(images), progress("compressing") as report:
        if method == AUTOMATIC and block is None and all(n is None for n in limits.values()):
            sent = codec.codec_for(len(pixels), seed)
        else:
            name = DEFAULT if method == AUTOMATIC else method
            own = _BLOCKS.get(name) if block is None else block
            sent = codec_of(name, limits, block=own, seed=seed, threads=threads)
        data = codec.compress(
            pixels,
            codec=sent,
            names=names,
            chunk=chunk,
            threads=threads,
            progress=report,
        )
    with output.whole() as file:
        file.write(data)
    output.say(f"{output}: {_images(pixels)} in {len(data)} bytes{_rate(len(data), pixels)}")


@click.command()
@click.argument("file", type=INPUT)
@click.option(
    "-o",
    "--output",
    type=OUTPUT,
    required=True,
    help="NAME.npy, an IDX file (NAME.idx, NAME.gz or NAME-ubyte), NAME.png for a single image, or "
    "a name without a suffix: a new folder of PNG files. - for an .npy on standard output.",
)
@_weights
@click.option(
    "--only",
    callback=_which,
    metavar="I|A:B",
    help="These images alone: a number, from 0, or a range; negative ones count from the end.",
)
@_threads
def decompress(
    file: Input, output: Output, weights: str, only: int | slice | None, threads: int | None
) -> None:
    """Restores the images in FILE, as they were.

    The weights must be those that the file was compressed with.
    """
    from .. import images as codecs
    from ..images.files import check_output, output_kind, write_images

    if output.path is None:
        kind = "npy"
        output.check(file)
    else:
        kind = output_kind(output.path)
        check_output(output.path)
        output.check_not_input(file)
    data = file.read()
    codec = codecs.load(weights)
    with about(file):
        names = _names_of(data) if kind == "folder" else None
        with progress("decompressing") as report:
            pixels = codec.decompress(data, only, threads=threads, progress=report)
    if isinstance(only, int):
        pixels, names = pixels[None], names and [names[only]]
    elif only is not None:
        names = names and names[only]
    if output.path is None:
        with output.whole() as stream:
            np.save(stream, pixels, allow_pickle=False)
    else:
        write_images(output.path, pixels, names)
    rate = _rate(len(data), pixels) if only is None else ""
    output.say(f"{output}: {_images(pixels)} from {len(data)} bytes{rate}")


@click.command()
@click.option(
    "--data",
    type=_PATH,
    required=True,
    help="The folder with MNIST's train-images-idx3-ubyte, gzipped or not.",
)
@click.option("-o", "--output", type=_PATH, required=True, help="The .npz for the weights.")
@click.option(
    "--model",
    type=click.Choice(["ikvae", "vae"]),
    default="ikvae",
    show_default=True,
    help="ikvae: every latent has the same KL divergence in all images.",
)
@click.option(
    "--pixels",
    type=click.Choice(["predicted", "independent"]),
    default="predicted",
    show_default=True,
    help="predicted: from the pixels before, too; independent: given the latents alone.",
)
@click.option("--latents", type=int, default=8, show_default=True, help="Latents of an image.")
@click.option(
    "--epochs", type=int, default=20, show_default=True, help="How often every image is seen."
)
@click.option(
    "--kl-bits",
    type=float,
    default=2.5,
    show_default=True,
    help="With ikvae: the KL divergence of a latent to begin with, in bits.",
)
@click.option("--batch", type=int, default=128, show_default=True, help="Images in a step.")
@click.option(
    "--learning-rate", type=float, default=2e-3, show_default=True, help="The largest one."
)
@click.option(
    "--held-out",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Images, from the end, that are not trained on, for validation.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights, order and noise.")
@click.option(
    "--device", default="cpu", show_default=True, help="Where to compute, as PyTorch names it."
)
@click.option(
    "--bfloat16/--no-bfloat16",
    default=None,
    help="Compute in bfloat16: faster on processors with AMX. By default on GPUs alone.",
)
@click.option("--threads", type=int, help="PyTorch's; its own choice by default.")
@click.option("--fresh", is_flag=True, help="Begin anew, even if there is a state to go on from.")
def train(
    data: Path,
    output: Path,
    model: str,
    device: str,
    bfloat16: bool | None,
    threads: int | None,
    fresh: bool,
    **settings: Any,
) -> None:
    """Trains a model for `compress --weights`.

    Needs PyTorch, and the extra `train`. Beside the weights lie the state of the run (.pt), from
    which it goes on when it was stopped, and its learning curves (.png).
    """
    if output.suffix != ".npz":
        raise WrongUsage(f"--output is '{output}'; expected the name of an .npz file")
    if threads is not None and threads < 1:
        raise WrongUsage(f"--threads is {threads}; expected an integer from 1")
    import torch

    from ..images.files import read_images
    from ..images.idx import training_images
    from ..images.training import Settings
    from ..images.training import train as train_model

    with about("settings"):
        chosen = Settings(kind=model, **settings)
    source = training_images(data)
    images = read_images(source).pixels
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise WrongUsage(f"--device is {device!r}, which PyTorch cannot use: {reason}") from error
    if threads is not None:
        torch.set_num_threads(threads)
    with about(source):
        train_model(images, chosen, output, device=device, bfloat16=bfloat16, fresh=fresh)
    size = output.stat().st_size
    say(f"{output}: weights of {model}, {chosen.latents} latents, in {size} bytes")


def inspected(file: BinaryIO) -> ImageReport:
    """Returns what is in a file of images."""
    from .. import images as codecs

    return codecs.inspect(file.read())


@contextmanager
def _file_or_folder(source: Input) -> Iterator[Path | BinaryIO]:
    """Yields what `read_images` takes."""
    if source.path is not None:
        yield source.path
        return
    with about(source), source.opened() as file:
        yield file


def _names_of(data: bytes) -> list[str]:
    """Returns the names of the images in a file: stored ones, or numbers."""
    from .. import images as codecs
    from ..images.filenames import checked_names, numbered

    names = codecs.names(data)
    if names is None:
        return numbered(codecs.inspect(data).images)
    # Whoever made the file may have chosen any.
    return checked_names(names, len(names), "names of images")


def _images(pixels: npt.NDArray[np.uint8]) -> str:
    return "1 image" if len(pixels) == 1 else f"{len(pixels)} images"


def _rate(size: int, pixels: npt.NDArray[np.uint8]) -> str:
    """What a pixel takes, if there is one."""
    return f", {8 * size / pixels.size:.4f} bits per pixel" if pixels.size else ""
