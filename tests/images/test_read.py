"""Readers of every format: what was written comes back, and damaged files are one clear line."""

import gzip
import io
import json
import os
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import fabio
import numpy as np
import numpy.typing as npt
import pytest

from nbtrace.errors import InputError, MismatchError
from nbtrace.images import content as content_module
from nbtrace.images.read import read_image, read_mask
from nbtrace.records import Side
from tests.places import NOISE_IMAGE

Pixels = npt.NDArray[np.generic]


@pytest.fixture(name="pixels")
def single() -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).lognormal(0, 3, (6, 9)).astype(np.float32)


def saved(array: Pixels) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def smv(pixels: Pixels, kind: str, *, order: str = "little_endian", declared: int = 512, start: str = "{\n") -> bytes:
    slow, fast = pixels.shape
    lines = f"HEADER_BYTES={declared};\nDIM=2;\nBYTE_ORDER={order};\nTYPE={kind};\nSIZE1={fast};\nSIZE2={slow};\n"
    return f"{start}{lines}}}\f".encode().ljust(declared) + pixels.tobytes()


@pytest.mark.parametrize(
    "dtype", ["f2", "<f4", ">f4", "<f8", ">f8", "u1", "i1", "u2", ">u2", "i2", "i4", "u4", "i8", "u8"]
)
@pytest.mark.parametrize("fortran", [False, True])
def test_npy_of_every_number_format(tmp_path: Path, dtype: str, fortran: bool) -> None:
    array = np.arange(20).reshape(4, 5).astype(dtype, order="F" if fortran else "C")
    (tmp_path / "a.npy").write_bytes(saved(array))
    image = read_image(tmp_path / "a.npy")
    np.testing.assert_array_equal(image.pixels, array)
    assert image.pixels.dtype == np.dtype(dtype).newbyteorder("=")
    assert image.pixels.dtype.isnative
    assert (image.shape, image.format) == ((4, 5), "npy")


def test_the_content_decides_before_the_name(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "a.bin").write_bytes(saved(pixels))
    assert read_image(tmp_path / "a.bin").format == "npy"


def test_gzip_of_one_or_more_members(tmp_path: Path, pixels: Pixels) -> None:
    data = saved(pixels)
    for name, packed in (("a.npy.gz", gzip.compress(data)), ("b", gzip.compress(data[:99]) + gzip.compress(data[99:]))):
        (tmp_path / name).write_bytes(packed)
        np.testing.assert_array_equal(read_image(tmp_path / name).pixels, pixels)


def test_truth_values_and_a_leading_axis_of_one(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "a.npy").write_bytes(saved(pixels > 1))  # type: ignore[operator]
    np.testing.assert_array_equal(read_image(tmp_path / "a.npy").pixels, pixels > 1)  # type: ignore[operator]
    (tmp_path / "b.npy").write_bytes(saved(pixels[None, :, :]))
    assert read_image(tmp_path / "b.npy").shape == pixels.shape
    (tmp_path / "c.npy").write_bytes(saved(pixels[:1]))
    assert read_image(tmp_path / "c.npy").shape == (1, pixels.shape[1])


@pytest.mark.parametrize(
    ("keys", "side", "chosen"),
    [
        (["x"], None, "x"),
        (["image", "mask"], None, "image"),
        (["c", "py"], Side.C, "c"),
        (["c", "py"], Side.PY, "py"),
        (["c", "image"], Side.C, "image"),
    ],
)
def test_which_array_of_an_npz_is_meant(tmp_path: Path, keys: list[str], side: Side | None, chosen: str) -> None:
    arrays = {key: np.full((2, 3), number) for number, key in enumerate(keys)}
    np.savez_compressed(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    image = read_image(tmp_path / "a.npz", side=side)
    assert image.pixels[0, 0] == keys.index(chosen)
    assert image.format == f"npz, array {chosen!r}"


@pytest.mark.parametrize(("keys", "side"), [(["c", "py"], None), (["a", "b"], Side.C), ([], Side.C)])
def test_an_npz_in_which_none_is_meant_names_its_arrays(tmp_path: Path, keys: list[str], side: Side | None) -> None:
    np.savez(tmp_path / "a.npz", **{key: np.zeros((2, 2)) for key in keys})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=", ".join(keys) or "holds no array"):
        read_image(tmp_path / "a.npz", side=side)


def test_pgm_of_one_and_two_bytes_with_the_comment_of_the_reference(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5\n3 2\n# pixels scaled by 0.5\n255\n" + bytes(range(6)))
    image = read_image(tmp_path / "a.pgm")
    np.testing.assert_array_equal(image.pixels, np.arange(6).reshape(2, 3))
    assert image.header == {"comment": "pixels scaled by 0.5"}
    (tmp_path / "b.pgm").write_bytes(b"P5 2 1 65535 " + bytes([1, 2, 3, 4]))
    np.testing.assert_array_equal(read_image(tmp_path / "b.pgm").pixels, [[258, 772]])


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("unsigned_short", "u2"), ("float", "f4"), ("long_integer", "i4"), ("float IEEE", "f4"), ("unsigned char", "u1")],
)
@pytest.mark.parametrize("start", ["{\n", "{\r\n"])
def test_smv_of_several_types(tmp_path: Path, kind: str, dtype: str, start: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    (tmp_path / "a.img").write_bytes(smv(array, kind, start=start))
    image = read_image(tmp_path / "a.img")
    np.testing.assert_array_equal(image.pixels, array)
    assert image.pixels.dtype == np.dtype(dtype)
    assert (image.format, image.header["SIZE1"]) == ("SMV", "4")


def test_smv_in_the_other_byte_order_and_longer_than_it_declares(tmp_path: Path) -> None:
    array = np.arange(12, dtype=">u2").reshape(3, 4)
    (tmp_path / "a.img").write_bytes(smv(array, "unsigned_short", order="big_endian"))
    np.testing.assert_array_equal(read_image(tmp_path / "a.img").pixels, array)
    header = smv(array.astype("<u2"), "unsigned_short").split(b"}")[0] + b"NOTE=" + b"x" * 500 + b";\n}\f"
    (tmp_path / "b.img").write_bytes(header + array.astype("<u2").tobytes())
    np.testing.assert_array_equal(read_image(tmp_path / "b.img").pixels, array)


def test_smv_of_the_reference_tells_its_geometry(tmp_path: Path) -> None:
    header = (NOISE_IMAGE / "noise_header.txt").read_bytes()
    (tmp_path / "noise.img").write_bytes(header.ljust(512) + bytes(2 * 64 * 64))
    image = read_image(tmp_path / "noise.img")
    assert image.geometry is not None
    assert image.geometry.pixel_size == 1.5e-3
    assert image.geometry.wavelength == pytest.approx(1.1e-10)


@pytest.mark.parametrize(("writer", "suffix"), [("cbfimage", "cbf"), ("edfimage", "edf"), ("tifimage", "tif")])
def test_formats_of_fabio(tmp_path: Path, writer: str, suffix: str) -> None:
    array = np.arange(35, dtype=np.int32).reshape(5, 7)
    fabio.factory(writer).__class__(data=array).write(str(tmp_path / f"a.{suffix}"))
    image = read_image(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(image.pixels, array)
    assert image.format.lower().startswith(suffix)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress((tmp_path / f"a.{suffix}").read_bytes()))
    np.testing.assert_array_equal(read_image(packed).pixels, array)


def test_a_format_of_fabio_without_fabio_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fabio", None)
    (tmp_path / "a.cbf").write_bytes(b"###CBF: VERSION 1.5\n")
    with pytest.raises(InputError, match=r"needs fabio, pip install 'nbtrace\[formats\]'"):
        read_image(tmp_path / "a.cbf")


class TestRaw:
    """Bare floats, whose shape must come from somewhere."""

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_with_a_shape(self, tmp_path: Path, pixels: Pixels, dtype: type[np.floating]) -> None:
        (tmp_path / "a.bin").write_bytes(pixels.astype(dtype).tobytes())
        image = read_image(tmp_path / "a.bin", shape=(6, 9))
        np.testing.assert_array_equal(image.pixels, pixels.astype(dtype))
        assert image.format == f"raw {np.dtype(dtype).name}, as given"

    def test_a_square_says_that_it_is_assumed(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(np.arange(49, dtype=np.float32).tobytes())
        assert read_image(tmp_path / "a.bin").format == "raw float32, assumed to be square, 7 x 7"

    def test_an_oblong_of_singles_that_could_be_a_square_of_doubles(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_bytes(np.arange(32, dtype=np.float32).tobytes())
        image = read_image(tmp_path / "a.bin")
        assert image.format == "raw float64, assumed to be square, 4 x 4; as float32 it would be no square"

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("args.txt", "-cell 1 2 3 -detpixels_x 9 -detpixels_y 6"),
            ("args.txt", "-detpixels_f 9 -detpixels_s 6"),
            ("args.txt", "-detpixels 9 -detpixels_s 6"),
            ("case.json", json.dumps({"shape_slow_fast": [6, 9]})),
            ("case.json", json.dumps({"args": ["-detpixels_x", "9", "-detpixels_y", "6"]})),
        ],
    )
    def test_files_beside_it_tell_the_shape(self, tmp_path: Path, pixels: Pixels, name: str, text: str) -> None:
        (tmp_path / name).write_text(text)
        (tmp_path / "a.bin").write_bytes(pixels.tobytes())
        image = read_image(tmp_path / "a.bin")
        assert image.shape == (6, 9)
        assert image.format == f"raw float32, shape from {name}"

    def test_a_header_beside_it_tells_shape_and_geometry(self, tmp_path: Path) -> None:
        (tmp_path / "int.img").write_bytes((NOISE_IMAGE / "int_header.txt").read_bytes())
        (tmp_path / "a.bin").write_bytes(np.ones((64, 64), np.float64).tobytes())
        image = read_image(tmp_path / "a.bin")
        assert image.shape == (64, 64)
        assert image.pixels.dtype == np.float64
        assert image.geometry is not None
        assert image.geometry.origin == "header of int.img, a flat detector assumed"

    @pytest.mark.parametrize("text", ["-detpixels 9", "-detpixels_x 9", "-detpixels x y", "", "-detpixels"])
    def test_files_beside_it_that_do_not_fit_tell_nothing(self, tmp_path: Path, pixels: Pixels, text: str) -> None:
        (tmp_path / "args.txt").write_text(text)
        (tmp_path / "case.json").write_text("{")
        (tmp_path / "other.img").write_bytes(b"\xff" * 100)
        (tmp_path / "folder.img").mkdir()
        (tmp_path / "a.bin").write_bytes(pixels.tobytes())
        with pytest.raises(InputError, match=r"make no square image .* give --shape SLOW FAST"):
            read_image(tmp_path / "a.bin")

    def test_files_beside_it_that_disagree(self, tmp_path: Path, pixels: Pixels) -> None:
        (tmp_path / "args.txt").write_text("-detpixels_x 9 -detpixels_y 6")
        (tmp_path / "case.json").write_text(json.dumps({"shape_slow_fast": [9, 6]}))
        (tmp_path / "a.bin").write_bytes(pixels.tobytes())
        with pytest.raises(InputError, match=r"args.txt: 6 x 9, shape from case.json: 9 x 6\); give --shape"):
            read_image(tmp_path / "a.bin")

    def test_a_shape_that_does_not_fit(self, tmp_path: Path, pixels: Pixels) -> None:
        (tmp_path / "a.bin").write_bytes(pixels.tobytes())
        with pytest.raises(MismatchError, match="has 216 bytes; 6 x 8 pixels"):
            read_image(tmp_path / "a.bin", shape=(6, 8))


def test_a_shape_that_a_header_contradicts(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "a.npy").write_bytes(saved(pixels))
    with pytest.raises(MismatchError, match=r"has 6 x 9 pixels .* not 9 x 6; slow and fast seem exchanged"):
        read_image(tmp_path / "a.npy", shape=(9, 6))


def declared(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


def zipped(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "empty.npy": (b"\x93NUMPY", "is damaged"),
    "bad.npy": (b"\x93NUMPY\x01\x00\x76\x00{'descr': __import__('os')}".ljust(128), "is damaged"),
    "huge.npy": (declared((2**40, 2**40)) + b"0" * 64, "would take more than 2048 MB"),
    "negative.npy": (declared((-1, -8)) + b"0" * 64, "its header is none"),
    "cut.npy": (declared((4, 4)) + b"0" * 127, "is cut off: it declares 128 bytes, 127 are there"),
    "complex.npy": (declared((1, 1), "<c16") + b"0" * 16, "complex128, not real numbers"),
    "text.npy": (declared((1, 1), "<U4") + b"0" * 16, "not real numbers"),
    "object.npy": (declared((1, 1), "|O") + b"0" * 16, "holds Python objects"),
    "cube.npy": (saved(np.zeros((2, 3, 4))), r"an array of shape \(2, 3, 4\)"),
    "point.npy": (saved(np.array(3.0)), "an image has two dimensions"),
    "none.npy": (saved(np.zeros((0, 5))), "an image has two dimensions"),
    "large.npy": (saved(np.full((2, 2), 2**53 + 1)), r"integers above 2\^53"),
    "cut.npz": (zipped("a.npy", saved(np.zeros((2, 2))))[:-9], "no npz file that can be read"),
    "object.npz": (zipped("a.npy", declared((1, 1), "|O") + b"0" * 16), "array 'a' holds Python objects"),
    "crc.npz": (zipped("a.npy", saved(np.ones((9, 9))), zipfile.ZIP_STORED).replace(b"\xf0?", b"\xf0>"), "Bad CRC-32"),
    "cut.gz": (gzip.compress(b"0" * 999)[:-3], "its gzip stream ends too early"),
    "bad.gz": (b"\x1f\x8b\x08\x00" + b"\xff" * 50, "is damaged"),
    "text.bin": (b"TRACE_C: key 1\n" * 64, "is text, not an image"),
    "odd.bin": (b"\x01" * 1203, "give --shape SLOW FAST"),
    "a.pgm": (b"P5\n3 x\n", "no width, height and largest value"),
    "huge.pgm": (b"P5\n999999999 999999999\n255\n", "is cut off"),
    "none.pgm": (b"P5\n0 4\n255\n", "is cut off"),
    "plain.pgm": (b"P2\n1 1\n255\n\xff", "named like PGM but its content is not"),
    "a.tif": (b"II*\x00" + bytes(40), "points behind the end of the file"),
    "a.cbf": (b"###CBF: VERSION 1.5\n\nnonsense", "header of its CBF image does not end"),
    "a.edf": (b"{\nHeaderID = EH:1 ;\nDim_1 = 9999999 ;\nDim_2 = 99 ;\n}\n".ljust(512), "is cut off: its header declares 1979999802 bytes"),
    "a.png": (b"\x89PNG\r\n\x1a\n" + bytes(20), "is PNG, which nbtrace does not read"),
    "endless.img": (smv(np.zeros((1, 1), "u2"), "unsigned_short").replace(b"SIZE1=1", b"SIZE1=1e99"), "too short"),
    "infinite.img": (smv(np.zeros((1, 1), "u2"), "unsigned_short").replace(b"SIZE1=1", b"SIZE1=1e999"), "how large"),
    "typed.img": (smv(np.zeros((1, 1), "u2"), "complex"), "has pixels of type complex"),
    "far.img": (smv(np.zeros((1, 1), "u2"), "unsigned_short").replace(b"BYTES=512", b"BYTES=9e9"), "too short"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_one_clear_line(tmp_path: Path, name: str) -> None:
    content, message = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_image(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.npy", ".", "a\0b"])
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_image(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "packed"),
    [("bomb.bin.gz", lambda: gzip.compress(bytes(5000))), ("bomb.npz", lambda: zipped("a.npy", bytes(5000)))],
)
def test_what_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, packed: Callable[[], bytes]
) -> None:
    monkeypatch.setattr(content_module, "MOST_BYTES", 4096)
    (tmp_path / name).write_bytes(packed())
    with pytest.raises(InputError, match="no detector image does"):
        read_image(tmp_path / name)


def test_a_sparse_file_larger_than_any_image(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    with path.open("wb") as stream:
        stream.truncate(100 * 2**30)
    with pytest.raises(InputError, match="more than 2048 MB"):
        read_image(path)


def test_a_device_is_no_image() -> None:
    with pytest.raises(InputError, match="/dev/zero is a device"):
        read_image("/dev/zero")


def test_an_image_through_a_pipe(tmp_path: Path) -> None:
    pixels = np.arange(16, dtype=np.float32).reshape(4, 4)
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(pixels.tobytes(),))
    writer.start()
    image = read_image(tmp_path / "pipe", shape=(4, 4))
    writer.join()
    assert np.array_equal(image.pixels, pixels)


def test_a_mask_with_nan_is_no_mask(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.array([[1, 0], [2, -1]]))
    assert read_mask(tmp_path / "mask.npy").tolist() == [[True, False], [True, True]]
    np.save(tmp_path / "nan.npy", np.array([[1, np.nan], [0, 1]]))
    with pytest.raises(InputError, match=r"nan.npy.* holds nan"):
        read_mask(tmp_path / "nan.npy")
