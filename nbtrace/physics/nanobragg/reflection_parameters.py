"""The structure factor of one reflection as a parameter: how it is named, what it is, and a list with another one."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from simulator.config import Config
from simulator.errors import SimulatorError
from simulator.files import read_bytes, write_whole
from simulator.hkl import reflections_in

Reflection = tuple[int, int, int]

_SUFFIX = ".hkl"
_INDEX = r"([+-]?[0-9]{1,6})"
_BETWEEN = r"(?: *, *| +)"
_named = re.compile(rf"F(\()?(?(1) *|:){_BETWEEN.join([_INDEX] * 3)}(?(1) *\))").fullmatch


def reflection_of(name: str) -> Reflection | None:
    """Return the reflection of `F(1,2,3)` or `F:1,2,3`; None for the name of something else."""
    match = _named(name)
    return None if match is None else (int(match[2]), int(match[3]), int(match[4]))


def reflection_name(reflection: Reflection) -> str:
    """Return what the structure factor of a reflection is called."""
    return f"F({','.join(map(str, reflection))})"


def listed_f(reflection: Reflection, config: Config) -> float | str:
    """Return F of a reflection, or why there is none that is its own.

    Raises
    ------
    InputError
        If the list cannot be read.
    UsageError
        If it lacks the reflection.
    """
    path = config.structure.hkl_file
    if path is None:
        return "the flags have no list of reflections, -hkl"
    return list_of(path).value(reflection)


@dataclass(frozen=True, eq=False)
class ReflectionList:
    """A list of reflections, `h k l F` on each line.

    Attributes
    ----------
    path : Path
    lines : tuple of bytes
    """

    path: Path
    lines: tuple[bytes, ...]

    def places(self, reflection: Reflection) -> list[int]:
        """Return the lines of a reflection; the last one counts."""
        wanted = list(map(str, reflection))
        likely = wanted[0].lstrip("-").encode()
        return [
            place
            for place, line in enumerate(self.lines)
            if likely in line and [str(int(word)) for word in line.split()[:3]] == wanted
        ]

    def value(self, reflection: Reflection) -> float:
        """Return F of a reflection.

        Raises
        ------
        UsageError
            If it is not in the list.
        """
        places = self.places(reflection)
        if not places:
            raise UsageError(f"no reflection {' '.join(map(str, reflection))} in {self.path}")
        return float(self.lines[places[-1]].split()[3])

    def written(self, folder: Path, reflection: Reflection, value: float) -> Path:
        """Write the list with another F of a reflection, all else as it is, in place of the one written before it."""
        for old in folder.glob(f"*{_SUFFIX}"):
            old.unlink()
        places = set(self.places(reflection))
        # Of another name for another value, since a time does not tell two files of the same moment apart.
        path = folder / f"{'_'.join(map(str, reflection))}_{value!r}{_SUFFIX}"
        changed = f"{' '.join(map(str, reflection))} {value!r}\n".encode()
        return write_whole(path, (changed if place in places else line for place, line in enumerate(self.lines)))


def list_of(path: Path) -> ReflectionList:
    """Read a list of reflections; the same one again and again is kept.

    Raises
    ------
    InputError
        If it cannot be read, or holds something else.
    """
    try:
        told = path.stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    return _read(path, told.st_mtime_ns, told.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int, size: int) -> ReflectionList:
    """Read a list; that it changed is seen by its time and size."""
    del changed_ns, size
    try:
        content = read_bytes(path)
        reflections_in(content, str(path))
    except SimulatorError as error:
        raise InputError(str(error)) from None
    return ReflectionList(path, tuple(content.splitlines(keepends=True)))
