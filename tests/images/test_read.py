"""Readers of every format: what was written comes back, and damaged files are one clear line."""

import gzip
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fabio
import numpy as np
import numpy.typing as npt
import pytest
from fabio.cbfimage import CbfImage
from fabio.edfimage import EdfImage

from nbtrace.errors import InputError, MismatchError
from nbtrace.images import content as content_module
from nbtrace.images import fabio_formats, read_apart, reading_process
from nbtrace.images.image import StackFrame
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


def rigaku(ratio: str) -> bytes:
    """Return an SMV image of 2 x 3 pixels, two of them with the highest bit set."""
    header = f"{{\nHEADER_BYTES=512;\nDIM=2;\nData_type=unsigned short int;\nSIZE1=3;\nSIZE2=2;\n{ratio}}}\n"
    return header.encode().ljust(512) + np.array([5, 32767, 32768 + 1000, 7, 65535, 0], "<u2").tobytes()


def test_pixels_of_rigaku_above_15_bits_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(rigaku("BYTE_ORDER=little_endian;\nRAXIS_COMPRESSION_RATIO=32;\n"))
    image = read_image(tmp_path / "a.img")
    np.testing.assert_array_equal(image.pixels, [[5, 32767, 32000], [7, 32767 * 32, 0]])
    assert image.remarks == (
        "2 pixels with the highest bit set are (v & 32767) x 32, by RAXIS_COMPRESSION_RATIO of its header",
    )


@pytest.mark.parametrize(
    ("ratio", "remarks"),
    [
        ("", ()),
        (
            "RAXIS_COMPRESSION_RATIO=0;\n",
            ("2 pixels have the highest bit set, and RAXIS_COMPRESSION_RATIO=0 is no ratio",),
        ),
        (
            "RAXIS_COMPRESSION_RATIO=a;\n",
            ("2 pixels have the highest bit set, and RAXIS_COMPRESSION_RATIO=a is no ratio",),
        ),
    ],
)
def test_without_a_ratio_the_highest_bit_is_a_digit(tmp_path: Path, ratio: str, remarks: tuple[str, ...]) -> None:
    (tmp_path / "a.img").write_bytes(rigaku(f"BYTE_ORDER=little_endian;\n{ratio}"))
    image = read_image(tmp_path / "a.img")
    np.testing.assert_array_equal(image.pixels, [[5, 32767, 33768], [7, 65535, 0]])
    assert image.remarks == remarks


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


def zipped_all(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def zipped(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def npy_header(text: str, data: bytes = bytes(64)) -> bytes:
    """Return an .npy file with any text for a header."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("latin-1") + data


def of_shape(shape: str, descr: str = "'<f4'") -> bytes:
    return npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")


def damaged(method: int) -> bytes:
    """Return an .npz file whose member is damaged in its middle."""
    data = bytearray(zipped("a.npy", saved(np.random.default_rng(3).random((20, 20))), method))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    return bytes(data)


def encrypted() -> bytes:
    """Return an .npz file whose member claims to be encrypted, in both of its headers."""
    data = bytearray(zipped("a.npy", saved(np.ones((2, 2))), zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def doubled() -> bytes:
    """Return an .npz file with two arrays of one name."""
    return zipped_all({"a.npy": saved(np.ones((2, 2))), "b.npy": saved(np.eye(2))}).replace(b"b.npy", b"a.npy")


def cbf(head: str, data: bytes = b"") -> bytes:
    """Return a CBF file with any binary section."""
    return b"###CBF: VERSION 1.5\n_array_data.data\n;\n--CIF-BINARY-FORMAT-SECTION--\n" + head.encode() + data


def cbf_declaring(fast: int, slow: int, packed: int, data: bytes = bytes(20)) -> bytes:
    head = (
        'Content-Type: application/octet-stream;\n     conversions="x-CBF_BYTE_OFFSET"\n'
        f'X-Binary-Size: {packed}\nX-Binary-Element-Type: "signed 32-bit integer"\n'
        f"X-Binary-Size-Fastest-Dimension: {fast}\nX-Binary-Size-Second-Dimension: {slow}\n\n"
    )
    return cbf(head, b"\x0c\x1a\x04\xd5" + data)


def tiff(entries: dict[int, int], following: int = 0, data: bytes = b"") -> bytes:
    """Return a little-endian TIFF file with one directory of 4-byte numbers."""
    fields = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + fields + struct.pack("<I", following) + data


def edf(text: str, data: bytes = b"") -> bytes:
    return f"{{\nHeaderID = EH:1 ;\nByteOrder = LowByteFirst ;\n{text}\n".encode().ljust(510) + b"}\n" + data


ONE_PIXEL = smv(np.zeros((1, 1), "u2"), "unsigned_short")

HOSTILE: dict[str, tuple[bytes, str]] = {
    "axes.npy": (of_shape("(" + "1, " * 70 + ")"), r"shape \(1, 1, 1, 1, 1, 1, 1, 1, …\); an image has two"),
    "zero.npy": (of_shape("(0, 4611686018427387904)"), r"array of shape \(0, 4611686018427387904\)"),
    "truth.npy": (of_shape("(True, 4)"), "its header describes no array"),
    "digits.npy": (of_shape("(" + "9" * 5000 + ", 4)"), "its header describes no array"),
    "nothing.npy": (of_shape("(2, 2)", "'|S0'"), "holds bytes, not real numbers"),
    "void.npy": (of_shape("(2, 2)", "'|V0'"), "holds void, not real numbers"),
    "record.npy": (of_shape("(2, 2)", "[('a', '<f4')]"), "its header describes no array"),
    "subarray.npy": (of_shape("(2, 2)", "'(2,2)f4,O'"), "its header describes no array"),
    "time.npy": (of_shape("(2, 2)", "'<M8[ns]'"), r"holds datetime64\[ns\], not real numbers"),
    "width.npy": (of_shape("(2, 2)", "'<f3'"), "its header describes no array"),
    "nested.npy": (npy_header("{" + "[" * 9000), "its header describes no array"),
    "minus.npy": (npy_header("-" * 60000), "its header describes no array"),
    "escape.npy": (npy_header(r"{'descr': '\d', 'shape': 1is 1}"), "its header describes no array"),
    "line.npy": (of_shape("(9,)"), r"array of shape \(9\); an image has two"),
    "beyond.npy": (saved(np.full((2, 2), np.longdouble("1e4000"))), "numbers above 1.8e308, which float64 cannot hold"),
    "deflated.npz": (damaged(zipfile.ZIP_DEFLATED), "no npz file that can be read"),
    "bz2.npz": (damaged(zipfile.ZIP_BZIP2), "no npz file that can be read"),
    "lzma.npz": (damaged(zipfile.ZIP_LZMA), "no npz file that can be read"),
    "bomb.npz": (zipped("a.npy", bytes(2**25), zipfile.ZIP_BZIP2), "compressed bytes cannot be the 33554432 bytes"),
    "encrypted.npz": (encrypted(), "no npz file that can be read: .*encrypted"),
    "doubled.npz": (doubled(), "more than one array called 'a'"),
    "inner.npz": (zipped("a.npy", zipped("b.npy", saved(np.ones((2, 2))))), "'a' is damaged: its header describes no"),
    "many.npz": (zipped_all({f"{i}.npy": b"" for i in range(999)}), "the arrays 0, 1, 2, 3, 4, 5, 6, 7 and 991 more"),
    "junk.gz": (gzip.compress(b"0" * 999) + b"junk", "4 bytes behind its gzip stream are none of it"),
    "dark.pgm": (b"P5\n1 1\n0\n\xff", "its largest value is 0, and must be 1 to 65535"),
    "bright.pgm": (b"P5\n1 1\n65536\n\xff\xff", "its largest value is 65536"),
    "minus.pgm": (b"P5\n1 1\n-1\n\xff", "no width, height and largest value"),
    "comments.pgm": (b"P5\n" + b"#\n" * 200000 + b"1 1\n255\n\xff", "no width, height and largest value"),
    "comment.pgm": (b"P5\n#" + b"#" * 200000, "no width, height and largest value"),
    "backwards.img": (ONE_PIXEL.replace(b"BYTES=512", b"BYTES=-512"), "its header says HEADER_BYTES=-512"),
    "minus.img": (ONE_PIXEL.replace(b"SIZE1=1", b"SIZE1=-1"), "how large"),
    "order.img": (ONE_PIXEL.replace(b"little_endian", b"middle_endian"), "BYTE_ORDER=middle_endian; only"),
    "unicode.img": (ONE_PIXEL.replace(b"SIZE1=1", b"SIZE1=\xb2"), "how large"),
    "long.img": (ONE_PIXEL.replace(b"unsigned_short", b"x" * 5000), "pixels of type x{40}; only"),
    "cut.cbf": (cbf('     conversions="x-CBF_BYTE_OFFSET"\n'), "header of its CBF image does not end"),
    "huge.cbf": (cbf_declaring(50000, 50000, 20), r"20 bytes cannot be 50000 x 50000 pixels"),
    "short.cbf": (cbf_declaring(5, 4, 21), "is cut off: its pixels take 21 bytes, 20 are there"),
    "none.cbf": (cbf_declaring(0, 4, 20), "needs X-Binary-Size-Fastest-Dimension, a number above zero"),
    "packed.cbf": (
        cbf_declaring(5, 4, 20).replace(b"BYTE_OFFSET", b"PACKED"),
        "is compressed x-CBF_PACKED; nbtrace reads CBF compressed by byte offsets",
    ),
    "pixels.cbf": (cbf_declaring(5, 4, 20, b"\x80\xff" * 10), "cannot be read as CBF"),
    "huge.edf": (edf("DataType = Float ; Dim_1 = 99999 ; Dim_2 = 99999 ; COMPRESSION = GZIP ;"), "2048 MB of memory"),
    "bomb.edf": (
        edf("DataType = Float ; Dim_1 = 9999 ; Dim_2 = 9999 ; COMPRESSION = BZIP2 ;"),
        "cannot be the 399920004",
    ),
    "cut.edf": (edf("DataType = Float ; Dim_1 = 3 ; Dim_2 = 3 ;", bytes(34)), "36 bytes of pixels, 35 are there"),
    "axis.edf": (
        edf("DataType = Float ; Dim_1 = 3 ; Dim_2147483648 = 3 ;", bytes(99)),
        "its header has an axis Dim_2147483648",
    ),
    "type.edf": (edf("DataType = Junk ; Dim_1 = 3 ; Dim_2 = 3 ;", bytes(36)), "has pixels of type Junk"),
    "open.edf": (b"{\nHeaderID = EH:1 ;\nDim_1 = 3 ;\n", "header of its EDF image does not end"),
    "huge.tif": (tiff({256: 2**31, 257: 2**31, 258: 32}), "2048 MB of memory"),
    "bomb.tif": (tiff({256: 20000, 257: 20000, 258: 32, 259: 5}), "compressed bytes cannot be"),
    "cut.tif": (tiff({256: 10, 257: 10, 258: 8, 273: 0, 279: 99}, data=bytes(99)), "100 bytes of pixels, 99 are there"),
    "circle.tif": (tiff({256: 1, 257: 1, 258: 8}, 8), "point at each other in a circle"),
    "colour.tif": (tiff({256: 1, 257: 1, 258: 8, 277: 3}, data=bytes(9)), "holds 3 samples a pixel"),
    "none.tif": (tiff({256: 0, 257: 1, 258: 8}), "needs a width and a length above zero"),
    "empty": (b"", "is empty"),
    "empty.npy": (b"\x93NUMPY", "is damaged"),
    "bad.npy": (b"\x93NUMPY\x01\x00\x76\x00{'descr': __import__('os')}".ljust(128), "is damaged"),
    "huge.npy": (declared((2**40, 2**40)) + b"0" * 64, "would take more than 2048 MB"),
    "negative.npy": (declared((-1, -8)) + b"0" * 64, "its header describes no array"),
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
    "a.edf": (
        b"{\nHeaderID = EH:1 ;\nDim_1 = 9999999 ;\nDim_2 = 99 ;\n}\n".ljust(512),
        "is cut off: its header declares 1979999802 bytes",
    ),
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
    pixels = np.arange(2**16, dtype=np.float32).reshape(256, 256)  # more than a pipe holds: who opens it twice is stuck
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(pixels.tobytes(),))
    writer.start()
    image = read_image(tmp_path / "pipe", shape=(256, 256))
    writer.join()
    assert np.array_equal(image.pixels, pixels)


def test_a_mask_with_nan_is_no_mask(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.array([[1, 0], [2, -1]]))
    assert read_mask(tmp_path / "mask.npy").tolist() == [[True, False], [True, True]]
    np.save(tmp_path / "nan.npy", np.array([[1, np.nan], [0, 1]]))
    with pytest.raises(InputError, match=r"nan.npy.* holds nan"):
        read_mask(tmp_path / "nan.npy")


def members(count: int) -> bytes:
    return b"".join(gzip.compress(bytes([number % 256])) for number in range(count))


def test_gzip_of_many_members_is_unpacked_in_time_that_grows_as_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = 0

    class Counting:
        """A decompressor that counts what it is given."""

        def __init__(self, window: int) -> None:
            self._member = zlib.decompressobj(window)

        def __getattr__(self, name: str) -> object:
            return getattr(self._member, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            nonlocal given
            given += len(data)
            return self._member.decompress(data, most)

    class Counted:
        MAX_WBITS, error, decompressobj = zlib.MAX_WBITS, zlib.error, Counting

    monkeypatch.setattr(content_module, "zlib", Counted)
    work = []
    for count in (1000, 4000):
        given = 0
        (tmp_path / "many.gz").write_bytes(members(count))
        assert content_module.read_content(tmp_path / "many.gz") == bytes(number % 256 for number in range(count))
        work.append(given)
    assert work[1] < 5 * work[0]


def test_zeros_behind_gzip_are_padding(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(saved(pixels)) + bytes(512))
    np.testing.assert_array_equal(read_image(tmp_path / "a.gz").pixels, pixels)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_in_every_compression(tmp_path: Path, pixels: Pixels, method: int) -> None:
    (tmp_path / "a.npz").write_bytes(zipped("a.npy", saved(pixels), method))
    np.testing.assert_array_equal(read_image(tmp_path / "a.npz").pixels, pixels)


def test_an_npz_whose_member_is_larger_than_it_claims(tmp_path: Path) -> None:
    data = zipped("a.npy", saved(np.zeros((900, 900))), zipfile.ZIP_BZIP2)
    claimed = (900 * 900 * 8 + 128).to_bytes(4, "little")
    assert data.count(claimed) == 2
    (tmp_path / "a.npz").write_bytes(data.replace(claimed, (1000).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"no npz file that can be read|is cut off"):
        read_image(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }   \n",
        '{"descr":"<f4","fortran_order":false,"shape":(1,2)}'.replace("false", "False"),
        "{'shape': (1L, 2L), 'fortran_order': True, 'descr': 'f4'}\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1, 2], }",
    ],
)
def test_npy_headers_as_other_programs_write_them(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.npy").write_bytes(npy_header(header, np.array([1, 2], "<f4").tobytes()))
    assert read_image(tmp_path / "a.npy").pixels.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_npy_of_every_version(tmp_path: Path, pixels: Pixels, version: tuple[int, int]) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, pixels, version)
    (tmp_path / "a.npy").write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_image(tmp_path / "a.npy").pixels, pixels)


def test_what_is_behind_the_pixels_is_told(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "a.npy").write_bytes(saved(pixels) * 2)
    assert read_image(tmp_path / "a.npy").remarks == (f"{len(saved(pixels))} bytes behind the pixels are not read",)
    (tmp_path / "a.pgm").write_bytes(b"P5 1 1 255 \1" * 2)
    assert read_image(tmp_path / "a.pgm").remarks == ("12 bytes behind the pixels are not read",)
    (tmp_path / "a.img").write_bytes(ONE_PIXEL + bytes(510))
    assert read_image(tmp_path / "a.img").remarks == ()
    (tmp_path / "b.img").write_bytes(ONE_PIXEL + b"\1")
    assert read_image(tmp_path / "b.img").remarks == ("1 bytes behind the pixels are not read",)


def test_smv_headers_of_blanks_and_line_ends_are_read_in_one_go(tmp_path: Path) -> None:
    for filling in (b"\n", b" ", b"SIZE1=", b"A\n"):
        header = b"{\nHEADER_BYTES=300000;\nSIZE1" + filling * (299000 // len(filling)) + b"=x;SIZE2=1;\n}\f"
        (tmp_path / "a.img").write_bytes(header.ljust(300000) + bytes(2))
        with pytest.raises(InputError, match="how large"):
            read_image(tmp_path / "a.img")


def test_numbers_of_a_header_that_are_no_geometry(tmp_path: Path) -> None:
    text = (NOISE_IMAGE / "noise_header.txt").read_text()
    for value in ("1e200", "-1e200", "nan", "inf", "1e-300", "0"):
        wrong = re.sub(r"(?<=\n)(DISTANCE|WAVELENGTH|CLOSE_DISTANCE)=[^;]*", rf"\1={value}", text)
        (tmp_path / "noise.img").write_bytes(wrong.encode().ljust(512) + bytes(2 * 64 * 64))
        assert read_image(tmp_path / "noise.img").geometry is None


@pytest.mark.parametrize("text", ["-detpixels " + "9" * 5000, "-detpixels \u0664"])
def test_numbers_beside_a_raw_image_that_are_no_shape(tmp_path: Path, text: str) -> None:
    (tmp_path / "args.txt").write_text(text)
    (tmp_path / "case.json").write_text('{"shape_slow_fast": [true, 16]}')
    (tmp_path / "a.bin").write_bytes(np.ones((4, 4), np.float32).tobytes())
    assert read_image(tmp_path / "a.bin").format.startswith("raw float32, assumed to be square")


def stack(folder: Path, *arrays: Pixels) -> Path:
    image = EdfImage(data=arrays[0])
    for array in arrays[1:]:
        image.append_frame(data=array)
    image.write(str(folder / "stack.edf"))
    return folder / "stack.edf"


class TestFabio:
    """What fabio reads runs in a process of its own."""

    def test_the_first_of_a_stack_is_told_to_be_that(self, tmp_path: Path) -> None:
        first = np.arange(12, dtype=np.float32).reshape(3, 4)
        image = read_image(stack(tmp_path, first, first + 1, first + 2))
        np.testing.assert_array_equal(image.pixels, first)
        assert image.frame == StackFrame(1, 3)

    def test_a_checksum_that_is_not_that_of_the_pixels(self, tmp_path: Path) -> None:
        CbfImage(data=np.arange(12, dtype=np.int32).reshape(3, 4)).write(str(tmp_path / "a.cbf"))
        good = (tmp_path / "a.cbf").read_bytes()
        at = good.index(b"\x0c\x1a\x04\xd5") + 5
        (tmp_path / "b.cbf").write_bytes(good[:at] + bytes([good[at] ^ 3]) + good[at + 1 :])
        assert read_image(tmp_path / "a.cbf").remarks == ()
        assert read_image(tmp_path / "b.cbf").remarks == ("the MD5 checksum in its header is not that of its pixels",)

    @pytest.mark.parametrize(
        ("program", "message"),
        [
            ("while True: pass", "cannot be read as CBF within 1 s: it is damaged"),
            ("import sys; sys.exit(3)", "cannot be read as CBF within 4 MB: it is damaged"),
            ("import time; time.sleep(99)", "cannot be read as CBF within 1 s"),
            ("raise ValueError('damaged')", "of a kind that fabio does not know"),
            ("print('x' * 10**8)", "of a kind that fabio does not know"),
            ("import sys; sys.stdout.buffer.write(bytes(8))", "of a kind that fabio does not know"),
        ],
    )
    def test_a_process_that_fails_hangs_or_floods(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, message: str
    ) -> None:
        start = "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
        (tmp_path / "program.py").write_text(start + program)
        monkeypatch.setattr(reading_process, "__file__", str(tmp_path / "program.py"))
        monkeypatch.setattr(fabio_formats, "_SECONDS", 1)
        monkeypatch.setattr(fabio_formats, "_ROOM", 4 * 2**20)
        monkeypatch.setattr(read_apart, "_PATIENCE", 3)
        (tmp_path / "a.cbf").write_bytes(cbf_declaring(5, 4, 20))
        with pytest.raises(InputError, match=message):
            read_image(tmp_path / "a.cbf")

    @pytest.mark.parametrize(
        ("statement", "status"),
        [("while True: pass", -signal.SIGXCPU), ("x = bytearray(10**9)", reading_process.OUT_OF_MEMORY)],
    )
    def test_the_process_limits_itself(self, tmp_path: Path, statement: str, status: int) -> None:
        (tmp_path / "fabio.py").write_text(f"import numpy\n\n\ndef open(name):\n    {statement}\n")
        run = subprocess.run(
            [sys.executable, "-P", reading_process.__file__, "fabio", "x", "0", "", "1", str(2**26)],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
                "OPENBLAS_NUM_THREADS": "1",
            },
            capture_output=True,
            check=False,
        )
        assert (run.returncode, run.stdout) == (status, b"")


class TestStacksOfNumpy:
    """Arrays of more than one image, of which one is asked for."""

    STACK = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

    @pytest.mark.parametrize("shape", [(2, 3, 4), (2, 1, 3, 4), (1, 2, 3, 4)])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_the_frame_that_was_asked_for(self, tmp_path: Path, shape: tuple[int, ...], order: Any) -> None:
        np.save(tmp_path / "a.npy", np.asarray(self.STACK.reshape(shape), order=order))
        np.savez(tmp_path / "a.npz", image=self.STACK.reshape(shape))
        for name in ("a.npy", "a.npz"):
            image = read_image(tmp_path / name, frame=2)
            np.testing.assert_array_equal(image.pixels, self.STACK[1])
            assert image.frame == StackFrame(2, 2)

    def test_which_axis_counts_is_not_guessed(self, tmp_path: Path) -> None:
        np.save(tmp_path / "a.npy", self.STACK)
        with pytest.raises(InputError, match="--frame N takes one of 2 images of 3 x 4"):
            read_image(tmp_path / "a.npy")
        with pytest.raises(InputError, match="has 2 images, no image 3"):
            read_image(tmp_path / "a.npy", frame=3)
