"""CBF, EDF and TIFF images, read by fabio (the extra `formats`) in a process of its own."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.images.image import Image, frame_of

if TYPE_CHECKING:
    from nbtrace.images.fabio_headers import Declared
    from nbtrace.images.read_apart import Limits

MAGIC: Mapping[bytes, str] = {
    b"###CBF": "CBF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
"""How the files begin; EDF begins as SMV does and is told by :func:`is_edf`."""

_EDF_WORDS = (b"HeaderID", b"EDF_", b"Dim_1", b"ByteOrder")
_HEAD = 4096

_SECONDS = 3
_BYTES_PER_SECOND = 5_000_000
"""Of the processor: a hundredth of what fabio needs for a good file, besides its start."""

_ROOM = 2**26
_ROOM_PER_BYTE = 4
"""Bytes of memory: a constant, and a multiple of what file and pixels take."""


def is_edf(content: bytes) -> bool:
    """Whether a file begins as an EDF image does."""
    head = content[:_HEAD]
    return head.lstrip().startswith(b"{") and any(word in head for word in _EDF_WORDS)


def read_with_fabio(content: bytes, path: Path, kind: str, frame: int | None = None) -> Image:
    """Return an image of a file that fabio knows: that of `frame`, from 1, else the first.

    Its header is held against the file first, and fabio runs in a process of its own with a limit of time and memory.

    Raises
    ------
    InputError
        If fabio is not installed, the header cannot be true, fabio cannot make sense of the file, or it has no such
        image.
    """
    # Programs are run, and headers read, for such files alone.
    from tempfile import NamedTemporaryFile  # noqa: PLC0415

    from nbtrace.images.cbf_geometry import cbf_geometry  # noqa: PLC0415
    from nbtrace.images.fabio_headers import declared  # noqa: PLC0415
    from nbtrace.images.read_apart import ReadRequest, read_apart  # noqa: PLC0415

    if find_spec("fabio") is None:
        raise InputError(f"{path} is a {kind} image: reading it needs fabio, pip install 'nbtrace[formats]'")
    expected = declared(content, path, kind)
    # Readers of fabio want a file with a name; what was unpacked has none.
    try:
        with NamedTemporaryFile(suffix=f".{kind.lower()}") as plain:
            plain.write(content)
            plain.flush()
            request = ReadRequest("fabio", plain.name, path, kind, (frame or 1) - 1)
            read = read_apart(request, _limits(content, expected))
    except OSError as error:
        raise InputError(f"{path} cannot be read as {kind}: no file for it can be made: {error.strerror}") from error
    geometry = cbf_geometry(content, path.name) if kind == "CBF" else None
    which = frame_of(read.frames, frame)
    return Image(read.pixels, str(path), kind, read.header, geometry, expected.remarks, frame=which)


def _limits(content: bytes, expected: "Declared") -> "Limits":
    from nbtrace.images import reading_process  # noqa: PLC0415 - see above
    from nbtrace.images.read_apart import Limits  # noqa: PLC0415

    work = len(content) + expected.size
    return Limits(
        _SECONDS + work // _BYTES_PER_SECOND,
        _ROOM + _ROOM_PER_BYTE * work,
        2 * expected.size + reading_process.MOST_TEXT,
    )
