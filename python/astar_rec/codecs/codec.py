"""The contract between a method and all that uses it.

Data goes one way down: targets and proposals are cut into *units* (`units`), a method turns each
into a message and samples, and the container packs messages with an index code. A method is a
subclass of `Codec`: it says of itself what the class attributes below ask, fills arrays in
`Codec.encode_into`, and reads them in `Codec.decode_into`. Once it is registered (`registry`), the
container, the command line and the tests know it. tests/extension/toy_method.py is a small one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import numpy as np

from .._arrays import output_array, require_apart
from .._elements import Floats, Shape, require_all
from .._validate import (
    ELEMENT_LIMIT,
    broadcast_shape,
    checked_size,
    integer,
    seed_of,
    shape_of,
    threads_of,
)
from ..codes import AdaptiveCode, ByteCode
from ..custom import CustomTarget, as_proposal
from ..distributions import as_distribution
from ..errors import ParameterError
from .encoded import Arrays, Encoded, Ended, output_arrays
from .messages import INDICES, MessageKind
from .units import GIVEN, HINTS_PER_BIT, Blocks, block_of, hints_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from ..codes import IndexCode
    from ..custom import CustomProposal
    from ..distributions import Distribution, ProposalLike, TargetLike
    from .messages import Message

    Target = Distribution | CustomTarget
    Proposal = Distribution | CustomProposal

__all__ = ["Codec", "Progress"]

Progress = Callable[[int, int], None]

_MOST_SHOWN = 16  # hints

AnyCodec = TypeVar("AnyCodec", bound="Codec")


class Codec(ABC):
    """What all methods share: arrays in and out, and what a method says of itself.

    Codecs are frozen dataclasses: immutable, comparable, hashable, picklable, with a ``repr`` that
    evaluates to an equal codec, unless it has more than 16 hints. ``threads`` takes no part in
    comparisons.

    Class attributes, which a method sets:

    Attributes:
        name: The name for the command line: letters and digits that no shell expands.
        number: The number in containers, 0 to 255; those from 128 are for methods elsewhere.
        exact: Whether samples follow their targets exactly, but for searches that are cut.
        kind: What a message has for a unit: `INDICES`, `INTEGERS` or `BYTES`.
        largest_block: The most elements that a unit may have; 1 for single elements alone.
        runs_through: Whether blocks run through all axes, in C order, and not along the last one.
        default_chunk: How many messages a container's chunk holds at most, unless asked otherwise;
            how many elements, says the code.
        elements_per_byte: The most elements that a byte of a container may stand for, unless the
            receiver asks for more: no forged header fills the memory. Chunks of 2^16 elements that
            carry no information have as many.
        least_bytes: How long a message of bytes is at least.
        escapes: Whether containers code elements by themselves that are out of the method's reach
            (`escapes`). False where nothing is, or next to nothing.
        by_masses: Whether it asks for targets' masses, and not for ratios of densities.
        draws_tree: Whether an index names a node of AD*'s tree, which `TreeCode` predicts.
        takes_contexts: Whether elements may have contexts. Of other codecs indices may have them,
            which their code tells apart (`IndexCode.takes_contexts`).
        cut_means: What became of the units that `Encoded.cut` counts, for warnings.
        limits: The arguments that bound the work, each with what it means.
        seed: The seed, which sender and receiver share.
        block: How many elements of the last axis are coded together.
        bits_hint: Expected bits for each column of the last axis, in sixteenths; None for none;
            ``"given"`` where sender and receiver give them for each element.
        within: The doubt at which a search may end; None where each goes to its end.
        threads: How many threads to use; None for all processors. Calls of less than 0.1 ms use
            one. Results do not depend on it.
    """

    name: ClassVar[str]
    number: ClassVar[int]
    exact: ClassVar[bool]
    kind: ClassVar[MessageKind] = INDICES
    largest_block: ClassVar[int] = 1
    runs_through: ClassVar[bool] = False
    default_chunk: ClassVar[int] = 1 << 16
    elements_per_byte: ClassVar[int] = 1 << 13
    least_bytes: ClassVar[int] = 0
    escapes: ClassVar[bool] = True
    by_masses: ClassVar[bool] = False
    draws_tree: ClassVar[bool] = False
    takes_contexts: ClassVar[bool] = False
    cut_means: ClassVar[str] = "searches were cut at the step budget"
    limits: ClassVar[Mapping[str, str]] = MappingProxyType({})

    seed: int
    block: int = 1
    bits_hint: tuple[float, ...] | str | None = None
    within: float | None = None
    threads: int | None = None

    # --- What a method answers -------------------------------------------------------------------

    @property
    def parameters(self) -> tuple[int, ...]:
        """What a header holds of the codec beside the seed: integers from 0 to 2^64 - 1."""
        return ()

    @classmethod
    @abstractmethod
    def from_parameters(cls, take: Callable[[], int], seed: int) -> Codec:
        """Returns the codec of a header.

        Args:
            take: Returns the next of the integers that `parameters` gave; to be called as often as
                it gave any.
            seed: The seed.

        Raises:
            ParameterError: Integers that `parameters` does not give.
        """

    @property
    def most_bits(self) -> float:
        """The most bits of a density ratio of which a sample is found for certain.

        Infinite for an approximate method. What has more is escaped in containers (`escapes`).
        """
        # AD* fails by chance below depth 63: with less than 2^-36 there.
        return 54.0 if self.exact else math.inf

    @property
    def hard_by(self) -> Literal["boxes", "doubt", "supremum"] | None:
        """What makes a block too hard to search for (`difficulty`); None if nothing does."""
        return None

    @property
    def unbounded(self) -> bool:
        """Whether a search goes on until its sample is certain, however long that takes."""
        return False

    @property
    def deepest(self) -> int:
        """The largest depth of a search's tree."""
        return 63 * self.block

    @property
    def words(self) -> int:
        """How many numbers of a message a unit has."""
        return 1

    @property
    def message_range(self) -> tuple[int, int]:
        """The least and the largest number of a message; of its single words, if there are more."""
        return self.kind.least, self.kind.largest

    def default_code(
        self, *, expected_bits: float | None = None, contexts: bool = False
    ) -> IndexCode:
        """Returns the index code that suits messages of this codec.

        Args:
            expected_bits: The information of an element in bits, as far as both sides know it.
            contexts: Whether the code must take contexts.
        """
        del contexts  # an adaptive code does, and no code needs to where the codec does
        if not self.kind.is_number:
            return ByteCode()
        bits = expected_bits
        return AdaptiveCode(self.words, expected_bits=None if bits is None else bits * self.block)

    def limited(self: AnyCodec, steps: int) -> AnyCodec:
        """Returns the codec with a budget of steps for each search, if it has none and may have."""
        del steps
        return self

    @abstractmethod
    def encode_into(
        self,
        target: Target,
        proposal: Proposal,
        offset: int,
        out: Arrays,
        progress: Progress | None,
    ) -> int | Ended:
        """Encodes an array; arguments have been checked.

        Args:
            target: The targets; their shape and the proposals' broadcast to the samples'.
            proposal: The proposals.
            offset: The number of the first element; the others follow in C order.
            out: Message, samples and steps, C-contiguous arrays of any content, to be filled.
            progress: Called as ``progress(done, total)`` with numbers of elements, or None.

        Returns:
            How many searches were cut; or that, and what is known of what it changed.
        """

    @abstractmethod
    def decode_into(
        self, message: Message, proposal: Proposal, offset: int, sample: Floats
    ) -> None:
        """Decodes an array; arguments have been checked.

        Args:
            message: The message, whose numbers are in `message_range`.
            proposal: The proposals; their shape broadcasts to the samples'.
            offset: The number of the first element.
            sample: The samples, a C-contiguous array to be filled.
        """

    def fillers(self, sizes: npt.NDArray[np.int64]) -> Message:
        """Returns what is decoded in the place of units that a damaged container lacks.

        Args:
            sizes: How many elements these have; shape (n,).

        Returns:
            Any message that there is, as codes carry it; shape (n, words).
        """
        filler: Message = np.zeros((len(sizes), self.words), self.kind.carried)
        filler[:, 0] = self.kind.filler
        return filler

    def breakdown(self, message: Message, elements: int, offset: int) -> dict[str, float]:
        """Returns where a message's bits went, by part, for `inspect`; nothing if it has no parts.

        Args:
            message: The message of consecutive elements.
            elements: How many these are.
            offset: The number of the first.

        Raises:
            CorruptDataError: A message that no encoder makes.
        """
        del message, elements, offset
        return {}

    # --- What follows ----------------------------------------------------------------------------

    @cached_property
    def blocks(self) -> Blocks:
        """How elements of an array fall into units."""
        return Blocks(self.block, self.words, self.bits_hint, runs_through=self.runs_through)

    @property
    def single_elements(self) -> bool:
        """Whether every element is decoded by itself."""
        return self.block == 1 and not self.runs_through

    def with_threads(self: AnyCodec, threads: int | None) -> AnyCodec:
        """Returns the codec with another number of threads."""
        return replace(self, threads=threads)  # type: ignore[type-var]

    def for_columns(self: AnyCodec, columns: slice) -> AnyCodec:
        """Returns the codec for some columns of the last axis by themselves."""
        if self.bits_hint is None or isinstance(self.bits_hint, str):
            return self
        return replace(self, bits_hint=self.bits_hint[columns] or None)  # type: ignore[type-var]

    def with_hints(self: AnyCodec, bits: Floats) -> AnyCodec:
        """Returns the codec with other hints, for columns; whole sixteenths, however many."""
        other = replace(self, bits_hint=None)  # type: ignore[type-var]
        other._set(bits_hint=tuple(bits.tolist()))
        return other

    def with_contexts(self: AnyCodec, contexts: Any) -> AnyCodec:
        """Returns the codec for elements with contexts: for exactly these elements.

        Args:
            contexts: An integer from 0 to 65,535 for each element, in C order; an array of any
                shape, of as many as there are elements. Sender and receiver need the same.

        Raises:
            ParameterError: A codec that takes none; no such integers.
        """
        del contexts
        raise ParameterError("contexts", "given", f"none, with {self!r}: its code may take some")

    def with_known(self: AnyCodec, numbers: npt.NDArray[Any]) -> AnyCodec:
        """Returns the codec for exactly the elements of which something is known.

        Args:
            numbers: Contexts, where the codec takes them; or else hints in sixteenths of a bit.
        """
        if self.takes_contexts:
            return self.with_contexts(numbers)
        return self.with_hints(numbers / HINTS_PER_BIT)

    def encode(
        self,
        target: TargetLike,
        proposal: ProposalLike,
        *,
        offset: int = 0,
        out: Encoded | None = None,
        progress: Progress | None = None,
    ) -> Encoded:
        """Finds a sample of the target for every element, and what to send for it.

        Args:
            target: The distribution Q to be sampled. Any shape that broadcasts with the proposal's.
            proposal: The distribution P that the receiver has too.
            offset: The number of the first element, where the arrays are a part of larger ones.
            out: What an earlier call returned for as many: its arrays are filled anew, which spares
                a loop fresh memory. They must be writable and C-contiguous, of the shapes and
                dtypes of those that would be returned, and share no memory with each other or with
                the parameters of a distribution. After an error they hold anything. None for new
                ones.
            progress: Called as ``progress(done, total)`` with numbers of elements, now and then.

        Returns:
            Messages, samples and steps, each of the broadcast shape; with blocks, there are indices
            (of ``block`` words) and steps for each block. And how many searches were cut. With
            ``out``, a new `Encoded` of its arrays.

        Raises:
            ParameterError: Shapes that do not broadcast; a pair of families without a built-in
                ratio; arrays of ``out`` that do not fit, or share memory.
            DivergenceError: An element with more information than an index holds; a target of
                which more than 2^-10 lies beyond the proposal's outermost 64-bit positions; one
                that has no density at any of the samples within the codec's limit or budget.
            BoundError: A custom ratio above its own bound.

        Examples:
            >>> import astar_rec as rec
            >>> codec = rec.ADStar(seed=1)
            >>> q, p = rec.Normal([0.5, -1.0], 0.25), rec.Normal(0.0, 1.0)
            >>> index, sample, steps = codec.encode(q, p)
            >>> bool((codec.decode(index, p) == sample).all())
            True

            Into the same arrays again and again:

            >>> places = codec.encode(q, p)
            >>> for step in range(3):
            ...     r = codec.encode(rec.Normal([0.5, -1.0], 0.5**step), p, out=places)
            >>> r.sample is places.sample
            True
        """
        offset = integer("offset", offset, 0, ELEMENT_LIMIT)
        q, p = self.pair(target, proposal)
        shape = broadcast_shape(target=q.shape, proposal=p.shape)
        checked_size(shape, offset)
        blocks = self.blocks
        message, steps = blocks.message_shape(shape), blocks.steps_shape(shape)
        inputs = chain(_named("target", q), _named("proposal", p))
        arrays = output_arrays(out, self.kind, message, shape, steps, inputs)
        ended = self.encode_into(q, p, offset, arrays, progress)
        return Encoded(*arrays, *Ended.of(ended))

    def pair(self, target: TargetLike, proposal: ProposalLike) -> tuple[Target, Proposal]:
        """Returns a target and a proposal that this codec can encode.

        Raises:
            ParameterError: It cannot.
        """
        q = target if isinstance(target, CustomTarget) else as_distribution(target)
        return q, as_proposal(proposal)

    def decode(
        self,
        message: Any,
        proposal: ProposalLike,
        *,
        shape: Shape | None = None,
        offset: int = 0,
        out: Floats | None = None,
    ) -> Floats:
        """Returns the samples that a message stands for, bit-identical to the encoder's.

        Args:
            message: What the encoder found: indices, an array of uint64 (or Python integers), of
                any shape.
            proposal: The proposal P of the encoder, of a shape that broadcasts to the samples'.
            shape: The samples' shape. Needed only with blocks, and only where the last block of a
                row is short and neither the proposal nor ``bits_hint`` has the last axis.
            offset: As for `encode`.
            out: Where to put the samples: a writable, C-contiguous float64 array of the samples'
                shape, which shares no memory with the indices or the proposal's parameters. None
                for a new one.

        Returns:
            The samples, float64, of the indices' shape.

        Raises:
            ParameterError: Indices of another dtype, an index of 0 or beyond what the codec can
                produce, a proposal that does not broadcast to the samples' shape; an ``out`` that
                does not fit, or shares memory.
        """
        offset = integer("offset", offset, 0, ELEMENT_LIMIT)
        numbers = self.kind.checked(self.kind.argument, message)
        p = self.proposal(proposal)
        given = None if shape is None else shape_of("shape", shape)
        own = self.blocks.samples_shape(numbers.shape, p.shape, given)
        checked_size(own, offset)
        if broadcast_shape(samples=own, proposal=p.shape) != own:
            raise ParameterError(
                "shape of proposal", p.shape, f"one that broadcasts to the samples' {own}"
            )
        if out is None:
            samples = np.empty(own)
        else:
            samples = output_array("out", out, np.float64, own)
            inputs = chain([(self.kind.argument, numbers)], _named("proposal", p))
            require_apart("out", samples, inputs)
        self.check_message(numbers)
        self.decode_into(numbers, p, offset, samples)
        return samples

    def proposal(self, proposal: ProposalLike) -> Proposal:
        """Returns a proposal with which this codec can decode.

        Raises:
            ParameterError: It cannot.
        """
        return as_proposal(proposal)

    def check_message(self, message: Message) -> None:
        """Raises ParameterError for the first number of a message that the codec cannot make."""
        if not self.kind.is_number:
            return
        least, largest = self.message_range
        good = (message >= least) & (message <= largest)
        require_all(self.kind.argument, message, good, f"an integer from {least} to {largest}")

    def check_shape(self, shape: Shape) -> None:
        """Raises ParameterError where the codec is for arrays of other columns."""
        if self.bits_hint == GIVEN:
            if len(shape) != 1 and self.blocks.columns_of(shape) % self.block:
                expected = f"a multiple of the block, {self.block}, with hints for each element"
                raise ParameterError("length of the last axis", shape[-1] if shape else 1, expected)
        elif self.bits_hint is not None:
            self.blocks.hints(shape)

    # --- As a frozen dataclass -------------------------------------------------------------------

    def __post_init__(self) -> None:
        """Checks what all codecs have; a method that checks more calls it."""
        if self.threads is not None:
            self._set(threads=threads_of(self.threads))
        block = block_of(self.block, self.largest_block)
        self._set(seed=seed_of(self.seed), block=block, bits_hint=hints_of(self.bits_hint, block))

    def _set(self, **values: object) -> None:
        """Sets fields while the codec is made, which afterwards is frozen."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """The call that makes an equal codec if hints are few, without what it has by default."""
        shown = (field for field in fields(self) if field.repr)  # type: ignore[arg-type]
        values = [(field, getattr(self, field.name)) for field in shown]
        given = [
            f"{field.name}={_shortly(value)}"
            for field, value in values
            if field.default is MISSING or value != field.default
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def _shortly(value: object) -> str:
    """What stands for a field in `repr`: of many hints, how many."""
    if isinstance(value, tuple) and len(value) > _MOST_SHOWN:
        return f"<{len(value)} numbers>"
    return repr(value)


def _named(
    argument: str, distribution: Target | Proposal
) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The arrays that a distribution reads, each with what it is, for errors."""
    return ((f"{name} of {argument}", array) for name, array in distribution._arrays())
