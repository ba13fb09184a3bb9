"""Batches: threads, pieces and neighbours change no bit; memory, interrupts, other threads."""

from __future__ import annotations

import copy
import itertools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import astar_rec as rec
from common import CODECS, check_codec, each_codec, each_pair, same_bits

if TYPE_CHECKING:
    from collections.abc import Callable

P = rec.Normal(0.0, 1.0)
THREADS = [1, 2, 3, 8]
LINUX = sys.platform.startswith("linux")
# The address sanitizer makes all several times slower.
SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")


def targets(shape: Any, seed: int = 0) -> rec.Normal:
    rng = np.random.default_rng(seed)
    return rec.Normal(rng.uniform(-0.8, 0.8, size=shape), rng.uniform(0.2, 0.9, size=shape))


def assert_same(a: rec.Encoded, b: rec.Encoded, part: Any = ...) -> None:
    assert np.array_equal(a.index, b.index[part])
    assert np.array_equal(a.steps, b.steps[part])
    assert same_bits(a.sample, b.sample[part])


def on_threads(case: Any, threads: int | None, seed: int = 1) -> rec.Codec:
    return case.make(seed).with_threads(threads)


# --- Nothing but seed, element and parameters matters -------------------------------------------


@each_codec
@pytest.mark.parametrize("shape", [(), (1,), (2,), (17,), (2049,), (61, 83), (0,)])
def test_threads_do_not_matter(codec_case: Any, shape: tuple[int, ...]) -> None:
    q = targets(shape)
    alone = check_codec(on_threads(codec_case, 1), q, P)
    for threads in (2, 3, 8, 64, None):
        assert_same(check_codec(on_threads(codec_case, threads), q, P), alone)


@each_pair
def test_threads_do_not_matter_for_any_pair(pair: Any) -> None:
    q, p = pair.random(np.random.default_rng(5), (37, 41))
    alone = rec.ADStar(3, threads=1).encode(q, p)
    for threads in THREADS[1:]:
        codec = rec.ADStar(3, threads=threads)
        assert_same(codec.encode(q, p), alone)
        assert same_bits(codec.decode(alone.index, p), alone.sample)


def test_threads_of_a_codec_may_change() -> None:
    codec, q = rec.ADStar(0, threads=1), targets(5000)
    first = codec.encode(q, P)
    codec = codec.with_threads(3)
    assert_same(codec.encode(q, P), first)
    assert codec == rec.ADStar(0)
    assert hash(codec) == hash(rec.ADStar(0))
    assert repr(codec) == "ADStar(seed=0, threads=3)"


@settings(deadline=None, max_examples=50)
@given(
    st.sampled_from(CODECS),
    st.integers(0, 2**48 - 400),
    st.lists(st.integers(0, 400), max_size=4),
    st.sampled_from(THREADS),
)
def test_pieces_do_not_matter(case: Any, offset: int, cuts: list[int], threads: int) -> None:
    q = targets(400)
    whole = case.make(9).encode(q, P, offset=offset)
    edges = [0, *sorted(cuts), 400]
    for begin, end in itertools.pairwise(edges):
        codec = on_threads(case, threads, seed=9)
        piece = rec.Normal(q.loc[begin:end], q.scale[begin:end])
        r = codec.encode(piece, P, offset=offset + begin)
        assert_same(r, whole, slice(begin, end))
        assert same_bits(codec.decode(r.index, P, offset=offset + begin), r.sample)


@each_codec
def test_every_element_on_its_own(codec_case: Any) -> None:
    q, codec = targets((3, 4)), codec_case.make(2)
    whole = codec.encode(q, P, offset=100)
    for number, i in enumerate(np.ndindex(3, 4)):
        one = rec.Normal(q.loc[i], q.scale[i])
        assert_same(codec.encode(one, P, offset=100 + number), whole, i)


@each_codec
def test_neighbours_do_not_matter(codec_case: Any) -> None:
    q, codec = targets(500), codec_case.make(2)
    whole = codec.encode(q, P)
    loc, scale = q.loc.copy(), q.scale.copy()
    loc[::2], scale[::2] = 0.1, 0.5
    assert_same(
        rec.Encoded(*(a[1::2] for a in codec.encode(rec.Normal(loc, scale), P))),
        whole,
        slice(1, None, 2),
    )


@each_codec
def test_memory_layout_does_not_matter(codec_case: Any) -> None:
    q, codec = targets((20, 30, 4)), codec_case.make(2)
    expected = codec.encode(q, P)
    for axes in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        inverse = np.argsort(axes)
        loc = q.loc.transpose(axes).copy().transpose(inverse)
        scale = np.asfortranarray(q.scale)
        assert_same(codec.encode(rec.Normal(loc, scale), P), expected)
        index = expected.index.transpose(axes).copy().transpose(inverse)
        assert same_bits(codec.decode(index, P), expected.sample)
    for array in expected:
        assert array.flags.c_contiguous
        assert array.flags.writeable


@each_codec
def test_broadcasting_does_not_matter(codec_case: Any) -> None:
    # Chunks begin in the middle of rows, on axes that do not exist in memory.
    codec, shape = on_threads(codec_case, 3), (13, 1, 401)
    loc, scale = np.linspace(-0.5, 0.5, 13)[:, None, None], np.linspace(0.3, 0.8, 401)
    q, p = rec.Normal(loc, scale), rec.Normal(np.zeros((1, 3, 1)), 1.0)
    r = codec.encode(q, p)
    full = [np.broadcast_to(x, (13, 3, 401)).copy() for x in (loc, scale)]
    assert_same(codec.encode(rec.Normal(*full), P), r)
    assert same_bits(codec.decode(r.index, p), r.sample)
    assert q.shape == shape


@pytest.mark.parametrize("size", [1, 2**18 - 1, 2**18, 2**18 + 1, 600_000])
def test_watching_does_not_matter(size: int) -> None:
    q = rec.Normal(np.linspace(-0.5, 0.5, size), 0.9)
    seen: list[tuple[int, int]] = []
    codec = rec.ADStar(4, threads=2)
    assert_same(codec.encode(q, P, progress=lambda *now: seen.append(now)), codec.encode(q, P))
    assert seen, "progress was never called"
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)
    assert len(seen) < 200


@pytest.mark.parametrize("block", [1, 4, 8])
def test_progress_is_seen_on_the_way(block: int) -> None:
    q = rec.Normal(np.linspace(-0.5, 0.5, 20_000).reshape(-1, 8), 0.9)
    seen: list[tuple[int, int]] = [(0, q.size)]
    codec = rec.ADStar(4, block=block)
    assert_same(codec.encode(q, P, progress=lambda *now: seen.append(now)), codec.encode(q, P))
    done = np.array([now for now, _ in seen])
    assert done[-1] == q.size
    assert np.diff(done).max() <= q.size * 0.6
    assert {total for _, total in seen} == {q.size}


@each_codec
def test_seeds_and_elements_matter(codec_case: Any) -> None:
    q = rec.Normal(np.full(200, 0.25), 0.5)
    first = codec_case.make(0).encode(q, P).sample
    others = [
        codec_case.make(1).encode(q, P).sample,
        codec_case.make(2**32).encode(q, P).sample,
        codec_case.make(2**64 - 1).encode(q, P).sample,
        codec_case.make(0).encode(q, P, offset=200).sample,
        codec_case.make(0).encode(q, P, offset=2**32).sample,
        codec_case.make(0).encode(q, P, offset=2**47).sample,
    ]
    assert np.unique(np.concatenate([first, *others])).size == 7 * 200


# --- Arrays at hand -----------------------------------------------------------------------------


def scribbled(r: rec.Encoded) -> rec.Encoded:
    """Arrays like those of a result, with nothing of it in them."""
    index, steps = (np.full_like(a, 2**64 - 1) for a in (r.index, r.steps))
    return rec.Encoded(index, np.full_like(r.sample, np.nan), steps, 10**9)


def check_filled(codec: rec.Codec, q: Any, p: Any = P) -> None:
    expected = codec.encode(q, p)
    places = scribbled(expected)
    r = codec.encode(q, p, out=places)
    assert all(a is b for a, b in zip(r, places, strict=True))
    assert_same(r, expected)
    assert (r.cut, places.cut) == (expected.cut, 10**9)
    assert same_bits(codec.decode(r.index, p, shape=r.sample.shape), r.sample)


@each_codec
@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 1500)])
def test_arrays_at_hand_are_filled(codec_case: Any, shape: tuple[int, ...]) -> None:
    check_filled(codec_case.make(3), targets(shape))


@each_codec
@pytest.mark.parametrize("shape", [(), (50,)])
def test_arrays_at_hand_are_filled_for_custom_targets(codec_case: Any, shape: Any) -> None:
    check_filled(codec_case.make(3), rec.CustomTarget(lambda x: -2 * x * x, mode=0.0, shape=shape))


@pytest.mark.parametrize("codec", [rec.ADStar(3, 4), rec.GlobalAStar(3, block=4)], ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (5, 6), (2, 8)])
def test_arrays_at_hand_are_filled_with_blocks(codec: rec.Codec, shape: tuple[int, ...]) -> None:
    check_filled(codec, targets(shape))


def test_arrays_at_hand_say_nothing_of_cuts() -> None:
    codec, q = rec.ADStar(5, max_steps=2), rec.Normal(np.zeros(100), 2.0**-8)
    check_filled(codec, q)
    places = codec.encode(q, P)
    assert places.cut > 0
    assert codec.encode(P, rec.Normal(np.zeros(100), 1.0), out=places).cut == 0


# --- Copies of codecs ---------------------------------------------------------------------------


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


@each_codec
@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_codecs_can_be_pickled_and_copied(codec_case: Any, again: Any) -> None:
    # So that they can be sent to the processes of a pool.
    codec, q = on_threads(codec_case, 2, seed=77), targets(50)
    other = again(codec)
    assert repr(other) == repr(codec)
    assert other.threads == 2
    assert_same(other.encode(q, P), codec.encode(q, P))


def test_results_unpack_and_can_be_pickled() -> None:
    r = rec.ADStar(0).encode(targets((2, 3)), P)
    index, sample, steps = r
    assert index is r.index
    assert sample is r.sample
    assert steps is r.steps
    assert_same(pickled(r), r)


# --- Python's threads ---------------------------------------------------------------------------


@each_codec
def test_several_python_threads_at_once(codec_case: Any) -> None:
    codec = on_threads(codec_case, 2)
    batches = [targets(3000, seed) for seed in range(8)]
    expected = [codec.encode(q, P) for q in batches]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            for r, e in zip(pool.map(lambda q: codec.encode(q, P), batches), expected, strict=True):
                assert_same(r, e)
        samples = pool.map(lambda e: codec.decode(e.index, P), expected)
        assert all(same_bits(s, e.sample) for s, e in zip(samples, expected, strict=True))


def test_custom_callables_from_several_python_threads() -> None:
    q = rec.CustomTarget(lambda x: -2 * x * x, mode=0.0, shape=500)
    codec = rec.ADStar(0)
    expected = codec.encode(q, P)
    with ThreadPoolExecutor(4) as pool:
        for r in pool.map(lambda _: codec.encode(q, P), range(12)):
            assert_same(r, expected)


def goes_on_during(call: Callable[[], object]) -> bool:
    """Whether another thread ran all the time of a call."""
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    other = threading.Thread(target=tick)
    other.start()
    try:
        begin = time.perf_counter()
        call()
        end = time.perf_counter()
    finally:
        stop.set()
        other.join()
    during = [begin, *(t for t in ticks if begin < t < end), end]
    return len(during) > 10 and np.diff(during).max() < 0.5 * (end - begin)


@pytest.mark.parametrize("work", ["encode", "decode", "pack"])
@pytest.mark.parametrize("threads", [1, 2])
def test_other_python_threads_go_on(work: str, threads: int) -> None:
    codec = rec.ADStar(0, threads=threads)
    if work == "encode":
        q = rec.Normal(np.zeros(600_000), 2.0**-5)

        def call() -> None:
            codec.encode(q, P)
    elif work == "decode":
        index = np.full(10_000_000, 12345, np.uint64)

        def call() -> None:
            codec.decode(index, P)
    else:
        index = np.full(6_000_000, 12345, np.uint64)

        def call() -> None:
            rec.DeltaCode().pack(index)

    # With the lock held, there would be no tick during any call. Without, a busy machine may keep
    # this process waiting through one of them, and hardly through three.
    assert any(goes_on_during(call) for _ in range(3))


# --- Interrupts ---------------------------------------------------------------------------------

unix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent the way of Unix")

LONG = {
    # Many elements of little work, few of much, and rounds of Python calls.
    "many": "rec.ADStar(0, threads={threads}).encode(rec.Normal(np.zeros(20_000_000), 2.0**-9), p)",
    "few": "rec.GlobalAStar(0, threads={threads}).encode(rec.Normal(np.zeros(64), 2.0**-30), p)",
    "one": "rec.GlobalAStar(0, threads={threads}).encode(rec.Normal(0.0, 2.0**-31), p)",
    "custom": """rec.ADStar(0, threads={threads}).encode(
        rec.CustomTarget(lambda x: -1e6 * x * x, mode=0.0, shape=50_000_000 // 10), p)""",
    "decode": "[rec.ADStar(0, threads={threads}).decode(index, p, out=out) for _ in range(100)]",
    "polar": """rec.PolarCoding(0, threads={threads}).encode(
        rec.Normal(np.zeros(20_000_000), 2.0**-9), p)""",
    "large blocks": """rec.PolarCoding(0, block=2**21, threads={threads}).encode(
        rec.Normal(np.zeros(2**24), 2.0**-5), p)""",
    "compress": """rec.compress(
        rec.Normal(np.zeros(20_000_000), 2.0**-9), p, codec=rec.ADStar(0, threads={threads}))""",
    "pack": """rec.TreeCode().at(rec.ADStar(0, threads={threads}), index.shape).pack(index)""",
    # As containers do with chunks: signals come to the main thread alone, which waits for others.
    "chunks": """list(in_order(
        rec.TreeCode().at(rec.ADStar(0), index.shape).pack, [index] * 4, {threads}))""",
    "chunks, one within another": """list(in_order(
        lambda _: list(in_order(
            rec.TreeCode().at(rec.ADStar(0), index.shape).pack, [index] * 2, {threads})),
        range(2), {threads}))""",
    "pack adaptively": "[rec.AdaptiveCode().pack(index) for _ in range(50)]",
    "bare": """rec.compress(
        rec.Normal(np.zeros(5_000_000), 0.5), p, code=rec.TreeCode(), header=False,
        codec=rec.ADStar(0, threads={threads}))""",
}


def processor_seconds(process: subprocess.Popen[str]) -> float:
    """What a running process has taken, to a hundredth; on other systems than Linux, the time."""
    if not LINUX:
        return time.monotonic()
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@unix
@pytest.mark.parametrize("work", LONG)
@pytest.mark.parametrize("threads", [1, 4])
def test_control_c(work: str, threads: int) -> None:
    program = f"""
import signal
import time
import numpy as np
import astar_rec as rec
from astar_rec._parallel import in_order
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has it ignored
p = rec.Normal(0.0, 1.0)
index, out = np.full(10_000_000, 12345, np.uint64), np.empty(10_000_000)
print("ready", flush=True)
try:
    {LONG[work].format(threads=threads)}
except KeyboardInterrupt:
    print(time.process_time(), time.monotonic(), flush=True)
    # And the library goes on working.
    r = rec.ADStar(0, threads={threads}).encode(rec.Normal(np.zeros(3000), 0.5), p)
    assert (rec.ADStar(0).decode(r.index, p) == r.sample).all()
    raise
print("finished")
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.4)
            spent, sent = processor_seconds(process), time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert err.strip().endswith("KeyboardInterrupt")
    assert process.returncode in (-signal.SIGINT, 130)
    # A second on two processors that do nothing else: a busy machine lets the work wait, but adds
    # nothing to it. Where there is no work, there is nothing to wait for either.
    used, ended = map(float, out.split())
    worked = (used if LINUX else ended) - spent
    assert worked < min(threads, 2) * (5 if SANITIZED else 1)
    assert ended - sent < 1.0 + (4.0 + 10.0 * worked if LINUX else 0.0)


class Alarm(Exception):  # noqa: N818
    """What a signal's handler may raise."""


@unix
@pytest.mark.parametrize("threads", [1, 3])
def test_the_handlers_exception_comes_through(threads: int) -> None:
    def handler(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Alarm):
            rec.GlobalAStar(0, threads=threads).encode(rec.Normal(np.zeros(8), 2.0**-31), P)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@unix
def test_signals_that_raise_nothing_change_nothing() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
    # AD* would be done before the first signal.
    codec, q = rec.GlobalAStar(0, threads=2), rec.Normal(np.zeros(200_000), 2.0**-5)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        r = codec.encode(q, P)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert seen
    assert_same(codec.encode(q, P), r)


# --- Memory -------------------------------------------------------------------------------------

linux = pytest.mark.skipif(not LINUX, reason="reads /proc")
unsanitized = pytest.mark.skipif(SANITIZED, reason="the address sanitizer keeps what is freed")


def measured(program: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=600
    )
    return int(ran.stdout)


@linux
@unsanitized
@pytest.mark.slow
def test_calls_leave_no_memory_behind() -> None:
    """Large calls in a row, many small ones, and ones that fail.

    Encodes of a million elements find a leak that grows with the elements, from an eighth of a byte
    each; thousands of small calls one that grows with the calls, from 8 kB a round. What there is
    without a leak, some 0.2 MB, does not grow with the number of rounds.
    """
    grown = measured("""
import os
import numpy as np
import astar_rec as rec

p = rec.Normal(0.0, 1.0)
large = rec.Normal(np.linspace(-0.2, 0.2, 1_000_000), 0.95)  # short searches
small = rec.Normal(np.linspace(-1.0, 1.0, 50), 0.3)
bad = rec.Normal(np.linspace(-1.0, 1.0, 50), 1e-30)
custom = rec.CustomTarget(lambda x: -x * x, mode=0.0, shape=50)
codecs = [rec.ADStar(0, threads=2), rec.ASStar(0, threads=2), rec.DADStar(5, 0, threads=2)]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def rounds(larges, smalls):
    for _ in range(larges):
        codecs[0].encode(large, p)
    for i in range(smalls):
        codec = codecs[i % 3]
        codec.decode(codec.encode(small, p).index, p)
        codec.decode(codec.encode(custom, p).index, p)
        data = rec.compress(small, p)
        rec.decompress(data, p)
        for call in (
            lambda: codecs[i % 2].encode(bad, p),
            lambda: codec.decode(np.zeros(5, np.uint64), p),
            lambda: rec.decompress(data[:-1], p),
        ):
            try:
                call()
            except rec.RecError:
                pass
            else:
                raise AssertionError
    return resident()

before = rounds(2, 100)
print(rounds(33, 500) - before)
""")
    assert grown < 4_000_000


@linux
@unsanitized
def test_large_arrays_take_no_more_memory_than_their_own() -> None:
    """Ten million elements: at most 100 MB beyond parameters, indices, samples and steps."""
    beyond = measured("""
import numpy as np
import astar_rec as rec

size = 10_000_000
loc = np.empty(size)
np.random.default_rng(0).standard_normal(out=loc)
loc *= 0.75 ** 0.5
q, p = rec.Normal(loc, 0.5), rec.Normal(0.0, 1.0)  # one bit
codec = rec.ADStar(0, threads=2)
r = codec.encode(q, p)
del q
x = codec.decode(r.index, p)
arrays = (loc, r.index, r.sample, r.steps, x)
# Not getrusage's: that begins with what the parent had.
(line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = int(line.split()[1]) * 1024
assert (x == r.sample).all()
print(peak - sum(array.nbytes for array in arrays))
""")
    assert beyond < 100_000_000
