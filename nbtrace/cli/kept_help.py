"""Help that was drawn before: kept as text in the user's cache, and printed again without loading what draws it.

What a text follows from is its key: the words of the call, the files of the programs that draw it, and what these look
at of the terminal and the environment. Whatever is wrong with the cache, the help is drawn.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, TextIO

from nbtrace import __version__
from nbtrace.cli import HELP
from simulator.user_cache import KeptKind, cache_folder, keep_file, kept_file, key_of

_KIND = KeptKind("help", ".txt", most=200, largest=1 << 20)
_MOST_WORDS = 3
"""Those of a command in a group, and the option."""
_name_of_a_command = re.compile(r"[a-z][a-z-]*").fullmatch

_DRAWN_BY = ("nbtrace", "simulator", "typer", "rich")
_VARIABLES = re.compile(
    r"COLUMNS|LINES|TERM|COLORTERM|TERMINAL_WIDTH|NO_COLOR|FORCE_COLOR|PY_COLORS|GITHUB_ACTIONS|UNICODE_VERSION"
    r"|DATABRICKS_RUNTIME_VERSION|LANG|LANGUAGE|(LC|_?TYPER|TTY|JUPYTER)_.*"
).fullmatch
"""What typer and rich look at of the environment."""


def asks_for_help(words: Sequence[str]) -> bool:
    """Tell whether a call is, as far as its words say, a command's name and the option that asks for its help."""
    *names, last = words or [""]
    return last in HELP and len(words) <= _MOST_WORDS and all(map(_name_of_a_command, names))


def helped(words: Sequence[str], draw: Callable[[], object]) -> object:
    """Print the help that a call asks for: as it was drawn before, or by `draw`, whose end is that of the call."""
    stream = sys.stdout
    place = _place(words, stream)
    if place is None:
        return draw()
    text = _kept(*place)
    if text:
        stream.write(text)
        return None
    heard: Any = Heard(stream)
    sys.stdout = heard
    try:
        return draw()
    except Exception as ended:
        if getattr(ended, "exit_code", None) == 0 and _name_a_command(words[:-1]):
            _keep(*place, "".join(heard.pieces))
        raise
    finally:
        sys.stdout = stream


def _place(words: Sequence[str], stream: TextIO) -> tuple[Path, str] | None:
    """Return where the help may be kept: a folder and a key."""
    folder = cache_folder() if hasattr(os, "geteuid") else None
    if folder is None:
        return None
    try:
        return folder, key_of(repr(_facts(words, stream)).encode("utf-8", "backslashreplace"))
    except (OSError, ValueError):
        return None


def _kept(folder: Path, key: str) -> str:
    try:
        kept = kept_file(folder, _KIND, key)
        return "" if kept is None else kept.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _keep(folder: Path, key: str, text: str) -> None:
    from nbtrace.temporary import temporary_in  # noqa: PLC0415 - what draws the help has loaded it

    made = temporary_in(folder)
    with suppress(OSError, ValueError):
        try:
            made.write_bytes(text.encode())
            keep_file(folder, _KIND, key, made)
        finally:
            made.unlink(missing_ok=True)


class Heard:
    """A stream that remembers what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        """Write a text, and remember it."""
        count = self._stream.write(text)
        self.pieces.append(text)
        return count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _facts(words: Sequence[str], stream: TextIO) -> tuple[object, ...]:
    """Return all that the help follows from."""
    sizes = []
    for number in range(3):
        with suppress(OSError):
            sizes.append((number, *os.get_terminal_size(number)))
    variables = sorted((name, value) for name, value in os.environ.items() if _VARIABLES(name))
    files = [sorted(_files(folder)) for folder in _folders()]
    surroundings = (sys.version, sys.flags.optimize, stream.encoding, stream.isatty(), sizes, variables)
    return __version__, tuple(words), surroundings, files


def _folders() -> Iterator[str]:
    """Yield where the packages are that draw the help; they are not loaded."""
    for package in _DRAWN_BY:
        found = PathFinder.find_spec(package)
        yield from () if found is None else found.submodule_search_locations or ()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Yield every file of a package, its size, and when it was written."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif entry.name != "__pycache__":
                yield from _files(entry.path)


def _name_a_command(names: Sequence[str]) -> bool:
    """Tell whether words name a command: what else they name is a file, which may be gone the next time."""
    from nbtrace.cli.commands import TABLE, Commands  # noqa: PLC0415 - what draws the help has loaded it

    if not names or names[0] not in TABLE:
        return not names
    return len(names) == 1 or names[1] in getattr(Commands()[names[0]], "commands", ())
