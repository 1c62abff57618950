"""What a captured log says of its origin in comments: the program, its command, the probes and the selected turn."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.files import first_bytes
from nbtrace.frozen import frozen

if TYPE_CHECKING:
    from nbtrace.capturing.capture_request import CaptureRequest

_HEAD = 16_384
"""Bytes at the beginning of a log in which its origin stands."""
_COMMAND, _PROBES, _TURN, _DIGEST = "# command: ", "# probes: ", "# turn: ", "# captured from "
_TWIN = "# a twin of the program with sha256 "
_INJECTED = "# injected: "


@frozen
class CaptureOrigin:
    """Where a captured log is from.

    Attributes
    ----------
    command : tuple of str
        The program, by its whole path, and its arguments.
    sha256 : str
        Of the program, or of the file that an interpreter runs.
    probes : str
        The user's probe file; empty for the one that comes with the vocabulary.
    at : mapping of str to int
        The selected turn of each loop.
    """

    command: tuple[str, ...]
    sha256: str
    probes: str = ""
    at: Mapping[str, int] = field(default_factory=dict)


def origin_lines(request: "CaptureRequest") -> Iterator[str]:
    """Yield the comments, without their mark, that say with what a log was captured."""
    yield f"command: {shlex.join(request.command)}"
    if request.probes.path is not None and not request.probes.shipped:
        yield f"probes: {request.probes.path}"
    if request.at:
        yield f"turn: {' '.join(f'{name}={turn}' for name, turn in request.at.items())}"


def read_origin(path: Path) -> CaptureOrigin | None:
    """Return where a log is from; None for one that was not captured, does not say it, or has values injected."""
    lines = first_bytes(path, _HEAD).decode("utf-8", "replace").splitlines()
    said = {mark: _behind(mark, lines) for mark in (_COMMAND, _PROBES, _TURN, _DIGEST, _TWIN)}
    try:
        command = tuple(shlex.split(said[_COMMAND]))
        turns = (turn.partition("=") for turn in said[_TURN].split())
        at = {name: int(number) for name, _, number in turns}
    except ValueError:
        return None
    if _behind(_INJECTED, lines):  # the program as it is computes something else
        return None
    digest = said[_TWIN] or said[_DIGEST].rpartition("sha256 ")[2]
    return CaptureOrigin(command, digest, said[_PROBES], at) if command and digest else None


def _behind(mark: str, lines: list[str]) -> str:
    return next((line.removeprefix(mark).strip() for line in lines if line.startswith(mark)), "")
