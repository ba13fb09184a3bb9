"""The exceptions of astar_rec: one family, all of them also ``ValueError``. And its one warning."""

from __future__ import annotations

from typing import Any

__all__ = [
    "ApproximationWarning",
    "BoundError",
    "CorruptDataError",
    "DivergenceError",
    "ParameterError",
    "RecError",
]


class ApproximationWarning(UserWarning):
    """Samples are approximate: searches were cut at the step budget, or targets at intervals' ends.

    They decode like all others, but do not follow their targets exactly: see docs/exactness.md.
    """


class RecError(ValueError):
    """Base class of everything that astar_rec raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors make the message: a copy must not go through them again.
        return _copied, (type(self), self.args, vars(self))


def _copied(kind: type[RecError], args: tuple[Any, ...], attributes: dict[str, Any]) -> RecError:
    error = kind.__new__(kind, *args)
    vars(error).update(attributes)
    return error


class ParameterError(RecError):
    """An argument that is not what it must be.

    Attributes:
        argument: The argument's name.
        value: The offending value; of an array, the first offending element.
        position: Where in the array it stands, as an index tuple; None if it is no array's element.
    """

    def __init__(
        self,
        argument: str,
        value: object,
        expected: str,
        position: tuple[int, ...] | None = None,
    ) -> None:
        where = "" if not position else f" at {list(position)}"
        super().__init__(f"{argument}{where} is {_shortly(value)}; expected {expected}")
        self.argument = argument
        self.value = value
        self.position = position


class DivergenceError(RecError):
    """More information than an index can hold.

    Attributes:
        element: The element, as an index tuple into the broadcast shape.
        bits: How much it needs; infinite where a part of the target is out of reach altogether.
        limit: How much there is room for, in bits.
        reason: What is wrong with the element, in words.
    """

    def __init__(self, element: tuple[int, ...], bits: float, limit: float, reason: str) -> None:
        super().__init__(f"element {list(element)}: {reason} ({bits:.4g} bits, limit {limit:.4g})")
        self.element = element
        self.bits = bits
        self.limit = limit
        self.reason = reason

    def at(self, element: tuple[int, ...]) -> DivergenceError:
        """Returns the same error, of an element that is called otherwise in a larger array."""
        return DivergenceError(element, self.bits, self.limit, self.reason)


class BoundError(RecError):
    """A custom log ratio exceeded the bound that its target gave, so samples would not be exact.

    Attributes:
        element: The element, as an index tuple into the broadcast shape.
        point: The sample at which it happened.
        log_ratio: The log ratio there, in nats.
        bound: What the target promised for a region around that point, in nats.
    """

    def __init__(
        self, element: tuple[int, ...], point: float, log_ratio: float, bound: float
    ) -> None:
        super().__init__(
            f"element {list(element)}: the log ratio at {point!r} is {log_ratio:.9g} nats, above "
            f"its bound of {bound:.9g}; the bound (or the mode of a unimodal ratio) is wrong"
        )
        self.element = element
        self.point = point
        self.log_ratio = log_ratio
        self.bound = bound

    def at(self, element: tuple[int, ...]) -> BoundError:
        """Returns the same error, of an element that is called otherwise in a larger array."""
        return BoundError(element, self.point, self.log_ratio, self.bound)


class CorruptDataError(RecError):
    """Bytes that no encoder wrote: damaged, cut short, or of an unknown version."""


def _shortly(value: object) -> str:
    text = repr(value)
    if " object at 0x" in text:
        text = _named(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _named(value: object) -> str:
    """What an object is that says only where it lies, as SciPy's distributions do."""
    kind = type(value)
    module = kind.__module__.split("._")[0]
    generic = getattr(value, "dist", value)  # of which SciPy's frozen ones are made
    name = getattr(generic, "name", None)
    if generic is value or not isinstance(name, str):
        return f"{module}.{name}" if isinstance(name, str) else f"{_an(kind.__name__)} of {module}"
    given = [repr(each) for each in getattr(value, "args", ())]
    given += [f"{key}={each!r}" for key, each in getattr(value, "kwds", {}).items()]
    return f"{module}.{name}({', '.join(given)})"


def _an(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
