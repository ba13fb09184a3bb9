"""The codec: images to bytes and back, exactly."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arrays import real_array
from .._parallel import in_order
from .._validate import as_bytes, integer, threads_of
from .._varint import read_varint, varint
from ..codecs import ADStar, Codec, PolarCoding
from ..codecs.automatic import fresh_seed
from ..container import Reader, Writer, decompress
from ..container.format import MAX_CHUNK as MOST_INDICES
from ..container.format import least_chunk
from ..container.grid import Grid
from ..container.whole import compress_bare
from ..distributions import Normal
from ..errors import CorruptDataError, ParameterError
from ..information import kl_bits
from .blas import one_blas_thread
from .checks import as_images
from .layout import MAX_CHUNK, checksum_of, join, pixel_payload, split
from .networks import Inference
from .order import SIDE
from .pixels import PixelCoder
from .weights import load_weights

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from .._elements import Floats
    from .._validate import Buffer
    from ..codecs import Progress
    from ..codes import IndexCode
    from .networks import Images
    from .weights import Weights

__all__ = ["ImageCodec", "load"]

PRIOR = Normal(0.0, 1.0)

_SHIPPED = {"mnist": Path(__file__).parent.parent / "data" / "mnist.npz"}

# Latents that share an index by default, where there are few. From so many on, polar coding of all
# takes fewer bits, and less time. benchmarks/mnist.py measures both.
_BLOCK = 8
_MANY = 2048

# Any sample will do to restore an image: so searches that take long may end with the best so far.
_MOST_STEPS = 1 << 18

_NO_IMAGES = np.zeros((0, SIDE, SIDE), np.uint8)

_PIECE = 256  # images that are worked on together


class ImageCodec:
    """Lossless compression of images of 28 by 28 pixels of 8 bits, with one model.

    Args:
        weights: The model's; `load` reads them.

    Attributes:
        weights: The weights; ``weights.settings`` says how the model was trained.
        latents: The number of latents of an image.
        expected_bits: The mean KL divergence of a latent's posterior, where it is the same for all
            images; None for a plain VAE.

    Examples:
        >>> import astar_rec.images
        >>> codec = astar_rec.images.load("mnist")
        >>> images = codec.sample(10, seed=1)
        >>> data = codec.compress(images)
        >>> bool((codec.decompress(data) == images).all()), codec.decompress(data, 3).shape
        (True, (28, 28))
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._pixels = PixelCoder(weights)
        self.latents = self._pixels.sketch.latents
        self._inference = Inference(weights, self.latents)
        self.expected_bits = self._inference.expected_bits

    def compress(
        self,
        images: object,
        *,
        codec: Codec | None = None,
        code: IndexCode | None = None,
        names: Sequence[str] | None = None,
        chunk: int = _PIECE,
        header: bool = True,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        """Returns a file that `decompress` restores the images from, bit for bit.

        Args:
            images: uint8, shape (n, 28, 28); any content.
            codec: How latents are sent: see `astar_rec.codecs`. None for what `codec_for` says of
                so many images, with a fresh seed. Searches have at most 2^18 steps (samples, with
                `GlobalAStar`) if the codec says no other number. One that is cut sends the best so
                far: that costs bits, if anything, as images are exact anyway.
            code: How indices are coded, as for `astar_rec.compress`.
            names: A name for each image, to be stored; None for none. No name holds a null.
            chunk: Images in a group, 1 to 1024: what is decoded at least for one of them.
            header: False for the bits alone, of up to 1024 images: some 60 bytes less. `decompress`
                then needs codec and code again, and nothing is checked.
            threads: Number of threads; None for all processors. They never change the result.
            progress: Called as ``progress(done, total)`` with numbers of images, now and then.

        Raises:
            ParameterError: Another shape or type; names that are not one for each image; and what
                `astar_rec.compress` raises.

        Reference: Flamich et al. 2022, lossless compression with A* coding.
        """
        pixels = as_images(images)
        count = len(pixels)
        chunk = integer("chunk", chunk, 1, MAX_CHUNK)
        if names is not None:
            names = _checked_names(names, count)
        if not header:
            if codec is None:
                what = "one, without a header: its seed would be lost"
                raise ParameterError("codec", None, what)
            return self._bare(pixels, names, _given(codec, threads), code, threads)
        target = self._posterior(pixels, threads)
        own = self.codec_for(count) if codec is None else codec
        sent, latents = _send(target, chunk, _given(own, threads), code)

        def encode(begin: int) -> bytes:
            group = pixels[begin : begin + chunk]
            stream = self._pixels.encode(group, latents[begin : begin + chunk])
            return pixel_payload(group, stream)

        payloads = _in_threads(encode, range(0, count, chunk), threads, progress)
        return join(self.weights.fingerprint, count, chunk, sent, names, payloads)

    def decompress(
        self,
        data: Buffer,
        which: int | slice | None = None,
        *,
        codec: Codec | None = None,
        code: IndexCode | None = None,
        count: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Images:
        """Restores images.

        Args:
            data: What `compress` returned; bytes or another buffer, such as a memory map.
            which: A number or a slice of the images; None for all. Only their groups are decoded.
            codec: The codec, exactly for what ``compress(header=False)`` returned.
            code: Without a header: what `compress` was given.
            count: Without a header: the number of images.
            threads: Number of threads; None for all processors.
            progress: Called as ``progress(done, total)`` with numbers of images, now and then.

        Returns:
            uint8, shape (n, 28, 28), or (28, 28) for a number.

        Raises:
            ParameterError: The file was made with other weights; there is no such image.
            CorruptDataError: Not an image file, or damaged. Images are compared with checksums
                after they have been decoded, so none comes back wrong.

        Examples:
            >>> import astar_rec as rec
            >>> from astar_rec import images
            >>> model, latents = images.load("mnist"), rec.ADStar(seed=1, block=8)
            >>> image = model.sample(1, seed=1)
            >>> bits = model.compress(image, codec=latents, header=False)
            >>> bool((model.decompress(bits, codec=latents, count=1) == image).all())
            True
        """
        if codec is not None:
            if which is not None:
                raise ParameterError("which", which, "None, without a header")
            return self._restore_bare(data, count, _given(codec, threads), code)
        for name, value in {"count": count, "code": code}.items():
            if value is not None:
                raise ParameterError(name, value, "nothing: it is in the header")
        found, numbers = self._restore(data, which, threads, progress)
        images = np.concatenate([_NO_IMAGES, *(images for images, _, _ in found)])
        if which is None:
            return images
        return images[numbers] if isinstance(which, slice) else np.asarray(images[numbers[0]])

    def codec_for(self, count: int, seed: int | None = None) -> Codec:
        """Returns how the latents of so many images are best sent.

        From 2,048 latents on it is `PolarCoding`, which takes the fewest bits and the least time;
        for one image those of 2^18 latents are decoded then, in about a tenth of a second. Fewer
        go by `ADStar` in blocks of eight.

        Args:
            count: How many images.
            seed: Of the codec; None for a fresh one.

        Examples:
            >>> from astar_rec import images
            >>> model = images.load("mnist")
            >>> model.codec_for(10_000, seed=1)
            PolarCoding(seed=1)
            >>> model.codec_for(100, seed=1)
            ADStar(seed=1, block=8)
        """
        count = integer("count", count, 0, 1 << 32)
        own = fresh_seed() if seed is None else seed
        if count * self.latents >= _MANY:
            return PolarCoding(own)
        return ADStar(own, _BLOCK)

    # --- Without a header ------------------------------------------------------------------------

    def _bare(
        self,
        pixels: Images,
        names: Sequence[str] | None,
        codec: Codec,
        code: IndexCode | None,
        threads: int | None,
    ) -> bytes:
        """The length of the latents' bits, these, and the stream of pixels."""
        if names is not None:
            raise ParameterError("names", "given", "None, without a header")
        if not 0 < len(pixels) <= MAX_CHUNK:
            raise ParameterError(
                "number of images", len(pixels), f"1 to {MAX_CHUNK}, without a header"
            )
        target = self._posterior(pixels, threads)
        own = self._code(codec, code)
        sent, encoded = compress_bare(target, PRIOR, codec=codec, code=own)
        with one_blas_thread():
            return varint(len(sent)) + sent + self._pixels.encode(pixels, encoded.sample)

    def _restore_bare(
        self,
        data: Buffer,
        count: int | None,
        codec: Codec,
        code: IndexCode | None,
    ) -> Images:
        if count is None:
            raise ParameterError("count", None, "the number of images, without a header")
        shape = (integer("count", count, 1, MAX_CHUNK), self.latents)
        view = as_bytes(data)
        size, at = read_varint(view, 0)
        if size > len(view) - at:
            raise CorruptDataError(f"the data end at byte {len(view)}, in the latents")
        sent, stream = view[at : at + size], view[at + size :]
        own = self._code(codec, code)
        latents = decompress(sent, PRIOR, codec=codec, code=own, shape=shape)
        with one_blas_thread():
            images, _, _ = self._pixels.decode(stream, latents)
        return images

    def _code(self, codec: Codec, code: IndexCode | None) -> IndexCode:
        """The code: by default with what both sides know from the weights, the bits to expect."""
        return codec.default_code(expected_bits=self.expected_bits) if code is None else code

    # --- What files hold -------------------------------------------------------------------------

    def measure(self, data: Buffer, *, threads: int | None = None) -> tuple[Images, Floats, Floats]:
        """Restores images, and says what `likelihood_bits` says of them with the file's latents.

        Args:
            data: What `compress` returned.
            threads: Number of threads; None for all processors.

        Returns:
            The images, uint8 of shape (n, 28, 28); bits of supports, and of values, shape (n,).

        Raises:
            ParameterError: As `decompress`.
            CorruptDataError: As `decompress`.
        """
        found, _ = self._restore(data, None, threads, None)
        images, support, values = zip(*found, strict=True) if found else ((), (), ())
        return (
            np.concatenate([_NO_IMAGES, *images]),
            np.concatenate([[], *support]),
            np.concatenate([[], *values]),
        )

    def _restore(
        self,
        data: Buffer,
        which: int | slice | None,
        threads: int | None,
        progress: Progress | None,
    ) -> tuple[list[tuple[Images, Floats, Floats]], list[int]]:
        """What `PixelCoder.decode` returns of the groups; where images are that were asked for."""
        file = split(as_bytes(data))
        if file.fingerprint != self.weights.fingerprint:
            raise ParameterError(
                "weights",
                self.weights.fingerprint.hex(),
                f"those that the file was made with, {file.fingerprint.hex()}",
            )
        numbers = _numbers(which, file.count)
        first, last = (min(numbers), max(numbers) + 1) if numbers else (0, 0)
        begin = first // file.chunk * file.chunk
        with Reader(file.latents, threads=threads) as reader:
            if reader.shape != (file.count, self.latents):
                raise CorruptDataError(
                    f"latents of shape {reader.shape}; expected {(file.count, self.latents)}"
                )
            end = min(file.count, -(-last // file.chunk) * file.chunk)
            latents = reader.read(PRIOR, slice(begin, end))

        def decode(at: int) -> tuple[Images, Floats, Floats]:
            number = at // file.chunk
            checksum, stream = file.groups[number]
            own = latents[at - begin : at - begin + file.chunk]
            group = self._pixels.decode(stream, own)
            if checksum_of(group[0]) != checksum:
                raise CorruptDataError(
                    f"group {number}: the pixels' checksum does not match what was decoded"
                )
            return group

        groups = _in_threads(decode, range(begin, end, file.chunk), threads, progress)
        return groups, [number - begin for number in numbers]

    # --- What the model says ---------------------------------------------------------------------

    def posterior(self, images: object) -> Normal:
        """Returns q(z | x): normals of shape (n, latents); the proposal is N(0, 1).

        No scale is above 1. A VAE's latent that carries nothing may have one a little above, and so
        an unbounded density ratio, in blocks with searches that hardly end. Any posterior will
        do to send a latent, and one of scale 1 has a smaller KL divergence from the proposal.

        Args:
            images: uint8, shape (n, 28, 28).
        """
        return self._posterior(as_images(images), None)

    def _posterior(self, pixels: Images, threads: int | None) -> Normal:
        def infer(at: int) -> Normal:
            return self._inference(pixels[at : at + _PIECE])

        parts = _in_threads(infer, range(0, len(pixels), _PIECE), threads)
        none = np.zeros((0, self.latents))
        loc = np.concatenate([none, *(part.loc for part in parts)])
        scale = np.concatenate([none + 1, *(part.scale for part in parts)])
        return Normal(loc, np.minimum(scale, 1.0))

    def kl_bits(self, images: object) -> Floats:
        """Returns KL[q(z | x) || p(z)] of every latent, in bits; shape (n, latents)."""
        return kl_bits(self.posterior(images), PRIOR)

    def likelihood_bits(self, images: object, latents: object) -> tuple[Floats, Floats]:
        """Returns -log2 p(x | z), in bits: of supports, and of values given them; shape (n,) each.

        Args:
            images: uint8, shape (n, 28, 28).
            latents: float64, shape (n, latents).
        """
        pixels = as_images(images)
        z = real_array("latents", latents)
        if z.shape != (len(pixels), self.latents):
            raise ParameterError("shape of latents", z.shape, f"{(len(pixels), self.latents)}")

        def measure(at: int) -> tuple[Floats, Floats]:
            return self._pixels.bits(pixels[at : at + _PIECE], z[at : at + _PIECE])

        parts = _in_threads(measure, range(0, len(pixels), _PIECE), None)
        support, values = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([[], *support]), np.concatenate([[], *values])

    def sample(self, count: int, seed: int = 0) -> Images:
        """Returns images drawn from the model: uint8, shape (count, 28, 28).

        Args:
            count: How many.
            seed: Of NumPy's default generator.
        """
        generator = np.random.default_rng(seed)
        latents = generator.normal(size=(integer("count", count, 0, 1 << 32), self.latents))
        with one_blas_thread():
            return self._pixels.sample(latents, generator)


def load(model: str | os.PathLike[str] = "mnist") -> ImageCodec:
    """Returns the codec of a model.

    Args:
        model: ``"mnist"`` for the IsoKL VAE that comes with the package, or the path of an .npz
            file that ``astar-rec train`` wrote.

    Raises:
        CorruptDataError: Not a file of weights.
        OSError: The file cannot be read.
    """
    path = _SHIPPED.get(model, model) if isinstance(model, str) else model
    return ImageCodec(load_weights(path))


# --- Latents --------------------------------------------------------------------------------------


def _given(codec: Codec, threads: int | None) -> Codec:
    """The codec as it is used here: with a budget, and with the threads of the call."""
    if not isinstance(codec, Codec):
        raise ParameterError("codec", codec, "a Codec, such as ADStar(seed=1, block=8)")
    limited = codec.limited(_MOST_STEPS)
    return limited if threads is None else limited.with_threads(threads)


def _send(target: Normal, chunk: int, codec: Codec, code: IndexCode | None) -> tuple[bytes, Floats]:
    """A container of samples of targets, shape (n, latents), and these samples.

    Args:
        target: The posteriors.
        chunk: Images in a group; chunks of the container have about as many.
        codec: How to send them.
        code: How to code the indices.
    """
    grid = Grid(target.shape, codec.block, MOST_INDICES, codec.runs_through)
    indices = 1 << max(0, len(grid.indices_of_rows(0, chunk)) - 1).bit_length()
    indices = min(max(indices, least_chunk(codec)), MOST_INDICES)
    file = io.BytesIO()
    shape = target.shape
    with Writer(
        file, codec=codec, code=code, shape=shape, chunk=indices, fingerprint=False
    ) as writer:
        # Of searches that were cut nobody is told: images are exact anyway.
        encoded = writer._add(writer._encode(target, PRIOR))
    return file.getvalue(), encoded.sample


# --- Arguments -----------------------------------------------------------------------------------


def _checked_names(names: Sequence[str], count: int) -> list[str]:
    found = list(names)
    if len(found) != count:
        raise ParameterError("names", f"{len(found)} names", f"one for each of {count} images")
    for number, name in enumerate(found):
        if not isinstance(name, str) or "\0" in name:
            raise ParameterError(f"names[{number}]", name, "text without nulls")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise ParameterError(f"names[{number}]", name, "text that UTF-8 can hold") from None
    return found


def _numbers(which: int | slice | None, count: int) -> range | list[int]:
    """The numbers of the images that are asked for."""
    if which is None:
        return range(count)
    if isinstance(which, slice):
        try:
            return range(count)[which]
        except TypeError:
            raise ParameterError("which", which, "a slice of integers") from None
    number = integer("which", which, -count, count - 1)
    return [number % count]


def _in_threads(
    work: Callable[[int], Any],
    groups: range,
    threads: int | None,
    progress: Progress | None = None,
) -> list[Any]:
    """The results of some work for groups of images, by their first; errors are raised."""
    results = []
    with one_blas_thread(), closing(in_order(work, groups, threads_of(threads))) as found:
        for first, result in zip(groups, found, strict=True):
            results.append(result)
            if progress is not None:
                done = min(first + groups.step, groups.stop)
                progress(done - groups.start, groups.stop - groups.start)
    return results
