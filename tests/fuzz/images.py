"""Images of every format, mutated: each is read and compared with what it was made from, or refused in one line."""

import gzip
import io
import re
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from random import Random

import fabio
import numpy as np

from nbtrace.compare.images import ImageOptions, compare_images
from nbtrace.errors import NbtraceError
from nbtrace.images.image import Image
from nbtrace.images.read import read_image
from nbtrace.records import Side
from tests.fuzz.campaign import Sample, Target
from tests.places import NOISE_IMAGE

FEW = 60
"""Mutations of a format in every run."""

FEW_APART = 6
"""The same of a format that is read in a process of its own."""

LONGEST_MESSAGE = 1500

EXTREMES = (
    *("0", "-1", "1", "2", "255", "256", "65535", "65536", "2147483647", "2147483648", "4294967295", "4294967296"),
    *("9223372036854775807", "18446744073709551616", "-512", "1e9", "1e999", "nan", "inf", "9" * 400, "9" * 5000),
    *("True", "None", "[]", "()", "0x10", "\u0663", "1_0", " " * 3000, "{", "}", "'", ""),
)

PIXELS = np.random.default_rng(5).poisson(20, (12, 15)).astype(np.int32)


def npy(pixels: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, pixels)
    return stream.getvalue()


def npz(method: int, *names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name in names:
            archive.writestr(name, npy(PIXELS.astype(np.float32)))
    return stream.getvalue()


def smv(dtype: str, kind: str) -> bytes:
    slow, fast = PIXELS.shape
    head = f"{{\nHEADER_BYTES=512;\nDIM=2;\nBYTE_ORDER=little_endian;\nTYPE={kind};\nSIZE1={fast};\nSIZE2={slow};\n}}\f"
    return head.encode().ljust(512) + PIXELS.astype(dtype).tobytes()


def noise_smv() -> bytes:
    """Return an image with the header of the reference, which tells a geometry."""
    header = (NOISE_IMAGE / "noise_header.txt").read_bytes().ljust(512)
    return header + np.random.default_rng(6).poisson(9, (64, 64)).astype("<u2").tobytes()


def with_fabio(kind: str, folder: Path) -> bytes:
    name = folder / f"seed.{kind}"
    writer = {"cbf": "cbfimage", "edf": "edfimage", "tif": "tifimage"}[kind]
    fabio.factory(writer).__class__(data=PIXELS).write(str(name))
    return name.read_bytes()


def compressed_tiff(folder: Path) -> bytes:
    from PIL import Image as Picture  # noqa: PLC0415 - comes with matplotlib

    Picture.fromarray(PIXELS.astype(np.uint16)).save(folder / "z.tif", compression="tiff_lzw")
    return Path(folder / "z.tif").read_bytes()


SEEDS: Mapping[str, Callable[[Path], bytes]] = {
    "f4.npy": lambda _: npy(PIXELS.astype("<f4")),
    "f8.npy": lambda _: npy(np.asfortranarray(PIXELS.astype(">f8"))),
    "f2.npy": lambda _: npy(PIXELS.astype("<f2")),
    "i8.npy": lambda _: npy(PIXELS.astype("<i8")),
    "g.npy": lambda _: npy(PIXELS.astype(np.longdouble)),
    "stored.npz": lambda _: npz(zipfile.ZIP_STORED, "c.npy", "py.npy"),
    "deflated.npz": lambda _: npz(zipfile.ZIP_DEFLATED, "image.npy"),
    "bz2.npz": lambda _: npz(zipfile.ZIP_BZIP2, "image.npy"),
    "lzma.npz": lambda _: npz(zipfile.ZIP_LZMA, "image.npy"),
    "pgm": lambda _: b"P5\n15 12\n# pixels scaled by 1\n255\n" + PIXELS.astype(np.uint8).tobytes(),
    "wide.pgm": lambda _: b"P5 15 12 65535 " + PIXELS.astype(">u2").tobytes(),
    "short.img": lambda _: smv("<u2", "unsigned_short"),
    "float.img": lambda _: smv("<f4", "float"),
    "noise.img": lambda _: noise_smv(),
    "raw.bin": lambda _: PIXELS[:, :12].astype("<f4").tobytes(),
    "gz": lambda _: gzip.compress(npy(PIXELS.astype("<f4"))[:100]) + gzip.compress(npy(PIXELS.astype("<f4"))[100:]),
}

APART: Mapping[str, Callable[[Path], bytes]] = {
    "cbf": lambda folder: with_fabio("cbf", folder),
    "edf": lambda folder: with_fabio("edf", folder),
    "tif": lambda folder: with_fabio("tif", folder),
    "lzw.tif": compressed_tiff,
    "cbf.gz": lambda folder: gzip.compress(with_fabio("cbf", folder)),
}
"""What is read in a process of its own, which takes its time to start."""

ALL = {**SEEDS, **APART}


def mutated(seed: bytes, chance: Random) -> bytes:
    """Return a few changes of a file: bytes, numbers of its header, cuts, repeats, pieces elsewhere."""
    data = seed
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(MUTATIONS)(data, chance)
    return data


def _place(data: bytes, chance: Random) -> int:
    """Return a place, mostly in the header."""
    return chance.randrange(min(len(data), chance.choice((16, 128, 700, len(data) or 1))) or 1)


def _byte(data: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))]) + data[at + 1 :]


def _word(data: bytes, chance: Random) -> bytes:
    at, size = _place(data, chance), chance.choice((2, 4, 8))
    number: int = chance.choice((0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**64 - 1)) % 2 ** (
        8 * size
    )
    return data[:at] + number.to_bytes(size, chance.choice(("little", "big"))) + data[at + size :]


def _number(data: bytes, chance: Random) -> bytes:
    found = list(re.finditer(rb"-?\d+", data[:2048]))
    if not found:
        return _byte(data, chance)
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(EXTREMES).encode() + data[match.end() :]


def _text(data: bytes, chance: Random) -> bytes:
    found = list(re.finditer(rb"[A-Za-z_]{2,}", data[:2048]))
    if not found:
        return _byte(data, chance)
    match, other = chance.choice(found), chance.choice(found)
    return data[: match.start()] + chance.choice((b"", other[0], b"junk", b"|O")) + data[match.end() :]


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: _place(data, chance)]


def _repeat(data: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    size = chance.randrange(1, 64)
    return data[:at] + data[at : at + size] * chance.choice((2, 10, 300)) + data[at + size :]


def _insert(data: bytes, chance: Random) -> bytes:
    at = _place(data, chance)
    piece = chance.choice((b"\n", b" ", b"\0", b"#", b";\n", b"}\f", b"(", b"\xff\xfe", b"9"))
    return data[:at] + piece * chance.choice((1, 20, 5000)) + data[at:]


MUTATIONS = (_byte, _byte, _word, _number, _number, _number, _text, _cut, _repeat, _insert)


@cache
def seed(name: str) -> bytes:
    """Return the file that the mutations of a format are made of."""
    with tempfile.TemporaryDirectory() as folder:
        return ALL[name](Path(folder))


def _file_name(name: str) -> str:
    return name if "." in name else f"a.{name}"


@cache
def _good(name: str) -> Image:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _file_name(name)
        path.write_bytes(seed(name))
        return read_image(path, side=Side.C)


def _target(name: str) -> Target:
    def make(chance: Random) -> Sample:
        return {_file_name(name): mutated(seed(name), chance)}

    def attempt(sample: Sample, folder: Path) -> bool:
        ((file, content),) = sample.items()
        path = folder / file
        path.write_bytes(content)
        return _compared(path, _good(name))

    if name in APART:
        return Target(f"image {name}", make, attempt, FEW_APART, 0.3)
    return Target(f"image {name}", make, attempt, FEW, 0.1, least=0.02)


def _compared(path: Path, good: Image) -> bool:
    """Read a mutation and compare it with what it was made from; return whether there was anything to compare."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            image = read_image(path, side=Side.PY)
            compare_images(good, image, ImageOptions(resample=image.pixels.size < 10**6))
        except NbtraceError as error:
            refused = str(error)
        else:
            return True
    assert "\n" not in refused
    assert len(refused) <= LONGEST_MESSAGE
    return False


TARGETS = tuple(map(_target, ALL))
