"""Configurations by name or file: a TOML document that holds nanoBragg's flags.

    description = "one line for people"      # optional
    flags = "-mat A.mat -hkl P1.hkl …"       # or a list of arguments

File names in the flags are relative to the document.
"""

import shlex
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from nbtrace.files import read_bytes

_KEYS = frozenset({"description", "flags"})


@dataclass(frozen=True)
class Configuration:
    """A named set of flags; file names in them are absolute or relative to the current folder."""

    name: str
    flags: tuple[str, ...]
    file: Path | None = None


def load_configuration(name: str) -> Configuration:
    """Return the configuration in the file `name`, or the one of that name that comes with nbtrace.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    UsageError
        If it is not a configuration.
    """
    file = Path(name) if name.endswith(".toml") else _named(name)
    try:
        document = tomllib.loads(read_bytes(file).decode())
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not TOML: it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is not TOML: {error}") from None
    unknown = sorted(document.keys() - _KEYS)
    if unknown or "flags" not in document:
        what = f"it has an unknown key {unknown[0]!r}" if unknown else "it has no flags"
        raise UsageError(f'{file}: {what}; a configuration is flags = "-cell …" and, if wanted, a description')
    return Configuration(file.stem, _relative_to(file.parent, _words(document["flags"], file)), file)


def _named(name: str) -> Path:
    known = {file.stem: file for folder in _folders() for file in sorted(folder.glob("*/*.toml"))}
    if name not in known:
        names = f"; there are: {', '.join(sorted(known))}" if known else ""
        raise InputError(f"no configuration is called {name!r}{names}; or give a file name that ends in .toml")
    return known[name]


def _folders() -> Iterator[Path]:
    """Yield the folders that hold configurations: beside the package, then the current one's, which wins."""
    yield Path(__file__).parents[2] / "examples"
    yield Path("examples")


def _words(flags: object, file: Path) -> tuple[str, ...]:
    if isinstance(flags, str):
        return tuple(shlex.split(flags))
    if isinstance(flags, list) and all(isinstance(word, str | int | float) for word in flags):
        return tuple(str(word) for word in flags)
    raise UsageError(f"{file}: flags must be a text or a list of arguments")


def _relative_to(folder: Path, words: Sequence[str]) -> tuple[str, ...]:
    """Return flags whose files are looked for in `folder`."""
    from simulator.flags import FLAGS, Kind  # noqa: PLC0415 - only where a simulation is asked for

    def names_file(argument: str) -> bool:
        return argument.startswith("-") and any(flag.kind is Kind.FILE and flag.matches(argument) for flag in FLAGS)

    placed = list(words)
    for index in range(1, len(placed)):
        if names_file(words[index - 1]):
            placed[index] = str(folder / words[index])
    return tuple(placed)
