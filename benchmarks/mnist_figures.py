"""What the benchmarks on MNIST share: test images, and figures that are measured once."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import astar_rec
from astar_rec._validate import threads_of
from astar_rec.demo.shares import shares
from astar_rec.images.idx import read_idx
from pages import write

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from astar_rec import images as image_codec
    from astar_rec.demo.methods import Method

SEED = 2022

Json = dict[str, Any]


def parser(description: str, output: Path) -> argparse.ArgumentParser:
    """Return the arguments of both, but for the runs: `description` is the program's docstring."""
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--data", type=Path, required=True, help="the folder of MNIST's files")
    made.add_argument("-o", "--output", type=Path, default=output)
    made.add_argument("--images", type=int, default=10_000, help="how many test images")
    made.add_argument("--fresh", action="store_true", help="measure all of it again")
    return made


def read_test_images(folder: Path, most: int) -> np.ndarray:
    """Return the first of MNIST's test images."""
    data = sorted(folder.glob("t10k-images*"))
    if not data:
        sys.exit(f"{folder} holds no t10k-images")
    return read_idx(data[0])[:most]


def measured(
    codec: image_codec.ImageCodec, images: np.ndarray, divergence: np.ndarray, method: Method
) -> Json:
    """Return what a method takes: bits per pixel by part, and images a second."""
    latents = method.codec(SEED)
    limits = {name: getattr(latents, name) for name in latents.limits}
    begin = time.perf_counter()
    data = codec.compress(images, codec=latents, code=method.code)
    encoded = time.perf_counter()
    found = shares(codec, images, divergence, data)
    decoded = time.perf_counter()
    return {
        "method": latents.name,
        "block": latents.block,
        **{name: value for name, value in limits.items() if value is not None},
        "bytes": len(data),
        **asdict(found),
        "file": found.coded,
        "encoded_per_second": len(images) / (encoded - begin),
        "decoded_per_second": len(images) / (decoded - encoded),
    }


def in_floating_point(state: Path, images: np.ndarray) -> Json | None:
    """Return the negative ELBO of the network as it was trained, in bits per pixel."""
    try:
        import torch

        from astar_rec.images.training import evaluate, load_model
    except ModuleNotFoundError:
        return None
    if not state.is_file():
        return None
    found = evaluate(load_model(state), torch.tensor(images))
    return {**asdict(found), "total": found.total}


def about(images: np.ndarray) -> Json:
    """Return what figures depend on, beside the models."""
    return {
        "images": len(images),
        "sha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "processors": threads_of(None),
        "version": astar_rec.__version__,
    }


class Figures:
    """All figures, in a file that is written after each measurement."""

    def __init__(self, path: Path, images: np.ndarray, *, fresh: bool) -> None:
        self._path = path
        self._images = images
        self.found: Json = {"about": about(images), "models": {}}
        if path.exists() and not fresh:
            before = json.loads(path.read_text(encoding="utf-8"))
            if before["about"] == self.found["about"]:
                self.found = before

    def save(self) -> None:
        """Write the file."""
        write(self._path, self.found)

    def model(
        self, name: str, weights: Path, state: Path, codec: image_codec.ImageCodec
    ) -> tuple[Json, np.ndarray]:
        """Return the entry of a model, and its divergences; a new one for other weights."""
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        divergence = codec.kl_bits(self._images)
        entry = self.found["models"].get(name)
        if entry is None or entry["sha256"] != digest:
            entry = {
                "sha256": digest,
                "bytes": weights.stat().st_size,
                "settings": dict(codec.weights.settings),
                "latent_kl_bits": divergence.mean(axis=0).tolist(),
                "float": in_floating_point(state, self._images),
                "methods": {},
            }
            self.found["models"][name] = entry
            self.save()
        return entry, divergence

    def measure(
        self,
        entry: Json,
        codec: image_codec.ImageCodec,
        divergence: np.ndarray,
        methods: Iterable[Method],
    ) -> None:
        """Measure methods with a model, those that were not measured before."""
        rows = {}
        for method in methods:
            if method.name not in entry["methods"]:
                entry["methods"][method.name] = measured(codec, self._images, divergence, method)
                self.save()
            row = rows[method.name] = entry["methods"][method.name]
            more = 100 * (row["file"] / (row["kl"] + row["reconstruction"]) - 1)
            print(f"{method.name:26} {row['file']:.4f} bits/pixel, {more:+.2f} %", flush=True)
        entry["methods"] = rows
