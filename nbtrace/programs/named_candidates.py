"""Several candidates of one comparison: what each is called, by its own name or after its program."""

import re
import shlex
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from nbtrace.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}", re.ASCII)
_LONGEST = 60


@dataclass(frozen=True)
class NamedCandidate:
    """A candidate.

    Attributes
    ----------
    name : str
        What reports call it: it is unique among the candidates.
    command : str
        Its command, to be split as a shell would.
    """

    name: str
    command: str


def named_candidates(given: Sequence[str]) -> tuple[NamedCandidate, ...]:
    """Return candidates that are given as `CMD` or `NAME=CMD`.

    A name has letters, digits and `_.+-`, and no space or slash, so that `env A=1 ./port` and `./a=b` are commands; so
    is a first word that is a program of the PATH. One without a name is called after its program, or after its whole
    command where two have the same program.

    Raises
    ------
    UsageError
        If a command has no words or open quotes, is given twice, or two have one name.
    """
    read = [_read(text) for text in given]
    often = Counter(command for _, command in read)
    twice = next((command for _, command in read if often[command] > 1), None)
    if twice is not None:
        raise UsageError(f"--cand {twice!r} is given twice; give each candidate once")
    programs = Counter(_program(command) for name, command in read if not name)
    found = []
    for name, command in read:
        short = _program(command)
        found.append(NamedCandidate(name or (short if programs[short] == 1 else _shortened(command)), command))
    names = Counter(item.name for item in found)
    same = next((item.name for item in found if names[item.name] > 1), None)
    if same is not None:
        raise UsageError(f"two candidates are called {same!r}; name them: --cand NAME=CMD")
    return tuple(found)


def several_candidates(given: Sequence[str] | None) -> tuple[NamedCandidate, ...]:
    """Return the candidates of a call, none where it has no more than one.

    Raises
    ------
    UsageError
        Also if a single one has a name, which only tells several apart.
    """
    if given is None or len(given) > 1:
        return named_candidates(given or ())
    for text in given:
        name, command = _read(text)
        if name and not Path(shlex.split(text)[0]).exists():
            raise UsageError(f"--cand {text!r}: a name tells several candidates apart; of one give --cand {command!r}")
    return ()


def _read(text: str) -> tuple[str, str]:
    words = _words(text, text)
    name, mark, rest = text.strip().partition("=")
    named = mark and _NAME.fullmatch(name) is not None and shutil.which(words[0]) is None
    if not named:
        return "", text.strip()
    _words(rest, text)
    return name, rest.strip()


def _words(command: str, given: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--cand {given!r} cannot be split into words: {error}") from None
    if not words:
        raise UsageError(f"--cand {given!r} is empty; give the command that takes nanoBragg's flags")
    return words


def _program(command: str) -> str:
    """Return what a command runs: its program, or the module or script that Python runs."""
    first, *rest = shlex.split(command)
    name = PurePath(first).name
    if name.startswith("python") and rest:
        if rest[0] == "-m" and len(rest) > 1:
            return rest[1]
        script = next((word for word in rest if not word.startswith("-")), None)
        return name if script is None else PurePath(script).name
    return name or first


def _shortened(command: str) -> str:
    text = " ".join(command.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
