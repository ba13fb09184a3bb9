"""Arrays of all libraries, at the one door: what is taken, and how the rest is refused.

PyTorch, JAX and CuPy are stood in for by small classes that refuse what theirs refuse.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import astar_rec as rec
from astar_rec._arrays import real_array, to_numpy

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = np.array([[0.25, -0.5, 1.0], [2.0, 0.0, -4.0]])
P = rec.Normal(0.0, 1.0)


def of_module(name: str) -> Callable[[type], type]:
    """Set a class's module, as if a library had it."""

    def set_module(kind: type) -> type:
        kind.__module__ = name
        return kind

    return set_module


@of_module("torch")
class Tensor:
    """What of a tensor of PyTorch matters here, and when it refuses to be an array."""

    def __init__(
        self,
        array: np.ndarray,
        *,
        device: str = "cpu",
        requires_grad: bool = False,
        bfloat16: bool = False,
    ) -> None:
        self.array = array
        self.device = device
        self.requires_grad = requires_grad
        self.bfloat16 = bfloat16
        self.dtype = "torch.some"

    def _again(self, **changes: Any) -> Tensor:
        state = {"device": self.device, "requires_grad": self.requires_grad}
        state |= {"bfloat16": self.bfloat16, "array": self.array} | changes
        return type(self)(**state)

    def detach(self) -> Tensor:
        return self._again(requires_grad=False)

    def cpu(self) -> Tensor:
        return self._again(device="cpu")

    def double(self) -> Tensor:
        return self._again(array=self.array.astype(np.float64), bfloat16=False)

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        del dtype, copy
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self.device != "cpu":
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")
        if self.bfloat16:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


@of_module("torch.nn.parameter")
class ModelParameter(Tensor):
    """A subclass, elsewhere."""


@of_module("cupy")
class ndarray:  # noqa: N801
    """CuPy's arrays refuse to be NumPy's, unless asked outright."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.dtype = array.dtype

    def get(self) -> np.ndarray:
        return self.array.copy()

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def __dlpack__(self, **_: Any) -> Any:
        raise BufferError("no CUDA here")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0


@of_module("jaxlib._jax")
class ArrayImpl:
    """JAX's arrays are NumPy's when asked, on any device."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.dtype = array.dtype

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        del dtype, copy
        return self.array

    def __dlpack__(self, **_: Any) -> Any:
        raise RuntimeError("not asked for")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0


@of_module("jax._src.interpreters.partial_eval")
class DynamicJaxprTracer:
    """What stands for an array while JAX compiles: there is none."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError("TracerArrayConversionError: attempt to convert a traced array")


@of_module("some.tensors")
class Exchanged:
    """An array of a library that knows DLPack alone."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


@of_module("some.tensors")
class OnDevice(Exchanged):
    """The same on a device from which it is copied when asked."""

    def __dlpack__(self, **options: Any) -> Any:
        if options.get("dl_device") not in ((1, 0), None):
            raise BufferError("another device")
        if "dl_device" not in options:
            raise BufferError("it is on a GPU")
        return self.array.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0


def short(name: str) -> Any:
    """Return a short floating type that NumPy has not."""
    types = pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 of its own")
    return getattr(types, name)


KINDS: dict[str, Callable[[np.ndarray], Any]] = {
    "NumPy": np.asarray,
    "matrix of NumPy": lambda a: a.view(np.recarray),
    "nothing masked": lambda a: np.ma.array(a, mask=False),
    "no mask": np.ma.array,
    "list": lambda a: a.tolist(),
    "PyTorch": Tensor,
    "PyTorch, with gradients": lambda a: Tensor(a, requires_grad=True),
    "PyTorch, a model's": lambda a: ModelParameter(a, requires_grad=True, device="cuda:0"),
    "PyTorch, on a device": lambda a: Tensor(a, device="cuda:0"),
    "PyTorch, bfloat16": lambda a: Tensor(a.astype(np.float32), bfloat16=True),
    "PyTorch, float16": lambda a: Tensor(a.astype(np.float16), requires_grad=True),
    "CuPy": ndarray,
    "CuPy, float16": lambda a: ndarray(a.astype(np.float16)),
    "CuPy, bfloat16": lambda a: ndarray(a.astype(short("bfloat16"))),
    "JAX": ArrayImpl,
    "JAX, float32": lambda a: ArrayImpl(a.astype(np.float32)),
    "JAX, bfloat16": lambda a: ArrayImpl(a.astype(short("bfloat16"))),
    "bfloat16": lambda a: a.astype(short("bfloat16")),
    "float8": lambda a: a.astype(short("float8_e5m2")),
    "DLPack": Exchanged,
    "DLPack, float32": lambda a: Exchanged(a.astype(np.float32)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken(kind: str) -> None:
    value = KINDS[kind](NUMBERS)
    array = real_array("loc", value)
    assert type(array) is np.ndarray
    assert array.dtype == np.float64
    assert array.dtype.isnative
    assert array.tolist() == NUMBERS.tolist()
    q = rec.Normal(value, 0.5)
    assert q == rec.Normal(NUMBERS, 0.5)
    # All arguments that are arrays go the same way.
    assert rec.isokl_normal(value, 20.0).loc.tolist() == NUMBERS.tolist()
    target = rec.CustomTarget(lambda x: -x * x, mode=value)
    assert target.shape == NUMBERS.shape


@pytest.mark.parametrize("kind", KINDS)
def test_results_of_callables(kind: str) -> None:
    p = rec.CustomProposal(lambda u: KINDS[kind](np.floor(4 * u)))
    index = np.arange(1, 99, dtype=np.uint64)
    assert set(rec.ADStar(1).decode(index, p).tolist()) == {0.0, 1.0, 2.0, 3.0}


@pytest.mark.parametrize("kind", KINDS)
def test_items_of_sequences_are_taken(kind: str) -> None:
    items = [KINDS[kind](row) for row in NUMBERS]
    assert real_array("loc", items).tolist() == NUMBERS.tolist()
    assert real_array("loc", (tuple(items),)).tolist() == [NUMBERS.tolist()]
    mixed = [items[0], NUMBERS[1].tolist()]
    assert real_array("loc", mixed).tolist() == NUMBERS.tolist()


def test_no_copies() -> None:
    for value in (NUMBERS, np.ma.array(NUMBERS), Exchanged(NUMBERS), ArrayImpl(NUMBERS)):
        assert np.shares_memory(real_array("loc", value), NUMBERS)
    assert np.shares_memory(to_numpy(Exchanged(NUMBERS)), NUMBERS)


def test_dlpack_of_a_device() -> None:
    value = OnDevice(NUMBERS)
    if np.lib.NumpyVersion(np.__version__) < "2.1.0":
        with pytest.raises(rec.ParameterError, match=r"loc is 'some\.OnDevice'"):
            rec.Normal(value, 1.0)
    else:
        assert rec.Normal(value, 1.0).loc.tolist() == NUMBERS.tolist()


REFUSED: dict[str, Any] = {
    "a tracer of JAX": DynamicJaxprTracer(),
    "a tracer in a list": [0.0, DynamicJaxprTracer()],
    "a distribution": P,
    "a distribution in a list": [P, P],
    "a ragged list": [[1.0], [1.0, 2.0]],
    "ragged arrays": [np.zeros(2), np.zeros(3)],
    "arrays of which only the last axes differ": [np.zeros((2, 3)), np.zeros((2, 4))],
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "masked in a list": [np.ma.array([1.0, 2.0], mask=[False, True])],
    "the constant of masks": np.ma.masked,
    "a list with it": [1.0, np.ma.masked],
    "complex numbers of PyTorch": Tensor(np.array([1j])),
    "booleans of CuPy": ndarray(np.array([True])),
    "objects": ArrayImpl(np.array([None, 1.0])),
    "a structure": np.zeros(2, "i4,f8"),
    "a class with the protocol": np.ndarray,
    "another class with it": Exchanged,
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_rest_is_refused(what: str) -> None:
    value = REFUSED[what]
    calls: dict[str, Callable[[], Any]] = {
        "loc": lambda: rec.Normal(value, 1.0),
        "scale": lambda: rec.Normal(0.0, value),
        "mode": lambda: rec.CustomTarget(np.log, mode=value),
        "kl_bits": lambda: rec.isokl_normal(0.0, value),
        "contexts": lambda: rec.compress([P][0][None], P, contexts=value),
    }
    for argument, call in calls.items():
        with pytest.raises(rec.ParameterError) as caught:
            call()
        assert caught.value.argument == argument
        assert len(str(caught.value)) < 400


def test_what_is_masked_is_named() -> None:
    masked = np.ma.array(NUMBERS, mask=False)
    masked[1, 1] = np.ma.masked
    with pytest.raises(rec.ParameterError, match=r"loc at \[1, 1\] is 'masked'") as caught:
        rec.Normal(masked, 1.0)
    assert caught.value.position == (1, 1)
    indices = np.ma.array(np.array([1, 2], np.uint64), mask=[False, True])
    with pytest.raises(rec.ParameterError, match=r"index at \[1\] is 'masked'"):
        rec.ADStar(1).decode(indices, P)


def test_masks_of_what_is_no_parameter() -> None:
    """Messages, bytes, and arrays that are filled: of none is a mask dropped."""
    codec, polar = rec.ADStar(1), rec.PolarCoding(1, block=1)
    q = rec.Normal([0.0, 1.0, 2.0], 0.25)
    mask = [False, True, False]
    out = np.ma.array(np.zeros(3), mask=mask)
    data = np.frombuffer(rec.compress(q, P, codec=codec), np.uint8)
    calls = [
        lambda: codec.decode(codec.encode(q, P).index, P, out=out),
        lambda: polar.decode(np.ma.array(polar.encode(q, P).message, mask=mask), P, shape=(3,)),
        lambda: rec.decompress(np.ma.array(data, mask=np.arange(data.size) == 5), P),
    ]
    for call in calls:
        with pytest.raises(rec.ParameterError, match="masked"):
            call()
    assert (out.data == 0).all()
    out.mask = False
    assert codec.decode(codec.encode(q, P).index, P, out=out) is out


def test_errors_say_why() -> None:
    with pytest.raises(rec.ParameterError, match=r"loc is 'jax\.\S+Tracer'.*traced array"):
        rec.Normal(DynamicJaxprTracer(), 1.0)
    with pytest.raises(rec.ParameterError, match=r"Normal is no array; its parameters are: loc, s"):
        rec.Normal(P, 1.0)


def test_memory_errors_and_interrupts_pass() -> None:
    for error in (MemoryError, KeyboardInterrupt):

        class Unlucky:
            def __array__(self, *_: Any, **__: Any) -> Any:
                raise error  # noqa: B023

        with pytest.raises(error):
            rec.Normal(Unlucky(), 1.0)


@pytest.mark.parametrize("kind", ["NumPy", "PyTorch", "CuPy", "JAX", "DLPack"])
def test_indices(kind: str) -> None:
    index = np.array([[1, 2], [3, 2**64 - 1]], np.uint64)
    make = KINDS[kind]
    codec = rec.ADStar(1)
    expected = codec.decode(index, P)
    assert codec.decode(make(index), P).tolist() == expected.tolist()
    for wrong in (index.astype(np.int64), index.astype(np.float64), index.astype(np.uint32)):
        with pytest.raises(rec.ParameterError, match=r"dtype of index is .*; expected uint64"):
            codec.decode(make(wrong), P)


@pytest.mark.parametrize("kind", ["PyTorch, on a device", "CuPy", "JAX", "DLPack"])
def test_contexts(kind: str) -> None:
    contexts = np.array([0, 1, 0])
    data = rec.compress(P[None], rec.Normal(np.zeros(3), 1.0), contexts=KINDS[kind](contexts))
    x = rec.decompress(data, P, contexts=contexts)
    assert x.shape == (3,)


def test_no_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind, make in KINDS.items():
            if "bfloat16" not in kind and "float8" not in kind:
                rec.Normal(make(NUMBERS), 1.0)
