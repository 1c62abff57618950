"""What tells one case of a suite from another, wherever it runs: its key.

A key covers what decides the result: flags, digests of programs and input files, versions, limits. Folders, hosts and
times are not in it, so that two machines with the same files give the same key.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from nbtrace.errors import InputError, NbtraceError
from nbtrace.evidence.provenance import Environment
from nbtrace.files import sha256_of
from nbtrace.programs.archived import ArchivedSource
from nbtrace.programs.command import CACHE, FlagLine
from nbtrace.programs.programs import Program
from nbtrace.programs.suite_file import CaseTask
from nbtrace.vocabulary.vocabulary import Vocabulary

MOST_MODULES = 10_000
"""Python files beside a script, or in a package, that are digested."""

_LARGEST_SCRIPT = 1 << 20
_MOST_NAMED = 200
_CODE = {".py", ".sh", ".so"}
_NAME_IN_SCRIPT = re.compile(rb"[\w./+-]+")


def digest_of_values(*parts: object) -> str:
    """Return the SHA-256 of plain values, dataclasses, enumerations, arrays and mappings, however they are nested.

    Raises
    ------
    TypeError
        If a value is of another kind, whose text may change from one process to the next.
    """
    text = json.dumps([_plain(part) for part in parts], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return [type(value).__name__, value.name]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return repr(value)
    return _plain_collection(value)


def _plain_collection(value: object) -> object:
    match value:
        case np.ndarray():
            return [value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
        case Vocabulary():
            return value.name
        case BaseModel():
            return _plain(value.model_dump())
        case Mapping():
            return sorted([str(key), _plain(item)] for key, item in value.items())
        case list() | tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            own = {field.name: getattr(value, field.name) for field in fields(value)}
            return [type(value).__name__, _plain(own)]
        case _ if callable(value):
            return getattr(value, "__qualname__", type(value).__name__)
    raise TypeError(f"a {type(value).__name__} has no digest that every process agrees on")


def versions() -> dict[str, str | None]:
    """Return the versions that decide a result: of nbtrace and of torch."""
    here = Environment.current()
    return {"nbtrace": here.nbtrace, "torch": here.torch}


def program_digest(program: Program) -> str:
    """Return the digest of a command: its words, and of each that names a file what the file holds.

    Of a Python script the files beside it count, and of `-m NAME` the package, as far as they are found from the
    current folder and PYTHONPATH; what these import from elsewhere does not. Of any other script the programs count
    that it names by their full name, or from its own folder: of two copies of a launcher each is what it starts.

    Raises
    ------
    InputError
        If the program cannot be read.
    """
    parts: list[object] = []
    for index, word in enumerate(program.words):
        path = Path(word)
        if not _is_file(path):
            parts.append(word)
            if program.words[index - 1] == "-m" and index > 1:
                parts.append(_sources(*_module_places(word)))
            continue
        parts.append(sha256_of(path))
        if path.suffix == ".py":
            parts.append(_sources(path.parent))
        elif launched := _launched(path):
            parts.append(launched)
    return digest_of_values(*parts)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _launched(script: Path) -> list[str]:
    """Return the digests of the files that a script names, and of those that they name; nothing of another program.

    Raises
    ------
    InputError
        If one cannot be read.
    """
    seen, coming = {script.resolve()}, [script]
    found: list[str] = []
    while coming and len(found) < _MOST_NAMED:
        for path in _named_in(coming.pop(0)):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                coming.append(path)
                found.append(sha256_of(path))
    return found


def _named_in(script: Path) -> Iterator[Path]:
    """Yield the programs and code that a script names, in its order; what it writes a log to is neither."""
    try:
        with script.open("rb") as stream:
            text = stream.read(_LARGEST_SCRIPT) if stream.read(2) == b"#!" else b""
    except OSError:
        return
    for word in dict.fromkeys(_NAME_IN_SCRIPT.findall(text)):
        name = os.fsdecode(word)
        # `"$(dirname "$0")/program"` leaves a name that begins with a slash.
        for path in (Path(name), Path(f"{script.resolve().parent}/{name}"), Path(f"{script.parent}/{name}")):
            if path.is_absolute() and _is_file(path):
                if path.suffix in _CODE or os.access(path, os.X_OK):
                    yield path
                break


def _module_places(name: str) -> Iterator[Path]:
    """Yield where the package that a name lies in may be, or the module: a module imports its neighbours."""
    for folder in (".", *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))):
        place = Path(folder, name.partition(".")[0])
        yield from (path for path in (place, place.with_suffix(".py")) if path.exists())


def _sources(*places: Path) -> list[list[str]]:
    """Return name and digest of the Python files in folders, and of files.

    Raises
    ------
    InputError
        If one cannot be read, or there are more than :data:`MOST_MODULES`.
    """
    found = [
        (str(path.relative_to(place if place.is_dir() else place.parent)), path)
        for place in places
        for path in (place.rglob("*.py") if place.is_dir() else (place,))
    ]
    if len(found) > MOST_MODULES:
        raise InputError(f"{places[0]} holds {len(found)} Python files, too many to tell whether they have changed")
    return sorted([name, sha256_of(path)] for name, path in found)


def line_digests(line: FlagLine) -> list[str]:
    """Return the words of a line with the digest of each input file in place of its name.

    The cache that a program finds where it runs counts, too: no word need name it.

    Raises
    ------
    InputError
        If an input file cannot be read.
    """
    inputs = {str(path): sha256_of(path) for path in line.inputs}
    words = [inputs.get(word, word) for word in line.words]
    return words if line.cache is None else [*words, f"{CACHE}={sha256_of(line.cache)}"]


def case_key(case: CaseTask, run: str, *, lenient: bool) -> str:
    """Return the key of a case in a run of its suite.

    Parameters
    ----------
    case : CaseTask
    run : str
        What all cases share: the digest of programs, versions and limits.
    lenient : bool
        Flags that the reference ignores are no errors.

    Raises
    ------
    InputError
        If an input file cannot be read.
    """
    settings, words = case.settings, case.words
    try:
        line = case.line(lenient=lenient)
        flags = line_digests(line)
        recorded = [] if case.archived is None else _recorded(case.archived)
    except NbtraceError as error:  # it will be said again when the case runs
        return digest_of_values(run, case.name, settings, list(words), str(error))
    return digest_of_values(run, case.name, settings, flags, recorded)


def _recorded(source: ArchivedSource) -> Sequence[list[str]]:
    return sorted([path.name, sha256_of(path)] for path in (*source.files, *source.traced.values()))
