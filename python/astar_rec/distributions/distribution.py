"""What all families share: any number of parameters, shapes, indexing, comparison.

A family is a subclass that lists its parameters and says what its densities and quantiles are. The
core has those of `families`. All others are coded in lockstep, by calls of their functions:
tests/extension/toy_family.py is a small one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from .._validate import broadcast_shape, integer
from ..errors import ParameterError
from .parameter import Parameter, declared, extended, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from .._elements import Floats, Indices, Shape

__all__ = ["Distribution", "Parameter", "probabilities"]

AnyDistribution = TypeVar("AnyDistribution", bound="Distribution")

_BELOW_ONE = 1.0 - 2.0**-53

# Between which positions the middle of a distribution is, by `Distribution._summary`: √5 - 2 and
# 1 less that, where no mixture of simple shares has a gap.
SUMMARY_POSITIONS = (0x3C6EF372FE94F82A, 0xC3910C8D016B07D5)

# Arrays of more elements are not written out in a repr.
_SHOWN = 8
# How many elements a hash looks at.
_HASHED = 16


class Distribution:
    """Base class of families: arrays of distributions of real numbers.

    Distributions are immutable, comparable, hashable and picklable. They are indexed, iterated and
    reshaped like the arrays of samples that they stand for: ``q[3:7]``, ``q[..., None]``,
    ``q[mask]``. What is chosen by slices shares the parameters' memory; parameters that are single
    numbers stay such.

    A family is a subclass with a `Parameter` for each argument of its constructor, in their order.

    Attributes:
        shape: The shape that the parameters broadcast to, less their axes of their own.

    Examples:
        >>> import astar_rec as rec
        >>> q = rec.Normal([[0.0], [1.0]], [2.0, 3.0, 4.0])
        >>> q.shape, q.size, len(q)
        ((2, 3), 6, 2)
        >>> q[1, :2]
        Normal(loc=[1.0, 1.0], scale=[2.0, 3.0])
        >>> q[:, 0] == rec.Normal([0.0, 1.0], 2.0)
        True
    """

    # Whether samples are of few values, whose masses count instead of a density.
    _discrete: ClassVar[bool] = False

    _declared: ClassVar[tuple[Parameter, ...]] = ()
    __slots__ = ("_parameters", "shape")
    _parameters: tuple[Floats, ...]
    shape: Shape

    # NumPy leaves operators alone, instead of applying them to arrays of objects.
    __array_ufunc__ = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._declared = declared(cls)

    def __init__(self, *values: object) -> None:
        given = zip(self._declared, values, strict=True)
        arrays = extended(self._declared, [each.checked(value) for each, value in given])
        pairs = zip(self._declared, arrays, strict=True)
        shapes = {each.name: each.shape_of(array) for each, array in pairs}
        self._hold(tuple(arrays), broadcast_shape(**shapes))
        self._check()

    # --- What a family answers -------------------------------------------------------------------

    @classmethod
    def _answers(cls, name: str) -> bool:
        """Whether the family has a method of its own, where this class has one of that name."""
        return any(name in vars(kind) for kind in cls.__mro__ if kind is not Distribution)

    def _check(self) -> None:
        """Raises ParameterError if the parameters, each good by itself, make no distribution."""

    @classmethod
    def quantile(cls, u: Floats, *parameters: Floats) -> Floats:
        """Returns samples at probabilities, non-decreasing in these.

        The receiver computes them too: samples are bit-identical where these are.

        Args:
            u: Probabilities from 2^-65 to 1 - 2^-53; flat.
            parameters: The parameters, each of the shape of ``u``, with its own axis, if any, after
                it: read-only there, and possibly the same numbers for all elements (a stride of 0).
        """
        raise NotImplementedError(f"{cls.__name__} has no quantile")

    @classmethod
    def _samples(cls, position: Indices, *parameters: Floats) -> Floats:
        """Returns samples at 64-bit positions in the CDF, non-decreasing in these.

        A family that is to be as fine in the upper tail as in the lower has its own instead of a
        quantile: position k stands for the probability (k + ½) / 2^64.

        Args:
            position: Positions, uint64; flat.
            parameters: As for `quantile`.
        """
        return cls.quantile(probabilities(position), *parameters)

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats; minus infinity outside of the support.

        Args:
            x: Points; flat.
            parameters: As for `quantile`.
        """
        raise NotImplementedError(f"{cls.__name__} has no log density")

    @classmethod
    def _summary(cls, *parameters: Floats) -> tuple[Floats, Floats]:
        """Returns where distributions are, and how wide: what a container's fingerprint is made of.

        Both move as little as the parameters do. A family whose quantile jumps has its own.

        Args:
            parameters: As for `quantile`.
        """
        positions = (np.full(len(parameters[0]), x, np.uint64) for x in SUMMARY_POSITIONS)
        low, high = (cls._samples(position, *parameters) for position in positions)
        return 0.5 * low + 0.5 * high, high - low

    @classmethod
    def _tail(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns signed tails: the CDF where that is at most ½, otherwise -(1 - CDF).

        Neither of the two may be had by taking the other from 1. Upper tails are negative also
        where they underflow: -5e-324 then. So the mass of an interval (a, b] is s(b) - s(a), and 1
        more where s(a) >= 0 and s(b) < 0. Only the sender computes them: they need not be the same
        bits everywhere.

        Args:
            x: Points; flat.
            parameters: As for `quantile`.
        """
        raise NotImplementedError(f"{cls.__name__} has no tails")

    def _gaps(self, shape: Shape) -> Iterator[tuple[npt.NDArray[np.int64], Floats, Floats]]:
        """Yields intervals between samples where there are none.

        Args:
            shape: A shape to which this broadcasts.

        Yields:
            Elements' numbers, and where their intervals (low, high] begin and end; all flat.
        """
        del shape
        yield from ()

    def _ends(self) -> tuple[Floats, Floats] | None:
        """Returns between which points all samples are, where those are hard ends."""
        return None

    # --- As arrays -------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{type(self).__name__} of no axes has no length")
        return self.shape[0]

    def __bool__(self) -> bool:
        # Otherwise the length would decide.
        return True

    def __iter__(self: AnyDistribution) -> Iterator[AnyDistribution]:
        if not self.shape:
            raise TypeError(f"{type(self).__name__} of no axes has no items")
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self: AnyDistribution, key: Any) -> AnyDistribution:
        return self._each(lambda array: array[key])

    def reshape(self: AnyDistribution, *shape: int | Sequence[int]) -> AnyDistribution:
        """Returns the same elements, in C order, in another shape.

        Args:
            shape: The shape, as integers or as one sequence of these; one may be -1, for what is
                left.

        Raises:
            ParameterError: A shape of another number of elements.

        Examples:
            >>> import astar_rec as rec
            >>> rec.Normal([0.0, 1.0, 2.0, 3.0], 1.0).reshape(2, -1).shape
            (2, 2)
        """
        given = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        most = max(self.size, 1)
        sizes = tuple(integer("shape", size, -1, most) for size in given)
        try:
            return self._each(lambda array: array.reshape(sizes))
        except ValueError:
            expected = f"one of {self.size} elements, with at most one -1"
            raise ParameterError("shape", sizes, expected) from None

    def transpose(self: AnyDistribution, *axes: int | Sequence[int]) -> AnyDistribution:
        """Returns the same elements with the axes in another order; blocks lie along the last one.

        Args:
            axes: The axes in their new order, as integers or as one sequence of these; none to
                reverse them.

        Raises:
            ParameterError: Axes that are not all of those there are.

        Examples:
            Channels, which torch has first, as the axis of blocks:

            >>> import numpy as np
            >>> import astar_rec as rec
            >>> q = rec.Normal(np.zeros((10, 8, 4, 4)), 0.5)
            >>> last = q.transpose(0, 2, 3, 1)
            >>> last.shape
            (10, 4, 4, 8)
            >>> r = rec.ADStar(seed=1, block=8).encode(last, rec.Normal(0.0, 1.0))
            >>> r.sample.transpose(0, 3, 1, 2).shape
            (10, 8, 4, 4)
        """
        given = axes[0] if len(axes) == 1 and isinstance(axes[0], Sequence) else axes
        order = tuple(integer("axes", axis, -self.ndim, self.ndim - 1) for axis in given)
        if order and sorted(axis % self.ndim for axis in order) != list(range(self.ndim)):
            raise ParameterError("axes", order, f"each of the {self.ndim} axes once")
        return self._each(lambda array: array.transpose(order or None))

    def __array__(self, *_: object, **__: object) -> Floats:
        names = ", ".join(parameter.name for parameter in self._declared)
        raise TypeError(f"{type(self).__name__} is no array; its parameters are: {names}")

    # --- As values -------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Whether the family is the same, and all parameters are to the bit, once broadcast."""
        if not isinstance(other, Distribution):
            return NotImplemented
        if type(self) is not type(other) or self.shape != other.shape:
            return False
        both = zip(self._declared, self._parameters, other._parameters, strict=True)
        if any(each.own_of(a) != each.own_of(b) for each, a, b in both):
            return False
        pairs = zip(self._parameters, other._parameters, strict=True)
        # There are no NaNs, and 0.0 is the only number with two signs.
        return all(bool(np.all((a == b) & (np.signbit(a) == np.signbit(b)))) for a, b in pairs)

    def __hash__(self) -> int:
        some = np.linspace(0, max(self.size - 1, 0), min(self.size, _HASHED)).astype(np.intp)
        places = np.unravel_index(some, self.shape) if self.shape else ()
        values = (tuple(each[places].reshape(-1).tolist()) for each in self._broadcast(self.shape))
        return hash((type(self), self.shape, *values))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def __repr__(self) -> str:
        """The call that makes an equal distribution, where arrays are small."""
        pairs = zip(self._declared, self._parameters, strict=True)
        given = ", ".join(f"{parameter.name}={_brief(array)}" for parameter, array in pairs)
        return f"{type(self).__name__}({given})"

    def __reduce__(self) -> tuple[type[Distribution], tuple[Floats, ...]]:
        return type(self), self._parameters

    # --- Inside ----------------------------------------------------------------------------------

    def _hold(self, parameters: tuple[Floats, ...], shape: Shape) -> None:
        object.__setattr__(self, "_parameters", parameters)
        object.__setattr__(self, "shape", shape)

    def _broadcast(self, shape: Shape) -> tuple[Floats, ...]:
        """Returns the parameters as views of a common shape, before axes of their own."""
        pairs = zip(self._declared, self._parameters, strict=True)
        return tuple(each.spread(array, shape) for each, array in pairs)

    def _at(self, element: npt.NDArray[np.int64], shape: Shape) -> tuple[Floats, ...]:
        """Returns the parameters of elements, by their numbers in C order over a shape."""
        pairs = zip(self._declared, self._parameters, strict=True)
        return tuple(each.at(array, element, shape) for each, array in pairs)

    def _spread(self: AnyDistribution, shape: Shape) -> AnyDistribution:
        """Returns the distribution of a shape to which it broadcasts."""
        return self._each(lambda array: np.broadcast_to(array, shape))

    def _components(self) -> Iterator[tuple[Floats, Distribution]]:
        """Yields what it is a mixture of: shares and distributions, of its shape.

        Each may be too fine for positions, however little of the whole it is. The first parameter
        of these distributions is where they are densest.
        """
        yield from ()

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        """Yields what elements are computed from, by name."""
        for parameter, array in zip(self._declared, self._parameters, strict=True):
            yield parameter.name, array

    @property
    def _numbers(self) -> int:
        """How many numbers an element has at most of one parameter."""
        pairs = zip(self._declared, self._parameters, strict=True)
        return max(math.prod(each.own_of(array)) for each, array in pairs)

    def _each(
        self: AnyDistribution, choose: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
    ) -> AnyDistribution:
        """Returns the distribution of what is chosen from each parameter, once broadcast.

        Parameters that are the same for all elements stay so, but for one where all are: it holds
        the shape.
        """
        pairs = tuple(zip(self._declared, self._parameters, strict=True))
        varies = [math.prod(each.shape_of(array)) != 1 for each, array in pairs]
        if not any(varies):
            varies[0] = True
        arrays = tuple(
            frozen(each.numbers(np.asarray(choose(each.items(each.spread(array, self.shape))))))
            if chosen
            else array.reshape(each.own_of(array))
            for (each, array), chosen in zip(pairs, varies, strict=True)
        )
        held = varies.index(True)
        made = object.__new__(type(self))
        made._hold(arrays, self._declared[held].shape_of(arrays[held]))
        return made


def probabilities(position: Indices) -> Floats:
    """Returns the probabilities that positions stand for, as doubles: never 1."""
    return np.asarray(np.minimum((position.astype(np.float64) + 0.5) * 2.0**-64, _BELOW_ONE))


def _brief(array: Floats) -> str:
    if array.ndim == 0:
        return repr(float(array))
    numbers = array.tolist() if array.size <= _SHOWN else None
    # Lists of no elements do not say how long their other axes are.
    if numbers is None or np.shape(numbers) != array.shape:
        return f"<array of shape {array.shape}>"
    return repr(numbers)
