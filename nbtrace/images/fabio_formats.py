"""CBF, EDF and TIFF images, read by fabio (the extra `formats`) in a process of its own."""

import io
import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Timer
from typing import IO

import numpy as np
from pydantic import BaseModel, Field, ValidationError

from nbtrace.errors import InputError
from nbtrace.images import fabio_process
from nbtrace.images.fabio_headers import Declared, declared
from nbtrace.images.image import Image

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

_PATIENCE = 10
"""Times as long a busy machine may take."""

_ROOM = 2**26
_ROOM_PER_BYTE = 4
"""Bytes of memory: a constant, and a multiple of what file and pixels take."""

_PIECE = 2**20
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def is_edf(content: bytes) -> bool:
    """Whether a file begins as an EDF image does."""
    head = content[:_HEAD]
    return head.lstrip().startswith(b"{") and any(word in head for word in _EDF_WORDS)


def read_with_fabio(content: bytes, path: Path, kind: str) -> Image:
    """Return the first image of a file that fabio knows.

    Its header is held against the file first, and fabio runs in a process of its own with a limit of time and memory.

    Raises
    ------
    InputError
        If fabio is not installed, the header cannot be true, or fabio cannot make sense of the file.
    """
    if find_spec("fabio") is None:
        raise InputError(f"{path} is a {kind} image: reading it needs fabio, pip install 'nbtrace[formats]'")
    expected = declared(content, path, kind)
    output = _read_apart(content, path, kind, expected)
    reply, start = _told(output)
    if reply is None or reply.size != len(output) - start:
        raise _unreadable(path, kind)
    pixels = np.frombuffer(output, reply.dtype, offset=start).reshape(reply.shape)
    more = (
        (f"it is the first of {reply.frames} images in the file; the others are not compared",)
        if reply.frames > 1
        else ()
    )
    return Image(pixels, str(path), kind, reply.header, remarks=expected.remarks + more)


class _Told(BaseModel):
    """What the process says of the pixels that it sends."""

    dtype: str = Field(pattern=r"^[<>|=][buif]\d{1,2}$")
    shape: tuple[int, ...] = Field(max_length=8)
    frames: int
    header: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of the pixels."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


def _told(output: bytes) -> tuple[_Told | None, int]:
    """Return what the process says, None if that is no sense, and where its pixels begin."""
    start = 8 + int.from_bytes(output[:8], "little")
    try:
        return _Told.model_validate_json(output[8 : min(start, fabio_process.MOST_TEXT)]), start
    except ValidationError:
        return None, start


class _End(Enum):
    """How the process ended."""

    DONE = "done"
    REFUSED = "refused"
    MEMORY = "memory"
    TIME = "time"


@dataclass(frozen=True)
class _Limits:
    """What the process may take: seconds of the processor, bytes of memory besides its own, bytes of output."""

    seconds: int
    room: int
    output: int

    @classmethod
    def of(cls, content: bytes, expected: Declared) -> "_Limits":
        work = len(content) + expected.size
        return cls(
            _SECONDS + work // _BYTES_PER_SECOND,
            _ROOM + _ROOM_PER_BYTE * work,
            2 * expected.size + fabio_process.MOST_TEXT,
        )


def _read_apart(content: bytes, path: Path, kind: str, expected: Declared) -> bytes:
    """Return what the process writes about a file."""
    limits = _Limits.of(content, expected)
    try:
        # Readers of fabio want a file with a name; what was unpacked has none.
        with NamedTemporaryFile(suffix=f".{kind.lower()}") as plain:
            plain.write(content)
            plain.flush()
            end, output = _run(plain.name, limits)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read as {kind}: no process for it can be started: {error.strerror}"
        ) from error
    match end:
        case _End.TIME:
            raise InputError(f"{path} cannot be read as {kind} within {limits.seconds} s: it is damaged")
        case _End.MEMORY:
            raise InputError(f"{path} cannot be read as {kind} within {limits.room // 2**20} MB: it is damaged")
        case _End.REFUSED:
            raise _unreadable(path, kind)
    return output


def _run(name: str, limits: _Limits) -> tuple[_End, bytes]:
    command = [sys.executable, "-P", fabio_process.__file__, name, str(limits.seconds), str(limits.room)]
    variables = {**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=variables
    ) as process:
        timer = Timer(_PATIENCE * limits.seconds, process.kill)
        timer.start()
        try:
            output = b"" if process.stdout is None else _drained(process.stdout, limits.output)
            return (_End.REFUSED if output is None else _end_of(process.wait())), output or b""
        finally:
            process.kill()
            timer.cancel()


def _drained(pipe: IO[bytes], most: int) -> bytes | None:
    """Return all that comes out of a pipe, None if that is more than `most` bytes."""
    held = io.BytesIO()
    while piece := pipe.read(_PIECE):
        if held.write(piece) and held.tell() > most:
            return None
    return held.getvalue()


def _end_of(status: int) -> _End:
    if status == 0:
        return _End.DONE
    if status == fabio_process.OUT_OF_MEMORY:
        return _End.MEMORY
    return _End.TIME if -status in {signal.SIGXCPU, signal.SIGKILL} else _End.REFUSED


def _unreadable(path: Path, kind: str) -> InputError:
    return InputError(f"{path} cannot be read as {kind}: it is damaged, or of a kind that fabio does not know")
