"""The file of a history: one JSON object a line, added to as a whole, the same in any order of its lines.

It lives in git: two branches add lines at its end, and `history.jsonl merge=union` in .gitattributes keeps both. Lines
that stand twice are one. A line that cannot be read stops everything, so that none is lost by rewriting.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from nbtrace.documents import is_too_deep
from nbtrace.errors import InputError, UsageError
from nbtrace.files import read_bytes, write_synced
from nbtrace.history.history_line import HistoryLine
from nbtrace.plain_text import clean
from nbtrace.schema import read_part, reason
from nbtrace.temporary import temporary_in

HISTORY = "history.jsonl"
MERGED = "history.jsonl merge=union"
"""What .gitattributes says, so that git merges the lines of two branches."""

_MOST_BYTES = 2**29
_LONGEST_LINE = 2**20
_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def read_history(path: str | os.PathLike[str]) -> tuple[HistoryLine, ...]:
    """Return the lines of a history in order of time, each once.

    Of lines of one key that differ, as a result that was added again by another version, the last in the order of their
    text counts, so that the order of the file does not matter.

    Raises
    ------
    InputError
        If the file cannot be read, or a line of it; the message has its number.
    """
    file = Path(path)
    return _once(_lines(read_bytes(file, _MOST_BYTES), file))


def add_lines(path: str | os.PathLike[str], lines: Iterable[HistoryLine]) -> int:
    """Add lines to a history, which is made where there is none; return how many were new.

    Raises
    ------
    InputError
        If a line of the file cannot be read; nothing is added then.
    UsageError
        If the file cannot be written.
    """
    given = Path(path)
    try:
        given.parent.mkdir(parents=True, exist_ok=True)
        file = given.resolve()
        with _held(file):
            return _added(file, given, lines)
    except OSError as error:
        raise UsageError(f"{given} cannot be written: {error.strerror}") from error


def _added(file: Path, given: Path, lines: Iterable[HistoryLine]) -> int:
    content = read_bytes(file, _MOST_BYTES)
    there = {line.key for line in _lines(content, given)}
    new = [line for line in _once(lines) if line.key not in there]
    if new:
        temporary = temporary_in(file.parent)
        try:
            write_synced(temporary, [content, *(f"{text_of(line)}\n" for line in new)])
            temporary.chmod(file.stat().st_mode & 0o777)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    return len(new)


def text_of(line: HistoryLine) -> str:
    """Return a line as the file has it."""
    return json.dumps(line.written(), ensure_ascii=True, allow_nan=False, separators=(",", ":"))


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Hold the file for writing; one that was replaced meanwhile is opened again."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UsageError(f"{file} is not a regular file; give another name")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if file.exists() and os.path.samestat(os.fstat(descriptor), file.stat()):
                yield
                return
        finally:
            os.close(descriptor)


def _once(lines: Iterable[HistoryLine]) -> tuple[HistoryLine, ...]:
    found: dict[tuple[str, ...], HistoryLine] = {}
    for line in lines:
        other = found.get(line.key)
        if other is None or (other != line and text_of(other) < text_of(line)):
            found[line.key] = line
    return tuple(found[key] for key in sorted(found))


def _lines(content: bytes, file: Path) -> Iterator[HistoryLine]:
    if content and not content.endswith(b"\n"):
        number = content.count(b"\n") + 1
        raise InputError(f"{file}:{number} ends in the middle of a line; take the rest of it away, or complete it")
    for number, raw in enumerate(content.split(b"\n")[:-1], 1):
        text = raw.rstrip(b"\r")
        if text:
            yield _line(text, f"{file}:{number}")


def _line(raw: bytes, where: str) -> HistoryLine:
    if len(raw) > _LONGEST_LINE:
        raise InputError(f"{where} has more than {_LONGEST_LINE // 2**20} MB; no line of a history is so long")
    if raw.startswith(tuple(mark.encode() for mark in _MARKS)):
        raise InputError(f"{where} is a mark of a merge: keep the lines of both sides, and take the marks away")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        what = "not text" if isinstance(error, UnicodeDecodeError) else "not JSON"
        raise InputError(f"{where} is no line of a history: it is {what}") from None
    if not isinstance(document, dict) or is_too_deep(document):
        raise InputError(f"{where} is no line of a history: it is no JSON object that can be used")
    try:
        return read_part(HistoryLine, document)
    except ValidationError as error:
        raise InputError(f"{where} is no line of a history: {clean(reason(error))}") from None
