"""Learning curves as a picture: needs Matplotlib (extra ``train``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from .._files import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["draw_curves"]


def draw_curves(path: Path, history: Sequence[dict[str, Any]]) -> None:
    """Draws what the epochs reached, into a PNG file.

    Args:
        path: The picture.
        history: For each epoch ``training``, the negative ELBO in bits per pixel, and the figures
            of the images held out: ``kl``, ``support``, ``values`` (bits per pixel) and
            ``information`` (bits an image).
    """
    epochs = range(1, len(history) + 1)
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    held_out = [h["kl"] + h["support"] + h["values"] for h in history]
    left.plot(epochs, [h["training"] for h in history], label="training")
    left.plot(epochs, held_out, label="held out")
    left.plot(epochs, [h["values"] for h in history], "--", label="held out: values")
    left.set(xlabel="epoch", ylabel="bits per pixel", title="negative ELBO")
    left.legend()
    right.plot(epochs, [784 * h["kl"] for h in history], label="KL")
    right.plot(epochs, [h["information"] for h in history], label="information carried")
    right.plot(epochs, [784 * h["support"] for h in history], "--", label="support")
    right.set(xlabel="epoch", ylabel="bits per image", title="latents", ylim=(0, None))
    right.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=120)
