"""Training models of images, and what becomes of them in the codec. Needs PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec import images
from astar_rec.images.quantise import quantise
from astar_rec.images.weights import Weights

if TYPE_CHECKING:
    from pathlib import Path

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("tqdm", reason="training needs tqdm")
pytest.importorskip("matplotlib", reason="training needs Matplotlib")

from astar_rec.images import training  # noqa: E402
from astar_rec.images.model import Model  # noqa: E402
from astar_rec.images.training import Settings, evaluate, load_model, train  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
each_kind = pytest.mark.parametrize("kind", ["ikvae", "vae"])
each_pixels = pytest.mark.parametrize("pixels", ["predicted", "independent"])

SMALL = {"latents": 3, "epochs": 3, "batch": 32, "held_out": 20}


def digits(count: int) -> np.ndarray[Any, Any]:
    return images.load("mnist").sample(count, seed=3)


@each_kind
@each_pixels
def test_the_codec_computes_the_same_networks(kind: str, pixels: str) -> None:
    """With random weights: posteriors and likelihoods, up to rounding."""
    torch.manual_seed(1)
    model = Model(kind, 5, pixels=pixels).eval()
    with torch.no_grad():
        for weight in model.parameters():  # so that pixels differ from each other
            if weight.ndim > 1:
                weight.mul_(1.5)
    shown = digits(12)
    codec = images.ImageCodec(Weights({}, quantise(model.arrays())))
    with torch.no_grad():
        mean, scale, kl = (t.numpy() for t in model.infer(torch.tensor(shown)))
        q = codec.posterior(shown)
        assert np.allclose(q.loc, mean, atol=0.02)
        assert np.allclose(q.scale, scale, rtol=0.02)
        assert np.allclose(codec.kl_bits(shown) * np.log(2), kl, rtol=0.03, atol=0.01)
        latents = rec.ADStar(0).encode(q, rec.Normal(0.0, 1.0)).sample
        support, values = model.likelihood(
            torch.tensor(shown), torch.tensor(latents, dtype=torch.float32)
        )
    own_support, own_values = codec.likelihood_bits(shown, latents)
    assert support.std() > 1
    assert np.allclose(own_support, support.numpy(), rtol=3e-3)
    assert np.allclose(own_values, values.numpy(), rtol=3e-3)
    assert np.array_equal(codec.decompress(codec.compress(shown)), shown)


def test_scales_carry_gradients_to_means() -> None:
    """Through the implicit solution: the numerical derivative of a posterior's scale."""
    torch.manual_seed(2)
    posterior = Model("ikvae", 2, 1.5).eval().posterior.double()
    raw = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r: posterior(r)[1], raw, eps=1e-6, rtol=1e-3)


@each_kind
@each_pixels
def test_training_lowers_what_images_take(kind: str, pixels: str, tmp_path: Path) -> None:
    output = tmp_path / "weights.npz"
    settings = Settings(kind=kind, pixels=pixels, **{**SMALL, "epochs": 10})
    shown = digits(180)
    model = train(shown, settings, output, progress=False)
    torch.manual_seed(settings.seed)
    untrained = evaluate(Model(kind, 3, pixels=pixels), torch.tensor(shown))
    trained = evaluate(model, torch.tensor(shown))
    assert trained.total < 0.8 * untrained.total
    codec = images.load(output)
    assert codec.weights.settings["kind"] == kind
    assert codec.weights.settings["pixels"] == pixels
    assert np.array_equal(codec.decompress(codec.compress(shown[:5])), shown[:5])
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    again = load_model(output.with_suffix(".pt"))
    assert evaluate(again, torch.tensor(shown[:30])) == evaluate(model, torch.tensor(shown[:30]))


def test_pixels_that_are_independent_are_told_of_none() -> None:
    """What a pixel takes, given the latents, stays the same whatever the others are."""
    torch.manual_seed(1)
    codec = images.ImageCodec(Weights({}, quantise(Model("vae", 5, pixels="independent").arrays())))
    latents = np.random.default_rng(1).normal(size=(1, 5))
    whole = digits(1)
    half = whole.copy()
    half[:, 14:] = 0
    pair = np.concatenate([half[:, :14], whole[:, 14:]], axis=1)
    alone = np.concatenate([np.zeros_like(half[:, :14]), whole[:, 14:]], axis=1)
    none = np.zeros_like(whole)
    bits = [sum(codec.likelihood_bits(x, latents))[0] for x in (pair, half, alone, none)]
    assert (whole[:, :14] > 0).any()
    assert (whole[:, 14:] > 0).any()
    assert bits[0] - bits[1] == pytest.approx(bits[2] - bits[3])
    told = images.ImageCodec(Weights({}, quantise(Model("vae", 5).arrays())))
    others = [sum(told.likelihood_bits(x, latents))[0] for x in (pair, half, alone, none)]
    assert abs(others[0] - others[1] - others[2] + others[3]) > 0.1


@each_pixels
def test_bfloat16_where_it_is_asked_for(pixels: str, tmp_path: Path) -> None:
    settings, shown = Settings(pixels=pixels, **{**SMALL, "epochs": 1}), digits(60)
    rough = train(shown, settings, tmp_path / "a.npz", bfloat16=True, progress=False)
    fine = train(shown, settings, tmp_path / "b.npz", progress=False)
    one, other = (evaluate(m, torch.tensor(shown)).total for m in (rough, fine))
    assert one != other
    assert one == pytest.approx(other, rel=0.05)


def test_a_run_that_was_killed_ends_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, settings = digits(120), Settings(**SMALL)
    whole, broken = tmp_path / "whole.npz", tmp_path / "broken.npz"
    train(pixels, settings, whole, progress=False)

    calls = 0
    epoch = training._epoch

    def killed(*args: Any, **options: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return epoch(*args, **options)

    monkeypatch.setattr(training, "_epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        train(pixels, settings, broken, progress=False)
    assert not broken.exists()
    assert broken.with_suffix(".pt").exists()
    monkeypatch.setattr(training, "_epoch", epoch)
    train(pixels, settings, broken, progress=False)
    one, other = images.load(whole).weights, images.load(broken).weights
    assert one.arrays.keys() == other.arrays.keys()
    for name, array in one.arrays.items():
        assert np.array_equal(array, other.arrays[name]), name


def test_a_run_leaves_the_generator_as_it_was(tmp_path: Path) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    train(digits(60), Settings(**{**SMALL, "epochs": 1}), tmp_path / "weights.npz", progress=False)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_state_of_another_run_is_not_gone_on_from(tmp_path: Path) -> None:
    pixels, output = digits(60), tmp_path / "weights.npz"
    train(pixels, Settings(**{**SMALL, "epochs": 1}), output, progress=False)
    other = Settings(**{**SMALL, "epochs": 1, "seed": 1})
    with pytest.raises(rec.ParameterError, match=r"seed is 1; expected 0, as in .*weights\.pt"):
        train(pixels, other, output, progress=False)
    train(pixels, other, output, fresh=True, progress=False)
    assert images.load(output).weights.settings["seed"] == 1


def test_figures_do_not_depend_on_the_state_of_the_generator() -> None:
    model, pixels = Model("vae", 3), torch.tensor(digits(20))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = evaluate(model, pixels)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert evaluate(model, pixels) == first
    assert model.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "gan"}, "model is 'gan'"),
        ({"pixels": "shuffled"}, "pixels is 'shuffled'"),
        ({"latents": 0}, "latents is 0"),
        ({"epochs": -1}, "epochs is -1"),
        ({"kl_bits": 0.0}, "kl_bits is 0"),
        ({"held_out": 0}, "held_out is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"batch": 1.5}, "batch is 1.5"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
    ],
)
def test_wrong_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(rec.ParameterError, match=message):
        Settings(**options)


def test_too_few_images(tmp_path: Path) -> None:
    with pytest.raises(rec.ParameterError, match="images is 51; expected 20 to hold out, and 32"):
        train(digits(51), Settings(**SMALL), tmp_path / "weights.npz", progress=False)


def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        train(digits(60), Settings(**SMALL), tmp_path / "none" / "weights.npz", progress=False)


@pytest.mark.parametrize("name", ["weights.pt", "weights.png", "weights"])
def test_other_names_of_weights(tmp_path: Path, name: str) -> None:
    with pytest.raises(rec.ParameterError, match=r"output is .*ends with \.npz"):
        train(digits(60), Settings(**SMALL), tmp_path / name, progress=False)


@pytest.mark.parametrize("content", [b"", b"state", b"PK\x03\x04"])
def test_states_that_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(rec.CorruptDataError, match=r"weights\.pt: not the state of a run"):
        train(digits(60), Settings(**SMALL), tmp_path / "weights.npz", progress=False)


def test_other_images_are_not_trained_on(tmp_path: Path) -> None:
    with pytest.raises(rec.ParameterError, match="dtype of images"):
        train(digits(60) / 255, Settings(**SMALL), tmp_path / "weights.npz", progress=False)
