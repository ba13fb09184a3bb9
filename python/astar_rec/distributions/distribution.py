"""What all families share: any number of parameters, shapes, indexing, comparison.

A family is a subclass that lists its parameters and says what its densities and quantiles are. The
core has those of `families`. All others are coded in lockstep, by calls of their functions:
tests/extension/toy_family.py is a small one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import numpy as np

from .._arrays import real_array
from .._elements import Floats, require_between
from .._validate import broadcast_shape, integer
from ..errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .._elements import Shape

__all__ = ["Distribution", "Parameter"]

AnyDistribution = TypeVar("AnyDistribution", bound="Distribution")

# Standard quantiles reach 45.1: with this much room, no sample overflows.
_LARGEST = sys.float_info.max / 128
_FINITE = f"a finite number, at most {_LARGEST:.3g} in size"
_LEAST_POSITIVE = math.ulp(0.0)

# Arrays of more elements are not written out in a repr.
_SHOWN = 8
# How many elements a hash looks at.
_HASHED = 16


class Parameter:
    """A parameter of a family: an attribute, whose name is that which the class gives it.

    Args:
        doc: What it is.
        positive: Whether it must be above 0.
    """

    def __init__(self, doc: str, *, positive: bool = False) -> None:
        self.__doc__ = doc
        self.positive = positive
        self.name = ""
        self._place = 0

    def __set_name__(self, owner: type[Distribution], name: str) -> None:
        self.name = name
        self._place = declared(owner).index(self)

    def checked(self, value: object) -> Floats:
        """Returns a value as a read-only float64 array."""
        array = real_array(self.name, value, _LARGEST, _FINITE)
        if self.positive:
            require_between(self.name, array, _LEAST_POSITIVE, _LARGEST, "a positive number")
        return _frozen(array)

    @overload
    def __get__(self, instance: None, owner: type[Distribution]) -> Parameter: ...
    @overload
    def __get__(self, instance: Distribution, owner: type[Distribution]) -> Floats: ...
    def __get__(
        self, instance: Distribution | None, owner: type[Distribution]
    ) -> Parameter | Floats:
        return self if instance is None else instance._parameters[self._place]

    def __set__(self, instance: Distribution, value: object) -> None:
        raise AttributeError(f"{type(instance).__name__} is frozen: cannot set {self.name}")


class Distribution:
    """Base class of families: arrays of distributions of real numbers.

    Distributions are immutable, comparable, hashable and picklable. They are indexed, iterated and
    reshaped like the arrays of samples that they stand for: ``q[3:7]``, ``q[..., None]``,
    ``q[mask]``. What is chosen by slices shares the parameters' memory; parameters that are single
    numbers stay such.

    A family is a subclass with a `Parameter` for each argument of its constructor, in their order.

    Attributes:
        shape: The shape that the parameters broadcast to.

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
        pairs = zip(self._declared, values, strict=True)
        arrays = {parameter.name: parameter.checked(value) for parameter, value in pairs}
        shapes = {name: array.shape for name, array in arrays.items()}
        self._hold(tuple(arrays.values()), broadcast_shape(**shapes))
        self._check()

    # --- What a family answers -------------------------------------------------------------------

    def _check(self) -> None:
        """Raises ParameterError if the parameters, each good by itself, make no distribution."""

    @classmethod
    def quantile(cls, u: Floats, *parameters: Floats) -> Floats:
        """Returns samples at probabilities, non-decreasing in these.

        The receiver computes them too: samples are bit-identical where these are.

        Args:
            u: Probabilities from 2^-65 to 1 - 2^-53; flat.
            parameters: The parameters, each of the shape of ``u``.
        """
        raise NotImplementedError(f"{cls.__name__} has no quantile")

    @classmethod
    def log_density(cls, x: Floats, *parameters: Floats) -> Floats:
        """Returns log densities in nats; minus infinity outside of the support.

        Args:
            x: Points; flat.
            parameters: The parameters, each of the shape of ``x``.
        """
        raise NotImplementedError(f"{cls.__name__} has no log density")

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
        """Returns the parameters as views of a common shape."""
        return tuple(np.broadcast_to(array, shape) for array in self._parameters)

    def _each(self: AnyDistribution, choose: Callable[[Floats], Floats]) -> AnyDistribution:
        """Returns the distribution of what is chosen from each parameter, once broadcast.

        Parameters that are a number for all elements stay numbers, but for one where all are: it
        holds the shape.
        """
        varies = [array.size != 1 for array in self._parameters]
        if not any(varies):
            varies[0] = True
        arrays = tuple(
            _frozen(np.asarray(choose(np.broadcast_to(array, self.shape))))
            if chosen
            else array.reshape(())
            for array, chosen in zip(self._parameters, varies, strict=True)
        )
        shape = arrays[varies.index(True)].shape
        made = object.__new__(type(self))
        made._hold(arrays, shape)
        return made


def declared(family: type[Distribution]) -> tuple[Parameter, ...]:
    """Returns the parameters of a family in their order: those of base classes first."""
    members = (vars(kind).values() for kind in reversed(family.__mro__))
    return tuple(each for some in members for each in some if isinstance(each, Parameter))


def _frozen(array: Floats) -> Floats:
    view = array.view()
    view.setflags(write=False)
    return view


def _brief(array: Floats) -> str:
    if array.ndim == 0:
        return repr(float(array))
    numbers = array.tolist() if array.size <= _SHOWN else None
    # Lists of no elements do not say how long their other axes are.
    if numbers is None or np.shape(numbers) != array.shape:
        return f"<array of shape {array.shape}>"
    return repr(numbers)
