"""Where a key of a TOML file stands: Python's reader of TOML tells no lines."""

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_assignment = re.compile(rf"\s*({_KEY})\s*=(.*)")
_header = re.compile(rf"\s*\[\[?\s*({_KEY})\s*\]\]?\s*(?:#.*)?$")
_parts = re.compile(_PART).findall
_fences = re.compile(r'"""|' + r"'''").findall


class KeyLines:
    """The lines at which the keys of a TOML document stand.

    A key within an inline table stands where the table begins; what is not found stands where the table around it does.
    """

    def __init__(self, text: str) -> None:
        self._of = _scan(text)

    def of(self, path: Path) -> int:
        """Return the line of a key, the first line of the file where nothing of it is found."""
        for length in range(len(path), 0, -1):
            if (line := self._of.get(path[:length])) is not None:
                return line
        return 1


def _scan(text: str) -> Mapping[Path, int]:
    by_path: dict[Path, int] = {}
    table: Path = ()
    open_fence: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        within = open_fence is not None
        open_fence = _fence_after(line, open_fence)
        if within:
            continue
        if header := _header.match(line):
            table = _path(header[1])
            by_path.setdefault(table, number)
        elif assigned := _assignment.match(line):
            by_path.setdefault((*table, *_path(assigned[1])), number)
    return by_path


def _fence_after(line: str, fence: str | None) -> str | None:
    """Return the quotes of the text over several lines that a line leaves open."""
    for mark in _fences(line):
        fence = mark if fence is None else None if mark == fence else fence
    return fence


def _path(key: str) -> Path:
    return tuple(part if part[0] not in "\"'" else _unquoted(part) for part in _parts(key))


def _unquoted(part: str) -> str:
    try:
        return next(iter(tomllib.loads(f"{part} = 0")))
    except tomllib.TOMLDecodeError:
        return part[1:-1]
