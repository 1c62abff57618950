"""Files of structure factors as the reference reads and writes them: lists of h k l F, and its binary cache."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.files import first_bytes
from nbtrace.parsers.source import read_raw
from nbtrace.parsers.unpack import GZIP, HEAD, Ending, beginning, unpacked

if TYPE_CHECKING:
    from nbtrace.compare.reflections.reflection_set import ReflectionSet

AMPLITUDE = "F_cell"
"""The quantity whose tolerance holds for the structure factors of a table."""

_LOOKED_AT = 5
"""Lines by which a list is known; a malformed one further down is an error of the list."""

_reflection = re.compile(rb"\s*+(?:[+-]?[0-9]{1,9}[ \t]++){3}[+-]?[0-9.]++(?:[eE][+-]?[0-9]++)?\s*+").fullmatch
_cache = re.compile(rb"\s*+(?:[+-]?[0-9]{1,9}\s++){5}[+-]?[0-9]{1,9}\n\f").match


def are_reflections(*sources: str) -> bool:
    """Return whether files hold structure factors, plain or gzip; False for what cannot be read or is no file."""
    return all(_begins_with_reflections(source) for source in sources)


def _begins_with_reflections(source: str) -> bool:
    head = first_bytes(Path(source), HEAD)
    return bool(head) and reflections_told_by(beginning(head)) is not None


def reflections_told_by(head: bytes) -> str | None:
    """Return what a file of structure factors is called, by its first bytes; None for any other file."""
    if _cache(head):
        return "a binary cache of structure factors"
    lines = [line for line in head.split(b"\n")[:-1] or [head] if line.strip()]
    is_list = bool(lines) and all(map(_reflection, lines[:_LOOKED_AT]))
    return "a list of structure factors, h k l F" if is_list else None


def read_reflections(source: str) -> "ReflectionSet":
    """Return the structure factors of a list or of a cache, plain or gzip.

    Raises
    ------
    InputError
        If it cannot be read, is cut off, or has a line that is no reflection.
    """
    # numpy, which only such files need.
    from nbtrace.compare.reflections.reflection_set import of_box, of_list  # noqa: PLC0415
    from simulator.errors import SimulatorError  # noqa: PLC0415
    from simulator.hkl import cache_in, reflections_in  # noqa: PLC0415

    content = read_raw(source)
    if content.startswith(GZIP):
        ending = Ending()
        content = b"".join(unpacked([content], source, ending))
        if ending.cut or ending.damaged:
            raise InputError(f"{source} is a damaged gzip file; its reflections cannot be read")
    try:
        if _cache(content[:HEAD]):
            table = cache_in(content, source, 0.0, swallow_white_space=False)
            return of_box(source, table.values, (table.h_min, table.k_min, table.l_min))
        return of_list(source, reflections_in(content, source))
    except SimulatorError as error:
        raise InputError(str(error)) from None
