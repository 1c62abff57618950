"""Mutated images of every format: each is read and compared, or refused in one line; nothing hangs or grows.

`NBTRACE_FUZZ_SECONDS` runs for that long instead of over the few mutations of every day, `NBTRACE_FUZZ_SEED` on others.
"""

import gzip
import io
import os
import random
import re
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import fabio
import numpy as np
import pytest

from nbtrace.compare.images import ImageOptions, compare_images
from nbtrace.errors import NbtraceError
from nbtrace.images.image import Image
from nbtrace.images.read import read_image
from nbtrace.records import Side
from tests.places import NOISE_IMAGE

SECONDS = float(os.environ.get("NBTRACE_FUZZ_SECONDS", "0"))
SEED = int(os.environ.get("NBTRACE_FUZZ_SEED", "1"))
FEW = 60
"""Mutations of a format without `NBTRACE_FUZZ_SECONDS`."""

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


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Return a few changes of a file: bytes, numbers of its header, cuts, repeats, pieces elsewhere."""
    data = seed
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(MUTATIONS)(data, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    """Return a place, mostly in the header."""
    return chance.randrange(min(len(data), chance.choice((16, 128, 700, len(data) or 1))) or 1)


def _byte(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + bytes([chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))]) + data[at + 1 :]


def _word(data: bytes, chance: random.Random) -> bytes:
    at, size = _place(data, chance), chance.choice((2, 4, 8))
    number: int = chance.choice((0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**64 - 1)) % 2 ** (
        8 * size
    )
    return data[:at] + number.to_bytes(size, chance.choice(("little", "big"))) + data[at + size :]


def _number(data: bytes, chance: random.Random) -> bytes:
    found = list(re.finditer(rb"-?\d+", data[:2048]))
    if not found:
        return _byte(data, chance)
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(EXTREMES).encode() + data[match.end() :]


def _text(data: bytes, chance: random.Random) -> bytes:
    found = list(re.finditer(rb"[A-Za-z_]{2,}", data[:2048]))
    if not found:
        return _byte(data, chance)
    match, other = chance.choice(found), chance.choice(found)
    return data[: match.start()] + chance.choice((b"", other[0], b"junk", b"|O")) + data[match.end() :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    size = chance.randrange(1, 64)
    return data[:at] + data[at : at + size] * chance.choice((2, 10, 300)) + data[at + size :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    piece = chance.choice((b"\n", b" ", b"\0", b"#", b";\n", b"}\f", b"(", b"\xff\xfe", b"9"))
    return data[:at] + piece * chance.choice((1, 20, 5000)) + data[at:]


MUTATIONS = (_byte, _byte, _word, _number, _number, _number, _text, _cut, _repeat, _insert)


def mutations(seed: bytes, few: int, share: float) -> Iterator[bytes]:
    """Yield mutations of a file, the same ones every time, or for a share of the time that is given."""
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    end = time.monotonic() + SECONDS * share
    done = 0
    while done < few if SECONDS == 0 else time.monotonic() < end:
        yield mutated(seed, chance)
        done += 1


def attempt(path: Path, good: Image) -> bool:
    """Read a mutation and compare it with what it was made from; return whether there was anything to compare."""
    try:
        image = read_image(path, side=Side.PY)
        compare_images(good, image, ImageOptions(resample=image.pixels.size < 10**6))
    except NbtraceError as error:
        if "\n" in str(error) or len(str(error)) > LONGEST_MESSAGE:
            raise ValueError("not one clear line") from error
        return False
    return True


@pytest.mark.parametrize("name", [*SEEDS, *APART])
def test_a_mutated_image_is_compared_or_refused(tmp_path: Path, name: str) -> None:
    seed = ALL[name](tmp_path)
    suffix = name if "." in name else f"a.{name}"
    path = tmp_path / suffix
    path.write_bytes(seed)
    good = read_image(path, side=Side.C)
    compared = 0
    few = FEW_APART if name in APART else FEW
    for number, content in enumerate(mutations(seed, few, 1 / len(ALL))):
        path.write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                compared += attempt(path, good)
            except Exception as error:
                kept = Path(os.environ.get("NBTRACE_FUZZ_KEEP", tmp_path)) / f"{number}-{suffix}"
                kept.write_bytes(content)
                raise AssertionError(f"mutation {number} of {name} (seed {SEED}), kept as {kept}") from error
    assert SECONDS or name in APART or compared  # some mutations leave an image
