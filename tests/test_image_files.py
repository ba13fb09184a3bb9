"""Files of images: what is read is what was written, and all else is refused with its reason."""

from __future__ import annotations

import gzip
import io
import ntpath
import posixpath
import random
import struct
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from astar_rec import CorruptDataError, ParameterError, RecError

pytest.importorskip("constriction", reason="the extra `images` is not installed")
pytest.importorskip("threadpoolctl", reason="the extra `images` is not installed")
pytest.importorskip("PIL", reason="the extra `images` is not installed")

from PIL import Image

from astar_rec._files import whole_folder
from astar_rec.images import load
from astar_rec.images.filenames import checked_names, numbered
from astar_rec.images.files import check_output, output_kind, read_images, write_images
from astar_rec.images.idx import read_idx, training_images, write_idx
from astar_rec.images.png import read_png, to_png

OUTPUTS = ["x.npy", "x.idx", "x.idx.gz", "x.gz", "x-images-idx3-ubyte", "x.idx3-ubyte.gz", "x"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def digits(count, seed=0):
    """Images of anything."""
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)


def listed():
    """All files below the working folder, hidden ones too."""
    return sorted(str(path) for path in Path().rglob("*"))


def png_of(array, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", **options)
    return file.getvalue()


# --- Outputs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 11])
@pytest.mark.parametrize("output", OUTPUTS)
def test_round_trips(output, count):
    images = digits(count)
    check_output(output)
    write_images(output, images)
    found, names = read_images(output)
    assert found.dtype == np.uint8
    assert found.shape == images.shape
    assert found.tobytes() == images.tobytes()
    assert names is None


@pytest.mark.parametrize("output", ["x.npy", "x.idx", "x.gz"])
def test_no_images_at_all(output):
    write_images(output, digits(0))
    assert read_images(output).pixels.shape == (0, 28, 28)


def test_a_single_png():
    images = digits(2)
    write_images("x.png", images[:1])
    assert read_images("x.png").pixels.tobytes() == images[:1].tobytes()
    with pytest.raises(ParameterError, match=r"a file for 2 images; \.png holds one"):
        write_images("y.png", images)
    assert listed() == ["x.png"]


def test_a_single_array():
    np.save("x.npy", digits(1)[0])
    np.save("y.npy", np.asfortranarray(digits(3)))
    write_idx("x.idx", digits(1)[0])
    assert read_images("x.npy").pixels.shape == read_images("x.idx").pixels.shape == (1, 28, 28)
    np.testing.assert_array_equal(read_images("y.npy").pixels, digits(3))


def test_files_are_known_by_their_content():
    write_images("x.npy", digits(2))
    write_images("x.png", digits(1))
    write_images("x.gz", digits(3))
    for name, count in (("x.npy", 2), ("x.png", 1), ("x.gz", 3)):
        renamed = Path(name).rename(f"{name}.old")
        assert len(read_images(renamed).pixels) == count


@pytest.mark.parametrize("output", ["x.jpg", "x.npz", "x.tar.gz", "x.npy.gz", "x.png.gz", "x.1"])
def test_outputs_of_unknown_kinds(output):
    message = r"output is '.*'; expected NAME.npy, NAME.png, an IDX file \(NAME.idx, NAME.gz,"
    for refuse in (output_kind, check_output, lambda name: write_images(name, digits(1))):
        with pytest.raises(ParameterError, match=message):
            refuse(output)
    assert listed() == []


def test_outputs_that_cannot_be_written():
    for output in ("none/x.npy", "none/x"):
        with pytest.raises(FileNotFoundError, match="none"):
            check_output(output)
    Path("x").mkdir()
    Path("y").touch()
    for output in ("x", "y"):
        for refuse in (check_output, lambda name: write_images(name, digits(1))):
            with pytest.raises(FileExistsError, match="there already; expected a new name"):
                refuse(output)
    assert listed() == ["x", "y"]


@pytest.mark.parametrize("pixels", [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8)])
def test_other_arrays_are_not_written(pixels):
    with pytest.raises(ParameterError, match=r"pixels is '.*'; expected uint8"):
        write_images("x.npy", pixels)


# --- Folders -------------------------------------------------------------------------------------


def test_a_folder_keeps_names_and_their_order():
    images = digits(5)
    names = ["a 10.png", "a 9.png", "é.png", "B.PNG", "a.png"]
    write_images("x", images, names)
    Path("x/.hidden").touch()
    found, ordered = read_images("x")
    assert ordered == ["B.PNG", "a 9.png", "a 10.png", "a.png", "é.png"]
    np.testing.assert_array_equal(found, images[[names.index(name) for name in ordered]])
    write_images("y", found, ordered)
    assert read_images("y").names == ordered


def test_numbers_need_not_be_kept():
    write_images("x", digits(11))
    assert sorted(path.name for path in Path("x").iterdir()) == numbered(11)
    assert read_images("x").names is None
    Path("x/10.png").unlink()
    assert read_images("x").names == [f"0{i}.png" for i in range(10)]


def test_a_folder_without_images():
    Path("x").mkdir()
    with pytest.raises(ParameterError, match="input is 'x'; expected a folder with PNG files"):
        read_images("x")


@pytest.mark.parametrize("stranger", ["notes.txt", "sub.png"])
def test_strangers_in_a_folder(stranger):
    write_images("x", digits(2))
    path = Path("x", stranger)
    path.mkdir() if stranger.endswith("png") else path.touch()
    with pytest.raises(ParameterError, match=f"{stranger}'; expected nothing but PNG files in x"):
        read_images("x")


def test_a_bad_file_in_a_folder():
    write_images("x", digits(3))
    Path("x/1.png").write_bytes(png_of(np.zeros((28, 29), np.uint8)))
    where = str(Path("x", "1.png")).replace("\\", r"\\")
    with pytest.raises(ParameterError, match=f"^size of {where} is '29 by 28 pixels'; expected 28"):
        read_images("x")


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failed_folder_leaves_nothing(error):
    def write():
        with whole_folder("x") as part:
            (part / "0.png").touch()
            assert not Path("x").exists()
            raise error

    with pytest.raises(type(error)):
        write()
    assert listed() == []


def test_names_that_are_one_on_this_system():
    """Where they are, nothing is overwritten."""
    try:
        write_images("x", digits(2), ["A.png", "a.png"])
    except FileExistsError:
        assert listed() == []
    else:
        assert len(read_images("x").pixels) == 2


BAD_NAMES = [
    "", ".", "..", "/etc/passwd", "../x.png", "a/b.png", "a\\b.png", "C:x.png", "a\0.png",
    "a\n.png", "\x1b[2J.png", "\x85.png", "\udcff.png", "x" * 252 + ".png", "é" * 128, 7,
    "CON.png", "nul", "Com1.a.png", "lpt³.png", "aux .png", "a?.png", "a*", "a<b", "a|b", 'a"b',
    "tr.", "tr ",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_names_that_are_no_plain_names(name):
    with pytest.raises(ParameterError, match=r"^names at \[1\] is .*; expected the plain name of"):
        checked_names(["a.png", name], 2)
    with pytest.raises(ParameterError):
        write_images("x", digits(2), ["a.png", name])
    assert listed() == []


@pytest.mark.parametrize(
    "name", ["console.png", "com10.png", "a.con", ".png", "tr .png", "com.png"]
)
def test_names_that_are_nearly_refused(name):
    assert checked_names([name], 1) == [name]


def test_names_for_other_images():
    for names in (["a.png"], ["a", "b", "c"], "ab"):
        with pytest.raises(ParameterError, match="expected 2 names, one for each image"):
            checked_names(names, 2)
    with pytest.raises(ParameterError, match=r"^files at \[1\] is 'a'; expected a name that no"):
        checked_names(["a", "a"], 2, "files")


@given(name=st.text(max_size=300))
def test_accepted_names_stay_in_the_folder(name):
    try:
        checked_names([name], 1)
    except ParameterError:
        return
    for system in (ntpath, posixpath):
        assert system.basename(name) == name
        assert system.dirname(system.normpath(system.join("folder", name))) == "folder"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't take such names")
def test_names_that_the_container_could_not_hold():
    write_images("x", digits(2))
    Path("x/0.png").rename("x/a:b.png")
    with pytest.raises(ParameterError, match=r"names of files in x at .* is 'a:b.png'; expected"):
        read_images("x")


# --- PNG -----------------------------------------------------------------------------------------


@given(arrays(np.uint8, (28, 28)))
def test_png_round_trip(image):
    data = to_png(image)
    assert read_png("x", data).tobytes() == image.tobytes()
    assert Image.open(io.BytesIO(data)).mode == "L"


def raw_png(depth, colour, rows):
    """A PNG file of 28 by 28 pixels, whatever these are."""
    header = struct.pack(">IIBBBBB", 28, 28, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


GREY = np.zeros((28, 28), np.uint8)
CONVERTIBLE = {
    "1-bit greyscale": lambda: png_of(GREY > 0),
    "4-bit greyscale": lambda: raw_png(4, 0, bytes(28 * 15)),
    "16-bit greyscale": lambda: raw_png(16, 0, bytes(28 * 57)),
    "8-bit RGB": lambda: png_of(np.zeros((28, 28, 3), np.uint8)),
    "8-bit RGB with alpha": lambda: png_of(np.zeros((28, 28, 4), np.uint8)),
    "8-bit greyscale with alpha": lambda: png_of(np.zeros((28, 28, 2), np.uint8)),
    "8-bit of an unknown kind": lambda: raw_png(8, 5, bytes(28 * 29)),
    "8-bit greyscale, a value of it transparent": lambda: png_of(GREY, transparency=3),
}


@pytest.mark.parametrize("mode", CONVERTIBLE)
def test_nothing_is_converted(mode):
    Path("x.png").write_bytes(CONVERTIBLE[mode]())
    message = f"^mode of x.png is '{mode}'; expected 8-bit greyscale"
    with pytest.raises(ParameterError, match=message):
        read_images("x.png")


def test_palettes_are_not_converted():
    file = io.BytesIO()
    Image.fromarray(GREY).convert("P").save(file, "PNG")
    with pytest.raises(ParameterError, match="-bit palette'; expected 8-bit greyscale"):
        read_png("x.png", file.getvalue())


def test_animations_are_not_cut():
    file = io.BytesIO()
    more = [Image.fromarray(image) for image in digits(2)]
    Image.fromarray(GREY).save(file, "PNG", save_all=True, append_images=more)
    with pytest.raises(ParameterError, match=r"number of frames of x.png is 3; expected 1"):
        read_png("x.png", file.getvalue())


@pytest.mark.parametrize("shape", [(27, 28), (28, 27), (1, 1), (300, 400)])
def test_other_sizes(shape):
    Path("x.png").write_bytes(png_of(np.zeros(shape, np.uint8)))
    message = f"^size of x.png is '{shape[1]} by {shape[0]} pixels'; expected 28 by 28 pixels"
    with pytest.raises(ParameterError, match=message):
        read_images("x.png")


def test_a_png_that_says_that_it_is_vast():
    data = bytearray(to_png(GREY))
    struct.pack_into(">II", data, 16, 2**31 - 1, 2**31 - 1)
    with pytest.raises(ParameterError, match="2147483647 by"):
        read_png("x.png", bytes(data))


def test_damaged_png():
    """Cut short or with a byte changed: noticed, or of no consequence."""
    image, rng = digits(1)[0] & 0xF0, random.Random(0)
    whole = to_png(image)
    noticed = 0
    for trial in range(300):
        data = bytearray(whole)
        at = rng.randrange(len(data))
        if trial % 3:
            data[at] ^= rng.randrange(1, 256)
        else:
            del data[at:]
        try:
            found = read_png("x.png", bytes(data))
        except (CorruptDataError, ParameterError) as error:
            assert "x.png" in str(error)  # noqa: PT017
            noticed += 1
        else:
            assert found.tobytes() == image.tobytes()
    assert noticed > 250


# --- IDX -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.idx", "x.gz"])
@given(array=arrays(np.uint8, array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6)))
def test_idx_round_trip(name, array):
    write_idx(name, array)
    found = read_idx(name)
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


def test_idx_known_bytes():
    write_idx("x.idx", np.array([[1, 2, 3], [4, 5, 255]], np.uint8))
    known = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])
    assert Path("x.idx").read_bytes() == known
    write_idx("x.gz", read_idx("x.idx"))
    assert gzip.decompress(Path("x.gz").read_bytes()) == known
    before = Path("x.gz").read_bytes()
    write_idx("y.GZ", read_idx("x.idx"))
    assert Path("y.GZ").read_bytes() == before


HEADER = b"\0\0\x08\x03" + struct.pack(">3I", 2, 28, 28)
ZEROS = bytes(2 * 28 * 28)
BAD_IDX = {
    "empty": (b"", "not an IDX file"),
    "cut in the magic": (HEADER[:3], "not an IDX file"),
    "no zeros": (b"\1" + HEADER[1:], "not an IDX file"),
    "unknown type": (b"\0\0\x0a\x03" + HEADER[4:] + ZEROS, "not an IDX file"),
    "floats": (
        b"\0\0\x0d\x03" + HEADER[4:] + ZEROS,
        "type of x is '32-bit floats'; expected unsigned bytes",
    ),
    "axes": (b"\0\0\x08\xff" + bytes(4 * 255), "number of axes of .* is 255; expected at most 32"),
    "cut in the header": (HEADER[:-1], "ends in its header"),
    "cut": (HEADER + ZEROS[1:], r"x: 1567 bytes, too few for shape \(2, 28, 28\)"),
    "longer": (HEADER + ZEROS + b"\0", r"more than the 1568 bytes of shape \(2, 28, 28\)"),
    "vast": (b"\0\0\x08\x03" + b"\xff" * 12, r"x: 0 bytes, too few for shape \(4294967295, 42"),
    "many axes": (b"\0\0\x08\x20" + b"\xff" * 128, r"too few for shape \(4294.{72}\.\.\.$"),
    "vast and empty": (
        b"\0\0\x08\x06" + bytes(4) + b"\xff" * 20,
        r"nothing, of shape \(0, 4294967295",
    ),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("case", BAD_IDX)
def test_bad_idx(case, zipped):
    data, message = BAD_IDX[case]
    Path("x").write_bytes(gzip.compress(data) if zipped else data)
    with pytest.raises((CorruptDataError, ParameterError), match=message) as caught:
        read_idx("x")
    assert caught.match(r"^x: |^(type|number of axes) of x is")


def test_damaged_gzip():
    data = gzip.compress(HEADER + digits(2).tobytes())
    Path("whole").write_bytes(data + bytes(10))  # padding is gzip's custom
    assert read_idx("whole").shape == (2, 28, 28)
    flipped = data[:500] + bytes([data[500] ^ 8]) + data[501:]
    wrong_sum = data[:-8] + bytes(8)
    for name, content in (("cut", data[:-5]), ("flip", flipped), ("sum", wrong_sum)):
        Path(name).write_bytes(content)
        with pytest.raises(CorruptDataError, match=f"^{name}: "):
            read_idx(name)
    for cut in range(2, 20):
        Path("cut").write_bytes(data[:cut])
        with pytest.raises(CorruptDataError):
            read_idx("cut")


def test_bombs_are_not_unpacked():
    """Neither what follows the images, nor what is only said to be there, takes memory."""
    Path("longer").write_bytes(gzip.compress(HEADER + ZEROS + bytes(1 << 28), 1))
    Path("vast").write_bytes(gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12, 9))
    header = (
        b"\x93NUMPY\1\0v\0{'descr': '|u1', 'fortran_order': False, 'shape': (99999999, 28, 28)}"
    )
    Path("x.npy").write_bytes(header.ljust(127) + b"\n")
    tracemalloc.start()
    try:
        for name in ("longer", "vast", "x.npy"):
            with pytest.raises(CorruptDataError):
                read_images(name)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_only_bytes_are_written():
    with pytest.raises(ParameterError, match=r"array.dtype is 'float64'; expected uint8"):
        write_idx("x", np.zeros(3))
    assert listed() == []


TRAINING = [
    "train-images-idx3-ubyte",
    "train-images.idx3-ubyte",
    "train-images-idx3-ubyte.gz",
    "train-images.idx3-ubyte.gz",
]


@pytest.mark.parametrize("name", TRAINING)
def test_training_images(name):
    for other in ("t10k-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        write_idx(other, digits(1))
    with pytest.raises(ParameterError, match=r"data is '.'; expected a folder with train-images"):
        training_images(".")
    write_idx(name, digits(4))
    assert training_images(".") == Path(name)
    with pytest.raises(FileNotFoundError, match="none"):
        training_images("none")


# --- Other files ---------------------------------------------------------------------------------


BAD_ARRAYS = {
    "floats": (np.zeros((1, 28, 28)), "dtype of x.npy is 'float64'; expected uint8"),
    "signed": (np.zeros((1, 28, 28), np.int8), "dtype of x.npy is 'int8'; expected uint8"),
    "bools": (np.zeros((1, 28, 28), bool), "dtype of x.npy is 'bool'; expected uint8"),
    "objects": (np.array([None]), "dtype of x.npy is 'object'; expected uint8"),
    "flat": (np.zeros((3, 784), np.uint8), r"shape of x.npy is \(3, 784\); expected \(n, 28, 28\)"),
    "a channel": (np.zeros((3, 28, 28, 1), np.uint8), r"is \(3, 28, 28, 1\); expected"),
    "larger": (np.zeros((3, 32, 32), np.uint8), r"is \(3, 32, 32\); expected"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_arrays_that_are_no_images(case):
    array, message = BAD_ARRAYS[case]
    np.save("x.npy", array)
    with pytest.raises(ParameterError, match=message):
        read_images("x.npy")


@pytest.mark.parametrize("change", ["cut", "longer", "header", "version", "short header"])
def test_damaged_arrays(change):
    np.save("x.npy", digits(2))
    data = Path("x.npy").read_bytes()
    changed = {
        "cut": data[:-1],
        "longer": data + b"\0",
        "header": data.replace(b"'descr'", b"'other'"),
        "version": data[:6] + b"\7" + data[7:],
        "short header": data[:40],
    }[change]
    Path("x.npy").write_bytes(changed)
    with pytest.raises(CorruptDataError, match=r"^x.npy: "):
        read_images("x.npy")


def test_other_idx_files():
    write_idx("labels", np.zeros(5, np.uint8))
    with pytest.raises(ParameterError, match=r"^shape of labels is \(5,\); expected \(n, 28, 28\)"):
        read_images("labels")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 JPEG", b"PK\3\4", b"P5 28 28 255"])
def test_files_that_are_no_images(data):
    Path("x").write_bytes(data)
    with pytest.raises(CorruptDataError, match=r"^x: not a file of images; expected .npy, IDX"):
        read_images("x")
    with pytest.raises(FileNotFoundError):
        read_images("none")


@given(
    data=st.binary(max_size=200), start=st.sampled_from([b"\x93NUMPY", b"\0\0\x08", b"\x1f\x8b"])
)
def test_anything(data, start):
    Path("x").write_bytes(start + data)
    with pytest.raises(RecError, match="x"):
        read_images("x")


def test_masked_images_are_refused(tmp_path: Path) -> None:
    pixels = np.ma.array(np.zeros((1, 28, 28), np.uint8), mask=False)
    pixels[0, 3, 5] = np.ma.masked
    for name in ("digits.npy", "digits.idx", "digits.png", "digits"):
        with pytest.raises(ParameterError, match=r"at \[0, 3, 5\] is 'masked'"):
            write_images(tmp_path / name, pixels)
    with pytest.raises(ParameterError, match=r"at \[0, 3, 5\] is 'masked'"):
        write_idx(tmp_path / "digits", pixels)
    model = load("mnist")
    latents = np.ma.array(np.zeros((1, model.latents)), mask=True)
    with pytest.raises(ParameterError, match=r"latents at \[0, 0\] is 'masked'"):
        model.likelihood_bits(pixels.data, latents)
    assert not list(tmp_path.iterdir())
