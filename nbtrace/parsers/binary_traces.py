"""Binary files as traces, known by their first bytes: npz archives and Parquet tables, also packed with gzip."""

from pathlib import Path

from nbtrace.errors import InputError
from nbtrace.files import NPY_MAGIC, ZIP_MAGIC, first_bytes
from nbtrace.parsers.unpack import GZIP, HEAD, Ending, beginning, unpacked

PARQUET = b"PAR1"
"""The first bytes of a Parquet file, and the last."""

_MAGICS = (ZIP_MAGIC, PARQUET, NPY_MAGIC)


def binary_content(data: bytes, source: str) -> bytes | None:
    """Return the bytes of a file in one of these forms, unpacked; None for any other.

    Raises
    ------
    InputError
        If it unpacks to more than nbtrace reads, or is cut off.
    """
    if data.startswith(_MAGICS):
        return data
    if not data.startswith(GZIP) or not beginning(data).startswith(_MAGICS):
        return None
    ending = Ending()
    content = b"".join(unpacked([data], source, ending))
    if ending.cut or ending.damaged:
        raise InputError(f"{source} is a damaged gzip file; the table in it cannot be read")
    return content


def begins_binary(path: Path) -> bool:
    """Return whether a file begins as one of these forms does, packed or not; False for one that cannot be read."""
    return beginning(first_bytes(path, HEAD)).startswith(_MAGICS)
