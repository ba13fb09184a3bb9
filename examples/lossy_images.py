"""Lossy images: the same small network with exact samples sent, and with rounding.

    python examples/lossy_images.py -o lossy
    python examples/lossy_images.py --data mnist --mnist FOLDER -o lossy

An autoencoder with a hyperprior learns from patches of the photographs that scikit-image ships, at
five rates. It is trained twice:

- "sample": latents have normal posteriors, whose samples `RelativeEntropyBottleneck` sends. The
  decoder gets in use what it got in training.
- "rounding": uniform noise stands for rounding in training; in use latents are rounded, and
  entropy-coded by constriction.

Sizes are those of files; another process decodes them. Needs PyTorch, constriction, Matplotlib, and
scikit-image for photographs.
"""

from __future__ import annotations

import argparse
import csv
import math
import struct
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.distributions import Distribution, Normal
from torch.nn.functional import pad, softplus

import datasets
import rounding
from astar_rec.torch import ChannelPrior, Hyperprior, RelativeEntropyBottleneck

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

RATES = (0.03, 0.012, 0.005, 0.002, 0.0008)  # lambda: what squared errors of 0 to 255 weigh
HEADER = struct.Struct("<4HI")
BOTH = ("sample", "rounding")

# --- Latents to bytes, in two ways ----------------------------------------------------------------


class Sampled(nn.Module):
    """Sends a sample of each latent's posterior.

    Rates have what a string takes beyond the divergence. They spread it over a batch's patches,
    which have about as many latents as an image of the test.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.coder = RelativeEntropyBottleneck(seed=seed, overhead="batch")

    def posterior(self, raw: Tensor, prior: Distribution) -> Normal:
        """Returns posteriors from a network's output: locations, and what becomes scales.

        They stay within what can be sent, whatever the image: not wider than the prior, and within
        five of its scales.
        """
        loc, free = raw.chunk(2, 1)
        reach = 5 * prior.stddev
        near = prior.mean + reach * torch.tanh((loc - prior.mean) / reach)
        return Normal(near, (softplus(free) + 1e-3).minimum(prior.stddev), validate_args=False)

    def forward(self, raw: Tensor, prior: Distribution) -> tuple[Tensor, Tensor]:
        """Returns samples and their bits."""
        rated = self.coder(self.posterior(raw, prior), prior)
        return rated.sample, rated.bits

    def compress(self, raw: Tensor, prior: Distribution, first: int) -> tuple[bytes, Tensor]:
        """Returns bytes, and what they decode to; ``first`` numbers a file's first image."""
        (data,), sample = self.coder.compress(
            self.posterior(raw, prior), prior, first=first, together=True, return_sample=True
        )
        return data, sample.float()

    def decompress(
        self, data: bytes, prior: Distribution, shape: tuple[int, ...], first: int
    ) -> Tensor:
        """Returns latents of a shape."""
        return self.coder.decompress([data], prior, shape[1:], first=first).float()


class Rounded(nn.Module):
    """Rounds how far latents are from the prior's means.

    The half of a network's output that would be scales is not used.
    """

    def forward(self, raw: Tensor, prior: Distribution) -> tuple[Tensor, Tensor]:
        """Returns latents with noise and their bits: a unit's mass around them under the prior."""
        latents = raw.chunk(2, 1)[0]
        latents = latents + torch.rand_like(latents) - 0.5
        away = (latents - prior.mean).abs()
        # In the tail on the near side, where float32 does not run out.
        inner, outer = (
            torch.special.log_ndtr((half - away) / prior.stddev) for half in (0.5, -0.5)
        )
        mass = inner + torch.log1p(-torch.exp(outer - inner).clamp(max=1 - 1e-6))
        return latents, -mass / math.log(2)

    def compress(self, raw: Tensor, prior: Distribution, first: int) -> tuple[bytes, Tensor]:
        """Returns bytes, and what they decode to."""
        del first
        numbers = torch.round(raw.chunk(2, 1)[0] - prior.mean)
        data = rounding.encode(numbers.numpy().astype(np.int32), self._scale(prior, raw.shape))
        return data, (numbers + prior.mean).float()

    def decompress(
        self, data: bytes, prior: Distribution, shape: tuple[int, ...], first: int
    ) -> Tensor:
        """Returns latents of a shape."""
        del first
        numbers = torch.from_numpy(rounding.decode(data, self._scale(prior, shape)))
        return (numbers + prior.mean).float()

    def _scale(self, prior: Distribution, shape: tuple[int, ...]) -> rounding.Floats:
        scale: rounding.Floats = prior.stddev.double().expand(shape[0], -1, *shape[2:]).numpy()
        return scale


# --- The network ----------------------------------------------------------------------------------


class Autoencoder(nn.Module):
    """Images of shape (n, 1, h, w), sides multiples of 32, to latents and back.

    There are 24 latents for each 8 x 8 pixels, and 4 hyperlatents for each 32 x 32, from which a
    hyperprior network gives each latent's location and scale.
    """

    WIDTH, LATENTS, SIDE = 32, 24, 4

    def __init__(self, kind: str) -> None:
        super().__init__()
        n, m, s = self.WIDTH, self.LATENTS, self.SIDE
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            *(nn.Conv2d(16, n, 3, padding=1), nn.LeakyReLU(0.125)),
            *(nn.Conv2d(n, n, 3, padding=1), nn.LeakyReLU(0.125)),
            nn.Conv2d(n, 2 * m, 4, 2, 1),
        )
        self.decoder = nn.Sequential(
            *(nn.ConvTranspose2d(m, n, 4, 2, 1), nn.LeakyReLU(0.125)),
            *(nn.Conv2d(n, n, 3, padding=1), nn.LeakyReLU(0.125)),
            nn.Conv2d(n, 16, 3, padding=1),
            nn.PixelShuffle(4),
        )
        self.side_encoder = nn.Sequential(
            *(nn.Conv2d(m, n, 4, 2, 1), nn.LeakyReLU(0.125)), nn.Conv2d(n, 2 * s, 4, 2, 1)
        )
        self.hyperprior = Hyperprior(
            nn.Sequential(
                *(nn.ConvTranspose2d(s, n, 4, 2, 1), nn.LeakyReLU(0.125)),
                nn.ConvTranspose2d(n, 2 * m, 4, 2, 1),
            )
        )
        self.side_prior = ChannelPrior(s)
        self.main, self.side = (Sampled(seed) if kind == "sample" else Rounded() for seed in (1, 2))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what images decode to, and the bits of all."""
        raw, raw_side = self._encoded(images)
        side, side_bits = self.side(raw_side, self.side_prior(self._side_shape(images.shape)))
        latents, bits = self.main(raw, self.hyperprior(side))
        return self.decoder(latents.float()) + 0.5, bits.sum() + side_bits.sum()

    def _encoded(self, images: Tensor) -> tuple[Tensor, Tensor]:
        raw = self.encoder(images - 0.5)
        return raw, self.side_encoder(raw.chunk(2, 1)[0])

    def _side_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[0], self.SIDE, shape[2] // 32, shape[3] // 32

    @torch.no_grad()
    def compress(self, images: Tensor, first: int) -> tuple[bytes, Tensor]:
        """Returns a file of images, and the pixels that it decodes to, uint8.

        Args:
            images: Their shades from 0 to 1.
            first: The first one's number. No two images of a model should have the same.
        """
        raw, raw_side = self._encoded(images)
        prior = self.side_prior(self._side_shape(images.shape))
        front, side = self.side.compress(raw_side, prior, first)
        back, latents = self.main.compress(raw, self.hyperprior(side), first)
        n, _, height, width = images.shape
        header = HEADER.pack(first, n, height, width, len(front))
        return header + front + back, self._pixels(latents)

    @torch.no_grad()
    def decompress(self, data: bytes) -> Tensor:
        """Returns the pixels of a file."""
        first, n, height, width, length = HEADER.unpack_from(data)
        front, back = data[HEADER.size : HEADER.size + length], data[HEADER.size + length :]
        shape = self._side_shape((n, 1, height, width))
        side = self.side.decompress(front, self.side_prior(shape), shape, first)
        shape = n, self.LATENTS, height // 8, width // 8
        return self._pixels(self.main.decompress(back, self.hyperprior(side), shape, first))

    def _pixels(self, latents: Tensor) -> Tensor:
        return (255 * (self.decoder(latents) + 0.5)).round().clamp(0, 255).byte()


# --- What is learnt from --------------------------------------------------------------------------


def photographs() -> tuple[Callable[[], Tensor], list[Tensor]]:
    """Returns what draws batches of patches, and the test's images: other photographs."""
    found = [torch.from_numpy(each) for each in datasets.photographs(datasets.TRAINING)]
    areas = torch.tensor([each.numel() for each in found], dtype=torch.float32)

    def patch(number: int) -> Tensor:
        image = found[number]
        top, left = (int(torch.randint(0, side - 63, ())) for side in image.shape)
        part = image[top : top + 64, left : left + 64]
        return part.flip(1) if torch.rand(()) < 0.5 else part

    def batch() -> Tensor:
        numbers = torch.multinomial(areas, 8, replacement=True).tolist()
        return torch.stack([patch(number) for number in numbers])[:, None].float() / 255

    test = [torch.from_numpy(each) for each in datasets.photographs(datasets.TEST)]
    whole = [each[: len(each) // 32 * 32, : each.shape[1] // 32 * 32] for each in test]
    return batch, [each[None, None].float() / 255 for each in whole]


def digits(folder: Path) -> tuple[Callable[[], Tensor], list[Tensor]]:
    """Returns the same of MNIST, with margins of two pixels; the test's 200 digits are one file."""
    train, test = (
        pad(torch.from_numpy(datasets.mnist(folder, part)[0].copy())[:, None], (2, 2, 2, 2))
        for part in ("train", "t10k")
    )
    return lambda: train[torch.randint(len(train), (32,))].float() / 255, [test[:200].float() / 255]


def fit(model: Autoencoder, batch: Callable[[], Tensor], weight: float, steps: int) -> None:
    """Trains: bits per pixel, and squared errors by their weight."""
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        images = batch()
        decoded, bits = model(images)
        loss = bits / images.numel() + weight * 255**2 * (decoded - images).square().mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


# --- What comes out -------------------------------------------------------------------------------


@dataclass
class Row:
    """All images of the test by one model.

    Attributes:
        method: "sample" or "rounding".
        weight: Lambda of the training.
        bytes: What files take.
        expected_bytes: What the rates of training say of the same images.
        bits_per_pixel: Of the files.
        psnr: Of all pixels together, in decibels.
    """

    method: str
    weight: float
    bytes: int
    expected_bytes: float
    bits_per_pixel: float
    psnr: float


def name_of(method: str, weight: float) -> str:
    """Returns what a model's files begin with."""
    return f"{method}_{weight:g}"


def send(model: Autoencoder, row_of: tuple[str, float], test: list[Tensor], folder: Path) -> Row:
    """Writes a model and its files of the test's images; the receiver's part comes later."""
    model.eval()
    name, size, expected, number = name_of(*row_of), 0, 0.0, 0
    torch.save(model.state_dict(), folder / f"{name}.pt")
    for place, images in enumerate(test):
        data, pixels = model.compress(images, number)
        number += len(images)
        (folder / f"{name}_{place}.bin").write_bytes(data)
        np.save(folder / f"{name}_{place}_sent.npy", pixels.numpy())
        with torch.no_grad():
            expected += float(model(images)[1]) / 8
        size += len(data)
    pixels_of_all = sum(images.numel() for images in test)
    return Row(*row_of, size, expected, 8 * size / pixels_of_all, math.nan)


def receive(folder: Path) -> None:
    """Decodes all files of a folder: all that the receiver has are models and files."""
    for file in sorted(folder.glob("*.bin")):
        name, place = file.stem.rsplit("_", 1)
        model = Autoencoder(name.split("_")[0]).eval()
        model.load_state_dict(torch.load(folder / f"{name}.pt"))
        np.save(folder / f"{name}_{place}.npy", model.decompress(file.read_bytes()).numpy())


def judge(row: Row, test: list[Tensor], folder: Path) -> None:
    """Fills in how near the receiver's pixels are; they must be those that the sender foresaw."""
    errors = []
    for place, images in enumerate(test):
        stem = f"{name_of(row.method, row.weight)}_{place}"
        received, sent = np.load(folder / f"{stem}.npy"), np.load(folder / f"{stem}_sent.npy")
        if not np.array_equal(received, sent):
            raise SystemExit(f"{stem}: the receiver has other pixels than the sender")
        errors.append((received - 255 * images.numpy()).ravel() ** 2)
    row.psnr = 10 * math.log10(255**2 / float(np.concatenate(errors).mean()))


def table(rows: list[Row]) -> str:
    """Returns rows as a table of Markdown."""
    lines = [
        "| | lambda | bytes | expected | bits per pixel | PSNR, dB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        sizes = f"{row.bytes:,} | {row.expected_bytes:,.0f} | {row.bits_per_pixel:.3f}"
        lines.append(f"| {row.method} | {row.weight:g} | {sizes} | {row.psnr:.2f} |")
    return "\n".join(lines)


def draw(rows: list[Row], test: list[Tensor], folder: Path) -> None:
    """Draws rate and distortion, and a part of the first image as both methods send it."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    curves, *views = figure.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
    for method, style in zip(BOTH, ("o-", "s--"), strict=True):
        line = [row for row in rows if row.method == method]
        curves.plot(
            [row.bits_per_pixel for row in line], [row.psnr for row in line], style, label=method
        )
    curves.set(xlabel="bits per pixel, of files", ylabel="PSNR, dB")
    curves.grid(alpha=0.3)
    curves.legend()
    show(views[0], 255 * test[0].numpy(), "original")
    middle = sorted({row.weight for row in rows})[len(rows) // 4]
    for axes, method in zip(views[1:], BOTH, strict=True):
        (row,) = (row for row in rows if (row.method, row.weight) == (method, middle))
        pixels = np.load(folder / f"{name_of(method, middle)}_0.npy")
        show(axes, pixels, f"{method}, {row.bits_per_pixel:.2f} bits")
    figure.savefig(folder / "lossy.png", dpi=110)


def show(axes: Axes, pixels: np.ndarray, title: str) -> None:
    """Shows the middle of a photograph, or the first digits."""
    if len(pixels) > 1:
        pixels = np.concatenate(
            [np.concatenate(row, 1) for row in pixels[:36, 0].reshape(6, 6, 32, 32)]
        )
    else:
        pixels = pixels[0, 0, 64:256, 128:320]
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    axes.set_title(title, fontsize="medium")
    axes.set_axis_off()


def arguments() -> argparse.Namespace:
    """Returns what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--data", choices=("photographs", "mnist"), default="photographs")
    parser.add_argument("--mnist", type=Path, default=datasets.MNIST, help="folder of its files")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, metavar="LAMBDA")
    parser.add_argument("--steps", type=int, default=700, help="of training at each rate")
    parser.add_argument("--first-steps", type=int, default=1500, help="at the first rate")
    parser.add_argument("--decode", type=Path, metavar="FOLDER", help="decode a folder's files")
    parser.add_argument("-o", "--output", type=Path, default=Path("lossy"), help="a folder")
    return parser.parse_args()


def main() -> None:
    """Runs the sender, or with ``--decode`` the receiver."""
    options = arguments()
    torch.set_num_threads(1)
    if options.decode is not None:
        receive(options.decode)
        return
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    batch, test = photographs() if options.data == "photographs" else digits(options.mnist)
    rows = []
    for method in BOTH:
        torch.manual_seed(1)
        model = Autoencoder(method)
        for number, weight in enumerate(sorted(options.rates, reverse=True)):
            # Each rate begins with the weights of the one before.
            begin = time.perf_counter()
            fit(model.train(), batch, weight, options.steps if number else options.first_steps)
            rows.append(send(model, (method, weight), test, folder))
            print(f"{rows[-1]}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    subprocess.run([sys.executable, __file__, "--decode", str(folder)], check=True)
    for row in rows:
        judge(row, test, folder)
    print(table(rows))
    with (folder / "lossy.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    draw(rows, test, folder)


if __name__ == "__main__":
    main()
