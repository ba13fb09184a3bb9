"""The module between an encoder and a decoder network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution, kl_divergence

from .._parallel import in_order
from .._validate import ELEMENT_LIMIT, broadcast_shape, integer, seed_of, shape_of, threads_of
from ..codecs import Codec
from ..errors import CorruptDataError, DivergenceError, ParameterError
from .coding import Coder
from .families import elementwise, family_of, to_numpy, widened
from .grid import PriorGrid
from .items import Lines
from .overhead import overhead_of
from .priors import StandardPrior
from .strings import String
from .untraced import untraced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from ..codes import IndexCode
    from .grid import GridPrior

    Floats = npt.NDArray[np.float64]

__all__ = ["Rated", "RelativeEntropyBottleneck"]

_HEADER = 16.0  # bits
# What a forged number of items may ask for, and what a byte may stand for.
_MOST_ELEMENTS, _ELEMENTS_PER_BYTE = 1 << 20, 1 << 13


class Rated(NamedTuple):
    """What the bottleneck gives in training.

    Attributes:
        sample: Reparametrised samples of the posteriors, in the prior's dtype and on its device.
        bits: What each takes, in bits, of the same shape; float32 at least.
    """

    sample: Tensor
    bits: Tensor

    @property
    def bits_per_item(self) -> Tensor:
        """The bits of each item, shape (items,)."""
        return self.bits.flatten(1).sum(1) if self.bits.ndim > 1 else self.bits


class RelativeEntropyBottleneck(nn.Module):
    """Samples of posteriors and their rate in training; bytes of exact samples in use.

    It stands where an entropy bottleneck stands between an encoder and a decoder network, and needs
    neither rounding nor noise in its place: the decoder is trained on samples of the very
    distributions of which it gets samples later. Posteriors are `torch.distributions` of shape
    (items, ...): `Normal` (so `IsoKLNormal`), `Laplace` or `Uniform`. Priors are `Normal` or
    `Laplace` that broadcast to that; `Independent` around either changes nothing.

    **The receiver's prior must be the sender's to the last bit.** Priors are rounded to a grid, in
    training too (see `PriorGrid`), and every string has 11 bits that check them. What is rounded
    is still a network's output, if it is one: docs/torch.md says what helps where machines differ.

    **Random numbers** are those of a seed and an item's number. Items of a batch have consecutive
    numbers from ``first``. Two items with the same seed and number share random numbers: each
    sample follows its posterior, but both together do not follow theirs. So number items on from
    batch to batch where that matters.

    Args:
        prior: A module that gives the prior from a shape, for where none is given: `ChannelPrior`,
            or one's own; None for `StandardPrior`.
        channel_axis: Which axis of the latents the channels are: their elements go together, so
            the same latents in another layout give the same strings.
        seed: Shared by sender and receiver; 0 to 2^64 - 1.
        codec: The codec, which both sides are given then; its seed is not used. None for the one
            that suits an item's posteriors: polar coding for many elements, blocks of `ADStar` for
            few.
        code: The code that goes with the codec, as for `astar_rec.compress`.
        overhead: Whether rates hold what strings take beyond the KL divergence, as far as it is
            known: ``"item"`` for a string each, ``"batch"`` for one of all items together, None for
            the KL divergence alone. docs/torch.md has the formulas.
        grid: The grid of priors, which both sides have too.

    Raises:
        ParameterError: An argument that is none of these; an overhead of a codec that has none.

    Examples:
        A hyperprior's prior differs from item to item, and is given:

        >>> from torch.distributions import Normal
        >>> posterior = Normal(torch.linspace(-2, 2, 240).reshape(2, 8, 5, 3), 0.25)
        >>> prior = Normal(0.9 * posterior.loc, 0.5)
        >>> bottleneck = RelativeEntropyBottleneck(seed=1)
        >>> sample, bits = bottleneck(posterior, prior)
        >>> strings = bottleneck.compress(posterior, prior)
        >>> samples = bottleneck.decompress(strings, prior, shape=(8, 5, 3))
        >>> samples.shape, bits.shape, len(strings)
        (torch.Size([2, 8, 5, 3]), torch.Size([2, 8, 5, 3]), 2)
    """

    def __init__(
        self,
        prior: nn.Module | None = None,
        *,
        channel_axis: int = 1,
        seed: int = 0,
        codec: Codec | None = None,
        code: IndexCode | None = None,
        overhead: Literal["item", "batch"] | None = None,
        grid: PriorGrid | None = None,
    ) -> None:
        super().__init__()
        if prior is not None and not isinstance(prior, nn.Module):
            raise ParameterError(
                "prior", prior, "a module that gives a prior from a shape, or None"
            )
        if codec is not None and not isinstance(codec, Codec):
            raise ParameterError("codec", codec, "a codec of astar_rec, or None")
        if code is not None and codec is None:
            raise ParameterError("code", code, "None, without a codec")
        if overhead not in (None, "item", "batch"):
            raise ParameterError("overhead", overhead, "'item', 'batch' or None")
        self.prior: nn.Module = StandardPrior() if prior is None else prior
        self.channel_axis = channel_axis
        self.seed = seed_of(seed)
        self.codec, self.code = codec, code
        self.overhead = overhead
        self.grid = PriorGrid() if grid is None else grid
        self._overhead = None if overhead is None else overhead_of(codec)

    # --- In training -----------------------------------------------------------------------------

    def forward(self, posterior: Distribution, prior: Distribution | None = None) -> Rated:
        """Returns samples and their rates.

        Args:
            posterior: The posteriors, shape (items, ...).
            prior: Their priors; None for the module's own.

        Returns:
            Reparametrised samples, and bits for each of them. With an overhead, that of a string is
            spread evenly over its elements.

        Raises:
            ParameterError: Distributions that are not taken.
        """
        q = elementwise(posterior)
        family = family_of("posterior", q)
        given = self.prior(tuple(q.batch_shape)) if prior is None else elementwise(prior)
        p = self.grid.rounded(given)
        shape = torch.broadcast_shapes(q.batch_shape, p.batch_shape)
        if q.batch_shape != shape:
            q = q.expand(shape)
        bits = kl_divergence(widened(q, family), p) / math.log(2)
        if self._overhead is not None and bits.numel():
            bits = bits + self._beyond(bits)
        return Rated(q.rsample().to(given.mean), bits)

    def _beyond(self, bits: Tensor) -> Tensor:
        """An element's share of what strings take beyond the divergences."""
        assert self._overhead is not None
        lines = bits.reshape(1 if self.overhead == "batch" else len(bits), -1)
        each = (self._overhead(lines) + _HEADER) / lines.shape[1]
        return each.view(-1, *(1,) * (bits.ndim - 1))

    def extra_repr(self) -> str:
        """Returns what the module's `repr` says."""
        names = ("channel_axis", "seed", "codec", "code", "overhead", "grid")
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in names)

    # --- In use ----------------------------------------------------------------------------------

    @overload
    def compress(
        self,
        posterior: Distribution,
        prior: Distribution | None = None,
        *,
        first: int = 0,
        together: bool = False,
        return_sample: Literal[False] = False,
    ) -> list[bytes]: ...
    @overload
    def compress(
        self,
        posterior: Distribution,
        prior: Distribution | None = None,
        *,
        first: int = 0,
        together: bool = False,
        return_sample: Literal[True],
    ) -> tuple[list[bytes], Tensor]: ...
    @untraced
    def compress(
        self,
        posterior: Distribution,
        prior: Distribution | None = None,
        *,
        first: int = 0,
        together: bool = False,
        return_sample: bool = False,
    ) -> list[bytes] | tuple[list[bytes], Tensor]:
        """Returns bytes of exact samples, which `decompress` returns.

        Args:
            posterior: The posteriors, shape (items, ...).
            prior: Their priors; None for the module's own.
            first: The first item's number: see above.
            together: Whether all items make a single string, which is shorter than theirs together.
            return_sample: Whether to return the samples, too.

        Returns:
            A string for each item, or one for all. With ``return_sample``, strings and what
            `decompress` returns of them, to the last bit.

        Raises:
            ParameterError: Distributions that are not taken, or whose parameters are not finite.
            DivergenceError: An element with more information than the given codec can send, if that
                has no way around it (`LayeredDither`); it is named by its place in the batch.
        """
        q = elementwise(posterior)
        family = family_of("posterior", q)
        given, p = self._on_grid(prior, tuple(q.batch_shape))
        parameters = to_numpy(*family.of(q))
        family.own(*parameters)  # which says where a parameter is not finite
        shape = broadcast_shape(posterior=tuple(q.batch_shape), prior=p.loc.shape)
        lines = Lines(shape, self.channel_axis, together)
        low, high = (lines.of(each) for each in parameters)
        priors = lines.of_prior(p)
        number = integer("first", first, 0, ELEMENT_LIMIT)
        coder = self._coder(lines.count)

        def string(line: int) -> tuple[bytes, Floats]:
            target = family.own(low[line], high[line])
            try:
                return coder.encode(target, priors[line], lines, number + line)
            except DivergenceError as error:
                place = lines.place(line, error.element[0])
                raise DivergenceError(place, error.bits, error.limit, error.reason) from None

        made = _each(string, range(lines.count))
        strings = [data for data, _ in made]
        if not return_sample:
            return strings
        samples = np.array([sample for _, sample in made]).reshape(lines.count, lines.size)
        return strings, _tensor(lines.back(samples), given)

    @untraced
    def decompress(
        self,
        strings: Sequence[bytes],
        prior: Distribution | None = None,
        shape: int | Sequence[int] | None = None,
        *,
        first: int = 0,
    ) -> Tensor:
        """Returns the samples of strings.

        Args:
            strings: What `compress` returned, or some of it from an item on.
            prior: These items' priors; None for the module's own.
            shape: An item's shape; None for what the prior's says, items being its first axis.
            first: The first item's number, as `compress` was given it.

        Returns:
            Samples, shape (items, *shape), in the prior's dtype and on its device.

        Raises:
            CorruptDataError: A string that the sender did not write, or not for this prior, seed,
                shape and number of the item.
            ParameterError: No shape; a prior that does not broadcast.
        """
        item = self._item_shape(prior, shape)
        taken = [String.from_bytes(bytes(data)) for data in strings]
        counts = [1 if each.items is None else each.items for each in taken]
        self._require_few(strings, counts, math.prod(item))
        whole = (sum(counts), *item)
        given, p = self._on_grid(prior, whole)
        if broadcast_shape(items=whole, prior=p.loc.shape) != whole:
            raise ParameterError("shape of prior", p.loc.shape, f"one that broadcasts to {whole}")
        begins = np.cumsum([0, *counts]).tolist()
        start = integer("first", first, 0, ELEMENT_LIMIT)
        coder = self._coder(len(taken))

        def samples(number: int) -> Floats:
            string, begin, count = taken[number], begins[number], counts[number]
            lines = Lines((count, *item), self.channel_axis, string.items is not None)
            (own,) = lines.of_prior(p.rows(whole, slice(begin, begin + count)))
            return lines.back(coder.decode(string, own, lines, start + begin))

        made = _each(samples, range(len(taken)))
        return _tensor(np.concatenate(made) if made else np.empty(whole), given)

    def _on_grid(
        self, prior: Distribution | None, shape: tuple[int, ...]
    ) -> tuple[Tensor, GridPrior]:
        """The prior's location, which has its dtype and device, and the prior as integers."""
        given = self.prior(shape) if prior is None else elementwise(prior)
        on_grid = self.grid.of(given)
        location: Tensor = given.mean
        return location, on_grid

    def _coder(self, strings: int) -> Coder:
        threads = 1 if strings > 1 else None  # strings are made side by side
        return Coder(self.seed, self.grid, self.codec, self.code, threads)

    def _item_shape(
        self, prior: Distribution | None, shape: int | Sequence[int] | None
    ) -> tuple[int, ...]:
        if shape is not None:
            return shape_of("shape", shape)
        if prior is None:
            raise ParameterError("shape", None, "an item's shape, without a prior")
        return tuple(elementwise(prior).batch_shape[1:])

    def _require_few(self, strings: Sequence[bytes], counts: list[int], size: int) -> None:
        """Refuses numbers of items that no encoder writes: no forged one fills the memory."""
        for number, (data, count) in enumerate(zip(strings, counts, strict=True)):
            if count > 1 and count * max(size, 1) > _MOST_ELEMENTS + _ELEMENTS_PER_BYTE * len(data):
                raise CorruptDataError(f"string {number}: {count} items in {len(data)} bytes")


def _each(function: Callable[[int], Any], numbers: range) -> list[Any]:
    """Calls a function for each number, in threads: the core computes without the lock."""
    return list(in_order(function, numbers, threads_of(None, len(numbers))))


def _tensor(samples: Floats, like: Tensor) -> Tensor:
    """A tensor of another's dtype and device. Rounded before it is moved: alike on any device."""
    return torch.from_numpy(np.ascontiguousarray(samples)).to(like.dtype).to(like.device)
