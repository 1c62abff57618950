"""Files of structure factors as the reference reads and writes them: lists of h k l F, and its binary cache."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.errors import InputError
from nbtrace.parsers.source import read_raw
from nbtrace.parsers.unpack import GZIP, Ending, unpacked

if TYPE_CHECKING:
    from nbtrace.compare.reflections.reflection_set import ReflectionSet

AMPLITUDE = "F_cell"
"""The quantity whose tolerance holds for the structure factors of a table."""

_HEAD = 1 << 12


def are_reflections(*sources: str) -> bool:
    """Return whether files hold structure factors, plain or gzip; False for what cannot be read or is no file."""
    return all(_begins_with_reflections(source) for source in sources)


def _begins_with_reflections(source: str) -> bool:
    try:
        if not Path(source).is_file():
            return False
        with Path(source).open("rb") as stream:
            head = stream.read(_HEAD)
    except (OSError, ValueError):
        return False
    if head.startswith(GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except zlib.error:
            return False
    from simulator.hkl import begins_cache, begins_list  # noqa: PLC0415 - numpy

    return begins_cache(head) or begins_list(head)


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
    from simulator.hkl import begins_cache, cache_in, reflections_in  # noqa: PLC0415

    content = read_raw(source)
    if content.startswith(GZIP):
        ending = Ending()
        content = b"".join(unpacked([content], source, ending))
        if ending.cut or ending.damaged:
            raise InputError(f"{source} is a damaged gzip file; its reflections cannot be read")
    try:
        if begins_cache(content[:_HEAD]):
            table = cache_in(content, source, 0.0, swallow_white_space=False)
            return of_box(source, table.values, (table.h_min, table.k_min, table.l_min))
        return of_list(source, reflections_in(content, source))
    except SimulatorError as error:
        raise InputError(str(error)) from None
