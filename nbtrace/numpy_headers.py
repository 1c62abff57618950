"""What numpy's files declare, read without numpy and without trust: the header of an .npy file, or of one in an .npz.

numpy's own reader evaluates a header as Python and tries to mend what it cannot read, with warnings, and errors of many
kinds.
"""

import lzma
import re
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from nbtrace.files import NPY_MAGIC
from nbtrace.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

LONGEST_HEADER = 2**16
"""Bytes of a header; of a longer one only these are looked at."""

DAMAGED_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What zipfile and its decompressors raise on damaged, encrypted and unknown members."""

_FIELD = (
    r"""\s*(?P<quote>['"])(?P<name>\w+)(?P=quote)\s*:\s*(?P<value>'[^']*'|"[^"]*"|\([^()]*\)|\[[^\[\]]*\]|\w+)\s*"""
)
_FIELDS = re.compile(rf"{_FIELD}(?:,|(?=\}}))")
_SHAPE = re.compile(r"[(\[]\s*(?:\d{1,19}L?\s*,\s*)*(?:\d{1,19}L?\s*)?[)\]]", re.ASCII)
_NUMBER_FORMAT = re.compile(r"[<>|=]?(?:[?biufcSUVOmM]\d{0,9}(?:\[\w+\])?|bool)", re.ASCII)
"""The formats of numbers, texts, times and objects that numpy writes; anything else might be a record."""

_TRUTH = {"True": True, "False": False}


@frozen
class NpyHeader:
    """What an .npy file declares.

    Attributes
    ----------
    shape : tuple of int
    fortran : bool
        Whether the first axis changes fastest.
    descr : str
        The format of a number as the header has it.
    start : int
        Where the numbers begin.
    """

    shape: tuple[int, ...]
    fortran: bool
    descr: str
    start: int

    @property
    def dtype(self) -> "np.dtype[Any] | None":
        """The format of a number; None where it is none: a record, or damaged."""
        import numpy as np  # noqa: PLC0415 - who only asks for the shape needs none of it

        if not self.descr.startswith(("'", '"')) or _NUMBER_FORMAT.fullmatch(self.descr[1:-1]) is None:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return np.dtype(self.descr[1:-1])
        except (TypeError, ValueError):
            return None


def npy_header(head: bytes) -> NpyHeader | None:
    """Return what the first bytes of an .npy file declare; None where they are none, or damaged."""
    if not head.startswith(NPY_MAGIC):
        return None
    long = head[len(NPY_MAGIC) : len(NPY_MAGIC) + 1] > b"\1"
    begin = len(NPY_MAGIC) + (6 if long else 4)
    end = begin + int.from_bytes(head[len(NPY_MAGIC) + 2 : begin], "little")
    fields = _fields(head[begin : min(end, begin + LONGEST_HEADER)].decode("latin-1"))
    shape, fortran = fields.get("shape", ""), _TRUTH.get(fields.get("fortran_order", ""))
    if fortran is None or "descr" not in fields or _SHAPE.fullmatch(shape) is None:
        return None
    return NpyHeader(tuple(int(size) for size in re.findall(r"\d+", shape)), fortran, fields["descr"], end)


def _fields(header: str) -> dict[str, str]:
    """Return the fields of a header as texts; none where it is no dictionary of plain values."""
    header = header.strip(" \n\0")
    fields, at = {}, 1
    while header.startswith("{") and (field := _FIELDS.match(header, at)) is not None:
        fields[field["name"]] = field["value"]
        at = field.end()
    return fields if header[at:].strip() == "}" else {}
