"""Whether a log is a document: JSON, or tables and JSON lines that a program writes through its logger."""

import json
import re
from collections.abc import Callable
from itertools import islice

from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.log_prefixes import behind_prefix, prefix_of
from nbtrace.parsers.source import LogLines
from nbtrace.records import Side

_PROBED = 100
"""Lines within which the first line of JSON stands."""

_trace_line = re.compile(r"^[ \t]*TRACE", re.MULTILINE).search

HOW_READ = "read behind what a logger put in front of its lines"


def looks_like_json(lines: LogLines, dialect: Dialect) -> bool:
    """Return whether a file's text is meant to be a JSON document; a log may begin with a bracket, too."""
    first = next((begun for text in lines.texts if (begun := text.lstrip()[:_BEGINNING])), "")
    line = first.partition("\n")[0]
    if first[:1] not in {"{", "["} or dialect.side_of_line(line) is not Side.UNKNOWN or _is_logged(line):
        return False
    return not any(map(_trace_line, lines.texts))


def _is_logged(line: str) -> bool:
    """Whether a line that begins with a bracket is that of a logger: `[0] F_latt = 1`, `[info] …`."""
    prefix = prefix_of(line)
    return prefix is not None and line[prefix.end : prefix.end + 1] not in _OF_JSON


_OF_JSON = frozenset('[]{},"')

_BEGINNING = 1000
"""Characters of a file that tell how it begins."""


def json_lines_in(lines: LogLines) -> LogLines | None:
    """Return the lines of JSON in a log, each in its place and the others empty; None if it has none.

    The first object behind a prefix has to be whole; what begins like one further down may be damaged, and is told.
    """
    if not any(_is_object(line) for line in islice(lines, _PROBED)):
        return None
    return _mapped(lines, lambda line: text if (text := behind_prefix(line) or "").startswith("{") else "")


def rows_in(lines: LogLines) -> LogLines | None:
    """Return the lines of a log without what a logger put in front of them; None if nothing stands in front."""
    first = next((line for line in lines if line.strip()), "")
    if behind_prefix(first) is None:
        return None
    return _mapped(lines, lambda line: line if (text := behind_prefix(line)) is None else text)


def _is_object(line: str) -> bool:
    text = behind_prefix(line) or ""
    if not text.startswith("{"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _mapped(lines: LogLines, shown: Callable[[str], str]) -> LogLines:
    text = "\n".join(map(shown, lines)) + ("" if lines.cut else "\n")
    return LogLines.of([text.encode(errors="replace")], cut_short=lines.cut_short)
