"""What a file is, by what it holds and not by its name."""

import gzip
import io
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbtrace.cli.input_kinds import InputKind, exists, kind_of
from nbtrace.errors import InputError
from tests.places import EXAMPLES, PAIR_FOLDERS


def saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def archived(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


PIXELS = np.arange(1.0, 901.0, dtype=np.float32).reshape(30, 30)
CONTENTS = {
    "bare": (PIXELS.tobytes(), InputKind.IMAGE),
    "double": (np.random.default_rng(1).random(4000).tobytes(), InputKind.IMAGE),
    "zeros": (bytes(4000), InputKind.IMAGE),
    "npy": (saved(PIXELS), InputKind.IMAGE),
    "npz": (archived(c=PIXELS, py=PIXELS), InputKind.IMAGE),
    "npz of a trace": (archived(F_latt=np.float64(2), rot_a=np.arange(3.0)), InputKind.TRACE),
    "pgm": (b"P5\n2 2\n255\n\0\1\2\3", InputKind.IMAGE),
    "smv": (b"{\nHEADER_BYTES=512;\nDIM=2;\n}" + bytes(600), InputKind.IMAGE),
    "cbf": (b"###CBF: VERSION 1.5\r\n", InputKind.IMAGE),
    "tiff": (b"II*\0" + bytes(20), InputKind.IMAGE),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(20), InputKind.IMAGE),
    "edf": (b"{\nHeaderID = EH:000001:000000:000000 ;\n}" + bytes(600), InputKind.IMAGE),
    "json": (b'{"F_latt": -2.38}', InputKind.TRACE),
    "parquet": (b"PAR1" + bytes(100), InputKind.TRACE),
    "hkl": (b"1 2 3 100.5\n", InputKind.REFLECTIONS),
    "dump": (b"-1 1 -2 2 0 3\n\f" + struct.pack("9d", *range(9)), InputKind.REFLECTIONS),
    "utf16": ("TRACE_C: polar 1\n".encode("utf-16"), InputKind.TRACE),
    "latin": ("TRACE_C: polar 1 Å\n".encode("latin-1"), InputKind.TRACE),
    "torn": (b"TRACE_C: polar 1\n\0\1", InputKind.TRACE),
    "empty": (b"", InputKind.TRACE),
    "cut zip": (b"PK\x03\x04junk", InputKind.TRACE),
    "cut npz": (archived(c=PIXELS)[:200], InputKind.TRACE),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_the_content_tells(tmp_path: Path, name: str) -> None:
    content, kind = CONTENTS[name]
    for file in ("x", "x.log", "x.img"):
        if content or file != "x.img":
            (tmp_path / file).write_bytes(content)
            assert kind_of(str(tmp_path / file)) is kind
    if not content.startswith(b"PK"):
        (tmp_path / "x.gz").write_bytes(gzip.compress(content))
        assert kind_of(str(tmp_path / "x.gz")) is kind


def test_recorded_files_are_what_they_are(tmp_path: Path) -> None:
    for folder in PAIR_FOLDERS:
        assert {kind_of(str(folder / name)) for name in ("c.log", "py.log")} == {InputKind.TRACE}
    for image in EXAMPLES.glob("golden_suite/*/image.npz"):
        assert kind_of(str(image)) is InputKind.IMAGE
    assert kind_of(str(tmp_path)) is InputKind.FOLDER
    assert kind_of("-") is InputKind.TRACE


def test_a_pipe_is_left_to_its_reader(tmp_path: Path) -> None:
    """Whoever looked into it would take from it what the reader needs."""
    os.mkfifo(tmp_path / "pipe")
    assert kind_of(str(tmp_path / "pipe")) is InputKind.TRACE


@pytest.mark.parametrize("name", ["missing", "a\0b", "x" * 5000])
def test_what_is_not_there_is_one_line(name: str) -> None:
    assert not exists(name)
    with pytest.raises(InputError, match=r"cannot be read: |no name that a file can have"):
        kind_of(name)


def test_an_archive_of_many_members_is_looked_into_no_further_than_needed(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    path.write_bytes(archived(**{f"a{i}": np.float64(i) for i in range(200)}))
    assert kind_of(str(path)) is InputKind.TRACE
    shutil.copy(path, tmp_path / "copy")
    assert kind_of(str(tmp_path / "copy")) is InputKind.TRACE
