"""A network's weights as a sample of their posterior: MNIST in a few kilobytes.

    python examples/model_weights.py --mnist FOLDER -o weights

A small convolutional network has 46,730 weights. Each has a normal posterior, trained by the
negative ELBO with the divergence weighted by beta. So many weights have next to no information, and
a sample of the posterior is sent in about KL bits. The receiver knows the network's shape, and the
prior: normals around 0 with a scale for each array of weights, which is sent in 16 bits.

Beside it stands what one would do without: weights rounded to a grid and entropy-coded, of the same
network trained without noise, and of the posterior's means. Files are decoded in another process.
Needs PyTorch; constriction for rounding, Matplotlib for the picture.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import math
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn.functional import conv2d, cross_entropy, linear, relu

import astar_rec as rec
import datasets
from astar_rec.torch import PriorGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BETAS = (0.3, 1.0, 3.0)
STEPS = (0.03, 0.06, 0.1, 0.14, 0.2)
SEED = 1

# --- The network, as a function of one vector of weights ------------------------------------------

SHAPES = (
    *((16, 1, 5, 5), (16,)),  # 28 x 28 pixels to 12 x 12
    *((32, 16, 5, 5), (32,)),  # to 4 x 4
    *((64, 512), (64,)),
    *((10, 64), (10,)),
)
SIZES = [math.prod(shape) for shape in SHAPES]
GRID = PriorGrid()


class Digits(NamedTuple):
    """Images, float32 of shape (n, 1, 28, 28), and their labels, int64 of shape (n,)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def read(cls, folder: Path, part: str, count: int | None = None) -> Digits:
        """Returns a part of MNIST, or the first of it."""
        both = datasets.mnist(folder, part)
        images, labels = (torch.from_numpy(each[:count].copy()) for each in both)
        return cls(images[:, None].float() / 255, labels.long())


def scores(weights: Tensor, images: Tensor) -> Tensor:
    """Returns the logits of ten digits, shape (n, 10), by a network with these weights."""
    parts = weights.split(SIZES)
    w = [part.view(shape) for part, shape in zip(parts, SHAPES, strict=True)]
    x = relu(conv2d(images, w[0], w[1], stride=2))
    x = relu(conv2d(x, w[2], w[3], stride=2))
    return linear(relu(linear(x.flatten(1), w[4], w[5])), w[6], w[7])


def start() -> Tensor:
    """Returns weights to begin with: He's for the layers, 0 for the biases."""
    drawn = (
        torch.randn(shape) * math.sqrt(2 / math.prod(shape[1:]))
        if len(shape) > 1
        else torch.zeros(shape)
        for shape in SHAPES
    )
    return torch.cat([each.flatten() for each in drawn])


@torch.no_grad()
def accuracy(weights: Tensor, digits: Digits) -> float:
    """Returns the share of digits that a network gets right."""
    found = [scores(weights, images).argmax(1) for images in digits.images.split(1000)]
    return float((torch.cat(found) == digits.labels).double().mean())


# --- Training -------------------------------------------------------------------------------------


def minimise(
    loss: Callable[[Tensor, Tensor], Tensor],
    groups: list[dict[str, Tensor | float]],
    digits: Digits,
    epochs: int,
    batch: int = 128,
) -> None:
    """Trains by Adam, with rates that fall to 0 along a cosine."""
    optimiser = torch.optim.Adam(groups)
    steps = epochs * math.ceil(len(digits.labels) / batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(digits.labels)).split(batch):
            optimiser.zero_grad()
            loss(digits.images[chosen], digits.labels[chosen]).backward()
            optimiser.step()
            schedule.step()


def fitted_scales(loc: Tensor, scale: Tensor) -> Tensor:
    """Returns the prior's scale for each array of weights: that of the least divergence.

    It is the root mean square of a sample's weights.
    """
    squares = (loc.square() + scale.square()).split(SIZES)
    return torch.stack([each.mean().sqrt() for each in squares])


def for_weights(scales: Tensor) -> Tensor:
    """Returns a scale for each weight from one for each array."""
    return scales.repeat_interleave(torch.tensor(SIZES))


def train_posterior(digits: Digits, beta: float, epochs: int) -> Normal:
    """Returns the weights' posterior: a normal for each, independent of the others."""
    loc = start().requires_grad_()
    log_scale = torch.full_like(loc, math.log(0.02)).requires_grad_()

    def loss(images: Tensor, labels: Tensor) -> Tensor:
        q = Normal(loc, log_scale.exp(), validate_args=False)
        # Where the prior is the best one, its derivatives add nothing.
        prior = Normal(0.0, for_weights(fitted_scales(loc, q.scale)).detach(), validate_args=False)
        divergence = torch.distributions.kl_divergence(q, prior).sum()
        return cross_entropy(scores(q.rsample(), images), labels) + (
            beta / len(digits.labels) * divergence
        )

    minimise(loss, [{"params": loc, "lr": 2e-3}, {"params": log_scale, "lr": 2e-2}], digits, epochs)
    return Normal(loc.detach(), log_scale.detach().exp())


def train_plain(digits: Digits, epochs: int) -> Tensor:
    """Returns weights as they are trained usually, with a little weight decay."""
    weights = start().requires_grad_()

    def loss(images: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(scores(weights, images), labels)

    minimise(loss, [{"params": weights, "lr": 2e-3, "weight_decay": 1e-4}], digits, epochs)
    return weights.detach()


# --- Files ----------------------------------------------------------------------------------------


def prior_of(integers: Tensor) -> rec.Normal:
    """Returns the prior that a file's integers stand for: the same bits on any machine."""
    prior = GRID.prior(torch.zeros_like(integers), integers)
    return rec.Normal(0.0, for_weights(prior.stddev).numpy())


def encode(posterior: Normal) -> tuple[bytes, float]:
    """Returns a file with a sample of a posterior, and the divergence in bits."""
    scales = fitted_scales(posterior.loc, posterior.scale)
    _, integers = GRID.integers(Normal(torch.zeros_like(scales), scales))
    p = prior_of(integers)
    q = rec.Normal(posterior.loc.double().numpy(), posterior.scale.double().numpy())
    message = rec.compress(q, p, codec=rec.PolarCoding(seed=SEED))
    return integers.numpy().astype("<i2").tobytes() + message, float(rec.kl_bits(q, p).sum())


def decode(data: bytes) -> Tensor:
    """Returns the sample that a file holds: a vector of weights, float32."""
    front = 2 * len(SHAPES)
    integers = torch.from_numpy(np.frombuffer(data[:front], "<i2").astype(np.int64))
    return torch.from_numpy(rec.decompress(data[front:], prior_of(integers))).float()


def encode_rounded(weights: Tensor, step: float) -> tuple[bytes, Tensor]:
    """Returns a file with weights rounded to multiples of a step, and what it decodes to.

    Each array of weights has a histogram, which is in the file.
    """
    import rounding

    numbers = torch.round(weights / step).numpy().astype(np.int32)
    front = np.float32(step).tobytes()
    data = front + rounding.encode_arrays(np.split(numbers, np.cumsum(SIZES)[:-1]))
    decoded = np.concatenate(rounding.decode_arrays(data[len(front) :], SIZES))
    return data, torch.from_numpy(decoded).float() * step


# --- What comes out -------------------------------------------------------------------------------


@dataclass
class Row:
    """A file of weights: what it is of, what it takes, and how the network does with it."""

    weights: str
    bytes: int
    kl_bytes: float | None
    bits_per_weight: float
    accuracy_before: float
    accuracy_decoded: float


def elsewhere(file: Path, folder: Path) -> float:
    """Returns the accuracy that another process finds with a file's weights."""
    command = [sys.executable, __file__, "--mnist", str(folder), "--decode", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["accuracy"])


def rounded_rows(name: str, weights: Tensor, test: Digits) -> Iterable[Row]:
    """Yields rows of weights that are rounded to finer and coarser grids."""
    before = accuracy(weights, test)
    for step in STEPS:
        data, decoded = encode_rounded(weights, step)
        bits = 8 * len(data) / len(weights)
        after = accuracy(decoded, test)
        yield Row(f"{name}, step {step:g}", len(data), None, bits, before, after)


def measure(options: argparse.Namespace) -> list[Row]:
    """Trains, encodes, decodes; returns a row for each file."""
    train = Digits.read(options.mnist, "train", options.images)
    test = Digits.read(options.mnist, "t10k")
    coder = importlib.util.find_spec("constriction") is not None
    sampled: list[Row] = []
    rounded: list[Row] = []
    for beta in options.beta:
        begin = time.perf_counter()
        torch.manual_seed(SEED)
        posterior = train_posterior(train, beta, options.epochs)
        print(f"beta {beta:g}: trained in {time.perf_counter() - begin:.0f} s", file=sys.stderr)
        data, kl = encode(posterior)
        file = options.output / f"beta_{beta:g}.weights"
        file.write_bytes(data)
        bits = 8 * len(data) / len(posterior.loc)
        before, after = accuracy(posterior.loc, test), elsewhere(file, options.mnist)
        sampled.append(Row(f"sample, beta {beta:g}", len(data), kl / 8, bits, before, after))
        if coder:
            rounded += rounded_rows(f"mean, beta {beta:g}", posterior.loc, test)
    if coder:
        torch.manual_seed(SEED)
        rounded += rounded_rows("plain", train_plain(train, options.epochs), test)
    else:
        print("constriction is not installed: nothing is rounded", file=sys.stderr)
    return sampled + rounded


def table(rows: list[Row]) -> str:
    """Returns rows as a table of Markdown; "before" is by the mean, or before rounding."""
    lines = [
        "| weights | bytes | KL, bytes | bits per weight | accuracy before | decoded |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        kl = "" if row.kl_bytes is None else f"{row.kl_bytes:,.0f}"
        shares = f"{row.accuracy_before:.2%} | {row.accuracy_decoded:.2%}"
        lines.append(
            f"| {row.weights} | {row.bytes:,} | {kl} | {row.bits_per_weight:.3f} | {shares} |"
        )
    return "\n".join(lines)


def draw(rows: list[Row], path: Path) -> None:
    """Draws errors over bytes, a line for each way to send weights."""
    from matplotlib.figure import Figure

    lines: dict[str, list[Row]] = {}
    for row in rows:
        rounded = f"rounded: {row.weights.split(', step')[0]}"
        name = rounded if row.kl_bytes is None else "sample of the posterior"
        lines.setdefault(name, []).append(row)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for name, line in lines.items():
        style = ".--" if line[0].kl_bytes is None else "ko-"
        errors = [100 * (1 - row.accuracy_decoded) for row in line]
        axes.plot([row.bytes for row in line], errors, style, label=name)
    axes.set(xscale="log", yscale="log", xlabel="bytes", ylabel="test images that are wrong, %")
    axes.set_ylim(0.5, 20)
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=110)


def arguments() -> argparse.Namespace:
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--mnist", type=Path, default=datasets.MNIST, help="folder of its files")
    parser.add_argument("--beta", type=float, nargs="+", default=BETAS, help="weights of the KL")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--images", type=int, help="train on the first so many alone")
    parser.add_argument("--decode", type=Path, metavar="FILE", help="decode a file and try it out")
    parser.add_argument("-o", "--output", type=Path, default=Path("weights"), help="a folder")
    return parser.parse_args()


def main() -> None:
    """Runs the sender, or with ``--decode`` the receiver."""
    options = arguments()
    torch.set_num_threads(1)
    if options.decode is not None:
        weights = decode(options.decode.read_bytes())
        print(json.dumps({"accuracy": accuracy(weights, Digits.read(options.mnist, "t10k"))}))
        return
    options.output.mkdir(parents=True, exist_ok=True)
    rows = measure(options)
    print(table(rows))
    with (options.output / "weights.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    if importlib.util.find_spec("matplotlib") is not None:
        draw(rows, options.output / "weights.png")


if __name__ == "__main__":
    main()
