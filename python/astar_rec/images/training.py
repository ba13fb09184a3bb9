"""Training a `Model`: needs PyTorch, tqdm and Matplotlib (extra ``train``).

A run is a function of its settings and the images. It keeps its state in a file next to the
weights, written after every epoch: a run that was killed goes on from there and ends as it would
have ended (on one machine, with one number of threads). The last images of the training set are
held out and never trained on; the test set is not read at all.
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

import torch
from tqdm import tqdm

from .._files import destination, whole_file
from .._validate import integer
from ..errors import CorruptDataError, ParameterError
from .checks import as_images
from .curves import draw_curves
from .model import KINDS, PIXELS, Bits, Model
from .order import SIDE
from .quantise import quantise
from .weights import save_weights

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

__all__ = ["Settings", "evaluate", "load_model", "train"]

_PIXELS = SIDE**2
_MOST = 2**31 - 1

# Shares of the run. The KL term grows to its full weight, or free posteriors collapse; the KLs of
# an IKVAE stay put, or they shrink before the decoder has learnt to listen.
_WARM_UP = 0.2
_STEADY = 0.05
_LEAST_WEIGHT = 0.05
_RISE = 200  # steps in which the learning rate rises, or a tenth of a short run
_LAST_RATE = 0.01  # what is left of it at the end
_CLIP = 200.0  # the gradient's norm, in nats of an image


@dataclass(frozen=True)
class Settings:
    """What a run depends on, beside the images.

    Attributes:
        kind: ``"ikvae"`` or ``"vae"``.
        pixels: ``"predicted"`` from those before, too, or ``"independent"`` given the latents.
        latents: The number of latents.
        epochs: How often every image is seen.
        kl_bits: An IKVAE's KL divergence of each latent to begin with, in bits.
        batch: Images in a step.
        learning_rate: The largest.
        held_out: How many of the images, from the end, are for validation.
        seed: Of the weights, the order of images and the noise.
    """

    kind: str = "ikvae"
    pixels: str = "predicted"
    latents: int = 8
    epochs: int = 20
    kl_bits: float = 2.5
    batch: int = 128
    learning_rate: float = 2e-3
    held_out: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError("model", self.kind, f"one of {', '.join(map(repr, KINDS))}")
        if self.pixels not in PIXELS:
            raise ParameterError("pixels", self.pixels, f"one of {', '.join(map(repr, PIXELS))}")
        for name in ("latents", "epochs", "batch", "held_out"):
            integer(name, getattr(self, name), 1, _MOST)
        integer("seed", self.seed, 0, _MOST)
        for name in ("kl_bits", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise ParameterError(name, getattr(self, name), "a positive number")


@dataclass(frozen=True)
class Figures:
    """Means over images, in bits per pixel; and what latents carry, in bits an image.

    Attributes:
        kl: The KL divergence of the posterior.
        support: -log2 p(support | z).
        values: -log2 p(values | support, z).
        information: The sum over latents of log2(1 + var(mean)/mean(scale^2))/2: about what they
            tell of the image. Where it is far below the KL, bits are paid for nothing.
    """

    kl: float
    support: float
    values: float
    information: float

    @property
    def total(self) -> float:
        """The negative ELBO."""
        return self.kl + self.support + self.values


def train(
    images: npt.NDArray[np.uint8],
    settings: Settings,
    output: Path,
    *,
    device: str = "cpu",
    bfloat16: bool | None = None,
    fresh: bool = False,
    progress: bool = True,
) -> Model:
    """Trains a model; writes its weights (OUTPUT), its state (.pt) and its learning curves (.png).

    Args:
        images: Training images, uint8, shape (n, 28, 28).
        settings: What to train, and how.
        output: Where the weights go, a file NAME.npz; the others are NAME.pt and NAME.png.
        device: Where to compute, as PyTorch names it.
        bfloat16: Whether to compute in bfloat16, which saves a quarter to a half of the time on
            processors with matrix instructions for it (AMX), and takes 14 times as long on others;
            None for doing so on GPUs alone.
        fresh: Begin anew, even if there is a state to go on from.
        progress: Show a bar on the standard error.

    Raises:
        ParameterError: A state of other settings lies where this run's should go; too few images,
            or of another shape or type; another name of a file.
        CorruptDataError: What lies there is no state.
        OSError: The output cannot be written.
    """
    images = as_images(images)
    if output.suffix != ".npz":
        raise ParameterError("output", str(output), "a name that ends with .npz")
    state_path = output.with_suffix(".pt")
    for path in (output, state_path, output.with_suffix(".png")):
        destination(path)
    if not settings.held_out + settings.batch <= len(images):
        raise ParameterError(
            "images", len(images), f"{settings.held_out} to hold out, and {settings.batch} or more"
        )
    with _own_random_numbers(torch.device(device)):
        return _train(
            images,
            settings,
            output,
            device=device,
            bfloat16=torch.device(device).type == "cuda" if bfloat16 is None else bfloat16,
            fresh=fresh,
            progress=progress,
        )


def _train(
    images: npt.NDArray[np.uint8],
    settings: Settings,
    output: Path,
    *,
    device: str,
    bfloat16: bool,
    fresh: bool,
    progress: bool,
) -> Model:
    """Trains: see `train`, which checks the arguments."""
    state_path = output.with_suffix(".pt")
    everything = torch.tensor(images, device=device)
    held = everything[len(images) - settings.held_out :]
    everything = everything[: len(images) - settings.held_out]

    torch.manual_seed(settings.seed)
    model = _untrained(settings).to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=1e-4, betas=(0.9, 0.99)
    )
    steps = settings.epochs * (len(everything) // settings.batch)
    history: list[dict[str, Any]] = []
    if state_path.exists() and not fresh:
        history = _resume(state_path, settings, model, optimizer)

    for epoch in range(len(history), settings.epochs):
        begin = time.perf_counter()
        seen = _epoch(
            model,
            optimizer,
            everything,
            settings,
            epoch,
            steps,
            bfloat16=bfloat16,
            progress=progress,
        )
        figures = evaluate(model, held)
        seconds = time.perf_counter() - begin
        history.append({"training": seen, "seconds": seconds, **asdict(figures)})
        _save(state_path, settings, model, optimizer, history)
        draw_curves(output.with_suffix(".png"), history)
        if progress:
            tqdm.write(
                f"epoch {epoch + 1}/{settings.epochs}: -ELBO {figures.total:.4f} bits/pixel held"
                f" out ({seen:.4f} in training); KL {figures.kl * _PIXELS:.1f} bits/image,"
                f" {figures.information:.1f} of them informative; {seconds:.0f} s"
            )
    save_weights(output, quantise(model.arrays()), {"kind": settings.kind, **asdict(settings)})
    return model


def evaluate(model: Model, images: torch.Tensor, batch: int = 250) -> Figures:
    """Returns a model's figures on images, uint8 of shape (n, 28, 28); one sample for each."""
    training = model.training
    model.eval()
    sums, means, variances = torch.zeros(3, dtype=torch.float64), [], []
    with torch.no_grad(), _own_random_numbers(images.device):
        torch.manual_seed(0)
        for part in images.split(batch):
            bits = model(part)
            sums += torch.stack([b.double().sum().cpu() for b in bits])
            mean, scale, _ = model.infer(part)
            means.append(mean)
            variances.append(scale.square())
    model.train(training)
    mean, variance = torch.cat(means).double(), torch.cat(variances).double()
    carried = torch.log2(1 + mean.var(0) / variance.mean(0)).sum() / 2
    kl, support, values = (sums / (len(images) * _PIXELS)).tolist()
    return Figures(kl, support, values, float(carried))


def _own_random_numbers(device: torch.device) -> AbstractContextManager[None]:
    """Keeps PyTorch's own generators, of processor and device, as they are after the block."""
    devices = [device] if device.type == "cuda" else []
    keep: AbstractContextManager[None] = torch.random.fork_rng(devices=devices)
    return keep


def load_model(path: Path) -> Model:
    """Returns the model in a state that `train` wrote."""
    state = _load(path)
    settings = Settings(**state["settings"])
    model = _untrained(settings)
    model.load_state_dict(state["model"])
    return model.eval()


def _untrained(settings: Settings) -> Model:
    """A model with random weights."""
    return Model(settings.kind, settings.latents, settings.kl_bits, settings.pixels)


def _epoch(
    model: Model,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    settings: Settings,
    epoch: int,
    steps: int,
    *,
    bfloat16: bool,
    progress: bool,
) -> float:
    """One pass over the images, in an order of its own; the mean negative ELBO in bits/pixel."""
    order = torch.randperm(
        len(images), generator=torch.Generator().manual_seed(settings.seed * 10_007 + epoch)
    )
    batches = order[: len(images) // settings.batch * settings.batch].split(settings.batch)
    sums = 0.0
    with tqdm(
        batches, f"epoch {epoch + 1}", leave=False, disable=None if progress else True
    ) as bar:
        for number, batch in enumerate(bar):
            at = epoch * len(batches) + number
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * _rate(at, steps)
            model.posterior.hold(at < _STEADY * steps)
            part = images[batch.to(images.device)]
            with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
                bits: Bits = model(part)
            weight = min(1.0, _LEAST_WEIGHT + at / (_WARM_UP * steps))
            loss = (weight * bits.kl + bits.support + bits.values).mean() * math.log(2)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
            optimizer.step()
            sums += float(bits.total.detach().mean()) / _PIXELS
            if number % 10 == 0:
                bar.set_postfix_str(f"-ELBO {sums / (number + 1):.4f} bits/pixel")
    return sums / len(batches)


def _rate(step: int, steps: int) -> float:
    """The learning rate's course: up along a line, then down along a cosine."""
    down = (1 + math.cos(math.pi * step / steps)) / 2
    return min(1.0, (step + 1) / min(_RISE, steps / 10)) * (_LAST_RATE + (1 - _LAST_RATE) * down)


def _save(
    path: Path,
    settings: Settings,
    model: Model,
    optimizer: torch.optim.Optimizer,
    history: list[dict[str, Any]],
) -> None:
    state = {
        "settings": asdict(settings),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": history,
        "random": torch.get_rng_state(),
    }
    with whole_file(path) as file:
        torch.save(state, file)


def _load(path: Path) -> dict[str, Any]:
    if not is_zipfile(path):  # of these, PyTorch would try older formats
        raise CorruptDataError(f"{path}: not the state of a run")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise CorruptDataError(f"{path}: not the state of a run: {error}") from None
    if not isinstance(state, dict) or not {"settings", "model", "history"} <= state.keys():
        raise CorruptDataError(f"{path}: not the state of a run")
    return state


def _resume(
    path: Path, settings: Settings, model: Model, optimizer: torch.optim.Optimizer
) -> list[dict[str, Any]]:
    state = _load(path)
    for name, value in asdict(settings).items():
        if state["settings"].get(name) != value:
            raise ParameterError(
                name,
                value,
                f"{state['settings'].get(name)!r}, as in {path}, which this run would go on from "
                "(or a fresh start, or another output)",
            )
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"])
    history: list[dict[str, Any]] = state["history"]
    return history
