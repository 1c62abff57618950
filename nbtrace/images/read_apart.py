"""An image read by another library in a process of its own, with limits of time and memory."""

import io
import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nbtrace.errors import InputError
from nbtrace.images import reading_process
from nbtrace.images.image import Mask, Pixels

if TYPE_CHECKING:
    from nbtrace.images.reader_reply import ReaderReply

_PATIENCE = 10
"""Times as long a busy machine may take."""

_PIECE = 2**20
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Limits:
    """What the process may take.

    Attributes
    ----------
    seconds : int
        Of the processor.
    room : int
        Bytes of memory, besides those of the library.
    output : int
        Bytes of output.
    """

    seconds: int
    room: int
    output: int


@dataclass(frozen=True)
class ReadRequest:
    """What is to be read.

    Attributes
    ----------
    library : str
        The name of a library that :mod:`nbtrace.images.reading_process` knows.
    file : str
        What the library opens.
    path : Path
        What messages call the file.
    kind : str
        What messages call its format.
    frame : int
        Which image of the file, from 0.
    dataset : str
        Which array of an HDF5 file; empty where the file is to tell.
    """

    library: str
    file: str
    path: Path
    kind: str
    frame: int = 0
    dataset: str = ""


@dataclass(frozen=True, eq=False)
class ReadApart:
    """What came back.

    Attributes
    ----------
    pixels : ndarray
        Shape and number format as in the file.
    mask : ndarray or None
        True where a pixel counts, where the file tells.
    frames : int
        Images in the file.
    header : mapping
        Its keywords.
    details : mapping
        What else the library told, by its own names.
    """

    pixels: Pixels
    mask: Mask | None
    frames: int
    header: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


class _End(Enum):
    """How the process ended."""

    DONE = "done"
    REFUSED = "refused"
    MEMORY = "memory"
    TIME = "time"


def read_apart(request: ReadRequest, limits: Limits) -> ReadApart:
    """Return what a process says and sends of a file.

    Raises
    ------
    InputError
        If no process can be started, or it refuses the file, or takes more than its limits.
    """
    path, kind = request.path, request.kind
    try:
        end, output = _run(request, limits)
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
            raise _unreadable(request)
    told, start = _told(output)
    if told is not None and told.refusal:
        raise InputError(f"{path} {told.refusal}")
    if told is None or told.size != len(output) - start:
        raise _unreadable(request)
    count = math.prod(told.shape)
    pixels = np.frombuffer(output, told.dtype, count, start).reshape(told.shape)
    mask = None
    if told.masked:
        mask = np.frombuffer(output, np.bool_, count, start + pixels.nbytes).reshape(told.shape)
    return ReadApart(pixels, mask, told.frames, told.header, told.details)


def _told(output: bytes) -> "tuple[ReaderReply | None, int]":
    """Return what the process says, None if that is no sense, and where its pixels begin."""
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, and other formats need none

    from nbtrace.images.reader_reply import ReaderReply  # noqa: PLC0415

    start = 8 + int.from_bytes(output[:8], "little")
    try:
        return ReaderReply.model_validate_json(output[8 : min(start, reading_process.MOST_TEXT)]), start
    except ValidationError:
        return None, start


def _run(request: ReadRequest, limits: Limits) -> tuple[_End, bytes]:
    words = (request.library, request.file, request.frame, request.dataset, limits.seconds, limits.room)
    command = [sys.executable, "-P", reading_process.__file__, *map(str, words)]
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
    if status == reading_process.OUT_OF_MEMORY:
        return _End.MEMORY
    return _End.TIME if -status in {signal.SIGXCPU, signal.SIGKILL} else _End.REFUSED


def _unreadable(request: ReadRequest) -> InputError:
    why = f"it is damaged, or of a kind that {request.library} does not know"
    return InputError(f"{request.path} cannot be read as {request.kind}: {why}")
