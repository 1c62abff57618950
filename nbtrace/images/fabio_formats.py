"""CBF, EDF and TIFF images, read by fabio (the extra `formats`)."""

import logging
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from nbtrace.errors import InputError
from nbtrace.images.image import Image

MAGIC: Mapping[bytes, str] = {
    b"###CBF": "CBF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
"""How the files begin; EDF begins as SMV does and is told by :func:`is_edf`."""

_EDF_WORDS = (b"HeaderID", b"EDF_", b"Dim_1", b"ByteOrder")
_HEAD = 4096
_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What fabio's readers raise on damaged files: they parse headers without a check of their own."""

logging.getLogger("fabio").addHandler(logging.NullHandler())  # its guesses at a damaged file are no news for the user


def is_edf(content: bytes) -> bool:
    """Whether a file begins as an EDF image does."""
    head = content[:_HEAD]
    return head.lstrip().startswith(b"{") and any(word in head for word in _EDF_WORDS)


def read_with_fabio(content: bytes, path: Path, kind: str) -> Image:
    """Return the first image of a file that fabio knows.

    Raises
    ------
    InputError
        If fabio is not installed or cannot make sense of the file.
    """
    try:
        import fabio  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(f"{path} is a {kind} image: reading it needs fabio, pip install 'nbtrace[formats]'") from None
    try:
        # Readers of fabio want a file with a name; what was unpacked has none.
        with NamedTemporaryFile(suffix=f".{kind.lower()}") as plain:
            plain.write(content)
            plain.flush()
            with fabio.open(plain.name) as image:
                pixels = image.data
                header = {str(key): str(value) for key, value in image.header.items()}
    except _DAMAGED as error:
        raise _unreadable(path, kind) from error
    if pixels is None:
        raise _unreadable(path, kind)
    return Image(pixels, str(path), kind, header)


def _unreadable(path: Path, kind: str) -> InputError:
    return InputError(f"{path} cannot be read as {kind}: it is damaged, or of a kind that fabio does not know")
