"""What a file given on the command line is, by its content: a trace, an image, structure factors, a folder.

Only the first bytes are looked at, and nothing heavy is imported: whoever reads the file says what is wrong with it.
"""

import os
import stat
import zipfile
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import NPY_MAGIC, ZIP_MAGIC
from nbtrace.images.file_names import IMAGE_SUFFIXES, suffix_of
from nbtrace.numpy_headers import DAMAGED_ARCHIVE, LONGEST_HEADER, npy_header
from nbtrace.parsers.binary_traces import PARQUET
from nbtrace.parsers.unpack import HEAD, beginning
from nbtrace.physics.nanobragg.reflection_files import reflections_told_by

_IMAGES = (NPY_MAGIC, b"P5", b"###CBF", b"II*\x00", b"MM\x00*", b"\x89HDF", b"\x89PNG", b"\xff\xd8\xff")
_EDF = (b"HeaderID", b"EDF_", b"Dim_1", b"ByteOrder")
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", PARQUET)
"""How text in other encodings, and tables, begin."""
_ODD = 0.2
"""Share of bytes that are no text from which on a file of numbers is taken for an image without a header."""
_SMALLEST_SIDE = 4
_MOST_MEMBERS = 64


class InputKind(StrEnum):
    """What a file is."""

    TRACE = "trace"
    REFLECTIONS = "reflections"
    IMAGE = "image"
    FOLDER = "folder"


def kind_of(name: str) -> InputKind:
    """Return what a file or folder is; standard input, `-`, is a trace.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    if name == "-":
        return InputKind.TRACE
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISDIR(mode):
            return InputKind.FOLDER
        if not stat.S_ISREG(mode):
            return InputKind.TRACE  # a pipe can be read once
        with Path(name).open("rb") as stream:
            head = beginning(stream.read(HEAD))
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None
    except ValueError:
        raise InputError(f"{name!r} is no name that a file can have") from None
    if reflections_told_by(head):
        return InputKind.REFLECTIONS
    return InputKind.IMAGE if _is_image(head, Path(name)) else InputKind.TRACE


def exists(name: str) -> bool:
    """Tell whether a word of the command line is a file or a folder, or standard input."""
    try:
        return name == "-" or os.path.lexists(name)
    except ValueError:
        return False


def _is_image(head: bytes, path: Path) -> bool:
    if head.startswith(_MARKS):
        return False
    if head.startswith(_IMAGES):
        return True
    if head.startswith(ZIP_MAGIC):
        return _holds_image(path)
    if head.lstrip().startswith(b"{") and (b"HEADER_BYTES" in head or any(word in head for word in _EDF)):
        return True
    if not head:
        return suffix_of(path) in IMAGE_SUFFIXES
    odd = sum(byte < 9 or 13 < byte < 32 or byte > 126 for byte in head)
    return b"\0" in head and odd >= _ODD * len(head)


def _holds_image(path: Path) -> bool:
    """Tell whether an .npz file holds an array of two or more dimensions that is no short table."""
    with suppress(*DAMAGED_ARCHIVE), zipfile.ZipFile(path) as archive:
        members = archive.namelist()[:_MOST_MEMBERS]
        return any(_shape_is_image(archive, member) for member in members if member.endswith(".npy"))
    return False


def _shape_is_image(archive: zipfile.ZipFile, member: str) -> bool:
    """Tell whether an array in an archive is an image, by the shape in its header."""
    with archive.open(member) as stream:
        header = npy_header(stream.read(LONGEST_HEADER))
    return header is not None and len(header.shape) >= 2 and min(header.shape[-2:]) >= _SMALLEST_SIDE
